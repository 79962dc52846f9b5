/** A brand with a webhook and an application that may call it, for the tests of the receiver. */
import type { User } from "../../src/identity/user.ts";
import type { Scope } from "../../src/oauth/scope.ts";
import type { Customer } from "../../src/customers/customer.ts";
import type { CallWithWebhook } from "../../src/webhooks/webhook-store.ts";
import type { MappingDraft } from "../../src/webhooks/mapping/field-mapping.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { addBrand, addUser } from "../support/records.ts";
import type { TestHookgate } from "../support/start-hookgate.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly rule: string }[];
}

export interface Receiving {
  readonly hookgate: TestHookgate;
  readonly brandId: string;
  readonly owner: User;
  readonly webhook: Webhook;
  readonly clientId: string;
  readonly token: string;
  readonly endpoint: string;
  /** Posts a body as `application/json` with the token; headers overlay those, undefined takes one away. */
  readonly send: (body: BodyInit | object | null, headers?: Record<string, string | undefined>) => Promise<Answer>;
  readonly tokenFor: (clientId: string, scopes?: readonly Scope[]) => Promise<string>;
  /** Newest first. */
  readonly customers: () => Promise<readonly Customer[]>;
  /** Newest first. A refused call is in the log before the next request of whoever was refused. */
  readonly calls: () => Promise<readonly CallWithWebhook[]>;
}

/** E-mail addresses to names, found by e-mail address. */
export const BY_EMAIL: MappingDraft = {
  fields: [
    { path: "$.email", field: "emailaddress" },
    { path: "$.firstname", field: "firstname" },
    { path: "$.gender", field: "gender" },
  ],
  deduplicateBy: ["emailaddress"],
};

let brands = 0;

export async function receiving(hookgate: TestHookgate, mapping: MappingDraft | null = null): Promise<Receiving> {
  const { services, store, clock } = hookgate;
  const brandId = await addBrand(hookgate, `Receiving brand ${brands++}`);
  await store.brands.activateModule(brandId, "oauth2-server", clock.now());
  const owner = await addUser(hookgate, { brandId, role: "member", name: "Owner" });
  const clientId = await addApplication(hookgate, owner);
  const added = await services.webhooks.add({ brandId, ownerId: owner.id, name: "Orders", authentication: "oauth2", mapping });
  if (added.kind !== "added") throw new Error(JSON.stringify(added.errors));
  const { webhook } = added;
  const endpoint = `${hookgate.url}/hooks/${webhook.id}`;
  const tokenFor = async (id: string, grantedScopes: readonly Scope[] = ["apps.webhook:execute"]) =>
    (await services.accessTokens.issue({ clientId: id, grantId: null, userId: null, grantedScopes })).accessToken;
  const token = await tokenFor(clientId);
  return {
    hookgate,
    brandId,
    owner,
    webhook,
    clientId,
    token,
    endpoint,
    tokenFor,
    send: (body, headers = {}) => post(endpoint, body, { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers }),
    customers: async () => (await store.customers.listCustomers(brandId, null, { limit: 1_000, after: null })).rows,
    calls: async () => {
      await (await fetch(`${hookgate.url}/livez`)).text();
      const { rows } = await store.calls.listCalls(brandId, { webhookId: webhook.id, ownerId: null, outcome: null }, { limit: 1_000, after: null });
      return Promise.all(rows.map(async ({ id }) => (await store.calls.findCall(brandId, id))!));
    },
  };
}

export async function addApplication({ services }: TestHookgate, owner: User): Promise<string> {
  const registered = await services.applications.register({
    brandId: owner.brandId,
    ownerId: owner.id,
    name: "Shop sync",
    description: "",
    type: "confidential",
    scopes: ["apps.webhook:execute"],
    redirectUris: [],
  });
  if (registered.kind !== "registered") throw new Error(JSON.stringify(registered.errors));
  return registered.application.clientId;
}

export async function post(url: string, body: BodyInit | object | null, headers: Record<string, string | undefined>, method = "POST"): Promise<Answer> {
  const sent = Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined);
  const request: RequestInit = { method, headers: sent, body: isBody(body) ? body : JSON.stringify(body) };
  return answerOf(await fetch(url, request));
}

function isBody(body: BodyInit | object | null): body is BodyInit | null {
  return body === null || typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: text === "" ? undefined : (JSON.parse(text) as unknown) };
}
