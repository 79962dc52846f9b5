/** @jmondi/oauth2-server on bare node:http: JWTs signed by HMAC, repositories that keep everything in memory. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { AuthorizationServer, DateInterval, OAuthRequest } from "@jmondi/oauth2-server";
import { SCOPE } from "../scenarios.ts";
import { CLIENT_ID, CLIENT_SECRET, KEEP_ALIVE, offer, PORT } from "./peer.ts";

const CLIENT = { id: CLIENT_ID, name: "Shop sync", secret: CLIENT_SECRET, redirectUris: [], allowedGrants: ["client_credentials"], scopes: [{ name: SCOPE }] };
const HOUR = 3_600_000;

const server = new AuthorizationServer(
  {
    getByIdentifier: async () => CLIENT,
    isClientValid: async (_grant: string, client: typeof CLIENT, secret: string) => client.id === CLIENT_ID && secret === CLIENT_SECRET,
  },
  {
    issueToken: async (client: unknown, scopes: unknown) => ({
      accessToken: randomBytes(20).toString("hex"),
      accessTokenExpiresAt: new Date(Date.now() + HOUR),
      client,
      scopes,
    }),
    persist: async () => {},
    revoke: async () => {},
    isRefreshTokenRevoked: async () => false,
  },
  { getAllByIdentifiers: async (names: readonly string[]) => names.map((name) => ({ name })), finalize: async (scopes: unknown) => scopes },
  randomBytes(32).toString("hex"),
);
server.enableGrantTypes(["client_credentials", new DateInterval("1h")]);
offer({});

async function answer(request: IncomingMessage, text: string) {
  const body = Object.fromEntries(new URLSearchParams(text));
  const { status, headers, body: content } = await server.respondToAccessTokenRequest(new OAuthRequest({ headers: request.headers, query: {}, body }));
  return { status, headers, body: JSON.stringify(content) };
}

createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    answer(request, text).then(
      ({ status, headers, body }) =>
        response.writeHead(status, { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body),
      () => response.writeHead(400, { "content-length": 0 }).end(),
    );
  });
}).listen(PORT, "127.0.0.1");
