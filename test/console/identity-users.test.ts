import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY } from "../../src/lib/clock.ts";
import { decodeEntities, HttpBrowser, textOf, type BrowserPage } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { addBrand } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const ADA = "ada@example.com";
const NEW = { name: "Grace Hopper", email: "grace@example.com", role: "member" };

let hookgate: TestHookgate;
let admin: HttpBrowser;

beforeEach(async () => {
  hookgate = await startHookgate();
  await addPerson(hookgate, { email: ADA, name: "Ada", role: "admin" });
  admin = await signInAs(hookgate, ADA);
});

afterEach(() => hookgate.close());

async function addUser(fields: Record<string, string | readonly string[]>): Promise<BrowserPage> {
  await admin.get("/users/new");
  return admin.post("/users/new", fields);
}

/** The path of the invitation link that the page shows, or undefined when it shows none. */
function linkOn(page: BrowserPage): string | undefined {
  return /(\/invitation\/[A-Za-z0-9_-]{43})</.exec(page.html)?.[1];
}

async function invite(fields = NEW): Promise<string> {
  const link = linkOn(await addUser(fields));
  if (link === undefined) throw new Error("The page shows no link.");
  return link;
}

async function open(path: string): Promise<HttpBrowser> {
  const browser = new HttpBrowser(hookgate.url);
  await browser.get(path);
  return browser;
}

const userPath = () => new URL(admin.page.url).pathname;

describe("the users page", () => {
  test("lists name, address, role, status and last sign-in", async () => {
    await addPerson(hookgate, { email: "bob@example.com", name: "Bob", role: "member" });
    await invite();
    const text = textOf((await admin.get("/users")).html);
    expect(text).toMatch(/Ada ada@example\.com Admin Active just now/);
    expect(text).toMatch(/Bob bob@example\.com Member Active Never/);
    expect(text).toMatch(/Grace Hopper grace@example\.com Member Invited Never/);
  });

  test("goes on after fifty, by name", async () => {
    for (let i = 0; i < 60; i++) {
      const number = String(i).padStart(2, "0");
      await hookgate.services.userService.inviteUser({ brandId: hookgate.brandId, email: `u${number}@example.com`, name: `User ${number}`, role: "member" });
    }
    const first = await admin.get("/users");
    expect(first.html).toContain("User 48");
    expect(first.html).not.toContain("User 49");
    const next = /href="(\/users\?after=[^"]+)"/.exec(first.html)?.[1] ?? "";
    const second = await admin.get(decodeEntities(next));
    expect(second.html).toContain("User 49");
    expect(second.html).toContain("User 59");
    expect(second.html).not.toContain("User 48");
  });

  test.each([
    ["GET", "/users"],
    ["GET", "/users/new"],
    ["GET", "/users/{id}"],
    ["POST", "/users/new"],
    ["POST", "/users/{id}/invitation"],
    ["GET", "/users/{id}/deactivate"],
    ["POST", "/users/{id}/deactivate"],
    ["POST", "/users/{id}/reactivate"],
  ])("a member gets 403 for %s %s, and nothing happens", async (method, pattern) => {
    await addPerson(hookgate, { email: "bob@example.com", name: "Bob", role: "member" });
    const link = await invite();
    const path = pattern.replace("{id}", userPath().slice("/users/".length));
    const bob = await signInAs(hookgate, "bob@example.com");
    await bob.get("/account");
    const page = method === "GET" ? await bob.get(path) : await bob.postOnce(path, { name: "Eve", email: "eve@example.com", role: "admin" });
    expect(page.status).toBe(403);
    expect(textOf(page.html)).not.toContain("grace@example.com");
    expect(await hookgate.store.users.findUserByEmail("eve@example.com")).toBeUndefined();
    expect((await open(link)).page.status).toBe(200);
  });

  test("a member sees no entry for it in the menu", async () => {
    await addPerson(hookgate, { email: "bob@example.com", name: "Bob", role: "member" });
    const bob = await signInAs(hookgate, "bob@example.com");
    expect((await bob.get("/account")).html).not.toContain('href="/users"');
    expect((await admin.get("/account")).html).toContain('href="/users"');
  });

  test("a user of another brand does not exist for this brand's admin", async () => {
    const brandId = await addBrand({ ...hookgate, url: hookgate.url }, "Other");
    const invited = await hookgate.services.userService.inviteUser({ ...NEW, brandId });
    if (invited.kind !== "invited") throw new Error("Not invited.");
    expect((await admin.get("/users")).html).not.toContain("Grace Hopper");
    expect((await admin.get(`/users/${invited.user.id}`)).status).toBe(404);
    expect((await admin.get(`/users/${invited.user.id}/deactivate`)).status).toBe(404);
    for (const action of ["invitation", "deactivate", "reactivate"]) {
      await admin.get("/users/new");
      expect((await admin.postOnce(`/users/${invited.user.id}/${action}`)).status).toBe(404);
    }
    expect((await open(`/invitation/${invited.invitation.secret}`)).page.status).toBe(200);
  });

  test.each(["x", "00000000-0000-4000-8000-000000000000", "%00", "..%2fusers"])("/users/%s is 404", async (id) => {
    expect((await admin.get(`/users/${id}`)).status).toBe(404);
  });
});

