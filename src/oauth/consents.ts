import type { Clock } from "../lib/clock.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import { REVOCATION_LIFETIME } from "./access-token.ts";
import type { ConsentWithApplication } from "./consent.ts";
import type { ConsentStore } from "./oauth-store.ts";

/** The consents that stand, for those who ask and those who withdraw. They are given with the code that they allow: `authorization-code.ts`. */
export class Consents {
  readonly #store: ConsentStore;
  readonly #clock: Clock;

  constructor(store: ConsentStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  find(brandId: string, clientId: string, userId: string): Promise<ConsentWithApplication | undefined> {
    return this.#store.findConsent(brandId, clientId, userId);
  }

  list(brandId: string, userId: string, page: PageRequest): Promise<Page<ConsentWithApplication>> {
    return this.#store.listConsents(brandId, userId, page);
  }

  /** When it resolves, every code, refresh token and access token that the consent gave is refused, durably. False when there is none. */
  withdraw(brandId: string, clientId: string, userId: string): Promise<boolean> {
    const now = this.#clock.now();
    return this.#store.withdrawConsent(brandId, clientId, userId, now, now + REVOCATION_LIFETIME);
  }
}
