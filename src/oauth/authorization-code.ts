import type { Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";
import type { AuthorizationCodeStore } from "./oauth-store.ts";

/** Makes authorization codes. Only the digest is stored; the code itself leaves in the redirect and nowhere else. */
export class AuthorizationCodes {
  readonly #store: AuthorizationCodeStore;
  readonly #clock: Clock;
  readonly #lifetime: number;

  /** `lifetime` in milliseconds: 60 minutes by the seed; RFC 6749 section 4.1.2 recommends at most ten. */
  constructor(store: AuthorizationCodeStore, clock: Clock, lifetime: number) {
    this.#store = store;
    this.#clock = clock;
    this.#lifetime = lifetime;
  }

  /** A code for what the user has just granted; undefined when this flow has given its code already. */
  async issue(request: AuthorizationRequest, consent: { readonly flowId: string; readonly userId: string }): Promise<string | undefined> {
    const code = newSecret("hgc_");
    const issuedAt = this.#clock.now();
    const inserted = await this.#store.insertAuthorizationCode({
      digest: digestOf(code),
      brandId: request.client.brandId,
      clientId: request.client.clientId,
      userId: consent.userId,
      flowId: consent.flowId,
      grantId: newRandomId(),
      redirectUri: request.redirectUri,
      redirectUriRequested: request.redirectUriRequested,
      grantedScopes: request.scopes,
      codeChallenge: request.codeChallenge,
      issuedAt,
      expiresAt: issuedAt + this.#lifetime,
      redeemedAt: null,
    });
    return inserted ? code : undefined;
  }
}
