import { afterAll, expect, onTestFinished, test } from "vitest";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { openStore } from "../../src/store/open-store.ts";
import { Installation, type ServerProcess } from "../support/program.ts";
import { newSharedStore } from "../support/test-store.ts";

const KILLS = 10;
const CALLS = 1_000;
const CONNECTIONS = 16;
/** Calls with an idempotency key. */
const KEYS = 300;

/** One installation on a store of the kind that the run is about. */
async function install(): Promise<{ readonly installation: Installation; readonly remove: () => Promise<void> }> {
  const store = await newSharedStore();
  const installation = new Installation(store.environment);
  const remove = async () => {
    installation.remove();
    await store.remove();
  };
  return { installation, remove };
}

const { installation, remove } = await install();
afterAll(remove);

interface Application {
  readonly client_id: string;
  readonly client_secret: string;
}

/** What the callers were told: the customer of each call that was answered 200, by its e-mail address. */
type Acknowledged = Map<string, string>;

async function accessToken(server: ServerProcess, { client_id, client_secret }: Application): Promise<string> {
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
  const response = await fetch(`${server.url}/oauth2/token`, { method: "POST", body });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** Sends the calls over several connections until all are answered or the server is gone; the server is killed in the middle when `killAfter` answers came. */
async function load(server: ServerProcess, path: string, token: string, cycle: number, killAfter: number, acknowledged: Acknowledged): Promise<void> {
  let next = 0;
  let answers = 0;
  const caller = async () => {
    while (next < CALLS) {
      // Every fifth call is about a customer that an earlier one made.
      const number = next++;
      const email = `${cycle}-${number % 5 === 0 ? 0 : number}@example.com`;
      try {
        const response = await fetch(server.url + path, {
          method: "POST",
          headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
          body: JSON.stringify({ email, firstname: `number ${number}` }),
        });
        const answer = (await response.json()) as { hookgate_id: string };
        if (response.status === 200) acknowledged.set(email, answer.hookgate_id);
        if (++answers === killAfter) process.kill(server.pid, "SIGKILL");
      } catch {
        return; // The connection broke: this call was not acknowledged.
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, caller));
}

test(
  `every call that was answered 200 is there after kill -9, ${KILLS} times during ${CALLS} calls, and no key has two customers`,
  { timeout: 180_000 },
  async () => {
    await installation.run(["user", "add", "--email", "a@example.com", "--name", "A", "--role", "admin", "--password-stdin"], {
      stdin: "Four unrelated words, twice",
    });
    const owner = ["--owner", "a@example.com"];
    const application = await installation.json<Application>(["application", "add", "--name", "Load", ...owner, "--scope", "apps.webhook:execute"]);
    const mapping = ["--map", "email=emailaddress", "firstname=firstname", "--dedupe", "emailaddress"];
    const { endpoint } = await installation.json<{ endpoint: string }>(["webhook", "add", "--name", "Load", ...owner, "--auth", "oauth2", ...mapping]);
    const path = new URL(endpoint).pathname;

    const acknowledged: Acknowledged = new Map();
    let cutOff = 0;
    for (let cycle = 0; cycle < KILLS; cycle++) {
      const server = await installation.serve();
      const before = acknowledged.size;
      await load(server, path, await accessToken(server, application), cycle, 50 + cycle * 70, acknowledged);
      expect((await server.stop("SIGKILL")).status).toBeNull();
      if (acknowledged.size - before < CALLS * 0.8) cutOff += 1;
    }
    // The kills fell into the middle of the work, or this proves nothing.
    expect(cutOff).toBe(KILLS);

    const store = await openStore({ url: installation.environment["HOOKGATE_STORE"]!, migrate: false });
    const stored = new Map<string, string>();
    let after: string | null = null;
    do {
      const page = await store.customers.listCustomers(DEFAULT_BRAND_ID, null, { limit: 500, after });
      for (const { id, fields } of page.rows) {
        expect(stored.has(fields.emailaddress!), "two customers with one key").toBe(false);
        stored.set(fields.emailaddress!, id);
      }
      after = page.next;
    } while (after !== null);
    for (const [email, id] of acknowledged) expect(stored.get(email), `lost: ${email}`).toBe(id);
    expect(acknowledged.size).toBeGreaterThan(KILLS * 50);

    // And it goes on as if nothing had happened.
    const server = await installation.serve();
    const response = await fetch(server.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${await accessToken(server, application)}`, "content-type": "application/json" },
      body: JSON.stringify({ email: "0-0@example.com" }),
    });
    expect(((await response.json()) as { hookgate_id: string }).hookgate_id).toBe(stored.get("0-0@example.com"));
    await server.stop();
    await store.close();
  },
);

test("a call that is sent again with its idempotency key after kill -9 takes effect once, and gets the answer that it had", { timeout: 120_000 }, async () => {
  const { installation: place, remove } = await install();
  onTestFinished(remove);
  await place.run(["user", "add", "--email", "a@example.com", "--name", "A", "--role", "admin", "--password-stdin"], { stdin: "Four unrelated words, twice" });
  const owner = ["--owner", "a@example.com"];
  const application = await place.json<Application>(["application", "add", "--name", "Load", ...owner, "--scope", "apps.webhook:execute"]);
  // Without deduplication: only the key keeps a customer from being made twice.
  const added = await place.json<{ endpoint: string }>(["webhook", "add", "--name", "Load", ...owner, "--auth", "oauth2", "--map", "email=emailaddress"]);
  const path = new URL(added.endpoint).pathname;
  const answers = new Map<number, string>();

  /** Sends what has no answer yet, and what has one once more; the server is killed in the middle when `killAfter` answers came. */
  const sendAll = async (server: ServerProcess, killAfter: number) => {
    const authorization = `Bearer ${await accessToken(server, application)}`;
    let next = 0;
    let came = 0;
    const caller = async () => {
      while (next < KEYS) {
        const key = next++;
        try {
          const headers = { authorization, "content-type": "application/json", "idempotency-key": `"${key}"` };
          const response = await fetch(server.url + path, { method: "POST", headers, body: `{"email":"${key}@example.com"}` });
          const answer = await response.text();
          expect(response.status).toBe(200);
          expect(answers.get(key) ?? answer, "another answer than before").toBe(answer);
          answers.set(key, answer);
        } catch (error) {
          if (error instanceof TypeError) return; // The connection broke.
          throw error;
        }
        if (++came === killAfter) process.kill(server.pid, "SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, caller));
  };
  for (const killAfter of [30, 100, 170, 240]) {
    const server = await place.serve();
    await sendAll(server, killAfter);
    expect((await server.stop("SIGKILL")).status).toBeNull();
    expect(answers.size).toBeLessThan(KEYS);
  }
  const server = await place.serve();
  for (let round = 0; round < 2; round++) await sendAll(server, Infinity);
  await server.stop();

  const store = await openStore({ url: place.environment["HOOKGATE_STORE"]!, migrate: false });
  const { rows } = await store.customers.listCustomers(DEFAULT_BRAND_ID, null, { limit: 2 * KEYS, after: null });
  await store.close();
  expect(new Set(rows.map(({ fields }) => fields.emailaddress)).size).toBe(KEYS);
  expect(rows).toHaveLength(KEYS);
});
