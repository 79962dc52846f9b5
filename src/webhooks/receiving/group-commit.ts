/**
 * Calls that arrive in one turn of the event loop share one commit and are answered together after it: a durable commit costs the
 * same for one row as for many (ADR 0021). Owns the waiting line; it must not know what a call means or how it is stored.
 */
import { channel } from "node:diagnostics_channel";
import { StoreUnavailable } from "../../lib/store-unavailable.ts";
import { TurnGroups } from "../../lib/turn-groups.ts";
import type { CallStore, CommittedCall, PendingCall } from "../webhook-store.ts";

export type CommitOutcome = CommittedCall | { readonly kind: "not-committed"; readonly why: "overloaded" | "closing" | "failed" | "unknown" };

interface WaitingCall {
  readonly pending: PendingCall;
  readonly resolve: (outcome: CommitOutcome) => void;
}

interface GroupCommitDeps {
  readonly calls: Pick<CallStore, "commitCalls">;
  /** Told of every commit, or single call, that the store could not write. */
  readonly onFailure: (error: unknown) => void;
}

/** The diagnostics channel on which each commit is told, for whoever measures. */
export const COMMITS = "hookgate:commits";
const commits = channel(COMMITS);

export interface Commit {
  readonly calls: number;
  /** How long it took until all of it was durable. */
  readonly milliseconds: number;
}

/** Calls in one commit. */
const MAX_BATCH = 256;
/** Customers that one commit writes, so that the next calls do not wait for long; a single call may hold more. */
const MAX_BATCH_WRITES = 2_000;
/** What waits for a commit, each call by the customers that it writes and at least as one; more is turned away, because it would only be answered after its callers gave up. */
const MAX_WAITING = 10_000;

export class GroupCommit {
  readonly #calls: GroupCommitDeps["calls"];
  readonly #onFailure: GroupCommitDeps["onFailure"];
  readonly #groups = new TurnGroups<WaitingCall>({ limit: MAX_BATCH, sizeOf: sizeOfBatch, run: (batch) => this.#commitBatch(batch) });
  #waiting = 0;
  #closing = false;

  constructor({ calls, onFailure }: GroupCommitDeps) {
    this.#calls = calls;
    this.#onFailure = onFailure;
  }

  /** Resolves once the call is durable, or with the reason why it was not written at all. Calls are written in the order of these calls. Never rejects. */
  commit(pending: PendingCall): Promise<CommitOutcome> {
    if (this.#closing) return Promise.resolve({ kind: "not-committed", why: "closing" });
    if (this.#waiting >= MAX_WAITING) return Promise.resolve({ kind: "not-committed", why: "overloaded" });
    this.#waiting += workOf(pending);
    return new Promise((resolve) => this.#groups.add({ pending, resolve }));
  }

  /** Takes no more calls; resolves when those that wait are written and answered. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#groups.idle();
  }

  async #commitBatch(batch: readonly WaitingCall[]): Promise<void> {
    const begun = performance.now();
    for (const { pending } of batch) this.#waiting -= workOf(pending);
    try {
      const outcomes = await this.#calls.commitCalls(batch.map(({ pending }) => pending));
      if (commits.hasSubscribers) commits.publish({ calls: batch.length, milliseconds: performance.now() - begun } satisfies Commit);
      for (const [index, { resolve }] of batch.entries()) {
        const outcome = outcomes[index]!;
        if (outcome.kind === "failed") this.#onFailure(outcome.error);
        resolve(outcome);
      }
    } catch (error) {
      this.#onFailure(error);
      const why = error instanceof StoreUnavailable && error.isOutcomeUnknown ? "unknown" : "failed";
      for (const { resolve } of batch) resolve({ kind: "not-committed", why });
    }
  }
}

/** A long one counts as one whole commit: it has one of its own. */
function workOf({ writes }: PendingCall): number {
  return Math.min(Math.max(1, writes?.length ?? 0), MAX_BATCH_WRITES);
}

function sizeOfBatch(waiting: readonly WaitingCall[]): number {
  let writes = 0;
  let size = 0;
  for (const { pending } of waiting) {
    writes += pending.writes?.length ?? 0;
    if (size === MAX_BATCH || (size > 0 && writes > MAX_BATCH_WRITES)) break;
    size += 1;
  }
  return size;
}
