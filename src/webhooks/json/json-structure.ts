import { JsonNumber, singleText, type JsonDocument, type JsonValue } from "./json-document.ts";
import { parsePath, pathOf, type PathStep } from "./json-path.ts";

/** One place of a body where a single value was found. */
export interface StructureLine {
  /** Relative to one object of the body, in the spelling that mappings use. */
  readonly path: string;
  /** The name that leads to the value, for guessing the field; null for an element of an array. */
  readonly name: string | null;
  /** `text`, `number`, `yes/no`, `empty`, or several of them in the order in which they came. */
  readonly type: string;
  /** The first value that was found, shortened to be shown. */
  readonly example: string;
}

export interface Structure {
  readonly lines: readonly StructureLine[];
  /** Whether the body has more places than are listed. */
  readonly cut: boolean;
}

/** Of no body at all. */
export const EMPTY_STRUCTURE: Structure = { lines: [], cut: false };

const MAX_LINES = 200;
/** Of an array inside an object only the first elements are listed: each is a path of its own. */
const MAX_ELEMENTS = 3;
const MAX_EXAMPLE_LENGTH = 60;

/** The places of a body's objects that hold single values, all objects of an array laid over each other, in order of appearance. */
export function structureOf({ value }: JsonDocument): Structure {
  const places = new Map<string, Place>();
  let cut = false;

  const visit = (current: JsonValue, steps: readonly PathStep[]): void => {
    if (current instanceof Map) {
      for (const [name, member] of current) visit(member, [...steps, name]);
    } else if (Array.isArray(current)) {
      const elements: readonly JsonValue[] = current;
      cut ||= elements.length > MAX_ELEMENTS;
      for (const [index, element] of elements.slice(0, MAX_ELEMENTS).entries()) visit(element, [...steps, index]);
    } else if (steps.length > 0) note(current, steps);
  };
  const note = (leaf: JsonValue, steps: readonly PathStep[]): void => {
    const path = pathOf(steps);
    const place = places.get(path);
    if (place) place.see(leaf);
    // Some names can be written in no path: too long ones, and those with control characters or half of a surrogate pair.
    else if (places.size < MAX_LINES && path.isWellFormed() && parsePath(path).ok) places.set(path, new Place(steps.at(-1)!, leaf));
    else cut = true;
  };

  for (const object of Array.isArray(value) ? (value as readonly JsonValue[]) : [value]) {
    if (object instanceof Map) visit(object, []);
  }
  return { lines: [...places].map(([path, place]) => place.line(path)), cut };
}

class Place {
  readonly #name: string | null;
  readonly #types = new Set<string>();
  #example: string | null = null;

  constructor(step: PathStep, leaf: JsonValue) {
    this.#name = typeof step === "string" ? step : null;
    this.see(leaf);
  }

  see(leaf: JsonValue): void {
    this.#types.add(typeName(leaf));
    this.#example ??= singleText(leaf) ?? null;
  }

  line(path: string): StructureLine {
    return { path, name: this.#name, type: [...this.#types].join(" or "), example: shortened(this.#example ?? "") };
  }
}

function typeName(leaf: JsonValue): string {
  if (leaf === null) return "empty";
  if (leaf instanceof JsonNumber) return "number";
  return typeof leaf === "boolean" ? "yes/no" : "text";
}

function shortened(text: string): string {
  if (text.length <= MAX_EXAMPLE_LENGTH) return text;
  // Not between the halves of a surrogate pair.
  return `${text.slice(0, MAX_EXAMPLE_LENGTH).replace(/[\ud800-\udbff]$/, "")}…`;
}
