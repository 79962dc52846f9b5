/**
 * oidc-provider, unmodified, set up as the nearest equivalent: OAuth without OpenID, the same clients, scopes, grants and PKCE policy, refresh
 * tokens that rotate. What it leaves to its operator is chosen as Hookgate has it; nothing is chosen to make it look worse.
 */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { Agent, createServer } from "node:http";
import type { ClientMetadata, Configuration } from "oidc-provider";
import { freePort } from "../support/free-port.ts";
import { send, type Endpoint, type HttpAnswer, type Pairs } from "./request.ts";
import { SCOPE, type ServerUnderComparison, type SharedClient, type SharedClients } from "./subject.ts";

const PATHS: Readonly<Record<Endpoint, string>> = {
  authorize: "/oauth2/auth",
  token: "/oauth2/token",
  revoke: "/oauth2/revoke",
  introspect: "/oauth2/introspect",
  metadata: "/.well-known/oauth-authorization-server",
};

function metadataOf({ clientId, clientSecret, redirectUris, scopes }: SharedClient, isNative: boolean): ClientMetadata {
  const isPublic = clientSecret === "";
  return {
    client_id: clientId,
    ...(isPublic ? {} : { client_secret: clientSecret }),
    token_endpoint_auth_method: isPublic ? "none" : "client_secret_basic",
    redirect_uris: [...redirectUris],
    grant_types: ["authorization_code", "refresh_token", ...(isPublic ? [] : ["client_credentials"])],
    response_types: ["code"],
    scope: scopes,
    application_type: isNative ? "native" : "web",
    id_token_signed_response_alg: "ES256",
  };
}

function configurationOf(clients: SharedClients): Configuration {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    clients: Object.entries(clients).map(([name, client]) => metadataOf(client as SharedClient, name === "native")),
    scopes: [SCOPE, "offline_access"],
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    pkce: { required: (_context, client) => client.tokenEndpointAuthMethod === "none" },
    rotateRefreshToken: true,
    issueRefreshToken: async (_context, _client, source) => source.scopes.has("offline_access"),
    findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    // Every consent is asked for.
    loadExistingGrant: async (context) => {
      const grantId = context.oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : context.oidc.provider.Grant.find(grantId);
    },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: async (_context, client, token) => token.clientId === client.clientId },
      introspection: {
        enabled: true,
        allowedPolicy: async (_context, client, token) => client.clientAuthMethod !== "none" && token.clientId === client.clientId,
      },
      resourceIndicators: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
    },
    jwks: { keys: [privateKey.export({ format: "jwk" })] as never },
    enableHttpPostMethods: true,
    cookies: { keys: ["a key for the cookies of this run only"], long: { sameSite: "none" } },
    ttl: {
      AccessToken: 3_600,
      ClientCredentials: 3_600,
      AuthorizationCode: 600,
      RefreshToken: 86_400,
      Grant: 86_400,
      Interaction: 3_600,
      Session: 86_400,
      IdToken: 600,
    },
    routes: { authorization: PATHS.authorize, token: PATHS.token, revocation: PATHS.revoke, introspection: PATHS.introspect },
  };
}

export async function startOidcProvider(clients: SharedClients): Promise<ServerUnderComparison> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  // Loaded late: it warns on the console of every version of Node that it was not released for, and the test has silenced that by now.
  const { Provider } = await import("oidc-provider");
  const provider = new Provider(issuer, configurationOf(clients));
  const answer = provider.callback();
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(port, "127.0.0.1"), "listening");
  const user = new User(issuer);
  await user.authorize([
    ["client_id", clients.main.clientId],
    ["redirect_uri", clients.main.redirectUris[0]!],
    ["response_type", "code"],
    ["scope", SCOPE],
  ]);
  return {
    issuer,
    interaction: /\/interaction\//,
    addressOf: (endpoint) => issuer + PATHS[endpoint],
    get browser() {
      return user.cookies;
    },
    authorize: (parameters) => user.authorize(parameters),
    async close() {
      user.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The person in front of oidc-provider's own login and consent pages. */
class User {
  readonly #issuer: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #jar = new Map<string, string>();

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  get cookies(): Pairs {
    return [
      [
        "Cookie",
        [...this.#jar]
          .filter(([name]) => name.startsWith("_session"))
          .map(([name, value]) => `${name}=${value}`)
          .join("; "),
      ],
    ];
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Signs in where that is asked, allows everything, and gives the code. */
  async authorize(parameters: Pairs): Promise<string> {
    let next = `${this.#issuer}${PATHS.authorize}?${new URLSearchParams(parameters.map(([name, value]) => [name, value]))}`;
    for (let steps = 0; steps < 10 && next.startsWith(this.#issuer); steps++) {
      const prompt = next.includes("/interaction/") ? /name="prompt" value="(\w+)"/.exec((await this.#send(next, "GET")).text)?.[1] : undefined;
      const answer = await (prompt === undefined ? this.#send(next, "GET") : this.#send(next, "POST", `prompt=${prompt}&login=olga&password=x`));
      next = new URL(String(answer.headers["location"]), next).href;
    }
    const code = new URL(next).searchParams.get("code");
    if (code === null) throw new Error(`oidc-provider gave no code: ${next}`);
    return code;
  }

  async #send(url: string, method: string, body = ""): Promise<HttpAnswer> {
    const { host } = new URL(url);
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = [
      "Host",
      host,
      "Cookie",
      cookie,
      ...(method === "POST" ? ["Content-Type", "application/x-www-form-urlencoded", "Content-Length", String(body.length)] : []),
    ];
    const answer = await send(url, method, headers, body, this.#agent);
    for (const line of [answer.headers["set-cookie"] ?? []].flat()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") this.#jar.delete(name);
      else this.#jar.set(name, value);
    }
    return answer;
  }
}
