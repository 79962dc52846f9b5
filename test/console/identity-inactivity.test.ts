import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { DAY } from "../../src/lib/clock.ts";
import { addClient, clientCredentials, consent, errorOf, exchange, type TestClient } from "../protocol/protocol-kit.ts";
import { HttpBrowser, textOf } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { addBrand, addWebhook } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const ADA = "ada@example.com";
const BOB = "bob@example.com";

let hookgate: TestHookgate;
let ada: User;
let bob: User;

const standingOf = async (user: User) => (await hookgate.services.userService.find(user.brandId, user.id))?.standing;
const kindOf = async (user: User) => (await standingOf(user))?.kind;
const statusOfSignIn = async (email: string) => {
  const browser = new HttpBrowser(hookgate.url);
  await browser.get("/sign-in");
  return browser.postOnce("/sign-in", { email, password: PASSWORD });
};

async function start(environment: Record<string, string> = {}): Promise<void> {
  hookgate = await startHookgate(environment);
  ada = await addPerson(hookgate, { email: ADA, name: "Ada", role: "admin" });
  bob = await addPerson(hookgate, { email: BOB, name: "Bob", role: "member" });
}

beforeEach(() => start());
afterEach(() => hookgate.close());

describe("a user becomes inactive", () => {
  test("60 days after being added, at that moment and not before, without anybody writing anything", async () => {
    hookgate.clock.advance(60 * DAY - 1);
    expect(await kindOf(bob)).toBe("active");
    hookgate.clock.advance(1);
    expect(await kindOf(bob)).toBe("inactive");
    expect((await hookgate.store.users.findUser(bob.brandId, bob.id))?.status).toBe("active");
  });

  test("60 days after the last sign-in, also when the directory looked at the user before", async () => {
    hookgate.clock.advance(59 * DAY);
    expect(await hookgate.services.users.isActive(bob.brandId, bob.id)).toBe(true);
    await signInAs(hookgate, BOB);
    hookgate.clock.advance(59 * DAY);
    expect(await hookgate.services.users.isActive(bob.brandId, bob.id)).toBe(true);
    hookgate.clock.advance(DAY);
    expect(await hookgate.services.users.isActive(bob.brandId, bob.id)).toBe(false);
  });

  test("and cannot sign in: only the right password is told why", async () => {
    hookgate.clock.advance(60 * DAY);
    const right = await statusOfSignIn(BOB);
    expect(right.status).toBe(422);
    expect(textOf(right.html)).toContain("This user was not used for so long that it is inactive. Ask an admin of your brand to reactivate it");
    const wrong = new HttpBrowser(hookgate.url);
    await wrong.get("/sign-in");
    expect(textOf((await wrong.postOnce("/sign-in", { email: BOB, password: "some other password" })).html)).not.toContain("inactive");
    expect(await kindOf(bob)).toBe("inactive");
  });

  test("a member cannot reactivate anybody, and an admin of another brand finds nobody", async () => {
    hookgate.clock.advance(60 * DAY);
    await addPerson(hookgate, { email: "carl@example.com", name: "Carl", role: "member" });
    const brandId = await addBrand(hookgate, "Other");
    await addPerson(hookgate, { email: "eve@example.com", name: "Eve", role: "admin", brandId });
    for (const email of ["carl@example.com", "eve@example.com"]) {
      const browser = await signInAs(hookgate, email);
      await browser.get("/account");
      expect([403, 404]).toContain((await browser.postOnce(`/users/${bob.id}/reactivate`)).status);
    }
    expect(await kindOf(bob)).toBe("inactive");
  });

  test("until an admin reactivates it: 60 days begin anew", async () => {
    hookgate.clock.advance(60 * DAY);
    const admin = await signInAs(hookgate, ADA);
    const page = await admin.get(`/users/${bob.id}`);
    expect(textOf(page.html)).toContain("Status Inactive");
    expect(textOf((await admin.submit(`/users/${bob.id}/reactivate`)).html)).toContain("Bob is reactivated.");
    expect(await kindOf(bob)).toBe("active");
    expect((await statusOfSignIn(BOB)).status).toBe(303);
    hookgate.clock.advance(60 * DAY);
    expect(await kindOf(bob)).toBe("inactive");
  });

  test("a deactivated user stays deactivated however long it takes, and is not inactive when switched on again", async () => {
    await hookgate.services.userService.deactivate(bob.brandId, bob.id);
    hookgate.clock.advance(100 * DAY);
    expect(await kindOf(bob)).toBe("deactivated");
    await hookgate.services.userService.reactivate(bob.brandId, bob.id);
    expect(await kindOf(bob)).toBe("active");
  });

  test("an invited user stays invited, and is active from joining on", async () => {
    const invited = await hookgate.services.userService.inviteUser({ brandId: bob.brandId, email: "new@example.com", name: "New", role: "member" });
    if (invited.kind !== "invited") throw new Error("Not invited.");
    hookgate.clock.advance(100 * DAY);
    expect(await kindOf(invited.user)).toBe("invited");
    const renewed = await hookgate.services.userService.renewInvitation(bob.brandId, invited.user.id);
    const path = `/invitation/${renewed?.secret}`;
    const browser = new HttpBrowser(hookgate.url);
    await browser.get(path);
    expect((await browser.postOnce(path, { password: PASSWORD })).status).toBe(303);
    expect(await kindOf(invited.user)).toBe("active");
  });
});

