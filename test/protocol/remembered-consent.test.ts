import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY, HOUR } from "../../src/lib/clock.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { hiddenFields, HttpBrowser, textOf, type BrowserPage } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import {
  addClient,
  authorizationPath,
  basic,
  clientCredentials,
  consent,
  errorOf,
  exchange,
  goodRequest,
  newCode,
  newPkce,
  postToken,
  REDIRECT_URI,
  redirectOf,
  withdraw,
  type TestClient,
  type TokenAnswer,
} from "./protocol-kit.ts";

const SCOPE = "apps.webhook:execute offline_access";
const OTHER_URI = "https://staging.example.com/callback";

let hookgate: TestHookgate;
let webhook: Webhook;

beforeAll(async () => {
  // A year passes here.
  hookgate = await startHookgate({ HOOKGATE_INACTIVITY_DAYS: "0" });
  webhook = await addWebhook(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Ada" }), "Orders");
});
afterAll(() => hookgate.close());

/** What the signed-in owner's browser gets for the request: the page that asks, or a redirect. */
async function ask(client: TestClient, parameters: Readonly<Record<string, string>> = {}, headers: Record<string, string> = {}): Promise<BrowserPage> {
  return (await signedIn(hookgate, client.owner)).getOnce(authorizationPath(goodRequest(client, parameters)), headers);
}

function expectQuestion(page: BrowserPage, what = ""): void {
  expect([page.status, page.headers.get("location")], what).toEqual([200, null]);
  expect(page.html, what).toContain('action="/oauth2/consent"');
}

async function refresh(client: TestClient, token: unknown): Promise<TokenAnswer> {
  return postToken(hookgate, { grant_type: "refresh_token", refresh_token: String(token) }, { authorization: basic(client) });
}

async function callWith(token: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${String(token)}`, "content-type": "application/json" };
  return (await fetch(`${hookgate.url}/hooks/${webhook.id}`, { method: "POST", headers, body: '{"email":"a@example.com"}' })).status;
}

async function introspect(client: TestClient, token: unknown): Promise<unknown> {
  const init = { method: "POST", headers: { authorization: basic(client) }, body: new URLSearchParams({ token: String(token) }) };
  return (await fetch(`${hookgate.url}/oauth2/introspect`, init)).json();
}

async function newTokens(client: TestClient, scope = SCOPE): Promise<{ readonly access: unknown; readonly refresh: unknown }> {
  const { json } = await exchange(hookgate, client, await newCode(hookgate, client, { scope }));
  return { access: json["access_token"], refresh: json["refresh_token"] };
}

async function update(client: TestClient, change: { readonly scopes?: readonly string[]; readonly redirectUris?: readonly string[] }): Promise<void> {
  const draft = { name: "Shop sync", description: "", scopes: SCOPE.split(" "), redirectUris: [REDIRECT_URI], ...change };
  const actor = { brandId: client.owner.brandId, userId: client.owner.id, isAdmin: false };
  const { kind } = await hookgate.services.applications.update(actor, client.clientId, draft);
  if (kind !== "updated") throw new Error(kind);
}

describe("what was allowed is not asked again", () => {
  test("the browser is sent back at once by 303, with a code that works, the state and iss", async () => {
    const client = await addClient(hookgate);
    expectQuestion(await ask(client));
    await consent(hookgate, client);
    hookgate.clock.advance(400 * DAY);
    const page = await ask(client, { state: "again" });
    const { answer, location } = redirectOf(page);
    expect(location.startsWith(`${REDIRECT_URI}?code=hgc_`)).toBe(true);
    expect([answer.get("state"), answer.get("iss")]).toEqual(["again", hookgate.url]);
    expect([page.headers.get("cache-control"), page.headers.get("referrer-policy")]).toEqual(["no-store", "no-referrer"]);
    expect((await exchange(hookgate, client, answer.get("code") ?? "")).json["scope"]).toBe(SCOPE);
  });

  test("nor is less than was allowed, and the token has no more than was asked for", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client, { scope: SCOPE });
    const { answer } = redirectOf(await ask(client, { scope: "apps.webhook:execute" }));
    expect((await exchange(hookgate, client, answer.get("code") ?? "")).json["scope"]).toBe("apps.webhook:execute");
  });

  test("every visit is a flow of its own: two at once give two codes, and both work", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client);
    const pages = await Promise.all(["one", "two"].map((state) => ask(client, { state })));
    const codes = pages.map((page) => redirectOf(page).answer.get("code") ?? "");
    expect(new Set(codes).size).toBe(2);
    for (const code of codes) expect((await exchange(hookgate, client, code)).status).toBe(200);
  });

  test("the code is bound to this request's own PKCE challenge, not to that of the request before (RFC 7636)", async () => {
    const client = await addClient(hookgate);
    const [first, second] = [newPkce(), newPkce()];
    await consent(hookgate, client, { code_challenge: first.challenge, code_challenge_method: "S256" });
    const code = redirectOf(await ask(client, { code_challenge: second.challenge, code_challenge_method: "S256" })).answer.get("code") ?? "";
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: first.verifier }))).toEqual([400, "invalid_grant"]);
    expect((await exchange(hookgate, client, code, { code_verifier: second.verifier })).status).toBe(200);
  });

  test("a stranger signs in first, and only then goes back, without a question", async () => {
    const owner = await addPerson(hookgate, { email: "petra@example.com", name: "Petra", role: "member" });
    const client = await addClient(hookgate, { owner });
    await consent(hookgate, client, {}, await signInAs(hookgate, "petra@example.com"));
    const browser = new HttpBrowser(hookgate.url);
    const page = await browser.get(authorizationPath(goodRequest(client)));
    expect([page.status, page.headers.get("location")]).toEqual([200, null]);
    expect(textOf(page.html)).toContain("Sign in to continue to Shop sync");
    const { answer } = redirectOf(await browser.submit("/oauth2/auth", { email: "petra@example.com", password: PASSWORD }));
    expect(answer.get("code")).toMatch(/^hgc_/);
  });

  test("a link on another site leads to the client's registered address and nowhere else: state and challenge are the client's guard there", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client);
    const foreign = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", referer: "https://evil.example/" };
    expect(redirectOf(await ask(client, {}, foreign)).location.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    for (const redirect_uri of ["https://evil.example/", `${REDIRECT_URI}/`, `${REDIRECT_URI}?next=https://evil.example/`]) {
      const page = await ask(client, { redirect_uri }, foreign);
      expect([page.status, page.headers.get("location")], redirect_uri).toEqual([400, null]);
    }
  });

  test("the page says so before the answer, and for whom it is not so", async () => {
    const owner = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" });
    const client = await addClient(hookgate, { owner });
    const publicClient = await addClient(hookgate, { owner, type: "public" });
    expect(textOf((await ask(client)).html)).toContain("Once allowed, this is not asked again.");
    const request = { code_challenge: newPkce().challenge, code_challenge_method: "S256" };
    expect(textOf((await ask(publicClient, request)).html)).not.toContain("is not asked again");
  });
});

