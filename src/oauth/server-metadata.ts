import { digestOf } from "../lib/secret.ts";
import { CLIENT_AUTHENTICATION_METHODS } from "./client-authentication.ts";
import type { Grant } from "./grant.ts";
import { CODE_CHALLENGE_METHODS } from "./pkce.ts";
import { SCOPES } from "./scope.ts";

export interface MetadataDocument {
  readonly body: string;
  /** A strong validator (RFC 9110 section 8.8.3): the same on every node that runs the same settings. */
  readonly etag: string;
}

/**
 * The authorization server metadata (RFC 8414 section 2), made from what runs: a grant that is not in the list, or a method that is
 * refused, cannot be advertised. Every URL comes from the configured issuer and never from a request (RFC 9700 section 4.13).
 */
export function serverMetadata(issuer: string, grants: readonly Grant[]): MetadataDocument {
  const body = JSON.stringify({
    issuer,
    authorization_endpoint: `${issuer}/oauth2/auth`,
    token_endpoint: `${issuer}/oauth2/token`,
    revocation_endpoint: `${issuer}/oauth2/revoke`,
    introspection_endpoint: `${issuer}/oauth2/introspect`,
    scopes_supported: SCOPES,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: grants.map((grant) => grant.grantType),
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS.filter((method) => method !== "none"),
    code_challenge_methods_supported: CODE_CHALLENGE_METHODS,
    authorization_response_iss_parameter_supported: true,
  });
  return { body, etag: `"${digestOf(body)}"` };
}
