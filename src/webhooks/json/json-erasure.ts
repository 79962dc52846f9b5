import { parseJson } from "./json-document.ts";
import { replaceSpans, topSpans } from "./json-spans.ts";

/** What stands in a kept body in place of an object whose customer was erased. */
const ERASED = '{"erased":true}';

/** The body with these of its objects (counted from 0 in the order of the text) replaced; everything else keeps its text. */
export function erasedBody(body: string, indexes: readonly number[]): string {
  const parsed = parseJson(body);
  // Only bodies that were read come here. Should one not be readable any more, nothing of it may stay.
  if (!parsed.ok) return ERASED;
  const { text } = parsed.document;
  const objects = topSpans(text).filter(({ from }) => text[from] === "{");
  const chosen = new Set(indexes);
  return replaceSpans(
    text,
    objects.filter((_, index) => chosen.has(index)),
    ERASED,
  );
}
