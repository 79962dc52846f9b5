import { expect, test } from "vitest";
import { BRAND_A, BRAND_B, FIRST_PAGE, insertCode, newApplication, newCode, NOW, openTwoBrands, walk, type Backend } from "../fixture.ts";

const SECRET = { id: "secret", digest: "digest" };

export function applicationSuite(backend: Backend): void {
  test("registering stores the application, its secret's digest, and activates the module in the same transaction", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const application = newApplication(alice);
    await store.applications.insertApplication(application, SECRET);
    expect(await store.applications.findApplication(BRAND_A, application.clientId)).toEqual({ ...application, ownerName: "Alice" });
    expect(await store.clients.findClient(application.clientId)).toEqual({
      clientId: application.clientId,
      brandId: BRAND_A,
      ownerId: alice.id,
      name: "Shop",
      type: "confidential",
      registeredScopes: application.scopes,
      redirectUris: application.redirectUris,
      secrets: [{ id: "secret", digest: "digest", expiresAt: null }],
      createdAt: NOW,
    });
    expect((await store.brands.findBrand(BRAND_A))?.modules.has("oauth2-server")).toBe(true);
    expect((await store.brands.findBrand(BRAND_B))?.modules.has("oauth2-server")).toBe(false);
  });

  test("a public client has no secret (RFC 6749 section 2.1), and an unknown one is none", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const application = newApplication(alice, { type: "public", scopes: [], redirectUris: [] });
    await store.applications.insertApplication(application, null);
    expect(await store.clients.findClient(application.clientId)).toMatchObject({ type: "public", secrets: [], redirectUris: [] });
    expect(await store.clients.findClient("unknown")).toBeUndefined();
  });

  test("an application cannot belong to a user of another brand, and the failed attempt leaves nothing", async () => {
    const { store, bob } = await openTwoBrands(backend);
    const application = newApplication(bob, { brandId: BRAND_A });
    await expect(store.applications.insertApplication(application, SECRET)).rejects.toThrow();
    expect(await store.clients.findClient(application.clientId)).toBeUndefined();
    expect((await store.brands.findBrand(BRAND_A))?.modules.size).toBe(0);
  });

  test("applications are listed newest first, all or one owner's, page by page, and never another brand's", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    const names: string[] = [];
    for (let index = 0; index < 7; index++) {
      const name = `Application ${index}`;
      names.unshift(name);
      // Three of one millisecond, so that the order among them needs the id.
      await store.applications.insertApplication(newApplication(index % 2 ? alice : adam, { name, createdAt: NOW + Math.max(0, index - 2) }), null);
    }
    await store.applications.insertApplication(newApplication(bob), null);
    const all = await walk((page) => store.applications.listApplications(BRAND_A, null, page), 2);
    expect(all.slice(0, 4).map((row) => row.name)).toEqual(names.slice(0, 4));
    expect(all.map((row) => row.name).toSorted()).toEqual(names.toSorted());
    const hers = await walk((page) => store.applications.listApplications(BRAND_A, alice.id, page), 1);
    expect(hers.map((row) => row.name).toSorted()).toEqual(["Application 1", "Application 3", "Application 5"]);
    expect(hers.every((row) => row.ownerName === "Alice")).toBe(true);
    expect((await store.applications.listApplications(BRAND_B, alice.id, FIRST_PAGE)).rows).toEqual([]);
    expect((await store.applications.listApplications(BRAND_A, null, { limit: 3, after: "garbage" })).rows).toHaveLength(3);
  });

  test("updating changes what may change, within the brand only, and says when the application is gone", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const application = newApplication(alice);
    await store.applications.insertApplication(application, SECRET);
    const change = { name: "New", description: "", scopes: [], redirectUris: ["https://new.example/"], updatedAt: NOW + 5 };
    expect(await store.applications.updateApplication(BRAND_B, application.clientId, change)).toBe(false);
    expect(await store.applications.updateApplication(BRAND_A, "gone", change)).toBe(false);
    expect(await store.applications.findApplication(BRAND_A, application.clientId)).toMatchObject({ name: "Shop" });
    expect(await store.applications.updateApplication(BRAND_A, application.clientId, change)).toBe(true);
    expect(await store.applications.findApplication(BRAND_A, application.clientId)).toEqual({ ...application, ...change, ownerName: "Alice" });
    expect((await store.clients.findClient(application.clientId))?.secrets).toMatchObject([SECRET]);
  });

  test("deleting takes the secrets and codes along and revokes the client's tokens, and another brand cannot", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const application = newApplication(alice);
    const other = newApplication(alice);
    await store.applications.insertApplication(application, SECRET);
    await store.applications.insertApplication(other, { id: "secret 2", digest: "digest 2" });
    const code = newCode(alice, application.clientId);
    const otherCode = newCode(alice, other.clientId);
    for (const each of [code, otherCode]) await insertCode(store, each);
    expect(await store.applications.findApplication(BRAND_B, application.clientId)).toBeUndefined();
    expect(await store.applications.deleteApplication(BRAND_B, application.clientId, NOW + 50)).toBe(false);
    expect((await store.clients.findClient(application.clientId))?.secrets).toMatchObject([SECRET]);
    expect(await store.authorizationCodes.findAuthorizationCode(code.digest)).toBeDefined();
    expect(await store.revocations.listRevocations(NOW)).toEqual([]);

    expect(await store.applications.deleteApplication(BRAND_A, application.clientId, NOW + 50)).toBe(true);
    expect(await store.applications.deleteApplication(BRAND_A, application.clientId, NOW + 50)).toBe(false);
    expect(await store.clients.findClient(application.clientId)).toBeUndefined();
    expect(await store.applications.findApplication(BRAND_A, application.clientId)).toBeUndefined();
    expect(await store.authorizationCodes.findAuthorizationCode(code.digest)).toBeUndefined();
    expect(await store.authorizationCodes.findAuthorizationCode(otherCode.digest)).toBeDefined();
    expect(await store.revocations.listRevocations(NOW)).toEqual([{ kind: "client", id: application.clientId, expiresAt: NOW + 50 }]);
    expect((await store.clients.findClient(other.clientId))?.secrets).toMatchObject([{ digest: "digest 2" }]);
  });
}

