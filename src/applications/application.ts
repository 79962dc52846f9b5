/**
 * The application manager: the console's record of an OAuth client, with the user who registered it. This module owns
 * registering, changing and deleting; the protocol sees only a read-only view (`oauth/client.ts`).
 */
import type { ClientType } from "../oauth/client.ts";
import type { Scope } from "../oauth/scope.ts";

/** One of a confidential application's secrets, as its owner sees it. */
export interface ApplicationSecret {
  readonly id: string;
  readonly createdAt: number;
  /** To the minute; null: never used. */
  readonly lastUsedAt: number | null;
  /** From then on it proves nothing; null: it never expires. */
  readonly expiresAt: number | null;
}

export interface Application {
  readonly clientId: string;
  readonly brandId: string;
  /** The user who registered it: the only one who can consent for it. */
  readonly ownerId: string;
  readonly name: string;
  readonly description: string;
  readonly type: ClientType;
  readonly scopes: readonly Scope[];
  readonly redirectUris: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}
