import type { Clock } from "../../lib/clock.ts";
import { digestOf } from "../../lib/secret.ts";
import { ACCESS_TOKEN_LIFETIME, REVOCATION_LIFETIME, type AccessTokens } from "../access-token.ts";
import type { Client } from "../client.ts";
import { declareGrant, scopesOfConsent, type Parameters } from "../grant.ts";
import { OAuthError } from "../oauth-error.ts";
import type { AuthorizationCode, AuthorizationCodeStore, RevocationStore } from "../oauth-store.ts";
import { verifiesChallenge } from "../pkce.ts";
import { newRefreshFamily, type RefreshFamily, type RefreshTokens } from "../refresh-token.ts";
import type { Scope } from "../scope.ts";

const PARAMETERS = { code: "required", redirect_uri: "optional", code_verifier: "optional" } as const;

interface AuthorizationCodeGrantDeps {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly revocations: RevocationStore;
  readonly clock: Clock;
}

/** A code that a user's consent gave, exchanged once (RFC 6749 section 4.1.3). */
export function authorizationCodeGrant({ accessTokens, refreshTokens, authorizationCodes, revocations, clock }: AuthorizationCodeGrantDeps) {
  /** Ends everything that the code gave, durably, before the answer: somebody else has the code (RFC 6749 section 4.1.2). */
  async function punishReplay(code: AuthorizationCode): Promise<never> {
    await revocations.insertRevocation({ kind: "grant", id: code.grantId, expiresAt: clock.now() + REVOCATION_LIFETIME });
    throw invalidGrant("The code was used before. Every token that it gave was revoked, because somebody else may have it.");
  }

  return declareGrant({
    grantType: "authorization_code",
    clientTypes: ["confidential", "public"],
    parameters: PARAMETERS,
    scopePolicy: scopesOfConsent,
    async issue({ client, parameters }) {
      const code = await authorizationCodes.findAuthorizationCode(digestOf(parameters.code));
      if (!code) throw invalidGrant("The code is unknown.");
      // Everything about client, redirect URI and verifier comes before the redemption: a stranger who saw the code can neither
      // burn it nor, by a bad replay, end the tokens that it gave.
      checkHolder(code, client, parameters);
      const now = clock.now();
      if (code.redeemedAt !== null) return punishReplay(code);
      if (now >= code.expiresAt) throw invalidGrant("The code has expired.");
      const grantedScopes = code.grantedScopes.filter((scope) => client.registeredScopes.includes(scope));
      if (grantedScopes.length === 0) throw invalidGrant("None of the scopes that were consented to is registered any more.");
      const family = grantedScopes.includes("offline_access") ? familyOf(code, grantedScopes, now) : null;
      const lastExpiry = (family?.endsAt ?? now) + ACCESS_TOKEN_LIFETIME;
      if (!(await authorizationCodes.redeemAuthorizationCode(code.digest, now, lastExpiry, family))) return punishReplay(code);
      const issued = await accessTokens.issue({ clientId: client.clientId, grantId: code.grantId, userId: code.userId, grantedScopes });
      return family ? { ...issued, refreshToken: await refreshTokens.seal(family.familyId, family.generation) } : issued;
    },
  });
}

/** RFC 6749 section 6: the family of refresh tokens that the code begins, under the code's own grant id. */
function familyOf({ grantId, brandId, clientId, userId }: AuthorizationCode, grantedScopes: readonly Scope[], now: number): RefreshFamily {
  return newRefreshFamily({ familyId: grantId, brandId, clientId, userId, grantedScopes }, now);
}

function checkHolder(code: AuthorizationCode, client: Client, parameters: Parameters<typeof PARAMETERS>): void {
  if (code.clientId !== client.clientId) throw invalidGrant("The code belongs to another client.");
  if (code.userId !== client.ownerId) throw invalidGrant("The application has another owner since the user consented.");

  // RFC 6749 section 4.1.3: what the authorization request named must be repeated. With PKCE the repetition protects nothing
  // more, and clients of OAuth 2.1 leave it out (draft-ietf-oauth-v2-1 section 10.2); a wrong one is wrong in any case.
  const redirectUri = parameters.redirect_uri;
  const mustRepeat = code.redirectUriRequested && code.codeChallenge === null;
  if (redirectUri === undefined ? mustRepeat : redirectUri !== code.redirectUri) {
    throw invalidGrant("The redirect_uri is not the one of the authorization request.", redirectUri);
  }

  // RFC 9700 section 4.8.2: a verifier without a challenge shows that somebody removed the challenge from the authorization request.
  const verifier = parameters.code_verifier;
  const verified = code.codeChallenge === null ? verifier === undefined : verifier !== undefined && verifiesChallenge(verifier, code.codeChallenge);
  if (!verified) throw invalidGrant("The code_verifier does not fit the code_challenge of the authorization request, or one of the two is missing.");
}

/** One description for every reason: the answer must not help to try codes out. */
function invalidGrant(reason: string, sentRedirectUri?: string): OAuthError {
  const description = "The code is unknown, expired or used, or the client, redirect_uri or code_verifier is not that of the authorization request.";
  return new OAuthError("invalid_grant", description, { reason, sentRedirectUri });
}
