import { describe, expect, test } from "vitest";
import type { RecordedAttempt } from "../../../src/forwarding/forwarding-store.ts";
import type { ForwardingTarget, OutboxMessage } from "../../../src/forwarding/target.ts";
import { newRandomId } from "../../../src/lib/id.ts";
import type { Store } from "../../../src/store/store.ts";
import type { PendingCall } from "../../../src/webhooks/webhook-store.ts";
import type { Webhook } from "../../../src/webhooks/webhook.ts";
import {
  addPeople,
  BRAND_A,
  BRAND_B,
  FIRST_PAGE,
  newPendingCall,
  newWebhook,
  NOW,
  openTwoBrands,
  walk,
  type Backend,
  type SharedBackend,
  type TwoBrands,
} from "../fixture.ts";

interface Opened extends TwoBrands {
  readonly webhook: Webhook;
  readonly target: ForwardingTarget;
  readonly fieldSetId: string;
}

const newTarget = (webhook: Webhook, given: Partial<ForwardingTarget> = {}) => ({
  id: newRandomId(),
  brandId: webhook.brandId,
  webhookId: webhook.id,
  url: "https://target.example/in",
  sealedSecret: "sealed",
  createdAt: NOW,
  updatedAt: NOW,
  ...given,
});

const UNTRIED = { delivered: 0, lastSuccessAt: null, lastFailureAt: null, lastFailure: null };

async function open(backend: Backend): Promise<Opened> {
  const brands = await openTwoBrands(backend);
  const { store, alice } = brands;
  const webhook = newWebhook(alice);
  await store.webhooks.insertWebhook(webhook);
  const target = newTarget(webhook);
  expect(await store.targets.insertTarget(target)).toBe(true);
  const { id: fieldSetId } = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
  return { ...brands, webhook, target: { ...target, health: UNTRIED }, fieldSetId };
}

/** A call about one customer after the other, found by the e-mail address. */
function aboutCustomers({ webhook, target, fieldSetId }: Opened, ...names: readonly string[]): PendingCall {
  const writes = names.map((name) => ({ changes: { emailaddress: `${name}@example.com` }, deduplicateBy: fieldSetId }));
  return { ...newPendingCall(webhook, writes, { body: JSON.stringify(names) }), forwardTo: target.id };
}

const messagesOf = (store: Store, { id }: Pick<ForwardingTarget, "id">) => store.outbox.listMessages(id, 0, 1_000);
const health = async ({ store, webhook }: Opened) => (await store.targets.findTarget(BRAND_A, webhook.id))!.health;

async function commit({ store }: Opened, ...calls: readonly PendingCall[]): Promise<readonly OutboxMessage[]> {
  await store.calls.commitCalls(calls);
  return store.outbox.listMessages(calls[0]!.forwardTo!, 0, 1_000);
}

const attempt = (message: OutboxMessage, outcome: RecordedAttempt["outcome"], at = NOW): RecordedAttempt => ({ message, at, outcome });
const dead = { kind: "dead", failure: "It answered 500.", attempts: 32, expiresAt: NOW + 1_000 } as const;

/** A target with messages that have died one after the other. */
async function withDead(backend: Backend, count: number) {
  const opened = await open(backend);
  const messages = await commit(opened, ...Array.from({ length: count }, (_, index) => aboutCustomers(opened, `person-${index}`)));
  await opened.store.outbox.recordAttempts(messages.map((message, index) => attempt(message, dead, NOW + index)));
  return { ...opened, messages };
}

