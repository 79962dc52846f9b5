/** What the protocol tests share: a registered client, a token request as any HTTP client would send it, and the walk through consent. */
import { hash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { User } from "../../src/identity/user.ts";
import type { HttpBrowser } from "../support/http-browser.ts";
import { addUser, signedIn } from "../support/records.ts";
import type { TestHookgate } from "../support/start-hookgate.ts";

export const REDIRECT_URI = "https://shop.example.com/callback";

export interface TestClient {
  readonly clientId: string;
  /** Empty for a public client. */
  readonly clientSecret: string;
  readonly owner: User;
}

interface ClientDraft {
  readonly owner?: User;
  readonly name?: string;
  readonly type?: "confidential" | "public";
  readonly scopes?: readonly string[];
  readonly redirectUris?: readonly string[];
}

/** Registers an application as its owner would, by default a new member of the default brand. */
export async function addClient(hookgate: TestHookgate, draft: ClientDraft = {}): Promise<TestClient> {
  const owner = draft.owner ?? (await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" }));
  const registered = await hookgate.services.applications.register({
    brandId: owner.brandId,
    ownerId: owner.id,
    name: draft.name ?? "Shop sync",
    description: "",
    type: draft.type ?? "confidential",
    scopes: draft.scopes ?? ["apps.webhook:execute", "offline_access"],
    redirectUris: draft.redirectUris ?? [REDIRECT_URI],
  });
  if (registered.kind !== "registered") throw new Error(`Not registered: ${JSON.stringify(registered.errors)}`);
  return { clientId: registered.application.clientId, clientSecret: registered.clientSecret ?? "", owner };
}

export function basic({ clientId, clientSecret }: Pick<TestClient, "clientId" | "clientSecret">): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
}

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Parameters by name; a list of pairs where a name comes twice; a text is the body as it stands. */
export type Body = string | Uint8Array<ArrayBuffer> | Readonly<Record<string, string>> | readonly (readonly [string, string])[];

export async function postToken(
  hookgate: TestHookgate,
  body: Body,
  headers: Readonly<Record<string, string>> = {},
  path = "/oauth2/token",
): Promise<TokenAnswer> {
  const encoded = typeof body === "string" || body instanceof Uint8Array ? body : new URLSearchParams(body as Record<string, string>).toString();
  const response = await fetch(hookgate.url + path, {
    method: "POST",
    body: encoded,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) as Record<string, unknown> };
}

export async function clientCredentials(hookgate: TestHookgate, client: TestClient, parameters: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
  return postToken(hookgate, { grant_type: "client_credentials", ...parameters }, { authorization: basic(client) });
}

/** Status and `error` of an answer: what most tests are about. */
export function errorOf({ status, json }: TokenAnswer): readonly [number, unknown] {
  return [status, json["error"]];
}

/** A request with a header that comes more than once, which `fetch` cannot send. */
export async function sendRaw(
  url: string,
  { method = "POST", headers, body = "" }: { method?: string; headers: Record<string, string | string[]>; body?: string },
): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function newPkce(): Pkce {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: hash("sha256", verifier, "base64url") };
}

export function authorizationPath(parameters: Readonly<Record<string, string>> | readonly (readonly [string, string])[]): string {
  return `/oauth2/auth?${new URLSearchParams(parameters as Record<string, string>)}`;
}

/** The parameters of a request that every client of these tests may send. */
export function goodRequest(client: TestClient, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { client_id: client.clientId, response_type: "code", state: "xyz", ...more };
}

/** Lets the owner allow the request in the given or a new browser, or finds that it was allowed before; gives the parameters of the redirect and its address. */
export async function consent(
  hookgate: TestHookgate,
  client: TestClient,
  parameters: Readonly<Record<string, string>> = {},
  browser?: HttpBrowser,
): Promise<{ readonly answer: URLSearchParams; readonly location: string }> {
  const owner = browser ?? (await signedIn(hookgate, client.owner));
  const page = await owner.get(authorizationPath(goodRequest(client, parameters)));
  return redirectOf(page.status === 303 ? page : await owner.submit("/oauth2/consent", { decision: "allow" }));
}

/** The owner takes back what was allowed, so that the next request is asked about again. False when nothing was. */
export function withdraw({ services }: TestHookgate, { clientId, owner }: TestClient): Promise<boolean> {
  return services.consents.withdraw(owner.brandId, clientId, owner.id);
}

/** Where an answer leads; fails for one that is no redirect. */
export function redirectOf(page: { readonly status: number; readonly headers: Headers }): { readonly answer: URLSearchParams; readonly location: string } {
  const location = page.headers.get("location");
  if (page.status !== 303 || location === null) throw new Error(`No redirect, but ${page.status}.`);
  return { answer: new URL(location).searchParams, location };
}

export async function newCode(hookgate: TestHookgate, client: TestClient, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  const { answer } = await consent(hookgate, client, parameters);
  const code = answer.get("code");
  if (code === null) throw new Error(`No code, but ${answer}.`);
  return code;
}

/** Exchanges a code; a public client names itself in the body. */
export async function exchange(
  hookgate: TestHookgate,
  client: TestClient,
  code: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const body = { grant_type: "authorization_code", code, ...parameters };
  return client.clientSecret === ""
    ? postToken(hookgate, { ...body, client_id: client.clientId })
    : postToken(hookgate, body, { authorization: basic(client) });
}
