import { parseJson } from "./json-document.ts";

/** What stands in a kept body in place of an object whose customer was erased. */
const ERASED = '{"erased":true}';

/** The body with these of its objects (counted from 0 in the order of the text) replaced; everything else keeps its text. */
export function erasedBody(body: string, indexes: readonly number[]): string {
  const parsed = parseJson(body);
  // Only bodies that were read come here. Should one not be readable any more, nothing of it may stay.
  if (!parsed.ok) return ERASED;
  const { text, echoPlaces } = parsed.document;
  let out = "";
  let from = 0;
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const place = echoPlaces[index];
    if (!place) continue;
    // The echo knows where the object's members begin and where its last one ends: between that and the brace is white space only.
    out += text.slice(from, place.indentFrom - 1) + ERASED;
    from = text.indexOf("}", Math.max(place.insertAt, place.cutTo)) + 1;
  }
  return out + text.slice(from);
}
