import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Call } from "../../src/webhooks/calls/call.ts";
import { RefusalLog } from "../../src/webhooks/receiving/refusal-log.ts";

const REFUSED: Call = {
  id: "c",
  brandId: "b",
  webhookId: "w",
  receivedAt: 0,
  outcome: "refused",
  status: 401,
  reason: "The call has no Authorization header.",
  reference: "r",
  authenticated: false,
  clientId: null,
  applicationName: null,
  duration: 1,
  headers: "",
  body: null,
  answer: null,
  repeatOf: null,
  customerIds: [],
};

function refusalLog() {
  const writes: (readonly Call[])[] = [];
  const paths: string[] = [];
  const failures: unknown[] = [];
  const time = { now: 0 };
  const log = new RefusalLog({
    calls: {
      insertRefusedCalls: (calls) => {
        writes.push(calls);
        return calls.some(({ reason }) => reason === "fails") ? Promise.reject(new Error("disk")) : Promise.resolve();
      },
      insertUnknownEndpointCall: (path) => {
        paths.push(path);
        return Promise.resolve();
      },
    },
    clock: { now: () => time.now },
    onFailure: (error) => failures.push(error),
  });
  return { writes, paths, failures, log, time };
}

const turns = async () => {
  for (let count = 0; count < 4; count++) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what was refused", () => {
  test("is written behind the answers, those of one turn together", async () => {
    const { writes, log } = refusalLog();
    log.add(REFUSED);
    log.add({ ...REFUSED, id: "d" });
    await Promise.resolve();
    expect(writes).toEqual([]);
    await turns();
    expect(writes.map((calls) => calls.map(({ id }) => id))).toEqual([["c", "d"]]);
  });

  test("is written at most 100 times a second, and nothing is lost of what waits", async () => {
    const { writes, log } = refusalLog();
    for (let call = 0; call < 250; call++) {
      log.add(REFUSED);
      await turns();
    }
    expect(writes).toHaveLength(100);
    vi.advanceTimersByTime(1_000);
    await turns();
    expect(writes).toHaveLength(101);
    expect(writes.flat()).toHaveLength(250);
  });

  test("is taken from strangers 200 times a second for each webhook, and always from those who have proved themselves", async () => {
    const { log, time } = refusalLog();
    const taken = (webhookId: string, authenticated: boolean) => Array.from({ length: 300 }, () => log.takes(webhookId, authenticated)).filter(Boolean).length;
    expect(taken("flooded", false)).toBe(200);
    expect(taken("quiet", false)).toBe(200);
    expect(taken("flooded", true)).toBe(300);
    time.now = 999;
    expect(taken("flooded", false)).toBe(0);
    time.now = 1_000;
    expect(taken("flooded", false)).toBe(200);
  });

  test("is not taken while 5,000 calls wait", async () => {
    const { log } = refusalLog();
    for (let call = 0; call < 5_000; call++) log.add({ ...REFUSED, authenticated: true });
    expect(log.takes("w", true)).toBe(false);
    await log.close();
    expect(log.takes("w", true)).toBe(true);
  });

  test("waits in bounded memory: 5,000 calls, and 16 million characters of their bodies", async () => {
    const { writes, log } = refusalLog();
    for (let call = 0; call < 6_000; call++) log.add({ ...REFUSED, authenticated: true, body: "x".repeat(16 * 1024) });
    await turns();
    expect(writes.flat()).toHaveLength(5_000);
    expect(writes.flat().filter(({ body }) => body !== null)).toHaveLength(1_024);
    log.add({ ...REFUSED, body: "short" });
    await turns();
    expect(writes.at(-1)?.[0]?.body).toBe("short");
  });

  test("does not stop the log when it cannot be written", async () => {
    const { writes, failures, log } = refusalLog();
    log.add({ ...REFUSED, reason: "fails" });
    await turns();
    log.add(REFUSED);
    await turns();
    expect(failures).toHaveLength(1);
    expect(writes).toHaveLength(2);
  });

  test("is written whole when the server closes", async () => {
    const { writes, log } = refusalLog();
    for (let call = 0; call < 101; call++) {
      log.add(REFUSED);
      await turns();
    }
    expect(writes).toHaveLength(100);
    await log.close();
    expect(writes.flat()).toHaveLength(101);
  });
});

test("calls to unknown addresses are noted, at most 100 a second together with the refused ones", async () => {
  const { paths, log } = refusalLog();
  for (let call = 0; call < 500; call++) log.addUnknownEndpoint(`/hooks/${call}`);
  expect(paths).toHaveLength(100);
  vi.advanceTimersByTime(1_000);
  log.addUnknownEndpoint("/hooks/again");
  expect(paths).toHaveLength(101);
  await log.close();
});
