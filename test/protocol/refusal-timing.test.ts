/**
 * What the time of a refusal tells a stranger: requests over HTTP, one after the other, as one would measure. The kinds are interleaved and
 * change places, so that whatever else the machine does hits all of them alike. Each kind is asked for once before, because the first
 * request that names a client, be it known or not, reads the store, and all later ones do not.
 */
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
  hookgate = await startHookgate();
  client = await addClient(hookgate);
});
afterAll(async () => {
  agent.destroy();
  await hookgate.close();
});

/** Microseconds until the whole answer is there; fails for any other answer than 401. */
async function timeOf(authorization: string): Promise<number> {
  const body = "grant_type=client_credentials";
  const headers = { authorization, "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) };
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

async function measure(clientIds: readonly string[]): Promise<readonly (readonly number[])[]> {
  const times = clientIds.map((): number[] => []);
  const prepared = Array.from({ length: REQUESTS }, () => clientIds.map((clientId) => basic({ clientId, clientSecret: newSecret("") })));
  for (const [round, headers] of prepared.entries()) {
    for (let turn = 0; turn < headers.length; turn++) {
      const kind = (round + turn) % headers.length;
      times[kind]!.push(await timeOf(headers[kind]!));
    }
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

test("6749-29: an unknown client is refused as quickly as a wrong secret: medians under 5 % apart, inside the spread of wrong against wrong (RFC 6749 section 10.10)", async () => {
  const kinds = [newRandomId(), client.clientId, client.clientId];
  await measure(kinds);
  for (const _run of [1, 2, 3]) {
    const [unknown, wrong, wrongAgain] = await measure(kinds);
    const difference = Math.abs(median(unknown!) - median(wrong!));
    expect(difference / median(wrong!)).toBeLessThan(0.05);
    expect(difference).toBeLessThanOrEqual(spreadOf(wrong!, wrongAgain!));
  }
});
