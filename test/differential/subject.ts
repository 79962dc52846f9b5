/** A server under comparison. Both know the same clients, under the same ids and secrets, and one user who has signed in. */
import { randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { outcomeOf, type Outcome, type Surroundings } from "./outcome.ts";
import { send, sendTemplate, type Endpoint, type Pairs, type RequestTemplate } from "./request.ts";

export interface SharedClient {
  readonly clientId: string;
  /** Empty for a public client. */
  readonly clientSecret: string;
  readonly scopes: string;
  readonly redirectUris: readonly string[];
}

/** Named by what they are for. */
export interface SharedClients {
  readonly main: SharedClient;
  readonly other: SharedClient;
  readonly publicClient: SharedClient;
  /** Registered for webhooks only, without offline access. */
  readonly narrow: SharedClient;
  /** Registered for offline access only. */
  readonly offline: SharedClient;
  readonly native: SharedClient;
  /** Several redirect URIs. */
  readonly several: SharedClient;
}

export const SCOPE = "apps.webhook:execute";
/** The example of RFC 7636 appendix B. */
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** What each server does in its own way. */
export interface ServerUnderComparison extends Surroundings {
  readonly addressOf: (endpoint: Endpoint) => string;
  /** Headers of the browser in which the user has signed in. */
  readonly browser: Pairs;
  /** Lets the user allow the request; gives the code of the answer. */
  authorize(parameters: Pairs): Promise<string>;
  close(): Promise<void>;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export class Subject {
  readonly #server: ServerUnderComparison;
  readonly #clients: SharedClients;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(server: ServerUnderComparison, clients: SharedClients) {
    this.#server = server;
    this.#clients = clients;
  }

  async outcomeOf(template: RequestTemplate): Promise<Outcome> {
    const { addressOf, browser } = this.#server;
    const values = new Map<string, Promise<string>>();
    // Within one request a name stands for one value.
    const valueOf = (name: string) => values.get(name) ?? values.set(name, this.#make(name)).get(name)!;
    // Each request comes from a machine of its own: what is compared are answers to one request, not throttles.
    const headers: Pairs = template.endpoint === "authorize" ? browser : [["X-Forwarded-For", randomBytes(4).join(".")]];
    return outcomeOf(template.endpoint, await sendTemplate(template, { addressOf, valueOf, headers, agent: this.#agent }), this.#server);
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#server.close();
  }

  async #make(name: string): Promise<string> {
    const fixed = this.#fixed()[name];
    if (fixed !== undefined) return fixed;
    const made = MAKERS[name];
    if (!made) throw new Error(`Nothing is called {${name}}.`);
    return made({
      ...this.#clients,
      code: (client, more) => this.#code(client, more),
      tokens: (client, more) => this.#tokens(client, more),
      post: (...all) => this.#post(...all),
    });
  }

  #fixed(): Readonly<Record<string, string>> {
    const { main, other, publicClient, narrow, offline, native, several } = this.#clients;
    return {
      id: main.clientId,
      secret: main.clientSecret,
      other: other.clientId,
      otherSecret: other.clientSecret,
      public: publicClient.clientId,
      narrow: narrow.clientId,
      narrowSecret: narrow.clientSecret,
      offline: offline.clientId,
      offlineSecret: offline.clientSecret,
      native: native.clientId,
      several: several.clientId,
      redirect: main.redirectUris[0]!,
      scope: SCOPE,
      verifier: VERIFIER,
      challenge: CHALLENGE,
    };
  }

  async #code(client: SharedClient, more: Pairs): Promise<string> {
    return this.#server.authorize([["client_id", client.clientId], ["response_type", "code"], ...more]);
  }

  async #tokens(client: SharedClient, more: Pairs = []): Promise<Tokens> {
    const code = await this.#code(client, [...WITH_PKCE, ...more]);
    const answer = await this.#post("token", client, [
      ["grant_type", "authorization_code"],
      ["code", code],
      ["code_verifier", VERIFIER],
      ["redirect_uri", client.redirectUris[0]!],
    ]);
    return answer as unknown as Tokens;
  }

  async #post(endpoint: Endpoint, { clientId, clientSecret }: SharedClient, parameters: Pairs): Promise<Readonly<Record<string, unknown>>> {
    const all: Pairs = [...parameters, ["client_id", clientId], ...(clientSecret === "" ? [] : ([["client_secret", clientSecret]] as const))];
    const body = new URLSearchParams(all.map(([name, value]) => [name, value])).toString();
    const url = this.#server.addressOf(endpoint);
    const headers = ["Host", new URL(url).host, "Content-Type", "application/x-www-form-urlencoded", "Content-Length", String(Buffer.byteLength(body))];
    const { status, text } = await send(url, "POST", headers, body, this.#agent);
    if (status !== 200) throw new Error(`${endpoint} answered ${status}: ${text}`);
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
}

