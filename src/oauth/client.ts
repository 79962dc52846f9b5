import type { Scope } from "./scope.ts";

/** RFC 6749 section 2.1: a confidential client can keep a secret, a public one cannot. */
export type ClientType = "confidential" | "public";

/** One of a client's secrets; the secret itself is stored nowhere. */
export interface ClientSecret {
  readonly id: string;
  readonly digest: string;
  /** From then on it proves nothing; null: it never expires. */
  readonly expiresAt: number | null;
}

/** The protocol's read-only view of a registered application. */
export interface Client {
  readonly clientId: string;
  readonly brandId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly type: ClientType;
  readonly registeredScopes: readonly Scope[];
  readonly redirectUris: readonly string[];
  /** Empty for a public client. An expired one may still be among them: whoever trusts a secret looks at the clock. */
  readonly secrets: readonly ClientSecret[];
  readonly createdAt: number;
}
