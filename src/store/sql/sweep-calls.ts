import { sql } from "kysely";
import { DAY } from "../../lib/clock.ts";
import { lowestIdAt } from "../../lib/id.ts";
import { WAITING_STATUS } from "../../webhooks/calls/call.ts";
import type { SqlTransaction } from "./database.ts";
import { rowsThatFit } from "./rows-that-fit.ts";

type Db = SqlTransaction["db"];

/** Calls that one sweep looks at; each goes out of six indexes, and calls that come in wait meanwhile. */
const BATCH = 100;
/** Bytes of bodies that one sweep deletes, beyond one body: a database walks through all of them to free them. */
const BATCH_BYTES = 500_000;

/**
 * Where the next sweep begins, by brand: the calls before it all stay, so that no sweep has to look at them again and again. In memory: a new process
 * begins at the oldest call, and so does the sweep after one that has come to the end. Nothing is deleted before it that an undone transaction could bring back.
 */
export type SweptThrough = Map<string, string>;

/**
 * Deletes calls that are older than their brand keeps them, oldest first, a small batch; gives how many it looked at. What belongs to a call alone goes
 * with it. A call that waits for its webhook stays until it is decided, one that waits to be sent on until it has been. The newest payload of a webhook stays,
 * because its mapping is made from it, until the webhook is deleted or a newer one comes.
 */
export async function sweepCalls(db: Db, now: number, limit: number, through: SweptThrough): Promise<number> {
  const brands = await selectBrands(db);
  let looked = 0;
  for (const { id, days } of brands) {
    const left = Math.min(limit, BATCH) - looked;
    if (left > 0) looked += await sweepBrand(db, { brandId: id, before: lowestIdAt(now - days * DAY) }, left, through);
  }
  return looked;
}

/** Brands that do not keep their calls for ever. */
async function selectBrands(db: Db): Promise<readonly { readonly id: string; readonly days: number }[]> {
  const rows = await db.selectFrom("brands").select(["id", "calls_kept_days"]).where("calls_kept_days", "is not", null).orderBy("id").execute();
  return rows.flatMap(({ id, calls_kept_days: days }) => (days === null ? [] : [{ id, days }]));
}

interface OldCalls {
  readonly brandId: string;
  /** Ids are time-ordered: all that sort before this are old. */
  readonly before: string;
}

async function sweepBrand(db: Db, { brandId, before }: OldCalls, limit: number, through: SweptThrough): Promise<number> {
  const found = await db
    .selectFrom("calls")
    .select(["id", "webhook_id", sql<number | null>`octet_length(body)`.as("bytes")])
    .where("brand_id", "=", brandId)
    .where("id", "<", before)
    .where("id", ">", through.get(brandId) ?? "")
    .where("outcome", "<>", "waiting")
    .orderBy("id")
    .limit(limit)
    .execute();
  const calls = rowsThatFit(found, BATCH_BYTES);
  const samples = await newestSamples(db, brandId, new Set(calls.map(({ webhook_id: webhookId }) => webhookId)));
  const unsent = await selectUnsent(
    db,
    brandId,
    calls.map(({ id }) => id),
  );
  const stays = ({ id }: { readonly id: string }) => samples.has(id) || unsent.has(id);
  const ids = calls.filter((call) => !stays(call)).map(({ id }) => id);
  if (ids.length > 0) {
    await db.deleteFrom("console_calls").where("brand_id", "=", brandId).where("call_id", "in", ids).execute();
    await db.deleteFrom("calls").where("brand_id", "=", brandId).where("id", "in", ids).execute();
  }
  if (found.length < limit && calls.length === found.length) {
    through.delete(brandId);
    return ids.length; // Where only calls are left that stay, there is nothing to do soon.
  }
  const firstDeleted = calls.findIndex((call) => !stays(call));
  const staying = calls.slice(0, firstDeleted === -1 ? undefined : firstDeleted).at(-1);
  if (staying) through.set(brandId, staying.id);
  return calls.length;
}

/** Those whose bodies wait in the outbox of a target, which may be away for longer than calls are kept. */
async function selectUnsent(db: Db, brandId: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db.selectFrom("outbox_messages").select("call_id").where("brand_id", "=", brandId).where("call_id", "in", ids).execute();
  return new Set(rows.map((row) => row.call_id));
}

/** Of each webhook the call whose body `findNewestSample` gives. */
async function newestSamples(db: Db, brandId: string, webhookIds: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (webhookIds.size === 0) return new Set();
  const rows = await db
    .selectFrom("webhooks")
    .select((eb) => {
      const newest = eb
        .selectFrom("calls")
        .select("calls.id")
        .whereRef("calls.brand_id", "=", "webhooks.brand_id")
        .whereRef("calls.webhook_id", "=", "webhooks.id")
        .where("calls.authenticated", "=", 1)
        .where("calls.body", "is not", null)
        .orderBy("calls.id", "desc")
        .limit(1);
      // Apart, so that each is found from its index.
      return [
        newest.where("calls.outcome", "<>", sql.lit("refused")).as("taken"),
        newest.where("calls.outcome", "=", sql.lit("refused")).where("calls.status", "in", [WAITING_STATUS, 422]).as("refused"),
      ];
    })
    .where("brand_id", "=", brandId)
    .where("deleted", "=", 0)
    .where("id", "in", [...webhookIds])
    .execute();
  return new Set(
    rows.flatMap(({ taken, refused }) =>
      [taken, refused]
        .filter((id) => id !== null)
        .toSorted()
        .slice(-1),
    ),
  );
}

/** How many calls wait to be deleted, counted up to a limit; the payloads that stay, and what waits to be sent on, do not. */
export async function countOldCalls(db: Db, now: number, limit: number): Promise<number> {
  let waiting = 0;
  for (const { id: brandId, days } of await selectBrands(db)) {
    const before = lowestIdAt(now - days * DAY);
    const old = db
      .selectFrom("calls")
      .select(["id", "webhook_id"])
      .where("brand_id", "=", brandId)
      .where("id", "<", before)
      .where("outcome", "<>", "waiting")
      .limit(limit);
    const rows = await db
      .selectFrom(old.as("old"))
      .select((eb) => ["old.webhook_id", eb.fn.countAll<number>().as("calls")])
      .groupBy("old.webhook_id")
      .execute();
    const samples = [...(await newestSamples(db, brandId, new Set(rows.map(({ webhook_id: webhookId }) => webhookId))))].filter((id) => id < before);
    const unsent = await countUnsent(db, brandId, before, samples, limit);
    waiting += Math.max(0, rows.reduce((sum, { calls }) => sum + calls, 0) - samples.length - unsent);
  }
  return Math.min(waiting, limit);
}

/** Apart from the count of calls, so that each reads a bounded part of its own index. */
async function countUnsent(db: Db, brandId: string, before: string, except: readonly string[], limit: number): Promise<number> {
  let unsent = db.selectFrom("outbox_messages").select("call_id").where("brand_id", "=", brandId).where("call_id", "<", before).limit(limit);
  if (except.length > 0) unsent = unsent.where("call_id", "not in", except);
  const { messages } = await db
    .selectFrom(unsent.as("unsent"))
    .select((eb) => eb.fn.countAll<number>().as("messages"))
    .executeTakeFirstOrThrow();
  return messages;
}
