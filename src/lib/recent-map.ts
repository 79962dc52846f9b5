import type { Clock } from "./clock.ts";

/**
 * What came lately, by key. An entry is kept for `lifetime` milliseconds at least and for two of them at most, unless more than `limit` come
 * meanwhile: then the older half goes. Two halves take turns, so that no step ever costs more than another one, and no memory
 * is held for what is long past.
 */
export class RecentMap<Value> {
  readonly #clock: Clock;
  readonly #lifetime: number;
  readonly #limit: number;
  #newer = new Map<string, Value>();
  #older: ReadonlyMap<string, Value> = new Map();
  #turnsAt = 0;

  constructor(clock: Clock, lifetime: number, limit: number) {
    this.#clock = clock;
    this.#lifetime = lifetime;
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    this.#turn();
    return this.#newer.size === 0 && this.#older.size === 0;
  }

  get(key: string): Value | undefined {
    this.#turn();
    return this.#newer.get(key) ?? this.#older.get(key);
  }

  set(key: string, value: Value): void {
    this.#turn();
    this.#newer.set(key, value);
  }

  #turn(): void {
    const now = this.#clock.now();
    const isOver = now >= this.#turnsAt;
    if (!isOver && this.#newer.size * 2 < this.#limit) return;
    // After a rest of two lifetimes the newer half is past as well.
    this.#older = now >= this.#turnsAt + this.#lifetime ? new Map() : this.#newer;
    this.#newer = new Map();
    this.#turnsAt = now + this.#lifetime;
  }
}
