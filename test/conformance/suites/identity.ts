import { expect, test } from "vitest";
import type { User } from "../../../src/identity/user.ts";
import { BRAND_A, BRAND_B, FIRST_PAGE, HASH, insertCode, newCode, newUser, NOW, openTwoBrands, walk, type Backend } from "../fixture.ts";

const LATER = NOW + 1_000;
const invitation = { invitation: { digest: "invitation", expiresAt: LATER } };

export function userSuite(backend: Backend): void {
  test("a user comes back as inserted, by id within the brand and by e-mail address with the password hash", async () => {
    const { store, alice } = await openTwoBrands(backend);
    expect(await store.users.findUser(BRAND_A, alice.id)).toEqual(alice);
    expect(await store.users.findUserByEmail(alice.email)).toEqual({ user: alice, passwordHash: HASH });
    expect(await store.users.findUserByEmail("nobody@example.com")).toBeUndefined();
  });

  test("another brand's user is not there", async () => {
    const { store, alice, bob } = await openTwoBrands(backend);
    expect(await store.users.findUser(BRAND_B, alice.id)).toBeUndefined();
    expect((await store.users.listUsers(BRAND_B, FIRST_PAGE)).rows).toEqual([bob]);
  });

  test("an e-mail address is unique in the installation, also across brands, and a refused user leaves nothing behind", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const second = newUser({ email: alice.email, brandId: BRAND_B, status: "invited" });
    expect(await store.users.insertUser(second, invitation)).toBe(false);
    expect(await store.users.findInvitation("invitation", NOW)).toBeUndefined();
    expect(await store.users.findUser(BRAND_B, second.id)).toBeUndefined();
  });

  test("users are listed by name whatever its letter case, page by page without gap or repetition", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    const others: User[] = [];
    for (const name of ["zoe", "Äbel", "alice", "Ben", "Ben", "Ben"]) {
      const user = newUser({ name });
      others.push(user);
      await store.users.insertUser(user, { passwordHash: HASH });
    }
    const all = await walk((page) => store.users.listUsers(BRAND_A, page), 2);
    expect(all.map((user) => user.name.toLowerCase())).toEqual(["adam", "alice", "alice", "ben", "ben", "ben", "zoe", "äbel"]);
    expect(new Set(all.map((user) => user.id))).toEqual(new Set([alice, adam, ...others].map((user) => user.id)));
  });

  test("a cursor that is none of ours begins the list at its start", async () => {
    const { store } = await openTwoBrands(backend);
    for (const after of ["", "%", "null", Buffer.from("[1,2]").toString("base64url"), Buffer.from('["a"]').toString("base64url")]) {
      expect((await store.users.listUsers(BRAND_A, { limit: 5, after })).rows).toHaveLength(2);
    }
  });

  test("only an active admin counts as one, in whichever brand", async () => {
    const store = await backend.openEmpty();
    await store.users.insertUser(newUser({ role: "member" }), { passwordHash: HASH });
    await store.users.insertUser(newUser({ role: "admin", status: "deactivated" }), { passwordHash: HASH });
    await store.users.insertUser(newUser({ role: "admin", status: "invited" }), invitation);
    expect(await store.users.hasActiveAdmin()).toBe(false);
    await store.users.insertUser(newUser({ role: "admin" }), { passwordHash: HASH });
    expect(await store.users.hasActiveAdmin()).toBe(true);
  });

  test("an invitation makes its user active with a password, once", async () => {
    const { store } = await openTwoBrands(backend);
    const invited = newUser({ status: "invited" });
    await store.users.insertUser(invited, invitation);
    expect(await store.users.findUserByEmail(invited.email)).toEqual({ user: invited, passwordHash: null });
    expect(await store.users.findInvitation("invitation", NOW)).toEqual(invited);
    const redeemed = await Promise.all(Array.from({ length: 20 }, () => store.users.redeemInvitation("invitation", HASH, NOW)));
    expect(redeemed.filter((user) => user !== undefined)).toEqual([{ ...invited, status: "active" }]);
    expect(await store.users.findUserByEmail(invited.email)).toEqual({ user: { ...invited, status: "active" }, passwordHash: HASH });
    expect(await store.users.findInvitation("invitation", NOW)).toBeUndefined();
  });

  test("an unknown or expired invitation gives nothing", async () => {
    const { store } = await openTwoBrands(backend);
    await store.users.insertUser(newUser({ status: "invited" }), invitation);
    expect(await store.users.redeemInvitation("other", HASH, NOW)).toBeUndefined();
    expect(await store.users.redeemInvitation("invitation", HASH, LATER)).toBeUndefined();
    expect(await store.users.findInvitation("invitation", LATER)).toBeUndefined();
    expect(await store.users.findInvitation("invitation", LATER - 1)).toBeDefined();
  });

  test("renewing an invitation ends the earlier link, also for an active user who forgot the password, and only within the brand", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const invited = newUser({ status: "invited" });
    await store.users.insertUser(invited, invitation);
    expect(await store.users.renewInvitation(BRAND_B, invited.id, "stolen", LATER)).toBe(false);
    expect(await store.users.renewInvitation(BRAND_A, "nobody", "again", LATER)).toBe(false);
    expect(await store.users.renewInvitation(BRAND_A, invited.id, "renewed", LATER + 5)).toBe(true);
    expect(await store.users.findInvitation("invitation", NOW)).toBeUndefined();
    expect(await store.users.findInvitation("renewed", LATER)).toEqual(invited);
    await store.sweep(LATER + 5);
    expect(await store.users.renewInvitation(BRAND_A, invited.id, "after the sweep", LATER + 9)).toBe(true);
    expect(await store.users.renewInvitation(BRAND_A, alice.id, "forgotten", LATER)).toBe(true);
    expect(await store.users.findInvitation("forgotten", NOW)).toEqual(alice);
  });

  test("a redeemed invitation ends the sessions that the forgotten password had opened", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    for (const user of [alice, adam]) await store.sessions.insertSession(sessionOf(user, user.name), { passwordHash: HASH, rehashed: null });
    await store.users.renewInvitation(BRAND_A, alice.id, "forgotten", LATER);
    expect(await store.users.redeemInvitation("forgotten", "new", NOW)).toMatchObject({ id: alice.id, status: "active" });
    expect((await store.users.findUserByEmail(alice.email))?.passwordHash).toBe("new");
    expect(await store.sessions.findSession("Alice", NOW)).toBeUndefined();
    expect(await store.sessions.findSession("Adam", NOW)).toBeDefined();
  });

  test("a deactivated user has no session and no invitation, gets none, and is switched on again as before", async () => {
    const { store, adam } = await openTwoBrands(backend);
    const invited = newUser({ status: "invited" });
    await store.users.insertUser(invited, invitation);
    await store.sessions.insertSession(sessionOf(adam, "session"), { passwordHash: HASH, rehashed: null });
    expect(await store.users.deactivateUser(BRAND_B, adam.id)).toBe("not-found");
    expect(await store.sessions.findSession("session", NOW)).toBeDefined();
    for (const user of [adam, invited, invited]) expect(await store.users.deactivateUser(BRAND_A, user.id)).toBe("deactivated");
    expect(await store.sessions.findSession("session", NOW)).toBeUndefined();
    expect(await store.users.findInvitation("invitation", NOW)).toBeUndefined();
    expect(await store.users.redeemInvitation("invitation", HASH, NOW)).toBeUndefined();
    expect(await store.users.renewInvitation(BRAND_A, invited.id, "again", LATER)).toBe(false);
    expect(await store.users.reactivateUser(BRAND_B, adam.id, NOW)).toBe(false);
    for (const user of [adam, invited]) expect(await store.users.reactivateUser(BRAND_A, user.id, NOW)).toBe(true);
    for (const user of [adam, invited]) expect(await store.users.findUser(BRAND_A, user.id)).toMatchObject({ status: user.status, reactivatedAt: NOW });
  });

  test("reactivating an active user counts as activity; it makes nothing of one who has not joined or of another brand's", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const invited = newUser({ status: "invited" });
    await store.users.insertUser(invited, invitation);
    expect(await store.users.reactivateUser(BRAND_A, invited.id, NOW)).toBe(false);
    expect(await store.users.reactivateUser(BRAND_B, alice.id, NOW)).toBe(false);
    expect((await store.users.findUser(BRAND_A, alice.id))?.reactivatedAt).toBeNull();
    expect(await store.users.reactivateUser(BRAND_A, alice.id, LATER)).toBe(true);
    expect(await store.users.findUser(BRAND_A, alice.id)).toEqual({ ...alice, reactivatedAt: LATER });
  });

  test("the active admins of a brand are its own, without invited and deactivated ones", async () => {
    const { store, alice, bob } = await openTwoBrands(backend);
    const second = newUser({ role: "admin" });
    for (const user of [second, newUser({ role: "admin", status: "deactivated" })]) await store.users.insertUser(user, { passwordHash: HASH });
    await store.users.insertUser(newUser({ role: "admin", status: "invited" }), invitation);
    expect((await store.users.listActiveAdmins(BRAND_A)).map(({ id }) => id)).toEqual([alice.id, second.id].toSorted());
    expect(await store.users.listActiveAdmins(BRAND_B)).toEqual([bob]);
  });

  test("a brand keeps its last active admin, also when two admins switch each other off at once", async () => {
    const { store, alice, bob } = await openTwoBrands(backend);
    expect(await store.users.deactivateUser(BRAND_B, bob.id)).toBe("last-admin");
    const second = newUser({ role: "admin" });
    await store.users.insertUser(second, { passwordHash: HASH });
    const outcomes = await Promise.all([alice, second].map((user) => store.users.deactivateUser(BRAND_A, user.id)));
    expect(outcomes.toSorted()).toEqual(["deactivated", "last-admin"]);
  });

  test("changing a password ends the user's other sessions and open invitation, and needs the hash that was verified", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    for (const digest of ["kept", "other"]) await store.sessions.insertSession(sessionOf(alice, digest), { passwordHash: HASH, rehashed: null });
    await store.users.renewInvitation(BRAND_A, alice.id, "invitation", LATER);
    await store.sessions.insertSession(sessionOf(adam, "adam's"), { passwordHash: HASH, rehashed: null });
    expect(await store.users.changePassword(BRAND_A, alice.id, { from: "stale", to: "new" }, "kept", null)).toBe(false);
    expect(await store.users.changePassword(BRAND_B, alice.id, { from: HASH, to: "new" }, "kept", null)).toBe(false);
    expect(await store.sessions.findSession("other", NOW)).toBeDefined();
    expect(await store.users.changePassword(BRAND_A, alice.id, { from: HASH, to: "new" }, "kept", null)).toBe(true);
    expect((await store.users.findUserByEmail(alice.email))?.passwordHash).toBe("new");
    expect(await store.sessions.findSession("kept", NOW)).toBeDefined();
    expect(await store.sessions.findSession("other", NOW)).toBeUndefined();
    expect(await store.sessions.findSession("adam's", NOW)).toBeDefined();
    expect(await store.users.findInvitation("invitation", NOW)).toBeUndefined();
  });

  test("with a new password, or with all sessions, the user's grants end where that is asked, and nobody else's do", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    const grants = { now: NOW, revokedUntil: LATER };
    const redeem = async (user: User) => {
      const code = newCode(user, newUser().id);
      await insertCode(store, code);
      await store.authorizationCodes.redeemAuthorizationCode(code.digest, NOW, LATER, null);
      return { kind: "grant", id: code.grantId, expiresAt: LATER };
    };
    const first = await redeem(alice);
    await redeem(adam);
    expect(await store.users.changePassword(BRAND_A, alice.id, { from: HASH, to: "new" }, "", null)).toBe(true);
    await store.sessions.deleteSessionsOf(BRAND_A, alice.id, null);
    expect(await store.users.changePassword(BRAND_A, alice.id, { from: HASH, to: "newer" }, "", grants)).toBe(false);
    await store.sessions.deleteSessionsOf(BRAND_B, alice.id, grants);
    expect(await store.revocations.listRevocations(NOW)).toEqual([]);
    expect(await store.users.changePassword(BRAND_A, alice.id, { from: "new", to: "newer" }, "", grants)).toBe(true);
    expect(await store.revocations.listRevocations(NOW)).toEqual([first]);
    const second = await redeem(alice);
    await store.sessions.deleteSessionsOf(BRAND_A, alice.id, grants);
    expect((await store.revocations.listRevocations(NOW)).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
      [first, second].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });
}

