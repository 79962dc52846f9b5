/**
 * Consents: what a user has allowed a client. While the consent stands, the same is not asked again; when it is withdrawn, everything that it gave
 * ends with it. This file owns what a consent covers; who may consent at all is for `authorization-endpoint.ts`.
 */
import type { AuthorizationRequest } from "./authorization-request.ts";
import { SCOPES, type Scope } from "./scope.ts";

/** One for each user and client. */
export interface Consent {
  readonly brandId: string;
  readonly clientId: string;
  readonly userId: string;
  /** Everything that was allowed since the last withdrawal. */
  readonly scopes: readonly Scope[];
  /** Where the user has seen the answer lead. */
  readonly redirectUris: readonly string[];
  /** When the user last said yes on the page. */
  readonly givenAt: number;
  /** When it last gave a code or, by a refresh, tokens. */
  readonly lastUsedAt: number;
}

/** A row of the overview. */
export interface ConsentWithApplication extends Consent {
  readonly applicationName: string;
  /** Who registered the application. */
  readonly ownerName: string;
}

/** What the user allows on the page of this request. */
export function consentTo({ client, scopes, redirectUri }: AuthorizationRequest, userId: string, now: number): Consent {
  const { brandId, clientId, redirectUris } = client;
  // A loopback port is whichever was free: the next time it may belong to another program, so it is asked about each time.
  const remembered = redirectUris.includes(redirectUri) ? [redirectUri] : [];
  return { brandId, clientId, userId, scopes, redirectUris: remembered, givenAt: now, lastUsedAt: now };
}

/** The consent that stands after another yes: what was allowed before goes on. */
export function widened(before: Consent, given: Consent): Consent {
  return {
    ...given,
    scopes: SCOPES.filter((scope) => before.scopes.includes(scope) || given.scopes.includes(scope)),
    redirectUris: [...new Set([...before.redirectUris, ...given.redirectUris])],
  };
}

/**
 * Whether the user has said yes to all that the request asks, so that the question can be left out. Never for a public client: whoever
 * uses its `client_id` looks like it, so its earlier consent says nothing about who asks now (RFC 8252 section 8.6).
 */
export function covers(consent: Consent, { client, scopes, redirectUri }: AuthorizationRequest): boolean {
  return client.type === "confidential" && scopes.every((scope) => consent.scopes.includes(scope)) && consent.redirectUris.includes(redirectUri);
}
