import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { HOUR } from "../../src/lib/clock.ts";
import { hiddenFields, HttpBrowser, textOf, type BrowserPage } from "../support/http-browser.ts";
import { addPerson, PASSWORD } from "../support/people.ts";
import { addBrand, addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, authorizationPath, consent, goodRequest, REDIRECT_URI, redirectOf, withdraw, type TestClient } from "./protocol-kit.ts";

const EMAIL = "olga@example.com";

let hookgate: TestHookgate;
let client: TestClient;
let path: string;
/** A client of somebody who signs in with a password, which is slow by design; the others carry a session. */
let pathOfPerson: string;
let clientOfPerson: TestClient;

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
  path = authorizationPath(goodRequest(client));
  clientOfPerson = await addClient(hookgate, { owner: await addPerson(hookgate, { email: EMAIL, name: "Petra", role: "member" }) });
  pathOfPerson = authorizationPath(goodRequest(clientOfPerson));
});
afterAll(() => hookgate.close());
// Each test is about somebody who is asked.
afterEach(() => Promise.all([withdraw(hookgate, client), withdraw(hookgate, clientOfPerson)]));

const flowCookies = (browser: HttpBrowser) => [...browser.cookies.keys()].filter((name) => name.includes("_flow_"));

async function consentPage(address = path): Promise<{ readonly browser: HttpBrowser; readonly page: BrowserPage }> {
  const browser = await signedIn(hookgate, client.owner);
  return { browser, page: await browser.get(address) };
}

describe("signing in on the way", () => {
  test("a person signs in on the page that names the application, consents, and arrives at the client", async () => {
    const browser = new HttpBrowser(hookgate.url);
    const signInPage = await browser.get(pathOfPerson);
    expect(textOf(signInPage.html)).toContain("Sign in to continue to Shop sync");
    const page = await browser.submit("/oauth2/auth", { email: EMAIL, password: PASSWORD });
    expect([page.status, new URL(page.url).pathname]).toEqual([200, "/oauth2/auth"]);
    const { answer, location } = redirectOf(await browser.submit("/oauth2/consent", { decision: "allow" }));
    expect(location.startsWith(REDIRECT_URI)).toBe(true);
    expect([answer.get("state"), answer.get("iss")]).toEqual(["xyz", hookgate.url]);
  });

  test("a wrong password stays on the page with what was typed, and the request is not lost", async () => {
    const browser = new HttpBrowser(hookgate.url);
    await browser.get(pathOfPerson);
    const page = await browser.submit("/oauth2/auth", { email: EMAIL, password: "wrong" });
    expect(page.status).toBe(422);
    expect(page.html).toContain(`value="${EMAIL}"`);
    expect(textOf(page.html)).toContain("Sign in to continue to Shop sync");
    expect((await browser.submit("/oauth2/auth", { password: PASSWORD })).html).toContain('action="/oauth2/consent"');
  });

  test("9700-03: an error reaches the client after the sign-in, by 303 (RFC 9700 sections 4.11.2 and 4.12)", async () => {
    const browser = new HttpBrowser(hookgate.url);
    await browser.get(authorizationPath(goodRequest(clientOfPerson, { scope: "admin" })));
    const { answer } = redirectOf(await browser.submit("/oauth2/auth", { email: EMAIL, password: PASSWORD }));
    expect([answer.get("error"), answer.get("state")]).toEqual(["invalid_scope", "xyz"]);
  });

  test("too many wrong passwords are answered 429 on the same page, with Retry-After", async () => {
    await addPerson(hookgate, { email: "guessed@example.com", name: "Gus", role: "member" });
    const browser = new HttpBrowser(hookgate.url);
    await browser.get(pathOfPerson);
    let page: BrowserPage;
    let attempts = 0;
    do page = await browser.submit("/oauth2/auth", { email: "guessed@example.com", password: "wrong" });
    while (page.status === 422 && ++attempts < 60);
    expect(page.status).toBe(429);
    expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(textOf(page.html)).toContain("Sign in to continue to Shop sync");
  });

  test("6749-50: the sign-in form of another browser, or without its token, is 403 (RFC 6749 section 10.12)", async () => {
    const victim = new HttpBrowser(hookgate.url);
    const attacker = new HttpBrowser(hookgate.url);
    await victim.get(pathOfPerson);
    const fields = { ...Object.fromEntries(hiddenFields((await attacker.get(pathOfPerson)).html)), email: EMAIL, password: PASSWORD };
    expect((await victim.postOnce("/oauth2/auth", fields)).status).toBe(403);
    expect((await victim.postOnce("/oauth2/auth", { ...fields, form_token: "" })).status).toBe(403);
    expect((await attacker.postOnce("/oauth2/auth", fields, { origin: "https://evil.example", "sec-fetch-site": "cross-site" })).status).toBe(403);
  });

  test("our own form without the sealed request sends nobody anywhere: what was typed never gets into an address", async () => {
    const browser = new HttpBrowser(hookgate.url);
    const form_token = hiddenFields((await browser.get(pathOfPerson)).html).get("form_token") ?? "";
    for (const authorization_request of ["", ["", ""], ["a", "b"]]) {
      const page = await browser.postOnce("/oauth2/auth", { form_token, authorization_request, email: EMAIL, password: PASSWORD });
      expect([page.status, page.headers.get("location")]).toEqual([400, null]);
    }
  });

  test("9700-02: the form that leads back after sign-in takes only what was sealed here (RFC 9700 section 4.11.2)", async () => {
    const browser = new HttpBrowser(hookgate.url);
    const form_token = hiddenFields((await browser.get(pathOfPerson)).html).get("form_token") ?? "";
    for (const authorization_request of ["https://evil.example/", "//evil.example/", "client_id=x", "x".repeat(100)]) {
      const page = await browser.postOnce("/oauth2/auth", { form_token, authorization_request, email: EMAIL, password: PASSWORD });
      expect([page.status, page.headers.get("location")]).toEqual([400, null]);
    }
  });
});

