import { expect, test } from "vitest";
import { lowestIdAt, newRandomId } from "../../../src/lib/id.ts";
import { MAX_SEARCHED } from "../../../src/webhooks/calls/call.ts";
import type { StoredCallFilter } from "../../../src/webhooks/webhook-store.ts";
import { BRAND_A, BRAND_B, FIRST_PAGE, newPendingCall, newRefusedCall, newWebhook, NOW, openTwoBrands, walk, type Backend } from "../fixture.ts";

const NO_SEARCH = { reference: null, customerId: null, sender: null };
const byReference = (reference: string) => ({ search: { ...NO_SEARCH, reference } });
/** Those that are made one after the other may run ahead of the time. */
const idAt = (time: number) => `${lowestIdAt(time)}-7000-8000-${newRandomId().slice(-12)}`;
const EVERYTHING = { webhookId: null, ownerId: null, outcome: null };

async function open(backend: Backend) {
  const brands = await openTwoBrands(backend);
  const { store, alice, adam, bob } = brands;
  const [ofAlice, ofAdam, ofBob] = [newWebhook(alice), newWebhook(adam), newWebhook(bob)];
  for (const webhook of [ofAlice, ofAdam, ofBob]) await store.webhooks.insertWebhook(webhook);
  const list = async (filter: Partial<StoredCallFilter>, brandId = BRAND_A) =>
    (await store.calls.listCalls(brandId, { ...EVERYTHING, ...filter }, FIRST_PAGE)).rows.map(({ id }) => id);
  return { ...brands, ofAlice, ofAdam, ofBob, list };
}

