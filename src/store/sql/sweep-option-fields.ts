import type { OptionFieldName } from "../../customers/customer-fields.ts";
import { sql } from "kysely";
import type { CustomerFields } from "../../customers/customer.ts";
import { searchText, toFieldNames } from "./customer-row.ts";
import type { SqlTransaction } from "./database.ts";
import type { Schema } from "./schema.ts";

type Db = SqlTransaction["db"];

/**
 * Goes on with taking one deleted option field out of the store: first its values from the customers, oldest first, then the keys of every field
 * set that holds it, then the sets and the field. At most `limit` rows at a time; gives how many it looked at, zero when nothing is deleted.
 */
export async function sweepOptionFields(db: Db, limit: number): Promise<number> {
  const field = await db.selectFrom("option_fields").selectAll().where("deleted", "=", 1).orderBy("brand_id").orderBy("name").limit(1).executeTakeFirst();
  if (!field) return 0;
  const looked = (await removeValues(db, field, limit)) || (await removeKeys(db, field, limit));
  if (looked > 0) return looked;
  await db.deleteFrom("option_fields").where("brand_id", "=", field.brand_id).where("name", "=", field.name).execute();
  return 1;
}

async function removeValues(db: Db, { brand_id: brandId, name, swept_through: sweptThrough }: Schema["option_fields"], limit: number): Promise<number> {
  const customers = await db
    .selectFrom("customers")
    .select(["id", "fields"])
    .where("brand_id", "=", brandId)
    .where("id", ">", sweptThrough)
    .orderBy("id")
    .limit(limit)
    .execute();
  const last = customers.at(-1);
  if (!last) return 0;
  for (const { id, fields } of customers) {
    const { [name as OptionFieldName]: removed, ...others } = JSON.parse(fields) as CustomerFields;
    if (removed === undefined) continue;
    const { numUpdatedRows } = await db
      .updateTable("customers")
      .set({ fields: JSON.stringify(others), search_text: searchText(others) })
      .where("brand_id", "=", brandId)
      .where("id", "=", id)
      // Where transactions do not wait for each other, a call may have written it meanwhile: the next sweep begins here again.
      .where("fields", "=", fields)
      .executeTakeFirstOrThrow();
    if (!numUpdatedRows) return 1;
  }
  await db.updateTable("option_fields").set({ swept_through: last.id }).where("brand_id", "=", brandId).where("name", "=", name).execute();
  return customers.length;
}

async function removeKeys(db: Db, { brand_id: brandId, name }: Schema["option_fields"], limit: number): Promise<number> {
  const all = await db.selectFrom("field_sets").select(["id", "fields"]).where("brand_id", "=", brandId).execute();
  for (const { id } of all.filter(({ fields }) => toFieldNames(fields).includes(name as OptionFieldName))) {
    const columns = sql`brand_id, field_set_id, key_digest, customer_id`;
    for (const table of ["duplicate_customers", "customer_keys"] as const) {
      const some = sql`select ${columns} from ${sql.table(table)} where brand_id = ${brandId} and field_set_id = ${id} limit ${limit}`;
      const { numAffectedRows } = await sql`delete from ${sql.table(table)} where (${columns}) in (${some})`.execute(db);
      if (numAffectedRows) return Number(numAffectedRows);
    }
    // Deleted webhooks only: no other writes the field.
    await db.updateTable("webhooks").set({ field_set_id: null }).where("brand_id", "=", brandId).where("field_set_id", "=", id).execute();
    await db.deleteFrom("field_sets").where("brand_id", "=", brandId).where("id", "=", id).execute();
  }
  return 0;
}
