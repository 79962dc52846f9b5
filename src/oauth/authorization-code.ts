import type { Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";
import { consentTo, type Consent } from "./consent.ts";
import type { AuthorizationCode, AuthorizationCodeStore } from "./oauth-store.ts";

export type IssuedCode =
  | { readonly kind: "issued"; readonly code: string }
  /** This flow has given its code already. */
  | { readonly kind: "answered-before" }
  /** The application, or the consent that was remembered, is not what it was a moment ago. */
  | { readonly kind: "not-consented" };

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

  /** A code for what the user has just allowed. */
  issueAllowed(request: AuthorizationRequest, { flowId, userId }: { readonly flowId: string; readonly userId: string }): Promise<IssuedCode> {
    return this.#issue(request, flowId, { kind: "allowed", consent: consentTo(request, userId, this.#clock.now()) });
  }

  /** A code for what a consent covers that was given before. The visit is a flow of its own. */
  issueRemembered(request: AuthorizationRequest, consent: Consent): Promise<IssuedCode> {
    return this.#issue(request, newRandomId(), { kind: "remembered", consent });
  }

  async #issue(
    request: AuthorizationRequest,
    flowId: string,
    basis: { readonly kind: "allowed" | "remembered"; readonly consent: Consent },
  ): Promise<IssuedCode> {
    const code = newSecret("hgc_");
    const issuedAt = this.#clock.now();
    const newRow: AuthorizationCode = {
      digest: digestOf(code),
      brandId: request.client.brandId,
      clientId: request.client.clientId,
      userId: basis.consent.userId,
      flowId,
      grantId: newRandomId(),
      redirectUri: request.redirectUri,
      redirectUriRequested: request.redirectUriRequested,
      grantedScopes: request.scopes,
      codeChallenge: request.codeChallenge,
      issuedAt,
      expiresAt: issuedAt + this.#lifetime,
      redeemedAt: null,
    };
    const kind = await this.#store.insertAuthorizationCode(newRow, basis);
    return kind === "inserted" ? { kind: "issued", code } : { kind };
  }
}
