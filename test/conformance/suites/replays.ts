import { describe, expect, test } from "vitest";
import { lowestIdAt, newRandomId, newTimeOrderedId } from "../../../src/lib/id.ts";
import type { Replay } from "../../../src/webhooks/calls/replay.ts";
import type { Webhook } from "../../../src/webhooks/webhook.ts";
import {
  addPeople,
  BRAND_A,
  BRAND_B,
  commitOne,
  FIRST_PAGE,
  newPendingCall,
  newRefusedCall,
  newWebhook,
  NOW,
  openTwoBrands,
  type Backend,
  type SharedBackend,
  type TwoBrands,
} from "../fixture.ts";

interface Opened extends TwoBrands {
  readonly webhook: Webhook;
  readonly webhookB: Webhook;
}

async function open(backend: Backend): Promise<Opened> {
  const brands = await openTwoBrands(backend);
  const webhook = newWebhook(brands.alice);
  const webhookB = newWebhook(brands.bob);
  for (const each of [webhook, webhookB]) await brands.store.webhooks.insertWebhook(each);
  return { ...brands, webhook, webhookB };
}

const by = (replayOf: string | null) => ({ fromConsole: { userId: "alice", userName: "Alice", replayOf } });
const change = (firstname: string) => ({ changes: { firstname }, deduplicateBy: null });
const customersOf = async ({ store }: Opened, brandId = BRAND_A) => (await store.customers.listCustomers(brandId, null, FIRST_PAGE)).rows;
const ALL = { afterId: lowestIdAt(0), throughId: lowestIdAt(NOW * 2) };

async function addRefused({ store, webhook }: Opened, given: Parameters<typeof newRefusedCall>[1] = {}): Promise<string> {
  const call = newRefusedCall(webhook, { authenticated: true, status: 422, body: "{}", ...given });
  await store.calls.insertRefusedCalls([call]);
  return call.id;
}

const newReplay = (webhook: Webhook, given: Partial<Replay> = {}): Replay => ({
  id: newRandomId(),
  brandId: webhook.brandId,
  webhookId: webhook.id,
  userId: "alice",
  userName: "Alice",
  ...ALL,
  accepted: 0,
  refused: 0,
  startedAt: NOW,
  finishedAt: null,
  isStopped: false,
  ...given,
});

