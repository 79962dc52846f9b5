/** The mapping as a form: one row for each place of the newest payload, filled in as far as it can be guessed, and back. Pure. */
import type { CustomerFieldName } from "../../customers/customer-fields.ts";
import type { FieldCatalogue } from "../../customers/field-catalogue.ts";
import type { Form } from "../../lib/form.ts";
import { checkMapping, draftOfField, type DraftLine, type MappingDraft, type MappingErrors } from "./field-mapping.ts";
import type { Structure, StructureLine } from "../json/json-structure.ts";
import type { TransformsDraft } from "./transforms.ts";
import type { FieldMapping } from "../webhook.ts";

export interface MappingRow {
  /** A path, several with commas between, or a constant in double quotes. */
  readonly path: string;
  /** What the newest payload has there; null when it has nothing, or when there is none. */
  readonly found: StructureLine | null;
  /** A row in which the path is typed. */
  readonly typed: boolean;
  /** Between the values of several paths. */
  readonly separator: string;
  readonly transforms: TransformsDraft;
  /** Empty: not mapped. */
  readonly field: string;
  readonly isKey: boolean;
}

/** Rows for paths that no payload shows. */
const TYPED_ROWS = 3;
/** More than any page of ours shows. */
const MAX_ROWS = 400;

const UNCHANGED = { separator: " ", transforms: {} } as const;

/** The rows to begin with: what is mapped, and before anything is, the fields whose names say the same. */
export function rowsOf({ lines }: Structure, mapping: FieldMapping | null, catalogue: FieldCatalogue): readonly MappingRow[] {
  const mapped = mapping?.fields.map(draftOfField) ?? [];
  const unseen = new Set(mapped);
  const guesses = mapping ? new Map<string, CustomerFieldName>() : guessFields(lines, catalogue);
  const isKey = (field: string) => mapping !== null && mapping.deduplicateBy.some((key) => key === field);
  const rowOf = (line: DraftLine, found: StructureLine | null): MappingRow => ({
    ...UNCHANGED,
    ...line,
    found,
    typed: found === null && !isOnePath(line.path),
    isKey: isKey(line.field),
  });
  const rows: MappingRow[] = [];
  for (const found of lines) {
    const here = mapped.filter(({ path }) => path === found.path);
    for (const line of here) unseen.delete(line);
    const guess = { path: found.path, field: guesses.get(found.path) ?? "" };
    rows.push(...(here.length > 0 ? here : [guess]).map((line) => rowOf(line, found)));
  }
  rows.push(...[...unseen].map((line) => rowOf(line, null)));
  for (let count = 0; count < TYPED_ROWS; count++) rows.push({ ...UNCHANGED, path: "", found: null, typed: true, field: "", isKey: false });
  return rows;
}

function isOnePath(source: string): boolean {
  return !source.startsWith('"') && !source.includes(", ");
}

/** The rows as they came back in a form. */
export function rowsOfForm(form: Form, { lines }: Structure, mapping: FieldMapping | null): readonly MappingRow[] {
  const rows: MappingRow[] = [];
  const stored = new Set(mapping?.fields.map((field) => draftOfField(field).path).filter(isOnePath));
  for (let index = 0; index < MAX_ROWS && form.has(`path-${index}`); index++) {
    const path = form.get(`path-${index}`) ?? "";
    const found = lines.find((line) => line.path === path) ?? null;
    rows.push({
      path,
      found,
      typed: found === null && !stored.has(path),
      field: form.get(`field-${index}`) ?? "",
      isKey: form.has(`key-${index}`),
      // Nothing at all may stand between two values.
      separator: form.getAll(`separator-${index}`)[0] ?? UNCHANGED.separator,
      transforms: transformsOfForm(form, index),
    });
  }
  return rows;
}

function transformsOfForm(form: Form, index: number): TransformsDraft {
  const [letterCase, readAs, defaultValue] = ["case", "read", "default"].map((name) => form.get(`${name}-${index}`));
  return {
    ...(form.has(`trim-${index}`) && { trim: true }),
    ...(letterCase !== undefined && { letterCase }),
    ...(readAs !== undefined && { readAs }),
    ...(defaultValue !== undefined && { defaultValue }),
  };
}

/** What the rows ask for: those with a field. */
export function draftOfRows(rows: readonly MappingRow[]): MappingDraft {
  const mapped = rows.filter(({ field }) => field !== "");
  return {
    fields: mapped.map(({ path, separator, field, transforms }) => ({ path, separator, field, transforms })),
    deduplicateBy: mapped.filter(({ isKey }) => isKey).map(({ field }) => field),
  };
}

/** Everything that is wrong with the rows, by the name of the control that needs a change. Without any, `draftOfRows` is a mapping that can be set. */
export function errorsOfRows(rows: readonly MappingRow[], catalogue: FieldCatalogue): MappingErrors {
  const checked = checkMapping(draftOfRows(rows), catalogue);
  return { ...(!checked.ok && controlErrors(rows, checked.errors)), ...halfFilledErrors(rows) };
}

/** Rows without a field are in no draft, but something else in them was filled in. */
function halfFilledErrors(rows: readonly MappingRow[]): MappingErrors {
  const errors: Record<string, string> = {};
  for (const [index, { path, field, typed, isKey }] of rows.entries()) {
    if (field !== "") continue;
    if (isKey) errors[`field-${index}`] = "Choose the field to deduplicate by, or untick the box.";
    else if (typed && path !== "") errors[`field-${index}`] = "Choose the field that this value goes to.";
  }
  return errors;
}

/** What is wrong with the draft as a whole stands at the first control. */
function controlErrors(rows: readonly MappingRow[], errors: MappingErrors): MappingErrors {
  const controls = rows.flatMap(({ field }, index) => (field === "" ? [] : [`field-${index}`]));
  return Object.fromEntries(Object.entries(errors).map(([key, problem]) => [controls[Number(key.slice("line-".length))] ?? "field-0", problem]));
}

/** Names that mean a field although they are not spelled like it. */
const OTHER_NAMES: Readonly<Record<string, CustomerFieldName>> = {
  email: "emailaddress",
  mail: "emailaddress",
  givenname: "firstname",
  surname: "lastname",
  familyname: "lastname",
  customernumber: "externalid",
  customerid: "externalid",
  sex: "gender",
  birthdate: "birthday",
  dateofbirth: "birthday",
  company: "companyname",
  phone: "homephone",
  phonenumber: "homephone",
  telephone: "homephone",
  mobile: "mobilephone",
  street: "address",
  housenumber: "addressnumber",
  zip: "zipcode",
  postcode: "zipcode",
  postalcode: "zipcode",
};
/** For each path the field that its name means; a field is given once, to the first. */
function guessFields(lines: readonly StructureLine[], { fields }: FieldCatalogue): Map<string, CustomerFieldName> {
  const byName = new Map<string, CustomerFieldName>([
    ...fields.map((field) => [plain(field.label), field.name] as const),
    ...Object.entries(OTHER_NAMES),
    ...fields.map(({ name }) => [plain(name), name] as const),
  ]);
  byName.delete("");
  const guesses = new Map<CustomerFieldName, string>();
  for (const { path, name } of lines) {
    const field = name === null ? undefined : byName.get(plain(name));
    if (field !== undefined && !guesses.has(field)) guesses.set(field, path);
  }
  return new Map([...guesses].map(([field, path]) => [path, field]));
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
