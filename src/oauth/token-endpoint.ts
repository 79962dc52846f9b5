/**
 * The token endpoint (RFC 6749 section 3.2): the one pipeline that every grant passes through. It owns the order of the checks and the
 * form of the answer; it must not know what any grant does, nor an HTTP framework.
 */
import type { Form } from "../lib/form.ts";
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
      client = await this.#deps.clientAuthentication.authenticate(request, form);
      await this.#requireUsable(client);
      requireClientType(grant, client);
      const parameters = readParameters(grant.parameters, form);
      const scopes = grant.scopePolicy(form.get("scope"), client);
      const issued = await grant.issue({ client, parameters, scopes });
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

  async #requireUsable(client: Client): Promise<void> {
    const problem = await this.#deps.clientStatus.problemOf(client);
    if (problem) throw new OAuthError("unauthorized_client", "The client is switched off at present. Its owner sees why.", { reason: problem });
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
  const read = (name: string) => (rules[name] === "required" ? requireParameter(form, name) : form.get(name));
  return Object.fromEntries(Object.keys(rules).map((name) => [name, read(name)])) as Parameters<Rules>;
}
