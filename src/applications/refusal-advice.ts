/** What an owner can change, for each reason of the error log. The wire does not say it: only the owner may know so much (RFC 6749 section 5.2). */
import type { OAuthErrorCode } from "../oauth/oauth-error.ts";
import { shownRedirectUri, type RefusedRequest } from "../oauth/refused-request.ts";

const START_AGAIN = "Send the user to the authorization URL again.";

/** Where the reason alone does not say what to do about it. */
const BY_REASON: Readonly<Record<string, string>> = {
  "The client secret is wrong.": "Copy the secret anew where it was stored. If it is lost, add a new one on the application’s page and remove the old one.",
  "The client secret has expired.": "Add a new secret on the application’s page, put it in place, and remove the expired one.",
  "The client is confidential and sent no secret.":
    "Send the client secret, by Basic or as client_secret in the body. An app that cannot keep one is registered as public.",
  "The client is public and must send its client_id without a secret.":
    "Send client_id in the body, no client_secret and no Authorization header. Something that can keep a secret is registered as confidential.",
  "Only a client with a secret can introspect.":
    "Introspect with a confidential application. A public one learns from the answer to its calls whether a token is good.",

  "The redirect_uri of this request is not among the redirect URLs that the application registered.":
    "Register what was sent, or send what is registered. They must agree to the last character, slash and letter case; only the port of 127.0.0.1 and [::1] is free.",
  "The application has registered no redirect URL, so there is nowhere to go back to.": "Add a redirect URL to the application.",
  "The application has registered several redirect URLs, and this request does not say which one it means.": "Send redirect_uri with one of them.",
  "The request names more than one redirect_uri.": "Send redirect_uri once.",

  "The code is unknown.": `${START_AGAIN} Then check that the code is sent whole, as it stands in the address, and decoded once.`,
  "The code has expired.": `${START_AGAIN} Then exchange the code at once.`,
  "The code was used before. Every token that it gave was revoked, because somebody else may have it.": `${START_AGAIN} Exchange each code once: look for a retry, a second tab, or a page that is loaded twice.`,
  "The code belongs to another client.": "Exchange the code with the client_id of the authorization URL.",
  "None of the scopes that were consented to is registered any more.": `Change the application’s scopes, or ask for others. ${START_AGAIN}`,
  "The redirect_uri is not the one of the authorization request.": "Send the same redirect_uri in the authorization URL and in the token request.",
  "The code_verifier does not fit the code_challenge of the authorization request, or one of the two is missing.":
    "Keep the code_verifier until the exchange. The challenge is the base64url of its SHA-256 without padding, and both are sent or neither.",
  "The application has another owner since the user consented.": `${START_AGAIN} The new owner must consent.`,

  "The refresh token is unknown, or its authorization was revoked.": START_AGAIN,
  "The authorization was revoked.": START_AGAIN,
  "The refresh token has expired.": `${START_AGAIN} A refresh token ends after 30 days without use and after 365 days in any case.`,
  "The refresh token was used before. Everything that its authorization gave was revoked, because somebody else may have it.": `${START_AGAIN} Store the new refresh token of each answer before anything else, and let one process at a time refresh.`,
  "The refresh token belongs to another client.": "Refresh with the client_id that got the token.",
  "The user who consented is not active.": "Ask an admin to switch the user on again. The same refresh token works then.",
  "The application is not registered for offline access any more.": "Add the scope offline_access to the application. The same refresh token works then.",
  "The scope is unknown, malformed, or more than the user consented to.": `Leave scope out when refreshing, or ask for less. For more: ${START_AGAIN}`,

  "The OAuth 2.0 server module is switched off for this brand.": "Ask an admin to activate it in the store. The same tokens work then.",
  "The user who registered the application is not active.": "Ask an admin to switch the user on again. The same tokens work then.",
  "A public client cannot use this grant type.": "Use the authorization code grant with PKCE, or register a confidential application.",
  "Somebody other than the user who registered the application was asked to consent.":
    "Only the owner can consent. Sign in as the owner in the browser that opens the authorization URL.",
};

const BY_ERROR: Readonly<Record<OAuthErrorCode, string>> = {
  invalid_request: "Compare the request with the examples of the application’s page.",
  invalid_client: "Check client ID and client secret.",
  invalid_grant: START_AGAIN,
  invalid_scope: "Ask for scopes that the application is registered for, separated by single spaces, or change the application.",
  unauthorized_client: "Use another grant type.",
  unsupported_grant_type: "Use client_credentials, authorization_code or refresh_token.",
  unsupported_response_type: "Use response_type=code.",
  access_denied: "The user cancelled. Nothing needs to change, unless it was a mistake.",
  temporarily_unavailable: "Put the right client secret in place, then wait a minute. If it is in place, somebody else at the same network address is failing.",
  server_error: "The fault is ours. Give the reference to whoever runs this server.",
};

export function adviceOn({ error, reason }: Pick<RefusedRequest, "error" | "reason">): string {
  return BY_REASON[reason] ?? BY_ERROR[error];
}

/** The reasons that have advice of their own; a test holds them against those that are given. */
export const ADVISED_REASONS: readonly string[] = Object.keys(BY_REASON);

/** A redirect URI and the registered one that it is most like, both cut where they part. `registered` is null when there is none. */
export function compareRedirectUri(sent: string, redirectUris: readonly string[]) {
  const shown = redirectUris.map(shownRedirectUri).toSorted((a, b) => commonLength(sent, b) - commonLength(sent, a));
  const closest = shown[0];
  const common = closest === undefined ? 0 : commonLength(sent, closest);
  return { same: sent.slice(0, common), sent: sent.slice(common), registered: closest?.slice(common) ?? null };
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
