/** The quota of calls a day, and the headers that tell of it (draft-ietf-httpapi-ratelimit-headers-10). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLS_A_DAY, callQuotaOf } from "../../src/brands/call-quota.ts";
import { addRefusedCalls } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, post, receiving, type Answer, type Receiving } from "./receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

const POLICY = `"day";q=${CALLS_A_DAY};w=86400`;
/** The clock stands at noon UTC. */
const HALF_A_DAY = 43_200;
const remaining = ({ headers }: Answer) => /^"day";r=(\d+);t=43200$/.exec(headers.get("ratelimit") ?? "")?.[1];

/** As if the brand had made so many calls today. */
async function useUp({ webhook, brandId }: Receiving, calls: number): Promise<void> {
  const brand = (await hookgate.services.brands.find(brandId))!;
  const quota = callQuotaOf(brand, hookgate.clock.now())!;
  const [id] = await addRefusedCalls(hookgate, webhook, [{}]);
  const call = (await hookgate.store.calls.findCall(brandId, id!))!;
  for (let made = 0; made < calls; made += 5_000) {
    const rows = Array.from({ length: Math.min(5_000, calls - made) }, (_, index) => ({ ...call, id: `${id}-${made + index}`, quota }));
    await hookgate.store.calls.insertRefusedCalls(rows);
  }
}

describe("an authenticated answer tells of the quota", () => {
  test("each one, whatever its status, and each call counts", async () => {
    const { send, tokenFor, clientId } = await receiving(hookgate, BY_EMAIL);
    const answers = [
      await send("no JSON"),
      await send({ email: "ada@example.com", gender: "X" }),
      await send({ email: "ada@example.com" }),
      await send({ firstname: "no key" }),
      await send("<xml/>", { "content-type": "application/xml" }),
      await send({}, { "idempotency-key": "" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 422, 200, 422, 415, 400]);
    expect(answers.map(({ headers }) => headers.get("ratelimit-policy"))).toEqual(answers.map(() => POLICY));
    expect(answers.map(remaining)).toEqual([1, 2, 3, 4, 5, 6].map((calls) => `${CALLS_A_DAY - calls}`));
    const authorization = `Bearer ${await tokenFor(clientId)}`;
    expect(remaining(await send({ email: "ada@example.com" }, { authorization }))).toBe(`${CALLS_A_DAY - 7}`);
  });

  test("repeats under one idempotency key count too, and so does another body under it", async () => {
    const { send } = await receiving(hookgate, BY_EMAIL);
    const key = { "idempotency-key": "k" };
    const answers = [await send({ email: "a@example.com" }, key), await send({ email: "a@example.com" }, key), await send({ email: "b@example.com" }, key)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 422]);
    expect(answers.map(remaining)).toEqual([1, 2, 3].map((calls) => `${CALLS_A_DAY - calls}`));
  });

  test("a stranger is told nothing, and does not count", async () => {
    const { send, endpoint, token } = await receiving(hookgate, BY_EMAIL);
    for (const answer of [
      await post(endpoint, {}, { "content-type": "application/json" }),
      await post(endpoint, {}, { authorization: "Bearer wrong", "content-type": "application/json" }),
      await post(endpoint, {}, { authorization: `Bearer ${token}` }, "PUT"),
    ]) {
      expect(answer.headers.has("ratelimit")).toBe(false);
      expect(answer.headers.has("ratelimit-policy")).toBe(false);
    }
    expect(remaining(await send({ email: "a@example.com" }))).toBe(`${CALLS_A_DAY - 1}`);
  });

  test("the first answer already knows what was counted before", async () => {
    const place = await receiving(hookgate, BY_EMAIL);
    await useUp(place, 40);
    expect(remaining(await place.send("no JSON"))).toBe(`${CALLS_A_DAY - 41}`);
  });
});

describe("when the calls of the day are used up", () => {
  test("429 until the brand's next day, nothing is written, and Webhook Pro lifts it", { timeout: 60_000 }, async () => {
    const place = await receiving(hookgate, BY_EMAIL);
    const { send, customers, calls, brandId } = place;
    await useUp(place, CALLS_A_DAY - 2);
    const key = { "idempotency-key": "k" };
    expect(remaining(await send({ email: "a@example.com" }, key))).toBe("1");
    // At once, so that only the commit can tell which of them is the last.
    const last = await Promise.all(Array.from({ length: 20 }, (_, index) => send({ email: `${index}@example.com` })));
    expect(last.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = last.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(19);
    for (const answer of refused) {
      expect(answer.json).toMatchObject({ type: "urn:hookgate:problem:quota-used-up", status: 429 });
      expect(answer.headers.get("retry-after")).toBe(`${HALF_A_DAY}`);
      expect(remaining(answer)).toBe("0");
    }
    expect(await send({ email: "a@example.com" }, key)).toMatchObject({ status: 429 });
    expect(await customers()).toHaveLength(2);
    const newest = (await calls()).filter(({ status }) => status === 429);
    expect(newest).toHaveLength(20);
    expect(newest[0]).toMatchObject({ outcome: "refused", body: null, authenticated: false, applicationName: "Shop sync" });

    await hookgate.store.brands.activateModule(brandId, "webhook-pro", hookgate.clock.now());
    const lifted = await send({ email: "a@example.com" }, key);
    expect(lifted.status).toBe(200);
    expect(lifted.headers.get("idempotent-replayed")).toBe("true");
    expect(lifted.headers.has("ratelimit")).toBe(false);
    expect(lifted.headers.has("ratelimit-policy")).toBe(false);
    await hookgate.store.brands.deactivateModule(brandId, "webhook-pro");
    expect((await send({ email: "a@example.com" })).status).toBe(429);
  });

  test("the next day begins at midnight in the brand's time zone", async () => {
    const place = await receiving(hookgate, BY_EMAIL);
    const brand = (await hookgate.services.brands.find(place.brandId))!;
    await hookgate.store.brands.updateBrand(place.brandId, { name: brand.name, timeZone: "Asia/Tokyo" });
    const { headers } = await place.send({ email: "a@example.com" });
    // Noon UTC is nine in the evening there.
    expect(headers.get("ratelimit")).toBe(`"day";r=${CALLS_A_DAY - 1};t=${3 * 3_600}`);
  });
});
