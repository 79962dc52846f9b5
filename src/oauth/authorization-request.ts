/**
 * Validation of an authorization request (RFC 6749 section 4.1.1): a pure function to a union. Only a request whose redirect URI was
 * verified can come out as accepted or as an error by redirect; everything else is an error on our own page, and
 * the types leave no way to redirect from there (RFC 6749 section 4.1.2.1).
 */
import type { Form } from "../lib/form.ts";
import type { Client } from "./client.ts";
import type { OAuthErrorCode } from "./oauth-error.ts";
import { isCodeChallenge } from "./pkce.ts";
import { matchRedirectUri, type VerifiedRedirectUri } from "./redirect-uri.ts";
import { scopesToGrant, type Scope } from "./scope.ts";

/** Where an answer goes, and what it carries back. */
export interface ReturnAddress {
  readonly client: Client;
  readonly redirectUri: VerifiedRedirectUri;
  /** Comes back as it was sent; undefined when it was not, or more than once. */
  readonly state: string | undefined;
}

export interface AuthorizationRequest extends ReturnAddress {
  /** Whether the request named the redirect URI, or the only registered one was taken. */
  readonly redirectUriRequested: boolean;
  /** What the user is asked to grant. */
  readonly scopes: readonly Scope[];
  readonly codeChallenge: string | null;
  /** Whether the client wants the question put whatever was consented to before. */
  readonly asksAnew: boolean;
}

export type ValidatedAuthorizationRequest =
  | { readonly kind: "accepted"; readonly request: AuthorizationRequest }
  | ({ readonly kind: "error-by-redirect"; readonly returnTo: ReturnAddress } & Problem)
  /** `whatToDo` speaks to the person in front of the page, who mostly did not write the address. */
  | { readonly kind: "error-on-page"; readonly client: Client | undefined; readonly whatHappened: string; readonly whatToDo: string };

/**
 * Values of `prompt` (OpenID Connect Core section 3.1.2.1) by which a client wants a person to look. All of them lead to the consent page, where that person can
 * become another one. `none` is not among them: docs/adr/0013-remembered-consent.md.
 */
const ASKING_PROMPTS: ReadonlySet<string> = new Set(["consent", "login", "select_account"]);

/** `client` is the one that the request's only `client_id` names, if there is one. */
export function validateAuthorizationRequest(form: Form, client: Client | undefined): ValidatedAuthorizationRequest {
  const whatToDo = "Go back to the application that sent you here and tell its makers what this page says.";
  if (form.doubled.has("client_id")) return onPage("The request names more than one client_id.", whatToDo);
  if (form.get("client_id") === undefined) return onPage("The request names no client_id.", whatToDo);
  if (!client) return onPage("No application is registered under the client_id of this request.", whatToDo);
  // RFC 6749 section 3.1: with a doubled redirect_uri nobody can tell which one the other checks looked at.
  if (form.doubled.has("redirect_uri")) return onPage("The request names more than one redirect_uri.", whatToDo, client);

  const requested = form.get("redirect_uri");
  const redirectUri = chooseRedirectUri(requested, client);
  if (redirectUri === undefined) return onPage(redirectProblem(requested, client), whatToDo, client);
  const returnTo: ReturnAddress = { client, redirectUri, state: form.get("state") };
  const problem = problemOf(form, client);
  if (problem) return { kind: "error-by-redirect", returnTo, ...problem };
  const scopes = scopesToGrant(form.get("scope"), client.registeredScopes);
  if (!scopes) {
    const description = "The scope is unknown, malformed or not registered for this client.";
    return { kind: "error-by-redirect", returnTo, error: "invalid_scope", description };
  }
  const codeChallenge = form.get("code_challenge") ?? null;
  const asksAnew = (form.get("prompt") ?? "").split(" ").some((value) => ASKING_PROMPTS.has(value));
  return { kind: "accepted", request: { ...returnTo, redirectUriRequested: requested !== undefined, scopes, codeChallenge, asksAnew } };
}

/** The requested one when it is registered; without a request the registered one when there is no choice (RFC 6749 section 3.1.2.3). */
function chooseRedirectUri(requested: string | undefined, client: Client): VerifiedRedirectUri | undefined {
  const [only, ...others] = client.redirectUris;
  if (requested !== undefined) return matchRedirectUri(requested, client.redirectUris);
  return only === undefined || others.length > 0 ? undefined : matchRedirectUri(only, client.redirectUris);
}

function redirectProblem(requested: string | undefined, client: Client): string {
  if (requested !== undefined) return "The redirect_uri of this request is not among the redirect URLs that the application registered.";
  return client.redirectUris.length === 0
    ? "The application has registered no redirect URL, so there is nowhere to go back to."
    : "The application has registered several redirect URLs, and this request does not say which one it means.";
}

interface Problem {
  readonly error: OAuthErrorCode;
  readonly description: string;
}

function invalid(description: string): Problem {
  return { error: "invalid_request", description };
}

/** What stands against the request beside its scope, in the catalogue of RFC 6749 section 4.1.2.1. */
function problemOf(form: Form, client: Client): Problem | undefined {
  // RFC 8707 section 2 lets `resource` come more than once; there is one resource server here, and it is ignored.
  if ([...form.doubled].some((name) => name !== "resource")) return invalid("A parameter comes more than once.");

  const responseType = form.get("response_type");
  if (responseType === undefined) return invalid("The parameter response_type is missing.");
  if (responseType !== "code") return { error: "unsupported_response_type", description: "The only response_type of this server is code." };

  const challenge = form.get("code_challenge");
  const method = form.get("code_challenge_method");
  if (challenge === undefined) {
    if (method !== undefined) return invalid("There is a code_challenge_method without a code_challenge.");
    // RFC 9700 section 2.1.1: without a secret, the challenge alone ties the code to the client that asked for it.
    return client.type === "public" ? invalid("A public client must send a code_challenge with the method S256.") : undefined;
  }
  // RFC 7636 section 4.3: no method means `plain`, which would show the verifier to everyone who sees this address.
  if (method !== "S256") return invalid("The code_challenge_method must be S256.");
  return isCodeChallenge(challenge) ? undefined : invalid("The code_challenge must be the base64url of a SHA-256 hash, 43 characters.");
}

function onPage(whatHappened: string, whatToDo: string, client?: Client): ValidatedAuthorizationRequest {
  return { kind: "error-on-page", client, whatHappened, whatToDo };
}
