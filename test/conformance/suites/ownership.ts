import { expect, test } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import {
  BRAND_A,
  BRAND_B,
  FIRST_PAGE,
  HASH,
  insertCode,
  newApplication,
  newCode,
  newRefusedCall,
  newUser,
  newWebhook,
  NOW,
  openTwoBrands,
  type Backend,
} from "../fixture.ts";

const TIMES = { now: NOW, revokedUntil: NOW + 100 };
const family = (clientId: string, userId: string, familyId: string) => ({
  familyId,
  brandId: BRAND_A,
  clientId,
  userId,
  grantedScopes: ["apps.webhook:execute" as const],
  generation: 1,
  rotatedAt: NOW,
  expiresAt: NOW + 1_000,
  endsAt: NOW + 1_000,
});

async function openWithThings(backend: Backend) {
  const brands = await openTwoBrands(backend);
  const { store, adam } = brands;
  const application = newApplication(adam);
  const other = newApplication(adam);
  for (const each of [application, other]) await store.applications.insertApplication(each, null);
  const webhook = newWebhook(adam);
  await store.webhooks.insertWebhook(webhook);
  return { ...brands, application, other, webhook };
}

const ownerOfApplication = async (store: Store, clientId: string) => (await store.clients.findClient(clientId))?.ownerId;
const ownerOfWebhook = async (store: Store, webhookId: string) => (await store.webhooks.findWebhookById(webhookId))?.ownerId;

