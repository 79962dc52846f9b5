import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ADVISED_REASONS } from "../../src/applications/refusal-advice.ts";
import { addClient, basic, exchange, newCode, postToken, type TestClient } from "../protocol/protocol-kit.ts";
import { textOf } from "../support/http-browser.ts";
import { addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

const GRANT = { grant_type: "client_credentials" };
const pathOf = ({ clientId }: TestClient) => `/applications/${clientId}/refused-requests`;

/** Written behind the answer: looked for until it is there. */
async function logOf(client: TestClient, atLeast: number) {
  const read = () => hookgate.store.refusedRequests.listRefusedRequests(hookgate.brandId, client.clientId, null, { limit: 2_000, after: null });
  await vi.waitFor(async () => expect((await read()).rows.length).toBeGreaterThanOrEqual(atLeast));
  return (await read()).rows;
}

test("the owner finds a refused token request by the reference of its answer, with the reason that the wire did not tell", async () => {
  const client = await addClient(hookgate);
  const wrong = { ...client, clientSecret: "hgs_this-is-not-the-secret" };
  const answer = await postToken(hookgate, GRANT, { authorization: basic(wrong) });
  expect(answer.status).toBe(401);
  const reference = answer.headers.get("hookgate-reference")!;
  await logOf(client, 1);

  const browser = await signedIn(hookgate, client.owner);
  const page = await browser.get(`${pathOf(client)}?reference=${reference.toLowerCase()}`);
  const text = textOf(page.html);
  expect(page.status).toBe(200);
  expect(text).toContain(reference);
  expect(text).toContain("The client secret is wrong.");
  expect(text).toContain("add a new one");
  expect(answer.text).not.toContain("wrong.");
  expect(page.html).not.toContain(wrong.clientSecret);
  expect(textOf((await browser.get(`${pathOf(client)}?reference=NOSUCHREFERE`)).html)).toContain("No refused request of this application has this reference.");
});

test("a refused authorization request is in the log under the reference of the page", async () => {
  const client = await addClient(hookgate);
  const browser = await signedIn(hookgate, client.owner);
  const page = await browser.get(`/oauth2/auth?client_id=${client.clientId}&response_type=code&redirect_uri=https://evil.example/`);
  expect(page.status).toBe(400);
  const [entry] = await logOf(client, 1);
  expect(page.html).toContain(entry!.reference);
  expect(entry!.error).toBe("invalid_request");
  // What the request said stays out: anybody can make the owner read it.
  expect(entry!.reason).not.toContain("evil");
});

test("a redirect URI that is not registered is shown against the one that it is most like, without what its query says", async () => {
  const client = await addClient(hookgate, { redirectUris: ["https://other.example/", "https://shop.example.com/callback?shop=1"] });
  const browser = await signedIn(hookgate, client.owner);
  const sent = "https://user:pass@shop.example.com/callback/?shop=1&token=hgs_secret#<b>";
  for (const redirectUri of [sent, `https://shop.example.com/callback/?shop=1&token=hgs_secret${"x".repeat(2_000)}`, ""]) {
    await browser.get(`/oauth2/auth?${new URLSearchParams({ client_id: client.clientId, response_type: "code", redirect_uri: redirectUri })}`);
  }
  const log = await logOf(client, 3);
  expect(log.map(({ sentRedirectUri }) => sentRedirectUri)).toEqual([
    null,
    "https://shop.example.com/callback/?shop=…&token=…",
    "https://…@shop.example.com/callback/?shop=…&token=…#<b>",
  ]);
  const { html } = await browser.get(pathOf(client));
  expect(html).toContain("https://shop.example.com/callback<mark>/?shop=…&amp;token=…</mark>");
  expect(html).toContain("https://shop.example.com/callback<mark>?shop=…</mark>");
  expect(html).not.toMatch(/hgs_secret|user:pass|#<b>/);
});

test("a redirect URI of the token request that is not the one of the authorization request is shown too", async () => {
  const client = await addClient(hookgate, { redirectUris: ["https://a.example.com/cb", "https://b.example.com/cb"] });
  const code = await newCode(hookgate, client, { redirect_uri: "https://a.example.com/cb" });
  expect((await exchange(hookgate, client, code, { redirect_uri: "https://a.example.com/cb/" })).status).toBe(400);
  const [entry] = await logOf(client, 1);
  expect(entry).toMatchObject({ error: "invalid_grant", sentRedirectUri: "https://a.example.com/cb/" });
  const browser = await signedIn(hookgate, client.owner);
  expect(textOf((await browser.get(pathOf(client))).html)).toContain("Send the same redirect_uri in the authorization URL and in the token request.");
});

test("every reason with advice of its own is one that is given", () => {
  const oauth = join(import.meta.dirname, "../../src/oauth");
  const source = readdirSync(oauth, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => readFileSync(join(oauth, path), "utf8"))
    .join("\n");
  const given = source.replaceAll("`A ${client.type} client", '"A public client').replaceAll("type.`", 'type."');
  expect(ADVISED_REASONS.length).toBeGreaterThan(20);
  expect(ADVISED_REASONS.filter((reason) => !given.includes(reason))).toEqual([]);
});

test("every reason of invalid_grant has advice of its own", () => {
  const grants = join(import.meta.dirname, "../../src/oauth/grants");
  const source = readdirSync(grants)
    .map((name) => readFileSync(join(grants, name), "utf8"))
    .join("\n");
  const reasons = [...source.matchAll(/invalidGrant\(\s*"([^"]+)"/g)].map(([, reason = ""]) => reason);
  expect(reasons.length).toBeGreaterThan(10);
  expect(reasons.filter((reason) => !ADVISED_REASONS.includes(reason))).toEqual([]);
});

test("what was granted, and what nobody known asked for, is not in any log", async () => {
  const client = await addClient(hookgate);
  await postToken(hookgate, GRANT, { authorization: basic({ clientId: "8a8fa3fb-43f2-4c8c-8c4e-5f8f6f1b6a11", clientSecret: "hgs_x" }) });
  await postToken(hookgate, GRANT, { authorization: basic(client) });
  await postToken(hookgate, { ...GRANT, scope: "no.such:scope" }, { authorization: basic(client) });
  expect((await logOf(client, 1)).map(({ error }) => error)).toEqual(["invalid_scope"]);
});

test("the newest thousand stay, however many strangers cause", async () => {
  const client = await addClient(hookgate);
  const entry = {
    brandId: hookgate.brandId,
    clientId: client.clientId,
    error: "invalid_client",
    reason: "The client secret is wrong.",
    sentRedirectUri: null,
  } as const;
  const rows = Array.from({ length: 1_204 }, (_, index) => ({ ...entry, id: String(index).padStart(5, "0"), refusedAt: index, reference: `R${index}` }));
  await hookgate.store.refusedRequests.insertRefusedRequests(rows);
  const log = await logOf(client, 1_000);
  expect([log.length, log[0]!.reference, log.at(-1)!.reference]).toEqual([1_000, "R1203", "R204"]);
});

test("another member and another brand's admin get 404, an admin of the brand sees it", async () => {
  const client = await addClient(hookgate);
  const brandId = "11111111-2222-4333-8444-555555555555";
  await hookgate.store.brands.insertBrand({ id: brandId, name: "Other", timeZone: "UTC", createdAt: 0 });
  await hookgate.store.brands.activateModule(brandId, "oauth2-server", 0);
  const statusFor = async (role: "admin" | "member", ofBrand: string) => {
    const browser = await signedIn(hookgate, await addUser(hookgate, { brandId: ofBrand, role, name: "Somebody" }));
    return (await browser.get(pathOf(client))).status;
  };
  expect([await statusFor("member", hookgate.brandId), await statusFor("admin", brandId), await statusFor("admin", hookgate.brandId)]).toEqual([404, 404, 200]);
});

test("with the application goes its log", async () => {
  const client = await addClient(hookgate);
  await postToken(hookgate, { ...GRANT, scope: "no.such:scope" }, { authorization: basic(client) });
  await logOf(client, 1);
  await hookgate.store.applications.deleteApplication(hookgate.brandId, client.clientId, 1);
  const { rows } = await hookgate.store.refusedRequests.listRefusedRequests(hookgate.brandId, client.clientId, null, { limit: 10, after: null });
  expect(rows).toEqual([]);
});
