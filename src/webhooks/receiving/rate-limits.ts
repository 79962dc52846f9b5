import type { AttemptStore } from "../../lib/attempt-store.ts";
import { MINUTE, SECOND, type Clock } from "../../lib/clock.ts";
import { SharedCounts } from "../../lib/shared-counts.ts";
import type { Refusal } from "./receiver-answer.ts";
import type { LiveWebhook } from "../webhook-directory.ts";

interface RateLimitsDeps {
  readonly attempts: AttemptStore;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/**
 * How many calls a minute a webhook takes, where its owner has set a limit. A minute begins with the first call. Every process counts for itself and
 * learns from the store, a moment later, what the others have counted: with several of them a few more calls get through at the beginning of a minute.
 */
export class RateLimits {
  readonly #counts: SharedCounts;
  readonly #clock: Clock;

  constructor({ attempts, clock, onFailure }: RateLimitsDeps) {
    this.#counts = new SharedCounts({ attempts, clock, windowLength: MINUTE, onFailure });
    this.#clock = clock;
  }

  /** Counts a call of a caller who proved itself; or the refusal of one that is too many, which is not counted. */
  take({ id, callsAMinute }: Pick<LiveWebhook, "id" | "callsAMinute">): Refusal | undefined {
    if (callsAMinute === undefined) return undefined;
    const subject = `webhook ${id}`;
    const { times, windowEndsAt } = this.#counts.find(subject);
    if (times < callsAMinute) {
      this.#counts.add(subject);
      return undefined;
    }
    const seconds = Math.max(1, Math.ceil((windowEndsAt - this.#clock.now()) / SECOND));
    return {
      kind: "too-many-calls",
      detail: `Nothing of this call was written. The webhook takes ${callsAMinute.toLocaleString("en")} calls a minute: wait for as many seconds as Retry-After says.`,
      headers: { "Retry-After": String(seconds), "RateLimit-Policy": `"minute";q=${callsAMinute};w=60`, RateLimit: `"minute";r=0;t=${seconds}` },
    };
  }

  /** Tells the store what it was not told yet. */
  close(): Promise<void> {
    return this.#counts.close();
  }
}
