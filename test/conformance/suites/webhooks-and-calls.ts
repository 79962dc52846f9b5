import { expect, test } from "vitest";
import { UNAUTHENTICATED_CALLS_KEPT } from "../../../src/webhooks/calls/call.ts";
import { BRAND_A, BRAND_B, commitOne, FIRST_PAGE, newPendingCall, newRefusedCall, newWebhook, NOW, openTwoBrands, walk, type Backend } from "../fixture.ts";

const MAPPING = { fields: [{ path: "$.email", field: "emailaddress" }], deduplicateBy: ["emailaddress"] } as const;
const ANY = { webhookId: null, ownerId: null, outcome: null } as const;

export function webhookSuite(backend: Backend): void {
  test("a webhook comes back as it was installed, by its id alone and within its brand", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const set = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    const bare = newWebhook(alice, { authentication: null });
    const whole = newWebhook(alice, { mapping: MAPPING, fieldSetId: set.id });
    for (const webhook of [bare, whole]) {
      await store.webhooks.insertWebhook(webhook);
      expect(await store.webhooks.findWebhookById(webhook.id)).toEqual(webhook);
      expect(await store.webhooks.findWebhook(BRAND_A, webhook.id)).toEqual({ ...webhook, ownerName: "Alice" });
      expect(await store.webhooks.findWebhook(BRAND_B, webhook.id)).toBeUndefined();
    }
    expect(await store.webhooks.findWebhookById("unknown")).toBeUndefined();
  });

  test("a webhook cannot belong to a user, or find customers by a field set, of another brand", async () => {
    const { store, alice, bob } = await openTwoBrands(backend);
    const set = await store.customers.ensureFieldSet(BRAND_B, ["emailaddress"]);
    await expect(store.webhooks.insertWebhook(newWebhook(bob, { brandId: BRAND_A }))).rejects.toThrow();
    await expect(store.webhooks.insertWebhook(newWebhook(alice, { fieldSetId: set.id }))).rejects.toThrow();
    expect((await store.webhooks.listWebhooks(BRAND_A, null, FIRST_PAGE)).rows).toEqual([]);
  });

  test("webhooks are listed newest first, all or one owner's, page by page", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    for (let index = 0; index < 7; index++) {
      await store.webhooks.insertWebhook(newWebhook(index % 2 ? alice : adam, { name: `W${index}`, createdAt: NOW + index }));
    }
    await store.webhooks.insertWebhook(newWebhook(bob));
    const names = async (ownerId: string | null): Promise<string[]> =>
      (await walk((page) => store.webhooks.listWebhooks(BRAND_A, ownerId, page), 2)).map((webhook) => webhook.name);
    expect(await names(null)).toEqual(["W6", "W5", "W4", "W3", "W2", "W1", "W0"]);
    expect(await names(alice.id)).toEqual(["W5", "W3", "W1"]);
    expect(await names(bob.id)).toEqual([]);
  });

  test("an update changes what it names and nothing else, within the brand only", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice, { authentication: null });
    await store.webhooks.insertWebhook(webhook);
    const set = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    const { webhooks } = store;
    expect(await webhooks.updateWebhook(BRAND_B, webhook.id, { name: "Stolen", updatedAt: NOW })).toBe(false);
    expect(await webhooks.updateWebhook(BRAND_A, "unknown", { name: "None", updatedAt: NOW })).toBe(false);
    const change = { mapping: MAPPING, fieldSetId: set.id, savedAt: NOW + 2, savedBy: alice.id, basedOn: 0 };
    expect(await store.mappings.saveMapping(BRAND_A, webhook.id, change)).toBe("saved");
    expect(await webhooks.updateWebhook(BRAND_A, webhook.id, { name: "Renamed", updatedAt: NOW + 3 })).toBe(true);
    expect(await webhooks.findWebhookById(webhook.id)).toEqual({
      ...webhook,
      mapping: MAPPING,
      fieldSetId: set.id,
      mappingVersion: 1,
      name: "Renamed",
      updatedAt: NOW + 3,
    });
  });

  test("calls are read whole, in the order in which they are asked for, as many as fit and one at least", async () => {
    const { store, alice, bob } = await openTwoBrands(backend);
    const webhook = newWebhook(alice, { sensitivePaths: ["$.a"] });
    const webhookB = newWebhook(bob);
    for (const each of [webhook, webhookB]) await store.webhooks.insertWebhook(each);
    const bodies = ['"é€😀"', null, `"${"x".repeat(98)}"`, `"${"x".repeat(998)}"`, "{}"];
    const calls = bodies.map((body) => newRefusedCall(webhook, { body, authenticated: true }));
    const foreign = newRefusedCall(webhookB, { body: "{}" });
    await store.calls.insertRefusedCalls([...calls, foreign]);
    const ids = calls.map(({ id }) => id);
    const read = async (wanted: readonly string[], maxBytes: number) => (await store.calls.readCalls(BRAND_A, wanted, maxBytes)).map(({ id }) => id);
    const whole = await store.calls.readCalls(BRAND_A, ids, 10_000);
    expect(whole).toEqual(await Promise.all(ids.map((id) => store.calls.findCall(BRAND_A, id))));
    expect(await read(ids.toReversed(), 10_000)).toEqual(ids.toReversed());
    // The first has 11 bytes in UTF-8, with its quotes.
    expect(await read(ids, 11)).toEqual(ids.slice(0, 2));
    expect(await read(ids, 110)).toEqual(ids.slice(0, 2));
    expect(await read(ids, 111)).toEqual(ids.slice(0, 3));
    expect(await read(ids.slice(3), 0)).toEqual([ids[3]]);
    expect(await read(["unknown", ids[4]!, foreign.id], 0)).toEqual([ids[4]]);
    expect(await read(["unknown", foreign.id], 100)).toEqual([]);
    expect(await read([], 100)).toEqual([]);
    expect(await store.calls.readCalls(BRAND_B, ids, 10_000)).toEqual([]);
  });

  test("the paths of sensitive values come back with the webhook and with each of its calls, also when it is deleted; none clears them", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice, { sensitivePaths: ["$.card"] });
    await store.webhooks.insertWebhook(webhook);
    expect(await store.webhooks.findWebhookById(webhook.id)).toEqual(webhook);
    const pending = newPendingCall(webhook, null);
    await store.calls.commitCalls([pending]);
    const pathsOfCall = async () => (await store.calls.findCall(BRAND_A, pending.call.id))?.sensitivePaths;
    const mark = (brandId: string, sensitivePaths: readonly string[]) => store.webhooks.updateWebhook(brandId, webhook.id, { sensitivePaths, updatedAt: NOW });
    expect(await pathsOfCall()).toEqual(["$.card"]);
    expect(await mark(BRAND_B, [])).toBe(false);
    expect(await mark(BRAND_A, [])).toBe(true);
    expect(await pathsOfCall()).toEqual([]);
    const { sensitivePaths: _, ...unmarked } = webhook;
    expect(await store.webhooks.findWebhookById(webhook.id)).toEqual(unmarked);
    expect(await mark(BRAND_A, ["$.a", "$['it''s \u{1F600}']"])).toBe(true);
    await store.webhooks.updateWebhook(BRAND_A, webhook.id, { name: "Renamed", updatedAt: NOW });
    await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
    expect(await pathsOfCall()).toEqual(["$.a", "$['it''s \u{1F600}']"]);
  });

  test("a deleted webhook is gone everywhere but in its calls, which still name it and its owner", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice);
    await store.webhooks.insertWebhook(webhook);
    const pending = newPendingCall(webhook, null);
    await store.calls.commitCalls([pending]);
    expect(await store.webhooks.deleteWebhook(BRAND_B, webhook.id)).toBe(false);
    expect(await store.webhooks.deleteWebhook(BRAND_A, webhook.id)).toBe(true);
    expect(await store.webhooks.deleteWebhook(BRAND_A, webhook.id)).toBe(false);
    expect(await store.webhooks.updateWebhook(BRAND_A, webhook.id, { name: "Back", updatedAt: NOW })).toBe(false);
    expect(await store.webhooks.findWebhookById(webhook.id)).toBeUndefined();
    expect(await store.webhooks.findWebhook(BRAND_A, webhook.id)).toBeUndefined();
    expect((await store.webhooks.listWebhooks(BRAND_A, null, FIRST_PAGE)).rows).toEqual([]);
    expect(await store.calls.findCall(BRAND_A, pending.call.id)).toMatchObject({ webhookName: "Orders", ownerId: alice.id });
    expect((await store.calls.listCalls(BRAND_A, { ...ANY, ownerId: alice.id }, FIRST_PAGE)).rows).toHaveLength(1);
  });
}

