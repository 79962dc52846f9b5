import { INTEGRATION_TOKEN_PREFIX } from "../../identity/integration-token.ts";
import type { IntegrationTokens } from "../../identity/integration-tokens.ts";
import type { UserDirectory } from "../../identity/user-directory.ts";
import { digestOf, newSecret, sameDigest } from "../../lib/secret.ts";
import type { SecretUses } from "../../lib/secret-uses.ts";
import { bearerRefusal, readBearerToken, type BearerRefusal } from "../../oauth/bearer-token.ts";
import { literalExamples } from "../call-examples.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationSettings } from "../webhook.ts";
import type { AuthenticationCheck, AuthenticationRefusal, Credentials, WebhookAuthentication } from "./authentication.ts";

const TOKEN_PREFIX = "hgw_";

/** How tokens begin that are for webhooks of this type. */
export const WEBHOOK_TOKEN_PREFIXES: readonly string[] = [TOKEN_PREFIX, INTEGRATION_TOKEN_PREFIX];

interface TokenAuthenticationDeps {
  readonly credentialUses: SecretUses;
  readonly integrationTokens: IntegrationTokens;
  readonly integrationTokenUses: SecretUses;
  readonly users: UserDirectory;
}

/**
 * A token that was made for this one webhook, or an integration token of the brand, sent as RFC 6750 section 2.1 says. It does not
 * expire. Only its digest is stored.
 */
export class TokenAuthentication implements WebhookAuthentication {
  readonly type = "token";
  readonly label = "Token";
  readonly hint =
    "Callers send a fixed token that is made for this webhook, as Authorization: Bearer. Integration tokens, which admins make on users, open it too.";
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
  readonly #deps: TokenAuthenticationDeps;

  constructor(deps: TokenAuthenticationDeps) {
    this.#deps = deps;
  }

  examples(endpoint: string, _settings: AuthenticationSettings, secret: string | null) {
    return literalExamples(endpoint, `Bearer ${secret ?? "{Token}"}`);
  }

  async check({ headers, tokenInAddress }: Credentials, webhook: LiveWebhook): Promise<AuthenticationCheck> {
    const read = readBearerToken(headers, tokenInAddress);
    if (read.kind === "refused") return refused(read);
    const digest = digestOf(read.text);
    if (read.text.startsWith(INTEGRATION_TOKEN_PREFIX)) return this.#checkIntegrationToken(digest, webhook);
    const own = webhook.credentials.find(({ verifier }) => sameDigest(verifier, digest));
    if (!own) return this.refuseAllTheSame(reasonAgainst(read.text));
    this.#deps.credentialUses.note(own.id);
    return { kind: "accepted", caller: { clientId: null, applicationName: "Token of the webhook", principal: this.type } };
  }

  async #checkIntegrationToken(digest: string, { brandId }: LiveWebhook): Promise<AuthenticationCheck> {
    const { integrationTokens, integrationTokenUses, users } = this.#deps;
    const token = await integrationTokens.find(brandId, digest);
    if (!token) return this.refuseAllTheSame("The integration token is none of this brand's: it was revoked, its user was deleted, or it is not complete.");
    if (!(await users.isActive(brandId, token.userId))) {
      return this.refuseAllTheSame(`The user on whom the integration token ${token.name} was made is not active.`);
    }
    integrationTokenUses.note(token.id);
    return { kind: "accepted", caller: { clientId: null, applicationName: `Integration token ${token.name}`, principal: token.id } };
  }

  refuseAllTheSame(reason: string): AuthenticationRefusal {
    return refused(bearerRefusal(401, "invalid_token", NO_GOOD, reason));
  }
}

function reasonAgainst(token: string): string {
  if (token.startsWith("hga_")) {
    return (
      "The call brought an OAuth 2.0 access token, but this webhook takes a token of its own or an integration token. " +
      "Give the caller such a token, or change the webhook's authentication to OAuth 2.0."
    );
  }
  if (!WEBHOOK_TOKEN_PREFIXES.some((prefix) => token.startsWith(prefix)))
    return "What the call brought is no token of a webhook: those begin with hgw_, integration tokens with hgi_.";
  return "The token is none of this webhook's: it was removed, belongs to another webhook, or is not complete.";
}

const SEND_A_TOKEN = "Send the webhook's token: the header Authorization with the word Bearer, a space and the token.";
const SEND_ONE_TOKEN = "Send exactly one Authorization header with the word Bearer, a space and the token, and no token anywhere else.";
const NO_GOOD = "The token is unknown or not good any more. Ask the owner of the webhook for a new one.";

function refused({ status, error, challenge, reason }: BearerRefusal): AuthenticationRefusal {
  const detail = error === null ? SEND_A_TOKEN : error === "invalid_request" ? SEND_ONE_TOKEN : NO_GOOD;
  return { kind: "refused", status, detail, challenge, reason, caller: null };
}
