import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { DAY } from "../../src/lib/clock.ts";
import { HttpBrowser, textOf, type BrowserPage } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const ADA = "ada@example.com";
const BOB = "bob@example.com";
const NEXT = "an entirely new password";

let hookgate: TestHookgate;
let admin: HttpBrowser;
let ada: User;
let bob: User;

beforeEach(async () => {
  hookgate = await startHookgate();
  ada = await addPerson(hookgate, { email: ADA, name: "Ada", role: "admin" });
  bob = await addPerson(hookgate, { email: BOB, name: "Bob", role: "member" });
  admin = await signInAs(hookgate, ADA);
});

afterEach(() => hookgate.close());

const isSignedIn = async (browser: HttpBrowser) => (await browser.getOnce("/account")).status === 200;

async function switchUser(user: User, to: "deactivate" | "reactivate", by = admin): Promise<BrowserPage> {
  await by.get(to === "deactivate" ? `/users/${user.id}/deactivate` : `/users/${user.id}`);
  return by.submit(`/users/${user.id}/${to}`);
}

function linkOn(page: BrowserPage): string {
  return /(\/invitation\/[A-Za-z0-9_-]{43})</.exec(page.html)?.[1] ?? "";
}

/** The path of a link by which Bob, who forgot the password, sets a new one. */
async function makeLink(): Promise<string> {
  await admin.get(`/users/${bob.id}`);
  return linkOn(await admin.submit(`/users/${bob.id}/invitation`));
}

async function open(path: string): Promise<HttpBrowser> {
  const browser = new HttpBrowser(hookgate.url);
  await browser.get(path);
  return browser;
}

describe("deactivating a user", () => {
  test("the page before it says what stops; opening it changes nothing", async () => {
    const page = await admin.get(`/users/${bob.id}/deactivate`);
    expect(textOf(page.html)).toContain("Deactivate Bob?");
    expect(textOf(page.html)).toContain("The user's webhooks refuse every call,");
    expect(await signInAs(hookgate, BOB)).toBeDefined();
  });

  test("ends every session at once, and the right password then says why there is none", async () => {
    const browsers = [await signInAs(hookgate, BOB), await signInAs(hookgate, BOB)];
    const page = await switchUser(bob, "deactivate");
    expect(textOf(page.html)).toContain("Bob is deactivated.");
    expect(textOf(page.html)).toContain("Status Deactivated");
    for (const browser of browsers) expect(await isSignedIn(browser)).toBe(false);

    const stranger = await open("/sign-in");
    const right = await stranger.post("/sign-in", { email: BOB, password: PASSWORD });
    expect([right.status, await isSignedIn(stranger)]).toEqual([422, false]);
    expect(textOf(right.html)).toContain("An admin has switched this user off.");
    const wrong = await stranger.post("/sign-in", { email: BOB, password: NEXT });
    expect(textOf(wrong.html)).not.toContain("switched this user off");
  });

  test("is seen by every part that asks whether the user is active", async () => {
    expect(await hookgate.services.users.isActive(hookgate.brandId, bob.id)).toBe(true);
    await switchUser(bob, "deactivate");
    expect(await hookgate.services.users.isActive(hookgate.brandId, bob.id)).toBe(false);
    await switchUser(bob, "reactivate");
    expect(await hookgate.services.users.isActive(hookgate.brandId, bob.id)).toBe(true);
  });

  test("is undone by reactivating: the password is the same, the sessions stay ended", async () => {
    const before = await signInAs(hookgate, BOB);
    await switchUser(bob, "deactivate");
    expect(textOf((await switchUser(bob, "reactivate")).html)).toContain("Bob is reactivated.");
    expect(await isSignedIn(before)).toBe(false);
    expect(await isSignedIn(await signInAs(hookgate, BOB))).toBe(true);
  });

  test("reactivating an active user changes nothing and says so", async () => {
    const browser = await signInAs(hookgate, BOB);
    await admin.get(`/users/${bob.id}`);
    expect(textOf((await admin.post(`/users/${bob.id}/reactivate`)).html)).toContain("Bob needed no reactivating.");
    expect(await isSignedIn(browser)).toBe(true);
  });

  test("the last active admin stays, whatever invited or deactivated admins there are", async () => {
    await hookgate.services.userService.inviteUser({ brandId: hookgate.brandId, email: "new@example.com", name: "New", role: "admin" });
    const other = await addPerson(hookgate, { email: "grace@example.com", name: "Grace", role: "admin" });
    await switchUser(other, "deactivate");
    const page = await switchUser(ada, "deactivate");
    expect(page.status).toBe(422);
    expect(textOf(page.html)).toContain("This is the last active admin of the brand.");
    expect(await isSignedIn(admin)).toBe(true);
  });

  test("an admin who is not the last may switch off oneself, and is out at once", async () => {
    await addPerson(hookgate, { email: "grace@example.com", name: "Grace", role: "admin" });
    const page = await switchUser(ada, "deactivate");
    expect(new URL(page.url).pathname).toBe("/sign-in");
    expect(await isSignedIn(admin)).toBe(false);
  });

  test("of two admins who switch each other off at once one stays", async () => {
    const grace = await addPerson(hookgate, { email: "grace@example.com", name: "Grace", role: "admin" });
    const graceAtWork = await signInAs(hookgate, "grace@example.com");
    await Promise.all([admin.get("/account"), graceAtWork.get("/account")]);
    await Promise.all([admin.postOnce(`/users/${grace.id}/deactivate`), graceAtWork.postOnce(`/users/${ada.id}/deactivate`)]);
    const { rows } = await hookgate.store.users.listUsers(hookgate.brandId, { limit: 10, after: null });
    expect(rows.filter((user) => user.role === "admin" && user.status === "active")).toHaveLength(1);
  });

  test("an invited user's link stops; reactivated, the user waits for a new one", async () => {
    const invited = await hookgate.services.userService.inviteUser({ brandId: hookgate.brandId, email: "new@example.com", name: "New", role: "member" });
    if (invited.kind !== "invited") throw new Error("Not invited.");
    const link = `/invitation/${invited.invitation.secret}`;
    const browser = await open(link);
    await switchUser(invited.user, "deactivate");
    expect((await open(link)).page.status).toBe(410);
    expect((await browser.postOnce(link, { password: PASSWORD })).status).toBe(410);
    await admin.get("/account");
    expect((await admin.postOnce(`/users/${invited.user.id}/invitation`)).status).toBe(409);

    expect(textOf((await switchUser(invited.user, "reactivate")).html)).toContain("Status Invited");
    expect((await open(link)).page.status).toBe(410);
    const renewed = linkOn(await admin.submit(`/users/${invited.user.id}/invitation`));
    expect((await (await open(renewed)).submit("/invitation/", { password: PASSWORD })).status).toBe(200);
  });

  test("a form without token is refused with 403", async () => {
    await admin.get("/account");
    for (const action of ["deactivate", "reactivate"]) expect((await admin.postOnce(`/users/${bob.id}/${action}`, { form_token: "" })).status).toBe(403);
    expect(await signInAs(hookgate, BOB)).toBeDefined();
  });
});

