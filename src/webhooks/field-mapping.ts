/** From one JSON object to the fields of one customer: which values go where, and whether they may. Pure. */
import type { CustomerWrite } from "../customers/customer.ts";
import { brokenRule, type CustomerFieldName, type FieldDefinition } from "../customers/customer-fields.ts";
import type { FieldCatalogue } from "../customers/field-catalogue.ts";
import { singleText, type JsonDocument, type JsonObject, type JsonValue } from "./json-document.ts";
import { parsePath, pathOf, valueAt, type PathStep } from "./json-path.ts";
import type { FieldMapping, MappedField } from "./webhook.ts";

/** Objects in one call; a body of 6 MB could otherwise hold millions, each a row to write in one commit. */
export const MAX_OBJECTS = 10_000;

/** How many broken rules an answer names: enough to see the pattern. */
const MAX_PROBLEMS = 20;

interface CompiledField {
  readonly steps: readonly PathStep[];
  readonly field: CustomerFieldName;
  /** Undefined when the brand has deleted its option field while the mapping was being saved. */
  readonly definition: FieldDefinition | undefined;
  readonly isKey: boolean;
}

/** A mapping made ready for many calls. */
export interface CompiledMapping {
  readonly fields: readonly CompiledField[];
  readonly fieldSetId: string | null;
}

/** A mapping as it was typed or passed on a command line. */
export interface MappingDraft {
  readonly fields: readonly { readonly path: string; readonly field: string }[];
  readonly deduplicateBy: readonly string[];
}

/** What is wrong: a sentence for each line of the draft under `line-0`, `line-1` …, or one for the whole under `mapping`. */
export type MappingErrors = Readonly<Record<string, string>>;

export type CheckedMapping = { readonly ok: true; readonly mapping: FieldMapping } | { readonly ok: false; readonly errors: MappingErrors };

/** Checks a mapping and spells its paths the one way in which they are stored. */
export function checkMapping({ fields, deduplicateBy }: MappingDraft, catalogue: FieldCatalogue): CheckedMapping {
  const errors: Record<string, string> = {};
  const mapped = new Map<string, MappedField>();
  for (const [index, { path, field }] of fields.entries()) {
    const checked = checkLine(path, field, mapped.get(field), catalogue);
    if (typeof checked === "string") errors[`line-${index}`] = checked;
    else mapped.set(field, checked);
  }
  const keys = [...new Set(deduplicateBy)];
  const unmapped = keys.find((key) => !mapped.has(key));
  if (fields.length === 0) errors["mapping"] = "Map at least one value to a customer field.";
  else if (unmapped !== undefined && Object.keys(errors).length === 0) {
    errors["mapping"] = `Customers can be found by ${catalogue.labelOf(unmapped)} only when a value is mapped to it.`;
  }
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return { ok: true, mapping: { fields: [...mapped.values()], deduplicateBy: keys.flatMap((key) => mapped.get(key)?.field ?? []) } };
}

function checkLine(path: string, field: string, earlier: MappedField | undefined, catalogue: FieldCatalogue): MappedField | string {
  const parsed = parsePath(path);
  if (!parsed.ok) return parsed.problem;
  const definition = catalogue.find(field);
  if (!definition) return `There is no customer field ${field}.`;
  if (earlier) return `${definition.label} is mapped already, from ${earlier.path}. A field takes one value.`;
  return { path: parsed.path, field: definition.name };
}

/** Makes a checked mapping ready. `fieldSetId` is the field set of what it deduplicates by. Throws for a mapping that `checkMapping` refuses. */
export function compileMapping({ fields, deduplicateBy }: FieldMapping, fieldSetId: string | null, catalogue: FieldCatalogue): CompiledMapping {
  return {
    fieldSetId,
    fields: fields.map(({ path, field }) => {
      const parsed = parsePath(path);
      if (!parsed.ok) throw new Error(`The stored path ${path} cannot be read.`);
      return { steps: parsed.steps, field, definition: catalogue.find(field), isKey: deduplicateBy.includes(field) };
    }),
  };
}

/** A value that the call may not carry: where it is and which rule it breaks. Never the value. */
export interface BodyProblem {
  /** A JSONPath into the body as it was received. */
  readonly path: string;
  readonly rule: string;
}

type Outcome<Result> =
  | ({ readonly ok: true } & Result)
  | { readonly ok: false; /** At most MAX_PROBLEMS, never none. */ readonly problems: readonly BodyProblem[] };

/** The objects of a body: the object that it is, or the elements of the array that it is. */
export function objectsOf({ value, echoPlaces }: JsonDocument): Outcome<{ readonly objects: readonly JsonObject[] }> {
  if (isObject(value)) return { ok: true, objects: [value] };
  if (!Array.isArray(value)) return { ok: false, problems: [{ path: "$", rule: "must be an object or an array of objects" }] };
  const elements: readonly JsonValue[] = value;
  if (elements.length > MAX_OBJECTS) return { ok: false, problems: [{ path: "$", rule: `must hold at most ${MAX_OBJECTS} objects` }] };
  if (echoPlaces.length === elements.length) return { ok: true, objects: elements as readonly JsonObject[] };
  const problems = elements.flatMap((element, index) => (isObject(element) ? [] : [{ path: pathOf([index]), rule: "must be an object" }]));
  return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
}

/** What the objects of a body write, one entry for each; or every rule that they break. */
export function applyMapping(
  mapping: CompiledMapping,
  document: JsonDocument,
  objects: readonly JsonObject[],
): Outcome<{ readonly writes: readonly CustomerWrite[] }> {
  const problems: BodyProblem[] = [];
  const isArray = Array.isArray(document.value);
  const writes: CustomerWrite[] = [];
  for (const [index, object] of objects.entries()) {
    const changes: { [field in CustomerFieldName]?: string | null } = {};
    for (const { steps, field, definition, isKey } of mapping.fields) {
      const value = valueAt(object, steps);
      const rule = ruleBroken(definition, isKey, value);
      if (rule !== undefined) problems.push({ path: pathOf(isArray ? [index, ...steps] : steps), rule });
      else if (value !== undefined) changes[field] = singleText(value) ?? null;
    }
    if (problems.length >= MAX_PROBLEMS) break;
    writes.push({ changes, deduplicateBy: mapping.fieldSetId });
  }
  return problems.length === 0 ? { ok: true, writes } : { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
}

/** A rule that only the stored customers could break, told at each value that is part of the key. */
export function brokenKey(
  mapping: CompiledMapping,
  document: JsonDocument,
  { index, reason, fields }: { readonly index: number; readonly reason: "key-value-missing" | "key-taken"; readonly fields: readonly CustomerFieldName[] },
): readonly BodyProblem[] {
  const rule = reason === "key-taken" ? "would make this customer the same as another one" : KEY_NEEDED;
  const object = Array.isArray(document.value) ? [index] : [];
  const values = mapping.fields.filter(({ field }) => fields.includes(field));
  return values.map(({ steps }) => ({ path: pathOf([...object, ...steps]), rule }));
}

const KEY_NEEDED = "must be there and not be empty, because customers are found by it";

function ruleBroken(definition: FieldDefinition | undefined, isKey: boolean, value: JsonValue | undefined): string | undefined {
  if (!definition) return "goes to an option field that was deleted: the mapping has to be changed";
  const text = value === undefined ? undefined : singleText(value);
  if (value !== undefined && text === undefined) return "must be a single value, not an object or an array";
  // Without its key a record would be a new customer each time.
  if (isKey && !text?.trim()) return KEY_NEEDED;
  return typeof text === "string" ? brokenRule(definition, text) : undefined;
}

function isObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}
