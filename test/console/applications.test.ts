import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { newRandomId } from "../../src/lib/id.ts";
import { decodeEntities, textOf, type BrowserPage, type HttpBrowser } from "../support/http-browser.ts";
import { collectPages } from "../support/lists.ts";
import { addBrand, addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const FIELDS = {
  name: "Shop sync",
  description: "Orders of the shop.",
  type: "confidential",
  scopes: ["apps.webhook:execute"],
  redirectUris: "https://shop.example/callback",
} as const;
const SECRET = /hgs_[A-Za-z0-9_-]{43}/;
const REGISTERED_PATH = /\/applications\/([0-9a-f-]{36})\/registered$/;

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

interface Scene {
  readonly brandId: string;
  readonly memberUser: User;
  readonly member: HttpBrowser;
  readonly colleague: HttpBrowser;
  readonly admin: HttpBrowser;
}

let scenes = 0;
/** A brand of its own with an admin and two members; the OAuth 2.0 server is active. */
async function scene(): Promise<Scene> {
  const brandId = await addBrand(hookgate, `Brand ${scenes++}`);
  await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
  const memberUser = await addUser(hookgate, { brandId, role: "member", name: "Mia Member" });
  const colleague = await addUser(hookgate, { brandId, role: "member", name: "Carl Colleague" });
  const admin = await addUser(hookgate, { brandId, role: "admin", name: "Ada Admin" });
  return {
    brandId,
    memberUser,
    member: await signedIn(hookgate, memberUser),
    colleague: await signedIn(hookgate, colleague),
    admin: await signedIn(hookgate, admin),
  };
}

async function register(browser: HttpBrowser, fields: Record<string, string | readonly string[]> = {}): Promise<BrowserPage> {
  await browser.get("/applications/new");
  return browser.post("/applications/new", { ...FIELDS, ...fields });
}

async function registered(browser: HttpBrowser, fields: Record<string, string | readonly string[]> = {}): Promise<string> {
  const page = await register(browser, fields);
  const clientId = REGISTERED_PATH.exec(page.url)?.[1];
  if (clientId === undefined) throw new Error(`Not registered: ${page.status} ${textOf(page.html)}`);
  return clientId;
}

/** The values with a copy button, by label. */
function copyFields(html: string): ReadonlyMap<string, string> {
  const found = html.matchAll(/<span class="copy-label">([^<]*)<\/span>[\s\S]*?data-copy-source[^>]*>([\s\S]*?)<\/code>/g);
  return new Map([...found].map(([, label = "", value = ""]) => [label, decodeEntities(value)]));
}

function tokenRequest(clientId: string, clientSecret: string): Promise<Response> {
  return fetch(`${hookgate.url}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
}

describe("registering", () => {
  test("the confirmation has client id, secret, token URL and authorization URL to copy, and the secret works", async () => {
    const { member } = await scene();
    const page = await register(member);
    expect(page.status).toBe(200);
    const values = copyFields(page.html);
    const clientId = values.get("Client ID")!;
    const clientSecret = values.get("Client secret")!;
    expect(page.url).toBe(`${hookgate.url}/applications/${clientId}/registered`);
    expect(clientSecret).toMatch(new RegExp(`^${SECRET.source}$`));
    expect(values.get("Token URL")).toBe(`${hookgate.url}/oauth2/token`);
    expect(values.get("Authorization URL")).toBe(
      `${hookgate.url}/oauth2/auth?client_id=${clientId}&response_type=code&state=Example12345&scope=apps.webhook:execute`,
    );
    expect(textOf(page.html)).toContain("You see this once.");
    const answer = await tokenRequest(clientId, clientSecret);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ scope: "apps.webhook:execute", token_type: "bearer" });
  });

  test("the curl lines of the confirmation carry the real values in both forms of the manual", async () => {
    const { member } = await scene();
    const { html } = await register(member);
    const [clientId, clientSecret] = [copyFields(html).get("Client ID")!, copyFields(html).get("Client secret")!];
    const text = decodeEntities(html);
    expect(text).toContain(
      `curl -u "${clientId}:${clientSecret}" \\\n     -d "grant_type=client_credentials&scope=apps.webhook:execute" ${hookgate.url}/oauth2/token`,
    );
    expect(text).toContain(`--header 'Authorization: Basic ${btoa(`${clientId}:${clientSecret}`)}'`);
    expect(text).toContain('-d "grant_type=authorization_code&code={authorization_code}"');
    expect(text).toContain("--data-urlencode 'code={authorization_code}'");
  });

  test("the secret is on no later page: reloaded, the confirmation says to add a new secret", async () => {
    const { member, admin } = await scene();
    const page = await register(member);
    const clientSecret = copyFields(page.html).get("Client secret")!;
    const path = new URL(page.url).pathname;
    for (const browser of [member, admin]) {
      for (const later of [
        path,
        path.replace("/registered", ""),
        path.replace("/registered", "/edit"),
        path.replace("/registered", "/delete"),
        "/applications",
      ]) {
        const { html, headers } = await browser.get(later);
        expect(html + [...headers].join(" "), later).not.toContain(clientSecret);
        expect(html, later).not.toMatch(SECRET);
      }
    }
    const again = textOf((await member.get(path)).html);
    expect(again).toContain("is not shown again");
    expect(again).toContain("add a new secret and remove this one");
  });

  test("the secret waits for its own page: another page in between, or another application's, does not show it", async () => {
    const { member } = await scene();
    const first = await registered(member);
    await member.get("/applications/new");
    const posted = await member.postOnce("/applications/new", { ...FIELDS, name: "Second" });
    expect(posted.status).toBe(303);
    const other = await member.get(`/applications/${first}/registered`);
    expect(other.html).not.toMatch(SECRET);
  });

  test("a public application gets no secret, no client credentials line and a PKCE pair (RFC 6749 section 2.1)", async () => {
    const { member } = await scene();
    const { html } = await register(member, { type: "public" });
    expect(html).not.toMatch(SECRET);
    expect(copyFields(html).has("Client secret")).toBe(false);
    expect(copyFields(html).get("Authorization URL")).toContain("code_challenge_method=S256");
    expect(html).not.toContain("grant_type=client_credentials");
    expect(textOf(html)).toContain("has no client secret");
  });

  test("an application without redirect URL gets the client credentials lines only", async () => {
    const { member } = await scene();
    const { html } = await register(member, { redirectUris: "" });
    expect(html).toContain("grant_type=client_credentials");
    expect(copyFields(html).has("Authorization URL")).toBe(false);
    expect(textOf(html)).toContain("It has no redirect URL to return to.");
  });

  test("lines, blanks and doubles of the redirect URLs are put in order, and the name is trimmed and composed", async () => {
    const { member } = await scene();
    const clientId = await registered(member, {
      name: "  Cafe\u0301 ",
      redirectUris: "  https://a.example/cb \r\n\r\nhttps://b.example/cb\nhttps://a.example/cb\r\n",
      scopes: ["offline_access", "apps.webhook:execute", "offline_access"],
    });
    const client = await hookgate.store.clients.findClient(clientId);
    expect(client).toMatchObject({
      name: "Café",
      redirectUris: ["https://a.example/cb", "https://b.example/cb"],
      registeredScopes: ["apps.webhook:execute", "offline_access"],
    });
  });

  test("the form names the URL that Postman needs and says what each scope means", async () => {
    const { member } = await scene();
    const text = textOf((await member.get("/applications/new")).html);
    expect(text).toContain("https://oauth.pstmn.io/v1/callback");
    for (const scope of ["apps.webhook:execute", "offline_access"]) expect(text).toContain(scope);
    expect(text).toContain("which create and update customers");
  });
});

describe("what cannot be registered", () => {
  const REFUSED: readonly (readonly [what: string, change: Record<string, string | readonly string[]>, sentence: string])[] = [
    ["no name", { name: "   " }, "Give the application a name."],
    ["a name of 201 characters", { name: "x".repeat(201) }, "Shorten the name to 200 characters; it has 201."],
    ["a name with a control character", { name: "Shop\u0007sync" }, "Remove the control characters"],
    ["a name that turns text around", { name: "Shop \u202ecnys" }, "Remove the control characters"],
    ["a description of 2,001 characters", { description: "x".repeat(2_001) }, "Shorten the description to 2000 characters"],
    ["a description with an escape character", { description: "\u001b[31m" }, "Remove the control characters"],
    ["no type", { type: "" }, "Choose confidential or public."],
    ["a type that there is not", { type: "secretive" }, "Choose confidential or public."],
    ["two types", { type: ["public", "confidential"] }, "Choose confidential or public."],
    ["no scope", { scopes: [] }, "Choose at least one scope."],
    ["a scope that there is not", { scopes: ["apps.webhook:execute", "admin"] }, "There is no scope admin"],
    ["a scope in other letter case (RFC 6749 section 3.3)", { scopes: ["APPS.WEBHOOK:EXECUTE"] }, "There is no scope APPS.WEBHOOK:EXECUTE"],
    ["a public application without redirect URL (RFC 6749 section 3.1.2.2)", { type: "public", redirectUris: "" }, "needs at least one redirect URL"],
    [
      "21 redirect URLs",
      { redirectUris: Array.from({ length: 21 }, (_, i) => `https://shop.example/${i}`).join("\n") },
      "at most 20 redirect URLs; these are 21",
    ],
    ["a javascript: redirect", { redirectUris: "javascript:alert(1)" }, "javascript:alert(1): Begin with https://"],
    ["a data: redirect", { redirectUris: "data:text/html,x" }, "Begin with https://"],
    ["a redirect with a fragment (RFC 6749 section 3.1.2)", { redirectUris: "https://shop.example/#here" }, "Remove the fragment"],
    ["a relative redirect (RFC 6749 section 3.1.2)", { redirectUris: "/callback" }, "whole URL"],
    ["plain http on another machine", { redirectUris: "http://shop.example/cb" }, "Plain http is only for"],
    ["one bad redirect among good ones", { redirectUris: "https://a.example/\nftp:b" }, "ftp:b: "],
  ];

  test.each(REFUSED)("%s: 422, the reason stands at the field, nothing is stored", async (_what, change, sentence) => {
    const { member, brandId } = await scene();
    const page = await register(member, change);
    expect(page.status).toBe(422);
    const text = textOf(page.html);
    expect(text).toContain("One thing needs a change:");
    expect(text).toContain(sentence);
    expect(page.html).toContain(`id="${Object.keys(change).at(-1)}-error"`);
    expect((await hookgate.store.applications.listApplications(brandId, null, { limit: 10, after: null })).rows).toEqual([]);
  });

  test("what was typed stays, also what is wrong, and is escaped", async () => {
    const { member } = await scene();
    const name = `"><script>alert(1)</script>${"x".repeat(200)}`;
    const description = "</textarea><b>bold</b>";
    const redirectUris = "https://shop.example/ok\nhttps://shop.example/#no";
    const { html, status } = await register(member, { name, description, redirectUris, type: "public", scopes: ["offline_access"] });
    expect(status).toBe(422);
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("<b>bold");
    expect(decodeEntities(/name="name"[^>]*?value="([^"]*)"/.exec(html)?.[1] ?? "")).toBe(name);
    expect(decodeEntities(/<textarea[^>]*name="description"[^>]*>([\s\S]*?)<\/textarea>/.exec(html)?.[1] ?? "")).toBe(description);
    expect(decodeEntities(/<textarea[^>]*name="redirectUris"[^>]*>([\s\S]*?)<\/textarea>/.exec(html)?.[1] ?? "")).toBe(redirectUris);
    expect(html).toMatch(/value="public" checked/);
    expect(html).toMatch(/value="offline_access" checked/);
    expect(html).not.toMatch(/value="apps\.webhook:execute" checked/);
  });

  test("a form of another site registers nothing (RFC 6749 section 10.12)", async () => {
    const { member, brandId } = await scene();
    await member.get("/applications/new");
    const crossSite = await member.post("/applications/new", FIELDS, { origin: "https://evil.example", "sec-fetch-site": "cross-site" });
    expect(crossSite.status).toBe(403);
    const withoutToken = await member.post("/applications/new", { ...FIELDS, form_token: "" });
    expect(withoutToken.status).toBe(403);
    expect((await hookgate.store.applications.listApplications(brandId, null, { limit: 10, after: null })).rows).toEqual([]);
  });
});

