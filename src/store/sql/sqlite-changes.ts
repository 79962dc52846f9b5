/**
 * Notices commits on a SQLite database, whichever process made them. `PRAGMA data_version` of the writer connection moves when
 * another connection has committed, and never by its own commits; those are told by `committed`. What the others moved is then
 * read from the counters, so that a customer written by somebody else throws no cache away.
 */
import type { Changes, Topic } from "../../lib/changes.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

interface Listener {
  readonly topic: Topic;
  readonly run: () => void | Promise<void>;
}

export class SqliteChanges implements Changes {
  readonly #readVersion: () => number;
  readonly #readCounters: () => ReadonlyMap<Topic, number>;
  readonly #listeners: Listener[] = [];
  #version: number;
  #counters: ReadonlyMap<Topic, number>;
  /** Topics that commits of our own raised and whose listeners have not run, or not with success. */
  #raised = new Set<Topic>();
  #checkedThisTurn = false;
  #catchingUp: Promise<void> | null = null;

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
    if (this.#catchingUp) return this.#catchingUp.then(() => this.current());
    if (this.#checkedThisTurn && this.#raised.size === 0) return;
    try {
      const version = this.#readVersion();
      this.#checkOncePerTurn();
      if (version !== this.#version || this.#raised.size > 0) return this.#catchUp(version);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  onChange(topic: Topic, run: () => void | Promise<void>): void {
    this.#listeners.push({ topic, run });
  }

  /**
   * To be called after a commit of our own with the topics that it raised; resolves when every listener has run. A listener
   * that fails does not undo the commit, so this never rejects: the next `current()` tries again, and tells if it fails.
   */
  async committed(topics: Iterable<Topic>): Promise<void> {
    for (const topic of topics) this.#raised.add(topic);
    try {
      await this.current();
    } catch {
      // The topics are still among the raised ones.
    }
  }

  /** All requests that arrive in one turn share one look: the flag falls in the turn's last phase, after the sockets were read. */
  #checkOncePerTurn(): void {
    if (this.#checkedThisTurn) return;
    this.#checkedThisTurn = true;
    setImmediate(() => {
      this.#checkedThisTurn = false;
    });
  }

  #catchUp(version: number): Promise<void> {
    this.#catchingUp = this.#runListeners(version).finally(() => {
      this.#catchingUp = null;
    });
    return this.#catchingUp;
  }

  async #runListeners(version: number): Promise<void> {
    const moved = this.#raised;
    // A commit while the listeners run starts a new set, and with it another round.
    this.#raised = new Set();
    try {
      const counters = version === this.#version ? this.#counters : this.#readCounters();
      for (const [topic, counter] of counters) if (counter !== this.#counters.get(topic)) moved.add(topic);
      for (const { topic, run } of this.#listeners) if (moved.has(topic)) await run();
      this.#counters = counters;
      this.#version = version;
    } catch (error) {
      for (const topic of moved) this.#raised.add(topic);
      throw error;
    }
  }
}
