import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { barHeights, LEAST_HEIGHT, roundCeiling, stepPath } from "../../src/web/parts/chart-scale.ts";

const HEIGHT = 160;
const someCount = fc.oneof(
  fc.constant(0),
  fc.constant(1),
  fc.nat(20),
  fc.nat(10_000_000),
  fc.maxSafeNat().map((count) => Math.floor(count / 8)),
);
const someBar = fc.array(someCount, { minLength: 4, maxLength: 4 });
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

describe("the top of a scale", () => {
  test("holds the greatest value, wastes less than half of the height, and is a round number", () => {
    fc.assert(
      fc.property(fc.oneof(someCount, fc.double({ min: 0, max: 1e12, noNaN: true })), (greatest) => {
        const ceiling = roundCeiling(greatest);
        expect(ceiling).toBeGreaterThanOrEqual(greatest);
        if (greatest > 1) expect(ceiling).toBeLessThanOrEqual(2 * greatest);
        expect(String(ceiling)).toMatch(/^[12468]0*$/);
      }),
    );
  });

  test.each([
    [0, 1],
    [1, 1],
    [1.5, 2],
    [3, 4],
    [9, 10],
    [10, 10],
    [11, 20],
    [600_000, 600_000],
    [600_001, 800_000],
  ])("of %d it is %d", (greatest, ceiling) => {
    expect(roundCeiling(greatest)).toBe(ceiling);
  });

  test("never falls when the greatest value grows", () => {
    fc.assert(fc.property(someCount, someCount, (a, b) => roundCeiling(Math.min(a, b)) <= roundCeiling(Math.max(a, b))));
  });
});

describe("the heights of a bar", () => {
  test("stay within the chart, show every value that is there and none that is not", () => {
    fc.assert(
      fc.property(someBar, fc.nat(1_000_000), (values, above) => {
        const heights = barHeights(values, roundCeiling(sum(values) + above), HEIGHT);
        expect(sum(heights)).toBeLessThanOrEqual(HEIGHT + 1e-6);
        for (const [index, value] of values.entries()) {
          if (value === 0) expect(heights[index]).toBe(0);
          else expect(heights[index]).toBeGreaterThanOrEqual(LEAST_HEIGHT);
        }
      }),
    );
  });

  test("are what the scale says, but for what is too small to be seen", () => {
    fc.assert(
      fc.property(someBar, (values) => {
        const ceiling = roundCeiling(sum(values));
        const heights = barHeights(values, ceiling, HEIGHT);
        for (const [index, value] of values.entries())
          expect(Math.abs(heights[index]! - (value / ceiling) * HEIGHT)).toBeLessThanOrEqual(LEAST_HEIGHT * values.length);
      }),
    );
  });

  test("a greater value is never lower than a smaller one", () => {
    fc.assert(
      fc.property(someBar, (values) => {
        const heights = barHeights(values, roundCeiling(sum(values)), HEIGHT);
        for (const [i, a] of values.entries()) for (const [j, b] of values.entries()) if (a > b) expect(heights[i]).toBeGreaterThanOrEqual(heights[j]! - 1e-6);
      }),
      { examples: [[[1, 9_750_001, 9_750_002, 1]]] },
    );
  });

  test("nothing at all is no bar", () => {
    expect(barHeights([0, 0, 0, 0], 1, HEIGHT)).toEqual([0, 0, 0, 0]);
  });
});

describe("the path of a line", () => {
  test("keeps each value for one unit and breaks where there is none", () => {
    expect(stepPath([1, 2, null, 0, null], 2, 10)).toBe("M0 5h1V0h1M3 10h1");
    expect(stepPath([null, null], 1, 10)).toBe("");
    expect(stepPath([], 1, 10)).toBe("");
  });

  test("has one step for every value and stays within the chart", () => {
    fc.assert(
      fc.property(fc.array(fc.option(someCount)), (values) => {
        const path = stepPath(values, roundCeiling(Math.max(0, ...values.map((value) => value ?? 0))), HEIGHT);
        expect(path.match(/h1/g)?.length ?? 0).toBe(values.filter((value) => value !== null).length);
        for (const [, y] of path.matchAll(/(?:M\d+ |V)([^hV]+)h/g)) expect(Number(y) >= 0 && Number(y) <= HEIGHT).toBe(true);
      }),
    );
  });
});