describe("the question is asked again", () => {
  test("when more is requested; what is allowed then is remembered together with what was before", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client, { scope: "offline_access" });
    expectQuestion(await ask(client, { scope: "apps.webhook:execute" }));
    expectQuestion(await ask(client));
    await consent(hookgate, client, { scope: "apps.webhook:execute" });
    redirectOf(await ask(client));
  });

  test("when the application's scopes grow and the request names none", async () => {
    const client = await addClient(hookgate, { scopes: ["apps.webhook:execute"] });
    await consent(hookgate, client);
    redirectOf(await ask(client));
    await update(client, { scopes: SCOPE.split(" ") });
    expectQuestion(await ask(client));
    redirectOf(await ask(client, { scope: "apps.webhook:execute" }));
  });

  test("a scope that was allowed and is registered no more is invalid_scope all the same", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client);
    await update(client, { scopes: ["apps.webhook:execute"] });
    expect(redirectOf(await ask(client, { scope: SCOPE })).answer.get("error")).toBe("invalid_scope");
  });

  test("when the answer leads where the user has not seen it lead, also after registering more addresses", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client);
    await update(client, { redirectUris: [REDIRECT_URI, OTHER_URI] });
    expectQuestion(await ask(client, { redirect_uri: OTHER_URI }));
    redirectOf(await ask(client, { redirect_uri: REDIRECT_URI }));
    await consent(hookgate, client, { redirect_uri: OTHER_URI });
    for (const redirect_uri of [REDIRECT_URI, OTHER_URI]) redirectOf(await ask(client, { redirect_uri }));
    await update(client, { redirectUris: [OTHER_URI] });
    expect((await ask(client, { redirect_uri: REDIRECT_URI })).status).toBe(400);
  });

  test("on a loopback port that floats, because another program may have it now (RFC 8252 section 8.3)", async () => {
    const client = await addClient(hookgate, { redirectUris: ["http://127.0.0.1/callback"] });
    await consent(hookgate, client, { redirect_uri: "http://127.0.0.1:53219/callback" });
    expectQuestion(await ask(client, { redirect_uri: "http://127.0.0.1:53219/callback" }));
    await consent(hookgate, client, { redirect_uri: "http://127.0.0.1/callback" });
    redirectOf(await ask(client, { redirect_uri: "http://127.0.0.1/callback" }));
    expectQuestion(await ask(client, { redirect_uri: "http://127.0.0.1:53219/callback" }));
  });

  test("8252-06: by every request of a public client, wherever it leads (RFC 8252 section 8.6)", async () => {
    const client = await addClient(hookgate, { type: "public", redirectUris: [REDIRECT_URI, "com.example.app:/callback"] });
    for (const redirect_uri of [REDIRECT_URI, "com.example.app:/callback"]) {
      const request = { redirect_uri, code_challenge: newPkce().challenge, code_challenge_method: "S256" };
      await consent(hookgate, client, request);
      expectQuestion(await ask(client, request), redirect_uri);
    }
  });

  test.each(["consent", "login", "select_account", "login consent", "none consent"])("when the client sends prompt=%s", async (prompt) => {
    const client = await addClient(hookgate);
    await consent(hookgate, client);
    expectQuestion(await ask(client, { prompt }));
    redirectOf(await consentedWith(client, { prompt }));
  });

  test.each(["none", "create", "CONSENT", "consented", ""])("and prompt=%s changes nothing (RFC 6749 section 3.1)", async (prompt) => {
    const client = await addClient(hookgate);
    expectQuestion(await ask(client, { prompt }));
    await consent(hookgate, client);
    redirectOf(await ask(client, { prompt }));
  });

  test("after Cancel, and while a page merely waits", async () => {
    const client = await addClient(hookgate);
    const browser = await signedIn(hookgate, client.owner);
    await browser.get(authorizationPath(goodRequest(client)));
    expectQuestion(await ask(client));
    await browser.submit("/oauth2/consent", { decision: "cancel" });
    expectQuestion(await ask(client));
  });

  test("Cancel on a page that asks for more leaves what was allowed before", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client, { scope: "apps.webhook:execute" });
    const browser = await signedIn(hookgate, client.owner);
    await browser.get(authorizationPath(goodRequest(client, { scope: SCOPE })));
    await browser.submit("/oauth2/consent", { decision: "cancel" });
    redirectOf(await ask(client, { scope: "apps.webhook:execute" }));
    expectQuestion(await ask(client, { scope: SCOPE }));
  });

  test("for nobody but the owner: whoever else comes sees the page of the wrong user", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client);
    const other = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Adam" }));
    const page = await other.getOnce(authorizationPath(goodRequest(client)));
    expect([page.status, page.headers.get("location")]).toEqual([403, null]);
  });

  test("never while the module or the owner is switched off", async () => {
    const client = await addClient(hookgate);
    await consent(hookgate, client);
    await hookgate.store.brands.deactivateModule(hookgate.brandId, "oauth2-server");
    const page = await ask(client);
    await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
    expect([page.status, page.headers.get("location")]).toEqual([403, null]);
    redirectOf(await ask(client));
  });
});

