import { digestOf, newSecret, sameDigest } from "../../lib/secret.ts";
import type { SecretUses } from "../../lib/secret-uses.ts";
import { bearerRefusal, readBearerToken, type BearerRefusal } from "../../oauth/bearer-token.ts";
import { literalExamples } from "../call-examples.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationSettings } from "../webhook.ts";
import type { AuthenticationCheck, AuthenticationRefusal, Credentials, WebhookAuthentication } from "./authentication.ts";

const TOKEN_PREFIX = "hgw_";

/** How tokens begin that are for webhooks of this type. */
export const WEBHOOK_TOKEN_PREFIXES: readonly string[] = [TOKEN_PREFIX];

/** A token that was made for this one webhook and does not expire, sent as RFC 6750 section 2.1 says. Only its digest is stored. */
export class TokenAuthentication implements WebhookAuthentication {
  readonly type = "token";
  readonly label = "Token";
  readonly hint =
    "Callers send a fixed token that is made for this webhook, as Authorization: Bearer. The simplest way for software that cannot get OAuth tokens.";
  readonly fields = [];
  readonly requiredModule = null;
  readonly credentials = {
    noun: "token",
    jsonName: "token",
    make: () => {
      const secret = newSecret(TOKEN_PREFIX);
      return { secret, verifier: digestOf(secret) };
    },
    shown: (secret: string) => [
      { label: "Token", value: secret },
      { label: "Header", value: `Authorization: Bearer ${secret}` },
    ],
  };
  readonly #uses: SecretUses;

  constructor({ credentialUses }: { readonly credentialUses: SecretUses }) {
    this.#uses = credentialUses;
  }

  examples(endpoint: string, _settings: AuthenticationSettings, secret: string | null) {
    return literalExamples(endpoint, `Bearer ${secret ?? "{Token}"}`);
  }

  async check({ authorization, tokenInAddress }: Credentials, { credentials }: LiveWebhook): Promise<AuthenticationCheck> {
    const read = readBearerToken(authorization, tokenInAddress);
    if (read.kind === "refused") return refused(read);
    const digest = digestOf(read.text);
    const own = credentials.find(({ verifier }) => sameDigest(verifier, digest));
    if (!own) return this.refuseAllTheSame(reasonAgainst(read.text));
    this.#uses.note(own.id);
    return { kind: "accepted", caller: { clientId: null, applicationName: "Token of the webhook", principal: this.type } };
  }

  refuseAllTheSame(reason: string): AuthenticationRefusal {
    return refused(bearerRefusal(401, "invalid_token", DETAILS.invalid_token, reason));
  }
}

function reasonAgainst(token: string): string {
  if (token.startsWith("hga_")) {
    return (
      "The call brought an OAuth 2.0 access token, but this webhook takes a token of its own. " +
      "Give the caller such a token, or change the webhook's authentication to OAuth 2.0."
    );
  }
  if (!WEBHOOK_TOKEN_PREFIXES.some((prefix) => token.startsWith(prefix))) return "What the call brought is no token of a webhook: those begin with hgw_.";
  return "The token is none of this webhook's: it was removed, belongs to another webhook, or is not complete.";
}

const DETAILS = {
  unauthenticated: "Send the webhook's token: the header Authorization with the word Bearer, a space and the token.",
  invalid_request: "Send exactly one Authorization header with the word Bearer, a space and the token, and no token anywhere else.",
  invalid_token: "The token is unknown or not good any more. Ask the owner of the webhook for a new one.",
  insufficient_scope: "",
} as const;

function refused({ status, error, challenge, reason }: BearerRefusal): AuthenticationRefusal {
  return { kind: "refused", status, detail: DETAILS[error ?? "unauthenticated"], challenge, reason, caller: null };
}
