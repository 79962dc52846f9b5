/**
 * The token endpoint (RFC 6749 section 3.2): the one pipeline that every grant passes through. It owns the order of the checks and the
 * form of the answer; it must not know what any grant does, nor an HTTP framework.
 */
import type { Form } from "../lib/form.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { Client } from "./client.ts";
import type { ClientAuthentication } from "./client-authentication.ts";
import type { ClientStatus } from "./client-status.ts";
import type { Grant, IssuedTokens, ParameterRules, Parameters } from "./grant.ts";
import { jsonAnswer, OAuthError, type JsonAnswer } from "./oauth-error.ts";
import { readOAuthForm, refuseOAuthRequest, requireParameter, type OAuthHttpRequest, type OAuthJournal } from "./oauth-request.ts";

interface TokenEndpointDeps {
  readonly grants: readonly Grant[];
  readonly clientAuthentication: ClientAuthentication;
  readonly clientStatus: ClientStatus;
  readonly journal: OAuthJournal;
  /** RFC 6749 section 5.1 wants a JSON number; `string` is how the seed prints it, for clients that were built on that. */
  readonly expiresIn: "number" | "string";
}

export class TokenEndpoint {
  readonly #deps: TokenEndpointDeps;
  readonly #grants: ReadonlyMap<string, Grant>;

  constructor(deps: TokenEndpointDeps) {
    this.#deps = deps;
    this.#grants = new Map(deps.grants.map((grant) => [grant.grantType, grant]));
  }

  /** Never rejects. */
  async answer(request: OAuthHttpRequest): Promise<JsonAnswer> {
    let client: Client | null = null;
    try {
      const form = readOAuthForm(request);
      const grant = this.#chooseGrant(form);
      const authenticated = this.#deps.clientAuthentication.authenticate(request, form);
      client = authenticated instanceof Promise ? await authenticated : authenticated;
      const issuing = this.#issue(grant, client, form);
      const issued = issuing instanceof Promise ? await issuing : issuing;
      return jsonAnswer(200, this.#contentOf(issued), request.reference);
    } catch (error) {
      return refuseOAuthRequest(error, request, client?.clientId ?? null, this.#deps.journal);
    }
  }

  #chooseGrant(form: Form): Grant {
    const grant = this.#grants.get(requireParameter(form, "grant_type"));
    if (!grant) throw new OAuthError("unsupported_grant_type", `The grant types of this server are: ${[...this.#grants.keys()].join(", ")}.`);
    return grant;
  }

  #issue(grant: Grant, client: Client, form: Form): Soon<IssuedTokens> {
    return whenKnown(this.#deps.clientStatus.problemOf(client), (problem) => {
      if (problem) throw new OAuthError("unauthorized_client", "The client is switched off at present. Its owner sees why.", { reason: problem });
      requireClientType(grant, client);
      const parameters = readParameters(grant.parameters, form);
      return grant.issue({ client, parameters, scopes: grant.scopePolicy(form.get("scope"), client) });
    });
  }

  /** Exactly the members of the seed's answer, in its alphabetical order, and a refresh token where one was granted. */
  #contentOf(issued: IssuedTokens): object {
    return {
      access_token: issued.accessToken,
      expires_in: this.#deps.expiresIn === "string" ? String(issued.expiresIn) : issued.expiresIn,
      ...(issued.refreshToken !== undefined && { refresh_token: issued.refreshToken }),
      scope: issued.scope,
      token_type: "bearer",
    };
  }
}

function requireClientType(grant: Grant, client: Client): void {
  if (grant.clientTypes.includes(client.type)) return;
  throw new OAuthError("unauthorized_client", `A ${client.type} client cannot use this grant type.`);
}

function readParameters<Rules extends ParameterRules>(rules: Rules, form: Form): Parameters<Rules> {
  const parameters: Record<string, string | undefined> = {};
  for (const name in rules) parameters[name] = rules[name] === "required" ? requireParameter(form, name) : form.get(name);
  return parameters as Parameters<Rules>;
}
