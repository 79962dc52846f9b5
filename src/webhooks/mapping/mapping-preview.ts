/** What the newest payload would write by the rows of a form, as far as they are right, without writing anything. Pure. */
import type { FieldCatalogue } from "../../customers/field-catalogue.ts";
import { applyMapping, checkMapping, compileMapping, objectsOf, type BodyProblem, type MappingErrors } from "./field-mapping.ts";
import { singleText, type JsonObject } from "../json/json-document.ts";
import { valueAt, type PathStep } from "../json/json-path.ts";
import { draftOfRows, type MappingRow } from "./mapping-form.ts";
import type { Sample } from "./sample.ts";
import { MASK } from "./sensitive-fields.ts";

export type RowPreview =
  /** What the first object gives: a text, a mask where it comes from a sensitive value, null to clear the field, undefined to leave it as it is. */
  { readonly kind: "value"; readonly value: string | null | undefined } | { readonly kind: "broken"; readonly problems: readonly BodyProblem[] };

export interface MappingPreview {
  /** How many objects the payload holds, each for one customer. */
  readonly objects: number;
  /** By row; without those that are not mapped or need a change. */
  readonly rows: ReadonlyMap<number, RowPreview>;
  /** Whether a call with this payload would be refused. */
  readonly isRefused: boolean;
}

/** Null while no row is right. `errors`: what is wrong with the rows, by control. */
export function previewRows(
  rows: readonly MappingRow[],
  errors: MappingErrors,
  catalogue: FieldCatalogue,
  { unmasked: document, document: shown }: Pick<Sample, "document" | "unmasked">,
): MappingPreview | null {
  const right = rows.flatMap((row, index) => (row.field === "" || errors[`field-${index}`] !== undefined ? [] : [{ row, index }]));
  const checked = checkMapping(draftOfRows(right.map(({ row }) => row)), catalogue);
  const found = objectsOf(document);
  if (!checked.ok || !found.ok) return null;
  const mapping = compileMapping(checked.mapping, null, catalogue);
  const shownObjects = objectsOf(shown);
  const shownFirst = shownObjects.ok ? shownObjects.objects[0] : undefined;
  const whole = applyMapping(mapping, document, found.objects);
  const problems = whole.ok ? [] : whole.problems;
  const previews = right.map(({ row, index }): readonly [number, RowPreview] => {
    const own = problems.filter(({ field }) => field === row.field);
    if (own.length > 0) return [index, { kind: "broken", problems: own }];
    const alone = { ...mapping, fields: mapping.fields.filter(({ field }) => field === row.field) };
    const [firstObject] = found.objects;
    const isMasked = alone.fields.some(({ paths }) => paths.some((steps) => textAt(firstObject, steps) !== textAt(shownFirst, steps)));
    if (isMasked) return [index, { kind: "value", value: MASK }];
    const first = applyMapping(alone, document, found.objects.slice(0, 1));
    return [index, first.ok ? { kind: "value", value: valueOf(first.writes[0]?.changes, row.field) } : { kind: "broken", problems: first.problems }];
  });
  return { objects: found.objects.length, rows: new Map(previews), isRefused: problems.length > 0 };
}

function textAt(object: JsonObject | undefined, steps: readonly PathStep[]): string | null | undefined {
  const value = object && valueAt(object, steps);
  return value === undefined ? undefined : singleText(value);
}

function valueOf(changes: Readonly<Record<string, string | null | undefined>> | undefined, field: string): string | null | undefined {
  return changes && Object.hasOwn(changes, field) ? changes[field] : undefined;
}
