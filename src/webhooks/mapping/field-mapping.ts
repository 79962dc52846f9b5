/** From one JSON object to the fields of one customer: which values go where, and whether they may. Pure. */
import type { CustomerWrite } from "../../customers/customer.ts";
import { brokenRule, type CustomerFieldName, type FieldDefinition } from "../../customers/customer-fields.ts";
import type { FieldCatalogue } from "../../customers/field-catalogue.ts";
import { singleText, type JsonDocument, type JsonObject, type JsonValue } from "../json/json-document.ts";
import { parsePath, pathOf, valueAt, type PathStep } from "../json/json-path.ts";
import { parseSource, pathsOf, spelledSource } from "./mapping-source.ts";
import { checkTransforms, transform, type Transforms, type TransformsDraft } from "./transforms.ts";
import type { FieldMapping, MappedField, MappedSource } from "../webhook.ts";

/** Objects in one call; a body of 6 MB could otherwise hold millions, each a row to write in one commit. */
export const MAX_OBJECTS = 10_000;

/** How many broken rules an answer names: enough to see the pattern. */
const MAX_PROBLEMS = 20;

interface CompiledField {
  /** None for a constant. */
  readonly paths: readonly (readonly PathStep[])[];
  readonly separator: string;
  readonly constant: string | undefined;
  readonly transforms: Transforms | undefined;
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

/** One line as it was typed or passed on a command line. */
export interface DraftLine {
  /** A path, several with commas between, or a constant in double quotes. */
  readonly path: string;
  /** Between the values of several paths; a space by default. */
  readonly separator?: string;
  readonly field: string;
  readonly transforms?: TransformsDraft;
}

export interface MappingDraft {
  readonly fields: readonly DraftLine[];
  readonly deduplicateBy: readonly string[];
}

/** What is wrong: a sentence for each line of the draft under `line-0`, `line-1` …, or one for the whole under `mapping`. */
export type MappingErrors = Readonly<Record<string, string>>;

export type CheckedMapping = { readonly ok: true; readonly mapping: FieldMapping } | { readonly ok: false; readonly errors: MappingErrors };

/** Checks a mapping and spells its paths the one way in which they are stored. */
export function checkMapping({ fields, deduplicateBy }: MappingDraft, catalogue: FieldCatalogue): CheckedMapping {
  const errors: Record<string, string> = {};
  const mapped = new Map<string, MappedField>();
  for (const [index, line] of fields.entries()) {
    const checked = checkLine(line, mapped.get(line.field), catalogue);
    if (typeof checked === "string") errors[`line-${index}`] = checked;
    else mapped.set(line.field, checked);
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

function checkLine(line: DraftLine, earlier: MappedField | undefined, catalogue: FieldCatalogue): MappedField | string {
  const parsed = parseSource(line.path, line.separator);
  if (!parsed.ok) return parsed.problem;
  const definition = catalogue.find(line.field);
  if (!definition) return `There is no customer field ${line.field}.`;
  if (earlier) return `${definition.label} is mapped already, from ${spelledSource(earlier)}. A field takes one value.`;
  const transforms = checkTransforms(line.transforms ?? {});
  if (typeof transforms === "string") return transforms;
  const { source } = parsed;
  const problem = fixedTextProblem(source, transforms, definition);
  if (problem !== undefined) return problem;
  return { ...source, field: definition.name, ...(transforms && { transforms }) };
}

/** What every call would be refused for: a constant or a default that the field does not take. */
function fixedTextProblem(source: MappedSource, transforms: Transforms | undefined, definition: FieldDefinition): string | undefined {
  const rule = transforms?.defaultValue === undefined ? undefined : brokenRule(definition, transforms.defaultValue);
  if (rule !== undefined) return `The default ${rule}.`;
  if (!("constant" in source)) return undefined;
  const transformed = transform(source.constant, transforms ?? {});
  const broken = transformed.ok ? brokenRule(definition, transformed.value ?? "") : transformed.rule;
  return broken === undefined ? undefined : `The constant ${broken}.`;
}

/** The stored mapping as it would have been typed, for checking it again. */
export function draftOfMapping({ fields, deduplicateBy }: FieldMapping): MappingDraft {
  return { fields: fields.map(draftOfField), deduplicateBy };
}

export function draftOfField({ field, transforms, ...source }: MappedField): DraftLine {
  return { path: spelledSource(source), ...("separator" in source && { separator: source.separator }), field, ...(transforms && { transforms }) };
}

/** Makes a checked mapping ready. `fieldSetId` is the field set of what it deduplicates by. Throws for a mapping that `checkMapping` refuses. */
export function compileMapping({ fields, deduplicateBy }: FieldMapping, fieldSetId: string | null, catalogue: FieldCatalogue): CompiledMapping {
  return {
    fieldSetId,
    fields: fields.map((line) => ({
      paths: pathsOf(line).map(compilePath),
      separator: "separator" in line ? line.separator : "",
      constant: "constant" in line ? line.constant : undefined,
      transforms: line.transforms,
      field: line.field,
      definition: catalogue.find(line.field),
      isKey: deduplicateBy.includes(line.field),
    })),
  };
}

function compilePath(path: string): readonly PathStep[] {
  const parsed = parsePath(path);
  if (!parsed.ok) throw new Error(`The stored path ${path} cannot be read.`);
  return parsed.steps;
}

/** A value that the call may not carry: where it is and which rule it breaks. Never the value. */
export interface BodyProblem {
  /** A JSONPath into the body as it was received. */
  readonly path: string;
  readonly rule: string;
  /** The field of the line that it breaks, for pages of the mapping. */
  readonly field?: CustomerFieldName;
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
    for (const line of mapping.fields) {
      const { field } = line;
      const value = valueOf(object, line);
      if (value instanceof Broken) problems.push({ path: pathOf(isArray ? [index, ...value.steps] : value.steps), rule: value.rule, field });
      else if (value !== undefined) changes[field] = value;
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
  return values.flatMap(({ paths, field }) => (paths.length === 0 ? [[]] : paths).map((steps) => ({ path: pathOf([...object, ...steps]), rule, field })));
}

const KEY_NEEDED = "must be there and not be empty, because customers are found by it";

const NOT_SINGLE = "must be a single value, not an object or an array";

class Broken {
  readonly steps: readonly PathStep[];
  readonly rule: string;

  constructor(steps: readonly PathStep[], rule: string) {
    this.steps = steps;
    this.rule = rule;
  }
}

/** What one line writes: a text, null to clear the field, undefined to leave it as it is; or which rule is broken where. */
function valueOf(object: JsonObject, line: CompiledField): string | null | undefined | Broken {
  const { paths, transforms, definition, isKey } = line;
  const first = paths[0] ?? NO_STEPS;
  if (!definition) return new Broken(first, "goes to an option field that was deleted: the mapping has to be changed");
  let value = takenFrom(object, line, first);
  if (value instanceof Broken) return value;
  if (transforms) {
    const transformed = transform(value, transforms);
    if (!transformed.ok) return new Broken(first, transformed.rule);
    ({ value } = transformed);
  }
  // Without its key a record would be a new customer each time.
  if (isKey && !value?.trim()) return new Broken(first, KEY_NEEDED);
  const rule = typeof value === "string" ? brokenRule(definition, value) : undefined;
  return rule === undefined ? value : new Broken(first, rule);
}

const NO_STEPS: readonly PathStep[] = [];

function takenFrom(object: JsonObject, { paths, separator, constant }: CompiledField, first: readonly PathStep[]): string | null | undefined | Broken {
  if (constant !== undefined) return constant;
  if (paths.length === 1) {
    const value = valueAt(object, first);
    const text = value === undefined ? undefined : singleText(value);
    return value !== undefined && text === undefined ? new Broken(first, NOT_SINGLE) : text;
  }
  let joined: string | null | undefined;
  for (const steps of paths) {
    const value = valueAt(object, steps);
    const text = value === undefined ? undefined : singleText(value);
    if (value !== undefined && text === undefined) return new Broken(steps, NOT_SINGLE);
    if (text) joined = joined ? joined + separator + text : text;
    else if (text !== undefined) joined ??= text;
  }
  return joined;
}

function isObject(value: JsonValue): value is JsonObject {
  return value instanceof Map;
}
