/**
 * The application manager: the console's record of an OAuth client, with the user who registered it. This module owns
 * registering, changing and deleting; the protocol sees only a read-only view (`oauth/client.ts`).
 */
import type { ClientType } from "../oauth/client.ts";
import type { Scope } from "../oauth/scope.ts";

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