async function consentedWith(client: TestClient, parameters: Readonly<Record<string, string>>): Promise<BrowserPage> {
  const browser = await signedIn(hookgate, client.owner);
  await browser.get(authorizationPath(goodRequest(client, parameters)));
  return browser.submit("/oauth2/consent", { decision: "allow" });
}

describe("withdrawing", () => {
  test("7662-04: every token that the consent gave is inactive at once, and the next request is asked about (RFC 7662 section 4)", async () => {
    const client = await addClient(hookgate);
    const first = await newTokens(client);
    const second = await newTokens(client, "apps.webhook:execute");
    const rotated = await refresh(client, first.refresh);
    const own = (await clientCredentials(hookgate, client)).json["access_token"];
    const tokens = [first.access, second.access, rotated.json["access_token"], rotated.json["refresh_token"]];
    for (const token of tokens) expect(await introspect(client, token)).toMatchObject({ active: true });

    expect(await withdraw(hookgate, client)).toBe(true);
    for (const token of tokens) expect(await introspect(client, token)).toEqual({ active: false });
    for (const token of tokens.slice(0, 3)) expect(await callWith(token)).toBe(401);
    expectQuestion(await ask(client));
    // What the client gets by itself, without the user, is no business of the consent.
    expect(await introspect(client, own)).toMatchObject({ active: true });
    expect(await withdraw(hookgate, client)).toBe(false);
  });

  test("9700-10: refresh tokens and codes of the consent are invalid_grant from then on (RFC 9700 section 4.14.2)", async () => {
    const client = await addClient(hookgate);
    const tokens = await newTokens(client);
    const code = await newCode(hookgate, client);
    await withdraw(hookgate, client);
    expect(errorOf(await refresh(client, tokens.refresh))).toEqual([400, "invalid_grant"]);
    expect(errorOf(await exchange(hookgate, client, code))).toEqual([400, "invalid_grant"]);
  });

  test("an access token of the last minute of a family's year is refused as well", async () => {
    const client = await addClient(hookgate);
    let { refresh: token } = await newTokens(client);
    for (let month = 0; month < 12; month++) {
      hookgate.clock.advance(30 * DAY - 1);
      token = (await refresh(client, token)).json["refresh_token"];
    }
    hookgate.clock.advance(5 * DAY + 11);
    const { json } = await refresh(client, token);
    hookgate.clock.advance(HOUR - 1);
    for (let swept = 1; swept > 0;) swept = await hookgate.store.sweep(hookgate.clock.now());
    expect(await callWith(json["access_token"])).toBe(200);
    await withdraw(hookgate, client);
    expect(await callWith(json["access_token"])).toBe(401);
  });

  test("what is allowed after it works, at once and beside what was revoked", async () => {
    const client = await addClient(hookgate);
    const before = await newTokens(client);
    await withdraw(hookgate, client);
    const after = await newTokens(client);
    expect([await callWith(before.access), await callWith(after.access)]).toEqual([401, 200]);
    expect((await refresh(client, after.refresh)).status).toBe(200);
  });

  test("ends nothing of another application of the same user", async () => {
    const client = await addClient(hookgate);
    const other = await addClient(hookgate, { owner: client.owner });
    await newTokens(client);
    const kept = await newTokens(other);
    await withdraw(hookgate, client);
    expect(await callWith(kept.access)).toBe(200);
    expect((await refresh(other, kept.refresh)).status).toBe(200);
    redirectOf(await ask(other));
  });

  test("against the exchange of a code, 100 times: after the withdrawal nothing works", async () => {
    const client = await addClient(hookgate);
    for (let round = 0; round < 100; round++) {
      const code = await newCode(hookgate, client, { scope: SCOPE });
      const [exchanged, withdrawn] = await Promise.all([exchange(hookgate, client, code), later(round, () => withdraw(hookgate, client))]);
      expect(withdrawn).toBe(true);
      if (exchanged.status !== 200) continue;
      expect(await callWith(exchanged.json["access_token"])).toBe(401);
      expect(errorOf(await refresh(client, exchanged.json["refresh_token"]))).toEqual([400, "invalid_grant"]);
    }
  });

  test("against a refresh, 100 times: after the withdrawal nothing works", async () => {
    const client = await addClient(hookgate);
    for (let round = 0; round < 100; round++) {
      const tokens = await newTokens(client);
      const [refreshed] = await Promise.all([refresh(client, tokens.refresh), later(round, () => withdraw(hookgate, client))]);
      expect(await callWith(tokens.access)).toBe(401);
      if (refreshed.status !== 200) continue;
      expect(await callWith(refreshed.json["access_token"])).toBe(401);
      expect(errorOf(await refresh(client, refreshed.json["refresh_token"]))).toEqual([400, "invalid_grant"]);
    }
  });

  test("against a request that needs no question, 100 times: a code that came is worth nothing", async () => {
    const client = await addClient(hookgate);
    for (let round = 0; round < 100; round++) {
      await consent(hookgate, client);
      const [page] = await Promise.all([ask(client), later(round, () => withdraw(hookgate, client))]);
      if (page.status !== 303) continue;
      const code = redirectOf(page).answer.get("code") ?? "";
      expect(errorOf(await exchange(hookgate, client, code))).toEqual([400, "invalid_grant"]);
    }
  });
});

