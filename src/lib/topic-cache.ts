import type { Changes, Topic } from "./changes.ts";
import type { Soon } from "./soon.ts";

/**
 * Rows by key, kept until their topic changes, then forgotten all at once and read again on demand. Holds at most `limit`
 * entries and drops the one unused for longest. Also remembers that a key has no row, so that guesses do not reach the database,
 * unless told not to.
 */
export class TopicCache<Value> {
  readonly #entries = new Map<string, Value | undefined>();
  readonly #changes: Changes;
  readonly #load: (key: string) => Promise<Value | undefined>;
  readonly #limit: number;
  readonly #remembersAbsence: boolean;
  #generation = 0;

  constructor(
    changes: Changes,
    topics: readonly Topic[],
    load: (key: string) => Promise<Value | undefined>,
    { limit = 200_000, remembersAbsence = true } = {},
  ) {
    this.#changes = changes;
    this.#load = load;
    this.#limit = limit;
    this.#remembersAbsence = remembersAbsence;
    for (const topic of topics) {
      changes.onChange(topic, () => {
        this.#generation += 1;
        this.#entries.clear();
      });
    }
  }

  /** Rejects when the store cannot tell whether anything has changed. */
  find(key: string): Soon<Value | undefined> {
    const change = this.#changes.current();
    return change ? change.then(() => this.#findUnchanged(key)) : this.#findUnchanged(key);
  }

  #findUnchanged(key: string): Soon<Value | undefined> {
    const value = this.#entries.get(key);
    if (value !== undefined || this.#entries.has(key)) {
      // Moved to the end of the insertion order, so that the first entry is the one unused for longest. Not on every hit:
      // near the limit only, because the hot path must not write.
      if (this.#entries.size * 2 > this.#limit) {
        this.#entries.delete(key);
        this.#entries.set(key, value);
      }
      return value;
    }
    return this.#read(key);
  }

  async #read(key: string): Promise<Value | undefined> {
    const generation = this.#generation;
    const value = await this.#load(key);
    // A row read before a change must not be kept after it.
    if (generation === this.#generation && (value !== undefined || this.#remembersAbsence)) {
      if (this.#entries.size >= this.#limit) {
        const oldest = this.#entries.keys().next();
        if (!oldest.done) this.#entries.delete(oldest.value);
      }
      this.#entries.set(key, value);
    }
    return value;
  }
}
