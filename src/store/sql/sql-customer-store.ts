import { setImmediate as nextTurn } from "node:timers/promises";
import { sql } from "kysely";
import { MAX_SEARCHED, type Customer } from "../../customers/customer.ts";
import { MAX_FIELD_LENGTH, type CustomerFieldName } from "../../customers/customer-fields.ts";
import type { CustomerStore } from "../../customers/customer-store.ts";
import { canonicalFieldSet, type FieldSet } from "../../customers/deduplication.ts";
import { newRandomId } from "../../lib/id.ts";
import type { Page, PageRequest } from "../../lib/page.ts";
import { searchable, toCustomer, toFieldSet, type CustomerRow } from "./customer-row.ts";
import type { SqlSession } from "./database.ts";
import { fillFieldSet } from "./fill-field-set.ts";
import { toPage } from "./page-query.ts";

const COLUMNS = ["id", "brand_id", "fields", "created_at", "updated_at"] as const;

/** How many customers a search looks at in one go: few at first, then more and more. A thousand take about a millisecond. */
const FIRST_WINDOW = 500;
const GROWTH = 4;
const LAST_WINDOW = 5_000;

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
    // No value is longer than a field may be, and a database refuses a pattern without end.
    const wanted = searchable(search ?? "").slice(0, MAX_FIELD_LENGTH);
    if (wanted !== "") return this.#searchCustomers(brandId, wanted, { limit, after });
    const rows = await this.#newest(brandId, after)
      .select(COLUMNS)
      .limit(limit + 1)
      .execute();
    return toPage(rows, limit, toCustomer, (row) => row.id);
  }

  /** No index knows a part of a value. So many customers are looked at in one go, and other work comes in between; what is frequent is found in the first. */
  async #searchCustomers(brandId: string, wanted: string, { limit, after }: PageRequest): Promise<Page<Customer>> {
    const pattern = `%${wanted.replaceAll(/[\\%_]/g, "\\$&")}%`;
    const found: CustomerRow[] = [];
    let [size, left, cursor] = [FIRST_WINDOW, MAX_SEARCHED, after];
    while (true) {
      size = Math.min(size, left);
      const oldest = await this.#newest(brandId, cursor)
        .select("id")
        .offset(size - 1)
        .limit(1)
        .executeTakeFirst();
      let window = this.#newest(brandId, cursor).select(COLUMNS);
      if (oldest) window = window.where("id", ">=", oldest.id);
      const rows = await window
        .where(sql<boolean>`search_text like ${pattern} escape '\\'`)
        .limit(limit + 1 - found.length)
        .execute();
      found.push(...rows);
      left -= size;
      if (found.length > limit || !oldest) return toPage(found, limit, toCustomer, (row) => row.id);
      if (left === 0) return { rows: found.map(toCustomer), next: oldest.id };
      cursor = oldest.id;
      size = Math.min(size * GROWTH, LAST_WINDOW);
      await nextTurn();
    }
  }

  #newest(brandId: string, after: string | null) {
    const query = this.#session.reader.selectFrom("customers").where("brand_id", "=", brandId).orderBy("id", "desc");
    return after === null ? query : query.where("id", "<", after);
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
