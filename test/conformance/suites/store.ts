import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { TOPICS, type Topic } from "../../../src/lib/changes.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  BRAND_A,
  BRAND_B,
  commitOne,
  FIRST_PAGE,
  HASH,
  insertCode,
  newApplication,
  newCode,
  newUser,
  newWebhook,
  NOW,
  openTwoBrands,
  type Backend,
} from "../fixture.ts";

/** Runs the work and gives the topics whose listeners had run when it resolved. */
async function topicsRaisedBy(store: Store, work: () => Promise<unknown>): Promise<readonly Topic[]> {
  const raised: Topic[] = [];
  let watching = true;
  for (const topic of TOPICS) {
    store.changes.onChange(topic, () => {
      if (watching) raised.push(topic);
    });
  }
  await work();
  watching = false;
  return raised.toSorted();
}

export function changesSuite(backend: Backend): void {
  test("each write has run the listeners of its topics, and no others, when it resolves", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    const application = newApplication(alice);
    const webhook = newWebhook(alice);
    const invited = newUser({ status: "invited" });
    const change = { name: "N", description: "", scopes: [], redirectUris: [], updatedAt: NOW };
    const writes: readonly (readonly [string, readonly Topic[], () => Promise<unknown>])[] = [
      ["insertBrand", ["brands"], () => store.brands.insertBrand({ id: "c", name: "C", timeZone: "UTC", createdAt: NOW })],
      ["insertBrand, taken", [], () => store.brands.insertBrand({ id: "d", name: "C", timeZone: "UTC", createdAt: NOW })],
      ["updateBrand", ["brands"], () => store.brands.updateBrand(BRAND_B, { name: "B", timeZone: "UTC" })],
      ["insertKey", ["keys"], () => store.keys.insertKey({ createdAt: NOW, activatesAt: NOW }, () => new Uint8Array(1))],
      ["insertKey, not needed", [], () => store.keys.insertKey({ createdAt: NOW, activatesAt: NOW }, () => new Uint8Array(1), true)],
      ["revokeKey", ["keys"], () => store.keys.revokeKey(1, NOW)],
      ["insertUser", ["users"], () => store.users.insertUser(invited, { invitation: { digest: "i", expiresAt: NOW + 1 } })],
      ["insertUser, taken", [], () => store.users.insertUser(newUser({ email: invited.email }), { passwordHash: HASH })],
      ["redeemInvitation", ["users"], () => store.users.redeemInvitation("i", HASH, NOW)],
      ["changePassword", ["users"], () => store.users.changePassword(BRAND_A, adam.id, { from: HASH, to: "new" }, "", null)],
      ["deactivateUser", ["users"], () => store.users.deactivateUser(BRAND_A, adam.id)],
      ["reactivateUser", ["users"], () => store.users.reactivateUser(BRAND_A, adam.id, NOW)],
      ["insertApplication, the brand's first", ["applications", "brands"], () => store.applications.insertApplication(application, null)],
      ["insertApplication", ["applications"], () => store.applications.insertApplication(newApplication(alice), null)],
      ["activateModule, active already", [], () => store.brands.activateModule(BRAND_A, "oauth2-server", NOW)],
      ["deactivateModule", ["brands"], () => store.brands.deactivateModule(BRAND_A, "oauth2-server")],
      ["updateApplication", ["applications"], () => store.applications.updateApplication(BRAND_A, application.clientId, change)],
      ["updateApplication, gone", [], () => store.applications.updateApplication(BRAND_A, "gone", change)],
      ["deleteApplication", ["applications", "revocations"], () => store.applications.deleteApplication(BRAND_A, application.clientId, NOW + 1)],
      [
        "changePassword, ending grants",
        ["revocations", "users"],
        () => store.users.changePassword(BRAND_A, adam.id, { from: "new", to: "newer" }, "", { now: NOW, revokedUntil: NOW }),
      ],
      ["deleteSessionsOf", [], () => store.sessions.deleteSessionsOf(BRAND_A, adam.id, null)],
      ["insertRevocation", ["revocations"], () => store.revocations.insertRevocation({ kind: "token", id: "t", expiresAt: NOW })],
      ["insertWebhook", ["webhooks"], () => store.webhooks.insertWebhook(webhook)],
      ["updateWebhook", ["webhooks"], () => store.webhooks.updateWebhook(BRAND_A, webhook.id, { name: "N", updatedAt: NOW })],
      ["deleteWebhook", ["webhooks"], () => store.webhooks.deleteWebhook(BRAND_A, webhook.id)],
      ["commitCalls", [], () => commitOne(store, webhook, [{ changes: { city: "Delft" }, deduplicateBy: null }])],
      [
        "insertSession",
        ["users"],
        () =>
          store.sessions.insertSession(
            { digest: "s", userId: alice.id, brandId: BRAND_A, createdAt: NOW, expiresAt: NOW },
            { passwordHash: HASH, rehashed: null },
          ),
      ],
      ["redeemAuthorizationCode", [], () => store.authorizationCodes.redeemAuthorizationCode("c", NOW, NOW, null)],
      ["sweep", [], () => store.sweep(NOW + 1_000)],
    ];
    for (const [name, topics, work] of writes) expect([name, await topicsRaisedBy(store, work)]).toEqual([name, topics]);
  });

  test("nothing has moved in the steady state", async () => {
    const { store } = await openTwoBrands(backend);
    for (let turn = 0; turn < 3; turn++) {
      expect(store.changes.current()).toBeUndefined();
      await nextTurn();
    }
  });

  test("a write waits for asynchronous listeners, which see it, and they run in order of registration", async () => {
    const { store } = await openTwoBrands(backend);
    const seen: string[] = [];
    store.changes.onChange("brands", async () => {
      await nextTurn();
      seen.push((await store.brands.findBrand(BRAND_B))!.name);
    });
    store.changes.onChange("brands", () => void seen.push("second"));
    await store.brands.updateBrand(BRAND_B, { name: "Renamed", timeZone: "UTC" });
    expect(seen).toEqual(["Renamed", "second"]);
  });

  test("a listener that fails leaves the write done, and nothing cached is trusted until it has run", async () => {
    const { store } = await openTwoBrands(backend);
    let failures = 2;
    store.changes.onChange("brands", () => {
      if (failures-- > 0) throw new Error("cannot reload");
    });
    expect(await store.brands.updateBrand(BRAND_B, { name: "Renamed", timeZone: "UTC" })).toBe("updated");
    await expect(store.changes.current()).rejects.toThrow("cannot reload");
    await store.changes.current();
    expect(failures).toBe(-1);
    expect(store.changes.current()).toBeUndefined();
  });
}

