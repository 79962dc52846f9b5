/**
 * What an integration developer pastes into a browser, a terminal or a program to get a token, with this application's own
 * values: which requests its type, scopes and redirect URLs allow. How a request is written down is `request-examples.ts`.
 */
import { digestOf, newSecret } from "../lib/secret.ts";
import type { Application } from "./application.ts";
import { encodeParameters, requestExamples, type CodeExample, type Parameter } from "./request-examples.ts";

export interface TokenExamples {
  readonly tokenUrl: string;
  /** Null when the application cannot use the client credentials grant. */
  readonly clientCredentials: readonly CodeExample[] | null;
  /** Null when the application has no redirect URL to return to. */
  readonly authorizationCode: { readonly url: string; readonly exchange: readonly CodeExample[] } | null;
}

/** `clientSecret` is null when it is not known any more, or when there is none. */
export function tokenExamples(application: Application, issuer: string, clientSecret: string | null): TokenExamples {
  const tokenUrl = `${issuer}/oauth2/token`;
  return {
    tokenUrl,
    clientCredentials: clientCredentialsExamples(application, tokenUrl, clientSecret),
    authorizationCode: authorizationCodeExamples(application, issuer, tokenUrl, clientSecret),
  };
}

/** What client credentials can give the application; null when it cannot use this grant. */
export function clientCredentialsScope({ type, scopes }: Application): string | null {
  // offline_access never applies to this grant, and a public client cannot use it (RFC 6749 section 4.4).
  const possible = scopes.filter((scope) => scope !== "offline_access");
  return type === "public" || possible.length === 0 ? null : possible.join(" ");
}

function clientCredentialsExamples(application: Application, url: string, clientSecret: string | null): TokenExamples["clientCredentials"] {
  const scope = clientCredentialsScope(application);
  if (scope === null) return null;
  const parameters: readonly Parameter[] = [
    ["grant_type", "client_credentials"],
    ["scope", scope],
  ];
  return requestExamples({ url, clientId: application.clientId, type: application.type, clientSecret, parameters });
}

function authorizationCodeExamples(application: Application, issuer: string, url: string, clientSecret: string | null): TokenExamples["authorizationCode"] {
  const { clientId, type } = application;
  const [redirectUri, ...others] = application.redirectUris;
  if (redirectUri === undefined) return null;
  // A single registered address may be left out; of several, one must be named, and repeated at the exchange (RFC 6749
  // sections 3.1.2.3 and 4.1.3).
  const named: readonly Parameter[] = others.length > 0 ? [["redirect_uri", redirectUri]] : [];
  const authorization: Parameter[] = [
    ["client_id", clientId],
    ["response_type", "code"],
    ["state", "Example12345"],
    ["scope", application.scopes.join(" ")],
    ...named,
  ];
  const exchange: Parameter[] = [["grant_type", "authorization_code"], ["code", "{authorization_code}"], ...named];
  if (type === "public") {
    // A public client proves itself by PKCE (RFC 7636): a pair made for this page alone, so that the lines work as they stand.
    const verifier = newSecret("");
    authorization.push(["code_challenge", digestOf(verifier)], ["code_challenge_method", "S256"]);
    exchange.push(["client_id", clientId], ["code_verifier", verifier]);
  }
  return {
    url: `${issuer}/oauth2/auth?${encodeParameters(authorization)}`,
    exchange: requestExamples({ url, clientId, type, clientSecret, parameters: exchange }),
  };
}
