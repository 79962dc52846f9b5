import { expect, test } from "vitest";
import type { CustomerFieldName } from "../../../src/customers/customer-fields.ts";
import type { CustomerWrite } from "../../../src/customers/customer.ts";
import {
  BRAND_A,
  BRAND_B,
  commitOne,
  FIRST_PAGE,
  newPendingCall,
  newWebhook,
  NOW,
  openTwoBrands,
  writeCustomer,
  type Backend,
  type TwoBrands,
} from "../fixture.ts";

interface Opened extends TwoBrands {
  readonly webhook: ReturnType<typeof newWebhook>;
  readonly webhookB: ReturnType<typeof newWebhook>;
  readonly byEmail: string;
  readonly byNumber: string;
  readonly byName: string;
}

async function open(backend: Backend): Promise<Opened> {
  const brands = await openTwoBrands(backend);
  const { store } = brands;
  const webhook = newWebhook(brands.alice);
  const webhookB = newWebhook(brands.bob);
  for (const each of [webhook, webhookB]) await store.webhooks.insertWebhook(each);
  const set = async (fields: readonly CustomerFieldName[]): Promise<string> => (await store.customers.ensureFieldSet(BRAND_A, fields)).id;
  return {
    ...brands,
    webhook,
    webhookB,
    byEmail: await set(["emailaddress"]),
    byNumber: await set(["externalid"]),
    byName: await set(["firstname", "lastname"]),
  };
}

const customersOf = async ({ store }: Opened, brandId = BRAND_A) => (await store.customers.listCustomers(brandId, null, FIRST_PAGE)).rows;
const callsOf = async ({ store }: Opened, brandId = BRAND_A) =>
  (await store.calls.listCalls(brandId, { webhookId: null, ownerId: null, outcome: null }, FIRST_PAGE)).rows;