describe("a forgotten password", () => {
  test("an admin makes a one-time link by which the user sets a new one; until then the old one works", async () => {
    const link = await makeLink();
    const before = await signInAs(hookgate, BOB);
    const browser = await open(link);
    expect(textOf(browser.page.html)).toContain("Set a new password");
    await browser.submit("/invitation/", { password: NEXT });
    expect([await isSignedIn(browser), await isSignedIn(before)]).toEqual([true, false]);
    await expect(signInAs(hookgate, BOB)).rejects.toThrow("422");
    expect(await signInAs(hookgate, BOB, NEXT)).toBeDefined();
    expect((await open(link)).page.status).toBe(410);
  });

  test("the link ends after seven days, and when the user changes the password meanwhile", async () => {
    const first = await makeLink();
    const browser = await signInAs(hookgate, BOB);
    await browser.get("/account");
    await browser.submit("/account/password", { present_password: PASSWORD, password: NEXT });
    expect((await open(first)).page.status).toBe(410);

    const second = await makeLink();
    expect((await open(second)).page.status).toBe(200);
    hookgate.clock.advance(7 * DAY);
    expect((await open(second)).page.status).toBe(410);
  });

  test("the own password is not changed this way: the page leads to the account", async () => {
    const page = await admin.get(`/users/${ada.id}`);
    expect(page.html).not.toContain(`/users/${ada.id}/invitation`);
    expect(page.html).toContain('href="/account"');
  });
});

describe("signing out everywhere", () => {
  test("ends every session of the user and of nobody else", async () => {
    const [here, there] = [await signInAs(hookgate, BOB), await signInAs(hookgate, BOB)];
    await here.get("/account");
    const page = await here.submit("/account/sign-out-everywhere");
    expect(textOf(page.html)).toContain("You are signed out everywhere.");
    expect([await isSignedIn(here), await isSignedIn(there), await isSignedIn(admin)]).toEqual([false, false, true]);
    expect(await isSignedIn(await signInAs(hookgate, BOB))).toBe(true);
  });

  test("a form without token is refused with 403", async () => {
    const browser = await signInAs(hookgate, BOB);
    await browser.get("/account");
    expect((await browser.postOnce("/account/sign-out-everywhere", { form_token: "" })).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(true);
  });
});
