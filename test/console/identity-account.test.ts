import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashPassword } from "../../src/identity/password.ts";
import { MINUTE } from "../../src/lib/clock.ts";
import { digestOf } from "../../src/lib/secret.ts";
import { HttpBrowser, textOf } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const BOB = "bob@example.com";
const NEXT = "an entirely new password";

let hookgate: TestHookgate;
let bob: HttpBrowser;

beforeEach(async () => {
  hookgate = await startHookgate();
  await addPerson(hookgate, { email: "ada@example.com", name: "Ada", role: "admin" });
  await addPerson(hookgate, { email: BOB, name: "Bob", role: "member" });
  bob = await signInAs(hookgate, BOB);
  await bob.get("/account");
});

afterEach(() => hookgate.close());

const change = (present: string, next: string, browser = bob) => browser.submit("/account/password", { present_password: present, password: next });
const isSignedIn = async (browser: HttpBrowser) => (await browser.getOnce("/account")).status === 200;

describe("the account page", () => {
  test("says who one is, in which role and brand", async () => {
    expect(textOf(bob.page.html)).toMatch(/Name Bob E-mail address bob@example\.com Role Member Brand/);
  });

  test("without session it leads to sign-in", async () => {
    const page = await new HttpBrowser(hookgate.url).getOnce("/account");
    expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in?return_to=%2Faccount"]);
  });
});

describe("changing the password", () => {
  test("the new one counts from then on, this session stays and every other one of the user ends", async () => {
    const elsewhere = await signInAs(hookgate, BOB);
    const ada = await signInAs(hookgate, "ada@example.com");
    const page = await change(PASSWORD, NEXT);
    expect(textOf(page.html)).toContain("Your password is changed.");
    expect([await isSignedIn(bob), await isSignedIn(elsewhere), await isSignedIn(ada)]).toEqual([true, false, true]);
    await expect(signInAs(hookgate, BOB, PASSWORD)).rejects.toThrow("422");
    expect(await signInAs(hookgate, BOB, NEXT)).toBeDefined();
  });

  test("it needs the present one", async () => {
    for (const present of ["", "not the present password"]) {
      const page = await change(present, NEXT);
      expect(page.status).toBe(422);
      expect(page.html).toContain('id="present_password-error"');
      expect(page.html).not.toContain(NEXT);
    }
    expect(await signInAs(hookgate, BOB, PASSWORD)).toBeDefined();
  });

  test.each(["", "short", "password1234", BOB, PASSWORD])("%j is no new password", async (next) => {
    const page = await change(PASSWORD, next);
    expect(page.status).toBe(422);
    expect(page.html).toContain('id="password-error"');
  });

  test("guesses at the present one count like failed sign-ins and stop after ten", async () => {
    for (let i = 0; i < 10; i++) expect((await change(`guess number ${i}`, NEXT)).status).toBe(422);
    const page = await change(PASSWORD, NEXT);
    expect(page.status).toBe(429);
    expect(textOf(page.html)).toContain("Wait 15 minutes");
    hookgate.clock.advance(15 * MINUTE);
    expect((await change(PASSWORD, NEXT)).status).toBe(200);
  });

  test("of two changes at once one wins", async () => {
    const pages = await Promise.all([
      bob.postOnce("/account/password", { present_password: PASSWORD, password: "the first new password" }),
      bob.postOnce("/account/password", { present_password: PASSWORD, password: "the second new password" }),
    ]);
    expect(pages.map((page) => page.status).toSorted((a, b) => a - b)).toEqual([303, 422]);
  });

  test("a sign-in that verified the old password before opens no session after, and does not bring the old password back", async () => {
    const { users, sessions } = hookgate.store;
    const before = await users.findUserByEmail(BOB);
    if (!before?.passwordHash) throw new Error("Bob has a password.");
    await change(PASSWORD, NEXT);
    const now = hookgate.clock.now();
    const session = { digest: digestOf("late"), userId: before.user.id, brandId: before.user.brandId, createdAt: now, expiresAt: now + 1 };
    const proof = { passwordHash: before.passwordHash, rehashed: await hashPassword(PASSWORD) };
    expect(await sessions.insertSession(session, proof)).toBe(false);
    expect(await sessions.findSession(session.digest, now)).toBeUndefined();
    expect(await signInAs(hookgate, BOB, NEXT)).toBeDefined();
  });

  test("a form without token is refused with 403", async () => {
    expect((await bob.postOnce("/account/password", { present_password: PASSWORD, password: NEXT, form_token: "" })).status).toBe(403);
    expect(await signInAs(hookgate, BOB, PASSWORD)).toBeDefined();
  });
});