/** Begins some turns of the event loop later, another number each round, so that the two meet at every point of each other. */
async function later<Result>(round: number, work: () => Promise<Result>): Promise<Result> {
  for (let turn = round % 10; turn > 0; turn--) await new Promise<void>((resolve) => void setImmediate(resolve));
  return work();
}

describe("two pages at once", () => {
  test("two tabs ask for one client: each answer gives its code, and one consent covers both", async () => {
    const client = await addClient(hookgate);
    const browser = await signedIn(hookgate, client.owner);
    const pages: BrowserPage[] = [];
    for (const scope of SCOPE.split(" ")) pages.push(await browser.get(authorizationPath(goodRequest(client, { scope, state: scope }))));
    const answers = await Promise.all(
      pages.map(({ html }) => browser.postOnce("/oauth2/consent", { flow: hiddenFields(html).get("flow") ?? "", decision: "allow" })),
    );
    for (const answer of answers) expect(redirectOf(answer).answer.get("code")).toMatch(/^hgc_/);
    redirectOf(await ask(client, { scope: SCOPE }));
  });

  test("a page that was shown before the withdrawal may still be answered: it is a new consent", async () => {
    const client = await addClient(hookgate);
    const browser = await signedIn(hookgate, client.owner);
    await consent(hookgate, client, { scope: "offline_access" });
    await browser.get(authorizationPath(goodRequest(client, { scope: "apps.webhook:execute" })));
    await withdraw(hookgate, client);
    expect(redirectOf(await browser.submit("/oauth2/consent", { decision: "allow" })).answer.get("code")).toMatch(/^hgc_/);
    expectQuestion(await ask(client, { scope: "offline_access" }));
  });

  test("deleting the application against Allow leaves no consent behind", async () => {
    const owner = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" });
    for (let round = 0; round < 20; round++) {
      const client = await addClient(hookgate, { owner });
      const browser = await signedIn(hookgate, owner);
      await browser.get(authorizationPath(goodRequest(client)));
      const actor = { brandId: owner.brandId, userId: owner.id, isAdmin: false };
      const flow = hiddenFields(browser.page.html).get("flow") ?? "";
      await Promise.all([
        browser.postOnce("/oauth2/consent", { flow, decision: "allow" }),
        later(round, () => hookgate.services.applications.delete(actor, client.clientId)),
      ]);
      expect(await hookgate.services.consents.find(owner.brandId, client.clientId, owner.id)).toBeUndefined();
      expect(await withdraw(hookgate, client)).toBe(false);
    }
  });
});
