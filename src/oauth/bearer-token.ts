/**
 * The resource server's side: what an `Authorization` header is worth (RFC 6750). It owns the syntax of the header and the
 * challenges, and asks `access-token-status.ts` whether a token is good; it must not know what the token opens the way to.
 */
import type { Changes } from "../lib/changes.ts";
import type { RequestHeaders } from "../lib/request-headers.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { AccessToken, AccessTokens } from "./access-token.ts";
import type { AccessTokenStatus } from "./access-token-status.ts";
import type { Client } from "./client.ts";
import type { Scope } from "./scope.ts";

/** Who calls. */
interface BearerPrincipal {
  readonly clientId: string;
  readonly applicationName: string;
  readonly brandId: string;
  /** The user who registered the application. */
  readonly ownerId: string;
  /** The user who consented; null for client credentials. */
  readonly userId: string | null;
  readonly scopes: readonly Scope[];
}

export type BearerCheck = { readonly kind: "accepted"; readonly principal: BearerPrincipal } | BearerRefusal;

export interface BearerRefusal {
  readonly kind: "refused";
  readonly status: 400 | 401 | 403;
  /** Null when there were no credentials of this kind at all: then the answer says nothing but how to authenticate (RFC 6750 section 3.1). */
  readonly error: "invalid_request" | "invalid_token" | "insufficient_scope" | null;
  /** The whole value of `WWW-Authenticate`. */
  readonly challenge: string;
  /** For the owner; never on the wire. */
  readonly reason: string;
  /** Known when the token itself was right. */
  readonly principal: BearerPrincipal | null;
}

export interface BearerRequirement {
  readonly brandId: string;
  readonly scope: Scope;
  /** The request also carries a token where we take none (`access_token` in the address or a form): with a header that is two ways at once. */
  readonly tokenElsewhere?: boolean;
}

interface BearerTokensDeps {
  readonly accessTokens: AccessTokens;
  readonly accessTokenStatus: AccessTokenStatus;
  readonly changes: Changes;
}

export class BearerTokens {
  readonly #deps: BearerTokensDeps;

  constructor(deps: BearerTokensDeps) {
    this.#deps = deps;
  }

  /**
   * Checks the `Authorization` headers of a request against what a resource requires. Reads only
   * memory while nothing has changed. Rejects when the store cannot tell whether something has: then nobody may be let in.
   */
  check(headers: RequestHeaders, requirement: BearerRequirement): Soon<BearerCheck> {
    const read = readBearerToken(headers, requirement.tokenElsewhere);
    if (read.kind === "refused") return read;
    return whenKnown(this.#deps.changes.current(), () => {
      const token = this.#deps.accessTokens.open(read.text);
      if (!token) return invalidToken("The token is not an access token of this server, was changed on the way, or its key was revoked.");
      return whenKnown(this.#deps.accessTokenStatus.check(token), (checked) =>
        checked.kind === "good" ? checkRequirement(token, checked.client, requirement) : invalidToken(checked.reason),
      );
    });
  }
}

function checkRequirement(token: AccessToken, client: Client, requirement: BearerRequirement): BearerCheck {
  if (token.resource !== null) return invalidToken("The access token is for another resource server.");
  // RFC 9449 section 7.2: a bound token must not pass as a plain one.
  if (token.confirmation !== null) return invalidToken("The access token is bound to a key and cannot be used as a bearer token.");
  if (client.brandId !== requirement.brandId) return invalidToken("The access token belongs to an application of another brand.");

  const principal: BearerPrincipal = {
    clientId: client.clientId,
    applicationName: client.name,
    brandId: client.brandId,
    ownerId: client.ownerId,
    userId: token.userId,
    scopes: token.grantedScopes,
  };
  return token.grantedScopes.includes(requirement.scope) ? { kind: "accepted", principal } : insufficientScope(requirement.scope, principal);
}

type ReadBearerToken = { readonly kind: "token"; readonly text: string } | BearerRefusal;

/** The token of a request, whatever it is good for, or why there is none. */
export function readBearerToken(headers: RequestHeaders, tokenElsewhere = false): ReadBearerToken {
  const read = headers.make(readAuthorization);
  return tokenElsewhere && read.kind === "token" ? malformed("The call has a token in its header and another one elsewhere.") : read;
}

function readAuthorization(headers: RequestHeaders): ReadBearerToken {
  const [header, ...more] = headers.all("authorization");
  if (header === undefined) return unauthenticated("The call has no Authorization header.");
  if (more.length > 0) return malformed("The call has more than one Authorization header.");
  if (!/^bearer(?: |$)/i.test(header)) return unauthenticated("The Authorization header is of another scheme than Bearer.");
  // RFC 6750 section 2.1: one or more spaces, then a b64token and nothing after it.
  const text = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(header)?.[1];
  return text === undefined ? malformed("The Authorization header is not the word Bearer, a space and a token.") : { kind: "token", text };
}

// The challenges hold nothing of the request, so nothing in them ever needs escaping (RFC 6750 section 3).
const CHALLENGE = 'Bearer realm="Hookgate"';

function unauthenticated(reason: string): BearerRefusal {
  return { kind: "refused", status: 401, error: null, challenge: CHALLENGE, reason, principal: null };
}

function malformed(reason: string): BearerRefusal {
  const description = "Send one Authorization header: the word Bearer, a space and the access token.";
  return bearerRefusal(400, "invalid_request", description, reason);
}

/** Also for resources that find a right token no good for a reason of their own. */
export function invalidToken(reason: string): BearerRefusal {
  return bearerRefusal(401, "invalid_token", "The access token is unknown, expired or revoked. Get a new one from the token endpoint.", reason);
}

function insufficientScope(scope: Scope, principal: BearerPrincipal): BearerRefusal {
  const { challenge, ...rest } = bearerRefusal(403, "insufficient_scope", "The access token lacks a scope.", `The access token lacks the scope ${scope}.`);
  return { ...rest, challenge: `${challenge}, scope="${scope}"`, principal };
}

/** For tokens of another kind that come the same way. `description` holds no quote and no backslash. */
export function bearerRefusal(status: BearerRefusal["status"], error: NonNullable<BearerRefusal["error"]>, description: string, reason: string): BearerRefusal {
  return { kind: "refused", status, error, challenge: `${CHALLENGE}, error="${error}", error_description="${description}"`, reason, principal: null };
}