export function commitCallsSuite(backend: Backend): void {
  test("the customers that one batch makes are as old as their calls came, also behind a call that is refused for what was stored before", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail } = opened;
    const stored = await writeCustomer(store, webhook, { emailaddress: "b@example.com", externalid: "1" });
    const outcomes = await store.calls.commitCalls([
      newPendingCall(webhook, [
        { changes: { emailaddress: "a@example.com" }, deduplicateBy: null },
        { changes: { externalid: "2" }, deduplicateBy: null },
        { changes: { emailaddress: "b@example.com", externalid: "2" }, deduplicateBy: byEmail },
      ]),
      newPendingCall(webhook, [{ changes: { emailaddress: "a@example.com", city: "Delft" }, deduplicateBy: byEmail }]),
      newPendingCall(webhook, [{ changes: { emailaddress: "a@example.com", city: "Breda" }, deduplicateBy: null }]),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["refused", "accepted", "accepted"]);
    expect((await customersOf(opened)).map(({ id, fields }) => fields.city ?? id)).toEqual(["Breda", "Delft", stored]);
    // The older of the two owns the key.
    await writeCustomer(store, webhook, { emailaddress: "a@example.com", city: "Utrecht" }, byEmail);
    expect((await customersOf(opened)).map(({ id, fields }) => fields.city ?? id)).toEqual(["Breda", "Utrecht", stored]);
  });

  test("a call without a mapping is kept as a sample with its body, and writes no customer", async () => {
    const opened = await open(backend);
    const pending = newPendingCall(opened.webhook, null);
    expect(await opened.store.calls.commitCalls([pending])).toEqual([{ kind: "sample" }]);
    expect(await opened.store.calls.findCall(BRAND_A, pending.call.id)).toEqual({
      ...pending.call,
      outcome: "sample",
      status: 200,
      reason: null,
      customerIds: [],
      answer: null,
      repeatOf: null,
      webhookName: "Orders",
      sensitivePaths: [],
      ownerId: opened.alice.id,
    });
    expect(await customersOf(opened)).toEqual([]);
  });

  test("a mapped call keeps the customers that it wrote, by index of the object", async () => {
    const opened = await open(backend);
    const pending = newPendingCall(opened.webhook, [
      { changes: { emailaddress: "ann@example.com" }, deduplicateBy: opened.byEmail },
      { changes: { emailaddress: "bo@example.com" }, deduplicateBy: opened.byEmail },
      { changes: { emailaddress: "ANN@example.com " }, deduplicateBy: opened.byEmail },
    ]);
    const [outcome] = await opened.store.calls.commitCalls([pending]);
    if (outcome?.kind !== "accepted") throw new Error("not accepted");
    const [ann, bo, again] = outcome.customerIds;
    expect(again).toBe(ann);
    expect(bo).not.toBe(ann);
    expect(await opened.store.calls.findCall(BRAND_A, pending.call.id)).toMatchObject({ outcome: "accepted", status: 200, customerIds: [ann, bo, ann] });
    expect(await customersOf(opened)).toHaveLength(2);
  });

  test("an empty batch and a call with an empty array are fine", async () => {
    const opened = await open(backend);
    expect(await opened.store.calls.commitCalls([])).toEqual([]);
    expect(await commitOne(opened.store, opened.webhook, [])).toEqual({ kind: "accepted", customerIds: [] });
  });

  test("defaults apply when a customer is made, to fields that the object does not mention, and never on an update", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail } = opened;
    const id = await writeCustomer(store, webhook, { emailaddress: "ann@example.com", optin: "N", status: null }, byEmail);
    expect((await store.customers.findCustomer(BRAND_A, id))?.fields).toEqual({ emailaddress: "ann@example.com", optin: "N", smsoptin: "Y" });
    await writeCustomer(store, webhook, { emailaddress: "ann@example.com", smsoptin: null }, byEmail);
    expect((await store.customers.findCustomer(BRAND_A, id))?.fields).toEqual({ emailaddress: "ann@example.com", optin: "N" });
  });

  test("an update changes what is given, clears what is null or empty, and leaves the rest", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail } = opened;
    const id = await writeCustomer(store, webhook, { emailaddress: "ann@example.com", city: "Delft", zipcode: "1", title: "Dr" }, byEmail);
    const outcome = await commitOne(
      store,
      webhook,
      [{ changes: { emailaddress: "ann@example.com", city: "Breda", zipcode: null, title: "" }, deduplicateBy: byEmail }],
      {
        receivedAt: NOW + 5,
      },
    );
    expect(outcome).toEqual({ kind: "accepted", customerIds: [id] });
    expect(await store.customers.findCustomer(BRAND_A, id)).toEqual({
      id,
      brandId: BRAND_A,
      fields: { emailaddress: "ann@example.com", city: "Breda", optin: "Y", smsoptin: "Y", status: "PROSPECT" },
      createdAt: NOW,
      updatedAt: NOW + 5,
    });
  });

  test("a mapping without deduplication always creates, also with the values of an existing customer, who goes on being found", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail } = opened;
    const first = await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, byEmail);
    const second = await writeCustomer(store, webhook, { emailaddress: "ann@example.com" });
    expect(second).not.toBe(first);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, byEmail)).toBe(first);
  });

  test("keys ignore surrounding space, the spelling of accents, and the letter case of e-mail addresses only", async () => {
    const opened = await open(backend);
    const { store, webhook, byName, byEmail } = opened;
    const id = await writeCustomer(store, webhook, { firstname: "Zoë", lastname: "Bos", emailaddress: "Zoe@Example.com" });
    expect(await writeCustomer(store, webhook, { firstname: " Zoe\u0308 ", lastname: "Bos" }, byName)).toBe(id);
    expect(await writeCustomer(store, webhook, { emailaddress: "zoe@example.COM" }, byEmail)).toBe(id);
    expect(await writeCustomer(store, webhook, { firstname: "zoë", lastname: "Bos" }, byName)).not.toBe(id);
  });

  test("a missing, null, empty or blank key value refuses the call, naming object and fields; a default is no value", async () => {
    const opened = await open(backend);
    const { store, webhook, byName } = opened;
    const good: CustomerWrite = { changes: { firstname: "Bo", lastname: "Bos" }, deduplicateBy: byName };
    for (const lastname of [undefined, null, "", "  "]) {
      const changes = lastname === undefined ? { firstname: "Ann" } : { firstname: "Ann", lastname };
      expect(await commitOne(store, webhook, [good, { changes, deduplicateBy: byName }])).toEqual({
        kind: "refused",
        index: 1,
        reason: "key-value-missing",
        fields: ["lastname"],
      });
    }
    const byOptIn = (await store.customers.ensureFieldSet(BRAND_A, ["optin"])).id;
    expect(await commitOne(store, webhook, [{ changes: {}, deduplicateBy: byOptIn }])).toMatchObject({ kind: "refused", index: 0, fields: ["optin"] });
    expect(await customersOf(opened)).toEqual([]);
  });

  test("a refused call changes nothing, and is neither in the log nor counted: whoever refuses it writes it down", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail, byNumber } = opened;
    await writeCustomer(store, webhook, { emailaddress: "ann@example.com", externalid: "1" });
    const bo = await writeCustomer(store, webhook, { emailaddress: "bo@example.com", externalid: "2" });
    const before = await customersOf(opened);
    const pending = newPendingCall(webhook, [
      { changes: { emailaddress: "new@example.com" }, deduplicateBy: byEmail },
      { changes: { emailaddress: "bo@example.com", city: "Delft" }, deduplicateBy: byEmail },
      { changes: { externalid: "2", emailaddress: "ann@example.com" }, deduplicateBy: byNumber },
    ]);
    expect(await store.calls.commitCalls([pending])).toEqual([{ kind: "refused", index: 2, reason: "key-taken", fields: ["emailaddress"] }]);
    expect(await store.calls.findCall(BRAND_A, pending.call.id)).toBeUndefined();
    expect(await customersOf(opened)).toEqual(before);
    // Nor did the discarded customer leave its key behind.
    expect(await writeCustomer(store, webhook, { emailaddress: "new@example.com" }, byEmail)).not.toBe(bo);
    expect(await customersOf(opened)).toHaveLength(3);
  });

  test("an update may keep or leave its own keys, and a key that was left is free for a new customer", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail, byNumber } = opened;
    const ann = await writeCustomer(store, webhook, { emailaddress: "ann@example.com", externalid: "1" }, byNumber);
    expect(await writeCustomer(store, webhook, { emailaddress: "ANN@example.com", externalid: "1" }, byNumber)).toBe(ann);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@new.example", externalid: "1" }, byNumber)).toBe(ann);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@new.example" }, byEmail)).toBe(ann);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, byEmail)).not.toBe(ann);
  });

  test("a new customer does not take a key of another field set from its older owner", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail, byNumber } = opened;
    const ann = await writeCustomer(store, webhook, { emailaddress: "ann@example.com", externalid: "1" }, byNumber);
    const second = await writeCustomer(store, webhook, { emailaddress: "ann@example.com", externalid: "2" }, byNumber);
    expect(second).not.toBe(ann);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, byEmail)).toBe(ann);
    // The younger one may be written as long as it does not claim the key by moving to it.
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com", externalid: "2", city: "Delft" }, byNumber)).toBe(second);
    // It inherits the key when the older one leaves it, within one body as well.
    const outcome = await commitOne(store, webhook, [
      { changes: { emailaddress: "ann@example.com", externalid: "3" }, deduplicateBy: byNumber },
      { changes: { emailaddress: null, externalid: "1" }, deduplicateBy: byNumber },
      { changes: { emailaddress: "ann@example.com" }, deduplicateBy: byEmail },
      { changes: { emailaddress: null, externalid: "2" }, deduplicateBy: byNumber },
      { changes: { emailaddress: "ann@example.com" }, deduplicateBy: byEmail },
    ]);
    if (outcome.kind !== "accepted") throw new Error("not accepted");
    const [third, ...found] = outcome.customerIds;
    expect(found).toEqual([ann, second, second, third]);
  });

  test("calls of one batch see what the calls before them did, in order of arrival", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail, byNumber } = opened;
    const batch = [
      newPendingCall(webhook, [{ changes: { emailaddress: "ann@example.com", externalid: "1", city: "Delft" }, deduplicateBy: byEmail }]),
      newPendingCall(webhook, [{ changes: { emailaddress: "ann@example.com", city: "Breda" }, deduplicateBy: byEmail }]),
      newPendingCall(webhook, [{ changes: { externalid: "1", emailaddress: "moved@example.com" }, deduplicateBy: byNumber }]),
      newPendingCall(webhook, [{ changes: { emailaddress: "ann@example.com" }, deduplicateBy: byEmail }]),
      newPendingCall(webhook, [{ changes: { externalid: "1", emailaddress: "ann@example.com" }, deduplicateBy: byNumber }]),
      newPendingCall(webhook, null),
    ];
    const outcomes = await store.calls.commitCalls(batch);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["accepted", "accepted", "accepted", "accepted", "refused", "sample"]);
    const ids = outcomes.flatMap((outcome) => (outcome.kind === "accepted" ? outcome.customerIds : []));
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    expect((await store.customers.findCustomer(BRAND_A, ids[0]!))?.fields).toMatchObject({ city: "Breda", emailaddress: "moved@example.com" });
    expect((await callsOf(opened)).map((call) => call.id)).toEqual([0, 1, 2, 3, 5].map((index) => batch[index]!.call.id).toReversed());
  });

  test("50 calls with one key at once make one customer, in batches and one by one", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail } = opened;
    const call = (city: string) => newPendingCall(webhook, [{ changes: { emailaddress: "ann@example.com", city }, deduplicateBy: byEmail }]);
    const outcomes = await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        store.calls.commitCalls(index % 2 ? [call(`${index}`)] : [call(`${index}`), call(`${index}`), call(`${index}`)]),
      ),
    );
    expect(outcomes.flat()).toHaveLength(51);
    expect(new Set(outcomes.flat().map((outcome) => (outcome.kind === "accepted" ? outcome.customerIds[0] : outcome.kind))).size).toBe(1);
    expect(await customersOf(opened)).toHaveLength(1);
  });

  test("a call that cannot be written fails alone, and its neighbours are written in their order", async () => {
    const opened = await open(backend);
    const { store, webhook, byEmail } = opened;
    const good = (email: string) => newPendingCall(webhook, [{ changes: { emailaddress: email }, deduplicateBy: byEmail }]);
    const first = good("ann@example.com");
    const doubled = { ...good("lost@example.com"), call: first.call };
    const unknownSet = newPendingCall(webhook, [{ changes: { emailaddress: "lost@example.com" }, deduplicateBy: "no such set" }]);
    const outcomes = await store.calls.commitCalls([first, doubled, good("ANN@example.com"), unknownSet, good("bo@example.com")]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["accepted", "failed", "accepted", "failed", "accepted"]);
    expect((await customersOf(opened)).map((customer) => customer.fields.emailaddress)).toEqual(["bo@example.com", "ANN@example.com"]);
    expect(await callsOf(opened)).toHaveLength(3);
    expect(await writeCustomer(store, webhook, { emailaddress: "lost@example.com" }, byEmail)).toBeDefined();
  });

  test("one batch of two brands finds each brand's customers only, and a set of the other brand is unknown", async () => {
    const opened = await open(backend);
    const { store, webhook, webhookB, byEmail } = opened;
    const byEmailB = (await store.customers.ensureFieldSet(BRAND_B, ["emailaddress"])).id;
    const changes = { emailaddress: "ann@example.com" };
    const outcomes = await store.calls.commitCalls([
      newPendingCall(webhook, [{ changes, deduplicateBy: byEmail }]),
      newPendingCall(webhookB, [{ changes, deduplicateBy: byEmailB }]),
      newPendingCall(webhookB, [{ changes, deduplicateBy: byEmail }]),
      newPendingCall(webhook, [{ changes, deduplicateBy: byEmail }]),
    ]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["accepted", "accepted", "failed", "accepted"]);
    expect(await customersOf(opened)).toHaveLength(1);
    expect(await customersOf(opened, BRAND_B)).toHaveLength(1);
    expect(await callsOf(opened, BRAND_B)).toHaveLength(1);
  });

  test("a body of 6 MB and values of every kind come back as they were", async () => {
    const opened = await open(backend);
    const body = `{"text":"${"é😀".repeat(1_000_000)}"}`;
    const pending = newPendingCall(opened.webhook, [{ changes: { city: "'; drop table customers; --", state: "\u0000\n😀" }, deduplicateBy: null }], { body });
    const [outcome] = await opened.store.calls.commitCalls([pending]);
    if (outcome?.kind !== "accepted") throw new Error("not accepted");
    expect((await opened.store.calls.findCall(BRAND_A, pending.call.id))?.body === body).toBe(true);
    expect((await opened.store.customers.findCustomer(BRAND_A, outcome.customerIds[0]!))?.fields).toMatchObject({
      city: "'; drop table customers; --",
      state: "\u0000\n😀",
    });
  });
}
