import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { MAX_DRAINED, MAX_WAITING_CALLS, type CallOutcome } from "../../../src/webhooks/calls/call.ts";
import { hourOf } from "../../../src/webhooks/calls/call-hours.ts";
import type { CommittedCall, Draining, PendingCall } from "../../../src/webhooks/webhook-store.ts";
import type { Webhook } from "../../../src/webhooks/webhook.ts";
import { addPeople, BRAND_A, BRAND_B, FIRST_PAGE, newPendingCall, newWebhook, NOW, openTwoBrands, type Backend, type SharedBackend } from "../fixture.ts";

const CREATE = [{ changes: { city: "Delft" }, deduplicateBy: null }];
const CLAIM = { digest: "key", bodyDigest: "body", expiresAt: NOW + 1_000 };
const WRITES: Draining = { refused: null };
const REFUSED: Draining = { refused: { reason: "No.", answer: '{"status":422}' } };

async function open(backend: Backend) {
  const brands = await openTwoBrands(backend);
  const { store, alice, bob } = brands;
  const [webhook, other, webhookB] = [newWebhook(alice), newWebhook(alice), newWebhook(bob)];
  for (const each of [webhook, other, webhookB]) await store.webhooks.insertWebhook(each);
  return { ...brands, webhook, other, webhookB, ...commitsTo(store) };
}

function commitsTo(store: Store) {
  const commit = async (pending: PendingCall) => (await store.calls.commitCalls([pending]))[0]!;
  /** A call that must wait; gives it as it then is in the log. */
  const wait = async (webhook: Webhook, given: Partial<PendingCall> = {}) => {
    const pending = { ...newPendingCall(webhook, CREATE), ...given };
    expect(await commit(pending)).toMatchObject({ kind: "waiting" });
    return (await store.calls.findCall(webhook.brandId, pending.call.id))!;
  };
  const drain = (call: PendingCall["call"], drains = WRITES, writes: PendingCall["writes"] = CREATE) => commit({ call, writes, drains });
  const kindOf = async (webhook: Webhook) => (await commit(newPendingCall(webhook, CREATE))).kind;
  const outcomeOf = async ({ brandId, id }: PendingCall["call"]) => (await store.calls.findCall(brandId, id))?.outcome;
  const countCustomers = async () => (await store.customers.listCustomers(BRAND_A, null, FIRST_PAGE)).rows.length;
  return { commit, wait, drain, kindOf, outcomeOf, countCustomers };
}

function customersOf(outcome: CommittedCall | undefined): readonly string[] {
  if (outcome?.kind !== "accepted") throw new Error(`The call was not accepted: ${JSON.stringify(outcome)}`);
  expect(outcome.customerIds.length).toBeGreaterThan(0);
  return outcome.customerIds;
}

