import { request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { HttpBrowser, textOf, type BrowserPage } from "../support/http-browser.ts";
import { addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, authorizationPath, consent, exchange, goodRequest, newPkce, REDIRECT_URI, redirectOf, withdraw, type TestClient } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let client: TestClient;
let publicClient: TestClient;
let owner: HttpBrowser;

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
  publicClient = await addClient(hookgate, { owner: client.owner, type: "public" });
  owner = await signedIn(hookgate, client.owner);
});
afterAll(() => hookgate.close());
// Each test is about somebody who is asked.
afterEach(() => withdraw(hookgate, client));

type Parameters = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** What the signed-in owner's browser gets, without following a redirect. */
async function ask(parameters: Parameters): Promise<BrowserPage> {
  return owner.getOnce(authorizationPath(parameters));
}

/** Fails unless the answer is our own page: status 400 and nowhere to go. */
function expectErrorPage(page: BrowserPage, text: string): void {
  expect([page.status, page.headers.get("location")]).toEqual([400, null]);
  expect(textOf(page.html)).toContain(text);
  expect(textOf(page.html)).toContain("Reference");
}

/** Fails unless the answer goes to the client with this error, the state as it was and our issuer. */
function expectErrorByRedirect(page: BrowserPage, error: string, state: string | null = "xyz"): void {
  const { answer, location } = redirectOf(page);
  expect(location.startsWith(`${REDIRECT_URI}?`)).toBe(true);
  expect([answer.get("error"), answer.get("state"), answer.get("iss"), answer.get("code")]).toEqual([error, state, hookgate.url, null]);
  expect(answer.get("error_description")).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
}

describe("errors on our own page", () => {
  test("6749-01: an unknown client is told on a page, with no Location (RFC 6749 section 4.1.2.1)", async () => {
    expectErrorPage(await ask(goodRequest({ ...client, clientId: crypto.randomUUID() })), "No application is registered");
    expectErrorPage(await ask(goodRequest({ ...client, clientId: "not an id" })), "No application is registered");
    expectErrorPage(await ask({ response_type: "code" }), "names no client_id");
    expectErrorPage(await owner.getOnce("/oauth2/auth"), "names no client_id");
  });

  test.each(["https://evil.example/callback", `${REDIRECT_URI}/`, `${REDIRECT_URI}?x=1`, "https://shop.example.com", "javascript:alert(1)", "not a URL"])(
    "6749-01: the redirect URI %s, which is not registered, is never redirected to (RFC 6749 section 3.1.2.4)",
    async (redirectUri) => {
      expectErrorPage(await ask(goodRequest(client, { redirect_uri: redirectUri })), "not among the redirect URLs");
    },
  );

  test("6749-06: a registered redirect URI with a fragment is another one (RFC 6749 section 3.1.2)", async () => {
    expectErrorPage(await ask(goodRequest(client, { redirect_uri: `${REDIRECT_URI}#part` })), "not among the redirect URLs");
  });

  test("6749-01: without redirect_uri, no or several registered ones leave nowhere to go (RFC 6749 section 3.1.2.3)", async () => {
    const none = await addClient(hookgate, { owner: client.owner, redirectUris: [] });
    const several = await addClient(hookgate, { owner: client.owner, redirectUris: [REDIRECT_URI, `${REDIRECT_URI}2`] });
    expectErrorPage(await ask(goodRequest(none)), "registered no redirect URL");
    expectErrorPage(await ask(goodRequest(none, { redirect_uri: REDIRECT_URI })), "not among the redirect URLs");
    expectErrorPage(await ask(goodRequest(several)), "several redirect URLs");
    expect((await ask(goodRequest(several, { redirect_uri: `${REDIRECT_URI}2` }))).status).toBe(200);
  });

  test.each(["client_id", "redirect_uri"])("6749-03: %s twice is told on a page, even with the same right value (RFC 6749 section 3.1)", async (name) => {
    const value = name === "client_id" ? client.clientId : REDIRECT_URI;
    const parameters = Object.entries(goodRequest(client, { redirect_uri: REDIRECT_URI }));
    expectErrorPage(await ask([...parameters, [name, value]]), `more than one ${name}`);
    expectErrorPage(await ask([...parameters, [name, "https://evil.example/"]]), `more than one ${name}`);
    expectErrorPage(await ask([...parameters, [name, ""]]), `more than one ${name}`);
  });

  test("6749-01: the same for a browser that nobody has signed in with", async () => {
    const stranger = new HttpBrowser(hookgate.url);
    expectErrorPage(await stranger.getOnce(authorizationPath(goodRequest(client, { redirect_uri: "https://evil.example/" }))), "not among");
  });

  test.each(["%zz", "client_id=%ff", "client_id=a%00b", "a&".repeat(2_500)])("an address that cannot be read is answered with a page: %s", async (query) => {
    expectErrorPage(await owner.getOnce(`/oauth2/auth?${query}`), "could not be read");
  });

  test("6749-52: what the address says comes back escaped or not at all (RFC 6749 section 10.14)", async () => {
    const page = await ask(goodRequest(client, { redirect_uri: "<script>alert(1)</script>" }));
    expect(page.html).not.toContain("<script>alert");
  });
});

