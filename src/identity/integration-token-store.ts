import type { SecretUse } from "../lib/secret-uses.ts";
import type { IntegrationToken, IntegrationTokenVerifier } from "./integration-token.ts";

export interface IntegrationTokenStore {
  /** Those of all users of the brand, active or not. */
  listVerifiers(brandId: string): Promise<readonly IntegrationTokenVerifier[]>;
  /** Newest first. */
  listIntegrationTokens(brandId: string, userId: string): Promise<readonly IntegrationToken[]>;
  /** Of many at once, only as many are added as leave `most` on the user. */
  insertIntegrationToken(token: Omit<IntegrationToken, "lastUsedAt">, digest: string, most: number): Promise<"added" | "too-many" | "no-user">;
  /** From then on it proves nothing. False when it is gone. */
  deleteIntegrationToken(brandId: string, userId: string, tokenId: string): Promise<boolean>;
  /** A note of an older use never replaces that of a newer one. */
  recordIntegrationTokenUses(uses: readonly SecretUse[]): Promise<void>;
}