const admin = (): User => newUser({ role: "admin" });

export function setUpSuite(backend: Backend): void {
  test("a set-up link makes the first admin and ends all links", async () => {
    const store = await backend.openEmpty();
    await store.setUp.insertSetUpLink("link", LATER);
    await store.setUp.insertSetUpLink("other", LATER);
    const first = admin();
    expect(await store.setUp.redeemSetUpLink("link", first, HASH, NOW)).toBe("made");
    expect(await store.users.findUserByEmail(first.email)).toEqual({ user: first, passwordHash: HASH });
    expect(await store.setUp.isSetUpLinkOpen("other", NOW)).toBe(false);
    expect(await store.setUp.redeemSetUpLink("other", admin(), HASH, NOW)).toBe("link-not-open");
  });

  test("of many redemptions at once, with one link or with two, one makes an admin", async () => {
    const store = await backend.openEmpty();
    await store.setUp.insertSetUpLink("link", LATER);
    await store.setUp.insertSetUpLink("other", LATER);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => store.setUp.redeemSetUpLink(index % 2 ? "link" : "other", admin(), HASH, NOW)));
    expect(outcomes.filter((outcome) => outcome === "made")).toHaveLength(1);
    expect((await store.users.listUsers(BRAND_A, FIRST_PAGE)).rows).toHaveLength(1);
  });

  test("an unknown or expired link makes nobody", async () => {
    const store = await backend.openEmpty();
    await store.setUp.insertSetUpLink("link", LATER);
    expect(await store.setUp.isSetUpLinkOpen("link", LATER - 1)).toBe(true);
    expect(await store.setUp.isSetUpLinkOpen("link", LATER)).toBe(false);
    expect(await store.setUp.redeemSetUpLink("link", admin(), HASH, LATER)).toBe("link-not-open");
    expect(await store.setUp.redeemSetUpLink("guess", admin(), HASH, NOW)).toBe("link-not-open");
    expect(await store.users.hasActiveAdmin()).toBe(false);
  });

  test("an open link makes nobody once an active admin was made by other means", async () => {
    const store = await backend.openEmpty();
    await store.setUp.insertSetUpLink("link", LATER);
    await store.users.insertUser(admin(), { passwordHash: HASH });
    expect(await store.setUp.redeemSetUpLink("link", admin(), HASH, NOW)).toBe("link-not-open");
    expect((await store.users.listUsers(BRAND_A, FIRST_PAGE)).rows).toHaveLength(1);
  });

  test("a taken address is told, and the link stays open for another one", async () => {
    const store = await backend.openEmpty();
    const member = newUser();
    await store.users.insertUser(member, { passwordHash: HASH });
    await store.setUp.insertSetUpLink("link", LATER);
    expect(await store.setUp.redeemSetUpLink("link", { ...admin(), email: member.email }, HASH, NOW)).toBe("email-taken");
    expect(await store.setUp.redeemSetUpLink("link", admin(), HASH, NOW)).toBe("made");
  });
}

