/** What a copy needs of a database, at either end. */
import type { Kysely } from "kysely";
import { PROGRAM_SCHEMA, readState, StoreUnusable } from "../sql/migrations/migrate.ts";
import type { Schema } from "../sql/schema.ts";
import type { Row, TableShape } from "./table-shape.ts";

/** A page is written by one statement and held in memory: at most so many rows, and no further row once it has so many bytes (a call may have some 12 MB). */
export const PAGE_ROWS = 2_000;
export const PAGE_BYTES = 4 * 1024 * 1024;

/** A store as it was at one moment, whatever its servers go on writing. */
export interface Snapshot {
  count(table: TableShape): Promise<number>;
  /** Every row in the order of the key. */
  pages(table: TableShape): AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>;
}

/** A store within the one transaction that fills it. Nobody else writes to it meanwhile. */
export interface Target {
  count(table: TableShape): Promise<number>;
  /** Takes away what the migrations have put into a new store. */
  clear(table: TableShape): Promise<void>;
  insert(table: TableShape, rows: readonly Row[]): Promise<void>;
  /** When all rows are there: servers on the store must notice, and numbers that the database counts up go on behind those that are taken. */
  finish(tables: readonly TableShape[]): Promise<void>;
}

/** Columns are copied by name, so both schemas must be this program's exactly. `what` begins the sentence. */
export async function requireThisSchema(db: Kysely<Schema>, what: string): Promise<void> {
  const state = await readState(db);
  if (state.kind === "empty") throw new StoreUnusable(`${what} is empty.`);
  if (state.kind === "foreign") throw new StoreUnusable(`${what} holds tables that are not Hookgate's.`);
  if (state.schema > PROGRAM_SCHEMA) {
    throw new StoreUnusable(`${what} has schema ${state.schema}, and this Hookgate knows ${PROGRAM_SCHEMA}: use the Hookgate that wrote it, or a newer one.`);
  }
  if (state.schema < PROGRAM_SCHEMA) {
    throw new StoreUnusable(
      `${what} has schema ${state.schema}, and this Hookgate needs ${PROGRAM_SCHEMA}: start the server on it, or run \`hookgate migrate\`, first.`,
    );
  }
}
