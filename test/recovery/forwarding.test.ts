/** What a target gets while the server that sends to it is killed under load, again and again. */
import { expect, onTestFinished, test } from "vitest";
import { HttpTarget } from "../forwarding/http-target.ts";
import { freePort } from "../support/free-port.ts";
import { HttpBrowser } from "../support/http-browser.ts";
import { Installation, type ServerProcess } from "../support/program.ts";
import { newSharedStore } from "../support/test-store.ts";

/** HOOKGATE_TEST_KILLS asks for more. Each costs the time until the dead server's lease has ended. */
const KILLS = Number(process.env["HOOKGATE_TEST_KILLS"] ?? 3);
const CONNECTIONS = 8;
/** Customers that the calls are about. */
const PEOPLE = 25;
/** Calls that the target is behind at most, so that it catches up at the end. */
const MAX_AHEAD = 300;
/** Messages that arrive between two kills. */
const BETWEEN_KILLS = 60;

interface Sent {
  readonly person: number;
  readonly number: number;
}

interface Load {
  readonly path: string;
  readonly token: string;
  /** The number of the next call about each person. */
  readonly next: number[];
  readonly acknowledged: Set<string>;
  readonly target: HttpTarget;
  readonly until: AbortSignal;
}

/** Each connection has people of its own and waits for each answer, so the calls about one person take effect in the order of their numbers. */
async function load(server: ServerProcess, { path, token, next, acknowledged, target, until }: Load): Promise<void> {
  const caller = async (connection: number) => {
    for (let turn = 0; !until.aborted; turn++) {
      while (acknowledged.size - target.received.length > MAX_AHEAD && !until.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
      const person = (connection + CONNECTIONS * turn) % (CONNECTIONS * Math.ceil(PEOPLE / CONNECTIONS));
      const number = next[person]!++;
      const body = JSON.stringify({ email: `person-${person}@example.com`, person, number } satisfies Sent & { email: string });
      try {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        const response = await fetch(server.url + path, { method: "POST", headers, body });
        await response.arrayBuffer();
        if (response.status === 200) acknowledged.add(`${person} ${number}`);
      } catch {
        return; // The connection broke: this call was not acknowledged.
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, connection) => caller(connection)));
}

test(
  `each call that was answered 200 arrives at the target, those of one customer in order, though the server is killed ${KILLS} times`,
  { timeout: 600_000 },
  async () => {
    const store = await newSharedStore();
    onTestFinished(store.remove);
    const installation = new Installation({ HOOKGATE_FORWARD_TO: "127.0.0.1", ...store.environment });
    onTestFinished(() => installation.remove());
    const target = await HttpTarget.open();
    onTestFinished(() => target.close());
    const { path, application } = await installWithTarget(installation, target);

    const next = Array.from({ length: CONNECTIONS * Math.ceil(PEOPLE / CONNECTIONS) }, () => 0);
    const acknowledged = new Set<string>();
    let cutOff = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const server = await installation.serve({ HOOKGATE_PORT: String(await freePort()) });
      const over = new AbortController();
      const arrived = target.received.length;
      const killer = async () => {
        // At any moment: some are being sent, some sent and not recorded, some committed and not sent.
        while (target.received.length < arrived + BETWEEN_KILLS) await new Promise((resolve) => setTimeout(resolve, 5));
        process.kill(server.pid, "SIGKILL");
        over.abort();
      };
      await Promise.all([load(server, { path, token: await accessToken(server, application), next, acknowledged, target, until: over.signal }), killer()]);
      expect((await server.stop("SIGKILL")).status).toBeNull();
      if (acknowledged.size > arrivedOf(target).size) cutOff += 1;
    }
    // Something was left to do when the servers died, or this proves nothing.
    expect(cutOff).toBeGreaterThan(0);

    const server = await installation.serve({ HOOKGATE_PORT: String(await freePort()) });
    const lacks = () => {
      // Once for all: the target lives in this process, and cannot answer meanwhile.
      const arrived = arrivedOf(target);
      return [...acknowledged].filter((call) => !arrived.has(call)).length;
    };
    await expect.poll(lacks, { timeout: 120_000, interval: 500 }).toBe(0);
    expect((await server.stop()).status).toBe(0);

    expect(acknowledged.size).toBeGreaterThan(KILLS * BETWEEN_KILLS);
    const last = new Map<number, Sent>();
    const bodies = new Map<string, string>();
    for (const { id, body } of target.received) {
      const sent = JSON.parse(body) as Sent;
      // What comes again comes with nothing of its customer in between.
      expect(sent.number, `person ${sent.person} after ${last.get(sent.person)?.number}`).toBeGreaterThanOrEqual(last.get(sent.person)?.number ?? 0);
      last.set(sent.person, sent);
      expect(bodies.get(id) ?? body, "another message under a known id").toBe(body);
      bodies.set(id, body);
    }
    expect(bodies.size).toBe(new Set(bodies.values()).size);
  },
);

const arrivedOf = (target: HttpTarget) =>
  new Set(
    target.bodies.map((body) => {
      const { person, number } = JSON.parse(body) as Sent;
      return `${person} ${number}`;
    }),
  );

interface Application {
  readonly client_id: string;
  readonly client_secret: string;
}

async function accessToken(server: ServerProcess, { client_id, client_secret }: Application): Promise<string> {
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
  const response = await fetch(`${server.url}/oauth2/token`, { method: "POST", body });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** An application, and a webhook that finds customers by e-mail address and has the target. */
async function installWithTarget(installation: Installation, target: HttpTarget): Promise<{ readonly path: string; readonly application: Application }> {
  const password = "Four unrelated words, twice";
  await installation.run(["user", "add", "--email", "a@example.com", "--name", "A", "--role", "admin", "--password-stdin"], { stdin: password });
  const owner = ["--owner", "a@example.com"];
  const application = await installation.json<Application>(["application", "add", "--name", "Load", ...owner, "--scope", "apps.webhook:execute"]);
  const mapping = ["--map", "email=emailaddress", "--dedupe", "emailaddress"];
  const { id, endpoint } = await installation.json<{ id: string; endpoint: string }>([
    "webhook",
    "add",
    "--name",
    "Load",
    ...owner,
    "--auth",
    "oauth2",
    ...mapping,
  ]);
  const server = await installation.serve();
  const browser = new HttpBrowser(server.url);
  await browser.get("/sign-in");
  await browser.submit("/sign-in", { email: "a@example.com", password });
  await browser.get(`/webhooks/${id}/forwarding`);
  await browser.submit(`/webhooks/${id}/forwarding`, { url: target.url });
  expect(browser.page.html).toContain("Calls are forwarded from the next one on.");
  await server.stop();
  return { path: new URL(endpoint).pathname, application };
}