describe("the last admin", () => {
  test("of each brand never becomes inactive, nor is warned", async () => {
    const brandId = await addBrand(hookgate, "Other");
    const eve = await addPerson(hookgate, { email: "eve@example.com", name: "Eve", role: "admin", brandId });
    hookgate.clock.advance(400 * DAY);
    for (const admin of [ada, eve]) expect(await standingOf(admin)).toEqual({ kind: "active", until: null });
    expect((await statusOfSignIn(ADA)).status).toBe(303);
  });

  test("is the one who was active last; the others become inactive", async () => {
    const grace = await addPerson(hookgate, { email: "grace@example.com", name: "Grace", role: "admin" });
    hookgate.clock.advance(DAY);
    await signInAs(hookgate, "grace@example.com");
    hookgate.clock.advance(60 * DAY);
    expect([await kindOf(ada), await kindOf(grace)]).toEqual(["inactive", "active"]);
    await signInAs(hookgate, "grace@example.com");
    await hookgate.services.userService.reactivate(ada.brandId, ada.id);
    hookgate.clock.advance(DAY);
    await signInAs(hookgate, ADA);
    hookgate.clock.advance(60 * DAY);
    expect([await kindOf(ada), await kindOf(grace)]).toEqual(["active", "inactive"]);
  });

  test("when the last one is switched off the next one stands in: a brand is never locked out", async () => {
    const grace = await addPerson(hookgate, { email: "grace@example.com", name: "Grace", role: "admin" });
    hookgate.clock.advance(DAY);
    await signInAs(hookgate, "grace@example.com");
    hookgate.clock.advance(60 * DAY);
    expect(await hookgate.services.userService.deactivate(grace.brandId, grace.id)).toBe("deactivated");
    expect(await kindOf(ada)).toBe("active");
    expect(await hookgate.services.userService.deactivate(ada.brandId, ada.id)).toBe("last-admin");
  });
});

