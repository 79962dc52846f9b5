import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { TOPICS, type Topic } from "../../../src/lib/changes.ts";
import {
  addPeople,
  BRAND_A,
  BRAND_B,
  FIRST_PAGE,
  HASH,
  insertCode,
  newCode,
  newPendingCall,
  newUser,
  newWebhook,
  NOW,
  writeCustomer,
  type SharedBackend,
} from "../fixture.ts";

export function sharedStoreSuite(backend: SharedBackend): void {
  test("a write of one is caught up with by the other at its next look, topic by topic", async () => {
    const [here, there] = await backend.openTwo();
    const moved: Topic[] = [];
    for (const topic of TOPICS) there.changes.onChange(topic, () => void moved.push(topic));
    await here.brands.updateBrand(BRAND_A, { name: "Renamed", timeZone: "UTC" });
    await here.revocations.insertRevocation({ kind: "token", id: "t", expiresAt: NOW });
    await here.setUp.insertSetUpLink("no topic", NOW);
    await backend.look(there);
    await there.changes.current();
    expect(moved.toSorted()).toEqual(["brands", "revocations"]);
    expect((await there.brands.findBrand(BRAND_A))?.name).toBe("Renamed");
    await backend.look(there);
    expect(there.changes.current()).toBeUndefined();
  });

  test("what changes no topic runs no listener", async () => {
    const [here, there] = await backend.openTwo();
    const { alice } = await addPeople(here);
    const webhook = newWebhook(alice);
    await here.webhooks.insertWebhook(webhook);
    await backend.look(there);
    await there.changes.current();
    const moved: Topic[] = [];
    for (const topic of TOPICS) there.changes.onChange(topic, () => void moved.push(topic));
    await writeCustomer(here, webhook, { city: "Delft" });
    await backend.look(there);
    await there.changes.current();
    expect(moved).toEqual([]);
  });

  test("a write of the other is not missed when an own write comes right after it", async () => {
    const [here, there] = await backend.openTwo();
    const moved: Topic[] = [];
    for (const topic of TOPICS) there.changes.onChange(topic, () => void moved.push(topic));
    await here.revocations.insertRevocation({ kind: "token", id: "t", expiresAt: NOW });
    await there.brands.updateBrand(BRAND_A, { name: "Renamed", timeZone: "UTC" });
    await backend.look(there);
    await there.changes.current();
    expect(new Set(moved)).toEqual(new Set(["brands", "revocations"]));
  });

  test("a write that falls into a catching up is caught up with too", async () => {
    const [here, there] = await backend.openTwo();
    const names: string[] = [];
    let wrote = false;
    there.changes.onChange("brands", async () => {
      names.push((await there.brands.findBrand(BRAND_A))!.name);
      if (!wrote) {
        wrote = true;
        await here.brands.updateBrand(BRAND_A, { name: "Second", timeZone: "UTC" });
        await nextTurn();
      }
    });
    await here.brands.updateBrand(BRAND_A, { name: "First", timeZone: "UTC" });
    await backend.look(there);
    await Promise.all([there.changes.current(), there.changes.current()]);
    await backend.look(there);
    await there.changes.current();
    expect(names).toEqual(["First", "Second"]);
  });

  test("a code is redeemed by one of 50 spread over both", async () => {
    const stores = await backend.openTwo();
    const { alice } = await addPeople(stores[0]);
    const code = newCode(alice, "client");
    await insertCode(stores[0], code);
    const redeemed = await Promise.all(
      Array.from({ length: 50 }, (_, index) => stores[index % 2]!.authorizationCodes.redeemAuthorizationCode(code.digest, NOW, NOW + 1, null)),
    );
    expect(redeemed.filter(Boolean)).toHaveLength(1);
  });

  test("a set-up link makes one admin of 20 spread over both", async () => {
    const stores = await backend.openTwo();
    await stores[0].setUp.insertSetUpLink("link", NOW + 1);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => stores[index % 2]!.setUp.redeemSetUpLink("link", newUser({ role: "admin" }), HASH, NOW)),
    );
    expect(outcomes.filter((outcome) => outcome === "made")).toHaveLength(1);
  });

  test("50 calls with one key spread over both make one customer", async () => {
    const stores = await backend.openTwo();
    const { alice } = await addPeople(stores[0]);
    const webhook = newWebhook(alice);
    await stores[0].webhooks.insertWebhook(webhook);
    const set = await stores[0].customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    const writes = [{ changes: { emailaddress: "ann@example.com" }, deduplicateBy: set.id }];
    await Promise.all(Array.from({ length: 50 }, (_, index) => stores[index % 2]!.calls.commitCalls([newPendingCall(webhook, writes)])));
    expect((await stores[1].customers.listCustomers(BRAND_A, null, FIRST_PAGE)).rows).toHaveLength(1);
  });

  test("a field set that one has just made is kept by the writes of the other", async () => {
    const [here, there] = await backend.openTwo();
    const { alice } = await addPeople(here);
    const webhook = newWebhook(alice);
    await here.webhooks.insertWebhook(webhook);
    const before = await writeCustomer(there, webhook, { city: "Delft" });
    const set = await here.customers.ensureFieldSet(BRAND_A, ["city"]);
    const after = await writeCustomer(there, webhook, { city: "Breda" });
    expect(await writeCustomer(here, webhook, { city: "Delft" }, set.id)).toBe(before);
    expect(await writeCustomer(here, webhook, { city: "Breda" }, set.id)).toBe(after);
    expect((await there.customers.listCustomers(BRAND_B, null, FIRST_PAGE)).rows).toEqual([]);
  });

  test("both make the first key at once, and there is one", async () => {
    const stores = await backend.openTwo();
    const ids = await Promise.all(stores.map((store) => store.keys.insertKey({ createdAt: NOW, activatesAt: NOW }, () => new Uint8Array(1), true)));
    expect(ids.filter((id) => id !== null)).toEqual([1]);
  });
}