export function transactionSuite(backend: Backend): void {
  test("a transaction is all or nothing, and nobody sees half of it", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice);
    let seenFromOutside: unknown = "not looked";
    const outside: Promise<void>[] = [];
    await expect(
      store.transaction(async (ports) => {
        await ports.webhooks.insertWebhook(webhook);
        expect(await ports.webhooks.findWebhookById(webhook.id)).toEqual(webhook);
        await ports.brands.updateBrand(BRAND_B, { name: "Half", timeZone: "UTC" });
        await ports.calls.commitCalls([]);
        outside.push(store.webhooks.findWebhookById(webhook.id).then((found) => void (seenFromOutside = found)));
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    await Promise.all(outside);
    expect(seenFromOutside).toBeUndefined();
    expect(await store.webhooks.findWebhookById(webhook.id)).toBeUndefined();
    expect((await store.brands.findBrand(BRAND_B))?.name).toBe("Beta");
  });

  test("a transaction writes through every kind of port, calls among them, and raises its topics once, at its end", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice);
    let raised = 0;
    store.changes.onChange("webhooks", () => void raised++);
    const customerId = await store.transaction(async (ports) => {
      await ports.webhooks.insertWebhook(webhook);
      await ports.webhooks.updateWebhook(BRAND_A, webhook.id, { name: "In one go", updatedAt: NOW });
      const set = await ports.customers.ensureFieldSet(BRAND_A, ["city"]);
      const outcome = await commitOne({ ...store, ...ports }, webhook, [
        { changes: { city: "Delft" }, deduplicateBy: set.id },
        { changes: { city: "Delft" }, deduplicateBy: set.id },
      ]);
      expect(raised).toBe(0);
      return outcome.kind === "accepted" ? outcome.customerIds[1]! : "";
    });
    expect(raised).toBe(1);
    expect((await store.customers.listCustomers(BRAND_A, null, FIRST_PAGE)).rows.map((customer) => customer.id)).toEqual([customerId]);
    expect((await store.webhooks.findWebhookById(webhook.id))?.name).toBe("In one go");
  });

  test("a refused call within a transaction refuses alone, and the transaction goes on", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice);
    await store.webhooks.insertWebhook(webhook);
    await store.transaction(async (ports) => {
      expect(await commitOne({ ...store, ...ports }, webhook, [{ changes: {}, deduplicateBy: "no such set" }])).toMatchObject({ kind: "failed" });
      await ports.brands.updateBrand(BRAND_B, { name: "Done", timeZone: "UTC" });
    });
    expect((await store.brands.findBrand(BRAND_B))?.name).toBe("Done");
  });

  test("transactions at once do not mix: each reads, waits and writes as if alone", async () => {
    const { store } = await openTwoBrands(backend);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        store.transaction(async (ports) => {
          const brand = await ports.brands.findBrand(BRAND_B);
          await nextTurn();
          await ports.brands.updateBrand(BRAND_B, { name: `${brand!.name}+`, timeZone: "UTC" });
        }),
      ),
    );
    expect((await store.brands.findBrand(BRAND_B))?.name).toBe(`Beta${"+".repeat(20)}`);
  });
}