export function ownershipSuite(backend: Backend): void {
  test("one application or one webhook passes to another user, and nothing else does", async () => {
    const { store, alice, adam, application, other, webhook } = await openWithThings(backend);
    expect(await store.ownership.transfer(BRAND_A, { clientId: application.clientId }, alice.id, TIMES)).toEqual({
      kind: "transferred",
      applications: 1,
      webhooks: 0,
    });
    expect(await ownerOfApplication(store, application.clientId)).toBe(alice.id);
    expect(await ownerOfApplication(store, other.clientId)).toBe(adam.id);
    expect(await ownerOfWebhook(store, webhook.id)).toBe(adam.id);
    expect(await store.ownership.transfer(BRAND_A, { webhookId: webhook.id }, alice.id, TIMES)).toEqual({ kind: "transferred", applications: 0, webhooks: 1 });
    expect(await ownerOfWebhook(store, webhook.id)).toBe(alice.id);
    expect(await ownerOfApplication(store, other.clientId)).toBe(adam.id);
  });

  test("everything of a user passes at once; what was the new owner's before is not counted and not touched", async () => {
    const { store, alice, adam, application, other, webhook } = await openWithThings(backend);
    const own = newApplication(alice);
    await store.applications.insertApplication(own, null);
    const deleted = newWebhook(adam);
    await store.webhooks.insertWebhook(deleted);
    await store.webhooks.deleteWebhook(BRAND_A, deleted.id);
    expect(await store.ownership.transfer(BRAND_A, { ownerId: adam.id }, alice.id, TIMES)).toEqual({ kind: "transferred", applications: 2, webhooks: 1 });
    for (const { clientId } of [application, other, own]) expect(await ownerOfApplication(store, clientId)).toBe(alice.id);
    expect(await ownerOfWebhook(store, webhook.id)).toBe(alice.id);
    expect(await store.ownership.transfer(BRAND_A, { ownerId: alice.id }, alice.id, TIMES)).toEqual({ kind: "transferred", applications: 0, webhooks: 0 });
    expect((await store.applications.findApplication(BRAND_A, own.clientId))?.updatedAt).toBe(own.updatedAt);
  });

  test("nothing passes to a user of another brand, to one who is switched off or has not joined, or from another brand", async () => {
    const { store, alice, adam, bob, application, webhook } = await openWithThings(backend);
    const off = newUser({ status: "deactivated" });
    await store.users.insertUser(off, { passwordHash: HASH });
    const invited = newUser({ status: "invited" });
    await store.users.insertUser(invited, { invitation: { digest: "i", expiresAt: NOW + 10 } });
    for (const to of [bob.id, off.id, invited.id, "nobody"]) {
      expect(await store.ownership.transfer(BRAND_A, { ownerId: adam.id }, to, TIMES)).toEqual({ kind: "no-such-user" });
    }
    for (const what of [{ ownerId: adam.id }, { clientId: application.clientId }, { webhookId: webhook.id }]) {
      expect(await store.ownership.transfer(BRAND_B, what, alice.id, TIMES)).toEqual({ kind: "no-such-user" });
      expect(await store.ownership.transfer(BRAND_B, what, bob.id, TIMES)).toEqual({ kind: "transferred", applications: 0, webhooks: 0 });
    }
    expect([await ownerOfApplication(store, application.clientId), await ownerOfWebhook(store, webhook.id)]).toEqual([adam.id, adam.id]);
  });

  test("what was consented to ends with the transfer: codes, families, and an entry for each grant that may be alive", async () => {
    const { store, alice, adam, application, other } = await openWithThings(backend);
    const waiting = newCode(adam, application.clientId);
    const redeemed = newCode(adam, application.clientId);
    const elsewhere = newCode(adam, other.clientId);
    for (const code of [waiting, redeemed, elsewhere]) await insertCode(store, code);
    await store.authorizationCodes.redeemAuthorizationCode(redeemed.digest, NOW, NOW + 1_000, family(application.clientId, adam.id, redeemed.grantId));
    await store.authorizationCodes.redeemAuthorizationCode(elsewhere.digest, NOW, NOW + 1_000, family(other.clientId, adam.id, elsewhere.grantId));
    await store.ownership.transfer(BRAND_A, { clientId: application.clientId }, alice.id, TIMES);
    expect(await store.revocations.listRevocations(NOW)).toEqual([{ kind: "grant", id: redeemed.grantId, expiresAt: TIMES.revokedUntil }]);
    expect(await store.authorizationCodes.findAuthorizationCode(waiting.digest)).toBeUndefined();
    expect(await store.refreshFamilies.findRefreshFamily(redeemed.grantId)).toBeUndefined();
    expect(await store.refreshFamilies.findRefreshFamily(elsewhere.grantId)).toBeDefined();
  });

  test("a user who has an application or a webhook is not deleted; afterwards nothing of the user is left and the address is free", async () => {
    const { store, alice, adam, application, other, webhook } = await openWithThings(backend);
    await store.sessions.insertSession(
      { digest: "s", userId: adam.id, brandId: BRAND_A, createdAt: NOW, expiresAt: NOW + 10 },
      { passwordHash: HASH, rehashed: null },
    );
    await store.users.renewInvitation(BRAND_A, adam.id, "link", NOW + 10);
    expect(await store.ownership.deleteUser(BRAND_A, adam.id)).toBe("owns-things");
    await store.ownership.transfer(BRAND_A, { ownerId: adam.id }, alice.id, TIMES);
    await store.ownership.transfer(BRAND_A, { webhookId: webhook.id }, adam.id, TIMES);
    expect(await store.ownership.deleteUser(BRAND_A, adam.id)).toBe("owns-things");
    expect(await store.sessions.findSession("s", NOW)).toBeDefined();
    await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
    expect(await store.ownership.deleteUser(BRAND_A, adam.id)).toBe("deleted");
    expect(await store.ownership.deleteUser(BRAND_A, adam.id)).toBe("not-found");
    expect(await store.users.findUserByEmail(adam.email)).toBeUndefined();
    expect(await store.sessions.findSession("s", NOW)).toBeUndefined();
    expect(await store.users.findInvitation("link", NOW)).toBeUndefined();
    expect(await store.users.insertUser(newUser({ email: adam.email }), { passwordHash: HASH })).toBe(true);
    for (const { clientId } of [application, other]) expect(await ownerOfApplication(store, clientId)).toBe(alice.id);
  });

  test("the calls of a webhook that the deleted user had deleted stay in the log, and an admin is their owner", async () => {
    const { store, alice, adam, webhook } = await openWithThings(backend);
    await store.ownership.transfer(BRAND_A, { ownerId: adam.id }, alice.id, TIMES);
    await store.ownership.transfer(BRAND_A, { webhookId: webhook.id }, adam.id, TIMES);
    const call = newRefusedCall(webhook);
    await store.calls.insertRefusedCalls([call]);
    await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
    expect(await store.ownership.deleteUser(BRAND_A, adam.id)).toBe("deleted");
    expect(await store.calls.findCall(BRAND_A, call.id)).toMatchObject({ webhookName: webhook.name, ownerId: alice.id });
  });

  test("a brand keeps its last active admin, and nobody is deleted from another brand", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    expect(await store.ownership.deleteUser(BRAND_B, adam.id)).toBe("not-found");
    expect(await store.ownership.deleteUser(BRAND_B, bob.id)).toBe("last-admin");
    expect(await store.ownership.deleteUser(BRAND_A, alice.id)).toBe("last-admin");
    for (const status of ["invited", "deactivated"] as const) {
      await store.users.insertUser(
        newUser({ role: "admin", status }),
        status === "invited" ? { invitation: { digest: status, expiresAt: NOW } } : { passwordHash: HASH },
      );
    }
    expect(await store.ownership.deleteUser(BRAND_A, alice.id)).toBe("last-admin");
    expect((await store.users.listUsers(BRAND_A, FIRST_PAGE)).rows).toHaveLength(4);
  });

  test("of two admins who delete each other at once one stays, and so does one of a deletion against a deactivation", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const second = newUser({ role: "admin" });
    await store.users.insertUser(second, { passwordHash: HASH });
    const outcomes = await Promise.all([alice, second].map((user) => store.ownership.deleteUser(BRAND_A, user.id)));
    expect(outcomes.toSorted()).toEqual(["deleted", "last-admin"]);
    const third = newUser({ role: "admin" });
    await store.users.insertUser(third, { passwordHash: HASH });
    const left = (await store.users.listActiveAdmins(BRAND_A)).find(({ id }) => id !== third.id);
    const both = await Promise.all([store.ownership.deleteUser(BRAND_A, third.id), store.users.deactivateUser(BRAND_A, left!.id)]);
    expect(both.filter((outcome) => outcome === "last-admin")).toHaveLength(1);
  });

  test("a transfer to a user who is deleted at the same moment leaves nothing without an owner", async () => {
    for (let round = 0; round < 5; round++) {
      const { store, alice, adam, application, webhook } = await openWithThings(backend);
      const leaver = newUser();
      await store.users.insertUser(leaver, { passwordHash: HASH });
      const [transferred, deleted] = await Promise.all([
        store.ownership.transfer(BRAND_A, { ownerId: adam.id }, leaver.id, TIMES),
        store.ownership.deleteUser(BRAND_A, leaver.id),
      ]);
      expect([transferred.kind, deleted]).toEqual(deleted === "deleted" ? ["no-such-user", "deleted"] : ["transferred", "owns-things"]);
      const owner = deleted === "deleted" ? adam.id : leaver.id;
      expect([await ownerOfApplication(store, application.clientId), await ownerOfWebhook(store, webhook.id)]).toEqual([owner, owner]);
      expect(await store.users.findUser(BRAND_A, alice.id)).toBeDefined();
    }
  });
}
