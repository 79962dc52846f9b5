/** Every client of the list does all that it declares, and docs/interoperability.md says exactly that. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { addClient, REDIRECT_URI, redirectOf } from "../protocol/protocol-kit.ts";
import { addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { FEATURES, type ClientAdapter, type Feature, type Registration, type Tokens, type Visit } from "./client-adapter.ts";
import { CLIENTS } from "./client-list.ts";
import { interoperabilityDocument } from "./interoperability-document.ts";

interface Metadata {
  readonly grant_types_supported: readonly string[];
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly revocation_endpoint?: string;
  readonly introspection_endpoint?: string;
}

interface Place {
  readonly server: Registration;
  readonly visit: Visit;
}

let hookgate: TestHookgate;
let metadata: Metadata;
let owner: User;
let endpoint: string;
const found = new Map<ClientAdapter, Set<Feature>>(CLIENTS.map((client) => [client, new Set()]));

beforeAll(async () => {
  hookgate = await startHookgate();
  metadata = (await (await fetch(`${hookgate.url}/.well-known/oauth-authorization-server`)).json()) as Metadata;
  owner = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" });
  endpoint = `${hookgate.url}/hooks/${(await addWebhook(hookgate, owner, "Orders")).id}`;
});
afterAll(() => hookgate.close());

/** A new application for each thing that is tried, so that no consent of an earlier one is remembered. */
async function register(type: "confidential" | "public" = "confidential", scopes: readonly string[] = ["apps.webhook:execute"]): Promise<Place> {
  const client = await addClient(hookgate, { type, owner });
  const browser = await signedIn(hookgate, owner);
  const server: Registration = {
    issuer: hookgate.url,
    authorizationEndpoint: metadata.authorization_endpoint,
    tokenEndpoint: metadata.token_endpoint,
    revocationEndpoint: metadata.revocation_endpoint ?? "",
    introspectionEndpoint: metadata.introspection_endpoint ?? "",
    clientId: client.clientId,
    clientSecret: type === "public" ? null : client.clientSecret,
    redirectUri: REDIRECT_URI,
    scopes,
    postmanFile: async (kind) => JSON.parse((await browser.get(`/applications/${client.clientId}/postman/${kind}`)).html) as object,
  };
  const visit: Visit = async (address) => {
    const { origin, pathname, search } = new URL(address);
    expect(origin).toBe(hookgate.url);
    await browser.get(pathname + search);
    return redirectOf(await browser.submit("/oauth2/consent", { decision: "allow" })).location;
  };
  return { server, visit };
}

/** What a token is for: the status of a call of a webhook with it. */
async function callWith({ accessToken }: Tokens): Promise<number> {
  const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
  return (await fetch(endpoint, { method: "POST", headers, body: '{"email":"ada@example.com"}' })).status;
}

/** Tokens that the client got by itself, with a user's consent, for what comes after. */
async function tokensOf(client: ClientAdapter, { server, visit }: Place): Promise<Tokens> {
  const code = client.codeWithPkce ?? client.codeWithoutPkce;
  if (!code) throw new Error(`${client.package} declares no code grant.`);
  return code(server, visit);
}

/** How each feature is put to the test. Throws when the client did not complete it. */
const TRIALS: Readonly<Record<Feature, (client: ClientAdapter) => Promise<void>>> = {
  async credentialsByBasic(client) {
    expect(await callWith(await client.credentialsByBasic!((await register()).server))).toBe(200);
  },
  async credentialsInBody(client) {
    expect(await callWith(await client.credentialsInBody!((await register()).server))).toBe(200);
  },
  async codeWithPkce(client) {
    const { server, visit } = await register();
    expect(await callWith(await client.codeWithPkce!(server, visit))).toBe(200);
  },
  async codeOfPublicClient(client) {
    const { server, visit } = await register("public");
    expect(await callWith(await client.codeOfPublicClient!(server, visit))).toBe(200);
  },
  async codeWithoutPkce(client) {
    const { server, visit } = await register();
    expect(await callWith(await client.codeWithoutPkce!(server, visit))).toBe(200);
  },
  async refresh(client) {
    const place = await register("confidential", ["apps.webhook:execute", "offline_access"]);
    const first = await tokensOf(client, place);
    const second = await client.refresh!(place.server, first.refreshToken ?? "");
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await callWith(second)).toBe(200);
  },
  async revoke(client) {
    const place = await register();
    const tokens = await tokensOf(client, place);
    expect(await callWith(tokens)).toBe(200);
    await client.revoke!(place.server, tokens.accessToken);
    expect(await callWith(tokens)).toBe(401);
  },
  async introspect(client) {
    const place = await register();
    const { accessToken } = await tokensOf(client, place);
    expect(await client.introspect!(place.server, accessToken)).toBe(true);
    expect(await client.introspect!(place.server, `${accessToken}x`)).toBe(false);
  },
  async errorCode(client) {
    const { server, visit } = await register();
    const attempt = client.credentialsByBasic ?? client.credentialsInBody ?? client.codeWithPkce;
    const error = await attempt!({ ...server, clientSecret: "wrong" }, visit).then(
      () => expect.fail("The wrong secret was good."),
      (thrown: unknown) => thrown,
    );
    expect(await client.errorCode!(error)).toBe("invalid_client");
  },
};

/** What the metadata document does not advertise, no client can be asked to use. */
function isOffered(feature: Feature): boolean {
  if (feature === "refresh") return metadata.grant_types_supported.includes("refresh_token");
  if (feature === "revoke") return metadata.revocation_endpoint !== undefined;
  return feature !== "introspect" || metadata.introspection_endpoint !== undefined;
}

const ALL_FEATURES = Object.keys(FEATURES) as Feature[];

describe.each(CLIENTS.map((client) => [client.package, client] as const))("%s", (_package, client) => {
  test.for(ALL_FEATURES.filter((feature) => client[feature] !== undefined))("%s", async (feature, { skip }) => {
    skip(!isOffered(feature), "The metadata document does not offer it.");
    await TRIALS[feature](client);
    found.get(client)!.add(feature);
  });
});

test("docs/interoperability.md is what this run found; `npm run interoperability` writes it", async () => {
  const document = interoperabilityDocument(CLIENTS, ALL_FEATURES.filter(isOffered), (client, feature) => found.get(client)!.has(feature));
  await expect(document).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/interoperability.md"));
});
