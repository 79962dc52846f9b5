import { expect, test } from "vitest";
import { DAY, HOUR } from "../../../src/lib/clock.ts";
import { lowestIdAt, newRandomId } from "../../../src/lib/id.ts";
import type { Store } from "../../../src/store/store.ts";
import type { Call } from "../../../src/webhooks/calls/call.ts";
import type { Webhook } from "../../../src/webhooks/webhook.ts";
import { BRAND_A, BRAND_B, newPendingCall, newRefusedCall, newWebhook, NOW, openTwoBrands, walk, type Backend, type TwoBrands } from "../fixture.ts";

const ANY = { webhookId: null, ownerId: null, outcome: null } as const;

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

async function keep(store: Store, brandId: string, callsKeptDays: number | null): Promise<void> {
  const { name, timeZone } = (await store.brands.findBrand(brandId))!;
  expect(await store.brands.updateBrand(brandId, { name, timeZone, callsKeptDays })).toBe("updated");
}

let made = 0;
/** As `newTimeOrderedId` makes it, also for a time that is before the one of the id before. */
function idAt(time: number): string {
  made += 1;
  return `${lowestIdAt(time)}-7000-8000-${made.toString(16).padStart(12, "0")}`;
}

const at = (time: number): Pick<Call, "id" | "receivedAt"> => ({ id: idAt(time), receivedAt: time });

/** A call that a stranger sent: nothing keeps it from being deleted. */
async function addRefused({ store }: Opened, webhook: Webhook, time: number, given: Partial<Call> = {}): Promise<string> {
  const call = newRefusedCall(webhook, { ...at(time), ...given });
  await store.calls.insertRefusedCalls([call]);
  return call.id;
}

async function addSample({ store }: Opened, webhook: Webhook, time: number, body = "{}"): Promise<string> {
  const { call } = newPendingCall(webhook, null, { ...at(time), body });
  await store.calls.commitCalls([{ call, writes: null }]);
  return call.id;
}

async function idsOf(store: Store, brandId: string): Promise<readonly string[]> {
  return (await walk((page) => store.calls.listCalls(brandId, ANY, page), 100)).map(({ id }) => id).toReversed();
}

async function waiting(store: Store, now: number): Promise<number | undefined> {
  return (await store.countExpired(now)).get("calls");
}

/** Until nothing is left; gives what each sweep has looked at. */
async function sweepAll(store: Store, now: number): Promise<readonly number[]> {
  const looked: number[] = [];
  do looked.push(await store.sweep(now));
  while (looked.at(-1)! > 0 && looked.length < 1_000);
  return looked;
}

const by = (replayOf: string | null) => ({ fromConsole: { userId: "alice", userName: "Alice", replayOf } });

