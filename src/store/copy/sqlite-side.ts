import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Kysely } from "kysely";
import { StoreUnusable } from "../sql/migrations/migrate.ts";
import type { Schema } from "../sql/schema.ts";
import { SqliteConnection } from "../sql/sqlite-connection.ts";
import { sqliteDialect } from "../sql/sqlite-dialect.ts";
import { PAGE_BYTES, PAGE_ROWS, requireThisSchema, type Snapshot, type Target } from "./copy-sides.ts";
import type { Row, TableShape } from "./table-shape.ts";

/** Opens a store that is there, for reading alone; `work` may begin a transaction. */
export async function readSqlite<Result>(path: string, work: (connection: SqliteConnection) => Promise<Result>): Promise<Result> {
  if (!existsSync(path)) throw new StoreUnusable(`There is no file ${resolve(path)}.`);
  const connection = new SqliteConnection(path, "reader");
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** A reading transaction sees its first look and keeps nobody from writing. */
export function snapshotSqlite<Result>(path: string, what: string, work: (snapshot: Snapshot) => Promise<Result>): Promise<Result> {
  return readSqlite(path, async (connection) => {
    connection.execute("begin", []);
    await requireThisSchema(kyselyOn(connection), what);
    return work({ count: async ({ name }) => countRows(connection, name), pages: (table) => pagesOf(connection, table) });
  });
}

export async function fillSqlite<Result>(path: string, what: string, work: (target: Target) => Promise<Result>): Promise<Result> {
  const connection = new SqliteConnection(path, "writer");
  try {
    await connection.begin();
    await requireThisSchema(kyselyOn(connection), what);
    const result = await work({
      count: async ({ name }) => countRows(connection, name),
      clear: async ({ name }) => void connection.execute(`delete from ${name}`, []),
      insert: async (table, rows) => insertRows(connection, table, rows),
      // The database takes the next number from the rows that are there.
      finish: async () => void connection.execute("update change_counters set counter = counter + 1", []),
    });
    connection.commit();
    return result;
  } finally {
    connection.rollback();
    connection.close();
  }
}

export function kyselyOn(connection: SqliteConnection): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: sqliteDialect(connection, null) });
}

export function countRows(connection: SqliteConnection, table: string): number {
  return connection.execute(`select count(*) as rows from ${table}`, []).rows[0]!["rows"] as number;
}

function* pagesOf(connection: SqliteConnection, { name, columns, key }: TableShape): Generator<readonly Row[]> {
  const names = columns.map((column) => column.name).join(", ");
  let page: Row[] = [];
  let bytes = 0;
  for (const row of connection.prepare(`select ${names} from ${name} order by ${key.join(", ")}`).iterate() as Iterable<Row>) {
    page.push(row);
    for (const value of Object.values(row)) if (typeof value === "string") bytes += value.length;
    if (page.length < PAGE_ROWS && bytes < PAGE_BYTES) continue;
    yield page;
    page = [];
    bytes = 0;
  }
  if (page.length > 0) yield page;
}

function insertRows(connection: SqliteConnection, { name, columns }: TableShape, rows: readonly Row[]): void {
  const names = columns.map((column) => column.name);
  const statement = connection.prepare(`insert into ${name} (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`);
  for (const row of rows) statement.run(...names.map((column) => row[column]!));
}
