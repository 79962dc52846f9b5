import type { Selectable } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CustomerFields } from "../../customers/customer.ts";
import { keyDigest } from "../../customers/deduplication.ts";
import { MINUTE } from "../../lib/clock.ts";
import { lowestIdAt, timeOfId } from "../../lib/id.ts";
import { erasedBody } from "../../webhooks/json/json-erasure.ts";
import { toFieldSet } from "./customer-row.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import type { Schema } from "./schema.ts";

/** Calls that one transaction looks at; of them it writes one at most, because a body may be long. */
const BATCH = 500;
/** How long after its id was made a call may be committed, in milliseconds: it waits in line, and where others write it is tried again. */
const LATEST_COMMIT = MINUTE;

interface Named {
  readonly brandId: string;
  readonly customerId: string;
}

/**
 * Takes a customer's values out of the brand's calls, oldest first, a bounded step a transaction, and deletes the customer in the one that finds no
 * further call. So nothing that arrives meanwhile is missed, and after a crash the customer is still there to be erased again.
 */
export async function eraseCustomer(session: SqlSession, named: Named): Promise<boolean> {
  const customer = await session.reader
    .selectFrom("customers")
    .select("created_at")
    .where("brand_id", "=", named.brandId)
    .where("id", "=", named.customerId)
    .executeTakeFirst();
  if (!customer) return false;
  // No call before the one that made the customer can name it.
  let after: string | null = lowestIdAt(customer.created_at);
  while (after !== null) {
    const from: string = after;
    after = await session.write((transaction) => eraseStep(transaction, named, from));
    // Calls that came in meanwhile get their turn.
    await nextTurn();
  }
  return true;
}

/** How far it has come; null when the customer is gone. */
async function eraseStep(transaction: SqlTransaction, named: Named, after: string): Promise<string | null> {
  const { db } = transaction;
  const next = await db.selectFrom("calls").select("id").where("brand_id", "=", named.brandId).where("id", ">", after).orderBy("id").limit(BATCH).execute();
  const last = next.at(-1)?.id;
  const call = last === undefined ? undefined : await findCallOf(db, named, after, last);
  if (call) {
    await eraseFromCall(db, named, call);
    return call.id;
  }
  if (last !== undefined && next.length === BATCH) return last;
  // From here on no call can be written that names the customer. Those that were when the looking had passed their ids are among the latest.
  await transaction.lockBrand(named.brandId);
  const from = lowestIdAt(timeOfId(after) - LATEST_COMMIT);
  for (let late = await findCallOf(db, named, from); late; late = await findCallOf(db, named, late.id)) await eraseFromCall(db, named, late);
  await deleteCustomer(transaction, named);
  return null;
}

type NamingCall = Pick<Selectable<Schema["calls"]>, "id" | "customer_ids" | "body">;

/** The call that a replay wrote once more: it has the body, and may be older than the customer. */
function findReplayedCall(db: SqlTransaction["db"], { brandId }: Named, replayId: string): Promise<NamingCall | undefined> {
  return db
    .selectFrom("console_calls")
    .innerJoin("calls", (join) => join.onRef("calls.brand_id", "=", "console_calls.brand_id").onRef("calls.id", "=", "console_calls.replay_of"))
    .select(["calls.id", "calls.customer_ids", "calls.body"])
    .where("console_calls.brand_id", "=", brandId)
    .where("console_calls.call_id", "=", replayId)
    .executeTakeFirst();
}

/** The first call after this id, and at the latest `last`, that names the customer. */
function findCallOf(db: SqlTransaction["db"], { brandId, customerId }: Named, after: string, last?: string): Promise<NamingCall | undefined> {
  let query = db
    .selectFrom("calls")
    .select(["id", "customer_ids", "body"])
    .where("brand_id", "=", brandId)
    .where("id", ">", after)
    .where("customer_ids", "like", `%${customerId}%`)
    .orderBy("id")
    .limit(1);
  if (last !== undefined) query = query.where("id", "<=", last);
  return query.executeTakeFirst();
}

async function eraseFromCall(db: SqlTransaction["db"], { brandId, customerId }: Named, call: NamingCall): Promise<void> {
  if (call.body === null) {
    const replayed = await findReplayedCall(db, { brandId, customerId }, call.id);
    if (replayed && replayed.body !== null) await eraseFromCall(db, { brandId, customerId }, replayed);
    return;
  }
  const indexes = (JSON.parse(call.customer_ids) as string[]).flatMap((id, index) => (id === customerId ? [index] : []));
  const body = erasedBody(call.body, indexes);
  await db.updateTable("calls").set({ body }).where("brand_id", "=", brandId).where("id", "=", call.id).execute();
}

async function deleteCustomer({ db }: SqlTransaction, { brandId, customerId }: Named): Promise<void> {
  const row = await db.deleteFrom("customers").where("brand_id", "=", brandId).where("id", "=", customerId).returning("fields").executeTakeFirst();
  if (!row) return;
  const values = JSON.parse(row.fields) as CustomerFields;
  const fieldSets = await db.selectFrom("field_sets").select(["id", "brand_id", "fields"]).where("brand_id", "=", brandId).execute();
  for (const { id, fields } of fieldSets.map(toFieldSet)) {
    const digest = keyDigest(fields, values);
    if (digest !== undefined) await releaseKey(db, { brand_id: brandId, field_set_id: id, key_digest: digest }, customerId);
  }
}

/** The oldest of the key's duplicates inherits it. */
async function releaseKey(
  db: SqlTransaction["db"],
  key: { readonly brand_id: string; readonly field_set_id: string; readonly key_digest: string },
  customerId: string,
): Promise<void> {
  await db
    .deleteFrom("duplicate_customers")
    .where((eb) => eb.and({ ...key, customer_id: customerId }))
    .execute();
  const { numDeletedRows } = await db
    .deleteFrom("customer_keys")
    .where((eb) => eb.and({ ...key, customer_id: customerId }))
    .executeTakeFirstOrThrow();
  if (!numDeletedRows) return;
  const heir = await db
    .selectFrom("duplicate_customers")
    .select("customer_id")
    .where((eb) => eb.and(key))
    .orderBy("customer_id")
    .limit(1)
    .executeTakeFirst();
  if (!heir) return;
  await db
    .deleteFrom("duplicate_customers")
    .where((eb) => eb.and({ ...key, customer_id: heir.customer_id }))
    .execute();
  await db
    .insertInto("customer_keys")
    .values({ ...key, customer_id: heir.customer_id })
    .execute();
}
