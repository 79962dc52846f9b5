/** A server that is asked for more than it can do: its event loop is held up from within, or it gets more customers than it can write. */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { makeTarget, type Target } from "../../chaos/target.ts";
import { nextMessage } from "../conformance/next-message.ts";
import { addClient, basic, clientCredentials } from "../protocol/protocol-kit.ts";
import { Installation, type ServerProcess } from "../support/program.ts";
import { startHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving } from "../webhooks/receiving.ts";

interface Seen {
  readonly status: number;
  readonly type: string | null;
  readonly retryAfter: string | null;
  readonly text: string;
}

/** Asks from a thread of its own: this one is held up. */
function asker(): (url: string, init?: RequestInit) => Promise<Seen> {
  return async (url, init) => {
    const worker = new Worker(
      `const { parentPort, workerData: { url, init } } = require("node:worker_threads");
       fetch(url, init).then(async (response) => parentPort.postMessage({
         status: response.status,
         type: response.headers.get("content-type"),
         retryAfter: response.headers.get("retry-after"),
         text: await response.text(),
       }));`,
      { eval: true, workerData: { url, init } },
    );
    return (await nextMessage(worker)) as Seen;
  };
}

/** Holds every turn of the event loop up for so many milliseconds, until the function that it gives is called. */
function holdUp(milliseconds: number): () => void {
  let isOver = false;
  const hold = () => {
    if (isOver) return;
    for (const end = performance.now() + milliseconds; performance.now() < end;);
    setImmediate(hold);
  };
  hold();
  return () => {
    isOver = true;
  };
}

test("while the event loop is late calls and token requests get 503 with Retry-After at once, everything else is answered, and then all is as before", async () => {
  const hookgate = await startHookgate({ HOOKGATE_INACTIVITY_DAYS: "0" });
  onTestFinished(() => hookgate.close());
  const at = await receiving(hookgate, BY_EMAIL);
  const client = await addClient(hookgate);
  const issued = String((await clientCredentials(hookgate, client)).json["access_token"]);
  const ask = asker();
  const call = (email: string) =>
    ask(at.endpoint, {
      method: "POST",
      headers: { authorization: `Bearer ${at.token}`, "content-type": "application/json" },
      body: JSON.stringify({ email }),
    });
  const form = (path: string, fields: Record<string, string>) =>
    ask(hookgate.url + path, {
      method: "POST",
      headers: { authorization: basic(client), "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields).toString(),
    });
  expect((await call("before@example.com")).status).toBe(200);

  const letGo = holdUp(1_200);
  try {
    await expect.poll(async () => (await ask(`${hookgate.url}/livez`)).status, { timeout: 30_000 }).toBe(200);
    await setTimeout(5_000);
    const turnedAway = await call("shed@example.com");
    expect([turnedAway.status, turnedAway.type, turnedAway.retryAfter]).toEqual([503, "application/problem+json", "1"]);
    expect(JSON.parse(turnedAway.text)).toMatchObject({ type: "urn:hookgate:problem:not-now", status: 503 });
    const token = await form("/oauth2/token", { grant_type: "client_credentials" });
    expect([token.status, token.type, token.retryAfter]).toEqual([503, "application/json", "1"]);
    expect(JSON.parse(token.text)).toMatchObject({ error: "temporarily_unavailable" });
    // The other spelling goes through the framework, and to the same end.
    expect((await ask(`${at.endpoint}?`, { method: "POST", body: "{}" })).status).toBe(503);
    for (const path of ["/livez", "/readyz", "/.well-known/oauth-authorization-server"]) expect((await ask(hookgate.url + path)).status).toBe(200);
    expect((await form("/oauth2/introspect", { token: issued })).status).toBe(200);
    expect((await form("/oauth2/revoke", { token: issued })).status).toBe(200);
  } finally {
    letGo();
  }
  await expect.poll(async () => (await call("after@example.com")).status, { timeout: 10_000 }).toBe(200);
  expect((await at.customers()).map(({ fields }) => fields.emailaddress)).toEqual(["after@example.com", "before@example.com"]);
});

/** Of one call: heavy for the server, light for whoever sends the same bytes again and again. */
const OBJECTS = 1_000;
/** How long each part of the load goes on, in milliseconds. */
const PART = 6_000;
/** Of what the server does in a second of CPU time when it is not asked for too much, how much it must still do when it is. */
const KEPT = 0.3;
/** How many times as many calls come as it can write. */
const TIMES = 6;

interface Load {
  readonly accepted: number;
  readonly turnedAway: number;
  readonly others: readonly (number | string)[];
  /** In milliseconds, of those that were accepted. */
  readonly slowest: number;
}

/** In seconds: unlike the clock it does not go on while other programs have the machine. */
function cpuTime({ pid }: ServerProcess): number {
  const times = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(times[11]) + Number(times[12])) / 100;
}

