import * as oauth from "oauth4webapi";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

/** The tests speak http on loopback. */
const OPTIONS = { [oauth.allowInsecureRequests]: true } as const;

async function discover({ issuer }: Registration): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: "oauth2", ...OPTIONS }));
}

const basicOf = (server: Registration) => (server.clientSecret === null ? oauth.None() : oauth.ClientSecretBasic(server.clientSecret));

const tokensOf = ({ access_token, refresh_token }: oauth.TokenEndpointResponse): Tokens => ({ accessToken: access_token, refreshToken: refresh_token });

async function clientCredentials(server: Registration, authentication: oauth.ClientAuth): Promise<Tokens> {
  const client = { client_id: server.clientId };
  const authorizationServer = await discover(server);
  const response = await oauth.clientCredentialsGrantRequest(authorizationServer, client, authentication, new URLSearchParams(), OPTIONS);
  return tokensOf(await oauth.processClientCredentialsResponse(authorizationServer, client, response));
}

async function code(server: Registration, visit: Visit, pkce: boolean): Promise<Tokens> {
  const authorizationServer = await discover(server);
  const client = { client_id: server.clientId };
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(authorizationServer.authorization_endpoint ?? "");
  address.search = new URLSearchParams({
    client_id: server.clientId,
    redirect_uri: server.redirectUri,
    response_type: "code",
    scope: server.scopes.join(" "),
    state,
    ...(pkce && { code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" }),
  }).toString();
  const parameters = oauth.validateAuthResponse(authorizationServer, client, new URL(await visit(address.href)), state);
  const response = await oauth.authorizationCodeGrantRequest(
    authorizationServer,
    client,
    basicOf(server),
    parameters,
    server.redirectUri,
    pkce ? verifier : oauth.nopkce,
    OPTIONS,
  );
  return tokensOf(await oauth.processAuthorizationCodeResponse(authorizationServer, client, response));
}

export const oauth4webapi: ClientAdapter = {
  package: "oauth4webapi",
  notes: [
    'Finds everything by the metadata document (`algorithm: "oauth2"`) and checks `iss` of the answer (RFC 9207).',
    "A 401 with a challenge is thrown as `WWWAuthenticateChallengeError`; the `error` is in the body of its `response`.",
  ],
  credentialsByBasic: (server) => clientCredentials(server, basicOf(server)),
  credentialsInBody: (server) => clientCredentials(server, oauth.ClientSecretPost(server.clientSecret ?? "")),
  codeWithPkce: (server, visit) => code(server, visit, true),
  codeOfPublicClient: (server, visit) => code(server, visit, true),
  codeWithoutPkce: (server, visit) => code(server, visit, false),
  async refresh(server, refreshToken) {
    const authorizationServer = await discover(server);
    const client = { client_id: server.clientId };
    const response = await oauth.refreshTokenGrantRequest(authorizationServer, client, basicOf(server), refreshToken, OPTIONS);
    return tokensOf(await oauth.processRefreshTokenResponse(authorizationServer, client, response));
  },
  async revoke(server, token) {
    const authorizationServer = await discover(server);
    await oauth.processRevocationResponse(await oauth.revocationRequest(authorizationServer, { client_id: server.clientId }, basicOf(server), token, OPTIONS));
  },
  async introspect(server, token) {
    const authorizationServer = await discover(server);
    const client = { client_id: server.clientId };
    const response = await oauth.introspectionRequest(authorizationServer, client, basicOf(server), token, OPTIONS);
    return (await oauth.processIntrospectionResponse(authorizationServer, client, response)).active;
  },
  async errorCode(error) {
    return ((await (error as oauth.WWWAuthenticateChallengeError).response.json()) as { error?: unknown }).error;
  },
};
