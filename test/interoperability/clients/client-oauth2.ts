import ClientOAuth2 from "client-oauth2";
import { newPkce } from "../../protocol/protocol-kit.ts";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

function open(server: Registration): ClientOAuth2 {
  return new ClientOAuth2({
    clientId: server.clientId,
    ...(server.clientSecret !== null && { clientSecret: server.clientSecret }),
    accessTokenUri: server.tokenEndpoint,
    authorizationUri: server.authorizationEndpoint,
    redirectUri: server.redirectUri,
    scopes: [...server.scopes],
    state: "xyz",
  });
}

const tokensOf = ({ accessToken, refreshToken }: ClientOAuth2.Token): Tokens => ({ accessToken, refreshToken });

async function code(server: Registration, visit: Visit, pkce: boolean): Promise<Tokens> {
  const library = open(server);
  const { verifier, challenge } = newPkce();
  const address = library.code.getUri(pkce ? { query: { code_challenge: challenge, code_challenge_method: "S256" } } : {});
  return tokensOf(await library.code.getToken(await visit(address), pkce ? { body: { code_verifier: verifier } } : {}));
}

export const clientOauth2: ClientAdapter = {
  package: "client-oauth2",
  notes: [
    "Sends the secret by Basic only, without form-encoding it first; our ids and secrets are the same bytes either way.",
    "Knows no PKCE; what the caller makes goes through its options `query` (to the authorization endpoint) and `body` (to the token endpoint).",
    "Client credentials send the scopes that it was made with: leave out `offline_access`, or let it be left out of the answer.",
  ],
  credentialsByBasic: async (server) => tokensOf(await open(server).credentials.getToken()),
  codeWithPkce: (server, visit) => code(server, visit, true),
  codeOfPublicClient: (server, visit) => code(server, visit, true),
  codeWithoutPkce: (server, visit) => code(server, visit, false),
  refresh: async (server, refreshToken) => tokensOf(await open(server).createToken("", refreshToken, {}).refresh()),
  errorCode: (error) => (error as { body: { error: unknown } }).body.error,
};