export function callQueueSuite(backend: Backend): void {
  test("calls of a paused webhook wait: in the log with 202, without a customer, and first come first", async () => {
    const { store, webhook, wait, countCustomers } = await open(backend);
    expect(await store.callQueues.pauseWebhook(webhook, NOW)).toBe(true);
    const calls = [await wait(webhook), await wait(webhook), await wait(webhook)];
    for (const call of calls)
      expect(call).toMatchObject({ outcome: "waiting", status: 202, customerIds: [], body: '{"email":"ann@example.com"}', reason: null });
    expect(await store.callQueues.listWaiting(webhook, 10)).toEqual(calls.map(({ id }) => id));
    expect(await store.callQueues.listWaiting(webhook, 2)).toEqual(calls.slice(0, 2).map(({ id }) => id));
    expect(await store.callQueues.countWaiting(webhook)).toBe(3);
    expect(await countCustomers()).toBe(0);
  });

  test("the order is that of the commits, not that of the ids, which clocks of several nodes give", async () => {
    const { store, webhook, wait } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const early = newPendingCall(webhook, CREATE);
    const late = await wait(webhook);
    await wait(webhook, early);
    expect(early.call.id < late.id).toBe(true);
    expect(await store.callQueues.listWaiting(webhook, 10)).toEqual([late.id, early.call.id]);
  });

  test("a pause is of one webhook: others, also of the same brand, take calls as before", async () => {
    const { store, webhook, other, webhookB, kindOf } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const batch = [webhook, other, webhookB, webhook].map((each) => newPendingCall(each, CREATE));
    expect((await store.calls.commitCalls(batch)).map(({ kind }) => kind)).toEqual(["waiting", "accepted", "accepted", "waiting"]);
    expect(await store.callQueues.listWaiting(webhook, 10)).toEqual([batch[0]!.call.id, batch[3]!.call.id]);
    expect(await kindOf(other)).toBe("accepted");
    expect(await store.callQueues.countWaiting(other)).toBe(0);
  });

  test("a webhook is paused since the first time, and what is not there is neither paused nor resumed", async () => {
    const { store, webhook, webhookB } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    await store.callQueues.pauseWebhook(webhook, NOW + 50);
    expect((await store.webhooks.findWebhookById(webhook.id))?.pausedAt).toBe(NOW);
    for (const gone of [
      { brandId: BRAND_B, id: webhook.id },
      { brandId: BRAND_A, id: webhookB.id },
      { brandId: BRAND_A, id: "none" },
    ]) {
      expect(await store.callQueues.pauseWebhook(gone, NOW)).toBe(false);
      expect(await store.callQueues.resumeWebhook(gone)).toBe(false);
    }
    expect((await store.webhooks.findWebhookById(webhook.id))?.pausedAt).toBe(NOW);
    await store.callQueues.resumeWebhook(webhook);
    expect((await store.webhooks.findWebhookById(webhook.id))?.pausedAt).toBeUndefined();
    await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
    expect(await store.callQueues.pauseWebhook(webhook, NOW)).toBe(false);
  });

  test("while calls wait, those that come after the resume queue behind them; after the last one, calls are written at once", async () => {
    const { store, webhook, wait, drain, kindOf, outcomeOf, countCustomers } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const first = await wait(webhook);
    await store.callQueues.resumeWebhook(webhook);
    const second = await wait(webhook);
    expect(await drain(first)).toMatchObject({ kind: "accepted" });
    const third = await wait(webhook);
    expect(await drain(second)).toMatchObject({ kind: "accepted" });
    expect(await drain(third)).toMatchObject({ kind: "accepted" });
    expect(await kindOf(webhook)).toBe("accepted");
    for (const call of [first, second, third]) expect(await outcomeOf(call)).toBe("accepted");
    expect(await countCustomers()).toBe(4);
    expect(await store.callQueues.countWaiting(webhook)).toBe(0);
    expect(await store.callQueues.listDrainable(10)).toEqual([]);
  });

  test("a webhook that nothing waited for takes calls at once when it is resumed", async () => {
    const { store, webhook, kindOf } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    await store.callQueues.resumeWebhook(webhook);
    expect(await kindOf(webhook)).toBe("accepted");
  });

  test("a waiting call is decided once and in its turn: not the second before the first, not twice, and not while its webhook is paused", async () => {
    const { store, webhook, wait, drain, outcomeOf, countCustomers } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const [first, second] = [await wait(webhook), await wait(webhook)];
    expect(await drain(first)).toEqual({ kind: "not-next" });
    await store.callQueues.resumeWebhook(webhook);
    for (const drains of [WRITES, REFUSED]) expect(await drain(second, drains)).toEqual({ kind: "not-next" });
    expect(await drain(first)).toMatchObject({ kind: "accepted" });
    for (const drains of [WRITES, REFUSED]) expect(await drain(first, drains)).toEqual({ kind: "not-next" });
    await store.callQueues.pauseWebhook(webhook, NOW);
    expect(await drain(second)).toEqual({ kind: "not-next" });
    expect([await outcomeOf(first), await outcomeOf(second)]).toEqual(["accepted", "waiting"]);
    expect(await countCustomers()).toBe(1);
  });

  test("many are decided in one commit, in their order; one that is refused holds up those behind it", async () => {
    const { store, webhook, wait, drain, countCustomers } = await open(backend);
    const byEmail = (await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"])).id;
    await store.callQueues.pauseWebhook(webhook, NOW);
    const calls = [await wait(webhook), await wait(webhook), await wait(webhook)];
    await store.callQueues.resumeWebhook(webhook);
    const keyMissing = [{ changes: {}, deduplicateBy: byEmail }];
    const batch = calls.map((call, index): PendingCall => ({ call, writes: index === 1 ? keyMissing : CREATE, drains: WRITES }));
    expect((await store.calls.commitCalls(batch)).map(({ kind }) => kind)).toEqual(["accepted", "refused", "not-next"]);
    expect(await drain(calls[1]!, REFUSED)).toEqual({ kind: "settled" });
    expect(await drain(calls[2]!)).toMatchObject({ kind: "accepted" });
    expect(await countCustomers()).toBe(2);
  });

  test("a decided call keeps its status and shows what became of it; a new one in the same commit is not held up by what that empties", async () => {
    const { store, webhook, commit, wait } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const [refused, sample, accepted] = [await wait(webhook), await wait(webhook), await wait(webhook)];
    await store.callQueues.resumeWebhook(webhook);
    const fresh = newPendingCall(webhook, CREATE);
    const outcomes = await store.calls.commitCalls([
      { call: refused, writes: null, drains: REFUSED },
      { call: sample, writes: null, drains: WRITES },
      { call: accepted, writes: CREATE, drains: WRITES },
      fresh,
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["settled", "sample", "accepted", "accepted"]);
    const find = (id: string) => store.calls.findCall(BRAND_A, id);
    expect(await find(refused.id)).toEqual({ ...refused, outcome: "refused", reason: "No.", answer: '{"status":422}' });
    expect(await find(sample.id)).toEqual({ ...sample, outcome: "sample" });
    expect(await find(accepted.id)).toEqual({ ...accepted, outcome: "accepted", customerIds: customersOf(outcomes[2]) });
    expect(await find(fresh.call.id)).toMatchObject({ outcome: "accepted", status: 200 });
    expect(await commit(newPendingCall(webhook, CREATE))).toMatchObject({ kind: "accepted" });
  });

  test("a call that the store cannot write stays the next, and its neighbours are not touched", async () => {
    const { store, webhook, wait, drain } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const [spoilt, next] = [await wait(webhook), await wait(webhook)];
    await store.callQueues.resumeWebhook(webhook);
    const outcomes = await store.calls.commitCalls([
      { call: spoilt, writes: [{ changes: {}, deduplicateBy: "no such set" }], drains: WRITES },
      { call: next, writes: CREATE, drains: WRITES },
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["failed", "not-next"]);
    expect(await store.callQueues.listWaiting(webhook, 10)).toEqual([spoilt.id, next.id]);
    expect(await drain(spoilt, REFUSED)).toEqual({ kind: "settled" });
  });

  test("a call that breaks a rule waits for the end of a pause, but not behind other calls", async () => {
    const { store, webhook, commit, wait } = await open(backend);
    const broken = (): PendingCall => ({ ...newPendingCall(webhook, null), breaksRule: true });
    expect(await commit(broken())).toEqual({ kind: "no-repeat" });
    await store.callQueues.pauseWebhook(webhook, NOW);
    await wait(webhook, broken());
    await store.callQueues.resumeWebhook(webhook);
    expect(await commit(broken())).toEqual({ kind: "no-repeat" });
    await wait(webhook);
    expect(await store.callQueues.countWaiting(webhook)).toBe(2);
  });

  test("a replay never waits, a test call does", async () => {
    const { store, webhook, commit, wait } = await open(backend);
    const first = newPendingCall(webhook, CREATE);
    await commit(first);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const origin = { userId: "u", userName: "Ann" };
    const replay = newPendingCall(webhook, CREATE, { fromConsole: { ...origin, replayOf: first.call.id } });
    expect(await commit(replay)).toMatchObject({ kind: "accepted" });
    const test = await wait(webhook, newPendingCall(webhook, CREATE, { fromConsole: { ...origin, replayOf: null } }));
    expect(test).toMatchObject({ outcome: "waiting", fromConsole: { replayOf: null } });
  });

  test("waiting calls count for the quota when they come, and not again when they are decided", async () => {
    const { store, webhook, commit, drain, wait } = await open(backend);
    const quota = { day: "2026-01-01", endsAt: NOW + 1_000, limit: 2 };
    await store.callQueues.pauseWebhook(webhook, NOW);
    const first = await wait(webhook, { quota });
    expect(await commit({ ...newPendingCall(webhook, CREATE), quota })).toEqual({ kind: "waiting", callsToday: 2 });
    expect(await commit({ ...newPendingCall(webhook, CREATE), quota })).toEqual({ kind: "over-quota" });
    await store.callQueues.resumeWebhook(webhook);
    await drain(first);
    expect(await store.calls.countCallsOfDay(BRAND_A, quota.day)).toBe(2);
  });

  test("whoever repeats a waiting call is told so; decided, it gives its customers, and refused it leaves its key free", async () => {
    const { store, webhook, commit, wait, drain } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const claimed = (claim = CLAIM): PendingCall => ({ ...newPendingCall(webhook, CREATE), claim });
    const first = await wait(webhook, claimed());
    const refused = await wait(webhook, claimed({ ...CLAIM, digest: "second" }));
    const repeat = claimed();
    expect(await commit(repeat)).toEqual({ kind: "repeated", customerIds: null, isWaiting: true });
    expect(await store.calls.findCall(BRAND_A, repeat.call.id)).toMatchObject({ outcome: "repeated", status: 202, repeatOf: first.id, body: null });
    expect(await commit(claimed({ ...CLAIM, bodyDigest: "another" }))).toEqual({ kind: "key-reused" });
    expect(await store.callQueues.countWaiting(webhook)).toBe(2);
    await store.callQueues.resumeWebhook(webhook);
    const outcomes = await store.calls.commitCalls([
      { call: first, writes: CREATE, drains: WRITES },
      claimed(),
      { call: refused, writes: null, drains: REFUSED },
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["accepted", "repeated", "settled"]);
    const customerIds = customersOf(outcomes[0]);
    expect(outcomes[1]).toMatchObject({ customerIds, isWaiting: false });
    expect(await commit(claimed())).toMatchObject({ kind: "repeated", customerIds });
    expect(await commit(claimed({ ...CLAIM, digest: "second", bodyDigest: "mended" }))).toMatchObject({ kind: "accepted" });
    expect(await drain(refused)).toEqual({ kind: "not-next" });
  });

  test("a key is free in the very commit in which its call is refused", async () => {
    const { store, webhook, wait } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const first = await wait(webhook, { ...newPendingCall(webhook, CREATE), claim: CLAIM });
    await store.callQueues.resumeWebhook(webhook);
    const mended = (): PendingCall => ({ ...newPendingCall(webhook, CREATE), claim: { ...CLAIM, bodyDigest: "mended" } });
    const outcomes = await store.calls.commitCalls([{ call: first, writes: null, drains: REFUSED }, mended(), mended()]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["settled", "accepted", "repeated"]);
  });

  test("the hours count a waiting call as what became of it", async () => {
    const { store, webhook, wait, drain } = await open(backend);
    const span = { from: hourOf(NOW), to: hourOf(NOW) + 3_600_000 };
    const counts = async (): Promise<Partial<Record<CallOutcome, number>>> => {
      const rows = await store.callHours.listCallCounts(BRAND_A, null, span);
      return Object.fromEntries(rows.filter(({ calls }) => calls !== 0).map(({ outcome, calls }) => [outcome, calls]));
    };
    await store.callQueues.pauseWebhook(webhook, NOW);
    const calls = [await wait(webhook), await wait(webhook), await wait(webhook)];
    expect(await counts()).toEqual({ waiting: 3 });
    await store.callQueues.resumeWebhook(webhook);
    await drain(calls[0]!);
    expect(await counts()).toEqual({ waiting: 2, accepted: 1 });
    await drain(calls[1]!, REFUSED);
    await drain(calls[2]!, WRITES, null);
    expect(await counts()).toEqual({ accepted: 1, refused: 1, sample: 1 });
  });

  test("a queue holds so many calls; one that is decided makes room for another", { timeout: 120_000 }, async () => {
    const { store, webhook, other, commit, drain } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    const batch = (size: number) => Array.from({ length: size }, () => newPendingCall(webhook, CREATE));
    const first = batch(1);
    await store.calls.commitCalls(first);
    for (let made = 1; made < MAX_WAITING_CALLS; made += 999) await store.calls.commitCalls(batch(Math.min(999, MAX_WAITING_CALLS - made)));
    expect(await store.callQueues.countWaiting(webhook)).toBe(MAX_WAITING_CALLS);
    const full = newPendingCall(webhook, CREATE);
    expect(await commit({ ...full, claim: CLAIM })).toEqual({ kind: "queue-full" });
    expect(await store.calls.findCall(BRAND_A, full.call.id)).toBeUndefined();
    expect(await commit(newPendingCall(other, CREATE))).toMatchObject({ kind: "accepted" });
    await store.callQueues.resumeWebhook(webhook);
    expect(await drain((await store.calls.findCall(BRAND_A, first[0]!.call.id))!)).toMatchObject({ kind: "accepted" });
    expect(await commit({ ...newPendingCall(webhook, CREATE), claim: CLAIM })).toMatchObject({ kind: "waiting" });
    expect(await commit(newPendingCall(webhook, CREATE))).toEqual({ kind: "queue-full" });
    const next = await store.callQueues.listWaiting(webhook, MAX_DRAINED);
    const calls = await Promise.all(next.map(async (id) => (await store.calls.findCall(BRAND_A, id))!));
    const outcomes = await store.calls.commitCalls(calls.map((call) => ({ call, writes: null, drains: WRITES })));
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["sample"]));
  });

  test("queues to drain are those of webhooks that are not paused, and of deleted ones, in any brand", async () => {
    const { store, webhook, other, webhookB, wait, kindOf } = await open(backend);
    const drainable = async () => (await store.callQueues.listDrainable(10)).map(({ id }) => id).toSorted();
    for (const each of [webhook, other, webhookB]) {
      await store.callQueues.pauseWebhook(each, NOW);
      await wait(each);
    }
    expect(await drainable()).toEqual([]);
    await store.callQueues.resumeWebhook(webhook);
    await store.callQueues.resumeWebhook(webhookB);
    await store.webhooks.deleteWebhook(BRAND_A, other.id);
    expect(await drainable()).toEqual([webhook.id, webhookB.id, other.id].toSorted());
    expect(await store.callQueues.listDrainable(1)).toHaveLength(1);
    // What waits of a deleted webhook holds nobody else up.
    const calls = await Promise.all([webhook, other].map(async (each) => (await store.callQueues.listWaiting(each, 1))[0]!));
    for (const id of calls) await store.calls.commitCalls([{ call: (await store.calls.findCall(BRAND_A, id))!, writes: null, drains: REFUSED }]);
    expect(await drainable()).toEqual([webhookB.id]);
    expect(await kindOf(webhook)).toBe("accepted");
  });

  test("deleting a paused webhook that nothing waits for leaves the others of the brand as they were", async () => {
    const { store, webhook, other, kindOf, wait } = await open(backend);
    await store.callQueues.pauseWebhook(webhook, NOW);
    await store.callQueues.pauseWebhook(other, NOW);
    await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
    await wait(other);
    await store.callQueues.resumeWebhook(other);
    await wait(other);
    expect(await kindOf(other)).toBe("waiting");
  });
}

export function sharedCallQueueSuite(backend: SharedBackend): void {
  test("a pause by one holds for the very next commit of the other, and so does the order after the resume", async () => {
    const [here, there] = await backend.openTwo();
    const { alice } = await addPeople(here);
    const webhook = newWebhook(alice);
    await here.webhooks.insertWebhook(webhook);
    for (let round = 0; round < 10; round++) {
      expect(await commitsTo(there).kindOf(webhook)).toBe("accepted");
      await here.callQueues.pauseWebhook(webhook, NOW);
      const first = await commitsTo(there).wait(webhook);
      await here.callQueues.resumeWebhook(webhook);
      const second = await commitsTo(there).wait(webhook);
      expect(await commitsTo(there).drain(second)).toEqual({ kind: "not-next" });
      expect(await commitsTo(here).drain(first)).toMatchObject({ kind: "accepted" });
      expect(await commitsTo(there).drain(second)).toMatchObject({ kind: "accepted" });
    }
  });

  test("while both take calls, pause, resume and drain at once, each call is decided once and in the order in which its commit held it", async () => {
    const stores = await backend.openTwo();
    const { alice } = await addPeople(stores[0]);
    const webhook = newWebhook(alice);
    await stores[0].webhooks.insertWebhook(webhook);
    const calls = 60;
    const progress = { sent: 0, answered: 0 };
    const isUnderWay = () => progress.answered < calls;
    await stores[0].callQueues.pauseWebhook(webhook, NOW);
    const kinds = new Set<string>([await commitsTo(stores[1]).kindOf(webhook)]);
    const callers = stores.map(async (store) => {
      while (progress.sent < calls) {
        progress.sent += 1;
        const { kind } = await commitsTo(store).commit(newPendingCall(webhook, CREATE));
        kinds.add(kind);
        progress.answered += 1;
      }
    });
    const pausing = (async () => {
      while (isUnderWay()) {
        await nextTurn();
        await stores[0].callQueues.pauseWebhook(webhook, NOW);
        await stores[1].callQueues.resumeWebhook(webhook);
      }
    })();
    const decided: string[] = [];
    const drain = async (store: Store) => {
      const [id] = await store.callQueues.listWaiting(webhook, 1);
      const call = id === undefined ? undefined : await store.calls.findCall(BRAND_A, id);
      if (call && (await commitsTo(store).drain(call)).kind === "accepted") decided.push(call.id);
      return id !== undefined;
    };
    const draining = stores.map(async (store) => {
      // A store in this process may answer within the turn: without a pause nobody else would ever come.
      while (isUnderWay()) {
        await nextTurn();
        await drain(store);
      }
    });
    await Promise.all([...callers, pausing, ...draining]);
    await stores[0].callQueues.resumeWebhook(webhook);
    while (await drain(stores[1]));
    expect(kinds.isSubsetOf(new Set(["accepted", "waiting"]))).toBe(true);
    expect(new Set(decided).size).toBe(decided.length);
    expect(await stores[0].callQueues.listDrainable(10)).toEqual([]);
    expect(await commitsTo(stores[0]).countCustomers()).toBe(calls + 1);
    expect(await commitsTo(stores[0]).kindOf(webhook)).toBe("accepted");
  });

  test("of many who decide one waiting call at once, in two processes, one does", async () => {
    const stores = await backend.openTwo();
    const { alice } = await addPeople(stores[0]);
    const webhook = newWebhook(alice);
    await stores[0].webhooks.insertWebhook(webhook);
    await stores[0].callQueues.pauseWebhook(webhook, NOW);
    const call = await commitsTo(stores[0]).wait(webhook);
    await stores[0].callQueues.resumeWebhook(webhook);
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => commitsTo(stores[index % 2]!).drain(call)));
    expect(outcomes.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "not-next")).toHaveLength(19);
    expect(await commitsTo(stores[1]).countCustomers()).toBe(1);
  });
}
