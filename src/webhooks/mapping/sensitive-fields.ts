/**
 * Fields of a body that nobody shall read over somebody's shoulder, or in a file that was sent on: their values are masked wherever a body is
 * shown or exported. They are stored whole, because a replay writes them once more. Pure. (ADR 0027)
 */
import { MAX_VALUE_LENGTH } from "../receiving/call-headers.ts";
import type { Call } from "../calls/call.ts";
import { parseJson } from "../json/json-document.ts";
import { parsePath } from "../json/json-path.ts";
import { replaceSpans, spansAt, topSpans, type Span, type Steps } from "../json/json-spans.ts";

/** What stands in place of a value. */
export const MASK = "•••";
const MASKED_VALUE = JSON.stringify(MASK);

/** Of one webhook: each value of a body is compared with all of them. */
export const MAX_SENSITIVE_PATHS = 100;

/** Shorter texts than this, in UTF-16 units, stand in headers by chance. */
const MIN_HEADER_TEXT = 4;

export type CheckedPaths =
  /** In the one spelling, each once, in the order of the text. */
  { readonly ok: true; readonly paths: readonly string[] } | { readonly ok: false; readonly problem: string };

/** Paths as people write them, relative to one object of the body; the same one may come twice. */
export function checkSensitivePaths(texts: readonly string[]): CheckedPaths {
  const paths = new Set<string>();
  for (const text of texts) {
    const parsed = parsePath(text);
    if (!parsed.ok) return { ok: false, problem: `${text.trim().slice(0, 100)}: ${parsed.problem}` };
    paths.add(parsed.path);
  }
  if (paths.size > MAX_SENSITIVE_PATHS) return { ok: false, problem: `At most ${MAX_SENSITIVE_PATHS} paths can be marked; these are ${paths.size}.` };
  return { ok: true, paths: [...paths].toSorted() };
}

/**
 * The body with each value at one of these paths, in each of its objects, replaced by a mask; objects and lists are masked whole, and all else keeps
 * its text. Where it cannot be told what a value is, nothing may be seen: a body that is no JSON is masked whole, and so is what stands in
 * place of an object.
 */
export function maskedBody(body: string, paths: readonly string[]): string {
  return maskBody(body, paths).body;
}

interface MaskedBody {
  readonly body: string;
  /** The values that were taken out, as JSON; null where they are not known. */
  readonly masked: readonly string[] | null;
}

function maskBody(body: string, paths: readonly string[]): MaskedBody {
  if (paths.length === 0) return { body, masked: [] };
  const parsed = parseJson(body);
  if (!parsed.ok) return { body: MASKED_VALUE, masked: null };
  const { text } = parsed.document;
  const wanted = paths.map(stepsOf);
  const spans = topSpans(text).flatMap((top): readonly Span[] => (text[top.from] === "{" ? spansAt(text, top.from, wanted) : [top]));
  return { body: replaceSpans(text, spans, MASKED_VALUE), masked: spans.map(({ from, to }) => text.slice(from, to)) };
}

function stepsOf(path: string): Steps {
  const parsed = parsePath(path);
  if (!parsed.ok) throw new Error(`The stored path ${path} cannot be read.`);
  return parsed.steps;
}

/** What may be shown of a call: its body masked, and no header that says the same once more; without a body that can be read, none that might. */
export function shownCall<Shown extends Pick<Call, "body" | "headers"> & { readonly sensitivePaths: readonly string[] }>(call: Shown): Shown {
  if (call.sensitivePaths.length === 0) return call;
  const { body, masked } = call.body === null ? NOT_KEPT : maskBody(call.body, call.sensitivePaths);
  return { ...call, body, headers: maskHeaders(call.headers, masked && masked.flatMap(textsOf)) };
}

const NOT_KEPT = { body: null, masked: null };

/** The single values in a JSON text. */
function textsOf(json: string): readonly string[] {
  return json.match(/"(?:[^"\\]|\\.)*"|[^\s,:[\]{}"]+/g)?.map((found) => (found.startsWith('"') ? (JSON.parse(found) as string) : found)) ?? [];
}

/** Headers in which nobody repeats a value of the body. */
const HARMLESS: ReadonlySet<string> = new Set(
  "accept accept-encoding authorization connection content-encoding content-length content-type date host traceparent user-agent".split(" "),
);

/** Callers repeat a value of the body in a header, such as in an idempotency key. `texts`: those values; null where they are not known. */
function maskHeaders(headers: string, texts: readonly string[] | null): string {
  if (!texts) return eachHeader(headers, (name) => !HARMLESS.has(name));
  const all = headers.toLowerCase();
  const long = texts.filter(({ length }) => length >= MIN_HEADER_TEXT).map((text) => text.toLowerCase());
  const told = long.filter((text) => all.includes(text.slice(0, MAX_VALUE_LENGTH)));
  return told.length === 0 ? headers : eachHeader(headers, (_, value) => told.some((text) => value.toLowerCase().includes(text.slice(0, MAX_VALUE_LENGTH))));
}

function eachHeader(headers: string, isMasked: (name: string, value: string) => boolean): string {
  const lines = headers.split("\n").map((line) => {
    const [name = ""] = line.split(": ", 1);
    return line !== "" && isMasked(name, line.slice(name.length)) ? `${name}: ${MASK}` : line;
  });
  return lines.join("\n");
}

/** Whether one of the marked paths is this one, or leads to something that holds it. */
export function isSensitive(path: string, paths: readonly string[]): boolean {
  const parsed = parsePath(path);
  return parsed.ok && paths.some((marked) => stepsOf(marked).every((step, index) => step === parsed.steps[index]));
}
