/** What an owner can register on the console, and what a request can then mean by it: the rules of `redirect-uris.test.ts` as browsers meet them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeEntities, type HttpBrowser } from "../support/http-browser.ts";
import { addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import type { User } from "../../src/identity/user.ts";
import { addClient, authorizationPath, basic, clientCredentials, goodRequest, newPkce, REDIRECT_URI } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let owner: User;
let browser: HttpBrowser;

beforeAll(async () => {
  hookgate = await startHookgate();
  await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
  owner = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" });
  browser = await signedIn(hookgate, owner);
});
afterAll(() => hookgate.close());

async function register(fields: Record<string, string | readonly string[]>) {
  await browser.get("/applications/new");
  const draft = { name: "Shop sync", description: "", type: "confidential", scopes: "apps.webhook:execute", redirectUris: REDIRECT_URI };
  return browser.postOnce("/applications/new", { ...draft, ...fields });
}

describe("registering a redirect URI", () => {
  test.each([
    ["6749-06: with a fragment (RFC 6749 section 3.1.2)", "https://shop.example.com/cb#part"],
    ["6749-52: javascript: (RFC 6749 section 10.14)", "javascript:alert(1)"],
    ["8252-04: data: (RFC 8252 section 8.4)", "data:text/html,hello"],
    ["8252-04: file:", "file:///etc/passwd"],
    ["8252-04: vbscript:", "vbscript:x"],
    ["8252-04: blob:", "blob:https://shop.example.com/1"],
    ["8252-04: a private-use scheme without a dot (RFC 8252 section 7.1)", "myapp:/cb"],
    ["8252-05: plain http to another host (RFC 9700 section 2.6)", "http://shop.example.com/cb"],
    ["8252-05: plain http to 127.0.0.2", "http://127.0.0.2/cb"],
    ["9700-01: with a user name (RFC 9700 section 4.1.3)", "https://shop.example.com@evil.example/cb"],
    ["9700-01: with dot segments", "https://shop.example.com/a/%2e%2e/cb"],
  ])("%s is refused, and nothing is registered", async (_rule, redirectUri) => {
    const before = await hookgate.store.applications.listApplications(hookgate.brandId, owner.id, { after: null, limit: 100 });
    const page = await register({ redirectUris: redirectUri });
    expect([page.status, page.headers.get("location")]).toEqual([422, null]);
    // What was typed comes back, beside what to change.
    expect(decodeEntities(page.html)).toContain(redirectUri);
    expect(page.html).toContain('id="redirectUris-error"');
    expect(await hookgate.store.applications.listApplications(hookgate.brandId, owner.id, { after: null, limit: 100 })).toEqual(before);
  });
});

describe("asking for a redirect URI", () => {
  const { challenge } = newPkce();
  const pkce = { code_challenge: challenge, code_challenge_method: "S256" };

  test("8252-02: path, query, scheme and host of a loopback address are exact (RFC 8252 sections 7.3 and 8.3)", async () => {
    const native = await addClient(hookgate, { owner, type: "public", redirectUris: ["http://127.0.0.1/cb"] });
    const asked = async (redirectUri: string) => (await browser.getOnce(authorizationPath(goodRequest(native, { redirect_uri: redirectUri, ...pkce })))).status;
    expect(await asked("http://127.0.0.1:53219/cb")).toBe(200);
    for (const other of [
      "http://127.0.0.1:53219/cb/",
      "http://127.0.0.1:53219/cb?x=1",
      "https://127.0.0.1:53219/cb",
      "http://localhost:53219/cb",
      "http://127.0.0.2:53219/cb",
      "http://0x7f.1:53219/cb",
      "http://127.0.0.1.evil.example:53219/cb",
      "http://[::1]:53219/cb",
    ]) {
      expect([other, await asked(other)]).toEqual([other, 400]);
    }
  });

  test("9700-01: what a browser would take for the same is another one (RFC 9700 sections 2.1 and 4.1.3)", async () => {
    const client = await addClient(hookgate, { owner, redirectUris: [REDIRECT_URI] });
    for (const other of [
      `${REDIRECT_URI}/`,
      `${REDIRECT_URI}?x=1`,
      `${REDIRECT_URI}#`,
      "https://SHOP.example.com/callback",
      "https://shop.example.com:443/callback",
      "https://shop.example.com/x/../callback",
      "https://shop.example.com/%2e/callback",
      "https://shop.example.com/callback%00",
      "https://shop.example.com@evil.example/callback",
      "https://shop.example.com\\@evil.example/callback",
      "https://shöp.example.com/callback",
    ]) {
      const page = await browser.getOnce(authorizationPath(goodRequest(client, { redirect_uri: other })));
      expect([other, page.status, page.headers.get("location")]).toEqual([other, 400, null]);
    }
  });
});

describe("the id of a client", () => {
  test("9700-13: nobody chooses it, so it is never a user's: the subjects of clients and users do not meet (RFC 9700 section 4.15.1)", async () => {
    const answer = await register({ clientId: owner.id, client_id: owner.id, id: owner.id });
    expect(answer.status).toBe(303);
    const clientId = /\/applications\/([^/]+)/.exec(answer.headers.get("location") ?? "")?.[1] ?? "";
    expect(clientId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
    expect(clientId).not.toBe(owner.id);

    const client = await addClient(hookgate, { owner });
    const token = String((await clientCredentials(hookgate, client)).json["access_token"]);
    const introspected = await fetch(`${hookgate.url}/oauth2/introspect`, {
      method: "POST",
      headers: { authorization: basic(client) },
      body: new URLSearchParams({ token }),
    });
    expect(await introspected.json()).toMatchObject({ sub: client.clientId, client_id: client.clientId });
    expect(await hookgate.store.users.findUser(hookgate.brandId, client.clientId)).toBeUndefined();
  });
});
