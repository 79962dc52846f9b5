import { setImmediate as nextTurn } from "node:timers/promises";
import type { CustomerFields } from "../../customers/customer.ts";
import { keyDigest, type FieldSet } from "../../customers/deduplication.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";

/** Customers in one transaction of a fill: short enough that calls, which wait for it, do not notice. */
const BATCH = 200;

/**
 * Gives the existing customers their keys in a new field set, oldest first, a bounded batch a transaction. How far it has come
 * is stored with each batch: after a crash the next call goes on from there, and two that fill at once share the work.
 */
export async function fillFieldSet(session: SqlSession, fieldSet: FieldSet): Promise<void> {
  while (!(await session.write((transaction) => fillBatch(transaction, fieldSet)))) {
    // Calls that came in meanwhile get their turn.
    await nextTurn();
  }
}

/** True when the set is filled. */
async function fillBatch({ db }: SqlTransaction, fieldSet: FieldSet): Promise<boolean> {
  const { filled, filled_through: filledThrough } = await db
    .selectFrom("field_sets")
    .select(["filled", "filled_through"])
    .where("brand_id", "=", fieldSet.brandId)
    .where("id", "=", fieldSet.id)
    .executeTakeFirstOrThrow();
  if (filled === 1) return true;
  const customers = await db
    .selectFrom("customers")
    .select(["id", "fields"])
    .where("brand_id", "=", fieldSet.brandId)
    .where("id", ">", filledThrough)
    .orderBy("id")
    .limit(BATCH)
    .execute();
  for (const { id, fields } of customers) {
    const digest = keyDigest(fieldSet.fields, JSON.parse(fields) as CustomerFields);
    if (digest !== undefined) await addKey(db, fieldSet, digest, id);
  }
  const isLast = customers.length < BATCH;
  await db
    .updateTable("field_sets")
    .set({ filled: isLast ? 1 : 0, filled_through: customers.at(-1)?.id ?? filledThrough })
    .where("brand_id", "=", fieldSet.brandId)
    .where("id", "=", fieldSet.id)
    .execute();
  return isLast;
}

/** The older customer owns the key, also when a younger one was faster while the set was being filled; the other becomes its duplicate. */
async function addKey(db: SqlTransaction["db"], fieldSet: FieldSet, digest: string, customerId: string): Promise<void> {
  const key = { brand_id: fieldSet.brandId, field_set_id: fieldSet.id, key_digest: digest };
  const owner = await db
    .selectFrom("customer_keys")
    .select("customer_id")
    .where("brand_id", "=", key.brand_id)
    .where("field_set_id", "=", key.field_set_id)
    .where("key_digest", "=", key.key_digest)
    .executeTakeFirst();
  if (owner?.customer_id === customerId) return;
  const isOwner = owner === undefined || customerId < owner.customer_id;
  if (isOwner) {
    await db
      .insertInto("customer_keys")
      .values({ ...key, customer_id: customerId })
      .onConflict((conflict) => conflict.columns(["brand_id", "field_set_id", "key_digest"]).doUpdateSet({ customer_id: customerId }))
      .execute();
  }
  if (owner) {
    await db
      .insertInto("duplicate_customers")
      .values({ ...key, customer_id: isOwner ? owner.customer_id : customerId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
