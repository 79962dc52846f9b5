/** @node-oauth/oauth2-server on bare node:http, with a model that keeps everything in memory. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import OAuth2Server from "@node-oauth/oauth2-server";
import { SCOPE } from "../scenarios.ts";
import { CLIENT_ID, CLIENT_SECRET, KEEP_ALIVE, offer, PORT, REFRESH_TOKENS } from "./peer.ts";

interface Token {
  readonly accessToken: string;
  readonly refreshToken?: string;
  readonly [other: string]: unknown;
}

const CLIENT = { id: CLIENT_ID, grants: ["client_credentials", "refresh_token"] };
const USER = { id: "ada" };
const refreshTokens = new Map<string, Token>();

const server = new OAuth2Server({
  alwaysIssueNewRefreshToken: true,
  model: {
    getClient: async (id: string, secret: string) => id === CLIENT_ID && secret === CLIENT_SECRET && CLIENT,
    getUserFromClient: async () => USER,
    validateScope: async (_user: unknown, _client: unknown, scope: readonly string[]) => scope,
    saveToken: async (token: Token, client: unknown, user: unknown) => {
      const saved = { ...token, client, user };
      if (token.refreshToken !== undefined) refreshTokens.set(token.refreshToken, saved);
      return saved;
    },
    getRefreshToken: async (text: string) => refreshTokens.get(text),
    revokeToken: async ({ refreshToken }: Token) => refreshTokens.delete(refreshToken!),
  },
});

const offered = Array.from({ length: REFRESH_TOKENS }, () => randomBytes(32).toString("hex"));
for (const refreshToken of offered) refreshTokens.set(refreshToken, { accessToken: "", refreshToken, client: CLIENT, user: USER, scope: [SCOPE] });
offer({ refreshTokens: offered });

async function answer(
  request: IncomingMessage,
  text: string,
): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly body: string }> {
  const body = Object.fromEntries(new URLSearchParams(text));
  const response = new OAuth2Server.Response({});
  await server.token(new OAuth2Server.Request({ method: request.method, headers: request.headers, query: {}, body }), response);
  return { status: response.status, headers: response.headers, body: JSON.stringify(response.body) };
}

createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    answer(request, text).then(
      ({ status, headers, body }) =>
        response.writeHead(status, { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body),
      (error: { readonly code?: number }) => response.writeHead(error.code ?? 500, { "content-length": 0 }).end(),
    );
  });
}).listen(PORT, "127.0.0.1");
