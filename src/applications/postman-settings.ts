/** What Postman's form “Configure New Token” takes for an application, field by field in the form's order. The help page shows it, the collection holds it. */
import type { Application } from "./application.ts";
import { clientCredentialsScope } from "./token-examples.ts";

/** Where Postman wants the browser to come back to: its desktop app, and Postman on the web. */
export const POSTMAN_REDIRECT_URIS = ["https://oauth.pstmn.io/v1/callback", "https://oauth.pstmn.io/v1/browser-callback"] as const;

export function isPostmanUri(uri: string): boolean {
  return POSTMAN_REDIRECT_URIS.some((known) => known === uri);
}

/** Those of Postman's addresses that the application did not register. */
export function missingPostmanUris(registered: readonly string[]): readonly string[] {
  return POSTMAN_REDIRECT_URIS.filter((uri) => !registered.includes(uri));
}

export interface PostmanSetting {
  /** The field's name in Postman's files. */
  readonly key: string;
  /** The field's label in Postman. */
  readonly label: string;
  /** How Postman's files hold the value. */
  readonly stored: string;
  /** What a person enters; of a choice, what it is called there. Null: only the person has it. */
  readonly entered: string | null;
  /** Set on what is chosen from a list and not typed. */
  readonly chosen?: true;
}

const typed = (key: string, label: string, value: string): PostmanSetting => ({ key, label, stored: value, entered: value });
const chosen = (key: string, label: string, stored: string, entered: string): PostmanSetting => ({ key, label, stored, entered, chosen: true });

const CLIENT_SECRET: PostmanSetting = { key: "clientSecret", label: "Client Secret", stored: "{{clientSecret}}", entered: null };
const BASIC = chosen("client_authentication", "Client Authentication", "header", "Send as Basic Auth header");
const IN_BODY = chosen("client_authentication", "Client Authentication", "body", "Send client credentials in body");

/** Null when the application cannot use this grant. */
export function clientCredentialsSettings(application: Application, issuer: string): readonly PostmanSetting[] | null {
  const scope = clientCredentialsScope(application);
  if (scope === null) return null;
  return [
    typed("tokenName", "Token Name", application.name),
    chosen("grant_type", "Grant type", "client_credentials", "Client Credentials"),
    typed("accessTokenUrl", "Access Token URL", `${issuer}/oauth2/token`),
    typed("clientId", "Client ID", application.clientId),
    CLIENT_SECRET,
    typed("scope", "Scope", scope),
    BASIC,
  ];
}

export function authorizationCodeSettings(application: Application, issuer: string): readonly PostmanSetting[] {
  const confidential = application.type === "confidential";
  return [
    typed("tokenName", "Token Name", application.name),
    chosen("grant_type", "Grant type", "authorization_code_with_pkce", "Authorization Code (With PKCE)"),
    typed("redirect_uri", "Callback URL", POSTMAN_REDIRECT_URIS[0]),
    typed("authUrl", "Auth URL", `${issuer}/oauth2/auth`),
    typed("accessTokenUrl", "Access Token URL", `${issuer}/oauth2/token`),
    typed("clientId", "Client ID", application.clientId),
    ...(confidential ? [CLIENT_SECRET] : []),
    chosen("challengeAlgorithm", "Code Challenge Method", "S256", "SHA-256"),
    typed("scope", "Scope", application.scopes.join(" ")),
    typed("state", "State", "Example12345"),
    confidential ? BASIC : IN_BODY,
  ];
}