describe("the overview and an application's page", () => {
  test("an empty overview says what to do next, with one button", async () => {
    const { member } = await scene();
    const { html } = await member.get("/applications");
    expect(textOf(html)).toContain("There is no application yet.");
    expect(html.match(/href="\/applications\/new"/g)).toHaveLength(1);
  });

  test("the overview shows name, client id, type, scopes in words, who registered it and when", async () => {
    const { admin, member } = await scene();
    const clientId = await registered(member);
    expect(textOf((await admin.get("/applications")).html)).toContain(`Shop sync ${clientId} Confidential Webhooks Mia Member just now`);
  });

  test("more than fifty applications go on over pages, newest first, each once", async () => {
    const { brandId, memberUser, member } = await scene();
    const made: string[] = [];
    for (let i = 0; i < 120; i++) {
      const result = await hookgate.services.applications.register({ ...FIELDS, redirectUris: [], brandId, ownerId: memberUser.id });
      if (result.kind === "registered") made.push(`/applications/${result.application.clientId}`);
      hookgate.clock.advance(1);
    }
    const pages = await collectPages(member, "/applications", "/applications/");
    expect(pages.map((page) => page.length)).toEqual([50, 50, 20]);
    expect(pages.flat()).toEqual(made.toReversed());
  });

  test.each(["/applications?after=nonsense", "/applications?after=%00", "/applications?after=x&after=y", "/applications?after=%ff", "/applications?%"])(
    "an address that no list of ours makes is no server error: %s",
    async (address) => {
      const { member } = await scene();
      expect((await member.get(address)).status).toBeLessThan(500);
    },
  );

  test("names and descriptions are text, never markup", async () => {
    const { member, admin } = await scene();
    const name = `<img src=x onerror=alert(1)>"'&`;
    const clientId = await registered(member, { name, description: "<script>alert(2)</script>\nsecond line" });
    for (const path of ["", "/registered", "/edit", "/delete"]) {
      const { html } = await admin.get(`/applications/${clientId}${path}`);
      expect(html, path).not.toMatch(/<img|<script>alert/);
      expect(textOf(html), path).toContain(name);
    }
    expect((await admin.get("/applications")).html).not.toContain("<img");
  });

  test("the page has every value to copy, and a placeholder where the secret was", async () => {
    const { member } = await scene();
    const clientId = await registered(member, { redirectUris: "https://a.example/cb\nhttps://b.example/cb" });
    const { html } = await member.get(`/applications/${clientId}`);
    const values = copyFields(html);
    expect(values.get("Client ID")).toBe(clientId);
    expect(values.get("Redirect URL 1")).toBe("https://a.example/cb");
    expect(values.get("Redirect URL 2")).toBe("https://b.example/cb");
    expect(values.get("Token URL")).toBe(`${hookgate.url}/oauth2/token`);
    expect(values.get("Authorization URL")).toContain("redirect_uri=https:%2F%2Fa.example%2Fcb");
    expect(decodeEntities(html)).toContain(`curl -u "${clientId}:{client_secret}"`);
  });
});

