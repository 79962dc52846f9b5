/** The wizard's second step with each type, and the credentials on the webhook's page. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeEntities, textOf, type BrowserPage } from "../support/http-browser.ts";
import { addBrand, addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { post } from "../webhooks/receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

let brands = 0;

/** A member at the second step of the wizard. */
async function atAuthentication() {
  const brandId = await addBrand(hookgate, `Credentials brand ${brands++}`);
  await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
  const member = await signedIn(hookgate, await addUser(hookgate, { brandId, role: "member", name: "Mia Member" }));
  await member.get("/store/webhook");
  const page = await member.submit("/store/webhook", { name: "Orders" });
  const path = new URL(page.url).pathname.replace("/install/authentication", "");
  const call = async (authorization: string) =>
    (await post(`${hookgate.url}/hooks/${path.slice(10)}`, {}, { authorization, "content-type": "application/json" })).status;
  return { member, path, call };
}

const copyValues = ({ html }: BrowserPage) => [...html.matchAll(/<code class="copy-value"[^>]*>([^<]*)</g)].map(([, value]) => decodeEntities(value!));
const errorsOf = ({ html }: BrowserPage) =>
  [...html.matchAll(/class="field-error"[^>]*>(?:<svg[\s\S]*?<\/svg>)?([^<]+)/g)].map(([, text]) => decodeEntities(text!).trim());

describe("token", () => {
  test("the third step shows the token and its header once, and the curl line is complete", async () => {
    const { member, path, call } = await atAuthentication();
    const page = await member.submit(`${path}/install/authentication`, { authentication: "token" });
    const [endpoint, token, header] = copyValues(page);
    expect(endpoint).toBe(`${hookgate.url}/hooks/${path.slice(10)}`);
    expect(token).toMatch(/^hgw_[A-Za-z0-9_-]{43}$/);
    expect(header).toBe(`Authorization: Bearer ${token}`);
    expect(decodeEntities(page.html)).toContain(`--header 'Authorization: Bearer ${token}'`);
    expect(await call(`Bearer ${token}`)).toBe(200);
    const again = await member.get(`${path}/install/endpoint`);
    expect(again.html).not.toContain(token);
    expect(textOf(again.html)).toContain("The token was shown once");
    expect(again.html).toContain("Bearer {Token}");
  });

  test("going back and choosing it again neither makes nor ends a token", async () => {
    const { member, path, call } = await atAuthentication();
    const token = copyValues(await member.submit(`${path}/install/authentication`, { authentication: "token" }))[1]!;
    await member.get(`${path}/install/authentication`);
    const again = await member.submit(`${path}/install/authentication`);
    expect(again.url).toMatch(/\/install\/endpoint$/);
    expect(copyValues(again)).toHaveLength(1);
    expect(await call(`Bearer ${token}`)).toBe(200);
  });

  test("the webhook's page adds a second token, shown once, refuses a third, and removes the first", async () => {
    const { member, path, call } = await atAuthentication();
    const first = copyValues(await member.submit(`${path}/install/authentication`, { authentication: "token" }))[1]!;
    await member.get(path);
    expect(textOf(member.page.html)).toContain("Last used Action just now Never Remove");
    const added = await member.submit(`${path}/credentials`);
    const second = copyValues(added)[1]!;
    expect(second).toMatch(/^hgw_/);
    expect((await member.get(path)).html).not.toContain(second);
    expect([await call(`Bearer ${first}`), await call(`Bearer ${second}`)]).toEqual([200, 200]);
    expect(textOf(member.page.html)).toContain("A webhook has at most 2 tokens.");
    expect((await member.post(`${path}/credentials`)).status).toBe(409);

    await member.get(path);
    const hrefs = [...member.page.html.matchAll(/href="([^"]+\/remove)"/g)].map(([, href]) => href!);
    expect(hrefs).toHaveLength(2);
    const confirm = await member.get(hrefs[0]!);
    expect(textOf(confirm.html)).toContain("Remove a token of “Orders”?");
    expect(textOf(confirm.html)).not.toContain("no other token");
    await member.submit(hrefs[0]!);
    expect(textOf(member.page.html)).toContain("The token is removed.");
    expect([await call(`Bearer ${first}`), await call(`Bearer ${second}`)].toSorted((a, b) => a - b)).toEqual([200, 401]);
    expect(textOf((await member.get(hrefs[1]!)).html)).toContain("The webhook has no other token of its own");
    expect((await member.get(hrefs[0]!)).status).toBe(404);
    await member.get(hrefs[1]!);
    expect((await member.post(hrefs[0]!)).status).toBe(404);
    await member.get(hrefs[1]!);
    await member.submit(hrefs[1]!);
    expect(textOf(member.page.html)).toContain("It has no token, so every call is refused. Add one.");
  });
});

