/**
 * Limits guessing at client secrets (RFC 6749 section 2.3.1). Failures are counted for the network address, for the client, and for the
 * client at that address. Whoever guesses at a client from elsewhere cannot lock it out: a client's own count stops nobody, it only
 * lowers how often one address may fail. Ids of no client are counted like all others, so that the throttle does not tell
 * which there are.
 */
import type { AttemptStore } from "../lib/attempt-store.ts";
import { MINUTE, SECOND, type Clock } from "../lib/clock.ts";
import { isId } from "../lib/id.ts";
import { networkOf } from "../lib/network-address.ts";
import { RecentMap } from "../lib/recent-map.ts";
import { digestOf } from "../lib/secret.ts";
import { SharedCounts } from "../lib/shared-counts.ts";
import { OAuthError } from "./oauth-error.ts";

/** Short, because secrets have 256 random bits and somebody who has pasted a wrong one shall not wait long. */
const WINDOW = MINUTE;
const MAX_FAILURES_OF_CLIENT_AT_ADDRESS = 10;
/** More than for one client, because many clients share the address of a data centre. */
const MAX_FAILURES_AT_ADDRESS = 50;
/** From all addresses together; beyond it each may fail this often only. */
const MAX_FAILURES_OF_CLIENT = 100;
const MAX_FAILURES_AT_ADDRESS_OF_GUESSED_CLIENT = 2;

/** Clients at an address whose last failure was by Basic; beyond so many the oldest are forgotten. */
const MAX_REMEMBERED = 10_000;

/** One try of a client to prove itself. */
export interface ClientAttempt {
  readonly clientId: string;
  readonly method: "basic" | "body";
  /** Network address that it comes from. */
  readonly address: string;
}

export class ClientThrottle {
  readonly #counts: SharedCounts;
  readonly #clock: Clock;
  readonly #failedByBasic: RecentMap<boolean>;

  constructor({ attempts, clock, onFailure }: { readonly attempts: AttemptStore; readonly clock: Clock; readonly onFailure: (error: unknown) => void }) {
    this.#counts = new SharedCounts({ attempts, clock, windowLength: WINDOW, onFailure });
    this.#clock = clock;
    this.#failedByBasic = new RecentMap(clock, WINDOW, MAX_REMEMBERED);
  }

  /** Before the secret is looked at. Throws for one who has failed too often. Reads and writes nothing but memory. */
  admit(attempt: ClientAttempt): void {
    if (this.#counts.isEmpty) return;
    const subjects = subjectsOf(attempt);
    if (attempt.method === "body") this.#forgiveBasic(subjects);
    this.#refuseBeyond(subjects, attempt.clientId, 0);
  }

  /** After a failure. Throws when others that were under way at the same time have used up the limit. */
  failed(attempt: ClientAttempt): void {
    const subjects = subjectsOf(attempt);
    this.#counts.add(subjects.address);
    this.#counts.add(subjects.client);
    this.#counts.add(subjects.clientAtAddress);
    if (attempt.method === "basic") this.#failedByBasic.set(subjects.clientAtAddress, true);
    this.#refuseBeyond(subjects, attempt.clientId, 1);
  }

  /** Writes down what waits. */
  close(): Promise<void> {
    return this.#counts.close();
  }

  /** `own`: how many of the failures are those of this very attempt. */
  #refuseBeyond(subjects: Subjects, clientId: string, own: 0 | 1): void {
    const atAddress = this.#counts.find(subjects.address);
    if (atAddress.times - own >= MAX_FAILURES_AT_ADDRESS) throw this.#tooMany(subjects, clientId, atAddress.windowEndsAt);
    const isGuessedAt = this.#counts.find(subjects.client).times - own >= MAX_FAILURES_OF_CLIENT;
    const limit = isGuessedAt ? MAX_FAILURES_AT_ADDRESS_OF_GUESSED_CLIENT : MAX_FAILURES_OF_CLIENT_AT_ADDRESS;
    const ofClient = this.#counts.find(subjects.clientAtAddress);
    if (ofClient.times - own >= limit) throw this.#tooMany(subjects, clientId, ofClient.windowEndsAt);
  }

  /**
   * Libraries that do not know what a server takes try Basic and then, with the same secret or none, the body (Go's among them): the second
   * half of such a try takes the first one's failure back.
   */
  #forgiveBasic({ address, client, clientAtAddress }: Subjects): void {
    if (!this.#failedByBasic.get(clientAtAddress)) return;
    this.#failedByBasic.set(clientAtAddress, false);
    for (const subject of [address, client, clientAtAddress]) this.#counts.takeBack(subject);
  }

  #tooMany({ network }: Subjects, clientId: string, retryAt: number): OAuthError {
    // RFC 6585 section 4. No code of RFC 6749 section 5.2 says it; libraries that know this one, of section 4.1.2.1, try again later, while
    // `invalid_client` makes some throw their credentials away.
    return new OAuthError("temporarily_unavailable", "Client authentication has failed too often. Wait for as many seconds as Retry-After says.", {
      reason: `Client authentication has failed too often from ${network}, so the secret was not looked at.`,
      headers: { "Retry-After": String(Math.ceil((retryAt - this.#clock.now()) / SECOND)) },
      clientId,
    });
  }
}

type Subjects = ReturnType<typeof subjectsOf>;

function subjectsOf({ clientId, address }: ClientAttempt) {
  // Strangers send ids of any length.
  const client = `client ${isId(clientId) ? clientId : digestOf(clientId)}`;
  const network = networkOf(address);
  return { network, address: `client address ${network}`, client, clientAtAddress: `${client} at ${network}` };
}
