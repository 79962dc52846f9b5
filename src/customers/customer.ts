/**
 * Customers: the records that webhook calls create and update. This module owns customer fields, option fields among them,
 * their rules and deduplication; it must not know calls, webhooks or HTTP.
 */
import type { CustomerFieldName, SystemFieldName, OptionFieldName } from "./customer-fields.ts";

/** Field values as stored: text, trimmed of nothing; a field without a value is absent. */
export type CustomerFields = Readonly<Partial<Record<SystemFieldName, string>> & Record<OptionFieldName, string>>;

export interface Customer {
  /** UUIDv7: ids sort by time of making. The wire calls it `hookgate_id`. */
  readonly id: string;
  readonly brandId: string;
  readonly fields: CustomerFields;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A page of a search looks at this many customers at most, so that it ends soon whatever is looked for. */
export const MAX_SEARCHED = 200_000;

/** What one mapped object asks for, after every rule was checked. */
export interface CustomerWrite {
  /** A value sets the field, null clears it, an absent field stays as it is. */
  readonly changes: Readonly<Partial<Record<CustomerFieldName, string | null>>>;
  /** The field set that finds the customer to update; null always creates. */
  readonly deduplicateBy: string | null;
  /** The customer that this very object wrote before, whatever `deduplicateBy` would find now. Where it was erased since, nothing is written. */
  readonly customerId?: string | undefined;
}
