import { expect, test } from "vitest";
import { REFUSED_REQUESTS_KEPT, type RefusedStranger } from "../../../src/oauth/refused-request.ts";
import { BRAND_A, BRAND_B, FIRST_PAGE, NOW, openTwoBrands, walk, type Backend } from "../fixture.ts";

function stranger(index: number, more: Partial<RefusedStranger> = {}): RefusedStranger {
  const id = String(index).padStart(6, "0");
  return {
    id,
    refusedAt: NOW + index,
    reference: `R${index}`,
    path: "/oauth2/token",
    clientId: null,
    address: null,
    error: "invalid_client",
    reason: "Why.",
    ...more,
  };
}

export function refusedRequestSuite(backend: Backend): void {
  test("an application's refused requests come newest first, for its own brand, one by reference", async () => {
    const { store } = await openTwoBrands(backend);
    const request = { brandId: BRAND_A, clientId: "client", error: "invalid_request", reason: "Why." } as const;
    const one = { ...request, id: "1", refusedAt: NOW, reference: "R1", sentRedirectUri: null };
    const two = { ...request, id: "2", refusedAt: NOW + 1, reference: "R2", sentRedirectUri: "https://shop.example/…" };
    await store.refusedRequests.insertRefusedRequests([one, two]);
    const list = (brandId: string, clientId: string, reference: string | null) =>
      store.refusedRequests.listRefusedRequests(brandId, clientId, reference, FIRST_PAGE);
    expect((await list(BRAND_A, "client", null)).rows).toEqual([two, one]);
    expect((await list(BRAND_A, "client", "R1")).rows).toEqual([one]);
    expect((await list(BRAND_B, "client", null)).rows).toEqual([]);
    expect((await list(BRAND_A, "other", null)).rows).toEqual([]);
  });

  test("what strangers were refused comes back newest first, page by page, as it was", async () => {
    const store = await backend.openEmpty();
    const full = stranger(2, { clientId: "client", address: "203.0.113.9" });
    await store.refusedRequests.insertRefusedStrangers([stranger(1), full]);
    await store.refusedRequests.insertRefusedStrangers([stranger(3)]);
    expect((await store.refusedRequests.listRefusedStrangers(FIRST_PAGE)).rows).toEqual([stranger(3), full, stranger(1)]);
    expect(await walk((page) => store.refusedRequests.listRefusedStrangers(page), 1)).toEqual([stranger(3), full, stranger(1)]);
  });

  test("of strangers the newest stay, however many come and however many at once", async () => {
    const store = await backend.openEmpty();
    const kept = async () => (await store.refusedRequests.listRefusedStrangers({ limit: 5_000, after: null })).rows.map(({ reference }) => reference);
    for (let index = 0; index < 3; index++) await store.refusedRequests.insertRefusedStrangers([stranger(index)]);
    await store.refusedRequests.insertRefusedStrangers(Array.from({ length: REFUSED_REQUESTS_KEPT - 2 }, (_, index) => stranger(index + 3)));
    expect([(await kept()).length, (await kept()).at(-1)]).toEqual([REFUSED_REQUESTS_KEPT, "R1"]);
    await store.refusedRequests.insertRefusedStrangers(Array.from({ length: 3 * REFUSED_REQUESTS_KEPT }, (_, index) => stranger(index + 10_000)));
    expect([(await kept()).length, (await kept()).at(-1)]).toEqual([REFUSED_REQUESTS_KEPT, "R12000"]);
  });
}