describe("the consent page", () => {
  test("21-06: says who asks, who registered it, what for, and where it leads (draft-ietf-oauth-v2-1 section 7.9)", async () => {
    const { page } = await consentPage();
    const text = textOf(page.html);
    expect(text).toContain("Shop sync wants to run webhooks for");
    expect(text).toContain("Registered by Olga Owner");
    expect(text).toContain("Call your brand's webhooks");
    expect(text).toContain("Stay connected while you are not there");
    expect(text).toContain("You will be sent to shop.example.com .");
    expect(text).toContain(`Signed in as ${client.owner.email}`);
  });

  test("names only the scopes that are asked for", async () => {
    const { page } = await consentPage(authorizationPath(goodRequest(client, { scope: "apps.webhook:execute" })));
    expect(textOf(page.html)).not.toContain("Stay connected");
  });

  test("6749-52: the application's name is escaped (RFC 6749 section 10.14)", async () => {
    const hostile = await addClient(hookgate, { owner: client.owner, name: '<img src=x onerror="alert(1)">' });
    const { page } = await consentPage(authorizationPath(goodRequest(hostile)));
    expect(page.html).not.toContain("<img");
    expect(textOf(page.html)).toContain('<img src=x onerror="alert(1)"> wants to');
  });

  test("the policy lets the form's answer lead to the validated redirect origin, and nowhere else", async () => {
    const { page } = await consentPage();
    expect(page.headers.get("content-security-policy")).toContain("form-action 'self' https://shop.example.com;");
  });

  test("Cancel sends access_denied with state and iss (RFC 6749 section 4.1.2.1)", async () => {
    const { browser } = await consentPage();
    const { answer } = redirectOf(await browser.submit("/oauth2/consent", { decision: "cancel" }));
    expect(Object.fromEntries(answer)).toEqual({ error: "access_denied", error_description: expect.any(String), state: "xyz", iss: hookgate.url });
  });

  test("9700-04: the answer leaves by 303, never stored, 21-09 (RFC 9700 sections 4.3.1 and 4.12, draft-ietf-oauth-v2-1 section 7.5.3)", async () => {
    const { browser } = await consentPage();
    const page = await browser.submit("/oauth2/consent", { decision: "allow" });
    expect([page.status, page.headers.get("cache-control"), page.headers.get("referrer-policy")]).toEqual([303, "no-store", "no-referrer"]);
  });

  test("Not you? signs out and comes back to the same request", async () => {
    const { browser } = await consentPage();
    const page = await browser.submit("/oauth2/auth", { switch_user: "yes" });
    expect(textOf(page.html)).toContain("Sign in to continue to Shop sync");
    expect(page.url).toBe(hookgate.url + path);
    expect((await browser.getOnce("/account")).status).toBe(303);
  });
});