describe("adding a user", () => {
  test.each([
    ["no name", { name: " " }, "name", "Enter a name."],
    ["a name of 201 characters", { name: "x".repeat(201) }, "name", "at most 200 characters"],
    ["a name with a line break", { name: "Grace\nHopper" }, "name", "control characters"],
    ["a name that turns the text after it", { name: "Grace \u202eeca" }, "name", "control characters"],
    ["no address", { email: "" }, "email", "Enter an e-mail address."],
    ["an address without @", { email: "grace.example.com" }, "email", "such as ada@example.com"],
    ["an address with two @", { email: "grace@home@example.com" }, "email", "such as ada@example.com"],
    ["an address with nothing after the @", { email: "grace@" }, "email", "such as ada@example.com"],
    ["an address with nothing before the @", { email: "@example.com" }, "email", "such as ada@example.com"],
    ["an address with a blank inside", { email: "grace hopper@example.com" }, "email", "such as ada@example.com"],
    ["an address with a zero-width space", { email: "gra\u200bce@example.com" }, "email", "such as ada@example.com"],
    ["an address with a name around it", { email: "Grace <grace@example.com>" }, "email", "such as ada@example.com"],
    ["two addresses", { email: "grace@example.com,ada@example.com" }, "email", "such as ada@example.com"],
    ["an address of 65 characters before the @", { email: `${"x".repeat(65)}@example.com` }, "email", "such as ada@example.com"],
    ["an address of 255 characters", { email: `grace@${"x".repeat(245)}.com` }, "email", "such as ada@example.com"],
    ["no role", { role: "" }, "role", "Choose a role."],
    ["a role that does not exist", { role: "owner" }, "role", "Choose a role."],
    ["two roles", { role: ["admin", "member"] }, "role", "Choose a role."],
  ])("%s is refused beside its field, and what was typed stays", async (_what, change, field, sentence) => {
    const page = await addUser({ ...NEW, ...(change as Record<string, string>) });
    expect(page.status).toBe(422);
    expect(page.html).toContain(`id="${field}-error"`);
    expect(textOf(page.html)).toContain(sentence);
    if (field !== "name") expect(page.html).toContain('value="Grace Hopper"');
    expect((await hookgate.store.users.listUsers(hookgate.brandId, { limit: 10, after: null })).rows).toHaveLength(1);
  });

  test.each(["grace+hooks@example.com", "o'brien@example.co.uk", "g@localhost", "用户@例子.中国", "GRÂCE@exämple.com"])("%s is an address", async (email) => {
    expect((await addUser({ ...NEW, email })).status).toBe(200);
    expect(await hookgate.store.users.findUserByEmail(email.toLowerCase())).toBeDefined();
  });

  test.each(["ada@example.com", "ADA@EXAMPLE.COM", " Ada@example.com "])("%j is taken, in any letter case", async (email) => {
    const page = await addUser({ ...NEW, email });
    expect(page.status).toBe(422);
    expect(page.html).toContain('id="email-error"');
    expect(textOf(page.html)).toContain("There is already a user with this e-mail address.");
  });

  test("an address that another brand's user has is taken too: addresses are unique in the installation", async () => {
    const brandId = await addBrand({ ...hookgate, url: hookgate.url }, "Other");
    await hookgate.services.userService.inviteUser({ ...NEW, brandId });
    expect((await addUser(NEW)).status).toBe(422);
  });

  test("two forms with one address at once make one user", async () => {
    await admin.get("/users/new");
    const pages = await Promise.all([1, 2, 3].map(() => admin.postOnce("/users/new", NEW)));
    expect(pages.map((page) => page.status).toSorted((a, b) => a - b)).toEqual([303, 422, 422]);
  });

  test.each(["x".repeat(200), "عبد الرحمن", "<b>Bold</b> & \"Co\" <img src=x onerror='alert(1)'>", "Zoë 👩‍💻"])(
    "the name %j is shown as it is and escaped",
    async (name) => {
      const page = await addUser({ ...NEW, name });
      expect(page.status).toBe(200);
      expect(page.html).not.toContain("<b>Bold");
      expect(page.html).not.toContain("<img");
      expect(textOf(page.html)).toContain(textOf(name.replaceAll("<", "&lt;")));
      expect((await admin.get("/users")).html).not.toContain("<img");
    },
  );

  test("the link is shown once, whole, and only to who made it", async () => {
    const page = await addUser(NEW);
    expect(page.html).toContain(`${hookgate.url}${linkOn(page)}`);
    expect(textOf(page.html)).toContain("You see this once. Give it to this user and to nobody else");
    expect(linkOn(await admin.get(userPath()))).toBeUndefined();
  });

  test("the link is not shown on another user's page", async () => {
    const other = await addPerson(hookgate, { email: "bob@example.com", name: "Bob", role: "member" });
    await admin.get("/users/new");
    await admin.postOnce("/users/new", NEW);
    expect(linkOn(await admin.get(`/users/${other.id}`))).toBeUndefined();
  });

  test("a form without token is refused with 403", async () => {
    await admin.get("/users/new");
    expect((await admin.postOnce("/users/new", { ...NEW, form_token: "" })).status).toBe(403);
    expect(await hookgate.store.users.findUserByEmail(NEW.email)).toBeUndefined();
  });
});

