import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SignInThrottle } from "../../src/identity/sign-in-throttle.ts";
import { HOUR, MINUTE } from "../../src/lib/clock.ts";
import { HttpBrowser, hiddenFields, textOf, type BrowserPage } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const ADA = "ada@example.com";
const WRONG = "not the password of anybody";

let hookgate: TestHookgate;

beforeEach(async () => {
  hookgate = await startHookgate();
  await addPerson(hookgate, { email: ADA, name: "Ada", role: "admin" });
});

afterEach(() => hookgate.close());

function newBrowser(): HttpBrowser {
  return new HttpBrowser(hookgate.url);
}

/** Opens the sign-in page and sends the form, following no redirect. */
async function signIn(email: string, password: string, browser = newBrowser(), returnTo?: string): Promise<BrowserPage> {
  await browser.get("/sign-in");
  return browser.postOnce("/sign-in", { email, password, ...(returnTo !== undefined && { return_to: returnTo }) });
}

const isSignedIn = async (browser: HttpBrowser) => (await browser.getOnce("/account")).status === 200;

/** What a person sees, without what differs from page to page anyway. */
function seen(page: BrowserPage): string {
  return page.html.replace(/name="form_token" value="[^"]*"/g, "").replace(/value="[^"]*@[^"]*"/g, "");
}

/** Fails so many times; gives the statuses of the answers. */
async function failTimes(times: number, email: string, browser = newBrowser()): Promise<readonly number[]> {
  await browser.get("/sign-in");
  const pages: BrowserPage[] = [];
  for (let i = 0; i < times; i++) pages.push(await browser.postOnce("/sign-in", { email, password: WRONG }));
  return pages.map((page) => page.status);
}

