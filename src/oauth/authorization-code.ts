import { HOUR, type Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";
import type { AuthorizationCodeStore } from "./oauth-store.ts";

/** The seed's 60 minutes, in milliseconds. RFC 6749 section 4.1.2 recommends at most ten; the setting HOOKGATE_CODE_LIFETIME shortens it. */
export const AUTHORIZATION_CODE_LIFETIME = HOUR;

/** Makes authorization codes. Only the digest is stored; the code itself leaves in the redirect and nowhere else. */
export class AuthorizationCodes {
  readonly #store: AuthorizationCodeStore;
  readonly #clock: Clock;
  readonly #lifetime: number;

  constructor(store: AuthorizationCodeStore, clock: Clock, lifetime = AUTHORIZATION_CODE_LIFETIME) {
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
