/** Jobs of several processes on one store: the clock and the timers are the test's. */
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { LeasedJob } from "../../src/jobs/leased-job.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { openSweeper } from "../../src/sweeper.ts";

const MINUTE = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

interface Jobs {
  readonly store: Store;
  /** Who worked, in order. */
  readonly worked: string[];
  readonly failures: unknown[];
  /** How much the next pieces of work do. */
  readonly left: number[];
  readonly start: (name: string) => LeasedJob;
}

async function open(): Promise<Jobs> {
  const store = await openStore({ url: "sqlite::memory:", migrate: true });
  onTestFinished(() => store.close());
  const clock = { now: () => Date.now() };
  const jobs: Jobs = {
    store,
    worked: [],
    failures: [],
    left: [],
    start: (name) =>
      new LeasedJob({
        name: "job",
        leases: store.leases,
        clock,
        work: (lease) =>
          store.transaction(async ({ leases }) => {
            if (!(await leases.takeLease(lease, clock.now()))) return 0;
            jobs.worked.push(name);
            return jobs.left.shift() ?? 0;
          }),
        onFailure: (error) => void jobs.failures.push(error),
      }),
  };
  return jobs;
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

test("nothing is done at the start, and then one process works once a minute while others look on", async () => {
  const { start, worked, failures } = await open();
  const one = start("one");
  const two = start("two");
  await pass(MINUTE - 1);
  expect(worked).toEqual([]);
  await pass(4 * MINUTE);
  expect(worked).toEqual(["one", "one", "one", "one"]);
  expect(failures).toEqual([]);
  await Promise.all([one.close(), two.close()]);
});

test("where something is left it goes on soon, and rests when nothing is", async () => {
  const { start, worked, left } = await open();
  left.push(500, 500, 3);
  const job = start("one");
  await pass(MINUTE + 1_000);
  expect(worked).toHaveLength(4);
  await pass(MINUTE - 2_000);
  expect(worked).toHaveLength(4);
  await job.close();
});

test("one that is closed leaves its job to the next at once", async () => {
  const { start, worked } = await open();
  const one = start("one");
  await pass(MINUTE);
  await one.close();
  const two = start("two");
  await pass(MINUTE);
  expect(worked).toEqual(["one", "two"]);
  await two.close();
  await pass(10 * MINUTE);
  expect(worked).toEqual(["one", "two"]);
});

test("one that dies keeps its job for three minutes and no longer", async () => {
  const { start, worked, store } = await open();
  await store.leases.takeLease({ name: "job", holder: "dead", until: Date.now() + 3 * MINUTE }, Date.now());
  const job = start("one");
  await pass(3 * MINUTE - 1);
  expect(worked).toEqual([]);
  await pass(1);
  expect(worked).toEqual(["one"]);
  await job.close();
});

test("one that comes late finds its job with another, and leaves it there when it closes", async () => {
  const { start, worked, store } = await open();
  const one = start("one");
  await pass(MINUTE);
  vi.setSystemTime(Date.now() + 10 * MINUTE); // The process was stopped and goes on.
  await store.leases.takeLease({ name: "job", holder: "another", until: Date.now() + 3 * MINUTE }, Date.now());
  await pass(2 * MINUTE);
  expect(worked).toEqual(["one"]);
  await one.close();
  expect(await store.leases.takeLease({ name: "job", holder: "third", until: Date.now() + 1 }, Date.now())).toBe(false);
});

test("work that fails is told, and done again after a rest", async () => {
  const { store, worked } = await open();
  const failures: unknown[] = [];
  const job = new LeasedJob({
    name: "job",
    leases: store.leases,
    clock: { now: () => Date.now() },
    work: async () => {
      worked.push("one");
      throw new Error("the disk is full");
    },
    onFailure: (error) => void failures.push(error),
  });
  await pass(MINUTE);
  expect(failures.map(String)).toEqual(["Error: the disk is full"]);
  await pass(MINUTE - 1);
  expect(worked).toHaveLength(1);
  await pass(1);
  expect(worked).toHaveLength(2);
  await job.close();
});

test("closing waits for the work that is under way, and a lease that cannot be given back is told and no more", async () => {
  const { store } = await open();
  const failures: unknown[] = [];
  const { promise, resolve: finish } = Promise.withResolvers<number>();
  const job = new LeasedJob({
    name: "job",
    leases: { ...store.leases, endLease: () => Promise.reject(new Error("away")) },
    clock: { now: () => Date.now() },
    work: () => promise,
    onFailure: (error) => void failures.push(error),
  });
  await pass(MINUTE);
  let isClosed = false;
  const closing = job.close().then(() => void (isClosed = true));
  await pass(MINUTE);
  expect(isClosed).toBe(false);
  finish(1);
  await closing;
  expect(failures.map(String)).toEqual(["Error: away"]);
});

test("the sweeper deletes all that has expired, batch after batch, and nothing while another process has its lease", async () => {
  const { store } = await open();
  const clock = { now: () => Date.now() };
  const failures: unknown[] = [];
  await store.attempts.countAttempts(new Map(Array.from({ length: 1_200 }, (_, index) => [`subject ${index}`, 1])), clock.now(), 10);
  await store.leases.takeLease({ name: "sweep", holder: "another", until: clock.now() + 2 * MINUTE }, clock.now());
  const waiting = async () => (await store.countExpired(clock.now())).get("attempts");
  const sweeper = openSweeper(store, clock, (error) => void failures.push(error));
  await pass(MINUTE + 1_000);
  expect(await waiting()).toBe(1_200);
  await pass(MINUTE);
  expect(await waiting()).toBe(0);
  await sweeper.close();
  expect(failures).toEqual([]);
});