describe("consent is for the owner in this browser alone", () => {
  test("6749-50: without a form token, or with that of another session, it is 403 (RFC 6749 section 10.12)", async () => {
    const { browser, page } = await consentPage();
    const other = await consentPage();
    const { flow = "", form_token = "" } = Object.fromEntries(hiddenFields(page.html));
    const foreignToken = hiddenFields(other.page.html).get("form_token") ?? "";
    expect((await browser.postOnce("/oauth2/consent", { flow, decision: "allow", form_token: "" })).status).toBe(403);
    expect((await browser.postOnce("/oauth2/consent", { flow, decision: "allow", form_token: foreignToken })).status).toBe(403);
    const foreignSite = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expect((await browser.postOnce("/oauth2/consent", { flow, decision: "allow", form_token }, foreignSite)).status).toBe(403);
    expect((await browser.postOnce("/oauth2/consent", { flow, decision: "allow", form_token })).status).toBe(303);
  });

  test("a flow that was shown in another browser is asked about anew, even of the same user", async () => {
    const shown = await consentPage();
    const { browser } = await consentPage();
    const flow = hiddenFields(shown.page.html).get("flow") ?? "";
    const page = await browser.postOnce("/oauth2/consent", { flow, decision: "allow" });
    expect([page.status, page.headers.get("location")]).toEqual([303, path]);
  });

  test("a flow that was shown to one user is not answered by another one", async () => {
    const { browser, page } = await consentPage();
    const flow = hiddenFields(page.html).get("flow") ?? "";
    const other = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Otto" }));
    for (const name of flowCookies(browser)) other.setCookie(name, browser.cookies.get(name) ?? "");
    await other.get(path);
    const answered = await other.postOnce("/oauth2/consent", { flow, decision: "allow" });
    expect(answered.headers.get("location")).toBe(path);
  });

  test("only sealed flows are taken, a sealed request is none, and there are two answers", async () => {
    const { browser, page } = await consentPage();
    const { flow = "", form_token = "", authorization_request = "" } = Object.fromEntries(hiddenFields(page.html));
    for (const wrong of ["", "x", authorization_request]) {
      expect((await browser.postOnce("/oauth2/consent", { flow: wrong, decision: "allow", form_token })).status).toBe(400);
    }
    expect((await browser.postOnce("/oauth2/consent", { flow, decision: "yes", form_token })).status).toBe(400);
    expect((await browser.postOnce("/oauth2/auth", { authorization_request: flow, switch_user: "yes", form_token })).status).toBe(400);
  });

  test("a query that is written like a flow does not become one", async () => {
    const forged = JSON.stringify({ kind: "flow", flowId: "f", userId: client.owner.id, query: path, shown: "", expiresAt: 9e15 });
    const { browser } = await consentPage();
    const page = await browser.getOnce(`/oauth2/auth?client_id=${client.clientId}&response_type=code&x=${forged}`);
    const sealedRequest = hiddenFields(page.html).get("authorization_request") ?? "";
    expect((await browser.postOnce("/oauth2/consent", { flow: sealedRequest, decision: "allow" })).status).toBe(400);
  });

  test("a consent page waits for an hour and no longer", async () => {
    const { browser } = await consentPage();
    hookgate.clock.advance(HOUR);
    expect((await browser.submit("/oauth2/consent", { decision: "allow" })).status).toBe(400);
  });

  test("eight flows of one browser may wait; the ninth drops the oldest", async () => {
    const { browser, page: oldest } = await consentPage();
    for (let i = 0; i < 8; i++) {
      hookgate.clock.advance(1);
      await browser.get(path);
    }
    expect(flowCookies(browser)).toHaveLength(8);
    const dropped = await browser.postOnce("/oauth2/consent", { flow: hiddenFields(oldest.html).get("flow") ?? "", decision: "allow" });
    expect(dropped.headers.get("location")).toBe(path);
    expect(redirectOf(await browser.submit("/oauth2/consent", { decision: "allow" })).answer.get("code")).toMatch(/^hgc_/);
    expect(flowCookies(browser)).toHaveLength(7);
  });

  test("the cookie of a flow is for this server's own pages: HttpOnly, SameSite=Lax", async () => {
    const { page } = await consentPage();
    const cookie = page.headers.getSetCookie().find((line) => line.startsWith("hookgate_flow_"));
    expect(cookie).toMatch(/^hookgate_flow_[0-9a-f-]{36}=\d+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);
  });
});