describe("basic authentication", () => {
  test("shows password, the ready-made hash and the header once", async () => {
    const { member, path, call } = await atAuthentication();
    const page = await member.submit(`${path}/install/authentication`, { authentication: "basic", "basic-userName": " shop.orders " });
    const [, password, hash, header] = copyValues(page);
    expect(hash).toBe(btoa(`shop.orders:${password}`));
    expect(header).toBe(`Authorization: Basic ${hash}`);
    expect(await call(`Basic ${hash}`)).toBe(200);
    expect((await member.get(`${path}/install/endpoint`)).html).not.toContain(password);
  });

  test.each([
    ["", "Enter a user name."],
    ["a:b", "Use only the letters A to Z, digits, and . _ @ - in the user name."],
    ["naïve", "Use only the letters A to Z, digits, and . _ @ - in the user name."],
    ["x".repeat(65), "Shorten the user name to 64 characters."],
  ])("the user name %j is refused beside its field, and what was typed stays", async (userName, problem) => {
    const { member, path } = await atAuthentication();
    const page = await member.submit(`${path}/install/authentication`, { authentication: "basic", "basic-userName": userName });
    expect(page.status).toBe(422);
    expect(errorsOf(page)).toEqual([problem]);
    expect(page.html).toMatch(/value="basic" checked/);
    expect(decodeEntities(page.html)).toContain(`name="basic-userName" type="text" value${userName === "" ? "" : `="${userName}"`}`);
    expect((await member.get(`${path}/install/endpoint`)).url).toMatch(/\/install\/authentication$/);
  });

  test("another user name makes another password and ends the one of before", async () => {
    const { member, path, call } = await atAuthentication();
    const [, , first] = copyValues(await member.submit(`${path}/install/authentication`, { authentication: "basic", "basic-userName": "one" }));
    await member.get(`${path}/install/authentication`);
    expect(member.page.html).toContain('value="one"');
    expect(textOf(member.page.html)).toContain("Another choice holds at once");
    const [, , second] = copyValues(await member.submit(`${path}/install/authentication`, { "basic-userName": "two" }));
    expect([await call(`Basic ${first}`), await call(`Basic ${second}`)]).toEqual([401, 200]);
  });
});

describe("signature", () => {
  test.each([
    ["standard", /^whsec_[A-Za-z0-9+/]{43}=$/, "webhook-signature: v1,"],
    ["hub", /^hgx_[A-Za-z0-9_-]{43}$/, "X-Hub-Signature-256: sha256="],
  ])("in the form %s shows the signing secret once, and examples that sign with it", async (form, secret, header) => {
    const { member, path } = await atAuthentication();
    const page = await member.submit(`${path}/install/authentication`, { authentication: "signature", "signature-form": form });
    const [, shown] = copyValues(page);
    expect(shown).toMatch(secret);
    expect(decodeEntities(page.html)).toContain(`secret='${shown}'`);
    expect(decodeEntities(page.html)).toContain(header);
    expect((await member.get(path)).html).not.toContain(shown);
    expect(textOf(member.page.html)).toContain("Add a signing secret");
  });

  test("a form that there is not is refused", async () => {
    const { member, path } = await atAuthentication();
    const page = await member.submit(`${path}/install/authentication`, { authentication: "signature", "signature-form": "sha1" });
    expect(page.status).toBe(422);
    expect(errorsOf(page)).toEqual(["Choose one of standard, hub."]);
  });
});

test("every type but OAuth 2.0 can be installed while the OAuth 2.0 server is not active", async () => {
  const { member, path } = await atAuthentication();
  const { brandId } = (await hookgate.store.webhooks.findWebhookById(path.slice(10)))!;
  await hookgate.store.brands.deactivateModule(brandId, "oauth2-server");
  const page = await member.get(`${path}/install/authentication`);
  expect([...page.html.matchAll(/name="authentication" value="([^"]+)"/g)].map(([, type]) => type)).toEqual(
    hookgate.services.authentications
      .list()
      .map(({ type }) => type)
      .filter((type) => type !== "oauth2"),
  );
  expect((await member.submit(`${path}/install/authentication`)).url).toMatch(/\/install\/endpoint$/);
});

test("a webhook of OAuth 2.0 has no credentials of its own", async () => {
  const { member, path } = await atAuthentication();
  await member.submit(`${path}/install/authentication`, { authentication: "oauth2" });
  expect(textOf((await member.get(path)).html)).toContain("client id and secret of one of the brand's applications");
  expect((await member.post(`${path}/credentials`)).status).toBe(404);
});