interface Workshop extends SharedClients {
  readonly code: (client: SharedClient, more: Pairs) => Promise<string>;
  readonly tokens: (client: SharedClient, more?: Pairs) => Promise<Tokens>;
  readonly post: (endpoint: Endpoint, client: SharedClient, parameters: Pairs) => Promise<Readonly<Record<string, unknown>>>;
}

const WITH_PKCE: Pairs = [
  ["code_challenge", CHALLENGE],
  ["code_challenge_method", "S256"],
  ["scope", `${SCOPE} offline_access`],
  ["prompt", "consent"],
];
const redirectOf = ({ redirectUris }: SharedClient): Pairs => [["redirect_uri", redirectUris[0]!]];
const WITHOUT_PKCE: Pairs = [
  ["scope", `${SCOPE} offline_access`],
  ["prompt", "consent"],
];

/** Codes and tokens in every state that they can be in; each use of a name makes a new one. */
const MAKERS: Readonly<Record<string, (workshop: Workshop) => Promise<string>>> = {
  code: ({ code, main }) => code(main, [...WITH_PKCE, ...redirectOf(main)]),
  codeWithoutPkce: ({ code, main }) => code(main, [...WITHOUT_PKCE, ...redirectOf(main)]),
  codeWithoutRedirect: ({ code, main }) => code(main, WITHOUT_PKCE),
  codeWithPkceWithoutRedirect: ({ code, main }) => code(main, WITH_PKCE),
  codeOfOther: ({ code, other }) => code(other, [...WITHOUT_PKCE, ...redirectOf(other)]),
  codeOfPublic: ({ code, publicClient }) => code(publicClient, [...WITH_PKCE, ...redirectOf(publicClient)]),
  async usedCode({ code, main, post }) {
    const used = await code(main, [...WITHOUT_PKCE, ...redirectOf(main)]);
    await post("token", main, [["grant_type", "authorization_code"], ["code", used], ...redirectOf(main)]);
    return used;
  },
  access: async ({ post, main }) =>
    String(
      (
        await post("token", main, [
          ["grant_type", "client_credentials"],
          ["scope", SCOPE],
        ])
      )["access_token"],
    ),
  accessOfUser: async ({ tokens, main }) => (await tokens(main)).access_token,
  accessOfOther: async ({ post, other }) =>
    String(
      (
        await post("token", other, [
          ["grant_type", "client_credentials"],
          ["scope", SCOPE],
        ])
      )["access_token"],
    ),
  accessOfPublic: async ({ tokens, publicClient }) => (await tokens(publicClient)).access_token,
  async revokedAccess({ post, main }) {
    const token = String(
      (
        await post("token", main, [
          ["grant_type", "client_credentials"],
          ["scope", SCOPE],
        ])
      )["access_token"],
    );
    await post("revoke", main, [["token", token]]);
    return token;
  },
  async accessOfRevokedRefresh({ tokens, post, main }) {
    const { access_token: access, refresh_token: refresh } = await tokens(main);
    await post("revoke", main, [["token", refresh]]);
    return access;
  },
  refresh: async ({ tokens, main }) => (await tokens(main)).refresh_token,
  refreshOfOther: async ({ tokens, other }) => (await tokens(other)).refresh_token,
  refreshOfPublic: async ({ tokens, publicClient }) => (await tokens(publicClient)).refresh_token,
  async revokedRefresh({ tokens, post, main }) {
    const { refresh_token: refresh } = await tokens(main);
    await post("revoke", main, [["token", refresh]]);
    return refresh;
  },
  /** Rotated twice, so that no grace can be meant for it. */
  async usedRefresh({ tokens, post, main }) {
    const { refresh_token: first } = await tokens(main);
    const second = await post("token", main, [
      ["grant_type", "refresh_token"],
      ["refresh_token", first],
    ]);
    await post("token", main, [
      ["grant_type", "refresh_token"],
      ["refresh_token", String(second["refresh_token"])],
    ]);
    return first;
  },
  /** Rotated once, a moment ago. */
  async rotatedRefresh({ tokens, post, main }) {
    const { refresh_token: first } = await tokens(main);
    await post("token", main, [
      ["grant_type", "refresh_token"],
      ["refresh_token", first],
    ]);
    return first;
  },
  async successor({ tokens, post, main }) {
    const { refresh_token: first } = await tokens(main);
    return String(
      (
        await post("token", main, [
          ["grant_type", "refresh_token"],
          ["refresh_token", first],
        ])
      )["refresh_token"],
    );
  },
};
