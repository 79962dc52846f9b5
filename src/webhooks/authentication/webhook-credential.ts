/** Credentials: what the callers of one webhook prove themselves with, where its authentication makes secrets of its own. */

/** One of a webhook's live credentials, as its owner sees it. */
export interface WebhookCredential {
  readonly id: string;
  readonly createdAt: number;
  /** To the minute; null: never used. */
  readonly lastUsedAt: number | null;
}

/** What calls are checked against. */
export interface CredentialVerifier {
  readonly id: string;
  /** What the store keeps in place of the secret; only the webhook's authentication knows how to read it. */
  readonly verifier: string;
}

export type NewCredential = CredentialVerifier & Pick<WebhookCredential, "createdAt">;

/** Live at once: an old one and the one that replaces it, so that a change of secrets stops nothing. */
export const MAX_CREDENTIALS = 2;
