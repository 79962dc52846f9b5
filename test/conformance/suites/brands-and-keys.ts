import { expect, test } from "vitest";
import { BRAND_A, BRAND_B, NOW, openTwoBrands, type Backend } from "../fixture.ts";

export function brandSuite(backend: Backend): void {
  test("the default brand is there from the start, named Default, in UTC, with no module active", async () => {
    const store = await backend.openEmpty();
    const brand = await store.brands.findBrand(BRAND_A);
    expect(brand).toMatchObject({ id: BRAND_A, name: "Default", timeZone: "UTC" });
    expect(brand?.modules.size).toBe(0);
  });

  test("a brand is found by id and by name whatever its letter case, and its name is taken whatever its letter case", async () => {
    const { store } = await openTwoBrands(backend);
    expect((await store.brands.findBrandByName("bETA"))?.id).toBe(BRAND_B);
    expect(await store.brands.findBrandByName("Gamma")).toBeUndefined();
    expect(await store.brands.findBrand("no such brand")).toBeUndefined();
    expect(await store.brands.insertBrand({ id: "c", name: "BETA", timeZone: "UTC", createdAt: NOW })).toBe(false);
    expect((await store.brands.listBrands()).map((brand) => brand.name)).toEqual(["Beta", "Default"]);
  });

  test("a brand keeps its own name when it is changed, and cannot take another's", async () => {
    const { store } = await openTwoBrands(backend);
    expect(await store.brands.updateBrand(BRAND_B, { name: "BETA", timeZone: "Asia/Tokyo" })).toBe("updated");
    expect(await store.brands.findBrand(BRAND_B)).toMatchObject({ name: "BETA", timeZone: "Asia/Tokyo" });
    expect(await store.brands.updateBrand(BRAND_B, { name: "default", timeZone: "UTC" })).toBe("name-taken");
    expect(await store.brands.updateBrand("no such brand", { name: "Gamma", timeZone: "UTC" })).toBe("not-found");
    expect(await store.brands.findBrand(BRAND_B)).toMatchObject({ name: "BETA", timeZone: "Asia/Tokyo" });
  });

  test("a module is switched on and off for one brand, twice as well as once, and for no other brand", async () => {
    const { store } = await openTwoBrands(backend);
    await store.brands.activateModule(BRAND_B, "oauth2-server", NOW);
    await store.brands.activateModule(BRAND_B, "oauth2-server", NOW + 1);
    expect((await store.brands.findBrand(BRAND_B))?.modules.has("oauth2-server")).toBe(true);
    expect((await store.brands.findBrand(BRAND_A))?.modules.has("oauth2-server")).toBe(false);
    await store.brands.deactivateModule(BRAND_A, "oauth2-server");
    expect((await store.brands.findBrand(BRAND_B))?.modules.has("oauth2-server")).toBe(true);
    await store.brands.deactivateModule(BRAND_B, "oauth2-server");
    await store.brands.deactivateModule(BRAND_B, "oauth2-server");
    expect((await store.brands.findBrand(BRAND_B))?.modules.has("oauth2-server")).toBe(false);
  });
}

const times = { createdAt: NOW, activatesAt: NOW + 10 };
const seal = (id: number): Uint8Array => new Uint8Array([id, 0, 255]);

export function keySuite(backend: Backend): void {
  test("keys get the ids 1, 2, 3…, are sealed for their id, and come back as they were", async () => {
    const store = await backend.openEmpty();
    expect(await store.keys.listKeys()).toEqual([]);
    expect(await store.keys.insertKey(times, seal)).toBe(1);
    expect(await store.keys.insertKey(times, seal)).toBe(2);
    const keys = await store.keys.listKeys();
    expect(keys).toMatchObject([
      { id: 1, ...times, revokedAt: null },
      { id: 2, ...times, revokedAt: null },
    ]);
    expect(keys.map((key) => Buffer.from(key.sealed).toJSON().data)).toEqual([
      [1, 0, 255],
      [2, 0, 255],
    ]);
  });

  test("of many first keys at once one is made", async () => {
    const store = await backend.openEmpty();
    const ids = await Promise.all(Array.from({ length: 20 }, () => store.keys.insertKey(times, seal, true)));
    expect(ids.filter((id) => id !== null)).toEqual([1]);
    expect(await store.keys.listKeys()).toHaveLength(1);
  });

  test("a key is revoked once, and a revoked key's id is never used again", async () => {
    const store = await backend.openEmpty();
    await store.keys.insertKey(times, seal);
    expect(await store.keys.revokeKey(1, NOW + 20)).toBe(true);
    expect(await store.keys.revokeKey(1, NOW + 30)).toBe(false);
    expect(await store.keys.revokeKey(7, NOW)).toBe(false);
    expect((await store.keys.listKeys())[0]?.revokedAt).toBe(NOW + 20);
    expect(await store.keys.insertKey(times, seal)).toBe(2);
    expect(await store.keys.insertKey(times, seal, true)).toBeNull();
  });
}
