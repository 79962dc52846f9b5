import type { SecretUse } from "../../lib/secret-uses.ts";
import type { CredentialVerifier, NewCredential, WebhookCredential } from "./webhook-credential.ts";
import type { AuthenticationSettings, AuthenticationType } from "../webhook.ts";

export interface AuthenticationChoice {
  readonly authentication: AuthenticationType;
  readonly settings: AuthenticationSettings;
  readonly updatedAt: number;
}

export interface CredentialStore {
  /** For the check of calls, which like the webhook itself are found before their brand is known. */
  listVerifiers(webhookId: string): Promise<readonly CredentialVerifier[]>;
  /** Newest first. */
  listCredentials(brandId: string, webhookId: string): Promise<readonly WebhookCredential[]>;
  /**
   * Sets how callers prove themselves. Another type, or other settings, end the credentials of before in the same transaction. The given
   * credential is stored only when the webhook then has none: `kept` says that it has.
   */
  chooseAuthentication(
    brandId: string,
    webhookId: string,
    choice: AuthenticationChoice,
    credential: NewCredential | null,
  ): Promise<"chosen" | "kept" | "no-webhook">;
  /** Of many at once, only as many are added as leave `most`, and none when the webhook's authentication is not the one that it was made for. */
  insertCredential(
    brandId: string,
    webhookId: string,
    madeFor: Pick<AuthenticationChoice, "authentication" | "settings">,
    credential: NewCredential,
    most: number,
  ): Promise<"added" | "too-many" | "no-webhook">;
  /** From then on it proves nothing. False when it is gone. */
  deleteCredential(brandId: string, webhookId: string, credentialId: string): Promise<boolean>;
  /** A note of an older use never replaces that of a newer one. */
  recordCredentialUses(uses: readonly SecretUse[]): Promise<void>;
}
