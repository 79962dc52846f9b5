import { expect, test } from "vitest";
import type { OptionField } from "../../../src/customers/option-field.ts";
import type { Store } from "../../../src/store/store.ts";
import { BRAND_A, BRAND_B, commitOne, FIRST_PAGE, newWebhook, NOW, openTwoBrands, writeCustomer, type Backend } from "../fixture.ts";

const TIER: OptionField = { brandId: BRAND_A, name: "option.tier", label: "Loyalty tier", kind: "choice", choices: ["GOLD", "SILVER"] };
const NUMBER: OptionField = { brandId: BRAND_A, name: "option.member_number", label: "Member number", kind: "text", choices: [] };

async function openWithFields(backend: Backend) {
  const brands = await openTwoBrands(backend);
  for (const field of [TIER, NUMBER]) await brands.store.optionFields.insertOptionField(field, 10);
  const webhook = newWebhook(brands.alice);
  await brands.store.webhooks.insertWebhook(webhook);
  return { ...brands, webhook };
}

const namesOf = async (store: Store) => (await store.optionFields.listOptionFields(BRAND_A)).map(({ name }) => name);

/** Sweeps until nothing is left; gives how often something was. */
async function sweepAll(store: Store): Promise<number> {
  let sweeps = 0;
  while ((await store.sweep(NOW)) > 0) sweeps += 1;
  return sweeps;
}