/** Shows a consent page, lets something happen, and allows. */
async function answerAfter(change: (changing: TestClient) => Promise<unknown>): Promise<BrowserPage> {
  const changing = await addClient(hookgate, { owner: client.owner });
  const browser = await signedIn(hookgate, client.owner);
  await browser.get(authorizationPath(goodRequest(changing)));
  const flow = hiddenFields(browser.page.html).get("flow") ?? "";
  await change(changing);
  return browser.postOnce("/oauth2/consent", { flow, decision: "allow" });
}

async function update(changing: TestClient, change: { readonly scopes?: readonly string[]; readonly redirectUris?: readonly string[] }): Promise<unknown> {
  const draft = { name: "Shop sync", description: "", scopes: ["apps.webhook:execute", "offline_access"], redirectUris: [REDIRECT_URI], ...change };
  return hookgate.services.applications.update(actorOf(changing), changing.clientId, draft);
}

function actorOf({ owner }: TestClient) {
  return { brandId: owner.brandId, userId: owner.id, isAdmin: false };
}

describe("everything is checked again at consent", () => {
  test.each([
    ["the scopes have changed", async (changing: TestClient) => update(changing, { scopes: ["apps.webhook:execute"] })],
    ["the redirect URI is no longer registered", async (changing: TestClient) => update(changing, { redirectUris: ["https://new.example.com/cb"] })],
    ["the application was deleted", async (changing: TestClient) => hookgate.services.applications.delete(actorOf(changing), changing.clientId)],
  ])("when %s since the page was shown, nothing is granted: the request is looked at anew", async (_what, change) => {
    const page = await answerAfter(change);
    expect(page.status).toBe(303);
    expect(page.headers.get("location")).toMatch(/^\/oauth2\/auth\?/);
  });

  test("when the module was switched off in between, nothing is granted", async () => {
    const page = await answerAfter(async () => hookgate.store.brands.deactivateModule(hookgate.brandId, "oauth2-server"));
    await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
    expect(page.headers.get("location")).toMatch(/^\/oauth2\/auth\?/);
  });

  test("when the session has ended, the browser signs in again and comes back", async () => {
    const { browser } = await consentPage();
    hookgate.clock.advance(1);
    await hookgate.store.sessions.deleteSessionsOf(hookgate.brandId, client.owner.id, null);
    const page = await browser.submit("/oauth2/consent", { decision: "allow" });
    expect(textOf(page.html)).toContain("Sign in to continue to Shop sync");
  });
});

describe("somebody who is not the owner", () => {
  test("sees a page that names the application and its owner, and two ways out", async () => {
    const other = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Adam Admin" }));
    const page = await other.get(path);
    const text = textOf(page.html);
    expect([page.status, page.headers.get("location")]).toEqual([403, null]);
    expect(text).toContain("You cannot consent for Shop sync");
    expect(text).toContain("Only Olga Owner , who registered it, can.");
    expect(text).toContain("signed in as Adam Admin");
    expect(text).not.toContain(client.owner.email);
    expect(text).toContain("Reference");
    const returnTo = /href="(https:[^"]*)"/.exec(page.html)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(Object.fromEntries(new URL(returnTo).searchParams)).toMatchObject({ error: "access_denied", state: "xyz", iss: hookgate.url });
    const signInPage = await other.submit("/oauth2/auth", { switch_user: "yes" });
    expect([signInPage.status, signInPage.url]).toEqual([200, hookgate.url + path]);
    expect(textOf(signInPage.html)).toContain("Sign in to continue to Shop sync");
  });

  test("from another brand learns no name of a person", async () => {
    const brandId = await addBrand(hookgate, "Another brand");
    const other = await signedIn(hookgate, await addUser(hookgate, { brandId, role: "admin", name: "Nora" }));
    const page = await other.get(path);
    expect(page.status).toBe(403);
    expect(textOf(page.html)).not.toContain("Olga");
  });
});

test("the walk of the seed: authorization URL with client_id, response_type, state and scope, then allow", async () => {
  const { answer, location } = await consent(hookgate, client, { state: "Example12345", scope: "apps.webhook:execute" });
  expect(location).toMatch(/^https:\/\/shop\.example\.com\/callback\?code=hgc_[A-Za-z0-9_-]{43}&state=Example12345&iss=/);
  expect(answer.get("error")).toBeNull();
});