export function replaySuite(backend: Backend): void {
  describe("a replayed call", () => {
    test("writes the customers of the first call again, object by object, with and without deduplication", async () => {
      const opened = await open(backend);
      const { store, webhook } = opened;
      const first = newPendingCall(webhook, [change("Ann"), change("Ben")]);
      const [accepted] = await store.calls.commitCalls([first]);
      for (const names of [
        ["Anna", "Benno"],
        ["Ann", "Ben"],
      ]) {
        expect(await commitOne(store, webhook, names.map(change), by(first.call.id))).toEqual(accepted);
        expect((await customersOf(opened)).map(({ fields }) => fields.firstname ?? "").toSorted()).toEqual(names);
      }
    });

    test("of a refused call makes customers once, however often it is replayed, also in one batch", async () => {
      const opened = await open(backend);
      const { store, webhook } = opened;
      const refused = await addRefused(opened);
      const replays = Array.from({ length: 5 }, () => newPendingCall(webhook, [change("Ann")], by(refused)));
      const outcomes = await store.calls.commitCalls(replays);
      const again = await commitOne(store, webhook, [change("Ann")], by(refused));
      expect(new Set([...outcomes, again].map((outcome) => JSON.stringify(outcome))).size).toBe(1);
      const [customer, ...more] = await customersOf(opened);
      expect(more).toEqual([]);
      const stored = await store.calls.findCall(BRAND_A, refused);
      expect(stored).toMatchObject({ outcome: "refused", status: 422, customerIds: [customer!.id] });
    });

    test("finds by deduplication where the first call wrote nobody, and keeps to that customer when its key changes", async () => {
      const opened = await open(backend);
      const { store, webhook } = opened;
      const { id: byEmail } = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
      const write = (emailaddress: string) => [{ changes: { emailaddress }, deduplicateBy: byEmail }];
      const known = await commitOne(store, webhook, write("ann@example.com"));
      const refused = await addRefused(opened);
      expect(await commitOne(store, webhook, write("ann@example.com"), by(refused))).toEqual(known);
      expect(await commitOne(store, webhook, write("anna@example.com"), by(refused))).toEqual(known);
      expect(await customersOf(opened)).toHaveLength(1);
    });

    test("that would take the key of another customer is refused and changes nobody", async () => {
      const opened = await open(backend);
      const { store, webhook } = opened;
      const { id: byEmail } = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
      const write = (emailaddress: string) => [{ changes: { emailaddress }, deduplicateBy: byEmail }];
      const first = newPendingCall(webhook, write("ann@example.com"));
      await store.calls.commitCalls([first]);
      await commitOne(store, webhook, write("ben@example.com"));
      const before = await customersOf(opened);
      expect(await commitOne(store, webhook, write("ben@example.com"), by(first.call.id))).toMatchObject({ kind: "refused", reason: "key-taken", index: 0 });
      expect(await customersOf(opened)).toEqual(before);
    });

    test("of a call that is gone, or of another brand's, writes nothing, and its neighbours are written", async () => {
      const opened = await open(backend);
      const { store, webhook, webhookB } = opened;
      const ofB = newPendingCall(webhookB, [change("Bob")]);
      await store.calls.commitCalls([ofB]);
      for (const replayOf of [newTimeOrderedId(NOW), ofB.call.id]) {
        const outcomes = await store.calls.commitCalls([newPendingCall(webhook, [change("Ann")], by(replayOf)), newPendingCall(webhook, null)]);
        expect(outcomes.map(({ kind }) => kind)).toEqual(["failed", "sample"]);
      }
      expect(await customersOf(opened)).toEqual([]);
      expect((await customersOf(opened, BRAND_B)).map(({ fields }) => fields.firstname)).toEqual(["Bob"]);
    });

    test("is a way to its first call when a customer is erased, and no replay brings the customer back", async () => {
      const opened = await open(backend);
      const { store, webhook } = opened;
      const refused = await addRefused(opened, { receivedAt: NOW - 1_000, body: '[{"firstname":"Ann"},{"firstname":"Ben"}]' });
      const writes = [change("Ann"), change("Ben")];
      const written = await commitOne(store, webhook, writes, by(refused));
      if (written.kind !== "accepted") throw new Error("Not accepted.");
      const [ann = "", ben = ""] = written.customerIds;
      expect(await store.calls.eraseCustomer(BRAND_A, ann)).toBe(true);
      expect((await store.calls.findCall(BRAND_A, refused))?.body).toBe('[{"erased":true},{"firstname":"Ben"}]');
      expect(await commitOne(store, webhook, writes, by(refused))).toEqual(written);
      expect((await customersOf(opened)).map(({ id }) => id)).toEqual([ben]);
    });

    test("and a test call say in the log who caused them; a replay is found by its first call", async () => {
      const opened = await open(backend);
      const { store, webhook } = opened;
      const refused = await addRefused(opened);
      const replay = newPendingCall(webhook, [change("Ann")], by(refused));
      const again = newRefusedCall(webhook, by(refused));
      const trial = newPendingCall(webhook, null, by(null));
      await store.calls.commitCalls([replay, trial]);
      await store.calls.insertRefusedCalls([again]);
      expect((await store.calls.listReplaysOf(BRAND_A, refused, 10)).map(({ id }) => id)).toEqual([again.id, replay.call.id]);
      expect((await store.calls.listReplaysOf(BRAND_A, refused, 1)).map(({ id }) => id)).toEqual([again.id]);
      expect(await store.calls.listReplaysOf(BRAND_B, refused, 10)).toEqual([]);
      expect((await store.calls.findCall(BRAND_A, trial.call.id))?.fromConsole).toEqual(by(null).fromConsole);
      expect((await store.calls.findCall(BRAND_A, refused))?.fromConsole).toBeUndefined();
      const { rows } = await store.calls.listCalls(BRAND_A, { webhookId: null, ownerId: null, outcome: null }, FIRST_PAGE);
      expect(rows.map(({ fromConsole }) => fromConsole?.replayOf)).toContain(refused);
    });
  });

  describe("calls that can be replayed", () => {
    test("are refused ones of callers with a body that no replay has written, oldest first, within the span", async () => {
      const opened = await open(backend);
      const { store, webhook } = opened;
      const ids: string[] = [];
      for (let index = 0; index < 5; index++) ids.push(await addRefused(opened));
      await addRefused(opened, { authenticated: false, body: null });
      await addRefused(opened, { body: null });
      await addRefused(opened, by(ids[0]!));
      await addRefused(opened, by(null));
      await commitOne(store, webhook, [change("Ann")]);
      await commitOne(store, webhook, null);
      const list = (span: Partial<typeof ALL> = {}, limit = 100) => store.calls.listReplayable(BRAND_A, webhook.id, { ...ALL, ...span }, limit);
      expect(await list()).toEqual(ids);
      expect(await list({}, 2)).toEqual(ids.slice(0, 2));
      expect(await list({ afterId: ids[1]! })).toEqual(ids.slice(2));
      expect(await list({ throughId: ids[1]! })).toEqual(ids.slice(0, 2));
      expect(await store.calls.listReplayable(BRAND_B, webhook.id, ALL, 100)).toEqual([]);
      await commitOne(store, webhook, [change("Ann")], by(ids[2]!));
      expect(await list()).toEqual(ids.filter((id) => id !== ids[2]));
    });
  });

  describe("a replay of many calls", () => {
    test("is one at a time for a webhook, until it is finished or stopped", async () => {
      const { store, webhook, webhookB } = await open(backend);
      const first = newReplay(webhook);
      expect(await store.replays.insertReplay(first)).toBe(true);
      expect(await store.replays.insertReplay(newReplay(webhook))).toBe(false);
      expect(await store.replays.insertReplay(newReplay(webhookB))).toBe(true);
      expect(await store.replays.findNewestReplay(BRAND_A, webhook.id)).toEqual(first);
      expect(await store.replays.findNewestReplay(BRAND_B, webhook.id)).toBeUndefined();
      expect(await store.replays.stopReplay(BRAND_B, webhook.id, NOW)).toBe(false);
      expect(await store.replays.stopReplay(BRAND_A, webhook.id, NOW + 5)).toBe(true);
      expect(await store.replays.stopReplay(BRAND_A, webhook.id, NOW + 6)).toBe(false);
      expect(await store.replays.findNewestReplay(BRAND_A, webhook.id)).toEqual({ ...first, finishedAt: NOW + 5, isStopped: true });
      const second = newReplay(webhook, { startedAt: NOW + 7 });
      expect(await store.replays.insertReplay(second)).toBe(true);
      expect(await store.replays.findNewestReplay(BRAND_A, webhook.id)).toEqual(second);
    });

    test("belongs to whoever claimed it until the lease is over; then to another one, who goes on from what was noted", async () => {
      const { store, webhook } = await open(backend);
      const { replays } = store;
      const replay = newReplay(webhook);
      await replays.insertReplay(replay);
      expect(await replays.claimReplay("one", NOW, NOW + 10)).toEqual(replay);
      expect(await replays.claimReplay("two", NOW + 9, NOW + 20)).toBeUndefined();
      const progress = { afterId: lowestIdAt(NOW), accepted: 2, refused: 1 };
      expect(await replays.recordReplay(replay, "two", progress, NOW + 30)).toBe(false);
      expect(await replays.recordReplay({ ...replay, brandId: BRAND_B }, "one", progress, NOW + 30)).toBe(false);
      expect(await replays.recordReplay(replay, "one", progress, NOW + 30)).toBe(true);
      expect(await replays.claimReplay("two", NOW + 29, NOW + 60)).toBeUndefined();
      expect(await replays.claimReplay("two", NOW + 30, NOW + 60)).toEqual({ ...replay, ...progress });
      expect(await replays.recordReplay(replay, "one", progress, NOW + 90)).toBe(false);
      await replays.finishReplay(replay, "one", NOW + 40);
      expect((await replays.findNewestReplay(BRAND_A, webhook.id))?.finishedAt).toBeNull();
      await replays.finishReplay(replay, "two", NOW + 41);
      expect((await replays.findNewestReplay(BRAND_A, webhook.id))?.finishedAt).toBe(NOW + 41);
      expect(await replays.claimReplay("three", NOW + 1_000, NOW + 2_000)).toBeUndefined();
    });

    test("that was stopped takes no more notes", async () => {
      const { store, webhook } = await open(backend);
      const replay = newReplay(webhook);
      await store.replays.insertReplay(replay);
      await store.replays.claimReplay("one", NOW, NOW + 10);
      await store.replays.stopReplay(BRAND_A, webhook.id, NOW + 1);
      expect(await store.replays.recordReplay(replay, "one", { afterId: ALL.throughId, accepted: 9, refused: 9 }, NOW + 20)).toBe(false);
      expect(await store.replays.findNewestReplay(BRAND_A, webhook.id)).toEqual({ ...replay, finishedAt: NOW + 1, isStopped: true });
    });
  });
}

export function sharedReplaySuite(backend: SharedBackend): void {
  test("of many claims in two processes one gets the replay", async () => {
    const [one, two] = await backend.openTwo();
    const { alice } = await addPeople(one);
    const webhook = newWebhook(alice);
    await one.webhooks.insertWebhook(webhook);
    await one.replays.insertReplay(newReplay(webhook));
    const claims = await Promise.all(Array.from({ length: 10 }, (_, index) => [one, two][index % 2]!.replays.claimReplay(`lease ${index}`, NOW, NOW + 10)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  test("a refused call that two processes replay at once makes its customer once", async () => {
    const [one, two] = await backend.openTwo();
    const { alice } = await addPeople(one);
    const webhook = newWebhook(alice);
    await one.webhooks.insertWebhook(webhook);
    const refused = newRefusedCall(webhook, { authenticated: true, body: "{}" });
    await one.calls.insertRefusedCalls([refused]);
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => commitOne([one, two][index % 2]!, webhook, [change("Ann")], by(refused.id))));
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect((await two.customers.listCustomers(BRAND_A, null, FIRST_PAGE)).rows).toHaveLength(1);
  });
}
