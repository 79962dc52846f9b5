import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { DAY, HOUR } from "../../src/lib/clock.ts";
import { addClient, basic, consent, exchange, newCode, postToken, type TestClient } from "../protocol/protocol-kit.ts";
import { HttpBrowser, textOf } from "../support/http-browser.ts";
import { addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const LIST = "/account/consents";

let hookgate: TestHookgate;
let olga: User;
let browser: HttpBrowser;
let client: TestClient;

beforeEach(async () => {
  hookgate = await startHookgate();
  olga = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" });
  client = await addClient(hookgate, { owner: olga });
  browser = await signedIn(hookgate, olga);
});
afterEach(() => hookgate.close());

async function newTokens(): Promise<{ readonly access: string; readonly refresh: string }> {
  const { json } = await exchange(hookgate, client, await newCode(hookgate, client));
  return { access: String(json["access_token"]), refresh: String(json["refresh_token"]) };
}

async function worksFor(tokens: { readonly access: string; readonly refresh: string }): Promise<readonly boolean[]> {
  const { id } = await addWebhook(hookgate, olga, "Orders");
  const headers = { authorization: `Bearer ${tokens.access}`, "content-type": "application/json" };
  const called = await fetch(`${hookgate.url}/hooks/${id}`, { method: "POST", headers, body: '{"email":"a@example.com"}' });
  const refreshed = await postToken(hookgate, { grant_type: "refresh_token", refresh_token: tokens.refresh }, { authorization: basic(client) });
  return [called.status === 200, refreshed.status === 200];
}

const pathOf = () => `/applications/${client.clientId}`;

/** What the browser is answered to the form and to the page that asks before it. */
async function withdrawStatus(by: HttpBrowser, path: string): Promise<readonly number[]> {
  await by.get("/account");
  const { status } = await by.postOnce(`${path}/withdraw`);
  return [status, (await by.getOnce(`${path}/withdraw`)).status];
}

describe("the list of what a user has allowed", () => {
  test("says what to expect when it is empty, and asks a stranger to sign in", async () => {
    expect(textOf((await browser.get(LIST)).html)).toContain("You have allowed nothing.");
    const page = await new HttpBrowser(hookgate.url).getOnce(LIST);
    expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in?return_to=%2Faccount%2Fconsents"]);
  });

  test("is reached from the account page while the brand has applications", async () => {
    expect((await browser.get("/account")).html).toContain(`href="${LIST}"`);
    await hookgate.store.brands.deactivateModule(hookgate.brandId, "oauth2-server");
    expect((await browser.get("/account")).html).not.toContain(`href="${LIST}"`);
  });

  test("21-06: names application, who registered it, each scope as a sentence, and when it was given and used (draft-ietf-oauth-v2-1 section 7.9)", async () => {
    await consent(hookgate, client, { scope: "apps.webhook:execute" });
    hookgate.clock.advance(3 * DAY);
    await consent(hookgate, client, { scope: "apps.webhook:execute" });
    hookgate.clock.advance(HOUR);
    browser = await signedIn(hookgate, olga);
    const text = textOf((await browser.get(LIST)).html);
    expect(text).toContain("Shop sync Olga Owner Call your brand's webhooks, which create and update customers. 3 days ago 1 hour ago Withdraw");
    expect(text).not.toContain("Stay connected");
  });

  test("a refresh counts as use", async () => {
    const { refresh } = await newTokens();
    hookgate.clock.advance(3 * DAY);
    await postToken(hookgate, { grant_type: "refresh_token", refresh_token: refresh }, { authorization: basic(client) });
    hookgate.clock.advance(HOUR);
    browser = await signedIn(hookgate, olga);
    expect(textOf((await browser.get(LIST)).html)).toContain("3 days ago 1 hour ago Withdraw");
  });

  test("of 60 it shows 50 and leads to the rest; names are shown as they are, whatever they hold", async () => {
    const long = "Averylongname".repeat(15);
    for (const name of ['<b onclick="x">Bold</b>', "مزامنة المتجر", long])
      await consent(hookgate, await addClient(hookgate, { owner: olga, name }), {}, browser);
    for (let index = 0; index < 57; index++) {
      hookgate.clock.advance(1);
      await consent(hookgate, await addClient(hookgate, { owner: olga, name: `Number ${index}` }), {}, browser);
    }
    const first = await browser.get(LIST);
    expect(first.html.match(/>Withdraw</g)).toHaveLength(50);
    const next = /href="([^"]*after=[^"]*)"/.exec(first.html)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const rest = (await browser.get(next)).html;
    expect(rest.match(/>Withdraw</g)).toHaveLength(10);
    expect(rest).not.toContain("<b onclick");
    for (const name of ['<b onclick="x">Bold</b>', "مزامنة المتجر", long]) expect(textOf(rest)).toContain(name);
  });
});

describe("withdrawing", () => {
  test("7662-04: asks first, then ends at once everything that the consent gave, and the list is empty", async () => {
    const tokens = await newTokens();
    const confirm = await browser.get(`${LIST}/${client.clientId}/withdraw`);
    expect(textOf(confirm.html)).toContain("Withdraw the consent to “Shop sync”? This cannot be undone.");
    expect(await worksFor(tokens)).toEqual([true, true]);
    const page = await browser.submit(`${LIST}/${client.clientId}/withdraw`);
    expect(page.url).toBe(hookgate.url + LIST);
    expect(textOf(page.html)).toContain("The consent is withdrawn.");
    expect(textOf(page.html)).toContain("You have allowed nothing.");
    expect(await worksFor(tokens)).toEqual([false, false]);
  });

  test("a form without token is 403, and the consent stands", async () => {
    const tokens = await newTokens();
    await browser.get(`${LIST}/${client.clientId}/withdraw`);
    expect((await browser.postOnce(`${LIST}/${client.clientId}/withdraw`, { form_token: "" })).status).toBe(403);
    const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await browser.postOnce(`${LIST}/${client.clientId}/withdraw`, {}, foreign)).status).toBe(403);
    expect(await worksFor(tokens)).toEqual([true, true]);
  });

  test("what was never given, or by somebody else, is 404", async () => {
    const tokens = await newTokens();
    const other = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Ada" }));
    for (const id of [client.clientId, "unknown", "%00"]) expect(await withdrawStatus(other, `${LIST}/${id}`)).toEqual([404, 404]);
    expect(await worksFor(tokens)).toEqual([true, true]);
  });

  test("works while the module is switched off: nothing comes back to life with it", async () => {
    const tokens = await newTokens();
    await hookgate.store.brands.deactivateModule(hookgate.brandId, "oauth2-server");
    await browser.get(`${LIST}/${client.clientId}/withdraw`);
    await browser.submit(`${LIST}/${client.clientId}/withdraw`);
    await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
    expect(await worksFor(tokens)).toEqual([false, false]);
  });
});

