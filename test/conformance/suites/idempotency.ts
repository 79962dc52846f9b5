import { expect, test } from "vitest";
import type { PendingCall } from "../../../src/webhooks/webhook-store.ts";
import { addPeople, BRAND_A, FIRST_PAGE, newPendingCall, newWebhook, NOW, openTwoBrands, writeCustomer, type Backend, type SharedBackend } from "../fixture.ts";

const CLAIM = { digest: "key", bodyDigest: "body", expiresAt: NOW + 100 };
const CREATE = [{ changes: { city: "Delft" }, deduplicateBy: null }];
const ANY = { webhookId: null, ownerId: null, outcome: null } as const;
const QUOTA = { day: "2026-01-01", endsAt: NOW + 1_000, limit: 100 };

async function open(backend: Backend) {
  const brands = await openTwoBrands(backend);
  const { store, alice, bob } = brands;
  const webhook = newWebhook(alice);
  const webhookB = newWebhook(bob);
  for (const each of [webhook, webhookB]) await store.webhooks.insertWebhook(each);
  const claimed = (given: Partial<typeof CLAIM> = {}, call: Partial<PendingCall["call"]> = {}, writes: PendingCall["writes"] = CREATE): PendingCall => ({
    ...newPendingCall(webhook, writes, call),
    claim: { ...CLAIM, ...given },
  });
  const broken = (given: Partial<typeof CLAIM> = {}): PendingCall => ({ ...claimed(given, {}, null), breaksRule: true });
  const commit = async (pending: PendingCall) => (await store.calls.commitCalls([pending]))[0]!;
  const countCustomers = async () => (await store.customers.listCustomers(BRAND_A, null, FIRST_PAGE)).rows.length;
  return { ...brands, webhook, webhookB, claimed, broken, commit, countCustomers };
}

