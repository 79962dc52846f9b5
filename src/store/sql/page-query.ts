/** Pages by key: a page begins after the last row of the one before, found in the index, however far down the list it is. */
import type { Page } from "../../lib/page.ts";

/** Cuts what was selected with a limit of one more than the page holds; the row too many says that there is a next page. */
export function toPage<Row, Item>(rows: readonly Row[], limit: number, toItem: (row: Row) => Item, cursorOf: (last: Row) => string): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown.map(toItem), next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** A cursor over two columns, the second of which tells rows apart that agree in the first. */
export function pairCursor(first: string | number, id: string): string {
  return Buffer.from(JSON.stringify([first, id])).toString("base64url");
}

/** Undefined for what is no such cursor: it came through an address that anybody can type, and the list then begins at its start. */
export function parsePairCursor<Kind extends "string" | "number">(
  cursor: string | null,
  kind: Kind,
): { readonly first: Kind extends "string" ? string : number; readonly id: string } | undefined {
  if (cursor === null) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [first, id] = value as unknown[];
    return typeof first === kind && typeof id === "string" ? { first: first as never, id } : undefined;
  } catch {
    return undefined;
  }
}