describe("who sees and changes what", () => {
  const PATHS = ["", "/registered", "/postman", "/postman/collection", "/postman/environment", "/edit", "/delete"];

  test("another member's application is 404 on every page and for every change", async () => {
    const { member, colleague } = await scene();
    const clientId = await registered(member);
    expect((await colleague.get("/applications")).html).not.toContain(clientId);
    for (const path of PATHS) {
      const { status, html } = await colleague.get(`/applications/${clientId}${path}`);
      expect(status, path).toBe(404);
      expect(html, path).not.toContain("Shop sync");
    }
    await colleague.get("/applications");
    expect((await colleague.post(`/applications/${clientId}/edit`, { ...FIELDS, name: "Taken over" })).status).toBe(404);
    await colleague.get("/applications");
    expect((await colleague.post(`/applications/${clientId}/delete`)).status).toBe(404);
    expect((await hookgate.store.clients.findClient(clientId))?.name).toBe("Shop sync");
  });

  test("another brand's application is 404 even for its admin, as is one that never was", async () => {
    const { member } = await scene();
    const other = await scene();
    const clientId = await registered(member);
    for (const id of [clientId, newRandomId(), "1", "..%2f..", `${clientId}%00`, clientId.toUpperCase(), "x".repeat(90)]) {
      for (const path of PATHS) expect((await other.admin.get(`/applications/${id}${path}`)).status, id + path).toBe(404);
    }
    await other.admin.get("/applications");
    expect((await other.admin.post(`/applications/${clientId}/edit`, FIELDS)).status).toBe(404);
    await other.admin.get("/applications");
    expect((await other.admin.post(`/applications/${clientId}/delete`)).status).toBe(404);
    expect(await hookgate.store.clients.findClient(clientId)).toBeDefined();
  });

  test("an admin sees, changes and deletes every application of the brand, and its owner stays", async () => {
    const { member, memberUser, admin } = await scene();
    const clientId = await registered(member);
    expect((await admin.get("/applications")).html).toContain(clientId);
    await admin.get(`/applications/${clientId}/edit`);
    const page = await admin.submit(`/applications/${clientId}/edit`, { name: "Renamed" });
    expect(textOf(page.html)).toContain("The changes are saved.");
    expect(await hookgate.store.clients.findClient(clientId)).toMatchObject({ name: "Renamed", ownerId: memberUser.id });
  });

  test("nobody who is not signed in sees or changes anything", async () => {
    const { member } = await scene();
    const clientId = await registered(member);
    for (const path of ["", "/new", `/${clientId}`, ...PATHS.map((path) => `/${clientId}${path}`)]) {
      const answer = await fetch(`${hookgate.url}/applications${path}`, { redirect: "manual" });
      expect(answer.status, path).toBe(303);
      expect(answer.headers.get("location"), path).toContain("/sign-in");
    }
    const posted = await fetch(`${hookgate.url}/applications/${clientId}/delete`, { method: "POST", body: new URLSearchParams(), redirect: "manual" });
    expect(posted.status).toBe(403);
    expect(await hookgate.store.clients.findClient(clientId)).toBeDefined();
  });
});

