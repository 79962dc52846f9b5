import type { UserDirectory } from "../identity/user-directory.ts";
import { SECOND, type Clock } from "../lib/clock.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { Changes } from "../lib/changes.ts";
import type { AccessToken, AccessTokens } from "./access-token.ts";
import type { AccessTokenStatus } from "./access-token-status.ts";
import type { Client } from "./client.ts";
import type { ClientAuthentication } from "./client-authentication.ts";
import type { ClientStatus } from "./client-status.ts";
import { jsonAnswer, OAuthError, type JsonAnswer } from "./oauth-error.ts";
import { readOAuthForm, refuseOAuthRequest, requireParameter, type OAuthHttpRequest, type OAuthJournal } from "./oauth-request.ts";
import type { RefreshFamilyStore } from "./oauth-store.ts";
import type { RefreshTokens } from "./refresh-token.ts";

interface IntrospectionEndpointDeps {
  readonly issuer: string;
  readonly accessTokens: AccessTokens;
  readonly accessTokenStatus: AccessTokenStatus;
  readonly refreshTokens: RefreshTokens;
  readonly refreshFamilies: RefreshFamilyStore;
  readonly users: UserDirectory;
  readonly clientStatus: ClientStatus;
  readonly clientAuthentication: ClientAuthentication;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly journal: OAuthJournal;
}

/** Section 2.2: whatever the cause, a token that is no good is answered with this and nothing else. */
const INACTIVE = { active: false } as const;

/** Tells a client about its own tokens (RFC 7662): what they grant and whether they are good at this moment. Writes nothing. */
export class IntrospectionEndpoint {
  readonly #deps: IntrospectionEndpointDeps;

  constructor(deps: IntrospectionEndpointDeps) {
    this.#deps = deps;
  }

  /** Never rejects. */
  async answer(request: OAuthHttpRequest): Promise<JsonAnswer> {
    let client: Client | null = null;
    try {
      const form = readOAuthForm(request);
      const authenticated = this.#deps.clientAuthentication.authenticate(request, form);
      client = authenticated instanceof Promise ? await authenticated : authenticated;
      // Section 2.1 asks for authorization: a public client proves nothing, and anybody could scan tokens in its name (section 4).
      if (client.type === "public") throw new OAuthError("invalid_client", "Only a client with a secret can introspect.", { clientId: client.clientId });
      const content = this.#contentOf(requireParameter(form, "token"), client);
      return jsonAnswer(200, content instanceof Promise ? await content : content, request.reference);
    } catch (error) {
      return refuseOAuthRequest(error, request, client?.clientId ?? null, this.#deps.journal);
    }
  }

  #contentOf(text: string, caller: Client): Soon<object> {
    const { accessTokens, refreshTokens, accessTokenStatus, changes, issuer } = this.#deps;
    return whenKnown(changes.current(), () => {
      const refresh = refreshTokens.open(text);
      if (refresh) return this.#contentOfRefreshToken(refresh, caller);
      const token = accessTokens.open(text);
      if (!token || token.clientId !== caller.clientId) return INACTIVE;
      return whenKnown(accessTokenStatus.check(token), ({ kind }) => (kind === "good" ? activeContent(token, issuer) : INACTIVE));
    });
  }

  async #contentOfRefreshToken({ familyId, generation }: { readonly familyId: string; readonly generation: number }, caller: Client): Promise<object> {
    const { refreshFamilies, users, clientStatus, clock, issuer } = this.#deps;
    const family = await refreshFamilies.findRefreshFamily(familyId);
    if (family?.clientId !== caller.clientId || family.generation !== generation || clock.now() >= family.expiresAt) return INACTIVE;
    if ((await clientStatus.problemOf(caller)) || !(await users.isActive(family.brandId, family.userId))) return INACTIVE;
    return {
      active: true,
      client_id: family.clientId,
      exp: Math.floor(family.expiresAt / SECOND),
      iss: issuer,
      scope: family.grantedScopes.join(" "),
      sub: family.userId,
    };
  }
}

/** Section 2.2; times in seconds. The subject of client credentials is the client: ids of clients and users are never equal. */
function activeContent(token: AccessToken, issuer: string): object {
  return {
    active: true,
    aud: token.resource ?? issuer,
    client_id: token.clientId,
    exp: Math.floor(token.expiresAt / SECOND),
    iat: Math.floor(token.issuedAt / SECOND),
    iss: issuer,
    jti: token.tokenId,
    scope: token.grantedScopes.join(" "),
    sub: token.userId ?? token.clientId,
    token_type: "bearer",
  };
}
