/** Counts of a process whose store fails now and then, as a loaded database does. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { AttemptStore } from "../../src/lib/attempt-store.ts";
import { SharedCounts } from "../../src/lib/shared-counts.ts";
import { openStore } from "../../src/store/open-store.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE = 60_000;

/** Until what waits is written, and what that brought back is known. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

async function open() {
  const clock = new ManualClock();
  const store = await openStore({ url: "sqlite::memory:", migrate: true, clock });
  onTestFinished(() => store.close());
  const failures: string[] = [];
  let isAway = false;
  const whenThere = <Result>(work: () => Promise<Result>) => (isAway ? Promise.reject(new Error("away")) : work());
  const attempts: AttemptStore = {
    ...store.attempts,
    countAttempts: (...given) => whenThere(() => store.attempts.countAttempts(...given)),
    forgiveAttempt: (...given) => whenThere(() => store.attempts.forgiveAttempt(...given)),
  };
  const counts = new SharedCounts({ attempts, clock, windowLength: MINUTE, onFailure: (error) => void failures.push(String(error)) });
  const stored = async (subject: string) => (await store.attempts.countAttempt(subject, clock.now(), MINUTE)).attempts - 1;
  return { counts, failures, stored, setAway: (away: boolean) => void (isAway = away) };
}

test("what a failing store was not told is not forgotten when the next count comes back from it", async () => {
  const { counts, failures, stored, setAway } = await open();
  setAway(true);
  for (let count = 0; count < 10; count++) counts.add("guessed");
  counts.add("another");
  await settle();
  expect(failures).toEqual(["Error: away"]);
  expect(counts.find("guessed").times).toBe(10);
  setAway(false);
  counts.add("guessed");
  await settle();
  expect(counts.find("guessed").times).toBe(11);
  expect(await stored("guessed")).toBe(11);
  expect(await stored("another")).toBe(0);
});

test("what was taken back while the store failed is taken back once it can be told, and once only", async () => {
  const { counts, stored, setAway } = await open();
  for (let count = 0; count < 3; count++) counts.add("guessed");
  await settle();
  setAway(true);
  counts.takeBack("guessed");
  await settle();
  expect(counts.find("guessed").times).toBe(2);
  setAway(false);
  counts.add("guessed");
  counts.takeBack("guessed");
  await settle();
  expect(counts.find("guessed").times).toBe(2);
  expect(await stored("guessed")).toBe(2);
});

test("a failure and its taking back that meet on the way to the store leave neither", async () => {
  const { counts, failures, stored } = await open();
  counts.add("guessed");
  counts.takeBack("guessed");
  counts.add("other");
  await settle();
  counts.takeBack("other");
  counts.add("other");
  await settle();
  expect([counts.find("guessed").times, counts.find("other").times]).toEqual([0, 1]);
  expect([await stored("guessed"), await stored("other")]).toEqual([0, 1]);
  expect(failures).toEqual([]);
});
