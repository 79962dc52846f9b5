import { compile, jsonpath, type JSONPathQuery } from "json-p3";
import type { JsonValue } from "./json-document.ts";

/** One step into a value: a member's name, or an element's index (negative: counted from the end). */
export type PathStep = string | number;

export type ParsedPath =
  | { readonly ok: true; /** The one spelling that is stored and compared. */ readonly path: string; readonly steps: readonly PathStep[] }
  | { readonly ok: false; readonly problem: string };

/** Longest path that is stored, in UTF-16 units. */
const MAX_PATH_LENGTH = 500;

/** Member names as people type them on a command line: `email`, `address.city`, `first-name`. */
const BARE = /^[^.$[\]'"*?@,:\\\p{Cc}\p{Cs}]+(?:\.[^.$[\]'"*?@,:\\\p{Cc}\p{Cs}]+)*$/u;

/**
 * A path as people write it: a singular JSONPath query (RFC 9535 section 2.3.5.1), which finds at most one value, or the bare names
 * that lead there. Anything that could find several values is refused: one field takes one value.
 */
export function parsePath(text: string): ParsedPath {
  const trimmed = text.trim();
  if (trimmed === "") return { ok: false, problem: "Enter the path of a value, such as $.email." };
  if (trimmed.length > MAX_PATH_LENGTH) return { ok: false, problem: `A path may be ${MAX_PATH_LENGTH} characters long.` };
  if (BARE.test(trimmed)) return parsed(trimmed.split("."));
  const query = trimmed.isWellFormed() ? compiled(trimmed) : undefined;
  if (!query) return { ok: false, problem: "This is no JSONPath. Write it like $.email, $.address.city or $['first name']." };
  if (!query.singularQuery()) return { ok: false, problem: "This path can find several values. Name one: no *, no .., no filters, no slices." };
  const steps = query.segments.map(({ selectors: [selector] }) => stepOf(selector));
  if (steps.length === 0) return { ok: false, problem: "This path names the whole object. Name a value in it, such as $.email." };
  return parsed(steps);
}

function parsed(steps: readonly PathStep[]): ParsedPath {
  return { ok: true, path: pathOf(steps), steps };
}

function compiled(text: string): JSONPathQuery | undefined {
  try {
    return compile(text);
  } catch {
    return undefined;
  }
}

function stepOf(selector: jsonpath.JSONPathSelector | undefined): PathStep {
  if (selector instanceof jsonpath.selectors.NameSelector) return selector.name;
  if (selector instanceof jsonpath.selectors.IndexSelector) return selector.index;
  throw new Error("A singular query holds names and indexes only.");
}

/** The path's one spelling: `$.email` where the short form can say it, else quoted as in RFC 9535 section 2.7. */
export function pathOf(steps: readonly PathStep[]): string {
  return `$${steps.map(spelled).join("")}`;
}

function spelled(step: PathStep): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `.${step}` : `['${step.replaceAll(/['\\\b\t\n\f\r]/g, (character) => ESCAPES[character]!)}']`;
}

const ESCAPES: Readonly<Record<string, string>> = { "'": "\\'", "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r" };

/** The value at this place, or undefined when there is none. */
export function valueAt(start: JsonValue, steps: readonly PathStep[]): JsonValue | undefined {
  let value: JsonValue | undefined = start;
  for (const step of steps) {
    if (typeof step === "string") value = value instanceof Map ? value.get(step) : undefined;
    else value = Array.isArray(value) ? value.at(step) : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}
