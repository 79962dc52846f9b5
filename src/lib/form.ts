/**
 * Bodies and query strings of the form `application/x-www-form-urlencoded` (RFC 6749 appendix B). Stricter than
 * `URLSearchParams`: bytes that are not UTF-8 and broken percent sequences are an error instead of a replacement
 * character, and a name that comes twice is told, because OAuth refuses doubled parameters (RFC 6749 section 3.1).
 */
export class Form {
  /** The names that came more than once, empty values counted. */
  readonly doubled: ReadonlySet<string>;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>, doubled: ReadonlySet<string>) {
    this.#values = values;
    this.doubled = doubled;
  }

  get names(): Iterable<string> {
    return this.#values.keys();
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of a parameter that came exactly once and is not empty; an empty value counts as absent (RFC 6749 section 3.1). */
  get(name: string): string | undefined {
    const all = this.#values.get(name);
    return all?.length === 1 && all[0] !== "" ? all[0] : undefined;
  }

  /** Every value under this name in order of appearance, empty ones too. */
  getAll(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }
}

export type ParsedForm = { readonly ok: true; readonly form: Form } | { readonly ok: false; readonly reason: "malformed" | "too-many-parameters" };

/** More parameters than any honest form of ours has; a limit against hash flooding and slow parsing. */
const MAX_PARAMETERS = 2_000;

const NONE: ReadonlySet<string> = new Set();

export function parseForm(text: string, maxParameters = MAX_PARAMETERS): ParsedForm {
  const values = new Map<string, string[]>();
  let doubled: Set<string> | undefined;
  let count = 0;
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf("&", start);
    if (end === -1) end = text.length;
    if (end > start) {
      if (++count > maxParameters) return { ok: false, reason: "too-many-parameters" };
      const equals = text.indexOf("=", start);
      const hasValue = equals !== -1 && equals < end;
      const name = decodeFormComponent(text.slice(start, hasValue ? equals : end));
      const value = hasValue ? decodeFormComponent(text.slice(equals + 1, end)) : "";
      if (name === undefined || value === undefined) return { ok: false, reason: "malformed" };
      const known = values.get(name);
      if (known) {
        known.push(value);
        (doubled ??= new Set()).add(name);
      } else values.set(name, [value]);
    }
    start = end + 1;
  }
  return { ok: true, form: new Form(values, doubled ?? NONE) };
}

/** What a component holds that is not the text which it stands for, or may not hold. */
const ENCODED = /[+%\0]/;

/** One component decoded: `+` is a space, `%XX` must be UTF-8 and must not hide a NUL. Undefined when it is not so. */
export function decodeFormComponent(text: string): string | undefined {
  if (!ENCODED.test(text)) return text;
  let decoded = text.replaceAll("+", " ");
  if (text.includes("%")) {
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      return undefined;
    }
  }
  return decoded.includes("\u0000") ? undefined : decoded;
}
