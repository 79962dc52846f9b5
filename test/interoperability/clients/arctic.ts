import { CodeChallengeMethod, generateCodeVerifier, generateState, OAuth2Client, type OAuth2RequestError, type OAuth2Tokens } from "arctic";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

const open = (server: Registration) => new OAuth2Client(server.clientId, server.clientSecret, server.redirectUri);

const tokensOf = (tokens: OAuth2Tokens): Tokens => ({
  accessToken: tokens.accessToken(),
  refreshToken: tokens.hasRefreshToken() ? tokens.refreshToken() : undefined,
});

async function codeWithPkce(server: Registration, visit: Visit): Promise<Tokens> {
  const verifier = generateCodeVerifier();
  const { authorizationEndpoint, scopes } = server;
  const address = open(server).createAuthorizationURLWithPKCE(authorizationEndpoint, generateState(), CodeChallengeMethod.S256, verifier, [...scopes]);
  const answer = new URL(await visit(address.href)).searchParams;
  return tokensOf(await open(server).validateAuthorizationCode(server.tokenEndpoint, answer.get("code") ?? "", verifier));
}

export const arctic: ClientAdapter = {
  package: "arctic",
  notes: [
    "A library to sign users in with: no client credentials, no introspection.",
    "Sends the secret by Basic, without form-encoding it first; our ids and secrets are the same bytes either way.",
    "Reads `error` from answers with status 400 and 401 only; a 429 or 503 reaches the caller as `UnexpectedResponseError` with the status.",
  ],
  codeWithPkce,
  codeOfPublicClient: codeWithPkce,
  async codeWithoutPkce(server, visit) {
    const address = open(server).createAuthorizationURL(server.authorizationEndpoint, generateState(), [...server.scopes]);
    const answer = new URL(await visit(address.href)).searchParams;
    return tokensOf(await open(server).validateAuthorizationCode(server.tokenEndpoint, answer.get("code") ?? "", null));
  },
  refresh: async (server, refreshToken) => tokensOf(await open(server).refreshAccessToken(server.tokenEndpoint, refreshToken, [])),
  revoke: (server, token) => open(server).revokeToken(server.revocationEndpoint, token),
  errorCode: (error) => (error as OAuth2RequestError).code,
};
