/** What may become of a value between a body and a customer field: a few steps with names, kept as data and never code of a user. Pure and total. (ADR 0024) */
import { calendarDay } from "../../lib/calendar-day.ts";

export const LETTER_CASES = ["lower", "upper"] as const;
/** Ways to read a value: the order of a date's parts or what a number counts, each giving an ISO date; and the words for yes and no, giving `Y` or `N`. */
export const READINGS = ["day-month-year", "month-day-year", "year-month-day", "unix-seconds", "unix-milliseconds", "yes-no"] as const;
export type Reading = (typeof READINGS)[number];

/** The steps of one line in the order in which they are taken; each is absent where it is not asked for. */
export interface Transforms {
  readonly trim?: true;
  readonly letterCase?: (typeof LETTER_CASES)[number];
  readonly readAs?: Reading;
  /** Stands in for a value that is absent, null or empty. */
  readonly defaultValue?: string;
}

/** The steps as they were typed: the names of `Transforms`, empty where nothing was chosen. */
export interface TransformsDraft {
  readonly trim?: boolean;
  readonly letterCase?: string;
  readonly readAs?: string;
  readonly defaultValue?: string;
}

/** The steps that the draft asks for, undefined for none; or the sentence that says what is wrong. */
export function checkTransforms(draft: TransformsDraft): Transforms | string | undefined {
  const letterCase = LETTER_CASES.find((known) => known === draft.letterCase);
  const readAs = READINGS.find((known) => known === draft.readAs);
  if (draft.letterCase && !letterCase) return `There is no letter case ${draft.letterCase}.`;
  if (draft.readAs && !readAs) return `Values cannot be read as ${draft.readAs}.`;
  const transforms: Transforms = {
    ...(draft.trim && { trim: true }),
    ...(letterCase && { letterCase }),
    ...(readAs && { readAs }),
    ...(draft.defaultValue && { defaultValue: draft.defaultValue }),
  };
  return Object.keys(transforms).length === 0 ? undefined : transforms;
}

export type Transformed =
  | { readonly ok: true; readonly value: string | null | undefined }
  | { readonly ok: false; /** Without the value. */ readonly rule: string };

/** Longer text is not worked on, in UTF-16 units: ten times what any field takes, because steps take away little. */
const MAX_TRANSFORMED_LENGTH = 10_000;

export function transform(value: string | null | undefined, { trim, letterCase, readAs, defaultValue }: Transforms): Transformed {
  let text = value ?? "";
  if (text.length > MAX_TRANSFORMED_LENGTH) return { ok: false, rule: `must be at most ${MAX_TRANSFORMED_LENGTH.toLocaleString("en")} characters long` };
  if (trim) text = text.trim();
  if (letterCase) text = letterCase === "lower" ? text.toLowerCase() : text.toUpperCase();
  if (text !== "" && readAs) {
    const read = READERS[readAs](text);
    if (read === undefined) return { ok: false, rule: RULES[readAs] };
    text = read;
  }
  if (text !== "") return { ok: true, value: text };
  return { ok: true, value: defaultValue ?? (typeof value === "string" ? "" : value) };
}

const RULES: Readonly<Record<Reading, string>> = {
  "day-month-year": "must be a date such as 24-11-2026",
  "month-day-year": "must be a date such as 11/24/2026",
  "year-month-day": "must be a date such as 2026-11-24",
  "unix-seconds": "must be a number of seconds since 1970",
  "unix-milliseconds": "must be a number of milliseconds since 1970",
  "yes-no": "must be true, yes, y, on or 1, or false, no, n, off or 0",
};

const READERS: Readonly<Record<Reading, (text: string) => string | undefined>> = {
  "day-month-year": (text) => readParts(text, ([day = "", month = "", year = ""]) => [year, month, day]),
  "month-day-year": (text) => readParts(text, ([month = "", day = "", year = ""]) => [year, month, day]),
  "year-month-day": (text) => readParts(text.replace(/^(\d{4})(\d\d)(\d\d)(?!\d)/, "$1-$2-$3"), ([year = "", month = "", day = ""]) => [year, month, day]),
  "unix-seconds": (text) => dayOf(text, 1_000),
  "unix-milliseconds": (text) => dayOf(text, 1),
  "yes-no": readYesNo,
};

/** Three numbers with points, hyphens, strokes or spaces between; a time of day behind them is left out. */
const PARTS = /^(\d{1,4})[-./ ](\d{1,2})[-./ ](\d{1,4})(?:[T, ].*)?$/s;

function readParts(text: string, order: (parts: readonly string[]) => readonly [year: string, month: string, day: string]): string | undefined {
  const [, ...parts] = PARTS.exec(text.trim()) ?? [];
  const [year, month, day] = order(parts);
  // Of a year in two digits nobody can tell the century, and a longer day is none.
  return year.length === 4 && day.length <= 2 ? calendarDay(Number(year), Number(month), Number(day)) : undefined;
}

/** The day in UTC. */
function dayOf(text: string, factor: number): string | undefined {
  if (!/^-?\d{1,15}(?:\.\d+)?$/.test(text.trim())) return undefined;
  const date = new Date(Number(text) * factor);
  return Number.isNaN(date.getTime()) ? undefined : calendarDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}

const YES: ReadonlySet<string> = new Set(["true", "yes", "y", "on", "1"]);
const NO: ReadonlySet<string> = new Set(["false", "no", "n", "off", "0"]);

function readYesNo(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  if (YES.has(word)) return "Y";
  return NO.has(word) ? "N" : undefined;
}
