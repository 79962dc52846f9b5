import { generateCodeVerifier, OAuth2Client, type OAuth2HttpError, type OAuth2Token } from "@badgateway/oauth2-client";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

type Method = "client_secret_basic" | "client_secret_post";

/** Finds the endpoints by the metadata document. */
function open(server: Registration, authenticationMethod?: Method): OAuth2Client {
  return new OAuth2Client({
    server: server.issuer,
    clientId: server.clientId,
    ...(server.clientSecret !== null && { clientSecret: server.clientSecret }),
    ...(authenticationMethod && { authenticationMethod }),
  });
}

const tokensOf = ({ accessToken, refreshToken }: OAuth2Token): Tokens => ({ accessToken, refreshToken: refreshToken ?? undefined });

const tokenOf = (accessToken: string, refreshToken: string | null = null): OAuth2Token => ({ accessToken, refreshToken, expiresAt: null });

async function code(server: Registration, visit: Visit, codeVerifier?: string): Promise<Tokens> {
  const library = open(server);
  const parameters = { redirectUri: server.redirectUri, state: "xyz", ...(codeVerifier !== undefined && { codeVerifier }) };
  const address = await library.authorizationCode.getAuthorizeUri({ ...parameters, scope: [...server.scopes] });
  return tokensOf(await library.authorizationCode.getTokenFromCodeRedirect(await visit(address), parameters));
}

export const badgatewayOauth2Client: ClientAdapter = {
  package: "@badgateway/oauth2-client",
  notes: [
    "Finds the endpoints by the metadata document when only `server` is given, and takes the first authentication method of that document that it knows: Basic.",
    "Without discovery it encodes only the colon in Basic. Our ids and secrets have none, so all of its three ways send what we expect.",
  ],
  credentialsByBasic: async (server) => tokensOf(await open(server, "client_secret_basic").clientCredentials()),
  credentialsInBody: async (server) => tokensOf(await open(server, "client_secret_post").clientCredentials()),
  codeWithPkce: async (server, visit) => code(server, visit, await generateCodeVerifier()),
  codeOfPublicClient: async (server, visit) => code(server, visit, await generateCodeVerifier()),
  codeWithoutPkce: (server, visit) => code(server, visit),
  refresh: async (server, refreshToken) => tokensOf(await open(server).refreshToken(tokenOf("", refreshToken))),
  revoke: (server, token) => open(server).revoke(tokenOf(token)),
  introspect: async (server, token) => (await open(server).introspect(tokenOf(token))).active,
  errorCode: (error) => (error as OAuth2HttpError).oauth2Code,
};
