/**
 * Brings a store to the schema of this program, or says in one line why it may not be used. The caller holds the lock, so that
 * of many processes that start at once one migrates and the others find it done.
 */
import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { DdlDialect } from "./migration.ts";

/** The schema that this program was built for. */
export const PROGRAM_SCHEMA = MIGRATIONS.at(-1)!.schema;

/** Whether opening a store may change its tables: always, only when it has none, or never. */
export type MigrateMode = boolean | "if-empty";

/** The store cannot be used as asked. The message is one line for the operator. */
export class StoreUnusable extends Error {
  override readonly name = "StoreUnusable";
}

type StoreState =
  | { readonly kind: "empty" }
  | { readonly kind: "foreign" }
  | { readonly kind: "store"; readonly schema: number; readonly minimumProgram: number };

/** True when nothing is left to do; throws StoreUnusable when it may not be done. */
export async function isReady(db: Kysely<Schema>, mode: MigrateMode): Promise<boolean> {
  const state = await readState(db);
  if (state.kind === "foreign") throw new StoreUnusable("The database of HOOKGATE_STORE holds tables that are not Hookgate's.");
  if (state.kind === "empty") {
    if (mode === false) throw new StoreUnusable("The store is empty: start the server or run `hookgate migrate` first.");
    return false;
  }
  if (state.minimumProgram > PROGRAM_SCHEMA) {
    throw new StoreUnusable(
      `The store has schema ${state.schema} and needs a newer Hookgate: this one knows schema ${PROGRAM_SCHEMA}, at least ${state.minimumProgram} is needed.`,
    );
  }
  if (state.schema >= PROGRAM_SCHEMA) return true;
  if (mode !== true) {
    throw new StoreUnusable(
      `The store has schema ${state.schema} and this Hookgate needs ${PROGRAM_SCHEMA}: start the server or run \`hookgate migrate\` first.`,
    );
  }
  return false;
}

/** Runs the steps that the store lacks, all in the given transaction. Gives how many. */
export async function migrate(transaction: Kysely<Schema>, dialect: DdlDialect, now: number): Promise<number> {
  const state = await readState(transaction);
  const present = state.kind === "store" ? state.schema : 0;
  const steps = MIGRATIONS.filter((step) => step.schema > present);
  if (state.kind === "empty") {
    await sql.raw(`create table meta (name text primary key, value ${dialect.integer} not null) ${dialect.clustered}`).execute(transaction);
    await transaction
      .insertInto("meta")
      .values([
        { name: "schema", value: 0 },
        { name: "minimum_program", value: 0 },
      ])
      .execute();
  }
  for (const step of steps) {
    for (const statement of step.statements(dialect, now)) await sql.raw(statement).execute(transaction);
    await transaction.updateTable("meta").set({ value: step.schema }).where("name", "=", "schema").execute();
    await transaction.updateTable("meta").set({ value: step.minimumProgram }).where("name", "=", "minimum_program").execute();
  }
  return steps.length;
}

/** What the database holds. */
export async function readState(db: Kysely<Schema>): Promise<StoreState> {
  const tables = await db.introspection.getTables();
  if (tables.length === 0) return { kind: "empty" };
  if (!tables.some((table) => table.name === "meta") || !tables.some((table) => table.name === "change_counters")) return { kind: "foreign" };
  const rows = await db.selectFrom("meta").selectAll().execute();
  const value = (name: string): number => rows.find((row) => row.name === name)?.value ?? 0;
  return { kind: "store", schema: value("schema"), minimumProgram: value("minimum_program") };
}
