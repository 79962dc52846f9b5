import type { Scope } from "./scope.ts";

/** RFC 6749 section 2.1: a confidential client can keep a secret, a public one cannot. */
export type ClientType = "confidential" | "public";

/** The protocol's read-only view of a registered application. */
export interface Client {
  readonly clientId: string;
  readonly brandId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly type: ClientType;
  readonly registeredScopes: readonly Scope[];
  readonly redirectUris: readonly string[];
  /** Digests of its live secrets; empty for a public client. */
  readonly secretDigests: readonly string[];
  readonly createdAt: number;
}
