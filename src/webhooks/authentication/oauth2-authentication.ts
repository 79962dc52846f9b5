import { invalidToken, readBearerToken, type BearerRefusal, type BearerTokens } from "../../oauth/bearer-token.ts";
import type { RequestHeaders } from "../../lib/request-headers.ts";
import { whenKnown, type Soon } from "../../lib/soon.ts";
import { bearerExamples } from "../call-examples.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationCheck, AuthenticationRefusal, Caller, Credentials, WebhookAuthentication } from "./authentication.ts";
import { WEBHOOK_TOKEN_PREFIXES } from "./token-authentication.ts";

/** An access token of an application of the same brand, with the scope for webhooks (RFC 6750). */
export class OAuth2Authentication implements WebhookAuthentication {
  readonly type = "oauth2";
  readonly label = "OAuth 2.0";
  readonly hint = "Callers send an access token of one of your applications, with the scope apps.webhook:execute. It expires after an hour.";
  readonly fields = [];
  readonly requiredModule = "oauth2-server";
  readonly credentials = null;
  readonly #bearerTokens: BearerTokens;

  constructor({ bearerTokens }: { readonly bearerTokens: BearerTokens }) {
    this.#bearerTokens = bearerTokens;
  }

  examples(endpoint: string) {
    return bearerExamples(endpoint);
  }

  check({ headers, tokenInAddress }: Credentials, { brandId }: LiveWebhook): Soon<AuthenticationCheck> {
    const requirement = { brandId, scope: "apps.webhook:execute", tokenElsewhere: tokenInAddress } as const;
    return whenKnown(this.#bearerTokens.check(headers, requirement), (check) =>
      check.kind === "accepted" ? { kind: "accepted", caller: callerOf(check.principal) } : refused(isWebhookToken(headers) ? invalidToken(MIXED_UP) : check),
    );
  }

  refuseAllTheSame(reason: string): AuthenticationRefusal {
    return refused(invalidToken(reason));
  }
}

const MIXED_UP =
  "The call brought a token of a webhook or an integration token, but this webhook takes OAuth 2.0 access tokens. " +
  "Let the caller get one from the token endpoint, or change the webhook's authentication to Token.";

function isWebhookToken(headers: RequestHeaders): boolean {
  const read = readBearerToken(headers);
  return read.kind === "token" && WEBHOOK_TOKEN_PREFIXES.some((prefix) => read.text.startsWith(prefix));
}

function callerOf({ clientId, applicationName }: { readonly clientId: string; readonly applicationName: string }): Caller {
  return { clientId, applicationName, principal: clientId };
}

const DETAILS = {
  unauthenticated: "Send an access token: the header Authorization with the word Bearer, a space and the token.",
  invalid_request: "Send exactly one Authorization header with the word Bearer, a space and the token, and no token anywhere else.",
  invalid_token: "The access token is unknown, expired or revoked. Get a new one from the token endpoint.",
  insufficient_scope: "The access token lacks the scope apps.webhook:execute. Ask for it in the token request.",
} as const;

function refused({ status, error, challenge, reason, principal }: BearerRefusal): AuthenticationRefusal {
  const caller = principal && callerOf(principal);
  return { kind: "refused", status, detail: DETAILS[error ?? "unauthenticated"], challenge, reason, caller };
}
