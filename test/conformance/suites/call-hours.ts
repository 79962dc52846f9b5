import { expect, test } from "vitest";
import { DAY, HOUR } from "../../../src/lib/clock.ts";
import type { User } from "../../../src/identity/user.ts";
import type { Store } from "../../../src/store/store.ts";
import { hourOf } from "../../../src/webhooks/calls/call-hours.ts";
import { BRAND_A, BRAND_B, commitOne, newPendingCall, newRefusedCall, newWebhook, NOW, openTwoBrands, type Backend } from "../fixture.ts";

const THIS_HOUR = hourOf(NOW);
const ALL = { from: 0, to: NOW + DAY } as const;

async function addWebhook(store: Store, owner: User, name = "Orders") {
  const webhook = newWebhook(owner, { name });
  await store.webhooks.insertWebhook(webhook);
  return webhook;
}

/** The counts as sorted lines: hours after this one, outcome, status, limit of the duration, calls. */
async function counts(store: Store, brandId = BRAND_A, ownerId: string | null = null, span: { from: number; to: number } = ALL): Promise<readonly string[]> {
  const rows = await store.callHours.listCallCounts(brandId, ownerId, span);
  return rows.map(({ hour, outcome, status, within, calls }) => `${(hour - THIS_HOUR) / HOUR} ${outcome} ${status} ${within} ${calls}`).toSorted();
}

