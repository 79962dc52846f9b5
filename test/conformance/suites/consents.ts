import { expect, test } from "vitest";
import type { User } from "../../../src/identity/user.ts";
import type { Consent } from "../../../src/oauth/consent.ts";
import { newRefreshFamily } from "../../../src/oauth/refresh-token.ts";
import type { Store } from "../../../src/store/store.ts";
import { BRAND_A, BRAND_B, FIRST_PAGE, insertCode, newApplication, newCode, NOW, openTwoBrands, walk, type Backend } from "../fixture.ts";

const WEBHOOKS = ["apps.webhook:execute"] as const;
const BOTH = ["apps.webhook:execute", "offline_access"] as const;

const consentOf = (store: Store, user: User, clientId = "client") => store.consents.findConsent(user.brandId, clientId, user.id);

async function useConsent(store: Store, user: User, consent: Consent, at = NOW + 5): Promise<string> {
  return store.authorizationCodes.insertAuthorizationCode(newCode(user, consent.clientId, { issuedAt: at }), { kind: "remembered", consent });
}

/** A redeemed code and the family that it began. */
async function giveRefreshToken(store: Store, user: User, clientId = "client", endsAt = NOW + 50): Promise<string> {
  const code = newCode(user, clientId, { grantedScopes: BOTH });
  await insertCode(store, code);
  const family = newRefreshFamily({ familyId: code.grantId, brandId: user.brandId, clientId, userId: user.id, grantedScopes: BOTH }, NOW);
  await store.authorizationCodes.redeemAuthorizationCode(code.digest, NOW, endsAt, family);
  return code.grantId;
}