describe("an invitation", () => {
  test("lets the person set a password, and signs in", async () => {
    const browser = await open(await invite());
    expect(textOf(browser.page.html)).toContain("Hello Grace Hopper .");
    const page = await browser.submit("/invitation/", { password: PASSWORD });
    expect([page.status, new URL(page.url).pathname]).toEqual([200, "/"]);
    expect(textOf(page.html)).toContain("Your password is set, and you are signed in.");
    expect(textOf((await browser.get("/account")).html)).toContain("grace@example.com");
    expect(await signInAs(hookgate, NEW.email)).toBeDefined();
  });

  test("its page sends no Referer and is not kept in a cache", async () => {
    const { headers } = (await open(await invite())).page;
    expect([headers.get("referrer-policy"), headers.get("cache-control")]).toEqual(["no-referrer", "no-store"]);
  });

  test("works once: the second form is told so and changes nothing", async () => {
    const link = await invite();
    const [first, second] = [await open(link), await open(link)];
    await first.submit("/invitation/", { password: PASSWORD });
    const page = await second.submit("/invitation/", { password: "another long password" });
    expect(page.status).toBe(410);
    expect(textOf(page.html)).toContain("works once and for 7 days");
    expect((await open(link)).page.status).toBe(410);
    expect(await signInAs(hookgate, NEW.email)).toBeDefined();
    await expect(signInAs(hookgate, NEW.email, "another long password")).rejects.toThrow("422");
  });

  test("of five at once one wins, and only the winner is signed in", async () => {
    const link = await invite();
    const browsers = await Promise.all([1, 2, 3, 4, 5].map(() => open(link)));
    const pages = await Promise.all(browsers.map((browser, i) => browser.postOnce(link, { password: `password number ${i}` })));
    expect(pages.map((page) => page.status).toSorted((a, b) => a - b)).toEqual([303, 410, 410, 410, 410]);
  });

  test("ends after seven days, to the millisecond", async () => {
    const link = await invite();
    const browser = await open(link);
    hookgate.clock.advance(7 * DAY - 1);
    expect((await open(link)).page.status).toBe(200);
    hookgate.clock.advance(1);
    expect((await open(link)).page.status).toBe(410);
    expect((await browser.submit("/invitation/", { password: PASSWORD })).status).toBe(410);
    await expect(signInAs(hookgate, NEW.email)).rejects.toThrow("422");
  });

  test("a new link takes the place of the one before, which stops working", async () => {
    const old = await invite();
    const renewed = linkOn(await admin.submit(`${userPath()}/invitation`)) ?? "";
    expect(renewed).not.toBe(old);
    expect((await open(old)).page.status).toBe(410);
    expect((await open(renewed)).page.status).toBe(200);
  });

  test("an invited user whose link has ended gets in by a new one", async () => {
    await invite();
    const path = userPath();
    hookgate.clock.advance(8 * DAY);
    admin = await signInAs(hookgate, ADA);
    await admin.get(path);
    const browser = await open(linkOn(await admin.submit(`${path}/invitation`)) ?? "");
    expect((await browser.submit("/invitation/", { password: PASSWORD })).status).toBe(200);
  });

  test("a password that is not good enough is refused beside its field and leaves the link open", async () => {
    const browser = await open(await invite());
    for (const password of ["", "short", "password1234", "GRACE@example.com"]) {
      const page = await browser.submit("/invitation/", { password });
      expect(page.status).toBe(422);
      expect(page.html).toContain('id="password-error"');
      if (password !== "") expect(page.html).not.toContain(password);
    }
    expect((await browser.submit("/invitation/", { password: PASSWORD })).status).toBe(200);
  });

  test.each([`/invitation/${"A".repeat(43)}`, "/invitation/x", "/invitation/%3Cscript%3Ealert(1)%3C%2Fscript%3E"])("%s is no invitation", async (path) => {
    const browser = await open(path);
    expect(browser.page.status).toBe(410);
    expect(browser.page.html).not.toContain("<script>alert");
    await browser.get("/sign-in");
    expect((await browser.postOnce(path, { password: PASSWORD })).status).toBe(410);
  });

  test("redeemed in the browser of somebody else, it ends that session", async () => {
    const link = await invite();
    const copy = new HttpBrowser(hookgate.url);
    copy.setCookie("hookgate_session", admin.cookies.get("hookgate_session") ?? "");
    await admin.get(link);
    await admin.submit("/invitation/", { password: PASSWORD });
    expect(textOf((await admin.get("/account")).html)).toContain("grace@example.com");
    expect((await copy.getOnce("/account")).status).toBe(303);
  });

  test("a form without token is refused with 403 and leaves the link open", async () => {
    const link = await invite();
    const browser = await open(link);
    expect((await browser.postOnce(link, { password: PASSWORD, form_token: "" })).status).toBe(403);
    expect((await open(link)).page.status).toBe(200);
  });
});