export function idempotencySuite(backend: Backend): void {
  test("a call that repeats another gives its customers again, writes none, and is in the log without its body", async () => {
    const { store, claimed, commit, countCustomers } = await open(backend);
    const first = claimed({}, {}, [...CREATE, ...CREATE]);
    const outcome = await commit(first);
    if (outcome.kind !== "accepted") throw new Error(`not accepted but ${outcome.kind}`);
    const again = claimed({ expiresAt: NOW + 200 }, { reference: "again", receivedAt: NOW + 5 });
    expect(await commit(again)).toEqual({ kind: "repeated", customerIds: outcome.customerIds, isWaiting: false });
    expect(await countCustomers()).toBe(2);
    expect(await store.calls.findCall(BRAND_A, again.call.id)).toMatchObject({
      ...again.call,
      outcome: "repeated",
      status: 200,
      reason: null,
      body: null,
      answer: null,
      customerIds: [],
      repeatOf: first.call.id,
    });
    const repeatedThrice = claimed({}, { receivedAt: NOW + 99 });
    expect(await commit(repeatedThrice)).toEqual({ kind: "repeated", customerIds: outcome.customerIds, isWaiting: false });
    expect(await store.calls.findCall(BRAND_A, repeatedThrice.call.id)).toMatchObject({ repeatOf: first.call.id });
  });

  test("a sample and a call of no objects are repeated as what they were, whatever has been mapped since", async () => {
    const { commit, claimed } = await open(backend);
    expect(await commit(claimed({}, {}, null))).toEqual({ kind: "sample" });
    expect(await commit(claimed())).toEqual({ kind: "repeated", customerIds: null, isWaiting: false });
    expect(await commit(claimed({ digest: "other" }, {}, []))).toEqual({ kind: "accepted", customerIds: [] });
    expect(await commit(claimed({ digest: "other" }, {}, null))).toEqual({ kind: "repeated", customerIds: [], isWaiting: false });
  });

  test("another body with the key is told so, and nothing of it is written", async () => {
    const { store, commit, claimed, countCustomers } = await open(backend);
    await commit(claimed());
    const other = claimed({ bodyDigest: "another" });
    expect(await commit(other)).toEqual({ kind: "key-reused" });
    expect(await countCustomers()).toBe(1);
    expect(await store.calls.findCall(BRAND_A, other.call.id)).toBeUndefined();
    expect(await commit(claimed())).toMatchObject({ kind: "repeated" });
  });

  test("another key, another webhook, another brand and no key at all repeat nothing", async () => {
    const { store, alice, webhookB, commit, claimed, countCustomers } = await open(backend);
    const other = newWebhook(alice);
    await store.webhooks.insertWebhook(other);
    await commit(claimed());
    const { claim } = claimed();
    for (const pending of [
      claimed({ digest: "KEY" }),
      { ...newPendingCall(other, CREATE), claim },
      { ...newPendingCall(webhookB, CREATE), claim },
      { ...claimed(), claim: undefined },
    ]) {
      expect(await commit(pending)).toMatchObject({ kind: "accepted" });
    }
    expect(await countCustomers()).toBe(4);
  });

  test("a key is free again at its expiry, swept or not, and then it is claimed anew", async () => {
    const { store, commit, claimed, countCustomers } = await open(backend);
    await commit(claimed());
    expect(await commit(claimed({}, { receivedAt: NOW + 99 }))).toMatchObject({ kind: "repeated" });
    const second = claimed({ bodyDigest: "another", expiresAt: NOW + 300 }, { receivedAt: NOW + 100 });
    expect(await commit(second)).toMatchObject({ kind: "accepted" });
    const repeat = claimed({ bodyDigest: "another" }, { receivedAt: NOW + 299 });
    expect(await commit(repeat)).toMatchObject({ kind: "repeated" });
    expect(await store.calls.findCall(BRAND_A, repeat.call.id)).toMatchObject({ repeatOf: second.call.id });
    expect(await store.sweep(NOW + 299)).toBe(0);
    expect(await store.sweep(NOW + 300)).toBe(1);
    expect(await commit(claimed({}, { receivedAt: NOW + 200 }))).toMatchObject({ kind: "accepted" });
    expect(await countCustomers()).toBe(3);
  });

  test("a refused call claims nothing: mended, it takes effect under the same key", async () => {
    const { store, webhook, commit, claimed, countCustomers } = await open(backend);
    const byEmail = (await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"])).id;
    const missing = [...CREATE, { changes: { city: "Delft" }, deduplicateBy: byEmail }];
    expect(await commit(claimed({}, {}, missing))).toMatchObject({ kind: "refused" });
    expect(await commit(claimed({ bodyDigest: "mended" }))).toMatchObject({ kind: "accepted" });
    expect(await commit(claimed({ bodyDigest: "mended" }, {}, missing))).toMatchObject({ kind: "repeated" });
    expect(await countCustomers()).toBe(1);
    await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, byEmail);
  });

  test("a call that breaks a rule repeats what was claimed, and claims and writes nothing otherwise", async () => {
    const { store, commit, claimed, broken, countCustomers } = await open(backend);
    expect(await commit(broken())).toEqual({ kind: "no-repeat" });
    expect((await store.calls.listCalls(BRAND_A, ANY, FIRST_PAGE)).rows).toEqual([]);
    expect(await commit(claimed())).toMatchObject({ kind: "accepted" });
    expect(await commit(broken())).toMatchObject({ kind: "repeated" });
    expect(await commit(broken({ bodyDigest: "another" }))).toEqual({ kind: "key-reused" });
    expect(await countCustomers()).toBe(1);
  });

  test("calls of one batch with one key: the first that is not refused takes effect, the others repeat it", async () => {
    const { store, commit, claimed, broken, countCustomers } = await open(backend);
    const byEmail = (await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"])).id;
    const refused = claimed({}, {}, [{ changes: {}, deduplicateBy: byEmail }]);
    const first = claimed();
    const outcomes = await store.calls.commitCalls([refused, broken(), first, claimed(), claimed({ bodyDigest: "another" }), claimed()]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["refused", "no-repeat", "accepted", "repeated", "key-reused", "repeated"]);
    expect(await commit(claimed())).toMatchObject({ kind: "repeated" });
    expect(await countCustomers()).toBe(1);
  });

  test("a call that cannot be written claims nothing, and its neighbours are written or repeated", async () => {
    const { store, claimed, countCustomers } = await open(backend);
    const spoilt = claimed({}, {}, [{ changes: {}, deduplicateBy: "no such set" }]);
    const outcomes = await store.calls.commitCalls([claimed({ digest: "other" }), spoilt, claimed(), claimed()]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["accepted", "failed", "accepted", "repeated"]);
    expect(await countCustomers()).toBe(2);
  });

  test("what is in the log is counted, repeats too; what is not is not; and where nothing is left nothing is repeated", async () => {
    const { store, claimed, broken } = await open(backend);
    const quota = { ...QUOTA, limit: 3 };
    const counted = (given: Partial<typeof CLAIM> = {}) => ({ ...claimed(given), quota });
    const batch = [counted(), counted(), counted({ bodyDigest: "another" }), { ...broken({ digest: "free" }), quota }, counted(), counted()];
    expect(await store.calls.commitCalls(batch)).toMatchObject([
      { kind: "accepted", callsToday: 1 },
      { kind: "repeated", callsToday: 2 },
      { kind: "key-reused" },
      { kind: "no-repeat" },
      { kind: "repeated", callsToday: 3 },
      { kind: "over-quota" },
    ]);
    expect(await store.calls.countCallsOfDay(BRAND_A, quota.day)).toBe(3);
  });

  test("50 at once with one key take effect once, in batches and one by one", async () => {
    const { store, claimed, countCustomers } = await open(backend);
    const batches = Array.from({ length: 25 }, (_, index) => (index % 2 ? [claimed()] : [claimed(), claimed(), claimed()]));
    const outcomes = (await Promise.all(batches.map((batch) => store.calls.commitCalls(batch)))).flat();
    expectOneEffect(outcomes);
    expect(await countCustomers()).toBe(1);
  });
}

export function sharedIdempotencySuite(backend: SharedBackend): void {
  test("50 at once with one key, spread over both, take effect once", async () => {
    const stores = await backend.openTwo();
    const { alice } = await addPeople(stores[0]);
    const webhook = newWebhook(alice);
    await stores[0].webhooks.insertWebhook(webhook);
    const claimed = () => ({ ...newPendingCall(webhook, CREATE), claim: CLAIM });
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, index) => stores[index % 2]!.calls.commitCalls([claimed()])));
    expectOneEffect(outcomes.flat());
    expect((await stores[1].customers.listCustomers(BRAND_A, null, FIRST_PAGE)).rows).toHaveLength(1);
  });

  test("batches of both that share two keys, each in another order, end", async () => {
    const stores = await backend.openTwo();
    const { alice } = await addPeople(stores[0]);
    const webhook = newWebhook(alice);
    await stores[0].webhooks.insertWebhook(webhook);
    const claimed = (digest: string) => ({ ...newPendingCall(webhook, CREATE), claim: { ...CLAIM, digest } });
    const batches = Array.from({ length: 20 }, (_, index) => (index % 2 ? [claimed("a"), claimed("b")] : [claimed("b"), claimed("a")]));
    const outcomes = await Promise.all(batches.map((batch, index) => stores[index % 2]!.calls.commitCalls(batch)));
    expect(outcomes.flat().filter(({ kind }) => kind === "accepted")).toHaveLength(2);
    expect(outcomes.flat().filter(({ kind }) => kind === "repeated")).toHaveLength(38);
  });
}

function expectOneEffect(outcomes: readonly { readonly kind: string }[]): void {
  expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(["accepted", ...Array.from({ length: outcomes.length - 1 }, () => "repeated")]);
  expect(new Set(outcomes.map((outcome) => JSON.stringify((outcome as { customerIds?: unknown }).customerIds))).size).toBe(1);
}
