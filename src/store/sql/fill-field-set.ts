import type { Insertable } from "kysely";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CustomerFields } from "../../customers/customer.ts";
import { keyDigest, type FieldSet } from "../../customers/deduplication.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import type { Schema } from "./schema.ts";

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
async function fillBatch({ db, lockBrand }: SqlTransaction, fieldSet: FieldSet): Promise<boolean> {
  await lockBrand(fieldSet.brandId);
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
  await addKeys(db, fieldSet, customers);
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
async function addKeys(db: SqlTransaction["db"], fieldSet: FieldSet, customers: readonly { readonly id: string; readonly fields: string }[]): Promise<void> {
  const keys = customers.flatMap(({ id, fields }) => {
    const digest = keyDigest(fieldSet.fields, JSON.parse(fields) as CustomerFields);
    return digest === undefined ? [] : [{ id, digest }];
  });
  if (keys.length === 0) return;
  const stored = await db
    .selectFrom("customer_keys")
    .select(["key_digest", "customer_id"])
    .where("brand_id", "=", fieldSet.brandId)
    .where("field_set_id", "=", fieldSet.id)
    .where("key_digest", "in", [...new Set(keys.map(({ digest }) => digest))])
    .execute();
  const owners = new Map(stored.map((row) => [row.key_digest, row.customer_id]));
  const duplicates: { readonly digest: string; readonly id: string }[] = [];
  for (const { id, digest } of keys) {
    const owner = owners.get(digest);
    if (owner === undefined || id < owner) owners.set(digest, id);
    if (owner !== undefined && owner !== id) duplicates.push({ digest, id: id < owner ? owner : id });
  }
  const toRow = (digest: string, id: string): Insertable<Schema["customer_keys"]> => ({
    brand_id: fieldSet.brandId,
    field_set_id: fieldSet.id,
    key_digest: digest,
    customer_id: id,
  });
  await db
    .insertInto("customer_keys")
    .values([...owners].map(([digest, id]) => toRow(digest, id)))
    .onConflict((conflict) =>
      conflict.columns(["brand_id", "field_set_id", "key_digest"]).doUpdateSet((eb) => ({ customer_id: eb.ref("excluded.customer_id") })),
    )
    .execute();
  if (duplicates.length === 0) return;
  await db
    .insertInto("duplicate_customers")
    .values(duplicates.map(({ digest, id }) => toRow(digest, id)))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
