import type { Customer } from "./customer.ts";
import type { CustomerFieldName } from "./customer-fields.ts";

const NAME_PARTS = ["firstname", "middlename", "prefix", "lastname", "suffix"] as const satisfies readonly CustomerFieldName[];
/** What stands for a customer without a name, the best first. */
const STAND_INS = ["emailaddress", "companyname", "externalid", "username"] as const satisfies readonly CustomerFieldName[];

/** What a list calls a customer: the name, else another field that tells people apart, else words that say so. Never empty. */
export function customerName({ fields }: Pick<Customer, "fields">): string {
  const name = NAME_PARTS.map((part) => fields[part]?.trim())
    .filter(Boolean)
    .join(" ");
  if (name) return name;
  const standIn = STAND_INS.find((field) => fields[field]?.trim());
  return (standIn && fields[standIn]?.trim()) || "Customer without a name";
}