describe("errors that go to the client", () => {
  test.each([
    ["6749-14: response_type=token (RFC 6749 section 4.1.2.1)", { response_type: "token" }, "unsupported_response_type"],
    ["6749-14: response_type=code token", { response_type: "code token" }, "unsupported_response_type"],
    ["6749-02: no response_type", { response_type: "" }, "invalid_request"],
    ["6749-02: an unknown scope", { scope: "admin" }, "invalid_scope"],
    ["6749-33: a malformed scope (RFC 6749 appendix A.4)", { scope: 'a"b' }, "invalid_scope"],
    ["7636-02: a challenge without a method means plain (RFC 7636 section 4.3)", { code_challenge: newPkce().challenge }, "invalid_request"],
    ["7636-03: the method plain (RFC 7636 section 4.2)", { code_challenge: newPkce().challenge, code_challenge_method: "plain" }, "invalid_request"],
    ["7636-03: the method s256", { code_challenge: newPkce().challenge, code_challenge_method: "s256" }, "invalid_request"],
    ["7636-04: a padded challenge (RFC 7636 section 4.2)", { code_challenge: `${newPkce().challenge}=`, code_challenge_method: "S256" }, "invalid_request"],
    ["7636-04: a short challenge", { code_challenge: newPkce().challenge.slice(1), code_challenge_method: "S256" }, "invalid_request"],
    ["7636-04: a long challenge", { code_challenge: `${newPkce().challenge}A`, code_challenge_method: "S256" }, "invalid_request"],
    ["7636-04: a challenge in base64", { code_challenge: `${"a".repeat(42)}+`, code_challenge_method: "S256" }, "invalid_request"],
    ["7636-04: a method without a challenge", { code_challenge_method: "S256" }, "invalid_request"],
  ])("6749-02: %s", async (_what, change, error) => {
    expectErrorByRedirect(await ask(goodRequest(client, change)), error);
  });

  test.each(["scope", "code_challenge", "response_type", "foo"])("6749-03: %s twice is invalid_request (RFC 6749 section 3.1)", async (name) => {
    const parameters = Object.entries(goodRequest(client));
    expectErrorByRedirect(await ask([...parameters, [name, "a"], [name, "a"]]), "invalid_request");
  });

  test("6749-03: state twice is invalid_request, and neither of them comes back", async () => {
    expectErrorByRedirect(await ask([...Object.entries(goodRequest(client)), ["state", "other"]]), "invalid_request", null);
  });

  test("7636-01: a public client without a challenge (RFC 7636 section 4.4.1)", async () => {
    expectErrorByRedirect(await ask(goodRequest(publicClient)), "invalid_request");
  });

  test("9700-08: a challenge that somebody strips from a public client's request is missed (RFC 9700 section 4.8)", async () => {
    expectErrorByRedirect(await ask(goodRequest(publicClient, { code_challenge_method: "S256" })), "invalid_request");
    expect((await ask(goodRequest(publicClient, { code_challenge: newPkce().challenge, code_challenge_method: "S256" }))).status).toBe(200);
  });

  test("6749-05: the query of the registered redirect URI stays (RFC 6749 section 3.1.2)", async () => {
    const redirectUri = `${REDIRECT_URI}?tenant=a%20b&empty=`;
    const queried = await addClient(hookgate, { owner: client.owner, redirectUris: [redirectUri] });
    const { location } = redirectOf(await ask(goodRequest(queried, { scope: "admin" })));
    expect(location.startsWith(`${redirectUri}&error=invalid_scope&`)).toBe(true);
  });

  test("9207-01: iss is in success and in error, and 9207-02: it is the issuer of the metadata (RFC 9207 section 2)", async () => {
    const metadata = (await (await fetch(`${hookgate.url}/.well-known/oauth-authorization-server`)).json()) as { issuer: string };
    const failed = redirectOf(await ask(goodRequest(client, { scope: "admin" })));
    const { answer } = await consent(hookgate, client);
    expect([failed.answer.get("iss"), answer.get("iss")]).toEqual([metadata.issuer, metadata.issuer]);
  });
});