export function consentSuite(backend: Backend): void {
  test("what a user allows is stored with the code; another yes widens it, and a flow that was answered before changes nothing", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const code = newCode(alice, "client", { grantedScopes: ["offline_access"], redirectUri: "https://a.example/" });
    expect(await insertCode(store, code)).toBe("inserted");
    expect(await consentOf(store, alice)).toEqual({
      brandId: BRAND_A,
      clientId: "client",
      userId: alice.id,
      scopes: ["offline_access"],
      redirectUris: ["https://a.example/"],
      givenAt: NOW,
      lastUsedAt: NOW,
      applicationName: "Shop",
      ownerName: "Alice",
    });
    const wider = { grantedScopes: WEBHOOKS, redirectUri: "https://b.example/", issuedAt: NOW + 1 };
    expect(await insertCode(store, newCode(alice, "client", { ...wider, flowId: code.flowId }))).toBe("answered-before");
    expect(await consentOf(store, alice)).toMatchObject({ scopes: ["offline_access"], givenAt: NOW });
    expect(await insertCode(store, newCode(alice, "client", wider))).toBe("inserted");
    expect(await consentOf(store, alice)).toMatchObject({
      scopes: BOTH,
      redirectUris: ["https://a.example/", "https://b.example/"],
      givenAt: NOW + 1,
      lastUsedAt: NOW + 1,
    });
  });

  test("many first answers at once, each in a flow of its own, make one consent of all", async () => {
    const { store, alice } = await openTwoBrands(backend);
    await store.applications.insertApplication(newApplication(alice, { clientId: "client" }), null);
    const codes = Array.from({ length: 20 }, (_, index) => newCode(alice, "client", { redirectUri: `https://${index}.example/` }));
    expect(new Set(await Promise.all(codes.map((code) => insertCode(store, code))))).toEqual(new Set(["inserted"]));
    expect((await consentOf(store, alice))?.redirectUris.toSorted()).toEqual(codes.map(({ redirectUri }) => redirectUri).toSorted());
  });

  test("only the owner's consent counts, to an application that is there: otherwise no code is stored", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    await store.applications.insertApplication(newApplication(alice, { clientId: "client" }), null);
    const allow = async (user: User, clientId: string) => {
      const code = newCode(user, clientId);
      const consent: Consent = { brandId: user.brandId, clientId, userId: user.id, scopes: BOTH, redirectUris: [], givenAt: NOW, lastUsedAt: NOW };
      const inserted = await store.authorizationCodes.insertAuthorizationCode(code, { kind: "allowed", consent });
      return [inserted, await store.authorizationCodes.findAuthorizationCode(code.digest), await consentOf(store, user, clientId)];
    };
    expect(await allow(adam, "client")).toEqual(["not-consented", undefined, undefined]);
    expect(await allow(bob, "client")).toEqual(["not-consented", undefined, undefined]);
    expect(await allow(alice, "gone")).toEqual(["not-consented", undefined, undefined]);
  });

  test("a remembered consent gives a code while it stands as it was read, and notes when", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    await insertCode(store, newCode(alice, "client"));
    const consent = (await consentOf(store, alice))!;
    expect(await useConsent(store, alice, consent)).toBe("inserted");
    expect(await consentOf(store, alice)).toEqual({ ...consent, lastUsedAt: NOW + 5 });
    for (const other of [{ scopes: BOTH }, { redirectUris: [] }, { userId: adam.id }, { brandId: BRAND_B }, { clientId: "other" }]) {
      expect(await useConsent(store, alice, { ...consent, ...other }, NOW + 9), JSON.stringify(other)).toBe("not-consented");
    }
    expect(await consentOf(store, alice)).toEqual({ ...consent, lastUsedAt: NOW + 5 });
    await store.consents.withdrawConsent(BRAND_A, "client", alice.id, NOW, NOW + 100);
    expect(await useConsent(store, alice, consent)).toBe("not-consented");
  });

  test("withdrawing ends codes and families and revokes every grant that may be alive, of this user and client only", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const [first, second] = [await giveRefreshToken(store, alice), await giveRefreshToken(store, alice)];
    await giveRefreshToken(store, alice, "client", NOW + 10);
    const kept = await giveRefreshToken(store, alice, "other");
    const unused = newCode(alice, "client");
    await insertCode(store, unused);
    await store.revocations.insertRevocation({ kind: "grant", id: first, expiresAt: NOW + 200 });

    expect(await store.consents.withdrawConsent(BRAND_A, "client", alice.id, NOW + 10, NOW + 100)).toBe(true);
    const revoked = (await store.revocations.listRevocations(NOW)).toSorted((a, b) => a.expiresAt - b.expiresAt);
    expect(revoked).toEqual([
      { kind: "grant", id: second, expiresAt: NOW + 100 },
      { kind: "grant", id: first, expiresAt: NOW + 200 },
    ]);
    expect([await store.refreshFamilies.findRefreshFamily(first), await store.refreshFamilies.findRefreshFamily(second)]).toEqual([undefined, undefined]);
    expect(await store.refreshFamilies.findRefreshFamily(kept)).toBeDefined();
    expect(await store.authorizationCodes.redeemAuthorizationCode(unused.digest, NOW, NOW + 50, null)).toBe(false);
    expect([await consentOf(store, alice), (await consentOf(store, alice, "other"))?.clientId]).toEqual([undefined, "other"]);
    expect(await store.consents.withdrawConsent(BRAND_A, "client", alice.id, NOW + 10, NOW + 100)).toBe(false);
  });

  test("nobody withdraws another user's or another brand's consent", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    const grantId = await giveRefreshToken(store, alice);
    for (const [brandId, userId] of [[BRAND_B, alice.id] as const, [BRAND_A, adam.id] as const, [BRAND_B, bob.id] as const]) {
      expect(await store.consents.withdrawConsent(brandId, "client", userId, NOW, NOW + 100)).toBe(false);
      expect(await store.consents.findConsent(brandId, "client", userId)).toBeUndefined();
    }
    expect(await store.refreshFamilies.findRefreshFamily(grantId)).toBeDefined();
    expect(await store.revocations.listRevocations(NOW)).toEqual([]);
  });

  test("withdrawing against redeeming: a code is gone, or what it gave is revoked", async () => {
    const { store, alice } = await openTwoBrands(backend);
    for (let round = 0; round < 20; round++) {
      const code = newCode(alice, "client");
      await insertCode(store, code);
      const [redeemed] = await Promise.all([
        store.authorizationCodes.redeemAuthorizationCode(code.digest, NOW, NOW + 50, null),
        store.consents.withdrawConsent(BRAND_A, "client", alice.id, NOW, NOW + 100),
      ]);
      const revoked = (await store.revocations.listRevocations(NOW)).some(({ id }) => id === code.grantId);
      expect(revoked).toBe(redeemed);
    }
  });

  test("a refresh counts as use", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const familyId = await giveRefreshToken(store, alice);
    await store.refreshFamilies.rotateRefreshFamily(familyId, 1, NOW + 7, NOW + 1_000);
    expect(await consentOf(store, alice)).toMatchObject({ givenAt: NOW, lastUsedAt: NOW + 7 });
  });

  test("consents are listed given last first, page by page, and only the user's own", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    for (let index = 0; index < 7; index++) {
      // Three of one millisecond, so that the order among them needs the id.
      await insertCode(store, newCode(alice, `client ${index}`, { issuedAt: NOW + Math.max(0, index - 2) }));
    }
    await insertCode(store, newCode(adam, "of Adam"));
    const all = await walk((page) => store.consents.listConsents(BRAND_A, alice.id, page), 2);
    expect(all.map(({ clientId }) => clientId)).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `client ${index}`));
    expect((await store.consents.listConsents(BRAND_B, alice.id, FIRST_PAGE)).rows).toEqual([]);
    expect((await store.consents.listConsents(BRAND_A, alice.id, { limit: 3, after: "garbage" })).rows).toHaveLength(3);
  });

  test("deleting the application takes its consents", async () => {
    const { store, alice } = await openTwoBrands(backend);
    for (const clientId of ["client", "other"]) await insertCode(store, newCode(alice, clientId));
    const consent = (await consentOf(store, alice))!;
    await store.applications.deleteApplication(BRAND_A, "client", NOW + 50);
    expect((await store.consents.listConsents(BRAND_A, alice.id, FIRST_PAGE)).rows.map(({ clientId }) => clientId)).toEqual(["other"]);
    expect(await useConsent(store, alice, consent)).toBe("not-consented");
  });
}
