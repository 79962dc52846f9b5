import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR } from "../../src/lib/clock.ts";
import { refusalsByStatus, totalsByHour, totalsOf } from "../../src/overview/call-statistics.ts";
import { CALL_OUTCOMES, type Call } from "../../src/webhooks/calls/call.ts";
import { countByHour, hourOf } from "../../src/webhooks/calls/call-hours.ts";

const START = Date.UTC(2026, 10, 24);
const call = (given: Partial<Call>): Call => ({
  id: "call",
  brandId: "brand",
  webhookId: "webhook",
  receivedAt: START,
  duration: 1,
  outcome: "accepted",
  status: 200,
  reason: null,
  reference: "reference",
  authenticated: true,
  clientId: null,
  applicationName: null,
  headers: "",
  body: null,
  answer: null,
  repeatOf: null,
  customerIds: [],
  ...given,
});
const someCall = fc
  .record({
    webhookId: fc.constantFrom("a", "b"),
    receivedAt: fc.integer({ min: START, max: START + 5 * HOUR - 1 }),
    duration: fc.option(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.nat(10_000_000))),
    outcome: fc.constantFrom(...CALL_OUTCOMES),
    status: fc.constantFrom(200, 401, 422),
  })
  .map(call);
const someCalls = fc.array(someCall, { maxLength: 60 });
const HOURS = [0, 1, 2, 3, 4].map((index) => START + index * HOUR);

describe("counts by the hour", () => {
  test("hold each call once, and do not say what cannot be told apart twice", () => {
    fc.assert(
      fc.property(someCalls, (calls) => {
        const counts = countByHour(calls);
        expect(counts.reduce((sum, count) => sum + count.calls, 0)).toBe(calls.length);
        const keys = counts.map(({ webhookId, hour, outcome, status, within }) => `${webhookId} ${hour} ${outcome} ${status} ${within}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { hour } of counts) expect(hour % HOUR).toBe(0);
        for (const hour of HOURS) {
          expect(totalsOf(counts.filter((count) => count.hour === hour)).calls).toBe(calls.filter(({ receivedAt }) => hourOf(receivedAt) === hour).length);
        }
      }),
    );
  });

  test.each([
    [0, 1],
    [-5, 1],
    [1, 1],
    [2, 2],
    [4, 5],
    [8, 10],
    [10, 10],
    [11, 20],
    [299, 300],
    [70_001, 100_000],
    [null, 0],
  ])("a call of %j ms is within %d ms", (duration, within) => {
    expect(countByHour([call({ duration })])).toMatchObject([{ within }]);
  });
});

describe("totals", () => {
  test("by hour come to the totals of all, whatever order the counts have", () => {
    fc.assert(
      fc.property(someCalls, (calls) => {
        const counts = countByHour(calls);
        const all = totalsOf(counts);
        const byHour = totalsByHour(counts.toReversed(), HOURS);
        expect(byHour).toHaveLength(HOURS.length);
        for (const outcome of CALL_OUTCOMES) expect(byHour.reduce((sum, hour) => sum + hour.byOutcome[outcome], 0)).toBe(all.byOutcome[outcome]);
        expect(Object.values(all.byOutcome).reduce((sum, calls) => sum + calls, 0)).toBe(all.calls);
      }),
    );
  });

  test("the latency holds for as many calls as it says, and a smaller limit does not", () => {
    fc.assert(
      fc.property(someCalls, (calls) => {
        const measured = calls.flatMap(({ duration }) => duration ?? []);
        const { latency } = totalsOf(countByHour(calls));
        expect(latency === null).toBe(measured.length === 0);
        if (!latency) return;
        const share = (limit: number) => measured.filter((duration) => duration <= limit).length / measured.length;
        expect(share(latency.median)).toBeGreaterThanOrEqual(0.5);
        expect(share(latency.most)).toBeGreaterThanOrEqual(0.95);
        // The limits lie at most a factor of two apart.
        if (latency.median > 1) expect(share(Math.ceil(latency.median / 2) - 1)).toBeLessThan(0.5);
        if (latency.most > 1) expect(share(Math.ceil(latency.most / 2) - 1)).toBeLessThan(0.95);
        expect(latency.median).toBeLessThanOrEqual(latency.most);
      }),
    );
  });

  test("without calls there is nothing to say", () => {
    expect(totalsOf([])).toEqual({ calls: 0, byOutcome: { sample: 0, waiting: 0, accepted: 0, repeated: 0, refused: 0 }, latency: null });
    expect(refusalsByStatus([])).toEqual([]);
  });

  test("refusals are told by status, the most frequent first, and only of refused calls", () => {
    const counts = countByHour([
      call({ outcome: "refused", status: 422 }),
      ...Array.from({ length: 3 }, (_, index) => call({ outcome: "refused", status: 401, receivedAt: START + index * HOUR })),
      call({ outcome: "refused", status: 400, duration: 90 }),
      call({ status: 200 }),
    ]);
    expect(refusalsByStatus(counts)).toEqual([
      { status: 401, calls: 3 },
      { status: 400, calls: 1 },
      { status: 422, calls: 1 },
    ]);
  });
});
