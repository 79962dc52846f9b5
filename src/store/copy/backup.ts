/**
 * A backup is one SQLite file that holds a whole store, whichever database that is in. It gets its name when it is complete, checked and
 * on the disk; until then it is called `NAME.….partial`, and a name that is taken is never written over.
 */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, linkSync, mkdtempSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { openStore, placeOf, reasonOf } from "../open-store.ts";
import { PROGRAM_SCHEMA, readState, StoreUnusable } from "../sql/migrations/migrate.ts";
import { SqliteConnection } from "../sql/sqlite-connection.ts";
import { requireThisSchema } from "./copy-sides.ts";
import { copyStore, type CopiedRows, type CopyOptions, type CopyProgress } from "./copy-store.ts";
import { countRows, kyselyOn, readSqlite } from "./sqlite-side.ts";
import { readTableShapes } from "./table-shape.ts";

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  readonly rows: CopiedRows;
}

/** Servers go on reading and writing; what they commit from now on is not in it. Throws StoreUnusable. */
export async function makeBackup(store: string, name: string, progress?: CopyProgress): Promise<Backup> {
  const file = resolve(name);
  if (existsSync(file)) throw new StoreUnusable(`${file} is there already: a backup writes over nothing. Choose another name.`);
  const draft = `${file}.${randomBytes(6).toString("hex")}.partial`;
  try {
    closeSync(openSync(draft, "wx", 0o600));
    await writeDraft(store, draft, progress);
    const rows = await readSqlite(draft, checkBackup);
    syncToDisk(draft);
    linkSync(draft, file);
    syncToDisk(dirname(file));
    return { file, bytes: statSync(file).size, rows };
  } catch (error) {
    throw error instanceof StoreUnusable ? error : new StoreUnusable(`No backup was made: ${reasonOf(error)}.`, { cause: error });
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(draft + suffix, { force: true });
  }
}

/** Fills an empty store from a backup, also from one that an older program has made. Throws StoreUnusable. */
export async function restoreBackup(name: string, { to, ...options }: Omit<CopyOptions, "from">): Promise<CopiedRows> {
  const file = resolve(name);
  requireSqliteFile(file);
  let isOlder = false;
  try {
    await readSqlite(file, async (connection) => {
      requireIntegrity(connection);
      const state = await readState(kyselyOn(connection));
      isOlder = state.kind === "store" && state.schema < PROGRAM_SCHEMA;
      if (!isOlder) await requireThisSchema(kyselyOn(connection), `The backup ${file}`);
    });
  } catch (error) {
    throw error instanceof StoreUnusable ? error : new StoreUnusable(`The backup ${file} is damaged (${reasonOf(error)}): take another one.`, { cause: error });
  }
  const restore = (path: string) => copyStore({ from: `sqlite:${path}`, to, ...options });
  return isOlder ? withMigratedCopy(file, restore) : restore(file);
}

async function writeDraft(store: string, draft: string, progress: CopyProgress | undefined): Promise<void> {
  const place = placeOf(store);
  if (place.kind === "postgres") {
    await copyStore({ from: store, to: `sqlite:${draft}`, ...(progress && { progress }) });
    const connection = new SqliteConnection(draft, "writer");
    // One file that is whole by itself, which can also be read from where nothing can be written.
    connection.execute("pragma journal_mode = delete", []);
    connection.close();
    return;
  }
  await readSqlite(place.path, async (connection) => {
    await requireThisSchema(kyselyOn(connection), `The store ${resolve(place.path)}`);
    // Not page by page: pages that are free still hold what was erased, and a server that writes would make the copying begin again and again.
    connection.execute("vacuum into ?", [draft]);
  });
}

async function checkBackup(connection: SqliteConnection): Promise<CopiedRows> {
  requireIntegrity(connection);
  await requireThisSchema(kyselyOn(connection), "The backup");
  return new Map((await readTableShapes()).map(({ name }) => [name, countRows(connection, name)]));
}

function requireIntegrity(connection: SqliteConnection): void {
  const { rows } = connection.execute("pragma integrity_check(1)", []);
  const found = rows[0]?.["integrity_check"];
  if (found !== "ok") throw new Error(String(found).split("\n").at(-1));
}

const SQLITE_HEADER = "SQLite format 3\u0000";

function requireSqliteFile(file: string): void {
  if (!existsSync(file)) throw new StoreUnusable(`There is no file ${file}.`);
  const head = Buffer.alloc(SQLITE_HEADER.length);
  const descriptor = openSync(file, "r");
  try {
    if (readSync(descriptor, head) === head.length && head.toString("latin1") === SQLITE_HEADER) return;
  } catch (error) {
    throw new StoreUnusable(`The file ${file} cannot be read: ${reasonOf(error)}.`, { cause: error });
  } finally {
    closeSync(descriptor);
  }
  throw new StoreUnusable(`The file ${file} is no backup of Hookgate.`);
}

/** The backup itself stays as it is. */
async function withMigratedCopy<Result>(file: string, work: (path: string) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), "hookgate-restore-"));
  try {
    const path = join(directory, "hookgate.db");
    await readSqlite(file, async (connection) => void connection.execute("vacuum into ?", [path]));
    await (await openStore({ url: `sqlite:${path}`, migrate: true })).close();
    return await work(path);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function syncToDisk(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