export function sessionSuite(backend: Backend): void {
  test("signing in opens a session, notes the time, and replaces a hash that was made anew", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const session = sessionOf(alice, "session");
    expect(await store.sessions.insertSession(session, { passwordHash: HASH, rehashed: "stronger" })).toBe(true);
    expect(await store.sessions.findSession("session", NOW)).toEqual({ session, user: { ...alice, signedInAt: NOW } });
    expect((await store.users.findUserByEmail(alice.email))?.passwordHash).toBe("stronger");
    expect(await store.sessions.findSession("unknown", NOW)).toBeUndefined();
  });

  test("no session opens with a hash that is no longer the stored one, or for a user who is not active", async () => {
    const { store, alice } = await openTwoBrands(backend);
    expect(await store.sessions.insertSession(sessionOf(alice, "s1"), { passwordHash: "old", rehashed: null })).toBe(false);
    const off = newUser({ status: "deactivated" });
    await store.users.insertUser(off, { passwordHash: HASH });
    expect(await store.sessions.insertSession(sessionOf(off, "s2"), { passwordHash: HASH, rehashed: null })).toBe(false);
    expect(await store.sessions.insertSession({ ...sessionOf(alice, "s3"), brandId: BRAND_B }, { passwordHash: HASH, rehashed: null })).toBe(false);
    for (const digest of ["s1", "s2", "s3"]) expect(await store.sessions.findSession(digest, NOW)).toBeUndefined();
    expect((await store.users.findUser(BRAND_A, alice.id))?.signedInAt).toBeNull();
  });

  test("all sessions of a user end at once, of the brand's user only", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    for (const digest of ["s1", "s2"]) await store.sessions.insertSession(sessionOf(alice, digest), { passwordHash: HASH, rehashed: null });
    await store.sessions.insertSession(sessionOf(adam, "s3"), { passwordHash: HASH, rehashed: null });
    await store.sessions.deleteSessionsOf(BRAND_B, alice.id, null);
    expect(await store.sessions.findSession("s1", NOW)).toBeDefined();
    await store.sessions.deleteSessionsOf(BRAND_A, alice.id, null);
    for (const digest of ["s1", "s2"]) expect(await store.sessions.findSession(digest, NOW)).toBeUndefined();
    expect(await store.sessions.findSession("s3", NOW)).toBeDefined();
  });

  test("a session ends at its expiry and when it is deleted", async () => {
    const { store, alice } = await openTwoBrands(backend);
    await store.sessions.insertSession(sessionOf(alice, "session"), { passwordHash: HASH, rehashed: null });
    expect(await store.sessions.findSession("session", LATER - 1)).toBeDefined();
    expect(await store.sessions.findSession("session", LATER)).toBeUndefined();
    await store.sessions.deleteSession("session");
    await store.sessions.deleteSession("session");
    expect(await store.sessions.findSession("session", NOW)).toBeUndefined();
  });
}

