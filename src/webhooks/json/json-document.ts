/**
 * JSON as a webhook needs it (RFC 8259), read in one pass over the received text. `JSON.parse` cannot serve here: it lets doubled
 * names pass, turns numbers into doubles, and forgets where things stood, so that the answer could not be the same text again.
 * This file owns the grammar and the echo; it must not know fields, customers or HTTP. (ADR 0020)
 */
import { JsonProblem, positionOf } from "./json-problem.ts";
import { isEscaped, unescape } from "./json-string.ts";

/** A number as it was written: `1.50`, `1e400` and a 30-digit order number stay what they are. */
export class JsonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** A `Map`, so that `__proto__` is a name like any other. */
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = string | JsonNumber | boolean | null | readonly JsonValue[] | JsonObject;

/** Where the echo of one object cuts and inserts; indexes into the text. */
interface EchoPlace {
  /** The end of the last member that stays; in an object without any, where the first one would stand. */
  insertAt: number;
  /** Whether any member stays, so that a comma must part it from the inserted one. */
  follows: boolean;
  /** The white space before the first member, repeated before the inserted one, so that indented text stays indented. */
  indentFrom: number;
  indentTo: number;
  /** The incoming `hookgate_id` member with the comma that goes with it; -1 when there is none. */
  cutFrom: number;
  cutTo: number;
}

export interface JsonDocument {
  readonly text: string;
  readonly value: JsonValue;
  /** One for each object at the top: the value itself, or the elements of the top-level array that are objects, in order. */
  readonly echoPlaces: readonly Readonly<EchoPlace>[];
}

export type ParsedJson = { readonly ok: true; readonly document: JsonDocument } | { readonly ok: false; readonly problem: string };

/** The member that the echo adds to each object. */
export const ID_MEMBER = "hookgate_id";

/** Levels of nesting; keeps the recursion, here and in whoever walks the values, far from the end of the stack. */
const MAX_DEPTH = 100;

/**
 * Parses a JSON text, in linear time, and never throws. Stricter than the RFC in two points: a name may stand only once in an
 * object (after unescaping), because readers disagree on which of two counts (section 4), and nesting ends at 100 levels (section 9).
 * A problem is a sentence with line and column, and never holds a value.
 */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, document: new Parser(text).document() };
  } catch (error) {
    if (error instanceof JsonProblem) return { ok: false, problem: `${error.message} at ${positionOf(text, error.at)}.` };
    throw error;
  }
}

/**
 * A single value as text; null stays null, and an object or array gives undefined. Numbers keep their source text, so that an
 * order number of 20 digits stays itself.
 */
