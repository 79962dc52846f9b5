/**
 * Notices commits on a PostgreSQL database, whichever node made them: it reads the change counters every 250 milliseconds. Own
 * commits are told by `committed`. Whoever asks is sure to know everything that was committed a second ago, or is told that
 * nothing is known: a revocation must not be overlooked because the database cannot be reached.
 */
import type { Changes, Topic } from "../../lib/changes.ts";
import type { PostgresPool } from "./postgres-pool.ts";
import { TopicListeners } from "./topic-listeners.ts";

/** Between two looks, in milliseconds. */
const REST = 250;
/** How old the last look may be before nothing cached is trusted any more, in milliseconds. */
const MAX_AGE = 1_000;
/** After a look that failed, in milliseconds: whoever asks meanwhile gets the same answer, and the database is left alone. */
const FAILURE_REST = 100;

export class PostgresChanges implements Changes {
  readonly #pool: PostgresPool;
  readonly #listeners = new TopicListeners();
  /** What the listeners have been told of, or are due to be. */
  readonly #counters = new Map<Topic, number>();
  /** When the last look that brought an answer began. On the steady clock, which no change of the time moves. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #failure: { readonly error: unknown; readonly at: number } | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  static async open(pool: PostgresPool): Promise<PostgresChanges> {
    const changes = new PostgresChanges(pool);
    await changes.look();
    // All counters are new; nobody listens yet.
    await changes.#listeners.run();
    changes.#watch();
    return changes;
  }

  current(): void | Promise<void> {
    // What is being caught up with may have been read before the latest commit: ask again after it.
    if (this.#listeners.running) return this.#listeners.running.then(() => this.current());
    if (this.#closed) return Promise.reject(new Error("The store is closed."));
    if (performance.now() - this.#lookedAt > MAX_AGE) return this.#lookAgain();
    if (this.#listeners.areDue) return this.#listeners.run();
  }

  age(): number {
    return performance.now() - this.#lookedAt;
  }

  onChange(topic: Topic, run: () => void | Promise<void>): void {
    this.#listeners.add(topic, run);
  }

  /**
   * To be called after a commit of our own with the counters that it raised; resolves when every listener has run. A listener
   * that fails does not undo the commit, so this never rejects: the next `current()` tries again, and tells if it fails.
   */
  async committed(raised: ReadonlyMap<Topic, number>): Promise<void> {
    for (const [topic, counter] of raised) {
      this.#listeners.markMoved(topic);
      // Whoever raises a counter holds it until its commit, so all lower ones are committed and the listeners will see what they did.
      this.#counters.set(topic, Math.max(counter, this.#counters.get(topic) ?? 0));
    }
    try {
      await this.current();
    } catch {
      // The topics are still due.
    }
  }

  /** Reads the counters and marks what has moved. One look at a time: whoever comes meanwhile waits for the same one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Before the pool is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking?.catch(() => {});
    await this.#listeners.running?.catch(() => {});
  }

  async #look(): Promise<void> {
    const begun = performance.now();
    const before = new Map(this.#counters);
    try {
      const { rows } = await this.#pool.query("select topic, counter from change_counters", []);
      for (const { topic, counter } of rows as { topic: Topic; counter: number }[]) {
        // A commit of our own during the look knows better than what may have been read before it.
        if (counter === before.get(topic) || this.#counters.get(topic) !== before.get(topic)) continue;
        this.#counters.set(topic, counter);
        this.#listeners.markMoved(topic);
      }
      this.#lookedAt = begun;
      this.#failure = null;
    } catch (error) {
      this.#failure = { error, at: performance.now() };
      throw error;
    }
  }

  /** The last look is too old: the database does not answer, or this process was held up. */
  async #lookAgain(): Promise<void> {
    if (this.#failure && performance.now() - this.#failure.at < FAILURE_REST) throw this.#failure.error;
    await this.look();
    await this.current();
  }

  #watch(): void {
    this.#timer = setTimeout(() => {
      void this.#lookAndCatchUp().finally(() => {
        if (!this.#closed) this.#watch();
      });
    }, REST).unref();
  }

  /** So that the next request finds all caches dropped and all lists loaded, and need not wait. */
  async #lookAndCatchUp(): Promise<void> {
    try {
      await this.look();
      if (this.#listeners.areDue) await this.current();
    } catch {
      // Whoever asks will be told.
    }
  }
}
