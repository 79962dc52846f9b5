/**
 * Notices commits on a SQLite database, whichever process made them. `PRAGMA data_version` of the writer connection moves when
 * another connection has committed, and never by its own commits; those are told by `committed`. What the others moved is then
 * read from the counters, so that a customer written by somebody else throws no cache away.
 */
import type { Changes, Topic } from "../../lib/changes.ts";
import { asStoreError, type SqliteConnection } from "./sqlite-connection.ts";
import { TopicListeners } from "./topic-listeners.ts";

export class SqliteChanges implements Changes {
  readonly #readVersion: () => number;
  readonly #readCounters: () => ReadonlyMap<Topic, number>;
  readonly #listeners = new TopicListeners();
  #version: number;
  #counters: ReadonlyMap<Topic, number>;
  #checkedThisTurn = false;

  constructor(writer: SqliteConnection, reader: SqliteConnection) {
    const version = writer.prepare("pragma data_version");
    const counters = reader.prepare("select topic, counter from change_counters");
    this.#readVersion = () => version.get()!["data_version"] as number;
    this.#readCounters = () => new Map(counters.all().map((row) => [row["topic"] as Topic, row["counter"] as number]));
    this.#version = this.#readVersion();
    this.#counters = this.#readCounters();
  }

  current(): void | Promise<void> {
    // What is being caught up with may have been read before the latest commit: ask again after it.
    if (this.#listeners.running) return this.#listeners.running.then(() => this.current());
    if (this.#checkedThisTurn && !this.#listeners.areDue) return;
    try {
      const version = this.#readVersion();
      this.#checkOncePerTurn();
      if (version !== this.#version) this.#markWhatMoved(version);
    } catch (error) {
      return Promise.reject(asStoreError(error));
    }
    if (this.#listeners.areDue) return this.#listeners.run();
  }

  /** Whoever asks, looks. */
  age(): number {
    return 0;
  }

  onChange(topic: Topic, run: () => void | Promise<void>): void {
    this.#listeners.add(topic, run);
  }

  /**
   * To be called after a commit of our own with the topics that it raised; resolves when every listener has run. A listener
   * that fails does not undo the commit, so this never rejects: the next `current()` tries again, and tells if it fails.
   */
  async committed(topics: Iterable<Topic>): Promise<void> {
    for (const topic of topics) this.#listeners.markMoved(topic);
    try {
      await this.current();
    } catch {
      // The topics are still due.
    }
  }

  #markWhatMoved(version: number): void {
    const counters = this.#readCounters();
    for (const [topic, counter] of counters) if (counter !== this.#counters.get(topic)) this.#listeners.markMoved(topic);
    this.#counters = counters;
    this.#version = version;
  }

  /** All requests that arrive in one turn share one look: the flag falls in the turn's last phase, after the sockets were read. */
  #checkOncePerTurn(): void {
    if (this.#checkedThisTurn) return;
    this.#checkedThisTurn = true;
    setImmediate(() => {
      this.#checkedThisTurn = false;
    });
  }
}
