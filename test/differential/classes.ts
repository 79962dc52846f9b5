import { authorizationRequests } from "./classes/authorization-requests.ts";
import { clientAuthentication } from "./classes/client-authentication.ts";
import { codeExchange } from "./classes/code-exchange.ts";
import { grantTypes } from "./classes/grant-types.ts";
import { methodsAndBodies } from "./classes/methods-and-bodies.ts";
import { pkce } from "./classes/pkce.ts";
import { redirectUris } from "./classes/redirect-uris.ts";
import { refresh } from "./classes/refresh.ts";
import { scopes } from "./classes/scopes.ts";
import { introspection, revocation } from "./classes/tokens-of-others.ts";
import type { Case } from "./request.ts";

/** Every request that is sent to both servers. */
export const CLASSES: Readonly<Record<string, readonly Case[]>> = {
  "Client authentication": clientAuthentication,
  "Grant types": grantTypes,
  Scopes: scopes,
  "Authorization requests": authorizationRequests,
  "Redirect URIs": redirectUris,
  PKCE: pkce,
  "Code exchange": codeExchange,
  Refresh: refresh,
  Revocation: revocation,
  Introspection: introspection,
  "Methods and bodies": methodsAndBodies,
};