export function callSearchSuite(backend: Backend): void {
  test("refused calls are found by their status, of all webhooks, of one, and of one owner's; other outcomes with that status are not", async () => {
    const { store, adam, ofAlice, ofAdam, ofBob, list } = await open(backend);
    const calls = [
      newRefusedCall(ofAlice, { status: 401 }),
      newRefusedCall(ofAlice, { status: 422, authenticated: true }),
      newRefusedCall(ofAdam, { status: 422, authenticated: true }),
      newRefusedCall(ofBob, { status: 422, authenticated: true }),
    ];
    await store.calls.insertRefusedCalls(calls);
    await store.calls.commitCalls([newPendingCall(ofAlice, null)]);
    const [, alices, adams, bobs] = calls.map(({ id }) => id);
    expect(await list({ status: 422 })).toEqual([adams, alices]);
    expect(await list({ status: 422, webhookId: ofAlice.id })).toEqual([alices]);
    expect(await list({ status: 422, ownerId: adam.id })).toEqual([adams]);
    expect(await list({ status: 422 }, BRAND_B)).toEqual([bobs]);
    expect(await list({ status: 200 })).toEqual([]);
    expect(await list({ status: 422, outcome: "sample" })).toEqual([]);
  });

  test("a span of time holds its beginning and not its end, with every other filter", async () => {
    const { store, ofAlice, list } = await open(backend);
    const ids: string[] = [];
    for (const receivedAt of [0, 10, 20, 30].map((time) => NOW + 60_000 + time)) {
      const call = newRefusedCall(ofAlice, { id: idAt(receivedAt), receivedAt });
      ids.push(call.id);
      await store.calls.insertRefusedCalls([call]);
    }
    const [since, until] = [NOW + 60_010, NOW + 60_030];
    for (const filter of [{}, { webhookId: ofAlice.id }, { outcome: "refused" as const }, { status: 401 }, { search: { ...NO_SEARCH, sender: "" } }]) {
      const expected = "search" in filter ? [] : [ids[2], ids[1]];
      expect(await list({ ...filter, since, until })).toEqual(expected);
    }
    expect(await list({ since })).toEqual([ids[3], ids[2], ids[1]]);
    expect(await list({ until })).toEqual([ids[2], ids[1], ids[0]]);
  });

  test("a reference is found wherever it stands, and only by whoever may see the call", async () => {
    const { store, adam, alice, ofAlice, ofBob, list } = await open(backend);
    const refused = newRefusedCall(ofAlice, { reference: "REFUSED" });
    await store.calls.insertRefusedCalls([refused, newRefusedCall(ofBob, { reference: "REFUSED" })]);
    const accepted = newPendingCall(ofAlice, [{ changes: { firstname: "Ann" }, deduplicateBy: null }], { reference: "ACCEPTED" });
    await store.calls.commitCalls([accepted]);
    expect(await list(byReference("REFUSED"))).toEqual([refused.id]);
    expect(await list(byReference("ACCEPTED"))).toEqual([accepted.call.id]);
    expect(await list({ ...byReference("REFUSED"), ownerId: alice.id })).toEqual([refused.id]);
    expect(await list({ ...byReference("REFUSED"), ownerId: adam.id })).toEqual([]);
    expect(await list({ ...byReference("ACCEPTED"), ownerId: adam.id })).toEqual([]);
    expect(await list({ ...byReference("REFUSED"), webhookId: ofBob.id })).toEqual([]);
    expect(await list(byReference("REFUSE"))).toEqual([]);
    expect(await list(byReference("%"))).toEqual([]);
  });

  test("calls are found by a customer that they wrote, and by a part of the name of who sent them", async () => {
    const { store, ofAlice, list } = await open(backend);
    const write = [{ changes: { firstname: "Ann" }, deduplicateBy: null }];
    const shop = newPendingCall(ofAlice, write, { applicationName: "100% Shop_Sync" });
    const till = newPendingCall(ofAlice, write, { applicationName: "Till" });
    const trial = newPendingCall(ofAlice, null, { applicationName: null, fromConsole: { userId: newRandomId(), userName: "Ada Lovelace", replayOf: null } });
    const [written] = await store.calls.commitCalls([shop, till, trial]);
    if (written?.kind !== "accepted") throw new Error("Not accepted.");
    const by = (search: Partial<typeof NO_SEARCH> | { readonly sender: string } | { readonly customerId: string }) =>
      list({ search: { ...NO_SEARCH, ...search } });
    expect(await by({ customerId: written.customerIds[0]! })).toEqual([shop.call.id]);
    expect(await by({ customerId: newRandomId() })).toEqual([]);
    expect(await by({ sender: "shop" })).toEqual([shop.call.id]);
    expect(await by({ sender: "100%" })).toEqual([shop.call.id]);
    expect(await by({ sender: "p_s" })).toEqual([shop.call.id]);
    expect(await by({ sender: "ada" })).toEqual([trial.call.id]);
    for (const sender of ["%", "l%l", "t_ll", "\\", "'"]) expect(await by({ sender }), sender).toEqual(sender === "%" ? [shop.call.id] : []);
  });

  test("an owner of hundreds of webhooks sees the calls of all of them, newest first, page by page, with every filter", async () => {
    const { store, alice, adam, ofAdam } = await open(backend);
    const webhooks = Array.from({ length: 420 }, () => newWebhook(alice));
    await store.transaction(async (ports) => {
      for (const webhook of webhooks) await ports.webhooks.insertWebhook(webhook);
    });
    const statuses = [401, 422, 429];
    const refused = Array.from({ length: 900 }, (_, index) =>
      newRefusedCall(webhooks[(index * 7) % 600] ?? ofAdam, {
        authenticated: true,
        status: statuses[index % 3]!,
        applicationName: index % 100 === 0 ? "Rare" : "Shop",
      }),
    );
    await store.calls.insertRefusedCalls(refused);
    const samples = webhooks.slice(0, 30).map((webhook) => newPendingCall(webhook, null));
    const write = [{ changes: { firstname: "Ann" }, deduplicateBy: null }];
    const accepted = webhooks.slice(10, 90).map((webhook) => newPendingCall(webhook, write));
    await store.calls.commitCalls(samples);
    await store.calls.commitCalls(accepted);
    const ofAlice = [...refused.filter(({ webhookId }) => webhookId !== ofAdam.id), ...samples.map(({ call }) => call), ...accepted.map(({ call }) => call)];
    const rare = { search: { ...NO_SEARCH, sender: "rare" } };
    const cases: readonly (readonly [Partial<StoredCallFilter>, (call: (typeof refused)[number] | (typeof samples)[number]["call"]) => boolean])[] = [
      [{}, () => true],
      [{ outcome: "refused" }, (call) => refused.some(({ id }) => id === call.id)],
      [{ outcome: "sample" }, (call) => samples.some((each) => each.call.id === call.id)],
      [{ outcome: "accepted" }, (call) => accepted.some((each) => each.call.id === call.id)],
      [{ outcome: "repeated" }, () => false],
      [{ status: 422 }, (call) => "status" in call && call.status === 422],
      [rare, (call) => call.applicationName === "Rare"],
    ];
    for (const [filter, fits] of cases) {
      const expected = ofAlice.filter(fits).map(({ id }) => id);
      for (const limit of [50, 1_000]) {
        const listed = await walk((page) => store.calls.listCalls(BRAND_A, { ...EVERYTHING, ownerId: alice.id, ...filter }, page), limit);
        expect(
          listed.map(({ id }) => id),
          JSON.stringify(filter),
        ).toEqual(expected.toSorted().toReversed());
      }
    }
    expect((await store.calls.listCalls(BRAND_A, { ...EVERYTHING, ownerId: adam.id }, FIRST_PAGE)).rows.every(({ webhookId }) => webhookId === ofAdam.id)).toBe(
      true,
    );
  });

  test("a search looks at so many calls a page, and its pages together find everything once", async () => {
    const { store, ofAlice } = await open(backend);
    const rare = new Set([0, 1, MAX_SEARCHED - 1, MAX_SEARCHED, MAX_SEARCHED + 50]);
    const calls = Array.from({ length: MAX_SEARCHED + 60 }, (_, index) =>
      newRefusedCall(ofAlice, { authenticated: true, applicationName: rare.has(index) ? "Rare" : "Shop" }),
    );
    await store.calls.insertRefusedCalls(calls);
    const search = { ...NO_SEARCH, sender: "rare" };
    const expected = calls.filter((_, index) => rare.has(index)).map(({ id }) => id);
    for (const webhookId of [null, ofAlice.id]) {
      const list = (page: Parameters<typeof store.calls.listCalls>[2]) => store.calls.listCalls(BRAND_A, { ...EVERYTHING, webhookId, search }, page);
      const first = await list({ limit: 10, after: null });
      expect(first.rows).toHaveLength(3);
      expect(first.next).not.toBeNull();
      for (const limit of [2, 10]) expect((await walk(list, limit)).map(({ id }) => id)).toEqual(expected.toReversed());
    }
  });
}
