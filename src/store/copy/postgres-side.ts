import type { Kysely } from "kysely";
import { kyselyOn } from "../sql/postgres-database.ts";
import { PostgresPool, type PostgresTransaction } from "../sql/postgres-pool.ts";
import type { Schema } from "../sql/schema.ts";
import { PAGE_BYTES, PAGE_ROWS, requireThisSchema, type Snapshot, type Target } from "./copy-sides.ts";
import type { Row, TableShape } from "./table-shape.ts";

/** Counting and indexing large tables takes what it takes, and each side waits for the other one. */
const NO_LIMIT = { statementTimeout: 0, idleTimeout: 0 };
/** For one answer, in milliseconds: a day. */
const ANSWER_TIMEOUT = 24 * 60 * 60 * 1_000;

export function snapshotPostgres<Result>(url: string, what: string, work: (snapshot: Snapshot) => Promise<Result>): Promise<Result> {
  return withPool(url, (pool) =>
    pool.transactOnce(
      async (transaction) => {
        await requireThisSchema(kyselyOn(transaction), what);
        return work({ count: (table) => countRows(transaction, table), pages: (table) => pagesOf(transaction, table) });
      },
      { ...NO_LIMIT, snapshot: true },
    ),
  );
}

export function fillPostgres<Result>(url: string, what: string, work: (target: Target) => Promise<Result>): Promise<Result> {
  return withPool(url, (pool) =>
    pool.transactOnce(async (transaction) => {
      const db: Kysely<Schema> = kyselyOn(transaction);
      await requireThisSchema(db, what);
      const tables = (await db.introspection.getTables()).map(({ name }) => name);
      // Servers on the store may read, and see it empty until the end.
      await transaction.query(`lock table ${tables.join(", ")} in exclusive mode`, []);
      return work({
        count: (table) => countRows(transaction, table),
        clear: async ({ name }) => void (await transaction.query(`delete from ${name}`, [])),
        insert: (table, rows) => insertRows(transaction, table, rows),
        finish: (copied) => finish(transaction, copied),
      });
    }, NO_LIMIT),
  );
}

async function withPool<Result>(url: string, work: (pool: PostgresPool) => Promise<Result>): Promise<Result> {
  const pool = await PostgresPool.open(url, { connections: 1, answerTimeout: ANSWER_TIMEOUT });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

async function countRows({ query }: PostgresTransaction, { name }: TableShape): Promise<number> {
  const { rows } = await query(`select count(*) as rows from ${name}`, []);
  return (rows as { rows: number }[])[0]!.rows;
}

/** Sizes are known without reading what they are of, so a page takes no more rows than fit. */
async function* pagesOf({ query }: PostgresTransaction, { name, columns, key }: TableShape): AsyncGenerator<readonly Row[]> {
  const names = columns.map((column) => column.name).join(", ");
  const order = key.join(", ");
  const bytes = columns.filter(({ type }) => type === "text").map((column) => `coalesce(octet_length(${column.name}), 0)`);
  const places = key.map((column, index) => `$${index + 1}::${typeOf(columns, column)}`).join(", ");
  const pageBehind = (where: string) => `
    select ${names} from (
      select ${names}, sum(bytes) over (order by ${order} rows unbounded preceding) - bytes as bytes_before from (
        select ${names}, (${["0::bigint", ...bytes].join(" + ")}) as bytes from ${name} ${where} order by ${order} limit ${PAGE_ROWS}) as next_rows) as sized_rows
    where bytes_before < ${PAGE_BYTES} order by ${order}`;
  let last: Row | undefined;
  do {
    const { rows } = last
      ? await query(
          pageBehind(`where (${order}) > (${places})`),
          key.map((column) => last![column]),
        )
      : await query(pageBehind(""), []);
    if (rows.length > 0) yield rows as Row[];
    last = rows.at(-1) as Row | undefined;
  } while (last);
}

function typeOf(columns: TableShape["columns"], name: string): "text" | "bigint" {
  return columns.find((column) => column.name === name)!.type === "integer" ? "bigint" : "text";
}

/** One value for a whole page: nothing reads JSON faster into rows than the server itself. */
async function insertRows({ query }: PostgresTransaction, { name, columns }: TableShape, rows: readonly Row[]): Promise<void> {
  const names = columns.map((column) => column.name).join(", ");
  await query(`insert into ${name} (${names}) select ${names} from json_populate_recordset(null::${name}, $1::json)`, [JSON.stringify(rows, storable)]);
}

/** In JSON bytes are text, and NUL, which no text of PostgreSQL holds, becomes what it becomes in every other statement of ours. */
function storable(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === "string") return value.includes("\u0000") ? value.replaceAll("\u0000", "\uFFFD") : value;
  // JSON.stringify has asked the bytes for their own form already; the row still has them.
  const original = (this as Readonly<Record<string, unknown>>)[key];
  return original instanceof Uint8Array ? `\\x${Buffer.from(original).toString("hex")}` : value;
}

async function finish({ query }: PostgresTransaction, tables: readonly TableShape[]): Promise<void> {
  await query("update change_counters set counter = counter + 1", []);
  const { rows } = await query(
    "select table_name as name, column_name as column from information_schema.columns where table_schema = current_schema() and is_identity = 'YES'",
    [],
  );
  for (const { name, column } of rows as { name: string; column: string }[]) {
    await query(`select setval(pg_get_serial_sequence('${name}', '${column}'), max(${column})) from ${name} having max(${column}) is not null`, []);
  }
  // So that the first statements on the full tables are planned for full tables.
  await query(`analyze ${tables.map(({ name }) => name).join(", ")}`, []);
}