async function call(endpoint: string, token: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${String(token)}`, "content-type": "application/json" };
  return (await fetch(endpoint, { method: "POST", headers, body: "{}" })).status;
}

describe("what belongs to an inactive user", () => {
  let client: TestClient;

  beforeEach(async () => {
    client = await addClient(hookgate, { owner: bob });
  });

  test("tokens are refused while it lasts, no new ones are given, and the same ones work again after reactivating", async () => {
    const endpoint = `${hookgate.url}/hooks/${(await addWebhook(hookgate, ada, "Orders")).id}`;
    hookgate.clock.advance(60 * DAY - 1_000);
    const own = (await clientCredentials(hookgate, client)).json["access_token"];
    expect(await call(endpoint, own)).toBe(200);
    hookgate.clock.advance(2_000);
    expect(await call(endpoint, own)).toBe(401);
    expect(errorOf(await clientCredentials(hookgate, client))).toEqual([400, "unauthorized_client"]);
    await hookgate.services.userService.reactivate(bob.brandId, bob.id);
    expect(await call(endpoint, own)).toBe(200);
    expect((await clientCredentials(hookgate, client)).status).toBe(200);
  });

  test("its webhooks refuse calls by whomever, and take them again after reactivating", async () => {
    const endpoint = `${hookgate.url}/hooks/${(await addWebhook(hookgate, bob, "Orders")).id}`;
    hookgate.clock.advance(60 * DAY);
    const other = await addClient(hookgate, { owner: await addPerson(hookgate, { email: "carl@example.com", name: "Carl", role: "member" }) });
    const token = (await clientCredentials(hookgate, other)).json["access_token"];
    expect(await call(endpoint, token)).toBe(401);
    await hookgate.services.userService.reactivate(bob.brandId, bob.id);
    expect(await call(endpoint, token)).toBe(200);
  });

  test("a code that was given before is not exchanged while it lasts", async () => {
    const browser = await signInAs(hookgate, BOB);
    const { answer } = await consent(hookgate, client, {}, browser);
    hookgate.clock.advance(60 * DAY);
    expect((await exchange(hookgate, client, answer.get("code") ?? "")).status).toBe(400);
  });
});

describe("the warning", () => {
  test("begins 14 days ahead, in the admin's list and on the user's page, and is gone after a sign-in", async () => {
    hookgate.clock.advance(46 * DAY - 1);
    let admin = await signInAs(hookgate, ADA);
    expect(textOf((await admin.get("/users")).html)).not.toContain("Inactive in");
    hookgate.clock.advance(1);
    expect(textOf((await admin.get("/users")).html)).toContain("Inactive in 14 days");
    expect(textOf((await admin.get(`/users/${bob.id}`)).html)).toContain("Without a sign-in this user becomes inactive in 14 days");
    await signInAs(hookgate, BOB);
    admin = await signInAs(hookgate, ADA);
    expect(textOf((await admin.get("/users")).html)).not.toContain("Inactive in");
  });

  test("a user reads on the account page when that happens, and who stays active does not", async () => {
    const browser = await signInAs(hookgate, BOB);
    expect(textOf((await browser.get("/account")).html)).toMatch(/Becomes inactive in 2 months ?, unless you sign in before\./);
    expect(textOf((await (await signInAs(hookgate, ADA)).get("/account")).html)).not.toContain("Becomes inactive");
  });
});

describe("HOOKGATE_INACTIVITY_DAYS", () => {
  test("0 switches it off", async () => {
    await hookgate.close();
    await start({ HOOKGATE_INACTIVITY_DAYS: "0" });
    hookgate.clock.advance(1_000 * DAY);
    expect(await standingOf(bob)).toEqual({ kind: "active", until: null });
    expect((await statusOfSignIn(BOB)).status).toBe(303);
  });

  test("another number counts instead of 60", async () => {
    await hookgate.close();
    await start({ HOOKGATE_INACTIVITY_DAYS: "7" });
    hookgate.clock.advance(7 * DAY);
    expect(await kindOf(bob)).toBe("inactive");
  });

  test.each(["-1", "1.5", "3651", "never"])("%s is refused with one line that names the setting", async (days) => {
    await expect(startHookgate({ HOOKGATE_INACTIVITY_DAYS: days })).rejects.toThrow("HOOKGATE_INACTIVITY_DAYS must be a whole number from 0 to 3650.");
  });
});