describe("the consent on the application's page", () => {
  test("21-06: an admin sees whose it is and what it allows, and ends it (draft-ietf-oauth-v2-1 section 7.9)", async () => {
    const admin = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Ada" }));
    expect(textOf((await admin.get(pathOf())).html)).toContain("Olga Owner has not consented to it, or has withdrawn the consent.");
    const tokens = await newTokens();
    const text = textOf((await admin.get(pathOf())).html);
    expect(text).toMatch(/Given by Olga Owner Allowed Call your brand's webhooks.* Given .* Last used/);
    expect(textOf((await admin.get(`${pathOf()}/consent/withdraw`)).html)).toContain("The application has to send Olga Owner here again");
    const page = await admin.submit(`${pathOf()}/consent/withdraw`);
    expect([page.url, textOf(page.html).includes("The consent is withdrawn.")]).toEqual([hookgate.url + pathOf(), true]);
    expect(await worksFor(tokens)).toEqual([false, false]);
    expect(await withdrawStatus(admin, `${pathOf()}/consent`)).toEqual([404, 404]);
  });

  test("another member does neither see nor end it", async () => {
    const tokens = await newTokens();
    const member = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Otto" }));
    expect(await withdrawStatus(member, `${pathOf()}/consent`)).toEqual([404, 404]);
    expect(await worksFor(tokens)).toEqual([true, true]);
  });

  test("an application without a redirect URL has nothing to say about consent", async () => {
    const machine = await addClient(hookgate, { owner: olga, redirectUris: [] });
    expect(textOf((await browser.get(`/applications/${machine.clientId}`)).html)).not.toContain("has not consented");
  });
});
