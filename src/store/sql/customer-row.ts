import type { Customer, CustomerFields } from "../../customers/customer.ts";
import type { CustomerFieldName } from "../../customers/customer-fields.ts";
import type { FieldSet } from "../../customers/deduplication.ts";
import type { Schema } from "./schema.ts";

/** What a search looks at: every value, so that what is typed is found wherever it stands; a line each, so that no two run together. */
export function searchText(fields: CustomerFields): string {
  return Object.values(fields).map(searchable).join("\n");
}

/** Letter case and the spelling of accents do not matter to a search. */
export function searchable(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

export type CustomerRow = Omit<Schema["customers"], "search_text">;

export function toCustomer(row: CustomerRow): Customer {
  return { id: row.id, brandId: row.brand_id, fields: JSON.parse(row.fields) as CustomerFields, createdAt: row.created_at, updatedAt: row.updated_at };
}

export function toFieldSet(row: Pick<Schema["field_sets"], "id" | "brand_id" | "fields">): FieldSet {
  return { id: row.id, brandId: row.brand_id, fields: toFieldNames(row.fields) };
}

/** Names that only a newer program knows stay in: their keys can be kept without knowing the field's rule. */
export function toFieldNames(text: string): readonly CustomerFieldName[] {
  return text.split(",") as CustomerFieldName[];
}
