/** Many rows in one statement whose text does not depend on how many: each column is one array. */
import type { Columns } from "./call-row.ts";
import type { PostgresTransaction } from "./postgres-pool.ts";
import type { Schema } from "./schema.ts";

/** A table for a FROM clause and its parameters. It has one column more, the `place` of each row from 1 on. */
export function unnested<Row>(rows: readonly Row[], columns: Columns<Row>): { readonly table: string; readonly values: readonly unknown[] } {
  const entries = Object.entries(columns);
  const arrays = entries.map(([, [type]], index) => `$${index + 1}::${type}[]`).join(", ");
  return {
    table: `(select * from unnest(${arrays}) with ordinality as given (${Object.keys(columns).join(", ")}, place))`,
    values: entries.map(([, [, value]]) => rows.map(value)),
  };
}

/** Adds the rows in their order. One whose key is there already takes its place; with a key alone it stays as it is. Without a key no row may be there. */
export async function insertRows<Row>(
  { query }: PostgresTransaction,
  table: keyof Schema,
  rows: readonly Row[],
  columns: Columns<Row>,
  key: readonly string[] = [],
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns);
  const others = names.filter((name) => !key.includes(name)).map((name) => `${name} = excluded.${name}`);
  const onConflict = key.length === 0 ? "" : `on conflict (${key.join(", ")}) do ${others.length === 0 ? "nothing" : `update set ${others.join(", ")}`}`;
  const given = unnested(rows, columns);
  await query(`insert into ${table} (${names.join(", ")}) select ${names.join(", ")} from ${given.table} as given order by place ${onConflict}`, given.values);
}

/** Changes the rows with the same key, in the columns that are not part of it. */
export async function updateRows<Row>(
  { query }: PostgresTransaction,
  table: keyof Schema,
  rows: readonly Row[],
  columns: Columns<Row>,
  key: readonly string[],
): Promise<void> {
  if (rows.length === 0) return;
  const given = unnested(rows, columns);
  const set = Object.keys(columns)
    .filter((name) => !key.includes(name))
    .map((name) => `${name} = given.${name}`);
  await query(`update ${table} as stored set ${set.join(", ")} from ${given.table} as given where ${sameKey(key)}`, given.values);
}

/** Deletes the rows with the same values. */
export async function deleteRows<Row>({ query }: PostgresTransaction, table: keyof Schema, rows: readonly Row[], key: Columns<Row>): Promise<void> {
  if (rows.length === 0) return;
  const given = unnested(rows, key);
  await query(`delete from ${table} as stored using ${given.table} as given where ${sameKey(Object.keys(key))}`, given.values);
}

function sameKey(key: readonly string[]): string {
  return key.map((name) => `stored.${name} = given.${name}`).join(" and ");
}
