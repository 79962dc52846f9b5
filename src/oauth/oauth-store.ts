/** What the authorization server asks of a store: narrow ports, one for each concern. */
import type { Page, PageRequest } from "../lib/page.ts";
import type { SecretUse } from "../lib/secret-uses.ts";
import type { Client } from "./client.ts";
import type { Consent, ConsentWithApplication } from "./consent.ts";
import type { RefreshFamily } from "./refresh-token.ts";
import type { RefusedRequest, RefusedStranger } from "./refused-request.ts";
import type { Scope } from "./scope.ts";

export interface ClientStore {
  /** A client names itself before its brand is known, so this is the one look-up without a brand. */
  findClient(clientId: string): Promise<Client | undefined>;
  /** Keeps the latest moment of use of each secret, in one transaction. Nothing cached depends on it, so no topic is raised. */
  recordSecretUses(uses: readonly SecretUse[]): Promise<void>;
}

export interface AuthorizationCode {
  /** SHA-256 of the code; the code itself is never stored. */
  readonly digest: string;
  readonly brandId: string;
  readonly clientId: string;
  readonly userId: string;
  /** The flow (one authorization request in one browser) that it came from: a flow gives at most one code. */
  readonly flowId: string;
  /** Names everything that this code gives, so that one revocation ends it all. */
  readonly grantId: string;
  readonly redirectUri: string;
  /** Whether the authorization request named the redirect URI; then the token request must repeat it (RFC 6749 section 4.1.3). */
  readonly redirectUriRequested: boolean;
  readonly grantedScopes: readonly Scope[];
  /** PKCE S256 challenge, or null (RFC 7636). */
  readonly codeChallenge: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly redeemedAt: number | null;
}

export interface AuthorizationCodeStore {
  /**
   * Stores the code together with what it rests on, in one transaction. `allowed`: the user has just said yes, so the consent is stored, or widens the one that there is;
   * `not-consented` when the application is gone or is another user's by now. `remembered`: the consent is used once more; `not-consented` unless it still stands as it was read.
   * `answered-before`: the flow has given its code already, and nothing is written.
   */
  insertAuthorizationCode(
    code: AuthorizationCode,
    basis: { readonly kind: "allowed" | "remembered"; readonly consent: Consent },
  ): Promise<"inserted" | "answered-before" | "not-consented">;
  /** Also a redeemed one, as long as a token that it gave may live; undefined when unknown. */
  findAuthorizationCode(digest: string): Promise<AuthorizationCode | undefined>;
  /**
   * Consumes the code by one conditional statement: true for exactly one caller, ever. The family of refresh tokens that it begins, if any,
   * is stored in the same transaction. The row then stays until `keepUntil`, the expiry of the last token that it gives, so that a
   * replay can be told and punished (RFC 6749 section 4.1.2).
   */
  redeemAuthorizationCode(digest: string, now: number, keepUntil: number, family: RefreshFamily | null): Promise<boolean>;
}

export interface ConsentStore {
  findConsent(brandId: string, clientId: string, userId: string): Promise<ConsentWithApplication | undefined>;
  /** Given last first. */
  listConsents(brandId: string, userId: string, page: PageRequest): Promise<Page<ConsentWithApplication>>;
  /**
   * Ends the consent with its codes and families, and revokes the access tokens that they gave (entries that live until `revokedUntil`), in one transaction. False
   * when there is none.
   */
  withdrawConsent(brandId: string, clientId: string, userId: string, now: number, revokedUntil: number): Promise<boolean>;
}

export interface RefreshFamilyStore {
  /** Undefined when it is unknown, revoked or swept. */
  findRefreshFamily(familyId: string): Promise<RefreshFamily | undefined>;
  /**
   * Moves the family from this generation to the next by one conditional statement: of many at once, one gets true. False when
   * the family is gone, expired, or of another generation.
   */
  rotateRefreshFamily(familyId: string, generation: number, now: number, expiresAt: number): Promise<boolean>;
}

/** What a revocation names: one token, everything one code gave, or everything of a client. */
export type RevocationKind = "token" | "grant" | "client";

export interface Revocation {
  readonly kind: RevocationKind;
  readonly id: string;
  /** When the last token that it can hit has expired; then the entry is dropped. */
  readonly expiresAt: number;
}

export interface RevocationStore {
  /** Durable when it resolves. Idempotent; the later expiry stays. That of a grant deletes its family of refresh tokens in the same transaction. */
  insertRevocation(revocation: Revocation): Promise<void>;
  /** Those that have not expired. */
  listRevocations(now: number): Promise<readonly Revocation[]>;
}

export interface RefusedRequestStore {
  /** The newest REFUSED_REQUESTS_KEPT of each application stay. */
  insertRefusedRequests(requests: readonly RefusedRequest[]): Promise<void>;
  /** Newest first; with `reference` only that one. */
  listRefusedRequests(brandId: string, clientId: string, reference: string | null, page: PageRequest): Promise<Page<RefusedRequest>>;
  /** The newest REFUSED_REQUESTS_KEPT of all stay. They belong to no brand. */
  insertRefusedStrangers(strangers: readonly RefusedStranger[]): Promise<void>;
  /** Newest first. */
  listRefusedStrangers(page: PageRequest): Promise<Page<RefusedStranger>>;
}