export function attemptSuite(backend: Backend): void {
  test("attempts at once are all counted, each gets a number of its own, and subjects do not mix", async () => {
    const store = await backend.openEmpty();
    const counts = await Promise.all(Array.from({ length: 20 }, () => store.attempts.countAttempt("alice", NOW, 60)));
    expect(counts.map((count) => count.attempts).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await store.attempts.countAttempt("bob", NOW, 60)).toEqual({ attempts: 1, windowEndsAt: NOW + 60 });
  });

  test("a window begins with its first attempt and ends windowLength later, however many come", async () => {
    const store = await backend.openEmpty();
    await store.attempts.countAttempt("alice", NOW, 60);
    expect(await store.attempts.countAttempt("alice", NOW + 59, 60)).toEqual({ attempts: 2, windowEndsAt: NOW + 60 });
    expect(await store.attempts.countAttempt("alice", NOW + 60, 60)).toEqual({ attempts: 1, windowEndsAt: NOW + 120 });
  });

  test("attempts of many subjects are counted together, each in a window of its own, however many there are", async () => {
    const store = await backend.openEmpty();
    await store.attempts.countAttempt("alice", NOW - 59, 60);
    await store.attempts.countAttempt("bob", NOW - 60, 60);
    const many = Array.from({ length: 1_200 }, (_, index) => [`subject ${index}`, index + 1] as const);
    const counted = await store.attempts.countAttempts(new Map([["bob", 4], ["alice", 3], ...many]), NOW, 60);
    expect(counted.size).toBe(1_202);
    expect(counted.get("alice")).toEqual({ attempts: 4, windowEndsAt: NOW + 1 });
    expect(counted.get("bob")).toEqual({ attempts: 4, windowEndsAt: NOW + 60 });
    expect(counted.get("subject 1199")).toEqual({ attempts: 1_200, windowEndsAt: NOW + 60 });
    expect(await store.attempts.countAttempts(new Map(), NOW, 60)).toEqual(new Map());
  });

  test("groups that count the same subjects at once, in whatever order, lose nothing and wait for each other", async () => {
    const store = await backend.openEmpty();
    const subjects = Array.from({ length: 20 }, (_, index) => `subject ${index}`);
    const group = (names: readonly string[]) => store.attempts.countAttempts(new Map(names.map((name) => [name, 1])), NOW, 60);
    await Promise.all(Array.from({ length: 20 }, (_, index) => group(index % 2 === 0 ? subjects : subjects.toReversed())));
    expect([...(await group(subjects)).values()].map(({ attempts }) => attempts)).toEqual(Array(20).fill(21));
  });

  test("an attempt is taken back, never below none, and clearing forgets them all", async () => {
    const store = await backend.openEmpty();
    await store.attempts.countAttempt("alice", NOW, 60);
    await store.attempts.countAttempt("alice", NOW, 60);
    await store.attempts.forgiveAttempt("alice");
    expect((await store.attempts.countAttempt("alice", NOW, 60)).attempts).toBe(2);
    for (let times = 0; times < 5; times++) await store.attempts.forgiveAttempt("alice");
    expect((await store.attempts.countAttempt("alice", NOW, 60)).attempts).toBe(1);
    await store.attempts.clearAttempts("alice");
    await store.attempts.forgiveAttempt("nobody");
    expect((await store.attempts.countAttempt("alice", NOW, 60)).attempts).toBe(1);
  });
}

function sessionOf(user: User, digest: string) {
  return { digest, userId: user.id, brandId: user.brandId, createdAt: NOW, expiresAt: LATER };
}
