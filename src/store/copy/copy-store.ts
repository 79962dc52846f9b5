/**
 * Copies everything from one store into an empty one, between any two databases. The source is read as it was at one moment, the
 * target filled in one transaction: after whatever breaks it off, the target is as empty as before.
 */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import type { StoredKey } from "../../keys/key-store.ts";
import { openStore, placeOf, reasonOf, storeLocation, type StorePlace } from "../open-store.ts";
import { StoreUnusable } from "../sql/migrations/migrate.ts";
import { CommitUnknown } from "../sql/postgres-errors.ts";
import type { Snapshot, Target } from "./copy-sides.ts";
import { fillPostgres, snapshotPostgres } from "./postgres-side.ts";
import { fillSqlite, snapshotSqlite } from "./sqlite-side.ts";
import { readTableShapes, type Row, type TableShape } from "./table-shape.ts";

export interface CopyOptions {
  /** URLs, as HOOKGATE_STORE takes them. */
  readonly from: string;
  readonly to: string;
  /** Throws when the store would be of no use with the secret that is at hand. Nothing has been changed yet. */
  readonly checkKeys?: (keys: readonly StoredKey[]) => void;
  readonly progress?: CopyProgress;
}

export interface CopyProgress {
  begin(rows: number): void;
  advance(table: string, rows: number): void;
}

/** How many rows each table has now, in either store. */
export type CopiedRows = ReadonlyMap<string, number>;

/** Throws StoreUnusable, one line for the operator. */
export async function copyStore({ from, to, checkKeys, progress }: CopyOptions): Promise<CopiedRows> {
  const [source, target] = [placeOf(from), placeOf(to)];
  refuseMemory(source, target);
  if (isSame(source, target)) throw new StoreUnusable("Both URLs name the same store.");
  try {
    const tables = await readTableShapes();
    return await readSnapshot(from, async (stored) => {
      checkKeys?.(await readKeys(stored, tables));
      await (await openStore({ url: to, migrate: "if-empty" })).close();
      return fillStore(to, (empty) => copyTables(tables, stored, empty, progress));
    });
  } catch (error) {
    throw error instanceof StoreUnusable ? error : new StoreUnusable(sentenceOn(error), { cause: error });
  }
}

function sentenceOn(error: unknown): string {
  if (error instanceof CommitUnknown) return `${error.message} Copy again: if everything has arrived, that is refused because the target is not empty.`;
  return `Nothing was copied: ${reasonOf(error)}`;
}

/** Reads a store as it is at one moment; throws when its schema is another one. */
export function readSnapshot<Result>(url: string, work: (snapshot: Snapshot) => Promise<Result>): Promise<Result> {
  const [place, what] = [placeOf(url), `The store ${storeLocation(url)}`];
  return place.kind === "sqlite" ? snapshotSqlite(place.path, what, work) : snapshotPostgres(place.url, what, work);
}

/** Writes to a store that has its tables, in one transaction. */
export function fillStore<Result>(url: string, work: (target: Target) => Promise<Result>): Promise<Result> {
  const [place, what] = [placeOf(url), `The store ${storeLocation(url)}`];
  return place.kind === "sqlite" ? fillSqlite(place.path, what, work) : fillPostgres(place.url, what, work);
}

async function copyTables(tables: readonly TableShape[], source: Snapshot, target: Target, progress: CopyProgress | undefined): Promise<CopiedRows> {
  await makeEmpty(tables, target);
  const expected = new Map<string, number>();
  for (const table of tables) expected.set(table.name, await source.count(table));
  progress?.begin([...expected.values()].reduce((sum, rows) => sum + rows, 0));
  for (const table of tables) {
    for await (const page of source.pages(table)) {
      await target.insert(table, page);
      progress?.advance(table.name, page.length);
    }
  }
  await target.finish(tables);
  for (const table of tables) {
    const [wanted, copied] = [expected.get(table.name), await target.count(table)];
    if (wanted !== copied) throw new Error(`the table ${table.name} has ${copied} rows in the target and ${wanted} in the source.`);
  }
  return expected;
}

/** A new store holds one brand, which the source has too; any other row is somebody's. */
async function makeEmpty(tables: readonly TableShape[], target: Target): Promise<void> {
  const brands = tables.find(({ name }) => name === "brands")!;
  const filled: string[] = [];
  for (const table of tables) {
    const rows = await target.count(table);
    if (rows > (table === brands ? 1 : 0)) filled.push(`${table.name} ${rows}`);
  }
  if (filled.length > 0) {
    throw new StoreUnusable(`The target is not empty (rows: ${filled.join(", ")}). Name a new file or an empty database, on which no server has been started.`);
  }
  await target.clear(brands);
}

async function readKeys(source: Snapshot, tables: readonly TableShape[]): Promise<readonly StoredKey[]> {
  const keys: StoredKey[] = [];
  const table = tables.find(({ name }) => name === "keys")!;
  for await (const page of source.pages(table)) keys.push(...page.map(toKey));
  return keys;
}

function toKey(row: Row): StoredKey {
  return {
    id: row["id"] as number,
    sealed: row["sealed"] as Uint8Array,
    createdAt: row["created_at"] as number,
    activatesAt: row["activates_at"] as number,
    revokedAt: row["revoked_at"] as number | null,
  };
}

function refuseMemory(...places: readonly StorePlace[]): void {
  if (places.some((place) => place.kind === "sqlite" && place.path === ":memory:")) {
    throw new StoreUnusable("A store in memory is gone when the command ends: name a file or a PostgreSQL database.");
  }
}

/** What is spelled in two ways is found out by not being empty. */
function isSame(one: StorePlace, other: StorePlace): boolean {
  if (one.kind === "postgres") return other.kind === "postgres" && databaseOf(one.url) === databaseOf(other.url);
  return other.kind === "sqlite" && realPath(one.path) === realPath(other.path);
}

function databaseOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  return [searchParams.get("host") ?? hostname, port || "5432", pathname, searchParams.get("options") ?? ""].join(" ");
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
