import { JsonProblem } from "./json-problem.ts";

const BACKSLASH = 0x5c;

/** Whether the quote at this place within a string belongs to it: an odd number of backslashes stands before it. */
export function isEscaped(text: string, quoteAt: number): boolean {
  let at = quoteAt - 1;
  while (text.charCodeAt(at) === BACKSLASH) at -= 1;
  return (quoteAt - at) % 2 === 0;
}

/** A string with escapes, quotes included. The engine's own reader does the escapes; what may stand unescaped was checked before. */
export function unescape(quoted: string, at: number): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new JsonProblem("An escape that JSON does not know stands in the string", at);
  }
}
