/**
 * Limits guessing at sign-in: failures are counted for the e-mail address that is tried and for the network address that tries,
 * before the slow hash is computed, so that a flood costs one small statement each. Unknown e-mail addresses count the same way:
 * the answer must not tell who has a user here.
 */
import type { AttemptStore } from "../lib/attempt-store.ts";
import { MINUTE, type Clock } from "../lib/clock.ts";
import { networkOf } from "../lib/network-address.ts";
import { digestOf } from "../lib/secret.ts";
import { canonicalEmail } from "./user.ts";

const WINDOW = 15 * MINUTE;
const MAX_FAILURES_PER_USER = 10;
/** More than for one user, because an office shares an address. */
const MAX_FAILURES_PER_ADDRESS = 50;

export type Admission = { readonly kind: "admitted" } | { readonly kind: "throttled"; readonly retryAt: number };

export class SignInThrottle {
  readonly #store: AttemptStore;
  readonly #clock: Clock;

  constructor(store: AttemptStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Counts an attempt as failed until `succeeded` says otherwise; counting first keeps parallel guesses within the limit.
   * The network address is counted first: one that is out leaves no rows about e-mail addresses behind.
   */
  async admit(email: string, address: string): Promise<Admission> {
    const byAddress = await this.#count(addressSubject(address), MAX_FAILURES_PER_ADDRESS);
    return byAddress.kind === "throttled" ? byAddress : this.#count(userSubject(email), MAX_FAILURES_PER_USER);
  }

  /** Forgets the user's failures and takes this attempt back from the network address, which may have failures of other users. */
  async succeeded(email: string, address: string): Promise<void> {
    await this.#store.clearAttempts(userSubject(email));
    await this.#store.forgiveAttempt(addressSubject(address));
  }

  /** For a user who is no more: whoever gets the address has failed at nothing yet. */
  async forget(email: string): Promise<void> {
    await this.#store.clearAttempts(userSubject(email));
  }

  async #count(subject: string, limit: number): Promise<Admission> {
    const { attempts, windowEndsAt } = await this.#store.countAttempt(subject, this.#clock.now(), WINDOW);
    return attempts > limit ? { kind: "throttled", retryAt: windowEndsAt } : { kind: "admitted" };
  }
}

/** A digest, because strangers type all sorts of things, also of any length, into this field. */
function userSubject(email: string): string {
  return `sign-in user ${digestOf(canonicalEmail(email))}`;
}

function addressSubject(address: string): string {
  return `sign-in address ${networkOf(address)}`;
}