/** A call each `pause` milliseconds, whether or not those before it were answered. */
async function load(server: ServerProcess, target: Target, token: string, pause: number): Promise<Load> {
  const body = JSON.stringify(Array.from({ length: OBJECTS }, (_, number) => ({ email: `${number}@example.com`, firstname: "Ann" })));
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const others: (number | string)[] = [];
  let accepted = 0;
  let turnedAway = 0;
  let slowest = 0;
  const call = async () => {
    const begun = performance.now();
    const status = await fetch(server.url + target.path, { method: "POST", headers, body }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      (error: unknown) => String(error),
    );
    if (status === 503) turnedAway += 1;
    else if (status !== 200) others.push(status);
    else {
      accepted += 1;
      slowest = Math.max(slowest, performance.now() - begun);
    }
  };
  const calls: Promise<void>[] = [];
  for (const begun = performance.now(); performance.now() - begun < PART; await setTimeout(pause)) calls.push(call());
  await Promise.all(calls);
  return { accepted, turnedAway, others, slowest };
}

test("six times as many calls as it can write: it goes on writing, turns the rest away, and no caller waits for long", { timeout: 120_000 }, async () => {
  const installation = new Installation();
  onTestFinished(() => installation.remove());
  const target = await makeTarget(installation);
  const server = await installation.serve();
  onTestFinished(async () => void (await server.stop("SIGKILL")));
  const answer = await fetch(`${server.url}/oauth2/token`, {
    method: "POST",
    headers: { authorization: target.authorization },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  // One after the other: what it can do.
  const begun = performance.now();
  const cpuBegun = cpuTime(server);
  let alone = 0;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify(Array.from({ length: OBJECTS }, (_, number) => ({ email: `${number}@example.com`, firstname: "Bob" })));
  for (; performance.now() - begun < PART; alone++) {
    const response = await fetch(server.url + target.path, { method: "POST", headers, body });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  }
  const capacity = alone / (performance.now() - begun);
  const aloneASecond = alone / (cpuTime(server) - cpuBegun);
  const probes: number[] = [];
  const over = new AbortController();
  const probing = (async () => {
    for (; !over.signal.aborted; await setTimeout(200)) probes.push((await fetch(`${server.url}/livez`, { signal: AbortSignal.timeout(10_000) })).status);
  })();
  const cpuBefore = cpuTime(server);
  const overloaded = await load(server, target, token, 1 / (TIMES * capacity));
  const overloadedASecond = overloaded.accepted / (cpuTime(server) - cpuBefore);
  over.abort();
  await probing;
  expect(overloaded.others).toEqual([]);
  expect(overloaded.turnedAway).toBeGreaterThan(0);
  expect(overloadedASecond).toBeGreaterThan(KEPT * aloneASecond);
  // Whoever waits waits for ten calls at most, and not for all that were sent.
  expect(overloaded.slowest).toBeLessThan((overloaded.accepted + overloaded.turnedAway) / capacity / 2);
  expect(new Set(probes)).toEqual(new Set([200]));
  expect((await server.stop()).status).toBe(0);
});