export function callHourSuite(backend: Backend): void {
  test("every call of a batch is counted once, alike ones together, and batches add up", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = await addWebhook(store, alice);
    const accepted = () => newPendingCall(webhook, [{ changes: { firstname: "Ann" }, deduplicateBy: null }]);
    await store.calls.commitCalls([accepted(), newPendingCall(webhook, null), accepted(), newPendingCall(webhook, null, { duration: 80 })]);
    await store.calls.commitCalls([accepted(), newPendingCall(webhook, null, { receivedAt: NOW + HOUR, duration: null })]);
    await store.calls.insertRefusedCalls([newRefusedCall(webhook), newRefusedCall(webhook, { status: 422 }), newRefusedCall(webhook)]);
    await store.calls.insertRefusedCalls([newRefusedCall(webhook)]);
    expect(await counts(store)).toEqual([
      "0 accepted 200 3 3",
      "0 refused 401 3 3",
      "0 refused 422 3 1",
      "0 sample 200 100 1",
      "0 sample 200 3 1",
      "1 sample 200 0 1",
    ]);
  });

  test("a call that is not in the log is in no count: refused by what is stored, over the quota, or failed", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = await addWebhook(store, alice);
    await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    expect(await commitOne(store, webhook, [{ changes: { firstname: "Ann" }, deduplicateBy: "unknown" }])).not.toMatchObject({ kind: "accepted" });
    const quota = { day: "2026-11-24", endsAt: NOW + DAY, limit: 0 };
    expect(await store.calls.commitCalls([{ ...newPendingCall(webhook, null), quota }])).toEqual([{ kind: "over-quota" }]);
    const twice = newPendingCall(webhook, null);
    const outcomes = await store.calls.commitCalls([twice, twice]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["sample", "failed"]);
    expect(await counts(store)).toEqual(["0 sample 200 3 1"]);
  });

  test("an hour begins where it does in UTC, and a span holds its first hour and not its last", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = await addWebhook(store, alice);
    for (const receivedAt of [THIS_HOUR - 1, THIS_HOUR, THIS_HOUR + HOUR - 1, THIS_HOUR + HOUR]) await commitOne(store, webhook, null, { receivedAt });
    expect(await counts(store)).toEqual(["-1 sample 200 3 1", "0 sample 200 3 2", "1 sample 200 3 1"]);
    expect(await counts(store, BRAND_A, null, { from: THIS_HOUR, to: THIS_HOUR + HOUR })).toEqual(["0 sample 200 3 2"]);
    expect(await counts(store, BRAND_A, null, { from: THIS_HOUR, to: THIS_HOUR })).toEqual([]);
  });

  test("counts are those of the brand, or of one owner's webhooks, whoever owns them now", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    const [ofAlice, ofAdam, ofBob] = [await addWebhook(store, alice), await addWebhook(store, adam), await addWebhook(store, bob)];
    for (const webhook of [ofAlice, ofAlice, ofAdam, ofBob, ofBob, ofBob]) await commitOne(store, webhook, null);
    const all = async () => [await counts(store), await counts(store, BRAND_A, alice.id), await counts(store, BRAND_A, adam.id), await counts(store, BRAND_B)];
    expect(await all()).toEqual([["0 sample 200 3 3"], ["0 sample 200 3 2"], ["0 sample 200 3 1"], ["0 sample 200 3 3"]]);
    expect(await counts(store, BRAND_A, bob.id)).toEqual([]);
    expect(await counts(store, BRAND_B, alice.id)).toEqual([]);
  });

  test("deleting a webhook and erasing a customer leave the counts as they are", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = await addWebhook(store, alice);
    const written = await commitOne(store, webhook, [{ changes: { firstname: "Ann" }, deduplicateBy: null }]);
    await store.calls.eraseCustomer(BRAND_A, written.kind === "accepted" ? written.customerIds[0]! : "");
    await store.webhooks.deleteWebhook(BRAND_A, webhook.id);
    expect(await counts(store)).toEqual(["0 accepted 200 3 1"]);
    expect(await counts(store, BRAND_A, alice.id)).toEqual(["0 accepted 200 3 1"]);
  });

  test("webhooks that took calls in a span are told once each; refused calls, deleted webhooks and other brands are not", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    const taking = await addWebhook(store, alice, "Taking");
    const other = await addWebhook(store, adam, "Of Adam");
    const refusing = await addWebhook(store, alice, "Refusing");
    const deleted = await addWebhook(store, alice, "Deleted");
    const foreign = await addWebhook(store, bob, "Foreign");
    for (const webhook of [taking, taking, other, deleted, foreign]) await commitOne(store, webhook, null);
    await commitOne(store, taking, null, { receivedAt: NOW + HOUR });
    await store.calls.insertRefusedCalls([newRefusedCall(refusing)]);
    await store.webhooks.deleteWebhook(BRAND_A, deleted.id);
    const names = async (brandId: string, ownerId: string | null, from: number, to: number) =>
      (await store.callHours.listTakingWebhooks(brandId, ownerId, { from, to })).map(({ name }) => name).toSorted();
    expect(await names(BRAND_A, null, THIS_HOUR, THIS_HOUR + DAY)).toEqual(["Of Adam", "Taking"]);
    expect(await names(BRAND_A, null, THIS_HOUR + HOUR, THIS_HOUR + DAY)).toEqual(["Taking"]);
    expect(await names(BRAND_A, adam.id, THIS_HOUR, THIS_HOUR + DAY)).toEqual(["Of Adam"]);
    expect(await names(BRAND_A, null, THIS_HOUR - DAY, THIS_HOUR)).toEqual([]);
    expect(await names(BRAND_B, null, THIS_HOUR, THIS_HOUR + DAY)).toEqual(["Foreign"]);
  });

  test("a count is swept 35 days after its hour, and not before", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = await addWebhook(store, alice);
    await commitOne(store, webhook, null);
    await commitOne(store, webhook, null, { receivedAt: NOW + 2 * HOUR });
    await store.sweep(THIS_HOUR + 35 * DAY - 1);
    expect(await counts(store)).toHaveLength(2);
    await store.sweep(THIS_HOUR + 35 * DAY);
    expect(await counts(store)).toEqual(["2 sample 200 3 1"]);
  });

  test("batches at the same time lose no count", async () => {
    const { store, alice, bob } = await openTwoBrands(backend);
    const webhooks = [await addWebhook(store, alice), await addWebhook(store, alice), await addWebhook(store, bob)];
    const batches = Array.from({ length: 20 }, (_, index) => webhooks.map((_webhook, place) => webhooks[(place + index) % webhooks.length]!));
    await Promise.all(
      batches.map((batch, index) =>
        index % 2
          ? store.calls.commitCalls(batch.map((webhook) => newPendingCall(webhook, null)))
          : store.calls.insertRefusedCalls(batch.map((webhook) => newRefusedCall(webhook))),
      ),
    );
    expect(await counts(store)).toEqual(["0 refused 401 3 20", "0 sample 200 3 20"]);
    expect(await counts(store, BRAND_B)).toEqual(["0 refused 401 3 10", "0 sample 200 3 10"]);
  });
}
