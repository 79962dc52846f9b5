/** The arithmetic of `npm run bench`: a number that is wrong looks exactly like one that is right. */
import { describe, expect, test } from "vitest";
import { planOf, GAP, takeSample } from "../bench/request-plan.ts";
import { summaryOf, type Round, type ScenarioResult } from "../bench/results.ts";
import { MIN_ROUNDS, quantileOf, quartilesOf, ratioOf } from "../bench/statistics.ts";

const repeated = (value: number, times = MIN_ROUNDS) => Array.from({ length: times }, () => value);

describe("quartiles", () => {
  test("lie between two values where no value stands at their place", () => {
    expect(quartilesOf([4, 1, 3, 2])).toEqual({ lower: 1.75, median: 2.5, upper: 3.25 });
    expect(quartilesOf([5, 1, 4, 2, 3])).toEqual({ lower: 2, median: 3, upper: 4 });
  });

  test("of one value are that value, of none no number", () => {
    expect(quartilesOf([7])).toEqual({ lower: 7, median: 7, upper: 7 });
    expect(quartilesOf([]).median).toBeNaN();
  });

  test("put numbers in order as numbers, and leave the list as it was", () => {
    const values = [10, 9, 100];
    expect(quartilesOf(values).median).toBe(10);
    expect(values).toEqual([10, 9, 100]);
  });

  test("the 99th of a hundred and one values is the last but one", () => {
    const ordered = Float64Array.from({ length: 101 }, (_, index) => index);
    expect(quantileOf(ordered, 0.99)).toBe(99);
    expect(quantileOf(ordered, 1)).toBe(100);
  });
});

describe("a ratio", () => {
  test("is refused from fewer than 20 rounds", () => {
    expect(MIN_ROUNDS).toBe(20);
    expect(ratioOf(repeated(2, 19), repeated(1, 19))).toEqual({ kind: "too-few-rounds", rounds: 19 });
    expect(ratioOf(repeated(2), repeated(1))).toEqual({ kind: "ratio", lower: 2, median: 2, upper: 2 });
  });

  test("is formed within each round: a slow spell that hits both cancels out", () => {
    const base = Array.from({ length: 20 }, (_, round) => (round < 12 ? 100 : 300));
    const candidate = base.map((value) => value * 1.1);
    // The rounds were slow for both in turn, so the medians of each by itself would say the same by luck only.
    const shifted = ratioOf(candidate, base);
    expect(shifted.kind === "ratio" && [shifted.lower, shifted.median, shifted.upper].map((value) => value.toFixed(3))).toEqual(["1.100", "1.100", "1.100"]);
  });

  test("needs a base in every round", () => {
    expect(() => ratioOf(repeated(1, 21), repeated(1, 20))).toThrow(RangeError);
  });
});

const round = (values: Partial<Round>): Round => ({ requestsPerSecond: 1_000, cpuMicroseconds: 50, p50: 1, p99: 2, generatorBusy: 0.5, ...values });
const scenario = (rounds: number): ScenarioResult => ({
  name: "made-up",
  title: "Made up",
  connections: 1,
  base: "floor",
  othersBusy: 0,
  candidates: [
    { name: "fast", configuration: "", peakMemory: 1, rounds: Array.from({ length: rounds }, () => round({ cpuMicroseconds: 60, generatorBusy: 0.95 })) },
    { name: "floor", configuration: "", peakMemory: 1, rounds: Array.from({ length: rounds }, () => round({})) },
  ],
});

describe("the summary of a scenario", () => {
  test("compares CPU time with the base and says where the generator was the limit", () => {
    const [fast, floor] = summaryOf(scenario(20));
    expect(fast).toMatchObject({ ratio: { kind: "ratio", median: 1.2 }, generatorWasLimit: true, cpuMicroseconds: { median: 60 } });
    expect(floor).toMatchObject({ ratio: { kind: "ratio", median: 1 }, generatorWasLimit: false });
  });

  test("of a short run has numbers, but no ratio", () => {
    expect(summaryOf(scenario(3))[0]).toMatchObject({ cpuMicroseconds: { median: 60 }, ratio: { kind: "too-few-rounds", rounds: 3 } });
  });
});

describe("a planned request", () => {
  test("announces the length that its body has with a value in the gap", () => {
    const plan = planOf({ path: "/hooks/1", body: `{"a":"${GAP}"}`, values: { kind: "cycle", values: ["one", "two"] } });
    const request = plan.parts.join("two");
    expect(request).toMatch(/\r\nContent-Length: 11\r\n\r\n\{"a":"two"\}$/);
    expect(takeSample(plan).request).toBe(request);
  });

  test("that is tried out uses up a value that works once, and no other", () => {
    const plan = planOf({ path: "/oauth2/token", body: `code=${GAP}`, values: { kind: "once", values: ["a", "b"] } });
    const { request, rest } = takeSample(plan);
    expect(request).toContain("code=b");
    expect(rest.values).toEqual({ kind: "once", values: ["a"] });
    expect(takeSample(planOf({ path: "/" })).rest.values).toEqual({ kind: "fixed" });
  });
});
