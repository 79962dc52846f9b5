/** How callers can prove themselves to a webhook: the types that work. */
import type { UserDirectory } from "../identity/user-directory.ts";
import type { BearerTokens } from "../oauth/bearer-token.ts";
import type { WebhookAuthentication } from "./authentication/authentication.ts";
import { OAuth2Authentication } from "./authentication/oauth2-authentication.ts";
import type { AuthenticationType } from "./webhook.ts";

export type WebhookAuthentications = ReadonlyMap<AuthenticationType, WebhookAuthentication>;

export function createWebhookAuthentications(deps: { readonly bearerTokens: BearerTokens; readonly users: UserDirectory }): WebhookAuthentications {
  const all: readonly WebhookAuthentication[] = [new OAuth2Authentication(deps)];
  return new Map(all.map((authentication) => [authentication.type, authentication]));
}