export function singleText(value: JsonValue): string | null | undefined {
  if (typeof value === "string" || value === null) return value;
  if (value instanceof JsonNumber) return value.source;
  return typeof value === "boolean" ? String(value) : undefined;
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_E = 0x65;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Characters up to which a string is short: most names and values are. */
const SHORT = 48;

const NO_MEMBERS: JsonObject = new Map();

/** Recursive descent; `charCodeAt` past the end gives NaN, which no comparison lets through. */
class Parser {
  readonly #text: string;
  readonly #echoPlaces: EchoPlace[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonDocument {
    this.#skipSpace();
    const value = this.#value(0, true);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new JsonProblem("Nothing more was expected", this.#at);
    return { text: this.#text, value, echoPlaces: this.#echoPlaces };
  }

  /** `atTop`: an object here is one that the echo marks. */
  #value(depth: number, atTop: boolean): JsonValue {
    const code = this.#text.charCodeAt(this.#at);
    if (code === QUOTE) return this.#string();
    if (code === OPEN_BRACE) return this.#object(depth + 1, atTop);
    if (code === OPEN_BRACKET) return this.#array(depth + 1, atTop && depth === 0);
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.#number();
    return this.#literal();
  }

  #object(depth: number, atTop: boolean): JsonObject {
    const open = this.#enter(depth);
    const place = atTop ? this.#newEchoPlace(open) : null;
    if (this.#text.charCodeAt(this.#at) === CLOSE_BRACE) {
      this.#at += 1;
      return NO_MEMBERS;
    }
    const members = new Map<string, JsonValue>();
    for (;;) {
      const memberAt = this.#at;
      if (this.#text.charCodeAt(memberAt) !== QUOTE) throw new JsonProblem("A name in double quotes was expected", memberAt);
      const name = this.#string();
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) !== COLON) throw new JsonProblem('A ":" was expected', this.#at);
      this.#at += 1;
      this.#skipSpace();
      const value = this.#value(depth, false);
      // One look into the map tells and stores: a name that was there already does not make it grow.
      const before = members.size;
      if (members.set(name, value).size === before) throw new JsonProblem("A name that came before in the same object stands again", memberAt);
      if (place) notePlace(place, name, memberAt, this.#at);
      if (this.#ends(CLOSE_BRACE, '"}"')) return members;
      if (place && place.cutFrom === memberAt && !place.follows) place.cutTo = this.#at;
    }
  }

  #array(depth: number, atTop: boolean): readonly JsonValue[] {
    this.#enter(depth);
    const elements: JsonValue[] = [];
    if (this.#text.charCodeAt(this.#at) === CLOSE_BRACKET) {
      this.#at += 1;
      return elements;
    }
    do elements.push(this.#value(depth, atTop));
    while (!this.#ends(CLOSE_BRACKET, '"]"'));
    return elements;
  }

  /** Steps over an opening bracket and the white space after it; gives the place right behind the bracket. */
  #enter(depth: number): number {
    if (depth > MAX_DEPTH) throw new JsonProblem(`More than ${MAX_DEPTH} levels of nesting`, this.#at);
    const open = (this.#at += 1);
    this.#skipSpace();
    return open;
  }

  /** After a member or an element: true when the closing bracket came, false when a comma did. */
  #ends(closing: number, closingName: string): boolean {
    this.#skipSpace();
    const code = this.#text.charCodeAt(this.#at);
    if (code !== closing && code !== COMMA) throw new JsonProblem(`A "," or ${closingName} was expected`, this.#at);
    this.#at += 1;
    if (code === closing) return true;
    this.#skipSpace();
    return false;
  }

  #newEchoPlace(open: number): EchoPlace {
    const place = { insertAt: this.#at, follows: false, indentFrom: open, indentTo: this.#at, cutFrom: -1, cutTo: -1 };
    this.#echoPlaces.push(place);
    return place;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    let escaped = false;
    let longFrom = start + SHORT;
    for (;;) {
      if (at >= longFrom) {
        const long = this.#longString(start, at);
        if (long !== undefined) return long;
        longFrom = Number.POSITIVE_INFINITY;
      }
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        escaped = true;
        at += 2;
      } else if (code >= SPACE) at += 1;
      else throw new JsonProblem(at < text.length ? "A control character that is not escaped stands in a string" : "A string has no end", at);
    }
    this.#at = at + 1;
    return escaped ? unescape(text.slice(start - 1, at + 1), start) : text.slice(start, at);
  }

  /** The engine's own reader looks at many characters eight times as fast. Undefined where it finds one that is wrong: it does not say which. */
  #longString(start: number, from: number): string | undefined {
    const text = this.#text;
    let end = from - 1;
    do {
      end = text.indexOf('"', end + 1);
      if (end === -1) return undefined;
    } while (isEscaped(text, end));
    try {
      const value = JSON.parse(text.slice(start - 1, end + 1)) as string;
      this.#at = end + 1;
      // Without escapes a part of the text does, which takes no memory of its own.
      return value.length === end - start ? text.slice(start, end) : value;
    } catch {
      return undefined;
    }
  }

  /** RFC 8259 section 6. */
  #number(): JsonNumber {
    const text = this.#text;
    const start = this.#at;
    if (text.charCodeAt(start) === MINUS) this.#at += 1;
    if (text.charCodeAt(this.#at) === ZERO) this.#at += 1;
    else this.#digits();
    if (text.charCodeAt(this.#at) === POINT) {
      this.#at += 1;
      this.#digits();
    }
    const code = text.charCodeAt(this.#at);
    if (code === LOWER_E || code === UPPER_E) {
      const sign = text.charCodeAt(this.#at + 1);
      this.#at += sign === PLUS || sign === MINUS ? 2 : 1;
      this.#digits();
    }
    return new JsonNumber(text.slice(start, this.#at));
  }

  #digits(): void {
    const first = this.#at;
    let code = this.#text.charCodeAt(first);
    while (code >= ZERO && code <= NINE) code = this.#text.charCodeAt((this.#at += 1));
    if (this.#at === first) throw new JsonProblem("A digit was expected", first);
  }

  #literal(): boolean | null {
    if (this.#takes("true")) return true;
    if (this.#takes("false")) return false;
    if (this.#takes("null")) return null;
    throw new JsonProblem("A value was expected", this.#at);
  }

  #takes(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== SPACE && code !== LINE_FEED && code !== CARRIAGE_RETURN && code !== TAB) return;
      this.#at += 1;
    }
  }
}

/** Notes a member that was read from `memberAt` to `end`: it stays, or it is the one that the echo replaces. */
function notePlace(place: EchoPlace, name: string, memberAt: number, end: number): void {
  if (name === ID_MEMBER) {
    // Its comma goes with it: the one before it when a member stays there, else the one behind it, which the caller adds when it comes.
    place.cutFrom = place.follows ? place.insertAt : memberAt;
    place.cutTo = end;
  } else {
    place.insertAt = end;
    place.follows = true;
  }
}