export function sweepSuite(backend: Backend): void {
  test("a sweep takes what has expired, by the expiry in its row, and leaves the rest", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const proof = { passwordHash: HASH, rehashed: null };
    const session = { userId: alice.id, brandId: BRAND_A, createdAt: NOW };
    const invited = newUser({ status: "invited" });
    const redeemed = newCode(alice, "client", { expiresAt: NOW + 10 });
    const unused = newCode(alice, "client", { expiresAt: NOW + 10 });
    await store.sessions.insertSession({ ...session, digest: "ended", expiresAt: NOW + 10 }, proof);
    await store.sessions.insertSession({ ...session, digest: "open", expiresAt: NOW + 11 }, proof);
    await store.users.insertUser(invited, { invitation: { digest: "invitation", expiresAt: NOW + 10 } });
    await store.setUp.insertSetUpLink("link", NOW + 10);
    await insertCode(store, redeemed);
    await insertCode(store, unused);
    await store.authorizationCodes.redeemAuthorizationCode(redeemed.digest, NOW, NOW + 50, null);
    await store.revocations.insertRevocation({ kind: "token", id: "over", expiresAt: NOW + 10 });
    await store.revocations.insertRevocation({ kind: "token", id: "live", expiresAt: NOW + 11 });
    await store.attempts.countAttempt("alice", NOW, 10);

    const waiting = async (now: number) => [...(await store.countExpired(now))].filter(([, rows]) => rows > 0);
    expect(await waiting(NOW + 9)).toEqual([]);
    expect(await store.sweep(NOW + 9)).toBe(0);
    expect(await waiting(NOW + 10)).toEqual([
      ["sessions", 1],
      ["invitations", 1],
      ["set_up_links", 1],
      ["authorization_codes", 1],
      ["revocations", 1],
      ["attempts", 1],
    ]);
    expect(await store.sweep(NOW + 10)).toBe(6);
    expect(await waiting(NOW + 10)).toEqual([]);
    expect(await store.sweep(NOW + 10)).toBe(0);
    expect(await store.sessions.findSession("ended", NOW)).toBeUndefined();
    expect(await store.sessions.findSession("open", NOW)).toBeDefined();
    expect(await store.users.findInvitation("invitation", NOW)).toBeUndefined();
    expect(await store.users.findUser(BRAND_A, invited.id)).toBeDefined();
    expect(await store.setUp.isSetUpLinkOpen("link", NOW)).toBe(false);
    expect(await store.authorizationCodes.findAuthorizationCode(unused.digest)).toBeUndefined();
    expect(await store.revocations.listRevocations(NOW)).toEqual([{ kind: "token", id: "live", expiresAt: NOW + 11 }]);
    // A redeemed code stays known until the last token that it gave has expired (RFC 6749 section 4.1.2).
    expect(await store.authorizationCodes.findAuthorizationCode(redeemed.digest)).toBeDefined();
    expect(await store.sweep(NOW + 50)).toBe(3);
    expect(await store.authorizationCodes.findAuthorizationCode(redeemed.digest)).toBeUndefined();
  });

  test("a sweep takes a bounded number of rows and is called again until it finds none", async () => {
    const store = await backend.openEmpty();
    await store.transaction(async (ports) => {
      for (let index = 0; index < 600; index++) await ports.attempts.countAttempt(`subject ${index}`, NOW, 10);
    });
    expect([await store.sweep(NOW + 10), await store.sweep(NOW + 10), await store.sweep(NOW + 10)]).toEqual([500, 100, 0]);
  });
}
