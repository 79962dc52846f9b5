/** The system fields of a customer and the rules that values keep. Names as users of the field's products know them. */
import { calendarDay } from "../lib/calendar-day.ts";

export type FieldRule = { readonly kind: "text" | "number" | "date" } | { readonly kind: "choice"; readonly choices: readonly string[] };

/** A field of a customer, one of ours or of the brand's own. */
export interface FieldDefinition {
  readonly name: CustomerFieldName;
  readonly label: string;
  readonly rule: FieldRule;
  /** Of a value, in UTF-16 units. */
  readonly maxLength: number;
  /** The value that a new customer gets when nothing was mapped to the field. */
  readonly defaultValue?: string;
}

const TEXT: FieldRule = { kind: "text" };
export const YES_NO: FieldRule = { kind: "choice", choices: ["Y", "N"] };

/** The longest value of a system field, in UTF-16 units; no field of any kind takes a longer one. */
export const MAX_FIELD_LENGTH = 1_000;

const CUSTOMER_FIELDS = {
  emailaddress: { label: "E-mail address", rule: TEXT },
  externalid: { label: "Customer number", rule: TEXT },
  title: { label: "Title", rule: TEXT },
  initials: { label: "Initials", rule: TEXT },
  firstname: { label: "First name", rule: TEXT },
  middlename: { label: "Middle name", rule: TEXT },
  prefix: { label: "Name prefix", rule: TEXT },
  lastname: { label: "Last name", rule: TEXT },
  suffix: { label: "Name suffix", rule: TEXT },
  gender: { label: "Gender", rule: { kind: "choice", choices: ["MAN", "WOMAN", "FAMILY", "NONBINARY", "UNKNOWN"] } },
  birthday: { label: "Birthday", rule: TEXT },
  birthplace: { label: "Birthplace", rule: TEXT },
  maritalstatus: { label: "Marital status", rule: TEXT },
  optin: { label: "Opt-in", rule: YES_NO, defaultValue: "Y" },
  smsoptin: { label: "SMS opt-in", rule: YES_NO, defaultValue: "Y" },
  companyname: { label: "Company", rule: TEXT },
  department: { label: "Department", rule: TEXT },
  jobtitle: { label: "Job title", rule: TEXT },
  contactman: { label: "Contact person", rule: TEXT },
  homephone: { label: "Home phone", rule: TEXT },
  mobilephone: { label: "Mobile phone", rule: TEXT },
  workphone: { label: "Work phone", rule: TEXT },
  workextension: { label: "Work extension", rule: TEXT },
  workmobile: { label: "Work mobile", rule: TEXT },
  faxnumber: { label: "Fax", rule: TEXT },
  address: { label: "Address", rule: TEXT },
  address2: { label: "Address, line 2", rule: TEXT },
  address3: { label: "Address, line 3", rule: TEXT },
  addressnumber: { label: "House number", rule: TEXT },
  addressnumbersuffix: { label: "House number suffix", rule: TEXT },
  pobox: { label: "P.O. box", rule: TEXT },
  zipcode: { label: "Postcode", rule: TEXT },
  city: { label: "City", rule: TEXT },
  state: { label: "State", rule: TEXT },
  country: { label: "Country", rule: TEXT },
  alt_address: { label: "Second address", rule: TEXT },
  alt_address2: { label: "Second address, line 2", rule: TEXT },
  alt_address3: { label: "Second address, line 3", rule: TEXT },
  alt_addressnumber: { label: "Second house number", rule: TEXT },
  alt_addressnumbersuffix: { label: "Second house number suffix", rule: TEXT },
  alt_zipcode: { label: "Second postcode", rule: TEXT },
  alt_city: { label: "Second city", rule: TEXT },
  alt_state: { label: "Second state", rule: TEXT },
  alt_country: { label: "Second country", rule: TEXT },
  alt_emailaddress: { label: "Second e-mail address", rule: TEXT },
  username: { label: "User name", rule: TEXT },
  website: { label: "Website", rule: TEXT },
  imageurl: { label: "Image URL", rule: TEXT },
  status: { label: "Status", rule: TEXT, defaultValue: "PROSPECT" },
} as const satisfies Readonly<Record<string, Pick<FieldDefinition, "label" | "rule" | "defaultValue">>>;

export type SystemFieldName = keyof typeof CUSTOMER_FIELDS;
/** No system field has a point in its name, so that none, of today or later, can be taken for an option field. */
export type OptionFieldName = `option.${string}`;
export type CustomerFieldName = SystemFieldName | OptionFieldName;
export const SYSTEM_FIELD_NAMES = Object.keys(CUSTOMER_FIELDS) as readonly SystemFieldName[];

export function systemField(name: SystemFieldName): FieldDefinition {
  return { ...CUSTOMER_FIELDS[name], name, maxLength: MAX_FIELD_LENGTH };
}

/** What is wrong with a value, as a rule that can be shown without the value; undefined when the rule holds. */
export function brokenRule({ rule, maxLength }: FieldDefinition, value: string): string | undefined {
  // JSON can carry both as escapes, but no database stores them unchanged.
  if (value.includes("\u0000") || !value.isWellFormed()) return "must not hold a NUL character or half of a surrogate pair";
  if (value.length > maxLength) return `must be at most ${maxLength.toLocaleString("en")} characters long`;
  switch (rule.kind) {
    case "text":
      return undefined;
    case "choice":
      return rule.choices.includes(value) ? undefined : `must be one of ${rule.choices.join(", ")}`;
    case "number":
      return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value) ? undefined : "must be a number such as 12.50";
    default:
      return isDate(value) ? undefined : "must be a date such as 2026-11-24";
  }
}

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return calendarDay(Number(year), Number(month), Number(day)) !== undefined;
}
