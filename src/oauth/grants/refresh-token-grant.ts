import type { UserDirectory } from "../../identity/user-directory.ts";
import type { Clock } from "../../lib/clock.ts";
import { REVOCATION_LIFETIME, type AccessTokens } from "../access-token.ts";
import type { Client } from "../client.ts";
import { declareGrant, narrowedScopes, type IssuedTokens } from "../grant.ts";
import { OAuthError } from "../oauth-error.ts";
import type { RefreshFamilyStore, RevocationStore } from "../oauth-store.ts";
import { REFRESH_GRACE, REFRESH_IDLE_LIFETIME, type RefreshFamily, type RefreshTokens } from "../refresh-token.ts";
import { scopesToGrant, type Scope } from "../scope.ts";

interface RefreshTokenGrantDeps {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly refreshFamilies: RefreshFamilyStore;
  readonly revocations: RevocationStore;
  readonly users: UserDirectory;
  readonly clock: Clock;
}

/**
 * A new access token without the user (RFC 6749 section 6). Each use gives a new refresh token and ends the one that was sent; a token that is
 * used when it has ended shows that two parties hold the family, and ends it whole (RFC 9700 section 4.14.2).
 */
export function refreshTokenGrant(deps: RefreshTokenGrantDeps) {
  const { accessTokens, refreshTokens, refreshFamilies, revocations, users, clock } = deps;

  async function issueTokens({ familyId, clientId, userId }: RefreshFamily, generation: number, grantedScopes: readonly Scope[]): Promise<IssuedTokens> {
    const issued = await accessTokens.issue({ clientId, grantId: familyId, userId, grantedScopes });
    return { ...issued, refreshToken: await refreshTokens.seal(familyId, generation) };
  }

  /**
   * The answer to the request before was lost: the same successor again, as long as nobody has used it. Anything else is a token that was used
   * twice, and ends everything of the family, durably, before the answer.
   */
  async function repeatOrRevoke(family: RefreshFamily, generation: number, grantedScopes: readonly Scope[]): Promise<IssuedTokens> {
    const present = await refreshFamilies.findRefreshFamily(family.familyId);
    if (!present) throw invalidGrant("The authorization was revoked.");
    const now = clock.now();
    if (present.generation === generation + 1 && now - present.rotatedAt <= REFRESH_GRACE) return issueTokens(present, present.generation, grantedScopes);
    await revocations.insertRevocation({ kind: "grant", id: family.familyId, expiresAt: now + REVOCATION_LIFETIME });
    throw invalidGrant("The refresh token was used before. Everything that its authorization gave was revoked, because somebody else may have it.");
  }

  return declareGrant({
    grantType: "refresh_token",
    clientTypes: ["confidential", "public"],
    parameters: { refresh_token: "required" },
    scopePolicy: narrowedScopes,
    async issue({ client, parameters, scopes: requested }) {
      const opened = refreshTokens.open(parameters.refresh_token);
      const family = opened && (await refreshFamilies.findRefreshFamily(opened.familyId));
      if (!opened || !family) throw invalidGrant("The refresh token is unknown, or its authorization was revoked.");
      // Everything about client, user and scope comes before the rotation: a refused request must not use the token up.
      await checkHolder(family, client, users, clock.now());
      const grantedScopes = scopesOf(family, client, requested);
      const { familyId, endsAt } = family;
      const now = clock.now();
      const rotated = await refreshFamilies.rotateRefreshFamily(familyId, opened.generation, now, Math.min(now + REFRESH_IDLE_LIFETIME, endsAt));
      return rotated ? issueTokens(family, opened.generation + 1, grantedScopes) : repeatOrRevoke(family, opened.generation, grantedScopes);
    },
  });
}

async function checkHolder(family: RefreshFamily, client: Client, users: UserDirectory, now: number): Promise<void> {
  if (family.clientId !== client.clientId) throw invalidGrant("The refresh token belongs to another client.");
  if (family.userId !== client.ownerId) throw invalidGrant("The application has another owner since the user consented.");
  if (!(await users.isActive(family.brandId, family.userId))) throw invalidGrant("The user who consented is not active.");
  if (now >= family.expiresAt) throw invalidGrant("The refresh token has expired.");
}

/** What was consented to and is still registered, or less when less is asked for; the family keeps its own. */
function scopesOf(family: RefreshFamily, client: Client, requested: string | undefined): readonly Scope[] {
  const available = family.grantedScopes.filter((scope) => client.registeredScopes.includes(scope));
  if (!available.includes("offline_access")) throw invalidGrant("The application is not registered for offline access any more.");
  const scopes = scopesToGrant(requested, available);
  if (!scopes) throw new OAuthError("invalid_scope", "The scope is unknown, malformed, or more than the user consented to.");
  return scopes;
}

/** One description for every reason: the answer must not help to try tokens out. */
function invalidGrant(reason: string): OAuthError {
  return new OAuthError("invalid_grant", "The refresh token is unknown, expired, used, revoked or not of this client. Ask the user again.", { reason });
}