describe("signing in", () => {
  test("the right password opens a session of twelve hours in an HttpOnly, SameSite=Lax cookie", async () => {
    const browser = newBrowser();
    const page = await signIn(ADA, PASSWORD, browser);
    expect([page.status, page.headers.get("location")]).toEqual([303, "/"]);
    const cookie = page.headers.getSetCookie().find((line) => line.startsWith("hookgate_session="));
    expect(cookie).toMatch(/^hookgate_session=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(await isSignedIn(browser)).toBe(true);
  });

  test.each([" Ada@Example.COM ", "ADA@EXAMPLE.COM"])("the address %j is the same person's: letter case and blanks around it do not count", async (email) => {
    expect((await signIn(email, PASSWORD)).status).toBe(303);
  });

  test.each([
    ["another password", ADA, WRONG],
    ["the password in another letter case", ADA, PASSWORD.toUpperCase()],
    ["the password with a blank after it", ADA, `${PASSWORD} `],
    ["no password", ADA, ""],
    ["no address", "", PASSWORD],
    ["an address that nobody has", "nobody@example.com", PASSWORD],
    ["an address with something after it", `${ADA}%00`, PASSWORD],
    ["a very long password", ADA, "x".repeat(100_000)],
  ])("%s signs nobody in", async (_what, email, password) => {
    const browser = newBrowser();
    const page = await signIn(email, password, browser);
    expect(page.status).toBe(422);
    expect(textOf(page.html)).toContain("The e-mail address or the password is not right.");
    expect(await isSignedIn(browser)).toBe(false);
  });

  test("a stranger cannot tell an unknown address, an invited user and a wrong password apart", async () => {
    await hookgate.services.userService.inviteUser({ brandId: hookgate.brandId, email: "new@example.com", name: "New", role: "member" });
    const pages = [await signIn(ADA, WRONG), await signIn("nobody@example.com", WRONG), await signIn("new@example.com", WRONG)];
    expect(new Set(pages.map(seen)).size).toBe(1);
    expect(new Set(pages.map((page) => page.status)).size).toBe(1);
  });

  test("the form that comes back keeps the address and never the password", async () => {
    const page = await signIn('ada"><script>alert(1)</script>@example.com', "my secret <b>password</b>");
    expect(page.html).toContain("ada&quot;>&lt;script>alert(1)&lt;/script>@example.com");
    expect(page.html).not.toContain("<script>alert");
    expect(page.html).not.toContain("my secret");
  });

  test("a parameter that comes twice counts as absent, so that no check and its use can see different ones", async () => {
    const browser = newBrowser();
    await browser.get("/sign-in");
    expect((await browser.postOnce("/sign-in", { email: [ADA, ADA], password: PASSWORD })).status).toBe(422);
  });

  test("who is signed in already is sent on from the sign-in page", async () => {
    const browser = await signInAs(hookgate, ADA);
    const page = await browser.getOnce("/sign-in?return_to=%2Faccount");
    expect([page.status, page.headers.get("location")]).toEqual([303, "/account"]);
  });
});

describe("the way back after sign-in", () => {
  test("a page without session leads to sign-in and from there back to itself, query included", async () => {
    const browser = newBrowser();
    const asked = await browser.getOnce("/users?after=abc%26d&x=1");
    expect([asked.status, asked.headers.get("location")]).toEqual([303, `/sign-in?return_to=${encodeURIComponent("/users?after=abc%26d&x=1")}`]);
    const form = await browser.get("/users?after=abc%26d&x=1");
    const page = await browser.postOnce("/sign-in", { email: ADA, password: PASSWORD, return_to: hiddenFields(form.html).get("return_to") ?? "" });
    expect(page.headers.get("location")).toBe("/users?after=abc%26d&x=1");
  });

  test("a form sent without session leads to sign-in and then to the first page, whatever the Referer says", async () => {
    const browser = newBrowser();
    await browser.get("/sign-in");
    const page = await browser.postOnce("/users/new", { name: "Eve" }, { referer: `${hookgate.url}/users/new` });
    expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in"]);
  });

  test.each([
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "evil.example",
    "@evil.example",
    "/\r\nSet-Cookie: a=b",
    "/caf\u00e9",
    "/%0d%0aSet-Cookie:a=b\\",
    `/${"x".repeat(2_001)}`,
    "",
  ])("9700-02: %j is no own path: sign-in leads to the first page (RFC 9700 section 4.11.2)", async (returnTo) => {
    const posted = await signIn(ADA, PASSWORD, newBrowser(), returnTo);
    expect([posted.status, posted.headers.get("location")]).toEqual([303, "/"]);
    const signedIn = await signInAs(hookgate, ADA);
    const asked = await signedIn.getOnce(`/sign-in?return_to=${encodeURIComponent(returnTo)}`);
    expect(new URL(asked.headers.get("location") ?? "", hookgate.url).href).toBe(`${hookgate.url}/`);
  });

  test.each(["/%2f%2fevil.example/", "/%5cevil.example", "/.//evil.example", "/..//evil.example", "/@evil.example", "/a?b=//evil.example#c"])(
    "%j stays on this server",
    async (returnTo) => {
      const page = await signIn(ADA, PASSWORD, newBrowser(), returnTo);
      expect(new URL(page.headers.get("location") ?? "", hookgate.url).origin).toBe(hookgate.url);
    },
  );
});

describe("the throttle", () => {
  test("after ten failures in a quarter of an hour even the right password waits, and the page says how long", async () => {
    expect(await failTimes(10, ADA)).toEqual(Array(10).fill(422));
    hookgate.clock.advance(3 * MINUTE + 1);
    const browser = newBrowser();
    const page = await signIn(ADA, PASSWORD, browser);
    expect(page.status).toBe(429);
    expect(page.headers.get("retry-after")).toBe("720");
    expect(textOf(page.html)).toContain("Wait 12 minutes, then try again.");
    expect(await isSignedIn(browser)).toBe(false);

    hookgate.clock.advance(12 * MINUTE);
    expect((await signIn(ADA, PASSWORD)).status).toBe(303);
  });

  test("waiting attempts do not make the wait longer", async () => {
    await failTimes(10, ADA);
    for (let i = 0; i < 3; i++) {
      hookgate.clock.advance(4 * MINUTE);
      expect((await signIn(ADA, PASSWORD)).status).toBe(429);
    }
    hookgate.clock.advance(3 * MINUTE);
    expect((await signIn(ADA, PASSWORD)).status).toBe(303);
  });

  test("an address that nobody has is throttled with the same page, so that the throttle tells nothing", async () => {
    await failTimes(10, ADA);
    await failTimes(10, "nobody@example.com");
    const [known, unknown] = [await signIn(ADA, WRONG), await signIn("nobody@example.com", WRONG)];
    expect([known.status, unknown.status]).toEqual([429, 429]);
    expect(seen(known)).toBe(seen(unknown));
  });

  test("other spellings of an address share its count", async () => {
    for (const email of ["ADA@example.com", " ada@example.com", "Ada@Example.Com", "ada@example.com "]) await failTimes(3, email);
    expect((await signIn(ADA, PASSWORD)).status).toBe(429);
  });

  test("the right password forgets the failures before it", async () => {
    await failTimes(9, ADA);
    expect((await signIn(ADA, PASSWORD)).status).toBe(303);
    await failTimes(9, ADA);
    expect((await signIn(ADA, PASSWORD)).status).toBe(303);
  });

  test("forms without address or password are no guesses", async () => {
    const browser = newBrowser();
    await browser.get("/sign-in");
    for (let i = 0; i < 12; i++) await browser.postOnce("/sign-in", { email: ADA, password: "" });
    expect((await signIn(ADA, PASSWORD)).status).toBe(303);
  });

  test("of thirty guesses at once no more than ten are looked at", async () => {
    const browser = newBrowser();
    await browser.get("/sign-in");
    const pages = await Promise.all(Array.from({ length: 30 }, () => browser.postOnce("/sign-in", { email: ADA, password: WRONG })));
    expect(pages.filter((page) => page.status === 422).length).toBe(10);
    expect(pages.filter((page) => page.status === 429).length).toBe(20);
  });

  test("fifty failures from one network address stop it for every user, and sign-ins that worked do not count", async () => {
    for (let i = 0; i < 3; i++) expect((await signIn(ADA, PASSWORD)).status).toBe(303);
    const browser = newBrowser();
    for (let i = 0; i < 50; i++) expect(await failTimes(1, `user${i}@example.com`, browser)).toEqual([422]);
    const page = await signIn(ADA, PASSWORD);
    expect(page.status).toBe(429);
    expect(textOf(page.html)).toContain("Wait 15 minutes");
  });

  test("an IPv6 address counts with the other addresses of its /64, a mapped IPv4 address as IPv4", async () => {
    const throttle = new SignInThrottle(hookgate.store.attempts, hookgate.clock);
    const admit = async (address: string) => (await throttle.admit(`${Math.random()}@example.com`, address)).kind;
    for (let i = 0; i < 50; i++) expect(await admit(`2001:db8:0:7::${i.toString(16)}`)).toBe("admitted");
    expect(await admit("2001:0db8::7:ffff:0:1:2")).toBe("throttled");
    expect(await admit("2001:db8:0:8::1")).toBe("admitted");
    for (let i = 0; i < 50; i++) expect(await admit("::ffff:192.0.2.1")).toBe("admitted");
    expect(await admit("192.0.2.1")).toBe("throttled");
    expect(await admit("192.0.2.2")).toBe("admitted");
  });
});

describe("sessions", () => {
  test("a session id that was planted before is not the one after sign-in, and is worth nothing (session fixation)", async () => {
    const planted = "A".repeat(43);
    const browser = newBrowser();
    browser.setCookie("hookgate_session", planted);
    await signIn(ADA, PASSWORD, browser);
    expect(browser.cookies.get("hookgate_session")).not.toBe(planted);
    const attacker = newBrowser();
    attacker.setCookie("hookgate_session", planted);
    expect(await isSignedIn(attacker)).toBe(false);
  });

  test("signing in again ends the session before it on the server", async () => {
    const browser = await signInAs(hookgate, ADA);
    const copy = newBrowser();
    copy.setCookie("hookgate_session", browser.cookies.get("hookgate_session") ?? "");
    await browser.get("/account");
    await browser.postOnce("/sign-in", { email: ADA, password: PASSWORD });
    expect(await isSignedIn(browser)).toBe(true);
    expect(await isSignedIn(copy)).toBe(false);
  });

  test("a failed sign-in leaves the session as it is", async () => {
    const browser = await signInAs(hookgate, ADA);
    await browser.get("/account");
    await browser.postOnce("/sign-in", { email: ADA, password: WRONG });
    expect(await isSignedIn(browser)).toBe(true);
  });

  test("a session ends twelve hours after sign-in, used or not", async () => {
    const browser = await signInAs(hookgate, ADA);
    hookgate.clock.advance(12 * HOUR - 1);
    expect(await isSignedIn(browser)).toBe(true);
    hookgate.clock.advance(1);
    expect(await isSignedIn(browser)).toBe(false);
  });

  test("a form opened before the session ended leads to sign-in", async () => {
    const browser = await signInAs(hookgate, ADA);
    await browser.get("/users/new");
    hookgate.clock.advance(12 * HOUR);
    const page = await browser.postOnce("/users/new", { name: "Eve", email: "eve@example.com", role: "admin" });
    expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in"]);
    expect(await hookgate.store.users.findUserByEmail("eve@example.com")).toBeUndefined();
  });

  test("signing out ends the session on the server, not only in this browser", async () => {
    const browser = await signInAs(hookgate, ADA);
    const copy = newBrowser();
    copy.setCookie("hookgate_session", browser.cookies.get("hookgate_session") ?? "");
    await browser.get("/account");
    const page = await browser.submit("/sign-out");
    expect(textOf(page.html)).toContain("You are signed out.");
    expect(browser.cookies.has("hookgate_session")).toBe(false);
    expect(await isSignedIn(copy)).toBe(false);
  });

  test("signing out twice is no error", async () => {
    const browser = await signInAs(hookgate, ADA);
    await browser.get("/account");
    await browser.submit("/sign-out");
    expect((await browser.post("/sign-out")).status).toBe(200);
  });

  test("a link cannot sign anybody out", async () => {
    const browser = await signInAs(hookgate, ADA);
    expect((await browser.getOnce("/sign-out")).status).toBe(404);
    expect(await isSignedIn(browser)).toBe(true);
  });

  test("every page of the console is told not to be kept in a cache", async () => {
    const browser = await signInAs(hookgate, ADA);
    expect((await browser.getOnce("/account")).headers.get("cache-control")).toBe("no-store");
  });
});

describe("forms from elsewhere", () => {
  const fields = { email: ADA, password: PASSWORD };

  test("a form without token is refused with 403, so that no other site signs a browser in (RFC 6749 section 10.12)", async () => {
    const browser = newBrowser();
    await browser.get("/sign-in");
    const page = await browser.postOnce("/sign-in", { ...fields, form_token: "" });
    expect(page.status).toBe(403);
    expect(page.headers.getSetCookie().some((cookie) => cookie.startsWith("hookgate_session="))).toBe(false);
  });

  test("a token that another browser got is refused", async () => {
    const other = newBrowser();
    const token = hiddenFields((await other.get("/sign-in")).html).get("form_token") ?? "";
    const browser = newBrowser();
    await browser.get("/sign-in");
    expect((await browser.postOnce("/sign-in", { ...fields, form_token: token })).status).toBe(403);
  });

  test.each([
    { origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "null", "sec-fetch-site": "cross-site" },
  ])("a browser that says %j is refused", async (headers) => {
    const browser = newBrowser();
    await browser.get("/sign-in");
    expect((await browser.postOnce("/sign-in", fields, headers as Record<string, string>)).status).toBe(403);
  });

  test("a token from before sign-in does not serve the session after it", async () => {
    const browser = newBrowser();
    const token = hiddenFields((await browser.get("/sign-in")).html).get("form_token") ?? "";
    await browser.postOnce("/sign-in", fields);
    expect((await browser.postOnce("/sign-out", { form_token: token })).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(true);
  });
});
