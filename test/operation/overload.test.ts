import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Overload } from "../../src/web/overload.ts";

let now = 0;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function open() {
  const overload = new Overload();
  onTestFinished(() => overload.close());
  /** Looks after so many milliseconds, as a loop does that comes to its timers only then. */
  const lookAfter = (milliseconds: number) => {
    now += milliseconds;
    vi.advanceTimersByTime(100);
    return overload.sheds();
  };
  return { overload, lookAfter };
}

test("an event loop that is in time turns nobody away, however often it is asked", () => {
  const { overload, lookAfter } = open();
  expect(overload.sheds()).toBe(false);
  for (let look = 0; look < 100; look++) expect(lookAfter(1_100)).toBe(false);
});

test("two pauses in a row turn nobody away: what waited for them is soon done", () => {
  const { lookAfter } = open();
  for (let look = 0; look < 20; look++) {
    expect(lookAfter(5_000)).toBe(false);
    expect(lookAfter(5_000)).toBe(false);
    expect(lookAfter(100)).toBe(false);
  }
});

test("a loop that is more than a second late three times in a row turns requests away until it is in time again, at once", () => {
  const { lookAfter } = open();
  expect(lookAfter(1_101)).toBe(false);
  expect(lookAfter(1_101)).toBe(false);
  expect(lookAfter(1_101)).toBe(true);
  expect(lookAfter(10_000)).toBe(true);
  expect(lookAfter(1_100)).toBe(false);
  expect(lookAfter(1_101)).toBe(false);
});