export function forwardingSuite(backend: Backend): void {
  describe("targets", () => {
    test("a webhook has one, told to everybody who caches webhooks", async () => {
      const opened = await open(backend);
      const { store, webhook, target } = opened;
      expect(await store.targets.findTarget(BRAND_A, webhook.id)).toEqual(target);
      expect(await store.webhooks.findWebhookById(webhook.id)).toEqual({ ...webhook, targetId: target.id });
      expect(await store.targets.insertTarget(newTarget(webhook))).toBe(false);
      expect(await store.targets.insertTarget(newTarget(newWebhook(opened.alice)))).toBe(false);
      expect(await store.targets.findTarget(BRAND_A, webhook.id)).toEqual(target);
    });

    test("of any number that are set at once, one stays", async () => {
      const { store, alice } = await openTwoBrands(backend);
      const webhook = newWebhook(alice);
      await store.webhooks.insertWebhook(webhook);
      const set = await Promise.all(Array.from({ length: 20 }, () => store.targets.insertTarget(newTarget(webhook))));
      expect(set.filter(Boolean)).toHaveLength(1);
    });

    test("its URL and its secret are changed, each for itself", async () => {
      const { store, webhook, target } = await open(backend);
      expect(await store.targets.updateTarget(BRAND_A, webhook.id, { url: "https://other.example/", updatedAt: NOW + 1 })).toBe(true);
      expect(await store.targets.updateTarget(BRAND_A, webhook.id, { sealedSecret: "other", updatedAt: NOW + 2 })).toBe(true);
      const changed = { ...target, url: "https://other.example/", sealedSecret: "other", updatedAt: NOW + 2 };
      expect(await store.targets.findTarget(BRAND_A, webhook.id)).toEqual(changed);
      expect(await store.outbox.listTargets([newRandomId(), target.id])).toEqual([changed]);
      expect(await store.outbox.listTargets([])).toEqual([]);
    });

    test("another brand sees and changes nothing of it", async () => {
      const opened = await open(backend);
      const { store, webhook, target } = opened;
      await commit(opened, aboutCustomers(opened, "ann"));
      await store.outbox.recordAttempts([attempt((await messagesOf(store, target))[0]!, dead)]);
      await commit(opened, aboutCustomers(opened, "ben"));
      expect(await store.targets.findTarget(BRAND_B, webhook.id)).toBeUndefined();
      expect(await store.targets.insertTarget(newTarget(webhook, { brandId: BRAND_B }))).toBe(false);
      expect(await store.targets.updateTarget(BRAND_B, webhook.id, { url: "https://b.example/", updatedAt: NOW })).toBe(false);
      expect(await store.targets.deleteTarget(BRAND_B, webhook.id)).toBe(false);
      expect(await store.targets.countMessages(BRAND_B, target.id)).toEqual({ waiting: 0, dead: 0 });
      expect(await store.targets.findOldestMessage(BRAND_B, target.id)).toBeUndefined();
      expect((await store.targets.listDeadMessages(BRAND_B, target.id, FIRST_PAGE)).rows).toEqual([]);
      expect(await store.targets.reviveDeadMessages(BRAND_B, target.id, { diedUntil: NOW }, 10)).toBe(0);
      expect(await store.targets.findTarget(BRAND_A, webhook.id)).toMatchObject({ id: target.id, url: target.url });
      expect(await store.targets.countMessages(BRAND_A, target.id)).toEqual({ waiting: 1, dead: 1 });
    });

    test("one that is deleted gets nothing more, neither by its webhook nor by a late commit", async () => {
      const opened = await open(backend);
      const { store, webhook, target } = opened;
      await commit(opened, aboutCustomers(opened, "ann"), aboutCustomers(opened, "ben"));
      expect(await store.targets.deleteTarget(BRAND_A, webhook.id)).toBe(true);
      expect(await store.targets.deleteTarget(BRAND_A, webhook.id)).toBe(false);
      expect((await store.webhooks.findWebhookById(webhook.id))!.targetId).toBeUndefined();
      expect(await commit(opened, aboutCustomers(opened, "cleo"))).toHaveLength(2);
      expect(await store.outbox.deleteMessagesWithoutTarget(target.id, 1)).toBe(1);
      expect(await store.outbox.deleteMessagesWithoutTarget(target.id, 10)).toBe(1);
      expect(await messagesOf(store, target)).toEqual([]);
      expect(await store.targets.insertTarget(newTarget(webhook))).toBe(true);
    });

    test("one goes with its webhook", async () => {
      const opened = await open(backend);
      const { store, webhook, target } = opened;
      await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
      expect(await store.outbox.listTargets([target.id])).toEqual([]);
      expect(await commit(opened, aboutCustomers(opened, "ann"))).toEqual([]);
    });

    test("messages of a target that is there are not taken for left over", async () => {
      const opened = await open(backend);
      await commit(opened, aboutCustomers(opened, "ann"));
      expect(await opened.store.outbox.deleteMessagesWithoutTarget(opened.target.id, 10)).toBe(0);
      expect(await messagesOf(opened.store, opened.target)).toHaveLength(1);
    });
  });

  describe("the outbox", () => {
    test("holds each accepted call and each sample, in order, with the body of the call", async () => {
      const opened = await open(backend);
      const { store, target } = opened;
      const calls = [
        aboutCustomers(opened, "ann"),
        { ...newPendingCall(opened.webhook, null, { body: "[1]" }), forwardTo: target.id },
        aboutCustomers(opened, "ben"),
      ];
      const messages = await commit(opened, ...calls);
      expect(messages.map(({ position, callId, attempts, dueAt }) => [position, callId, attempts, dueAt])).toEqual(
        calls.map(({ call }, index) => [index + 1, call.id, 0, 0]),
      );
      expect(await Promise.all(messages.map(({ brandId, callId }) => store.outbox.findCallBody(brandId, callId)))).toEqual(['["ann"]', "[1]", '["ben"]']);
      expect(await store.targets.countMessages(BRAND_A, target.id)).toEqual({ waiting: 3, dead: 0 });
      expect(await store.outbox.countAllMessages()).toEqual({ waiting: 3, dead: 0 });
      expect(await store.targets.findOldestMessage(BRAND_A, target.id)).toEqual(messages[0]);
    });

    test("holds nothing of a call that is refused, repeated or not forwarded", async () => {
      const opened = await open(backend);
      const { store, target, fieldSetId } = opened;
      const claim = { digest: "key", bodyDigest: "body", expiresAt: NOW + 1, onlyRepeats: false };
      const first = { ...aboutCustomers(opened, "ann"), claim };
      const [, again, refused] = await store.calls.commitCalls([
        first,
        { ...aboutCustomers(opened, "ann"), claim },
        { ...aboutCustomers(opened, "ben"), writes: [{ changes: {}, deduplicateBy: fieldSetId }] },
        { ...aboutCustomers(opened, "cleo"), forwardTo: undefined },
        { ...aboutCustomers(opened, "dora"), quota: { day: "2026-01-01", limit: 0, endsAt: NOW + 1 } },
      ] as PendingCall[]);
      expect([again!.kind, refused!.kind]).toEqual(["repeated", "refused"]);
      expect((await messagesOf(store, target)).map(({ callId }) => callId)).toEqual([first.call.id]);
    });

    test("holds nothing of a call that could not be written, and each of its neighbours once", async () => {
      const opened = await open(backend);
      const { store, target, fieldSetId } = opened;
      const spoilt = aboutCustomers(opened, "lost");
      // No JSON: what fails before it reaches the database, while other statements of the same batch are on their way.
      const unwritable = { emailaddress: "lost@example.com", city: 1n as unknown as string };
      const batch = [aboutCustomers(opened, "ann"), { ...spoilt, writes: [{ changes: unwritable, deduplicateBy: fieldSetId }] }, aboutCustomers(opened, "bo")];
      expect((await store.calls.commitCalls(batch)).map(({ kind }) => kind)).toEqual(["accepted", "failed", "accepted"]);
      const messages = await messagesOf(store, target);
      expect(messages.map(({ callId }) => callId)).toEqual([batch[0]!.call.id, batch[2]!.call.id]);
    });

    test("orders calls of one customer by that customer, whatever else they bring, and all others with all", async () => {
      const opened = await open(backend);
      const { store, webhook, target } = opened;
      const [ann = "", ben = ""] = await Promise.all(
        ["ann", "ben"].map(async (name) => {
          const [outcome] = await store.calls.commitCalls([{ ...aboutCustomers(opened, name), forwardTo: undefined }]);
          return outcome?.kind === "accepted" ? outcome.customerIds[0] : undefined;
        }),
      );
      const alwaysNew = { ...newPendingCall(webhook, [{ changes: { firstname: "Ann" }, deduplicateBy: null }]), forwardTo: target.id };
      const sample = { ...newPendingCall(webhook, null), forwardTo: target.id };
      const messages = await commit(
        opened,
        aboutCustomers(opened, "ann"),
        aboutCustomers(opened, "ben"),
        aboutCustomers(opened, "ANN", "ann"),
        aboutCustomers(opened, "ann", "ben"),
        alwaysNew,
        sample,
      );
      expect(messages.map(({ orderKey }) => orderKey)).toEqual([ann, ben, ann, "", "", ""]);
    });

    test("a replay sends the body of the first call once more, under its id", async () => {
      const opened = await open(backend);
      const { store } = opened;
      const first = aboutCustomers(opened, "ann");
      const replay = aboutCustomers(opened, "ann");
      const call = { ...replay.call, body: null, fromConsole: { userId: "alice", userName: "Alice", replayOf: first.call.id } };
      await commit(opened, first);
      const messages = await commit(opened, { ...replay, call });
      expect(messages.map(({ callId }) => callId)).toEqual([first.call.id, first.call.id]);
      expect(await store.outbox.findCallBody(BRAND_A, messages[1]!.callId)).toBe('["ann"]');
    });

    test("a commit that fails leaves nothing there, and the others of its batch keep theirs", async () => {
      const opened = await open(backend);
      const good = aboutCustomers(opened, "ann");
      // The id is there already: this one call cannot be written.
      const bad = { ...aboutCustomers(opened, "ben"), call: { ...newPendingCall(opened.webhook, null).call, id: good.call.id } };
      const after = aboutCustomers(opened, "cleo");
      await opened.store.calls.commitCalls([good]);
      const outcomes = await opened.store.calls.commitCalls([bad, after]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(["failed", "accepted"]);
      expect((await messagesOf(opened.store, opened.target)).map(({ position, callId }) => [position, callId])).toEqual([
        [1, good.call.id],
        [2, after.call.id],
      ]);
    });

    test("is read from any position, and by key", async () => {
      const opened = await open(backend);
      const { store, target } = opened;
      const messages = await commit(opened, ...["ann", "ben", "ann", "ben", "ann"].map((name) => aboutCustomers(opened, name)));
      const [ann = "", ben = ""] = messages.map(({ orderKey }) => orderKey);
      expect((await store.outbox.listMessages(target.id, 2, 2)).map(({ position }) => position)).toEqual([3, 4]);
      expect(await store.outbox.listMessages(target.id, 5, 2)).toEqual([]);
      expect(await store.outbox.listMessages(newRandomId(), 0, 2)).toEqual([]);
      const next = async (key: string, after: number, through: number) => (await store.outbox.findNextMessage(target.id, key, after, through))?.position;
      expect(await next(ann, 0, 5)).toBe(1);
      expect(await next(ann, 1, 5)).toBe(3);
      expect(await next(ann, 1, 2)).toBeUndefined();
      expect(await next(ben, 2, 5)).toBe(4);
      expect(await next(ben, 4, 5)).toBeUndefined();
    });

    test("positions go on from where they were, also when everything is gone", async () => {
      const opened = await open(backend);
      const { store, target } = opened;
      for (let position = 1; position <= 3; position++) {
        const messages = await commit(opened, aboutCustomers(opened, "ann"));
        expect(messages.map((message) => message.position)).toEqual([position]);
        await store.outbox.recordAttempts([attempt(messages[0]!, { kind: "delivered" })]);
        expect(await messagesOf(store, target)).toEqual([]);
      }
    });

    test("tells for which targets something waits, page by page", async () => {
      const opened = await open(backend);
      const { store, alice, target } = opened;
      const ids = [target.id];
      for (let added = 0; added < 4; added++) {
        const webhook = newWebhook(alice);
        await store.webhooks.insertWebhook(webhook);
        const another = newTarget(webhook);
        await store.targets.insertTarget(another);
        await commit(opened, { ...aboutCustomers(opened, "ann", "ben"), forwardTo: another.id });
        await commit(opened, { ...aboutCustomers(opened, "ann"), forwardTo: another.id });
        ids.push(another.id);
      }
      expect(await store.outbox.listTargetsWithMessages("", 10)).toEqual(ids.slice(1).toSorted());
      await commit(opened, aboutCustomers(opened, "ann"));
      const sorted = ids.toSorted();
      expect(await store.outbox.listTargetsWithMessages("", 10)).toEqual(sorted);
      expect(await store.outbox.listTargetsWithMessages("", 2)).toEqual(sorted.slice(0, 2));
      expect(await store.outbox.listTargetsWithMessages(sorted[1]!, 10)).toEqual(sorted.slice(2));
      expect(await store.outbox.listTargetsWithMessages(sorted[4]!, 10)).toEqual([]);
    });

    test("sends what a customer's erasure has left of the body", async () => {
      const opened = await open(backend);
      const { store } = opened;
      const pending = aboutCustomers(opened, "ann");
      const [outcome] = await store.calls.commitCalls([{ ...pending, call: { ...pending.call, body: '{"email":"ann@example.com"}' } }]);
      await store.calls.eraseCustomer(BRAND_A, outcome?.kind === "accepted" ? outcome.customerIds[0]! : "");
      expect(await store.outbox.findCallBody(BRAND_A, pending.call.id)).toBe('{"erased":true}');
      expect(await store.outbox.findCallBody(BRAND_B, pending.call.id)).toBeNull();
      expect(await store.outbox.findCallBody(BRAND_A, newRandomId())).toBeNull();
    });
  });

  describe("attempts", () => {
    test("delivered, failed and dead messages are recorded together, and the target tells of it", async () => {
      const opened = await open(backend);
      const { store, target } = opened;
      const messages = await commit(opened, ...["ann", "ben", "cleo", "dora"].map((name) => aboutCustomers(opened, name)));
      await store.outbox.recordAttempts([
        attempt(messages[3]!, { kind: "delivered" }, NOW + 4),
        attempt(messages[1]!, { kind: "failed", failure: "It answered 503.", attempts: 1, dueAt: NOW + 5_000 }, NOW + 2),
        attempt(messages[0]!, { kind: "delivered" }, NOW + 1),
        attempt(messages[2]!, dead, NOW + 3),
      ]);
      expect(await messagesOf(store, target)).toEqual([{ ...messages[1], attempts: 1, dueAt: NOW + 5_000 }]);
      expect(await health(opened)).toEqual({ delivered: 2, lastSuccessAt: NOW + 4, lastFailureAt: NOW + 3, lastFailure: "It answered 500." });
      const { rows } = await store.targets.listDeadMessages(BRAND_A, target.id, FIRST_PAGE);
      const { dueAt: _, ...third } = messages[2]!;
      expect(rows).toEqual([{ ...third, attempts: 32, failure: "It answered 500.", diedAt: NOW + 3 }]);
      expect(await store.targets.countMessages(BRAND_A, target.id)).toEqual({ waiting: 1, dead: 1 });
    });

    test("a success leaves the last failure standing, and the other way round", async () => {
      const opened = await open(backend);
      const [first] = await commit(opened, aboutCustomers(opened, "ann"));
      const failed = { kind: "failed", failure: "It answered 500.", attempts: 1, dueAt: NOW } as const;
      await opened.store.outbox.recordAttempts([attempt(first!, failed, NOW + 1)]);
      expect(await health(opened)).toEqual({ delivered: 0, lastSuccessAt: null, lastFailureAt: NOW + 1, lastFailure: "It answered 500." });
      await opened.store.outbox.recordAttempts([attempt(first!, { kind: "delivered" }, NOW + 2)]);
      expect(await health(opened)).toEqual({ delivered: 1, lastSuccessAt: NOW + 2, lastFailureAt: NOW + 1, lastFailure: "It answered 500." });
    });

    test("what is gone stays so: nothing comes back to life by a late record", async () => {
      const opened = await open(backend);
      const { store, webhook, target } = opened;
      const [first, second] = await commit(opened, aboutCustomers(opened, "ann"), aboutCustomers(opened, "ben"));
      await store.outbox.recordAttempts([attempt(first!, { kind: "delivered" })]);
      await store.outbox.recordAttempts([attempt(first!, dead)]);
      await store.outbox.recordAttempts([attempt(first!, { kind: "failed", failure: "x", attempts: 1, dueAt: 0 })]);
      expect(await store.targets.countMessages(BRAND_A, target.id)).toEqual({ waiting: 1, dead: 0 });
      await store.targets.deleteTarget(BRAND_A, webhook.id);
      await store.outbox.deleteMessagesWithoutTarget(target.id, 10);
      await store.outbox.recordAttempts([attempt(second!, dead)]);
      expect(await store.outbox.countAllMessages()).toEqual({ waiting: 0, dead: 0 });
    });
  });

  describe("dead messages", () => {
    test("are listed newest first, page by page", async () => {
      const { store, target } = await withDead(backend, 5);
      const positions = (await walk((page) => store.targets.listDeadMessages(BRAND_A, target.id, page), 2)).map(({ position }) => position);
      expect(positions).toEqual([5, 4, 3, 2, 1]);
      expect((await store.targets.listDeadMessages(BRAND_A, target.id, { limit: 2, after: "no position" })).rows).toHaveLength(2);
    });

    test("one comes behind what waits, as if it had never been tried, and only once", async () => {
      const opened = await withDead(backend, 2);
      const { store, target, messages } = opened;
      await commit(opened, aboutCustomers(opened, "cleo"));
      const revived = await Promise.all(Array.from({ length: 10 }, () => store.targets.reviveDeadMessages(BRAND_A, target.id, { position: 1 }, 1)));
      expect(revived.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
      const waiting = await messagesOf(store, target);
      expect(waiting.map(({ position }) => position)).toEqual([3, 4]);
      expect(waiting[1]).toEqual({ ...messages[0], position: 4, attempts: 0, dueAt: 0 });
      expect((await store.targets.listDeadMessages(BRAND_A, target.id, FIRST_PAGE)).rows.map(({ position }) => position)).toEqual([2]);
    });

    test("all of a time come in their order, some at a time; those that died later stay", async () => {
      const { store, target } = await withDead(backend, 5);
      const revive = () => store.targets.reviveDeadMessages(BRAND_A, target.id, { diedUntil: NOW + 3 }, 3);
      expect([await revive(), await revive(), await revive()]).toEqual([3, 1, 0]);
      expect((await messagesOf(store, target)).map(({ position, orderKey }) => [position, orderKey !== ""])).toEqual(
        [6, 7, 8, 9].map((position) => [position, true]),
      );
      expect(await store.targets.countMessages(BRAND_A, target.id)).toEqual({ waiting: 4, dead: 1 });
    });

    test("of a target that is gone none comes back", async () => {
      const { store, target, webhook } = await withDead(backend, 2);
      await store.targets.deleteTarget(BRAND_A, webhook.id);
      expect(await store.targets.reviveDeadMessages(BRAND_A, target.id, { diedUntil: NOW + 10 }, 10)).toBe(0);
      expect(await messagesOf(store, target)).toEqual([]);
    });

    test("are swept when they have expired", async () => {
      const { store, target } = await withDead(backend, 2);
      while ((await store.sweep(NOW + 999)) > 0);
      expect(await store.targets.countMessages(BRAND_A, target.id)).toEqual({ waiting: 0, dead: 2 });
      expect((await store.countExpired(NOW + 1_000)).get("dead_messages")).toBe(2);
      while ((await store.sweep(NOW + 1_000)) > 0);
      expect(await store.targets.countMessages(BRAND_A, target.id)).toEqual({ waiting: 0, dead: 0 });
    });
  });
}

/** In two processes. */
export function sharedForwardingSuite(backend: SharedBackend): void {
  test("positions are given once and without a gap behind what was listed, whoever commits and revives", async () => {
    const [one, two] = await backend.openTwo();
    const { alice } = await addPeople(one);
    const webhook = newWebhook(alice);
    await one.webhooks.insertWebhook(webhook);
    const target = newTarget(webhook);
    await one.targets.insertTarget(target);
    const forwarded = () => ({ ...newPendingCall(webhook, null), forwardTo: target.id });
    await one.calls.commitCalls([forwarded(), forwarded()]);
    await one.outbox.recordAttempts((await messagesOf(one, target)).map((message) => attempt(message, dead)));

    const expected = 36 * 3 + 2;
    const reader = (async () => {
      const positions: number[] = [];
      while (positions.length < expected) {
        await new Promise((resolve) => setImmediate(resolve));
        const messages = await two.outbox.listMessages(target.id, positions.at(-1) ?? 0, 7);
        positions.push(...messages.map(({ position }) => position));
      }
      return positions;
    })();
    const work = Array.from({ length: 40 }, (_, index) => {
      const store = index % 2 === 0 ? one : two;
      return index % 10 === 5
        ? store.targets.reviveDeadMessages(BRAND_A, target.id, { position: index === 5 ? 1 : 2 }, 1)
        : store.calls.commitCalls([forwarded(), forwarded(), forwarded()]);
    });
    await Promise.all(work);
    const positions = await reader;
    expect(positions).toEqual((await messagesOf(one, target)).map(({ position }) => position));
    expect(positions).toHaveLength(expected);
  });
}