export function callSuite(backend: Backend): void {
  test("calls are listed newest first by webhook, owner and outcome in every combination, page by page", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    const hers = newWebhook(alice);
    const herOther = newWebhook(alice);
    const his = newWebhook(adam);
    const foreign = newWebhook(bob);
    for (const webhook of [hers, herOther, his, foreign]) await store.webhooks.insertWebhook(webhook);
    const written: { readonly id: string; readonly webhookId: string; readonly ownerId: string; readonly outcome: string }[] = [];
    for (let round = 0; round < 6; round++) {
      for (const webhook of [hers, herOther, his]) {
        const sample = newPendingCall(webhook, null);
        const accepted = newPendingCall(webhook, []);
        const refused = newRefusedCall(webhook);
        await store.calls.commitCalls([sample, accepted]);
        await store.calls.insertRefusedCalls([refused]);
        const of = { webhookId: webhook.id, ownerId: webhook.ownerId };
        written.unshift({ id: sample.call.id, ...of, outcome: "sample" });
        written.unshift({ id: accepted.call.id, ...of, outcome: "accepted" });
        written.unshift({ id: refused.id, ...of, outcome: "refused" });
      }
    }
    await store.calls.commitCalls([newPendingCall(foreign, null)]);
    for (const webhookId of [null, hers.id, his.id, foreign.id]) {
      for (const ownerId of [null, alice.id, adam.id, bob.id]) {
        for (const outcome of [null, "sample", "accepted", "refused"] as const) {
          const listed = await walk((page) => store.calls.listCalls(BRAND_A, { webhookId, ownerId, outcome }, page), 4);
          const expected = written.filter(
            (call) =>
              (webhookId === null || call.webhookId === webhookId) &&
              (ownerId === null || call.ownerId === ownerId) &&
              (outcome === null || call.outcome === outcome),
          );
          expect(listed.map((call) => call.id)).toEqual(expected.toSorted((a, b) => (a.id < b.id ? 1 : -1)).map((call) => call.id));
        }
      }
    }
  });

  test("refused calls are listed by their status, alone and with the other filters, page by page", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    const webhooks = [newWebhook(alice), newWebhook(adam), newWebhook(bob)];
    for (const webhook of webhooks) await store.webhooks.insertWebhook(webhook);
    for (const webhook of webhooks) {
      await commitOne(store, webhook, null);
      await store.calls.insertRefusedCalls([401, 422, 401, 422, 422].map((status) => newRefusedCall(webhook, { status })));
    }
    const listed = async (filter: Partial<Parameters<typeof store.calls.listCalls>[1]>) =>
      (await walk((page) => store.calls.listCalls(BRAND_A, { ...ANY, ...filter }, page), 2)).map(({ status }) => status);
    expect(await listed({ status: 401 })).toEqual([401, 401, 401, 401]);
    expect(await listed({ status: 422, ownerId: adam.id })).toEqual([422, 422, 422]);
    expect(await listed({ status: 422, webhookId: webhooks[0]!.id })).toEqual([422, 422, 422]);
    expect(await listed({ status: 401, webhookId: webhooks[2]!.id })).toEqual([]);
    expect(await listed({ status: 403 })).toEqual([]);
    expect(await listed({ status: null })).toHaveLength(12);
  });

  test("a row of the list has everything but what may be long, and another brand sees neither row nor call", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice);
    await store.webhooks.insertWebhook(webhook);
    const refused = newRefusedCall(webhook, { authenticated: true, clientId: "c", applicationName: "Shop", status: 403, body: "secret body" });
    await store.calls.insertRefusedCalls([refused]);
    const { body, headers, answer, repeatOf, duration, ...row } = refused;
    const filters = [ANY, { ...ANY, webhookId: webhook.id }, { ...ANY, ownerId: alice.id }, { ...ANY, outcome: "refused" as const }];
    for (const filter of filters) {
      expect((await store.calls.listCalls(BRAND_A, filter, FIRST_PAGE)).rows).toEqual([{ ...row, webhookName: "Orders" }]);
      expect((await store.calls.listCalls(BRAND_B, filter, FIRST_PAGE)).rows).toEqual([]);
    }
    expect(await store.calls.findCall(BRAND_A, refused.id)).toMatchObject({ body, headers, answer, repeatOf, duration });
    expect(await store.calls.findCall(BRAND_B, refused.id)).toBeUndefined();
    expect(await store.calls.findCall(BRAND_A, "unknown")).toBeUndefined();
  });

  test(`of unauthenticated calls the newest ${UNAUTHENTICATED_CALLS_KEPT} of each webhook stay, and the others are not touched by it`, async () => {
    const { store, alice } = await openTwoBrands(backend);
    const flooded = newWebhook(alice);
    const quiet = newWebhook(alice);
    for (const webhook of [flooded, quiet]) await store.webhooks.insertWebhook(webhook);
    await store.calls.insertRefusedCalls([newRefusedCall(quiet)]);
    await commitOne(store, flooded, null);
    await store.calls.insertRefusedCalls([newRefusedCall(flooded, { authenticated: true, status: 403 })]);
    const calls = Array.from({ length: UNAUTHENTICATED_CALLS_KEPT + 7 }, () => newRefusedCall(flooded));
    for (let start = 0; start < calls.length; start += 100) await store.calls.insertRefusedCalls(calls.slice(start, start + 100));
    const kept = await walk((page) => store.calls.listCalls(BRAND_A, { ...ANY, webhookId: flooded.id }, page), 500);
    expect(kept.filter((call) => !call.authenticated).map((call) => call.id)).toEqual(
      calls
        .slice(7)
        .map((call) => call.id)
        .toReversed(),
    );
    expect(kept.filter((call) => call.authenticated)).toHaveLength(2);
    expect((await store.calls.listCalls(BRAND_A, { ...ANY, webhookId: quiet.id }, FIRST_PAGE)).rows).toHaveLength(1);
    await store.calls.insertRefusedCalls([]);
  });

  test("the newest sample is the newest authenticated call whose body was JSON, of this webhook and brand", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice);
    const other = newWebhook(alice);
    for (const each of [webhook, other]) await store.webhooks.insertWebhook(each);
    const newest = async (): Promise<string | undefined> => (await store.calls.findNewestSample(BRAND_A, webhook.id))?.id;
    expect(await newest()).toBeUndefined();
    const sample = newPendingCall(webhook, null);
    await store.calls.commitCalls([sample, newPendingCall(other, null)]);
    expect(await newest()).toBe(sample.call.id);
    await store.calls.insertRefusedCalls([
      newRefusedCall(webhook, { body: "{}" }),
      newRefusedCall(webhook, { authenticated: true, status: 400, body: "no JSON" }),
      newRefusedCall(webhook, { authenticated: true, status: 413 }),
    ]);
    expect(await newest()).toBe(sample.call.id);
    const broken = newRefusedCall(webhook, { authenticated: true, status: 422, body: "{}" });
    await store.calls.insertRefusedCalls([broken]);
    expect(await newest()).toBe(broken.id);
    const accepted = newPendingCall(webhook, []);
    await store.calls.commitCalls([accepted]);
    expect(await store.calls.findNewestSample(BRAND_A, webhook.id)).toMatchObject({ ...accepted.call, outcome: "accepted" });
    expect(await store.calls.findNewestSample(BRAND_B, webhook.id)).toBeUndefined();
  });

  test("calls at unknown endpoints are taken without end, and the newest of them told, each with a short path", async () => {
    const store = await backend.openEmpty();
    await store.calls.insertUnknownEndpointCall("/hooks/x".repeat(10_000), NOW);
    for (let index = 0; index < 1_005; index++) await store.calls.insertUnknownEndpointCall(`/hooks/${index}`, NOW + index);
    const calls = await walk((page) => store.calls.listUnknownEndpointCalls(page), 400);
    expect([calls.length, calls[0], calls.at(-1)]).toEqual([
      1_000,
      { path: "/hooks/1004", receivedAt: NOW + 1_004 },
      { path: "/hooks/5", receivedAt: NOW + 5 },
    ]);
    await store.calls.insertUnknownEndpointCall("/hooks/x".repeat(10_000), NOW);
    expect((await store.calls.listUnknownEndpointCalls({ limit: 1, after: null })).rows[0]?.path).toHaveLength(200);
  });
}
