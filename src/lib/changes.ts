/**
 * How a process learns that the data behind its caches moved, whoever moved it. Writers raise the counter of a topic in
 * the transaction of the write itself; every process compares before it trusts a cache. The store implements this.
 */
export const TOPICS = ["applications", "users", "webhooks", "keys", "revocations", "brands", "option_fields"] as const;
export type Topic = (typeof TOPICS)[number];

export interface Changes {
  /**
   * Call before trusting anything cached. Returns nothing at once while nothing has moved (the steady state costs about a
   * microsecond and at most once per turn of the event loop), else a promise that ends when every listener has caught up.
   * Rejects when the store cannot tell: then nothing cached may be trusted.
   */
  current(): void | Promise<void>;
  /** How old what is known of other processes' commits may be, in milliseconds: since the last look that was answered. */
  age(): number;
  /** Registers what to do when a topic moved. Called in order of registration. */
  onChange(topic: Topic, listener: () => void | Promise<void>): void;
}
