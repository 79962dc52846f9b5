import type { UserDirectory } from "../../identity/user-directory.ts";
import { invalidToken, type BearerRefusal, type BearerTokens } from "../../oauth/bearer-token.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationCheck, Caller, Credentials, WebhookAuthentication } from "./authentication.ts";

/** An access token of an application of the same brand, with the scope for webhooks (RFC 6750). */
export class OAuth2Authentication implements WebhookAuthentication {
  readonly type = "oauth2";
  readonly label = "OAuth 2.0";
  readonly hint = "Callers send an access token of one of your applications, with the scope apps.webhook:execute.";
  readonly requiredModule = "oauth2-server";
  readonly #bearerTokens: BearerTokens;
  readonly #users: UserDirectory;

  constructor({ bearerTokens, users }: { readonly bearerTokens: BearerTokens; readonly users: UserDirectory }) {
    this.#bearerTokens = bearerTokens;
    this.#users = users;
  }

  async check({ authorization, tokenInAddress }: Credentials, { brandId, ownerId }: LiveWebhook): Promise<AuthenticationCheck> {
    const check = await this.#bearerTokens.check(authorization, { brandId, scope: "apps.webhook:execute", tokenElsewhere: tokenInAddress });
    if (check.kind === "refused") return refused(check);
    // Only after the token was right, so that a stranger learns nothing about owners.
    if (!(await this.#users.isActive(brandId, ownerId))) return refused(invalidToken("The user who owns the webhook is not active."));
    const { clientId, applicationName } = check.principal;
    return { kind: "accepted", caller: { clientId, applicationName } };
  }
}

const DETAILS = {
  unauthenticated: "Send an access token: the header Authorization with the word Bearer, a space and the token.",
  invalid_request: "Send exactly one Authorization header with the word Bearer, a space and the token, and no token anywhere else.",
  invalid_token: "The access token is unknown, expired or revoked. Get a new one from the token endpoint.",
  insufficient_scope: "The access token lacks the scope apps.webhook:execute. Ask for it in the token request.",
} as const;

function refused({ status, error, challenge, reason, principal }: BearerRefusal): AuthenticationCheck {
  const caller: Caller | null = principal && { clientId: principal.clientId, applicationName: principal.applicationName };
  return { kind: "refused", status, detail: DETAILS[error ?? "unauthenticated"], challenge, reason, caller };
}
