import { expect, test } from "vitest";
import { BRAND_A, BRAND_B, commitOne, FIRST_PAGE, newWebhook, NOW, openTwoBrands, walk, writeCustomer, type Backend, type TwoBrands } from "../fixture.ts";

async function openWithWebhooks(backend: Backend) {
  const brands: TwoBrands = await openTwoBrands(backend);
  const webhook = newWebhook(brands.alice);
  const webhookB = newWebhook(brands.bob);
  for (const each of [webhook, webhookB]) await brands.store.webhooks.insertWebhook(each);
  return { ...brands, webhook, webhookB };
}

export function customerSuite(backend: Backend): void {
  test("a customer comes back with its fields, in its brand only", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    const id = await writeCustomer(store, webhook, { emailaddress: "Ann@Example.com", city: "Örebro" });
    expect(await store.customers.findCustomer(BRAND_A, id)).toEqual({
      id,
      brandId: BRAND_A,
      fields: { emailaddress: "Ann@Example.com", city: "Örebro", optin: "Y", smsoptin: "Y", status: "PROSPECT" },
      createdAt: NOW,
      updatedAt: NOW,
    });
    expect(await store.customers.findCustomer(BRAND_B, id)).toBeUndefined();
    expect((await store.customers.listCustomers(BRAND_B, null, FIRST_PAGE)).rows).toEqual([]);
    expect((await store.customers.listCustomers(BRAND_B, "ann", FIRST_PAGE)).rows).toEqual([]);
  });

  test("customers are listed newest first, page by page without gap or repetition, also while new ones arrive", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    const ids: string[] = [];
    for (let index = 0; index < 7; index++) ids.unshift(await writeCustomer(store, webhook, { city: `City ${index}` }));
    const first = await store.customers.listCustomers(BRAND_A, null, { limit: 3, after: null });
    await writeCustomer(store, webhook, { city: "late" });
    const rest = await walk((page) => store.customers.listCustomers(BRAND_A, null, { ...page, after: page.after ?? first.next }), 2);
    expect([...first.rows, ...rest].map((customer) => customer.id)).toEqual(ids);
  });

  test("a full last page has no next one", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    for (let index = 0; index < 2; index++) await writeCustomer(store, webhook, {});
    expect((await store.customers.listCustomers(BRAND_A, null, { limit: 2, after: null })).next).toBeNull();
  });

  test("a search finds a value that contains the text, letter case ignored, in any alphabet", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    await writeCustomer(store, webhook, { firstname: "ÅSA", lastname: "Öberg", city: "Malmö" });
    await writeCustomer(store, webhook, { firstname: "Bo", city: "Oslo" });
    const found = async (search: string): Promise<readonly (string | undefined)[]> =>
      (await store.customers.listCustomers(BRAND_A, search, FIRST_PAGE)).rows.map((customer) => customer.fields.firstname);
    expect(await found("åsa")).toEqual(["ÅSA"]);
    expect(await found("ÖBER")).toEqual(["ÅSA"]);
    expect(await found("A\u030asa")).toEqual(["ÅSA"]);
    expect(await found("o")).toEqual(["Bo", "ÅSA"]);
    expect(await found("")).toEqual(["Bo", "ÅSA"]);
    expect(await found("åsaöberg")).toEqual([]);
    expect(await found("nobody")).toEqual([]);
  });

  test("a search of more customers than are looked at in one go finds each once, frequent or rare, page by page", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    const cities = Array.from({ length: 1_300 }, (_, index) => ([0, 1, 798, 799, 800, 801, 1_299].includes(index) ? "Rarotonga" : "Graz"));
    await commitOne(
      store,
      webhook,
      cities.map((city, index) => ({ changes: { city, firstname: String(index) }, deduplicateBy: null })),
    );
    const found = async (search: string, limit: number) =>
      (await walk((page) => store.customers.listCustomers(BRAND_A, search, page), limit)).map(({ fields }) => Number(fields.firstname));
    const numbersOf = (wanted: string) => cities.flatMap((city, index) => (city === wanted ? [index] : [])).toReversed();
    for (const limit of [1, 3, 50]) expect(await found("rarotonga", limit)).toEqual(numbersOf("Rarotonga"));
    for (const limit of [200, 2_000]) expect(await found("graz", limit)).toEqual(numbersOf("Graz"));
    expect(await found("nowhere", 50)).toEqual([]);
  });

  test("the characters of the database's own patterns are ordinary in a search, and so is a text without end", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    await writeCustomer(store, webhook, { city: "100%_\\'" });
    await writeCustomer(store, webhook, { city: "1000" });
    const count = async (search: string): Promise<number> => (await store.customers.listCustomers(BRAND_A, search, FIRST_PAGE)).rows.length;
    for (const search of ["%", "_", "\\", "'", "0%_\\"]) expect(await count(search)).toBe(1);
    expect(await count("1_0")).toBe(0);
    expect(await count("%".repeat(100_000))).toBe(0);
  });

  test("a search sees a changed value and no longer the earlier one", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    const set = await store.customers.ensureFieldSet(BRAND_A, ["externalid"]);
    await writeCustomer(store, webhook, { externalid: "7", city: "Delft" }, set.id);
    await writeCustomer(store, webhook, { externalid: "7", city: "Breda" }, set.id);
    expect((await store.customers.listCustomers(BRAND_A, "delft", FIRST_PAGE)).rows).toHaveLength(0);
    expect((await store.customers.listCustomers(BRAND_A, "breda", FIRST_PAGE)).rows).toHaveLength(1);
  });
}

