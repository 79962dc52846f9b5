import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY } from "../../src/lib/clock.ts";
import { HttpBrowser, textOf } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const ADMIN = { name: "Ada Lovelace", email: "ada@example.com", password: PASSWORD };

let hookgate: TestHookgate;
let link: string;

beforeEach(async () => {
  hookgate = await startHookgate();
  link = (await hookgate.services.setUp.openLink()) ?? "";
});

afterEach(() => hookgate.close());

async function open(path = link): Promise<HttpBrowser> {
  const browser = new HttpBrowser(hookgate.url);
  await browser.get(path);
  return browser;
}

const admins = async () => (await hookgate.store.users.listUsers(hookgate.brandId, { limit: 100, after: null })).rows.filter((user) => user.role === "admin");

describe("set-up", () => {
  test("the link makes the first admin, who is then signed in at the console", async () => {
    const browser = await open();
    expect(browser.page.status).toBe(200);
    const page = await browser.submit(link, ADMIN);
    expect([page.status, new URL(page.url).pathname]).toEqual([200, "/"]);
    expect(textOf(page.html)).toContain("Hookgate is set up, and you are signed in.");
    expect((await browser.get("/users")).html).toContain("Ada Lovelace");
    expect(await signInAs(hookgate, ADMIN.email)).toBeDefined();
  });

  test("the link has 256 random bits, and its page sends no Referer (RFC 9700 section 4.2.4)", async () => {
    expect(link).toMatch(/^\/setup\/[A-Za-z0-9_-]{43}$/);
    expect((await open()).page.headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("a browser that sends `Origin: null` because of that is accepted when it says that the form is ours", async () => {
    const browser = await open();
    expect((await browser.postOnce(link, ADMIN, { origin: "null", "sec-fetch-site": "same-origin" })).status).toBe(303);
  });

  test("used once, the link says that set-up is over and leads to sign-in, for a look and for a form", async () => {
    const second = await open();
    await (await open()).submit(link, ADMIN);
    const page = await second.submit(link, { ...ADMIN, email: "eve@example.com" });
    expect(page.status).toBe(410);
    expect(textOf(page.html)).toContain("Hookgate is set up");
    expect(page.html).toContain('href="/sign-in"');
    expect((await open()).page.status).toBe(410);
    expect((await open("/setup")).page.status).toBe(410);
    expect(await admins()).toHaveLength(1);
  });

  test("of ten set-ups at once over two links one wins, and only the winner is signed in", async () => {
    const otherLink = (await hookgate.services.setUp.openLink()) ?? "";
    const browsers = await Promise.all(Array.from({ length: 10 }, (_, i) => open(i % 2 === 0 ? link : otherLink)));
    const pages = await Promise.all(
      browsers.map((browser, i) => browser.postOnce(i % 2 === 0 ? link : otherLink, { ...ADMIN, email: `admin${i}@example.com` })),
    );
    expect(pages.map((page) => page.status).toSorted((a, b) => a - b)).toEqual([303, ...Array(9).fill(410)]);
    expect(await admins()).toHaveLength(1);
    const signedIn = await Promise.all(browsers.map(async (browser) => (await browser.getOnce("/account")).status === 200));
    expect(signedIn.filter(Boolean)).toHaveLength(1);
  });

  test("an admin made in another way ends set-up mode, also for a form that was open", async () => {
    const browser = await open();
    await addPerson(hookgate, { email: "grace@example.com", name: "Grace", role: "admin" });
    expect((await browser.submit(link, ADMIN)).status).toBe(410);
    expect(await hookgate.services.setUp.openLink()).toBeNull();
    expect(await admins()).toHaveLength(1);
  });

  test("a member does not end set-up mode", async () => {
    await addPerson(hookgate, { email: "grace@example.com", name: "Grace", role: "member" });
    expect((await open()).page.status).toBe(200);
  });

  test.each(["/setup", "/setup/", "/setup/x", `/setup/${"A".repeat(43)}`, "/setup/%3Cscript%3E", "/setup/../setup/x"])(
    "%s is no link: the page says where the right one is",
    async (path) => {
      const page = (await open(path)).page;
      expect(page.status).toBe(404);
      expect(page.html).not.toContain('name="password"');
    },
  );

  test("a guessed link makes nobody an admin", async () => {
    const browser = await open();
    expect((await browser.postOnce(`/setup/${"A".repeat(43)}`, ADMIN)).status).toBe(404);
    expect(await admins()).toHaveLength(0);
  });

  test("a link ends after seven days; a new one works", async () => {
    const browser = await open();
    hookgate.clock.advance(7 * DAY - 1);
    expect((await open()).page.status).toBe(200);
    hookgate.clock.advance(1);
    expect((await open()).page.status).toBe(404);
    expect((await browser.submit(link, ADMIN)).status).toBe(404);
    expect((await open((await hookgate.services.setUp.openLink()) ?? "")).page.status).toBe(200);
  });

  test("what is wrong stands beside its field, what was typed stays, and the link still works", async () => {
    const browser = await open();
    const page = await browser.submit(link, { name: "  ", email: "ada", password: "too short" });
    expect(page.status).toBe(422);
    for (const field of ["name", "email", "password"]) expect(page.html).toContain(`id="${field}-error"`);
    expect(page.html).toContain('value="ada"');
    expect(page.html).not.toContain("too short");
    expect((await browser.submit(link, ADMIN)).status).toBe(200);
  });

  test("the e-mail address is refused as the password, whatever its letter case", async () => {
    const browser = await open();
    const page = await browser.submit(link, { ...ADMIN, password: "ADA@example.com" });
    expect([page.status, textOf(page.html).includes("not the e-mail address")]).toEqual([422, true]);
  });

  test("an address that a member has is refused and leaves the link open", async () => {
    await addPerson(hookgate, { email: ADMIN.email, name: "Ada", role: "member" });
    const browser = await open();
    const page = await browser.submit(link, { ...ADMIN, email: "ADA@Example.com" });
    expect(page.status).toBe(422);
    expect(textOf(page.html)).toContain("There is already a user with this e-mail address.");
    expect((await browser.submit(link, { ...ADMIN, email: "other@example.com" })).status).toBe(200);
  });

  test("a form without token is refused with 403", async () => {
    const browser = await open();
    expect((await browser.postOnce(link, { ...ADMIN, form_token: "" })).status).toBe(403);
    expect(await admins()).toHaveLength(0);
  });

  test("before set-up the sign-in page says where the link is, and nobody can sign in", async () => {
    const browser = await open("/");
    expect(new URL(browser.page.url).pathname).toBe("/sign-in");
    expect(textOf(browser.page.html)).toContain("Hookgate is not set up yet");
    expect((await browser.postOnce("/sign-in", { email: ADMIN.email, password: PASSWORD })).status).toBeGreaterThanOrEqual(400);
  });
});
