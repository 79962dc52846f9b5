import type { Page, PageRequest } from "../lib/page.ts";
import type { Customer } from "./customer.ts";
import type { CustomerFieldName } from "./customer-fields.ts";
import type { FieldSet } from "./deduplication.ts";

export interface CustomerStore {
  findCustomer(brandId: string, customerId: string): Promise<Customer | undefined>;
  /**
   * Newest first; with `search` only those with a field value that contains the text, letter case ignored. A page of a search looks at MAX_SEARCHED
   * customers at most, a few thousand at a time between which other work goes on: it may be short, or empty, and still have a next one.
   */
  listCustomers(brandId: string, search: string | null, page: PageRequest): Promise<Page<Customer>>;
  /**
   * The brand's field set of exactly these fields, made when there is none. A new set is kept up by every write from that moment on and
   * filled from the existing customers before this resolves, so that a mapping that uses it may go live. Among existing duplicates the oldest wins.
   */
  ensureFieldSet(brandId: string, fields: readonly CustomerFieldName[]): Promise<FieldSet>;
  findFieldSet(brandId: string, fieldSetId: string): Promise<FieldSet | undefined>;
}