describe("no answer before the owner has signed in", () => {
  test("9700-03: a wrong request of a stranger's browser leads to the sign-in page, not to the client (RFC 9700 section 4.11.2)", async () => {
    const stranger = new HttpBrowser(hookgate.url);
    const page = await stranger.get(authorizationPath(goodRequest(client, { scope: "admin" })));
    expect([page.status, page.headers.get("location")]).toEqual([200, null]);
    expect(textOf(page.html)).toContain("Sign in to continue to Shop sync");
  });

  test("9700-03: nor does a wrong request reach the client through somebody who is not its owner", async () => {
    const other = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Adam Admin" }));
    const page = await other.getOnce(authorizationPath(goodRequest(client, { scope: "admin" })));
    expect([page.status, page.headers.get("location")]).toEqual([403, null]);
  });

  test("9700-03: an application that is switched off is told on a page", async () => {
    const off = await addClient(hookgate);
    await hookgate.store.users.deactivateUser(off.owner.brandId, off.owner.id);
    const page = await new HttpBrowser(hookgate.url).getOnce(authorizationPath(goodRequest(off, { scope: "admin" })));
    expect([page.status, page.headers.get("location")]).toEqual([403, null]);
    expect(textOf(page.html)).toContain("switched off");
  });
});

describe("good requests", () => {
  test("6749-04: an empty value counts as absent, an unknown parameter is ignored (RFC 6749 section 3.1)", async () => {
    const request = { redirect_uri: "", scope: "", code_challenge: "", code_challenge_method: "", prompt: "login", nonce: "n", response_mode: "" };
    const { answer, location } = await consent(hookgate, client, request);
    expect(location.startsWith(`${REDIRECT_URI}?`)).toBe(true);
    expect([...answer.keys()].toSorted()).toEqual(["code", "iss", "state"]);
  });

  test("21-01: a confidential client may leave PKCE out, as the seed's request does (draft-ietf-oauth-v2-1 section 7.5.1.1)", async () => {
    expect((await consent(hookgate, client)).answer.get("code")).toMatch(/^hgc_/);
  });

  test("9700-17: the answer is in the query whatever response_mode asks for: there is no postMessage (RFC 9700 section 4.17)", async () => {
    for (const response_mode of ["web_message", "fragment", "form_post"]) {
      const { answer, location } = await consent(hookgate, client, { response_mode });
      expect([answer.has("code"), new URL(location).hash]).toEqual([true, ""]);
    }
  });

  test("without state none comes back", async () => {
    const { answer } = await consent(hookgate, client, { state: "" });
    expect([...answer.keys()].toSorted()).toEqual(["code", "iss"]);
  });

  test("6749-15: a state of 2,000 characters comes back byte-identical (RFC 6749 section 4.1.2)", async () => {
    const state = "&=+% #?/\\\"'<>éß漢🦊\t\n".repeat(200).slice(0, 2_000).toWellFormed();
    expect(state).toHaveLength(2_000);
    expect((await consent(hookgate, client, { state })).answer.get("state")).toBe(state);
    expect(redirectOf(await ask(goodRequest(client, { state, scope: "admin" }))).answer.get("state")).toBe(state);
  });

  test("8252-01: a native app's loopback redirect takes any port, and the code comes back there (RFC 8252 section 7.3)", async () => {
    const native = await addClient(hookgate, {
      owner: client.owner,
      type: "public",
      redirectUris: ["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"],
    });
    const { verifier, challenge } = newPkce();
    const pkce = { code_challenge: challenge, code_challenge_method: "S256" };
    for (const redirectUri of ["http://127.0.0.1:53219/cb", "http://[::1]:53219/cb", "com.example.app:/cb"]) {
      const { answer, location } = await consent(hookgate, native, { redirect_uri: redirectUri, ...pkce });
      expect(location.startsWith(`${redirectUri}?code=`)).toBe(true);
      const answered = await exchange(hookgate, native, answer.get("code") ?? "", { redirect_uri: redirectUri, code_verifier: verifier });
      expect(answered.status).toBe(200);
    }
    const page = await ask(goodRequest(native, { redirect_uri: "http://localhost:53219/cb", ...pkce }));
    expectErrorPage(page, "not among the redirect URLs");
  });

  test("8252-06: a native app's request is shown for consent each time (RFC 8252 section 8.6)", async () => {
    const native = await addClient(hookgate, { owner: client.owner, type: "public", redirectUris: ["http://127.0.0.1/cb", "com.example.app:/cb"] });
    for (const redirectUri of ["http://127.0.0.1:53219/cb", "com.example.app:/cb"]) {
      const request = { redirect_uri: redirectUri, code_challenge: newPkce().challenge, code_challenge_method: "S256" };
      expect((await consent(hookgate, native, request)).answer.get("code")).toMatch(/^hgc_/);
      const again = await ask(goodRequest(native, request));
      expect([again.status, again.headers.get("location")]).toEqual([200, null]);
      expect(redirectOf(await ask(goodRequest(native, { redirect_uri: redirectUri }))).answer.get("error")).toBe("invalid_request");
    }
  });

  test("a request by POST from the client's site becomes the same request by GET (RFC 6749 section 3.1)", async () => {
    const parameters = goodRequest(client, { state: "a&b=c d+é" });
    const foreign = { origin: "https://shop.example.com", "sec-fetch-site": "cross-site" };
    const page = await new HttpBrowser(hookgate.url).postOnce("/oauth2/auth", parameters, foreign);
    expect(page.status).toBe(303);
    const location = page.headers.get("location") ?? "";
    expect(location.startsWith("/oauth2/auth?")).toBe(true);
    expect(Object.fromEntries(new URLSearchParams(location.slice("/oauth2/auth?".length)))).toEqual(parameters);
  });

  test("a request by POST that no address could hold is refused, and not sent back in one", async () => {
    const page = await new HttpBrowser(hookgate.url).postOnce("/oauth2/auth", goodRequest(client, { state: "s".repeat(100_000) }));
    expect([page.status, page.headers.get("location")]).toEqual([413, null]);
    expect(textOf(page.html)).toContain("This request is too long.");
    const long = await new HttpBrowser(hookgate.url).post("/oauth2/auth", goodRequest(client, { state: "s".repeat(11_000) }));
    expect(long.status).toBe(200);
  });

  test("an address in another spelling is read as the same one: as a whole URL, and with a percent sequence in its path (RFC 9112 section 3.2.2)", async () => {
    const query = authorizationPath(goodRequest(client)).slice("/oauth2/auth".length);
    const { port } = new URL(hookgate.url);
    for (const path of [`/oauth2/%61uth${query}`, `http://elsewhere.example/oauth2/auth${query}`]) {
      const status = await new Promise((resolve, reject) => {
        request({ host: "127.0.0.1", port, path, agent: false }, (answer) => resolve(answer.resume().statusCode))
          .on("error", reject)
          .end();
      });
      expect([path, status]).toEqual([path, 200]);
    }
  });

  test("6749-03: a parameter that is doubled in a POST stays doubled", async () => {
    const page = await new HttpBrowser(hookgate.url).postOnce(
      "/oauth2/auth",
      { ...goodRequest(client), scope: ["a", "b"] },
      { origin: "https://shop.example.com" },
    );
    expect(page.headers.get("location")).toContain("scope=a&scope=b");
  });
});

