import { expect, test } from "vitest";
import { BRAND_A, BRAND_B, commitOne, newPendingCall, newWebhook, NOW, openTwoBrands, writeCustomer, type Backend } from "../fixture.ts";

async function openWithWebhook(backend: Backend) {
  const brands = await openTwoBrands(backend);
  const webhook = newWebhook(brands.alice);
  await brands.store.webhooks.insertWebhook(webhook);
  const set = await brands.store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
  return { ...brands, webhook, set };
}

export function eraseCustomerSuite(backend: Backend): void {
  test("an erased customer is gone, and so is every object by which calls made and updated it; its neighbours stay as they were sent", async () => {
    const { store, webhook, set } = await openWithWebhook(backend);
    const ann = { changes: { emailaddress: "ann@example.com" }, deduplicateBy: set.id };
    const bea = { changes: { emailaddress: "bea@example.com" }, deduplicateBy: set.id };
    const list = newPendingCall(webhook, [ann, bea, ann], { body: '[ {"email":"ann@example.com"}, {"n":1.50} ,{"again":"ann"}]' });
    const single = newPendingCall(webhook, [ann], { body: ' {"email":"ann@example.com"} ', receivedAt: NOW + 5 });
    const [made] = await store.calls.commitCalls([list, single]);
    if (made?.kind !== "accepted") throw new Error("Not accepted.");
    const [annId = "", beaId = ""] = made.customerIds;
    expect(await store.calls.eraseCustomer(BRAND_B, annId)).toBe(false);
    expect(await store.calls.eraseCustomer(BRAND_A, annId)).toBe(true);
    expect(await store.customers.findCustomer(BRAND_A, annId)).toBeUndefined();
    expect(await store.customers.findCustomer(BRAND_A, beaId)).toBeDefined();
    expect((await store.calls.findCall(BRAND_A, list.call.id))?.body).toBe('[ {"erased":true}, {"n":1.50} ,{"erased":true}]');
    expect((await store.calls.findCall(BRAND_A, single.call.id))?.body).toBe(' {"erased":true} ');
    expect((await store.calls.findCall(BRAND_A, list.call.id))?.customerIds).toEqual(made.customerIds);
    expect(await store.calls.eraseCustomer(BRAND_A, annId)).toBe(false);
  });

  test("its key is free: the same value makes a new customer", async () => {
    const { store, webhook, set } = await openWithWebhook(backend);
    const first = await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id);
    await store.calls.eraseCustomer(BRAND_A, first);
    const second = await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id);
    expect(second).not.toBe(first);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id)).toBe(second);
  });

  test("the oldest duplicate inherits the key; an erased duplicate inherits nothing any more", async () => {
    const { store, webhook, set } = await openWithWebhook(backend);
    const ids: string[] = [];
    for (let index = 0; index < 4; index++) ids.push(await writeCustomer(store, webhook, { emailaddress: "ann@example.com", city: String(index) }));
    const [owner = "", second = "", third = "", fourth = ""] = ids;
    await store.calls.eraseCustomer(BRAND_A, second);
    await store.calls.eraseCustomer(BRAND_A, owner);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id)).toBe(third);
    await store.calls.eraseCustomer(BRAND_A, third);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id)).toBe(fourth);
  });

  test("more calls than one transaction looks at are all seen, and samples and calls of others are not touched", async () => {
    const { store, webhook, set } = await openWithWebhook(backend);
    const id = await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id);
    const others = Array.from({ length: 1_100 }, () => newPendingCall(webhook, null, { body: '{"email":"ann@example.com"}' }));
    await store.calls.commitCalls(others);
    const last = newPendingCall(webhook, [{ changes: { emailaddress: "ann@example.com" }, deduplicateBy: set.id }]);
    await store.calls.commitCalls([last]);
    expect(await store.calls.eraseCustomer(BRAND_A, id)).toBe(true);
    expect((await store.calls.findCall(BRAND_A, last.call.id))?.body).toBe('{"erased":true}');
    expect((await store.calls.findCall(BRAND_A, others[700]!.call.id))?.body).toBe('{"email":"ann@example.com"}');
  });

  test("a call that updates the customer while it is erased leaves either no value of it or a customer made anew", async () => {
    const { store, webhook, set } = await openWithWebhook(backend);
    const id = await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id);
    const write = { changes: { emailaddress: "ann@example.com" }, deduplicateBy: set.id };
    const pending = Array.from({ length: 10 }, () => newPendingCall(webhook, [write]));
    const [erased, ...outcomes] = await Promise.all([store.calls.eraseCustomer(BRAND_A, id), ...pending.map((call) => store.calls.commitCalls([call]))]);
    expect(erased).toBe(true);
    expect(await store.customers.findCustomer(BRAND_A, id)).toBeUndefined();
    for (const [index, [outcome]] of outcomes.entries()) {
      if (outcome?.kind !== "accepted") throw new Error("Not accepted.");
      const body = (await store.calls.findCall(BRAND_A, pending[index]!.call.id))?.body;
      expect(body === '{"erased":true}').toBe(outcome.customerIds[0] === id);
    }
  });

  test("a call whose body was not kept is passed over", async () => {
    const { store, webhook, set } = await openWithWebhook(backend);
    const outcome = await commitOne(store, webhook, [{ changes: { emailaddress: "ann@example.com" }, deduplicateBy: set.id }], { body: null });
    if (outcome.kind !== "accepted") throw new Error("Not accepted.");
    expect(await store.calls.eraseCustomer(BRAND_A, outcome.customerIds[0]!)).toBe(true);
  });
}
