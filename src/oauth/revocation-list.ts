/**
 * What was taken back before it expired: single tokens, everything of one grant, everything of a deleted client. The list is short,
 * because an entry dies with the last token that it can hit, so it lives in memory whole and a check reads nothing. Entries are
 * made by the store's transactions; this is the reading side.
 */
import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import type { AccessToken } from "./access-token.ts";
import type { Revocation, RevocationStore } from "./oauth-store.ts";

export class RevocationList {
  readonly #store: RevocationStore;
  readonly #clock: Clock;
  #entries = new Set<string>();

  private constructor(store: RevocationStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Resolves when the list is loaded: before that no token may be checked. */
  static async open(store: RevocationStore, clock: Clock, changes: Changes): Promise<RevocationList> {
    const list = new RevocationList(store, clock);
    // Listening first: what changes while the first load runs is loaded again.
    changes.onChange("revocations", () => list.#reload());
    await list.#reload();
    return list;
  }

  /** Which entry hits this token, if any. The caller has awaited `Changes.current()`. */
  findHit(token: AccessToken): Revocation["kind"] | undefined {
    if (this.#entries.size === 0) return undefined;
    if (this.#entries.has(keyOf("token", token.tokenId))) return "token";
    if (token.grantId !== null && this.#entries.has(keyOf("grant", token.grantId))) return "grant";
    if (this.#entries.has(keyOf("client", token.clientId))) return "client";
    return undefined;
  }

  async #reload(): Promise<void> {
    const live = await this.#store.listRevocations(this.#clock.now());
    this.#entries = new Set(live.map(({ kind, id }) => keyOf(kind, id)));
  }
}

function keyOf(kind: Revocation["kind"], id: string): string {
  return `${kind} ${id}`;
}
