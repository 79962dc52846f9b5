import { accessSync, closeSync, constants, existsSync, openSync, readSync, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { StoredKey } from "../../keys/key-store.ts";
import { PROGRAM_SCHEMA } from "../sql/migrations/migrate.ts";
import { advice, missing, ok, schemaCheck, type Check, type Examination } from "./check.ts";

const MEBIBYTE = 1024 * 1024;
/** Free room on the disk, in bytes: below the one nothing goes on for long, below the other a checkpoint, a copy or a busy day may fill it. */
const LEAST_ROOM = 256 * MEBIBYTE;
const GOOD_ROOM = 2_048 * MEBIBYTE;

/** File systems of other machines, by the number that the kernel gives them: locks and shared memory, on which a write-ahead log rests, do not hold there. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
]);
const IN_MEMORY_SYSTEM = 0x01021994;

export function examineSqlite(path: string): Examination {
  if (path === ":memory:") {
    return { checks: [advice("place", "memory", "give it a file: everything is gone when the server stops")], keys: [] };
  }
  const file = resolve(path);
  if (!existsSync(file)) return { checks: [...placeChecks(file), ok("file", "none yet; the first start makes it")], keys: [] };
  return withDatabase(file, (database) => ({
    checks: [...placeChecks(file), modeCheck(file), ...databaseChecks(database, file)],
    keys: keysIn(database),
  }));
}

function placeChecks(file: string): readonly Check[] {
  const directory = nearestDirectory(dirname(file));
  const { type, bavail, bsize } = statfsSync(directory);
  const room = bavail * bsize;
  const remote = REMOTE.get(type);
  return [
    isAllowed(directory, constants.W_OK)
      ? ok("directory", directory)
      : missing("directory", `${directory}: this user may not write there`, "let it belong to the user of the service, on a file system that is not read-only"),
    remote === undefined ? ok("file system", "of this machine") : missing("file system", remote, "use a disk of this machine, or PostgreSQL"),
    ...(type === IN_MEMORY_SYSTEM ? [advice("durability", "the file system is in memory", "use a disk: everything is gone when the machine stops")] : []),
    roomCheck(room),
  ];
}

function roomCheck(room: number): Check {
  const found = `${Math.floor(room / MEBIBYTE).toLocaleString("en")} MiB free`;
  if (room < LEAST_ROOM) return missing("room", found, "make room: calls are answered 503 when it is used up");
  return room < GOOD_ROOM ? advice("room", found, "make room: calls are answered 503 when it is used up") : ok("room", found);
}

function modeCheck(file: string): Check {
  const mode = statSync(file).mode & 0o777;
  const found = `mode ${mode.toString(8).padStart(4, "0")}`;
  if (!isAllowed(file, constants.R_OK | constants.W_OK))
    return missing("file", `${found}; this user may not write it`, "let it belong to the user of the service");
  return (mode & 0o077) === 0 ? ok("file", found) : advice("file", found, `chmod 600 ${file}: it holds customers`);
}

function databaseChecks(database: DatabaseSync | Error, file: string): readonly Check[] {
  const version = new DatabaseSync(":memory:").prepare("select sqlite_version() as version").get()!["version"];
  const engine = ok("engine", `SQLite ${String(version)}`);
  if (database instanceof Error) {
    return [engine, missing("database", database.message, "restore a backup if the file is damaged; a disk that fails must be replaced")];
  }
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
  const hasMeta = tables.some(({ name }) => name === "meta");
  const rows = hasMeta ? database.prepare("select name, value from meta").all() : [];
  const log = existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0;
  return [
    engine,
    tables.length === 0 || hasLog(file) ? ok("journal", "write-ahead log") : advice("journal", "no write-ahead log", "start the server, which turns it on"),
    ok("log", log === 0 ? "empty" : `${Math.ceil(log / MEBIBYTE)} MiB, moved into the database by the server that runs, or by its next start`),
    schemaCheck(tables.length, hasMeta ? new Map(rows.map(({ name, value }) => [String(name), Number(value)])) : null, PROGRAM_SCHEMA),
  ];
}

/** The versions of the file's format, https://www.sqlite.org/fileformat2.html: 2 is a write-ahead log. Asked of a connection, an immutable file has none. */
const FORMAT_VERSIONS = 18;

function hasLog(file: string): boolean {
  const versions = Buffer.alloc(2);
  const descriptor = openSync(file, "r");
  readSync(descriptor, versions, 0, 2, FORMAT_VERSIONS);
  closeSync(descriptor);
  return versions[0] === 2 && versions[1] === 2;
}

function keysIn(database: DatabaseSync | Error): readonly StoredKey[] {
  if (database instanceof Error || !database.prepare("select 1 from sqlite_master where name = 'keys'").get()) return [];
  const rows = database.prepare("select id, sealed, created_at, activates_at, revoked_at from keys").all();
  return rows.map((row) => ({
    id: Number(row["id"]),
    sealed: row["sealed"] as Uint8Array,
    createdAt: Number(row["created_at"]),
    activatesAt: Number(row["activates_at"]),
    revokedAt: row["revoked_at"] === null ? null : Number(row["revoked_at"]),
  }));
}

/** Gives the error in place of a database that cannot be read. */
function withDatabase<Result>(file: string, work: (database: DatabaseSync | Error) => Result): Result {
  let database: DatabaseSync;
  try {
    // Without a log nobody has it open. SQLite would make one even to read, and who may only read could not take it away again.
    const address = pathToFileURL(file);
    if (!existsSync(`${file}-wal`)) address.search = "?immutable=1";
    database = new DatabaseSync(address, { readOnly: true });
    database.prepare("select count(*) from sqlite_master").get();
  } catch (error) {
    return work(error as Error);
  }
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function nearestDirectory(directory: string): string {
  return existsSync(directory) ? directory : nearestDirectory(dirname(directory));
}

function isAllowed(path: string, what: number): boolean {
  try {
    accessSync(path, what);
    return true;
  } catch {
    return false;
  }
}
