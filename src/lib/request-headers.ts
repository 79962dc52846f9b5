/**
 * The headers of a request, as they were sent. Programs send the same ones over and over on a connection, and then one of these stands for them all
 * (`web/plain-connection.ts`): what was made of them once is not made again.
 */
export class RequestHeaders {
  /** Names and values in turn. */
  readonly raw: readonly string[];
  readonly #made = new Map<unknown, unknown>();

  constructor(raw: readonly string[]) {
    this.raw = raw;
  }

  /** Every value of a header, in order; `name` in lower case. */
  all(name: string): readonly string[] {
    const known = this.#made.get(name) as readonly string[] | undefined;
    if (known) return known;
    const values: string[] = [];
    for (let index = 0; index < this.raw.length; index += 2) {
      const given = this.raw[index]!;
      if (given.length === name.length && given.toLowerCase() === name) values.push(this.raw[index + 1]!);
    }
    this.#made.set(name, values);
    return values;
  }

  /** What a function makes of them. It must look at nothing else: it is not asked a second time. */
  make<Value>(of: (headers: RequestHeaders) => Value): Value {
    if (this.#made.has(of)) return this.#made.get(of) as Value;
    const value = of(this);
    this.#made.set(of, value);
    return value;
  }
}