describe("changing", () => {
  test("the form holds what is stored; a change counts at the next request of the protocol", async () => {
    const { member } = await scene();
    const { html } = await register(member, { scopes: ["apps.webhook:execute", "offline_access"] });
    const [clientId, clientSecret] = [copyFields(html).get("Client ID")!, copyFields(html).get("Client secret")!];
    expect((await tokenRequest(clientId, clientSecret)).status).toBe(200);
    const form = (await member.get(`/applications/${clientId}/edit`)).html;
    expect(form).toContain("https://shop.example/callback</textarea>");
    expect(form.match(/type="checkbox"[^>]*checked/g)).toHaveLength(2);
    await member.submit(`/applications/${clientId}/edit`, { scopes: ["offline_access"] });
    expect((await tokenRequest(clientId, clientSecret)).status).toBe(400);
  });

  test("the type cannot be changed, by no field of the form", async () => {
    const { member } = await scene();
    const clientId = await registered(member);
    await member.get(`/applications/${clientId}/edit`);
    expect(member.page.html).not.toContain('name="type"');
    await member.submit(`/applications/${clientId}/edit`, { type: "public", clientId: newRandomId(), ownerId: newRandomId() });
    expect(await hookgate.store.clients.findClient(clientId)).toMatchObject({ type: "confidential", clientId });
  });

  test("a public application keeps at least one redirect URL", async () => {
    const { member } = await scene();
    const clientId = await registered(member, { type: "public" });
    await member.get(`/applications/${clientId}/edit`);
    const page = await member.submit(`/applications/${clientId}/edit`, { redirectUris: " " });
    expect(page.status).toBe(422);
    expect(textOf(page.html)).toContain("needs at least one redirect URL");
  });

  test("a change that is refused keeps what was typed and what is stored", async () => {
    const { member } = await scene();
    const clientId = await registered(member);
    await member.get(`/applications/${clientId}/edit`);
    const page = await member.submit(`/applications/${clientId}/edit`, { name: "y".repeat(201), redirectUris: "javascript:alert(1)" });
    expect(page.status).toBe(422);
    expect(textOf(page.html)).toContain("2 things need a change:");
    expect(page.html).toContain("y".repeat(201));
    expect(page.html).toContain("javascript:alert(1)</textarea>");
    expect(await hookgate.store.clients.findClient(clientId)).toMatchObject({ name: "Shop sync", redirectUris: ["https://shop.example/callback"] });
  });
});