export function fieldSetSuite(backend: Backend): void {
  test("one choice of fields is one set of the brand, however it was ticked and by however many at once", async () => {
    const { store } = await openWithWebhooks(backend);
    const sets = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.customers.ensureFieldSet(BRAND_A, index % 2 ? ["city", "emailaddress"] : ["emailaddress", "city", "city"]),
      ),
    );
    expect(new Set(sets.map((set) => set.id)).size).toBe(1);
    expect(sets[0]).toMatchObject({ brandId: BRAND_A, fields: ["city", "emailaddress"] });
    const other = await store.customers.ensureFieldSet(BRAND_B, ["city", "emailaddress"]);
    expect(other.id).not.toBe(sets[0]!.id);
    expect(await store.customers.findFieldSet(BRAND_A, sets[0]!.id)).toEqual(sets[0]);
    expect(await store.customers.findFieldSet(BRAND_B, sets[0]!.id)).toBeUndefined();
  });

  test("a set without a field is refused: every customer would be the same", async () => {
    const { store } = await openWithWebhooks(backend);
    await expect(store.customers.ensureFieldSet(BRAND_A, [])).rejects.toThrow("needs a field");
  });

  test("a new set finds the customers that were there before it, more than one batch of them", async () => {
    const { store, webhook, ids } = await manyCustomers(backend, 450);
    const set = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    for (const index of [0, 199, 200, 449]) {
      expect(await writeCustomer(store, webhook, { emailaddress: ` P${index}@example.COM` }, set.id)).toBe(ids[index]);
    }
  });

  test("of customers that agree already the oldest is found, and when it changes the next oldest is", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    const [first, second, third] = await threeAlike(store, webhook);
    const set = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    const byNumber = await store.customers.ensureFieldSet(BRAND_A, ["externalid"]);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id)).toBe(first);
    await writeCustomer(store, webhook, { externalid: "1", emailaddress: "moved@example.com" }, byNumber.id);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id)).toBe(second);
    await writeCustomer(store, webhook, { externalid: "2", emailaddress: null }, byNumber.id);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id)).toBe(third);
    await writeCustomer(store, webhook, { externalid: "3", emailaddress: null }, byNumber.id);
    const fresh = await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id);
    expect([first, second, third]).not.toContain(fresh);
  });

  test("a duplicate that changes away is not found by what it had", async () => {
    const { store, webhook } = await openWithWebhooks(backend);
    const [first, , third] = await threeAlike(store, webhook);
    const set = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    const byNumber = await store.customers.ensureFieldSet(BRAND_A, ["externalid"]);
    await writeCustomer(store, webhook, { externalid: "2", emailaddress: "moved@example.com" }, byNumber.id);
    await writeCustomer(store, webhook, { externalid: "1", emailaddress: null }, byNumber.id);
    expect(await writeCustomer(store, webhook, { emailaddress: "ann@example.com" }, set.id)).toBe(third);
    expect(first).not.toBe(third);
  });

  test("customers that are written while a set is being filled get their keys too, and the older one owns a shared key", async () => {
    const { store, webhook, ids } = await manyCustomers(backend, 450);
    const filling = store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
    const fresh = await Promise.all(Array.from({ length: 20 }, (_, index) => writeCustomer(store, webhook, { emailaddress: `new${index}@example.com` })));
    const late = Array.from({ length: 20 }, (_, index) => writeCustomer(store, webhook, { emailaddress: `p${index * 20}@example.com`, city: "late" }));
    const [set] = await Promise.all([filling, ...late]);
    for (let index = 0; index < 20; index++) {
      expect(await writeCustomer(store, webhook, { emailaddress: `p${index * 20}@example.com` }, set.id)).toBe(ids[index * 20]);
      expect(await writeCustomer(store, webhook, { emailaddress: `new${index}@example.com` }, set.id)).toBe(fresh[index]);
    }
  });
}

async function threeAlike(store: TwoBrands["store"], webhook: ReturnType<typeof newWebhook>): Promise<readonly string[]> {
  const outcome = await commitOne(
    store,
    webhook,
    ["1", "2", "3"].map((externalid) => ({ changes: { externalid, emailaddress: "ann@example.com" }, deduplicateBy: null })),
  );
  if (outcome.kind !== "accepted") throw new Error("The call was not accepted.");
  return outcome.customerIds;
}

async function manyCustomers(backend: Backend, count: number) {
  const opened = await openWithWebhooks(backend);
  const outcome = await commitOne(
    opened.store,
    opened.webhook,
    Array.from({ length: count }, (_, index) => ({ changes: { emailaddress: `p${index}@example.com` }, deduplicateBy: null })),
  );
  if (outcome.kind !== "accepted") throw new Error("The call was not accepted.");
  return { ...opened, ids: outcome.customerIds };
}
