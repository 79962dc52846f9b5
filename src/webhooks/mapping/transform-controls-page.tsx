import type { MappingRow } from "./mapping-form.ts";
import { LETTER_CASES, READINGS, type Reading, type Transforms } from "./transforms.ts";

const LETTER_CASE_LABELS: Readonly<Record<(typeof LETTER_CASES)[number], string>> = { lower: "all lower case", upper: "ALL CAPITALS" };

const READING_LABELS: Readonly<Record<Reading, string>> = {
  "day-month-year": "as a date: 24-11-2026, 24/11/2026",
  "month-day-year": "as a date: 11/24/2026",
  "year-month-day": "as a date: 2026-11-24, with a time or without",
  "unix-seconds": "as a date: seconds since 1970",
  "unix-milliseconds": "as a date: milliseconds since 1970",
  "yes-no": "as yes or no: true, yes, 1, …",
};

/** The steps between a value and its field, folded away while there are none. They are taken in the order in which they stand here. */
export function TransformControls({ index, path, typed, separator, transforms }: MappingRow & { readonly index: number }) {
  const { trim = false, letterCase = "", readAs = "", defaultValue = "" } = transforms;
  const isUsed = Object.keys(transforms).length > 0 || path.includes(", ");
  return (
    <details class="transforms" open={isUsed}>
      <summary>
        Change the value<span class="visually-hidden"> of {path || "this row"}</span>
      </summary>
      {typed && (
        <label>
          Between joined values
          <input name={`separator-${index}`} value={separator} autocomplete="off" />
        </label>
      )}
      <label class="choice">
        <input type="checkbox" name={`trim-${index}`} checked={trim} />
        Take away spaces around it
      </label>
      <label>
        Letters
        <Choice name={`case-${index}`} chosen={letterCase} none="as they are" choices={LETTER_CASES.map((value) => [value, LETTER_CASE_LABELS[value]])} />
      </label>
      <label>
        Read
        <Choice name={`read-${index}`} chosen={readAs} none="as it is" choices={READINGS.map((value) => [value, READING_LABELS[value]])} />
      </label>
      <label>
        When there is no value
        <input name={`default-${index}`} value={defaultValue} placeholder="leave it so" autocomplete="off" />
      </label>
    </details>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly chosen: string;
  readonly none: string;
  readonly choices: readonly (readonly [value: string, label: string])[];
}

function Choice({ name, chosen, none, choices }: ChoiceProps) {
  return (
    <select name={name} class="select">
      <option value="">{none}</option>
      {choices.map(([value, label]) => (
        <option value={value} selected={value === chosen}>
          {label}
        </option>
      ))}
    </select>
  );
}

/** What the steps do, in a few words; empty for none. */
export function stepsInWords({ trim, letterCase, readAs, defaultValue }: Transforms): string {
  const steps = [
    trim && "without spaces around it",
    letterCase && `in ${LETTER_CASE_LABELS[letterCase]}`,
    readAs && `read ${READING_LABELS[readAs]}`,
    defaultValue !== undefined && `“${defaultValue}” when there is none`,
  ];
  return steps.filter(Boolean).join("; ");
}
