import { AuthorizationCode, ClientCredentials, type ModuleOptions, type Token } from "simple-oauth2";
import { newPkce } from "../../protocol/protocol-kit.ts";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

const pathOf = (endpoint: string) => new URL(endpoint).pathname;

function settings(server: Registration, authorizationMethod: "header" | "body"): ModuleOptions {
  return {
    client: { id: server.clientId, secret: server.clientSecret ?? "" },
    auth: {
      tokenHost: server.issuer,
      tokenPath: pathOf(server.tokenEndpoint),
      ...(server.revocationEndpoint && { revokePath: pathOf(server.revocationEndpoint) }),
    },
    options: { authorizationMethod },
  };
}

/** The code grant's settings: only they may name the authorization endpoint. */
function codeSettings(server: Registration): ModuleOptions {
  const base = settings(server, server.clientSecret === null ? "body" : "header");
  return { ...base, auth: { ...base.auth, authorizePath: pathOf(server.authorizationEndpoint) } };
}

function tokensOf(token: Token): Tokens {
  const { access_token: accessToken, refresh_token: refreshToken } = token as { access_token: string; refresh_token?: string };
  return { accessToken, refreshToken };
}

async function clientCredentials(server: Registration, authorizationMethod: "header" | "body"): Promise<Tokens> {
  return tokensOf((await new ClientCredentials(settings(server, authorizationMethod)).getToken({})).token);
}

async function code(server: Registration, visit: Visit, pkce: boolean): Promise<Tokens> {
  const library = new AuthorizationCode(codeSettings(server));
  const { verifier, challenge } = newPkce();
  const address = library.authorizeURL({
    redirect_uri: server.redirectUri,
    scope: [...server.scopes],
    state: "xyz",
    ...(pkce && { code_challenge: challenge, code_challenge_method: "S256" }),
  });
  const answer = new URL(await visit(address)).searchParams;
  const parameters = { code: answer.get("code") ?? "", redirect_uri: server.redirectUri, ...(pkce && { code_verifier: verifier }) };
  return tokensOf((await library.getToken(parameters)).token);
}

export const simpleOauth2: ClientAdapter = {
  package: "simple-oauth2",
  notes: [
    "Knows no PKCE; `code_challenge`, `code_challenge_method` and `code_verifier` that the caller makes are passed through as they are.",
    'A public client sets `secret: ""` and `authorizationMethod: "body"`: the empty `client_secret` that is sent then counts as absent (RFC 6749 section 3.1). By header the library would send Basic with an empty secret, which is a secret and refused.',
    "With `credentialsEncodingMode` strict (its default) or loose the same bytes are sent, because our ids and secrets need no encoding.",
  ],
  credentialsByBasic: (server) => clientCredentials(server, "header"),
  credentialsInBody: (server) => clientCredentials(server, "body"),
  codeWithPkce: (server, visit) => code(server, visit, true),
  codeOfPublicClient: (server, visit) => code(server, visit, true),
  codeWithoutPkce: (server, visit) => code(server, visit, false),
  async refresh(server, refreshToken) {
    const known = new AuthorizationCode(codeSettings(server)).createToken({ refresh_token: refreshToken });
    return tokensOf((await known.refresh()).token);
  },
  async revoke(server, token) {
    await new AuthorizationCode(codeSettings(server)).createToken({ access_token: token }).revoke("access_token");
  },
  errorCode: (error) => (error as { data: { payload: { error: unknown } } }).data.payload.error,
};
