/**
 * What a grant type declares: the parameters that it reads, who may use it and what becomes of `scope`. The pipeline of
 * `token-endpoint.ts` enforces all of it, in one order, before `issue` runs; so no grant can forget a check, and none sees a
 * parameter that it did not declare.
 */
import type { Soon } from "../lib/soon.ts";
import type { Client, ClientType } from "./client.ts";
import { OAuthError } from "./oauth-error.ts";
import { scopesToGrant, type Scope } from "./scope.ts";

export type ParameterRules = Readonly<Record<string, "required" | "optional">>;

export type Parameters<Rules extends ParameterRules> = {
  readonly [Name in keyof Rules]: Rules[Name] extends "required" ? string : string | undefined;
};

/** A token request that has passed everything which was declared. */
interface GrantRequest<Rules extends ParameterRules, Scopes> {
  /** Authenticated, of a type that may use the grant, and neither it nor its owner is switched off. */
  readonly client: Client;
  readonly parameters: Parameters<Rules>;
  readonly scopes: Scopes;
}

/** What a token request gives. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** In seconds. */
  readonly expiresIn: number;
  /** The granted scopes, separated by spaces. */
  readonly scope: string;
  /** Only with `offline_access`, and never by a grant without a user. */
  readonly refreshToken?: string;
}

export interface Grant<Rules extends ParameterRules = ParameterRules, Scopes = unknown> {
  /** The value of `grant_type`. */
  readonly grantType: string;
  readonly clientTypes: readonly ClientType[];
  readonly parameters: Rules;
  readonly scopePolicy: ScopePolicy<Scopes>;
  issue(request: GrantRequest<Rules, Scopes>): Soon<IssuedTokens>;
}

/** Lets the compiler see which parameters `issue` gets. */
export function declareGrant<const Rules extends ParameterRules, Scopes>(grant: Grant<Rules, Scopes>): Grant<Rules, Scopes> {
  return grant;
}

/** What a grant makes of the `scope` parameter (undefined when absent). Throws `invalid_scope`. */
export type ScopePolicy<Scopes> = (requested: string | undefined, client: Client) => Scopes;

/** What was asked for, or everything registered, as far as this grant type can give it; never more than is registered. */
export function grantRequestedScopes(grantableScopes: readonly Scope[]): ScopePolicy<readonly Scope[]> {
  return (requested, client) => {
    const scopes = scopesToGrant(requested, client.registeredScopes, grantableScopes);
    if (!scopes)
      throw new OAuthError("invalid_scope", "The scope is unknown, malformed, not registered for this client, or nothing that this grant type can give.");
    return scopes;
  };
}

/** The user has decided; `scope` is accepted and ignored, because many clients send it along. */
export const scopesOfConsent: ScopePolicy<undefined> = () => undefined;

/** What the `scope` parameter says, for a grant that compares it with what was granted before. */
export const narrowedScopes: ScopePolicy<string | undefined> = (requested) => requested;