export function optionFieldSuite(backend: Backend): void {
  test("option fields come back as they were added, in their order, in their brand only", async () => {
    const { store } = await openWithFields(backend);
    expect(await store.optionFields.listOptionFields(BRAND_A)).toEqual([TIER, NUMBER]);
    expect(await store.optionFields.listOptionFields(BRAND_B)).toEqual([]);
  });

  test("twenty of one name at once get a name each, and never more than the limit are taken", async () => {
    const { store } = await openTwoBrands(backend);
    const names = await Promise.all(Array.from({ length: 20 }, () => store.optionFields.insertOptionField(TIER, 15)));
    expect(names.filter((name) => name === undefined)).toHaveLength(5);
    expect(new Set(names.filter(Boolean)).size).toBe(15);
    expect(await namesOf(store)).toHaveLength(15);
    expect(await store.optionFields.insertOptionField({ ...TIER, brandId: BRAND_B }, 15)).toBe("option.tier");
  });

  test("label and choices change; another brand's field and a deleted one do not", async () => {
    const { store } = await openWithFields(backend);
    const change = { label: "Tier", choices: ["GOLD"] };
    expect(await store.optionFields.updateOptionField(BRAND_B, "option.tier", change)).toBe(false);
    expect(await store.optionFields.updateOptionField(BRAND_A, "option.nothing", change)).toBe(false);
    expect(await store.optionFields.updateOptionField(BRAND_A, "option.tier", change)).toBe(true);
    expect(await store.optionFields.listOptionFields(BRAND_A)).toEqual([{ ...TIER, ...change }, NUMBER]);
    await store.optionFields.deleteOptionField(BRAND_A, "option.tier");
    expect(await store.optionFields.updateOptionField(BRAND_A, "option.tier", change)).toBe(false);
  });

  test("a field moves one place at a time and stays where there is none, past deleted ones too", async () => {
    const { store } = await openWithFields(backend);
    await store.optionFields.insertOptionField({ ...TIER, name: "option.last", label: "Last" }, 10);
    await store.optionFields.moveOptionField(BRAND_A, "option.last", "up");
    expect(await namesOf(store)).toEqual(["option.tier", "option.last", "option.member_number"]);
    await store.optionFields.moveOptionField(BRAND_B, "option.last", "up");
    await store.optionFields.moveOptionField(BRAND_A, "option.tier", "up");
    await store.optionFields.moveOptionField(BRAND_A, "option.nothing", "up");
    await store.optionFields.moveOptionField(BRAND_A, "option.member_number", "down");
    expect(await namesOf(store)).toEqual(["option.tier", "option.last", "option.member_number"]);
    await store.optionFields.deleteOptionField(BRAND_A, "option.last");
    await store.optionFields.moveOptionField(BRAND_A, "option.tier", "down");
    expect(await namesOf(store)).toEqual(["option.member_number", "option.tier"]);
  });

  test("a field that a mapping writes is not deleted, and one of a similar name is no reason", async () => {
    const { store, alice } = await openWithFields(backend);
    await store.optionFields.insertOptionField({ ...TIER, name: "option.membernumber" }, 10);
    const writing = newWebhook(alice, { name: "Writing", mapping: { fields: [{ path: "$.n", field: "option.membernumber" }], deduplicateBy: [] } });
    await store.webhooks.insertWebhook(writing);
    expect(await store.optionFields.listWebhooksWriting(BRAND_A, "option.membernumber")).toEqual([{ id: writing.id, name: "Writing" }]);
    expect(await store.optionFields.listWebhooksWriting(BRAND_A, "option.member_number")).toEqual([]);
    expect(await store.optionFields.listWebhooksWriting(BRAND_B, "option.membernumber")).toEqual([]);
    expect(await store.optionFields.deleteOptionField(BRAND_A, "option.membernumber")).toBe("written");
    expect(await store.optionFields.deleteOptionField(BRAND_A, "option.member_number")).toBe("deleted");
    expect(await store.optionFields.deleteOptionField(BRAND_A, "option.member_number")).toBe("not-found");
    expect(await store.optionFields.deleteOptionField(BRAND_B, "option.tier")).toBe("not-found");
    await store.webhooks.deleteWebhook(BRAND_A, writing.id);
    expect(await store.optionFields.deleteOptionField(BRAND_A, "option.membernumber")).toBe("deleted");
  });

  test("sweeps take the values of a deleted field from every customer and search, a batch at a time, and nothing else", async () => {
    const { store, webhook } = await openWithFields(backend);
    const other = await writeCustomer(store, webhook, { city: "Delft" });
    const written = await commitOne(
      store,
      webhook,
      Array.from({ length: 620 }, (_, index) => ({ changes: { "option.tier": "GOLD", "option.member_number": `M${index}` }, deduplicateBy: null })),
    );
    const ids = written.kind === "accepted" ? written.customerIds : [];
    expect(ids).toHaveLength(620);
    await store.optionFields.deleteOptionField(BRAND_A, "option.tier");
    expect(await namesOf(store)).toEqual(["option.member_number"]);
    expect(await sweepAll(store)).toBe(3);
    for (const [index, id] of ids.entries()) {
      if (index % 60 === 0) expect((await store.customers.findCustomer(BRAND_A, id))?.fields).toMatchObject({ "option.member_number": `M${index}` });
      if (index % 60 === 0) expect((await store.customers.findCustomer(BRAND_A, id))?.fields["option.tier"]).toBeUndefined();
    }
    expect((await store.customers.findCustomer(BRAND_A, other))?.fields.city).toBe("Delft");
    expect((await store.customers.listCustomers(BRAND_A, "gold", FIRST_PAGE)).rows).toEqual([]);
    expect((await store.customers.listCustomers(BRAND_A, "m619", FIRST_PAGE)).rows).toHaveLength(1);
  });

  test("while values of a deleted field wait for their sweep its name is not given again", async () => {
    const { store } = await openWithFields(backend);
    await store.optionFields.deleteOptionField(BRAND_A, "option.tier");
    expect(await store.optionFields.insertOptionField(TIER, 10)).toBe("option.tier_2");
    await sweepAll(store);
    expect(await store.optionFields.insertOptionField(TIER, 10)).toBe("option.tier");
  });

  test("customers are found by an option field; with the field its field sets go, and those of others stay", async () => {
    const { store, alice, webhook } = await openWithFields(backend);
    const byNumber = await store.customers.ensureFieldSet(BRAND_A, ["option.member_number"]);
    const byBoth = await store.customers.ensureFieldSet(BRAND_A, ["option.member_number", "emailaddress"]);
    const gone = newWebhook(alice, {
      mapping: { fields: [{ path: "$.n", field: "option.member_number" }], deduplicateBy: ["option.member_number"] },
      fieldSetId: byNumber.id,
    });
    await store.webhooks.insertWebhook(gone);
    await store.webhooks.deleteWebhook(BRAND_A, gone.id);
    const byTier = await store.customers.ensureFieldSet(BRAND_A, ["option.tier"]);
    const ann = await writeCustomer(store, webhook, { "option.member_number": "1", "option.tier": "GOLD", emailaddress: "ann@example.com" }, byNumber.id);
    // A duplicate in one of the sets.
    const bob = await writeCustomer(store, webhook, { "option.member_number": "2", "option.tier": "GOLD", emailaddress: "bob@example.com" }, byNumber.id);
    expect(await writeCustomer(store, webhook, { "option.member_number": " 1 ", city: "Delft" }, byNumber.id)).toBe(ann);
    expect(bob).not.toBe(ann);
    await store.optionFields.deleteOptionField(BRAND_A, "option.member_number");
    await sweepAll(store);
    expect(await store.customers.findFieldSet(BRAND_A, byNumber.id)).toBeUndefined();
    expect(await store.customers.findFieldSet(BRAND_A, byBoth.id)).toBeUndefined();
    expect(await writeCustomer(store, webhook, { "option.tier": "GOLD", city: "Gouda" }, byTier.id)).toBe(ann);
    // The same name again: nobody is found by a value that is lost.
    await store.optionFields.insertOptionField(NUMBER, 10);
    const again = await store.customers.ensureFieldSet(BRAND_A, ["option.member_number"]);
    expect(again.id).not.toBe(byNumber.id);
    expect([ann, bob]).not.toContain(await writeCustomer(store, webhook, { "option.member_number": "1" }, again.id));
  });
}
