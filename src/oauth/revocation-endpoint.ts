import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import { REVOCATION_LIFETIME, type AccessTokens } from "./access-token.ts";
import type { Client } from "./client.ts";
import type { ClientAuthentication } from "./client-authentication.ts";
import { jsonAnswer, type JsonAnswer } from "./oauth-error.ts";
import { readOAuthForm, refuseOAuthRequest, requireParameter, type OAuthHttpRequest, type OAuthJournal } from "./oauth-request.ts";
import type { RefreshFamilyStore, RevocationStore } from "./oauth-store.ts";
import type { RefreshTokens } from "./refresh-token.ts";

interface RevocationEndpointDeps {
  readonly accessTokens: AccessTokens;
  readonly clientAuthentication: ClientAuthentication;
  readonly refreshTokens: RefreshTokens;
  readonly refreshFamilies: RefreshFamilyStore;
  readonly revocations: RevocationStore;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly journal: OAuthJournal;
}

/** Takes a token back before it expires (RFC 7009). A client whose module or owner is switched off may still do so. */
export class RevocationEndpoint {
  readonly #deps: RevocationEndpointDeps;

  constructor(deps: RevocationEndpointDeps) {
    this.#deps = deps;
  }

  /**
   * Never rejects. After a 200 the token is refused here at once, and by every other process at its next look; the revocation
   * is durable. `token_type_hint` is only a hint (section 2.1) and nothing needs it: a token of ours tells its type itself.
   */
  async answer(request: OAuthHttpRequest): Promise<JsonAnswer> {
    let client: Client | null = null;
    try {
      const form = readOAuthForm(request);
      client = await this.#deps.clientAuthentication.authenticate(request, form);
      await this.#revoke(requireParameter(form, "token"), client);
      // Section 2.2 lets clients ignore the body. An empty one would do, but among the libraries of the field some only
      // take JSON and others fail to read no bytes as JSON; an empty object serves them all.
      return jsonAnswer(200, {}, request.reference);
    } catch (error) {
      return refuseOAuthRequest(error, request, client?.clientId ?? null, this.#deps.journal);
    }
  }

  /** Section 2.2: an unknown token is as good as revoked. Another client's is treated like it, so that nobody learns whether it exists. */
  async #revoke(text: string, client: Client): Promise<void> {
    const { accessTokens, refreshTokens, refreshFamilies, revocations, changes, clock } = this.#deps;
    await changes.current();
    const now = clock.now();
    const opened = refreshTokens.open(text);
    if (opened) {
      // Section 2.1: with a refresh token goes everything that its code gave. The consent stands: the client asked, not the user.
      const family = await refreshFamilies.findRefreshFamily(opened.familyId);
      if (family?.clientId !== client.clientId) return;
      return revocations.insertRevocation({ kind: "grant", id: family.familyId, expiresAt: now + REVOCATION_LIFETIME });
    }
    const token = accessTokens.open(text);
    if (!token || token.clientId !== client.clientId || token.expiresAt <= now) return;
    // The refresh token that it came with goes on: section 2.1 leaves that to the server, and a leaked access token is all that is known.
    await revocations.insertRevocation({ kind: "token", id: token.tokenId, expiresAt: token.expiresAt });
  }
}
