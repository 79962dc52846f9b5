/** Where the value of a line comes from, as people write it and as it is stored: one path, several that are joined, or a constant. Pure. */
import { parsePath } from "../json/json-path.ts";
import type { MappedSource } from "../webhook.ts";

/** Paths that one line joins. */
const MAX_JOINED = 10;
/** In UTF-16 units. */
const MAX_SEPARATOR_LENGTH = 20;
/** In UTF-16 units: no field takes more. */
const MAX_CONSTANT_LENGTH = 1_000;

/** Of what is written, in UTF-16 units: room for that many paths. */
const MAX_SOURCE_LENGTH = 5_000;

export type ParsedSource = { readonly ok: true; readonly source: MappedSource } | { readonly ok: false; readonly problem: string };

/** `$.email`; `$.street, $.number` with what stands between the values; or a constant as JSON writes text, `"Web shop"`. */
export function parseSource(text: string, separator = " "): ParsedSource {
  const trimmed = text.trim();
  if (trimmed.startsWith('"')) return parseConstant(trimmed);
  if (trimmed.length > MAX_SOURCE_LENGTH) return { ok: false, problem: `Shorten this to ${MAX_SOURCE_LENGTH.toLocaleString("en")} characters.` };
  const parts = splitPaths(trimmed);
  if (parts.length > MAX_JOINED) return { ok: false, problem: `At most ${MAX_JOINED} values can be joined; these are ${parts.length}.` };
  if (parts.length > 1 && separator.length > MAX_SEPARATOR_LENGTH)
    return { ok: false, problem: `Shorten what stands between the values to ${MAX_SEPARATOR_LENGTH} characters.` };
  const paths: string[] = [];
  for (const part of parts) {
    const parsed = parsePath(part);
    if (!parsed.ok) return parsed;
    paths.push(parsed.path);
  }
  const [path = ""] = paths;
  return { ok: true, source: paths.length === 1 ? { path } : { paths, separator } };
}

function parseConstant(text: string): ParsedSource {
  const constant = textOfJson(text);
  if (constant === undefined) return { ok: false, problem: 'Write a constant in double quotes, as JSON does: "Web shop".' };
  if (constant === "") return { ok: false, problem: "Write the constant between the double quotes." };
  if (constant.length > MAX_CONSTANT_LENGTH) return { ok: false, problem: `Shorten the constant to ${MAX_CONSTANT_LENGTH.toLocaleString("en")} characters.` };
  return { ok: true, source: { constant } };
}

function textOfJson(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** At the commas, but not at those within the quotes of a name; quotes that do not end leave the text whole, and no path. */
function splitPaths(text: string): readonly string[] {
  const parts = text.match(/(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^,'"])+/g) ?? [];
  return parts.length > 0 && parts.join(",").length === text.length ? parts : [text];
}

/** As people write it, so that `parseSource` gives the same again. */
export function spelledSource(source: MappedSource): string {
  if ("constant" in source) return JSON.stringify(source.constant);
  return "path" in source ? source.path : source.paths.join(", ");
}

/** Every path that the source looks at. */
export function pathsOf(source: MappedSource): readonly string[] {
  if ("constant" in source) return [];
  return "path" in source ? [source.path] : source.paths;
}
