/**
 * The walk that everybody shares, played against a server that listens: what a person does in the console goes through the same
 * services, and what programs and browsers do goes over HTTP. It owns the order of the steps; it knows nothing of how they are drawn.
 */
import { createHash, randomBytes } from "node:crypto";
import { DEFAULT_BRAND_ID } from "../../brands/brand.ts";
import { newSecret } from "../../lib/secret.ts";
import type { Services } from "../../services.ts";
import { CommandFailure, failureOf } from "../output.ts";
import { DemoBrowser } from "./demo-browser.ts";
import { callOf, demoCalls, orderOf } from "./demo-calls.ts";
import type { DemoScreen } from "./demo-screen.ts";
import { exchange, send, shortened, type Answer, type Tell } from "./exchange.ts";
import { openRedirectCatcher, type RedirectCatcher } from "./redirect-catcher.ts";

export interface DemoServer {
  readonly url: string;
  readonly services: Services;
}

/** Who can sign in to the console after the walk. */
export interface DemoUser {
  readonly email: string;
  readonly password: string;
}

const USER = { name: "Ada Lovelace", email: "ada@example.com", role: "admin" } as const;
const APPLICATION = { name: "Shop sync", description: "Sends the orders of the shop.", type: "confidential" } as const;
const SCOPE = "apps.webhook:execute offline_access";
const WEBHOOK_NAME = "Shop orders";
const MAPPING = {
  fields: [
    { path: "$.email", field: "emailaddress" },
    { path: "$.firstname", field: "firstname" },
    { path: "$.lastname", field: "lastname" },
    { path: "$.optin", field: "optin" },
    { path: "$.address.city", field: "city" },
  ],
  deduplicateBy: ["emailaddress"],
} as const;

const CALLS = 300;
/** Calls under way at the same time. */
const CALLS_AT_ONCE = 10;

/** Plays every step. The first that fails ends it with one line that names the step. */
export async function playWalk(server: DemoServer, screen: DemoScreen): Promise<DemoUser> {
  const catcher = await openRedirectCatcher();
  try {
    return await new DemoWalk(server, screen, catcher).play();
  } finally {
    catcher.close();
  }
}

interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
}

class DemoWalk {
  readonly #server: DemoServer;
  readonly #screen: DemoScreen;
  readonly #catcher: RedirectCatcher;
  #steps = 0;

  constructor(server: DemoServer, screen: DemoScreen, catcher: RedirectCatcher) {
    this.#server = server;
    this.#screen = screen;
    this.#catcher = catcher;
  }