describe("headers of the authorization endpoint", () => {
  test("9700-16: no CORS headers: nobody's script reads these pages (RFC 9700 section 2.6)", async () => {
    const page = await owner.getOnce(authorizationPath(goodRequest(client)), { origin: "https://shop.example.com" });
    expect([...page.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  test("9700-05: pages with a request in their address are no-referrer and load nothing from elsewhere (RFC 9700 section 4.2.4)", async () => {
    const pages = [
      await ask(goodRequest(client)),
      await new HttpBrowser(hookgate.url).getOnce(authorizationPath(goodRequest(client))),
      await ask(goodRequest(client, { redirect_uri: "https://evil.example/" })),
    ];
    for (const page of pages) {
      expect(page.headers.get("referrer-policy")).toBe("no-referrer");
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
      for (const [, address] of page.html.matchAll(/\s(?:src|href)="([^"]*)"/g)) expect(address).toMatch(/^\/(?!\/)/);
    }
  });

  test("6749-51: no page can be framed, 9700-14 (RFC 6749 section 10.13, RFC 9700 section 4.16)", async () => {
    const other = await signedIn(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Adam Admin" }));
    const stranger = new HttpBrowser(hookgate.url);
    const pages = [
      await ask(goodRequest(client)),
      await ask(goodRequest(client, { redirect_uri: "https://evil.example/" })),
      await ask(goodRequest(client, { scope: "admin" })),
      await stranger.getOnce(authorizationPath(goodRequest(client))),
      await stranger.getOnce("/sign-in"),
      await other.getOnce(authorizationPath(goodRequest(client))),
    ];
    expect(pages.map(({ status }) => status)).toEqual([200, 400, 303, 200, 200, 403]);
    for (const page of pages) {
      expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(page.headers.get("x-frame-options")).toBe("DENY");
    }
  });

  test("9700-06: pages and redirects are never stored, and redirects are 303 (RFC 9700 sections 4.3.1 and 4.12)", async () => {
    for (const page of [await ask(goodRequest(client)), await ask(goodRequest(client, { scope: "admin" }))]) {
      expect(page.headers.get("cache-control")).toBe("no-store");
      expect([200, 303]).toContain(page.status);
    }
  });
});
