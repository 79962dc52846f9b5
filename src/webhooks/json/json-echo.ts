import { ID_MEMBER, type JsonDocument } from "./json-document.ts";

/** The same JSON text with `"hookgate_id"` as the last member of each object at the top; one id for each of `echoPlaces`. */
export function echo(document: JsonDocument, ids: readonly string[]): string {
  const { text } = document;
  let out = "";
  let from = 0;
  for (const [index, place] of document.echoPlaces.entries()) {
    const cutFirst = place.cutFrom !== -1 && place.cutFrom < place.insertAt;
    if (cutFirst) {
      out += text.slice(from, place.cutFrom);
      from = place.cutTo;
    }
    out += text.slice(from, place.insertAt);
    if (place.follows) out += `,${text.slice(place.indentFrom, place.indentTo)}`;
    out += `"${ID_MEMBER}":"${ids[index]!}"`;
    from = cutFirst ? place.insertAt : Math.max(place.insertAt, place.cutTo);
  }
  return out + text.slice(from);
}
