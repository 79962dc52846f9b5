/**
 * Deduplication: which values make two records the same customer. A field set is the ordered choice of fields that must agree;
 * every customer has at most one key per field set, and `customer_keys` lets one customer own it.
 */
import { hash } from "node:crypto";
import type { CustomerFields } from "./customer.ts";
import type { CustomerFieldName } from "./customer-fields.ts";

export interface FieldSet {
  readonly id: string;
  readonly brandId: string;
  /** Sorted by name, so that one choice of fields is one set however it was ticked. */
  readonly fields: readonly CustomerFieldName[];
}

/** The one spelling of a choice of fields. */
export function canonicalFieldSet(fields: Iterable<CustomerFieldName>): readonly CustomerFieldName[] {
  return [...new Set(fields)].toSorted();
}

const CASELESS: ReadonlySet<CustomerFieldName> = new Set(["emailaddress", "alt_emailaddress"]);

/**
 * The digest by which a customer is found in a field set, or undefined when a value is missing or empty. Values are
 * trimmed and NFC-normalised, e-mail addresses lower-cased; lengths are part of the text, so that no two choices of values run together.
 */
export function keyDigest(fields: readonly CustomerFieldName[], values: CustomerFields): string | undefined {
  let text = "";
  for (const field of fields) {
    let value = values[field]?.normalize("NFC").trim();
    if (!value) return undefined;
    if (CASELESS.has(field)) value = value.toLowerCase();
    text += `${value.length}:${value}`;
  }
  return hash("sha256", text, "base64url");
}
