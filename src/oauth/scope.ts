/**
 * Scopes: requested, registered and granted ones are three different things (RFC 6749 section 3.3). Scope values are
 * case-sensitive and their order does not matter.
 */
export const SCOPES = ["apps.webhook:execute", "offline_access"] as const;
export type Scope = (typeof SCOPES)[number];

interface ScopeDescription {
  readonly title: string;
  /** For the person who registers an application. */
  readonly sentence: string;
  /** For the person who is asked for consent. */
  readonly consent: string;
}

/** What each scope means in words. */
export const SCOPE_DESCRIPTIONS: Readonly<Record<Scope, ScopeDescription>> = {
  "apps.webhook:execute": {
    title: "Webhooks",
    sentence: "Call this brand's webhooks, which create and update customers.",
    consent: "Call your brand's webhooks, which create and update customers.",
  },
  offline_access: {
    title: "Offline access",
    sentence: "Stay connected while you are not there: get new access tokens without asking you again. Applies to the authorization code grant only.",
    consent: "Stay connected while you are not there, and get new access tokens without asking you again.",
  },
};

/** A `scope` parameter taken apart, or undefined when it is not one space between tokens of RFC 6749 appendix A.4. Doubled tokens count once. */
export function parseScope(text: string): readonly string[] | undefined {
  const tokens = text.split(" ");
  return tokens.every((token) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(token)) ? [...new Set(tokens)] : undefined;
}

export function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/**
 * The scopes to grant, in the order of the list: those asked for, or without a `scope` parameter all registered ones, as far as this
 * grant type can give them. Undefined means `invalid_scope`: asking beyond what is registered is refused, never narrowed in
 * silence (RFC 6749 section 3.3), and a token without any scope is worth nothing.
 */
export function scopesToGrant(
  requested: string | undefined,
  registeredScopes: readonly Scope[],
  grantableScopes: readonly Scope[] = SCOPES,
): readonly Scope[] | undefined {
  const requestedScopes: readonly string[] | undefined = requested === undefined ? registeredScopes : parseScope(requested);
  if (!requestedScopes?.every((scope) => isScope(scope) && registeredScopes.includes(scope))) return undefined;
  const grantedScopes = grantableScopes.filter((scope) => requestedScopes.includes(scope));
  return grantedScopes.length === 0 ? undefined : grantedScopes;
}
