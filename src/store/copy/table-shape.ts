/**
 * The tables as the migrations make them, read from a store that they have just made. So what is copied can lack neither a table nor a
 * column, whatever the next migration adds.
 */
import { sql } from "kysely";
import { SqliteDatabase } from "../sql/sqlite-database.ts";

export interface TableShape {
  readonly name: string;
  readonly columns: readonly ColumnShape[];
  /** What tells rows apart; an index is sorted by it. */
  readonly key: readonly string[];
}

interface ColumnShape {
  readonly name: string;
  readonly type: "text" | "integer" | "bytes";
}

export type Row = Readonly<Record<string, string | number | Uint8Array | null>>;

/** Each store has these for itself: which steps made it, and what its servers have noticed. */
const OWN: ReadonlySet<string> = new Set(["meta", "change_counters"]);

type Reader = SqliteDatabase["session"]["reader"];

/** Every table whose rows a copy takes along; each comes after those that its rows refer to. */
export async function readTableShapes(): Promise<readonly TableShape[]> {
  const database = await SqliteDatabase.open(":memory:", true, 0);
  try {
    const { reader } = database.session;
    const { rows } = await sql<{ name: string }>`select name from sqlite_schema where type = 'table' order by rowid`.execute(reader);
    const names = rows.map(({ name }) => name).filter((name) => !OWN.has(name) && !name.startsWith("sqlite_"));
    const shapes = new Map<string, TableShape>();
    const waiting = new Map<string, readonly string[]>();
    for (const name of names) waiting.set(name, await referencesOf(reader, name));
    while (waiting.size > 0) {
      const [next] = [...waiting].find(([name, references]) => references.every((other) => other === name || shapes.has(other))) ?? [];
      if (next === undefined) throw new Error(`The tables ${[...waiting.keys()].join(", ")} refer to each other.`);
      shapes.set(next, await shapeOf(reader, next));
      waiting.delete(next);
    }
    return [...shapes.values()];
  } finally {
    await database.close();
  }
}

async function referencesOf(reader: Reader, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ table: string }>`select "table" from pragma_foreign_key_list(${table})`.execute(reader);
  return rows.map((row) => row.table);
}

const TYPES: Readonly<Record<string, ColumnShape["type"]>> = { text: "text", integer: "integer", blob: "bytes" };

async function shapeOf(reader: Reader, name: string): Promise<TableShape> {
  const { rows } = await sql<{ name: string; type: string; pk: number }>`
    select name, lower(type) as type, pk from pragma_table_info(${name}) order by cid`.execute(reader);
  const columns = rows.map((column) => ({ name: column.name, type: TYPES[column.type]! }));
  const primary = rows.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  return { name, columns, key: primary.length > 0 ? primary.map((column) => column.name) : await uniqueKeyOf(reader, name) };
}

/** A table without a primary key has a unique index in its place (docs/adr/0003-calls-table.md). */
async function uniqueKeyOf(reader: Reader, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select indexed.name from pragma_index_list(${table}) as list, pragma_index_info(list.name) as indexed
    where list."unique" = 1 and list.partial = 0 order by list.seq, indexed.seqno`.execute(reader);
  if (rows.length === 0) throw new Error(`The table ${table} has no key.`);
  return rows.map(({ name }) => name);
}
