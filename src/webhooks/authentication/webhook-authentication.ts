/** How callers can prove themselves to a webhook: the types that work. */
import type { IntegrationTokens } from "../../identity/integration-tokens.ts";
import type { UserDirectory } from "../../identity/user-directory.ts";
import type { SecretBox } from "../../keys/secret-box.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SecretUses } from "../../lib/secret-uses.ts";
import { whenKnown, type Soon } from "../../lib/soon.ts";
import type { BearerTokens } from "../../oauth/bearer-token.ts";
import type { AuthenticationCheck, Credentials, WebhookAuthentication } from "./authentication.ts";
import { BasicAuthentication } from "./basic-authentication.ts";
import { OAuth2Authentication } from "./oauth2-authentication.ts";
import { SignatureAuthentication } from "./signature-authentication.ts";
import { TokenAuthentication } from "./token-authentication.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationType } from "../webhook.ts";

interface WebhookAuthenticationsDeps {
  readonly bearerTokens: BearerTokens;
  readonly users: UserDirectory;
  /** Notes when credentials of webhooks are used. */
  readonly credentialUses: SecretUses;
  readonly integrationTokens: IntegrationTokens;
  readonly integrationTokenUses: SecretUses;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
}

export class WebhookAuthentications {
  readonly #users: UserDirectory;
  readonly #types: ReadonlyMap<AuthenticationType, WebhookAuthentication>;

  constructor(deps: WebhookAuthenticationsDeps) {
    this.#users = deps.users;
    const all: readonly WebhookAuthentication[] = [
      new OAuth2Authentication(deps),
      new TokenAuthentication(deps),
      new BasicAuthentication(deps),
      new SignatureAuthentication(deps),
    ];
    this.#types = new Map(all.map((authentication) => [authentication.type, authentication]));
  }

  get(type: AuthenticationType): WebhookAuthentication {
    return this.#types.get(type)!;
  }

  /** In the order in which the wizard offers them. */
  list(): readonly WebhookAuthentication[] {
    return [...this.#types.values()];
  }

  /**
   * Checks a caller as the webhook asks. Whatever it proves, a webhook takes no calls while its owner is not active; that is looked at
   * last, so that a stranger learns nothing about owners.
   */
  check(credentials: Credentials, webhook: LiveWebhook): Soon<AuthenticationCheck> {
    const authentication = this.get(webhook.authentication);
    return whenKnown(authentication.check(credentials, webhook), (check) => {
      if (check.kind !== "accepted") return check;
      return whenKnown(this.#users.isActive(webhook.brandId, webhook.ownerId), (isActive) =>
        isActive ? check : authentication.refuseAllTheSame("The user who owns the webhook is not active.", webhook),
      );
    });
  }
}
