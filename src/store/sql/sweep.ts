import { sql } from "kysely";
import type { SqlSession, SqlTransaction } from "./database.ts";
import type { Schema } from "./schema.ts";
import { countOldCalls, sweepCalls, type SweptThrough } from "./sweep-calls.ts";
import { sweepOptionFields } from "./sweep-option-fields.ts";

/** Rows that one sweep deletes at most, over all tables: few enough that calls, which wait for it, do not notice. */
const BATCH = 500;
/** Waiting rows of one table are counted up to here: beyond it the number says that there are too many, and counting must not be a burden itself. */
const MAX_COUNTED = 10_000;

/** Rows of a table that are dead from a moment on which stands in a column; `key` is the table's primary key, and an index begins with the column. */
interface Expiry {
  readonly table: string;
  readonly key: readonly string[];
  readonly deadFrom: string;
}

function expiry<Table extends keyof Schema>(table: Table, key: readonly (keyof Schema[Table] & string)[], deadFrom: keyof Schema[Table] & string): Expiry {
  return { table, key, deadFrom };
}

/** Every row that expires carries its own expiry; a deleted row was dead already, so no topic is raised. */
const EXPIRIES: readonly Expiry[] = [
  expiry("sessions", ["digest"], "expires_at"),
  expiry("invitations", ["digest"], "expires_at"),
  expiry("set_up_links", ["digest"], "expires_at"),
  expiry("authorization_codes", ["digest"], "keep_until"),
  expiry("refresh_families", ["family_id"], "expires_at"),
  expiry("revocations", ["kind", "id"], "expires_at"),
  expiry("attempts", ["subject"], "window_ends_at"),
  expiry("call_days", ["brand_id", "day"], "expires_at"),
  expiry("call_hours", ["brand_id", "webhook_id", "hour", "outcome", "status", "within_ms"], "expires_at"),
  expiry("dead_messages", ["target_id", "position"], "expires_at"),
  expiry("idempotency_keys", ["brand_id", "webhook_id", "digest"], "expires_at"),
];

/** Deletes at most BATCH dead rows, or goes on with a deleted option field or with old calls for as many; gives how many it looked at. */
export function sweep(session: SqlSession, now: number, callsSweptThrough: SweptThrough): Promise<number> {
  return session.write(async ({ db }) => {
    let left = BATCH;
    for (const each of EXPIRIES) {
      if (left > 0) left -= await deleteDead(db, each, now, left);
    }
    if (left > 0) left -= await sweepOptionFields(db, left);
    if (left > 0) left -= await sweepCalls(db, now, left, callsSweptThrough);
    return BATCH - left;
  });
}

/** How many dead rows wait to be swept, by table, each counted up to MAX_COUNTED. */
export async function countExpired({ reader }: SqlSession, now: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { table, deadFrom } of EXPIRIES) {
    const dead = sql`select 1 from ${sql.table(table)} where ${sql.ref(deadFrom)} <= ${now} limit ${MAX_COUNTED}`;
    const { rows } = await sql<{ waiting: number }>`select count(*) as waiting from (${dead}) as dead`.execute(reader);
    counts.set(table, rows[0]!.waiting);
  }
  counts.set("calls", await countOldCalls(reader, now, MAX_COUNTED));
  return counts;
}

async function deleteDead(db: SqlTransaction["db"], { table, key, deadFrom }: Expiry, now: number, limit: number): Promise<number> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const dead = sql`select ${columns} from ${sql.table(table)} where ${sql.ref(deadFrom)} <= ${now} limit ${limit}`;
  const { numAffectedRows } = await sql`delete from ${sql.table(table)} where (${columns}) in (${dead})`.execute(db);
  return Number(numAffectedRows ?? 0);
}
