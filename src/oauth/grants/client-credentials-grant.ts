import type { AccessTokens } from "../access-token.ts";
import { declareGrant, grantRequestedScopes } from "../grant.ts";

/**
 * The client acts for itself (RFC 6749 section 4.4): confidential clients only, and never with `offline_access`, because whoever
 * has the secret can get a new token at any time (section 4.4.3).
 */
export function clientCredentialsGrant({ accessTokens }: { readonly accessTokens: AccessTokens }) {
  return declareGrant({
    grantType: "client_credentials",
    clientTypes: ["confidential"],
    parameters: {},
    scopePolicy: grantRequestedScopes(["apps.webhook:execute"]),
    issue: ({ client, scopes }) => accessTokens.issue({ clientId: client.clientId, grantId: null, userId: null, grantedScopes: scopes }),
  });
}
