import * as client from "openid-client";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

async function configure(server: Registration, authentication: client.ClientAuth | undefined = authenticationOf(server)): Promise<client.Configuration> {
  // The tests speak http on loopback.
  const options: client.DiscoveryRequestOptions = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };
  return client.discovery(new URL(server.issuer), server.clientId, server.clientSecret ?? {}, authentication, options);
}

/** The library's own choice where there is a secret: the body. */
const authenticationOf = ({ clientSecret }: Registration) => (clientSecret === null ? client.None() : undefined);

const tokensOf = ({ access_token, refresh_token }: client.TokenEndpointResponse): Tokens => ({ accessToken: access_token, refreshToken: refresh_token });

async function code(server: Registration, visit: Visit, pkce: boolean): Promise<Tokens> {
  const configuration = await configure(server);
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const address = client.buildAuthorizationUrl(configuration, {
    redirect_uri: server.redirectUri,
    scope: server.scopes.join(" "),
    state,
    ...(pkce && { code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256" }),
  });
  const returned = new URL(await visit(address.href));
  const checks = { expectedState: state, ...(pkce && { pkceCodeVerifier: verifier }) };
  return tokensOf(await client.authorizationCodeGrant(configuration, returned, checks));
}

export const openidClient: ClientAdapter = {
  package: "openid-client",
  notes: [
    'Finds everything by the metadata document; pass `algorithm: "oauth2"`, because Hookgate is no OpenID provider and has no `openid-configuration`.',
    "Sends the secret in the body unless told `ClientSecretBasic`, which form-encodes id and secret. Both work.",
    "A 401 with a challenge is thrown as `WWWAuthenticateChallengeError`; the `error` is in the body of its `response`.",
  ],
  credentialsByBasic: async (server) =>
    tokensOf(await client.clientCredentialsGrant(await configure(server, client.ClientSecretBasic(server.clientSecret ?? "")))),
  credentialsInBody: async (server) => tokensOf(await client.clientCredentialsGrant(await configure(server))),
  codeWithPkce: (server, visit) => code(server, visit, true),
  codeOfPublicClient: (server, visit) => code(server, visit, true),
  codeWithoutPkce: (server, visit) => code(server, visit, false),
  refresh: async (server, refreshToken) => tokensOf(await client.refreshTokenGrant(await configure(server), refreshToken)),
  revoke: async (server, token) => client.tokenRevocation(await configure(server), token),
  introspect: async (server, token) => (await client.tokenIntrospection(await configure(server), token)).active,
  async errorCode(error) {
    return ((await (error as client.WWWAuthenticateChallengeError).response.json()) as { error?: unknown }).error;
  },
};
