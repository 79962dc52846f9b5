/**
 * What the time of a refusal tells a stranger: requests over HTTP, one after the other, as one would measure. The kinds are interleaved and
 * change places, so that whatever else the machine does, or one refusal leaves to be done after its answer, hits all of them alike.
 * Each comes from an address of its own, as far as the server can see: the throttle stops a stranger who has one.
 */
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newRandomId } from "../../src/lib/id.ts";
import { newSecret } from "../../src/lib/secret.ts";
import { addClient, basic, type TestClient } from "./protocol-kit.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

/** Requests of each kind in a run. */
const REQUESTS = 1_000;
/** Of these many requests each is a part of a run whose medians are compared: how far they lie apart shows what the machine alone does. */
const PART = 25;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let hookgate: TestHookgate;
let client: TestClient;

beforeAll(async () => {
  hookgate = await startHookgate({ HOOKGATE_TRUSTED_PROXIES: "127.0.0.1" });
  client = await addClient(hookgate);
});
afterAll(async () => {
  agent.destroy();
  await hookgate.close();
});

/** Microseconds until the whole answer is there; fails for any other answer than 401. */
async function timeOf(authorization: string): Promise<number> {
  const body = "grant_type=client_credentials";
  const headers = {
    authorization,
    "content-type": "application/x-www-form-urlencoded",
    "content-length": String(body.length),
    "x-forwarded-for": randomBytes(4).join("."),
  };
  const start = process.hrtime.bigint();
  const status = await new Promise((resolve, reject) => {
    const sent = request(`${hookgate.url}/oauth2/token`, { agent, method: "POST", headers }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    });
    sent.on("error", reject).end(body);
  });
  const end = process.hrtime.bigint();
  expect(status).toBe(401);
  return Number(end - start) / 1_000;
}

/** Every order of three kinds, one after the other: none of them follows another more often than the reverse. */
const ORDERS = [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
  [0, 2, 1],
  [2, 0, 1],
  [1, 0, 2],
] as const;

async function measure(kinds: readonly (() => string)[]): Promise<readonly (readonly number[])[]> {
  const times = kinds.map((): number[] => []);
  const prepared = Array.from({ length: REQUESTS }, () => kinds.map((clientId) => basic({ clientId: clientId(), clientSecret: newSecret("") })));
  for (const [round, headers] of prepared.entries()) {
    for (const kind of ORDERS[round % ORDERS.length]!) times[kind]!.push(await timeOf(headers[kind]!));
  }
  return times;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

/** How far the medians of two kinds lie apart at most, part by part. */
function spreadOf(ones: readonly number[], others: readonly number[]): number {
  const differences = Array.from({ length: REQUESTS / PART }, (_, part) => {
    const [from, to] = [part * PART, (part + 1) * PART];
    return Math.abs(median(ones.slice(from, to)) - median(others.slice(from, to)));
  });
  return Math.max(...differences);
}

/** A run in which equal requests lie this far apart measures the machine's other work and is made again. */
const DISTURBED = 0.02;
/** How often that may happen in a row. */
const ATTEMPTS = 10;

async function measureUndisturbed(kinds: readonly (() => string)[]): Promise<readonly (readonly number[])[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const times = await measure(kinds);
    if (apart(times[1]!, times[2]!) < DISTURBED) return times;
  }
  throw new Error(`The machine is so busy that in ${ATTEMPTS} runs even equal requests took different times.`);
}

/** How far the medians of two kinds lie apart, as a share of the second. */
function apart(ones: readonly number[], others: readonly number[]): number {
  return Math.abs(median(ones) - median(others)) / median(others);
}

const known = newRandomId();

/** Other work on the machine can push one run over the limit, but not each of these; a difference that is really there comes back in all. */
const RETRIES = 4;

test.each([
  ["that nobody has asked for before", newRandomId],
  ["that was asked for before", () => known],
  ["whose id is none of our making", () => "unknown-client"],
])("6749-29: a client %s is refused as quickly as a wrong secret (RFC 6749 section 10.10)", { timeout: 120_000, retry: RETRIES }, async (_what, unknownId) => {
  const kinds = [unknownId, () => client.clientId, () => client.clientId];
  await measure(kinds);
  for (const _run of [1, 2, 3]) {
    const [unknown, wrong, wrongAgain] = await measureUndisturbed(kinds);
    expect(apart(unknown!, wrong!)).toBeLessThan(0.05);
    expect(Math.abs(median(unknown!) - median(wrong!))).toBeLessThanOrEqual(spreadOf(wrong!, wrongAgain!));
  }
});