export function authorizationCodeSuite(backend: Backend): void {
  test("a code comes back as it was issued", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const code = newCode(alice, "client", { codeChallenge: "challenge", redirectUriRequested: false });
    expect(await insertCode(store, code)).toBe("inserted");
    expect(await store.authorizationCodes.findAuthorizationCode(code.digest)).toEqual(code);
    expect(await store.authorizationCodes.findAuthorizationCode("unknown")).toBeUndefined();
  });

  test("a flow gives at most one code, also when it asks for many at once", async () => {
    const { store, alice } = await openTwoBrands(backend);
    await insertCode(store, newCode(alice, "client"));
    const codes = Array.from({ length: 20 }, () => newCode(alice, "client", { flowId: "flow" }));
    const inserted = await Promise.all(codes.map((code) => insertCode(store, code)));
    expect(inserted.toSorted()).toEqual([...Array.from({ length: 19 }, () => "answered-before"), "inserted"]);
  });

  test("a code is redeemed by exactly one of 50 at once, and stays known afterwards (RFC 6749 section 4.1.2)", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const code = newCode(alice, "client");
    await insertCode(store, code);
    const redeemed = await Promise.all(
      Array.from({ length: 50 }, () => store.authorizationCodes.redeemAuthorizationCode(code.digest, NOW + 1, NOW + 9_000, null)),
    );
    expect(redeemed.filter(Boolean)).toHaveLength(1);
    expect(await store.authorizationCodes.findAuthorizationCode(code.digest)).toEqual({ ...code, redeemedAt: NOW + 1 });
    expect(await store.authorizationCodes.redeemAuthorizationCode(code.digest, NOW + 2, NOW + 9_000, null)).toBe(false);
  });

  test("an expired or unknown code is not redeemed", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const code = newCode(alice, "client");
    await insertCode(store, code);
    expect(await store.authorizationCodes.redeemAuthorizationCode(code.digest, code.expiresAt, NOW + 9_000, null)).toBe(false);
    expect(await store.authorizationCodes.redeemAuthorizationCode("unknown", NOW, NOW + 9_000, null)).toBe(false);
    expect((await store.authorizationCodes.findAuthorizationCode(code.digest))?.redeemedAt).toBeNull();
    expect(await store.authorizationCodes.redeemAuthorizationCode(code.digest, code.expiresAt - 1, NOW + 9_000, null)).toBe(true);
  });
}

export function revocationSuite(backend: Backend): void {
  test("revoking twice keeps the later expiry, whichever came first, and kinds do not mix", async () => {
    const store = await backend.openEmpty();
    for (const expiresAt of [NOW + 10, NOW + 30, NOW + 20]) await store.revocations.insertRevocation({ kind: "token", id: "x", expiresAt });
    await store.revocations.insertRevocation({ kind: "grant", id: "x", expiresAt: NOW + 5 });
    const listed = await store.revocations.listRevocations(NOW);
    expect(listed.toSorted((a, b) => a.expiresAt - b.expiresAt)).toEqual([
      { kind: "grant", id: "x", expiresAt: NOW + 5 },
      { kind: "token", id: "x", expiresAt: NOW + 30 },
    ]);
  });

  test("an entry is listed until the last token that it can hit has expired", async () => {
    const store = await backend.openEmpty();
    await store.revocations.insertRevocation({ kind: "token", id: "x", expiresAt: NOW + 10 });
    expect(await store.revocations.listRevocations(NOW + 9)).toHaveLength(1);
    expect(await store.revocations.listRevocations(NOW + 10)).toHaveLength(0);
  });
}