  async play(): Promise<DemoUser> {
    const { userId, ...user } = await this.#step("Add a user", (tell) => this.#addUser(tell));
    const client = await this.#step("Register an application", (tell) => this.#register(userId, tell));
    const webhookId = await this.#step("Install a webhook", (tell) => this.#install(userId, tell));
    const endpoint = `${this.#server.url}/hooks/${webhookId}`;
    const ownToken = await this.#step("Get a token by client credentials", (tell) => this.#tokenOf(client, { grant_type: "client_credentials" }, tell));
    await this.#step("Send the first call: a sample", (tell) => exchange(tell, endpoint, callOf(orderOf(0), ownToken.access_token)));
    await this.#step("Map its fields", (tell) => this.#map(userId, webhookId, tell));
    const verifier = newSecret("");
    const code = await this.#step("Get a code: sign in and consent in a browser", (tell) => this.#consent(client, user, verifier, tell));
    const usersToken = await this.#step("Redeem the code for a token", (tell) => {
      return this.#tokenOf(client, { grant_type: "authorization_code", code, redirect_uri: this.#catcher.redirectUri, code_verifier: verifier }, tell);
    });
    const renewed = await this.#step("Renew the token by the refresh token", (tell) => {
      return this.#tokenOf(client, { grant_type: "refresh_token", refresh_token: usersToken.refresh_token ?? "" }, tell);
    });
    await this.#step("Send a call: a customer", (tell) => exchange(tell, endpoint, callOf(orderOf(0), renewed.access_token)));
    await this.#step("Be refused on purpose", (tell) => this.#beRefused(client, endpoint, tell));
    await this.#step(`Send ${CALLS} calls, some to be refused`, (tell) => this.#sendMany(endpoint, [ownToken.access_token, renewed.access_token], tell));
    return user;
  }

  async #step<Result>(title: string, work: (tell: Tell) => Promise<Result>): Promise<Result> {
    const numbered = `${(this.#steps += 1)}. ${title}`;
    const lines: string[] = [];
    try {
      const result = await work((line) => lines.push(line));
      this.#screen.step(numbered, lines, "done");
      return result;
    } catch (error) {
      this.#screen.step(numbered, lines, "failed");
      throw new CommandFailure(`Step ${numbered}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #addUser(tell: Tell): Promise<DemoUser & { readonly userId: string }> {
    // Random although it guards toys only: a store that was kept may be served later.
    const password = randomBytes(12).toString("base64url");
    const added = await this.#server.services.userService.addUser({ brandId: DEFAULT_BRAND_ID, ...USER, password });
    if (added.kind === "invalid") throw failureOf(added.errors);
    tell(`${USER.name} <${USER.email}>, ${USER.role}`);
    return { userId: added.user.id, email: USER.email, password };
  }

  async #register(ownerId: string, tell: Tell): Promise<Client> {
    const draft = { brandId: DEFAULT_BRAND_ID, ownerId, ...APPLICATION, scopes: SCOPE.split(" "), redirectUris: [this.#catcher.redirectUri] };
    const registered = await this.#server.services.applications.register(draft);
    if (registered.kind === "invalid") throw failureOf(registered.errors);
    const { application, clientSecret } = registered;
    tell(`${application.name}, which may ask for ${SCOPE}`);
    tell(`Client ID:     ${application.clientId}`);
    tell(`Client secret: ${shortened(clientSecret!)}`);
    tell(`Redirect URI:  ${this.#catcher.redirectUri}`);
    return { clientId: application.clientId, clientSecret: clientSecret! };
  }

  async #install(ownerId: string, tell: Tell): Promise<string> {
    const added = await this.#server.services.webhooks.add({ brandId: DEFAULT_BRAND_ID, ownerId, name: WEBHOOK_NAME, authentication: "oauth2", mapping: null });
    if (added.kind === "invalid") throw failureOf({ ...added.errors });
    tell(`${WEBHOOK_NAME}, which asks for OAuth 2.0`);
    tell(`Endpoint: ${this.#server.url}/hooks/${added.webhook.id}`);
    return added.webhook.id;
  }

  async #map(userId: string, webhookId: string, tell: Tell): Promise<void> {
    const updated = await this.#server.services.webhooks.setMapping({ brandId: DEFAULT_BRAND_ID, userId, isAdmin: true }, webhookId, MAPPING);
    if (updated.kind !== "updated") throw new Error(`the mapping was not taken: ${updated.kind}`);
    for (const { path, field } of MAPPING.fields) tell(`${path} -> ${field}`);
    tell(`An order of a known ${MAPPING.deduplicateBy.join(", ")} updates its customer.`);
  }

  async #consent({ clientId }: Client, { email, password }: DemoUser, verifier: string, tell: Tell): Promise<string> {
    const { url } = this.#server;
    const state = randomBytes(6).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const request = { client_id: clientId, response_type: "code", scope: SCOPE, state, code_challenge: challenge, code_challenge_method: "S256" };
    const browser = new DemoBrowser(tell);
    await browser.open(`${url}/oauth2/auth?${new URLSearchParams(request)}`);
    await browser.open(await browser.submit("/oauth2/auth", { email, password }, url));
    await browser.open(await browser.submit("/oauth2/consent", { decision: "allow" }, url));
    const answer = this.#catcher.caught();
    // RFC 9207 section 2.4 and RFC 6749 section 10.12: what every client should check before it uses a code.
    if (answer.get("state") !== state || answer.get("iss") !== url) throw new Error("the redirect carries another state or issuer");
    tell("state and iss are those of this request.");
    return answer.get("code") ?? "";
  }

  async #tokenOf(client: Client, parameters: Readonly<Record<string, string>>, tell: Tell): Promise<TokenAnswer> {
    return JSON.parse((await this.#askForToken(client, parameters, tell, 200)).text) as TokenAnswer;
  }

  #askForToken({ clientId, clientSecret }: Client, parameters: Readonly<Record<string, string>>, tell: Tell, expectedStatus: number): Promise<Answer> {
    const headers = { Authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`, "Content-Type": "application/x-www-form-urlencoded" };
    return exchange(tell, `${this.#server.url}/oauth2/token`, { headers, body: new URLSearchParams(parameters).toString() }, expectedStatus);
  }

  async #beRefused(client: Client, endpoint: string, tell: Tell): Promise<void> {
    await this.#askForToken({ ...client, clientSecret: newSecret("hgs_") }, { grant_type: "client_credentials" }, tell, 401);
    await this.#askForToken(client, { grant_type: "client_credentials", scope: "apps.webhook:read" }, tell, 400);
    await exchange(tell, endpoint, callOf(orderOf(0), "hga_expired"), 401);
    tell("The application's error log and the call log say why, under these references.");
  }

  async #sendMany(endpoint: string, accessTokens: readonly string[], tell: Tell): Promise<void> {
    const calls = demoCalls(CALLS, accessTokens);
    const answers = new Map<number, number>();
    const bar = this.#screen.progress("Sending calls", calls.length);
    // All senders take from one queue.
    const queue = calls.values();
    const sendFromQueue = async () => {
      for (const { expectedStatus, ...sent } of queue) {
        const { status, text } = await send(endpoint, sent);
        if (status !== expectedStatus) throw new Error(`a call was answered ${status}, not ${expectedStatus}: ${text}`);
        answers.set(status, (answers.get(status) ?? 0) + 1);
        bar.advance();
      }
    };
    try {
      await Promise.all(Array.from({ length: CALLS_AT_ONCE }, sendFromQueue));
    } finally {
      bar.close();
    }
    for (const [status, count] of [...answers].toSorted(([a], [b]) => a - b)) tell(`${count} answered ${status}`);
  }
}

interface TokenAnswer {
  readonly access_token: string;
  readonly refresh_token?: string;
}
