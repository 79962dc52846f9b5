/** Where values stand in a JSON text, so that some can be replaced and all else keeps its text. Pure; reads only texts that `parseJson` takes. */
import type { PathStep } from "./json-path.ts";

/** From its first character to behind its last one; indexes into the text. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export type Steps = readonly PathStep[];

/** The value at the top, or where that is an array its elements, in order. */
export function topSpans(text: string): readonly Span[] {
  const scanner = new Scanner(text);
  const start = scanner.skipSpace(0);
  if (text[start] !== "[") return [{ from: start, to: scanner.endOf(start) }];
  const spans: Span[] = [];
  scanner.eachElement(start, (from) => {
    const to = scanner.endOf(from);
    spans.push({ from, to });
    return to;
  });
  return spans;
}

/** The values at these places of the value that begins at `start`, in the order of the text. One that lies in another is not given apart. */
export function spansAt(text: string, start: number, wanted: readonly Steps[]): readonly Span[] {
  const spans: Span[] = [];
  new Scanner(text).find(start, wanted, 0, spans);
  return spans;
}

/** The text with something else in the place of each span; they come in order and do not overlap. */
export function replaceSpans(text: string, spans: readonly Span[], replacement: string): string {
  let out = "";
  let from = 0;
  for (const span of spans) {
    out += text.slice(from, span.from) + replacement;
    from = span.to;
  }
  return out + text.slice(from);
}

class Scanner {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Adds the spans of what is wanted below the value at `at`, whose own place is the first `depth` steps of each; gives where the value ends. */
  find(at: number, wanted: readonly Steps[], depth: number, spans: Span[]): number {
    if (wanted.some((steps) => steps.length === depth)) {
      const to = this.endOf(at);
      spans.push({ from: at, to });
      return to;
    }
    const code = this.#text[at];
    const below = (isNext: (step: PathStep | undefined) => boolean) => wanted.filter((steps) => isNext(steps[depth]));
    if (wanted.length === 0 || (code !== "{" && code !== "[")) return this.endOf(at);
    if (code === "{")
      return this.#eachMember(at, (name, from) =>
        this.find(
          from,
          below((step) => step === name),
          depth + 1,
          spans,
        ),
      );
    // Only who counts from the end needs to know where that is.
    const length = below((step) => typeof step === "number" && step < 0).length === 0 ? 0 : this.#countElements(at);
    return this.eachElement(at, (from, index) =>
      this.find(
        from,
        below((step) => step === index || step === index - length),
        depth + 1,
        spans,
      ),
    );
  }

  /** `visit` gives where the element ends; this gives where the array does. */
  eachElement(at: number, visit: (from: number, index: number) => number): number {
    let next = this.skipSpace(at + 1);
    for (let index = 0; this.#text[next] !== "]"; index++) next = this.#pastComma(visit(next, index));
    return next + 1;
  }

  #eachMember(at: number, visit: (name: string, from: number) => number): number {
    let next = this.skipSpace(at + 1);
    while (this.#text[next] !== "}") {
      const nameEnd = this.endOf(next);
      const name = JSON.parse(this.#text.slice(next, nameEnd)) as string;
      // Behind the name stands a colon, with white space around it.
      next = this.#pastComma(visit(name, this.skipSpace(this.skipSpace(nameEnd) + 1)));
    }
    return next + 1;
  }

  #countElements(at: number): number {
    let count = 0;
    this.eachElement(at, (from) => {
      count += 1;
      return this.endOf(from);
    });
    return count;
  }

  #pastComma(at: number): number {
    const next = this.skipSpace(at);
    return this.#text[next] === "," ? this.skipSpace(next + 1) : next;
  }

  /** Where the value that begins here ends. */
  endOf(start: number): number {
    const text = this.#text;
    let depth = 0;
    let at = start;
    do {
      const code = text[at];
      if (code === '"') at = this.#endOfString(at);
      else if (code === "{" || code === "[") {
        depth += 1;
        at += 1;
      } else if (code === "}" || code === "]") {
        depth -= 1;
        at += 1;
      } else if (depth > 0) at += 1;
      else return this.#endOfWord(at);
    } while (depth > 0);
    return at;
  }

  #endOfString(at: number): number {
    let end = at + 1;
    while (this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    return end + 1;
  }

  /** Of a number, `true`, `false` or `null`. */
  #endOfWord(at: number): number {
    let end = at;
    while (end < this.#text.length && !/[\s,\]}]/.test(this.#text[end]!)) end += 1;
    return end;
  }

  skipSpace(at: number): number {
    let next = at;
    while (next < this.#text.length && " \n\r\t".includes(this.#text[next]!)) next += 1;
    return next;
  }
}