describe("deleting", () => {
  test("a page in between names the application and says what stops working; nothing is gone yet", async () => {
    const { member } = await scene();
    const clientId = await registered(member);
    const text = textOf((await member.get(`/applications/${clientId}/delete`)).html);
    expect(text).toContain("Delete “Shop sync”?");
    expect(text).toContain("This cannot be undone.");
    expect(text).toContain("Its access tokens are refused at once");
    expect(await hookgate.store.clients.findClient(clientId)).toBeDefined();
  });

  test("then the application, its secret and its tokens are refused at once, and its page is 404", async () => {
    const { member, memberUser } = await scene();
    const { html } = await register(member);
    const [clientId, clientSecret] = [copyFields(html).get("Client ID")!, copyFields(html).get("Client secret")!];
    const { access_token: accessToken } = (await (await tokenRequest(clientId, clientSecret)).json()) as { access_token: string };
    const webhook = await hookgate.services.webhooks.add({
      brandId: memberUser.brandId,
      ownerId: memberUser.id,
      name: "Orders",
      authentication: "oauth2",
      mapping: null,
    });
    const webhookId = webhook.kind === "added" ? webhook.webhook.id : "";
    const call = () =>
      fetch(`${hookgate.url}/hooks/${webhookId}`, {
        method: "POST",
        headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
        body: "{}",
      });
    expect((await call()).status).toBe(200);
    await member.get(`/applications/${clientId}/delete`);
    const page = await member.submit(`/applications/${clientId}/delete`);
    expect(textOf(page.html)).toContain("Shop sync is deleted.");
    expect((await call()).status).toBe(401);
    expect((await tokenRequest(clientId, clientSecret)).status).toBe(401);
    expect((await member.get(`/applications/${clientId}`)).status).toBe(404);
  });

  test("a second deletion is 404, not an error", async () => {
    const { member } = await scene();
    const clientId = await registered(member);
    await member.get(`/applications/${clientId}/delete`);
    await member.post(`/applications/${clientId}/delete`);
    await member.get("/applications");
    expect((await member.post(`/applications/${clientId}/delete`)).status).toBe(404);
  });
});