export function retentionSuite(backend: Backend): void {
  test("a call that waits is not deleted, however old; decided, it is", async () => {
    const opened = await open(backend);
    const { store, webhook } = opened;
    await keep(store, BRAND_A, 1);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const { call } = newPendingCall(webhook, null, at(NOW - 3 * DAY));
    expect(await store.calls.commitCalls([{ call, writes: null }])).toMatchObject([{ kind: "waiting" }]);
    // Newer, so that the old one is not kept as the newest payload.
    const newer = newPendingCall(webhook, null, at(NOW)).call;
    await store.calls.commitCalls([{ call: newer, writes: null }]);
    expect(await waiting(store, NOW)).toBe(0);
    while ((await store.sweep(NOW)) > 0);
    expect(await idsOf(store, BRAND_A)).toEqual([call.id, newer.id]);
    await store.callQueues.resumeWebhook(webhook);
    await store.calls.commitCalls([{ call, writes: null, drains: { refused: null } }]);
    expect(await waiting(store, NOW)).toBe(1);
    while ((await store.sweep(NOW)) > 0);
    expect(await idsOf(store, BRAND_A)).toEqual([newer.id]);
  });

  test("a brand keeps its calls for ever until it is told otherwise, by itself and for a while or for ever", async () => {
    const { store } = await open(backend);
    expect((await store.brands.findBrand(BRAND_A))?.callsKeptDays).toBeUndefined();
    await keep(store, BRAND_A, 30);
    expect((await store.brands.findBrand(BRAND_A))?.callsKeptDays).toBe(30);
    expect((await store.brands.findBrand(BRAND_B))?.callsKeptDays).toBeUndefined();
    await store.brands.updateBrand(BRAND_A, { name: "Alpha", timeZone: "UTC" });
    expect((await store.brands.findBrand(BRAND_A))?.callsKeptDays).toBe(30);
    await keep(store, BRAND_A, null);
    expect((await store.brands.findBrand(BRAND_A))?.callsKeptDays).toBeUndefined();
    await store.brands.insertBrand({ id: "c", name: "Gamma", timeZone: "UTC", callsKeptDays: 7, createdAt: NOW });
    expect((await store.brands.findBrand("c"))?.callsKeptDays).toBe(7);
  });

  test("calls go when the days of their own brand are over, and not a millisecond before", async () => {
    const opened = await open(backend);
    const { store, webhook, webhookB } = opened;
    await keep(store, BRAND_A, 7);
    const ages = [0, 6, 7, 8, 400];
    const [a, b] = [[] as string[], [] as string[]];
    for (const days of ages.toReversed()) {
      a.push(await addRefused(opened, webhook, NOW - days * DAY));
      b.push(await addRefused(opened, webhookB, NOW - days * DAY));
    }
    expect(await waiting(store, NOW)).toBe(2);
    await sweepAll(store, NOW);
    expect(await idsOf(store, BRAND_A)).toEqual(a.slice(2));
    expect(await idsOf(store, BRAND_B)).toEqual(b);
    await keep(store, BRAND_B, 30);
    expect(await waiting(store, NOW + 1)).toBe(2);
    await sweepAll(store, NOW + 1);
    expect(await idsOf(store, BRAND_A)).toEqual(a.slice(3));
    expect(await idsOf(store, BRAND_B)).toEqual(b.slice(1));
    expect(await waiting(store, NOW + 1)).toBe(0);
    expect(await store.sweep(NOW + 1)).toBe(0);
  });

  test("where no brand says how long, nothing is ever deleted", async () => {
    const opened = await open(backend);
    const id = await addRefused(opened, opened.webhook, 1);
    expect(await waiting(opened.store, NOW)).toBe(0);
    await sweepAll(opened.store, NOW + 10_000 * DAY);
    expect(await idsOf(opened.store, BRAND_A)).toEqual([id]);
  });

  test("a clock that jumps back deletes nothing early, and what came while it was wrong goes by its own time", async () => {
    const opened = await open(backend);
    const { store, webhook } = opened;
    await keep(store, BRAND_A, 7);
    const before = await addRefused(opened, webhook, NOW);
    // The clock steps back a month; within a process ids go on from where they were.
    const during = newRefusedCall(webhook, { id: idAt(NOW + 1), receivedAt: NOW - 30 * DAY });
    await store.calls.insertRefusedCalls([during]);
    for (const now of [NOW - 30 * DAY, NOW, NOW + 7 * DAY]) {
      await sweepAll(store, now);
      expect(await idsOf(store, BRAND_A)).toEqual([before, during.id]);
    }
    await sweepAll(store, NOW + 7 * DAY + 1);
    expect(await idsOf(store, BRAND_A)).toEqual([during.id]);
    await sweepAll(store, NOW + 7 * DAY + 2);
    expect(await idsOf(store, BRAND_A)).toEqual([]);
  });

  test("what belongs to a call alone goes with it; customers, counts, and later replays and repeats stay", async () => {
    const opened = await open(backend);
    const { store, webhook } = opened;
    await keep(store, BRAND_A, 7);
    const old = NOW - 8 * DAY;
    const claim = { digest: "key", bodyDigest: "body", expiresAt: old + DAY, onlyRepeats: false };
    const writes = [{ changes: { firstname: "Ann" }, deduplicateBy: null }];
    const first = newPendingCall(webhook, writes, at(old));
    const oldReplay = newPendingCall(webhook, writes, { ...at(old + 1), body: null, ...by(first.call.id) });
    const repeat = newPendingCall(webhook, writes, at(old + 2));
    const newReplay = newPendingCall(webhook, writes, { ...at(NOW), body: null, ...by(first.call.id) });
    const [written] = await store.calls.commitCalls([{ ...first, claim }]);
    await store.calls.commitCalls([oldReplay, { ...repeat, claim }]);
    await store.calls.commitCalls([newReplay]);
    // The newest payload, so that the first call is not.
    const sample = await addSample(opened, webhook, NOW);
    const counted = await store.callHours.listCallCounts(BRAND_A, null, { from: old - (old % HOUR) - HOUR, to: NOW + HOUR });
    expect(await store.calls.listReplaysOf(BRAND_A, first.call.id, 10)).toHaveLength(2);

    await sweepAll(store, NOW);
    expect(await idsOf(store, BRAND_A)).toEqual([newReplay.call.id, sample]);
    expect((await store.calls.listReplaysOf(BRAND_A, first.call.id, 10)).map(({ id }) => id)).toEqual([newReplay.call.id]);
    expect((await store.calls.findCall(BRAND_A, newReplay.call.id))?.fromConsole?.replayOf).toBe(first.call.id);
    const customerId = written?.kind === "accepted" ? written.customerIds[0]! : "";
    expect((await store.customers.findCustomer(BRAND_A, customerId))?.fields.firstname).toBe("Ann");
    expect(await store.callHours.listCallCounts(BRAND_A, null, { from: old - (old % HOUR) - HOUR, to: NOW + HOUR })).toEqual(counted);
    // Its key is free, as it was since a day after it: the same key is a new call.
    const again = newPendingCall(webhook, writes, at(NOW + 1));
    expect(await store.calls.commitCalls([{ ...again, claim: { ...claim, expiresAt: NOW + DAY } }])).toMatchObject([{ kind: "accepted" }]);
    // A replay of what is gone writes nothing, rather than customers twice.
    expect(await store.calls.commitCalls([newPendingCall(webhook, writes, { ...at(NOW + 2), body: null, ...by(first.call.id) })])).toMatchObject([
      { kind: "failed" },
    ]);
    expect(await store.calls.eraseCustomer(BRAND_A, customerId)).toBe(true);
  });

  test("the newest payload of each webhook stays, until a newer one comes or the webhook is deleted", async () => {
    const opened = await open(backend);
    const { store, alice, webhook } = opened;
    await keep(store, BRAND_A, 7);
    const old = NOW - 100 * DAY;
    const others = [newWebhook(alice), newWebhook(alice), newWebhook(alice)] as const;
    for (const other of others) await store.webhooks.insertWebhook(other);
    const [refusing, quiet, deleted] = others;
    await addSample(opened, webhook, old);
    const newest = await addSample(opened, webhook, old + 1);
    for (let index = 0; index < 5; index++) {
      await addRefused(opened, webhook, old + 2 + index, { authenticated: true, status: 400, body: "no JSON" });
      await addRefused(opened, webhook, old + 10 + index);
    }
    await addSample(opened, refusing, old);
    const refused = await addRefused(opened, refusing, old + 1, { authenticated: true, status: 422, body: "{}" });
    const quietSample = await addSample(opened, quiet, old);
    await addSample(opened, deleted, old);
    await store.webhooks.deleteWebhook(BRAND_A, deleted.id);

    expect(await waiting(store, NOW)).toBe(13);
    await sweepAll(store, NOW);
    expect(new Set(await idsOf(store, BRAND_A))).toEqual(new Set([newest, refused, quietSample]));
    expect(await waiting(store, NOW)).toBe(0);
    for (const [each, id] of [
      [webhook, newest],
      [refusing, refused],
      [quiet, quietSample],
    ] as const)
      expect((await store.calls.findNewestSample(BRAND_A, each.id))?.id).toBe(id);

    const newer = await addSample(opened, webhook, NOW - DAY);
    await store.webhooks.deleteWebhook(BRAND_A, quiet.id);
    await sweepAll(store, NOW);
    expect(new Set(await idsOf(store, BRAND_A))).toEqual(new Set([newer, refused]));
  });

  test("a call that waits to be sent on stays until it has been, or is tried no more", async () => {
    const opened = await open(backend);
    const { store, webhook } = opened;
    await keep(store, BRAND_A, 7);
    const target = {
      id: newRandomId(),
      brandId: BRAND_A,
      webhookId: webhook.id,
      url: "https://target.example/in",
      sealedSecret: "sealed",
      createdAt: NOW,
      updatedAt: NOW,
    };
    expect(await store.targets.insertTarget(target)).toBe(true);
    const old = NOW - 8 * DAY;
    const writes = [{ changes: { firstname: "Ann" }, deduplicateBy: null }];
    const calls = [0, 1, 2].map((index) => Object.assign(newPendingCall(webhook, writes, at(old + 2 * index)), { forwardTo: target.id }));
    await store.calls.commitCalls(calls);
    const ids = calls.map(({ call }) => call.id);
    for (let index = 0; index < 3; index++) await addRefused(opened, webhook, old + 2 * index + 1);
    // The newest payload, so that none of them is.
    const sample = await addSample(opened, webhook, NOW);
    const messages = await store.outbox.listMessages(target.id, 0, 10);
    expect(messages.map(({ callId }) => callId)).toEqual(ids);
    expect(await waiting(store, NOW)).toBe(3);
    await sweepAll(store, NOW);
    expect(await idsOf(store, BRAND_A)).toEqual([...ids, sample]);
    expect(await waiting(store, NOW)).toBe(0);

    await store.outbox.recordAttempts([
      { message: messages[0]!, at: NOW, outcome: { kind: "delivered" } },
      { message: messages[1]!, at: NOW, outcome: { kind: "failed", failure: "It answered 500.", attempts: 1, dueAt: NOW + 1 } },
      { message: messages[2]!, at: NOW, outcome: { kind: "dead", failure: "It answered 500.", attempts: 32, expiresAt: NOW + DAY } },
    ]);
    expect(await waiting(store, NOW)).toBe(2);
    await sweepAll(store, NOW);
    expect(await idsOf(store, BRAND_A)).toEqual([ids[1], sample]);
  });

  test("a sweep takes a bounded number of calls and of bytes, and is called again until it finds none", async () => {
    const opened = await open(backend);
    const { store, webhook } = opened;
    await keep(store, BRAND_A, 7);
    const old = NOW - 8 * DAY;
    const calls = Array.from({ length: 450 }, (_, index) => newRefusedCall(webhook, at(old + index)));
    await store.calls.insertRefusedCalls(calls);
    expect(await sweepAll(store, NOW)).toEqual([100, 100, 100, 100, 50, 0]);
    for (let index = 0; index < 5; index++) await addSample(opened, webhook, old + 1_000 + index, JSON.stringify("x".repeat(200_000)));
    const sample = await addSample(opened, webhook, NOW);
    // Two fit into half a million bytes; a longer one goes alone.
    expect(await sweepAll(store, NOW)).toEqual([2, 2, 1, 0]);
    await addSample(opened, webhook, old + 2_000, JSON.stringify("x".repeat(3_000_000)));
    await addSample(opened, webhook, old + 2_001);
    expect(await sweepAll(store, NOW)).toEqual([1, 1, 0]);
    expect(await idsOf(store, BRAND_A)).toEqual([sample]);
  });

  test("however many payloads stay, what lies between and behind them goes, and a sweep that finds only them rests", async () => {
    const opened = await open(backend);
    const { store, alice, webhook } = opened;
    await keep(store, BRAND_A, 7);
    const old = NOW - 8 * DAY;
    const kept: string[] = [];
    for (let index = 0; index < 230; index++) {
      const quiet = newWebhook(alice);
      await store.webhooks.insertWebhook(quiet);
      kept.push(await addSample(opened, quiet, old + 2 * index));
      if (index % 50 === 0) await addRefused(opened, webhook, old + 2 * index + 1);
    }
    await store.calls.insertRefusedCalls(Array.from({ length: 220 }, (_, index) => newRefusedCall(webhook, at(old + 1_000 + index))));
    const looked = await sweepAll(store, NOW);
    expect(looked.length).toBeLessThan(16);
    expect(await idsOf(store, BRAND_A)).toEqual(kept);
    expect(await waiting(store, NOW)).toBe(0);
    // It walks over them once more, and then has nothing to do.
    expect((await sweepAll(store, NOW)).length).toBeLessThan(6);
    expect(await idsOf(store, BRAND_A)).toEqual(kept);
  });

  test("a sweep that is broken off has deleted nothing, and the next one takes all of it", async () => {
    const opened = await open(backend);
    const { store, webhook } = opened;
    await keep(store, BRAND_A, 7);
    const old = NOW - 8 * DAY;
    const sample = await addSample(opened, webhook, old);
    const calls = Array.from({ length: 300 }, (_, index) => newRefusedCall(webhook, at(old + 1 + index)));
    await store.calls.insertRefusedCalls(calls);
    for (let times = 0; times < 3; times++) {
      const broken = store.transaction(async (ports) => {
        expect(await ports.sweep(NOW)).toBe(100);
        throw new Error("broken off");
      });
      await expect(broken).rejects.toThrow("broken off");
      expect(await idsOf(store, BRAND_A)).toHaveLength(301);
    }
    await sweepAll(store, NOW);
    expect(await idsOf(store, BRAND_A)).toEqual([sample]);
  });
}
