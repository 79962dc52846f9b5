import { sql } from "kysely";
import type { Customer } from "../../customers/customer.ts";
import { MAX_FIELD_LENGTH, type CustomerFieldName } from "../../customers/customer-fields.ts";
import type { CustomerStore } from "../../customers/customer-store.ts";
import { canonicalFieldSet, type FieldSet } from "../../customers/deduplication.ts";
import { newRandomId } from "../../lib/id.ts";
import type { Page, PageRequest } from "../../lib/page.ts";
import { searchable, toCustomer, toFieldSet } from "./customer-row.ts";
import type { SqlSession } from "./database.ts";
import { fillFieldSet } from "./fill-field-set.ts";
import { toPage } from "./page-query.ts";

const COLUMNS = ["id", "brand_id", "fields", "created_at", "updated_at"] as const;

export class SqlCustomerStore implements CustomerStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async findCustomer(brandId: string, customerId: string): Promise<Customer | undefined> {
    const row = await this.#session.reader
      .selectFrom("customers")
      .select(COLUMNS)
      .where("brand_id", "=", brandId)
      .where("id", "=", customerId)
      .executeTakeFirst();
    return row && toCustomer(row);
  }

  async listCustomers(brandId: string, search: string | null, { limit, after }: PageRequest): Promise<Page<Customer>> {
    let query = this.#session.reader
      .selectFrom("customers")
      .select(COLUMNS)
      .where("brand_id", "=", brandId)
      .orderBy("id", "desc")
      .limit(limit + 1);
    if (after !== null) query = query.where("id", "<", after);
    // No value is longer than a field may be, and a database refuses a pattern without end.
    const wanted = searchable(search ?? "").slice(0, MAX_FIELD_LENGTH);
    if (wanted !== "") {
      const pattern = `%${wanted.replaceAll(/[\\%_]/g, "\\$&")}%`;
      query = query.where(sql<boolean>`search_text like ${pattern} escape '\\'`);
    }
    return toPage(await query.execute(), limit, toCustomer, (row) => row.id);
  }

  async ensureFieldSet(brandId: string, fields: readonly CustomerFieldName[]): Promise<FieldSet> {
    const text = canonicalFieldSet(fields).join(",");
    if (text === "") throw new Error("A field set needs a field.");
    // Committed before the first customer is read: from then on every write keeps the set's keys, so that no customer can slip between.
    const row = await this.#session.write(async ({ db, lockBrand }) => {
      await lockBrand(brandId);
      await db
        .insertInto("field_sets")
        .values({ id: newRandomId(), brand_id: brandId, fields: text, filled_through: "", filled: 0 })
        .onConflict((conflict) => conflict.columns(["brand_id", "fields"]).doNothing())
        .execute();
      return db.selectFrom("field_sets").selectAll().where("brand_id", "=", brandId).where("fields", "=", text).executeTakeFirstOrThrow();
    });
    const fieldSet = toFieldSet(row);
    if (row.filled === 0) await fillFieldSet(this.#session, fieldSet);
    return fieldSet;
  }

  async findFieldSet(brandId: string, fieldSetId: string): Promise<FieldSet | undefined> {
    const row = await this.#session.reader
      .selectFrom("field_sets")
      .select(["id", "brand_id", "fields"])
      .where("brand_id", "=", brandId)
      .where("id", "=", fieldSetId)
      .executeTakeFirst();
    return row && toFieldSet(row);
  }
}
