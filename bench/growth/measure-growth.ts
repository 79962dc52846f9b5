/** What the same requests cost on a small and on a large store: asked in turns, so that what disturbs the machine is in both. */
import { join } from "node:path";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { newRandomId } from "../../src/lib/id.ts";
import { openStore } from "../../src/store/open-store.ts";
import { freePort } from "../../test/support/free-port.ts";
import { signedIn } from "../../test/support/records.ts";
import { choosePinning } from "../machine.ts";
import { addressOfCustomer } from "../scenarios.ts";
import { ServerProcess } from "../server-process.ts";
import { quartilesOf } from "../statistics.ts";
import { ADMIN, APPLICATION_SECRET, configOf, FREQUENT, MEMBER, RARE } from "./grown-store.ts";

const PROGRAM = join(import.meta.dirname, "../../dist/main.js");
const FORM = { "content-type": "application/x-www-form-urlencoded" };
/** Customers that the calls update: those that the small store has, too. */
const UPDATED = 10_000;

interface GrownServer {
  readonly server: ServerProcess;
  /** Each of these is one request; it fails when the answer is not the right one. */
  readonly requests: Readonly<Record<string, () => Promise<void>>>;
}

export interface GrowthResult {
  readonly request: string;
  readonly small: number;
  readonly large: number;
  readonly ratio: number;
}

/** Medians in milliseconds, as the caller waits. */
export async function measureGrowth(small: string, large: string, rounds: number): Promise<readonly GrowthResult[]> {
  const servers = [await startServer(small), await startServer(large)] as const;
  try {
    const results: GrowthResult[] = [];
    for (const request of Object.keys(servers[0].requests)) {
      const times: [number[], number[]] = [[], []];
      for (let round = -2; round < rounds; round++) {
        for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const begun = performance.now();
          await servers[which]!.requests[request]!();
          if (round >= 0) times[which]!.push(performance.now() - begun);
        }
      }
      const ratios = times[1].map((time, round) => time / times[0][round]!);
      results.push({ request, small: quartilesOf(times[0]).median, large: quartilesOf(times[1]).median, ratio: quartilesOf(ratios).median });
    }
    return results;
  } finally {
    for (const { server } of servers) await server.stop();
  }
}

async function startServer(url: string): Promise<GrownServer> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const { secret } = configOf(url);
  const known = await readKnown(url, base);
  const environment = { HOOKGATE_STORE: url, HOOKGATE_SECRET: secret, HOOKGATE_PORT: String(port), HOOKGATE_LOG_LEVEL: "silent" };
  const server = await ServerProcess.start({ pinning: choosePinning(), command: [process.execPath, PROGRAM, "serve"], port, environment });
  return { server, requests: await requestsOf(base, known) };
}

type Known = Awaited<ReturnType<typeof readKnown>>;

/** Ids that addresses and calls need, and somebody who has signed in. */
async function readKnown(url: string, base: string) {
  const store = await openStore({ url, migrate: false, clock: systemClock });
  try {
    const admin = (await store.users.findUserByEmail(ADMIN))!.user;
    const member = (await store.users.findUserByEmail(MEMBER))!.user;
    const first = { limit: 100, after: null };
    const place = { url: base, store, clock: systemClock };
    const webhooks = (await store.webhooks.listWebhooks(DEFAULT_BRAND_ID, null, first)).rows;
    return {
      adminBrowser: await signedIn(place, admin),
      memberBrowser: await signedIn(place, member),
      busy: webhooks.find(({ ownerId }) => ownerId === admin.id)!.id,
      quiet: webhooks.find(({ ownerId }) => ownerId === member.id)!.id,
      clientId: (await store.applications.listApplications(DEFAULT_BRAND_ID, null, first)).rows[0]!.clientId,
      customerId: (await store.customers.listCustomers(DEFAULT_BRAND_ID, null, first)).rows.at(-1)!.id,
      callId: (await store.calls.listCalls(DEFAULT_BRAND_ID, { webhookId: null, ownerId: null, outcome: null }, first)).rows.at(-1)!.id,
    };
  } finally {
    await store.close();
  }
}

async function requestsOf(base: string, known: Known): Promise<GrownServer["requests"]> {
  const authorization = `Basic ${Buffer.from(`${known.clientId}:${APPLICATION_SECRET}`).toString("base64")}`;
  const token = async () => {
    const answer = await fetch(`${base}/oauth2/token`, { method: "POST", headers: { authorization, ...FORM }, body: "grant_type=client_credentials" });
    return ((await expectOk(answer).json()) as { access_token: string }).access_token;
  };
  const bearer = `Bearer ${await token()}`;
  let count = 0;
  const call = async (email: string) => {
    const body = JSON.stringify({ email, surname: `Example ${count++}`, city: "Wien" });
    const headers = { authorization: bearer, "content-type": "application/json" };
    await expectOk(await fetch(`${base}/hooks/${known.busy}`, { method: "POST", headers, body })).text();
  };
  const page =
    (path: string, rows: "some" | "none" | "any" = "some", browser = known.adminBrowser) =>
    async () => {
      const { status, html } = await browser.get(path);
      if (status !== 200 || (rows !== "any" && html.includes("<tbody") !== (rows === "some")))
        throw new Error(`${path} answered ${status}, not a page with ${rows} rows.`);
    };
  return {
    "call that updates a customer": () => call(addressOfCustomer(1 + ((count * 7_919) % (UPDATED - 1)))),
    "call that adds a customer": () => call(`${newRandomId()}@example.com`),
    "token, client credentials": async () => void (await token()),
    "customers, first page": page("/customers"),
    "customers, search that finds every third": page(`/customers?q=${FREQUENT}`),
    // A page of a search looks at a bounded number of customers: on a large store the oldest is on a later one.
    "customers, first page of a search for the oldest alone": page(`/customers?q=${RARE}`, "any"),
    "customers, search that finds nothing": page("/customers?q=nowhere-to-be-found", "none"),
    "calls, first page": page("/calls"),
    "calls, refused": page("/calls?outcome=refused"),
    "calls, of one webhook": page(`/calls?webhook=${known.busy}`),
    "calls, refused of one webhook": page(`/calls?webhook=${known.busy}&outcome=refused`),
    "calls, samples (there are none)": page("/calls?outcome=sample", "none"),
    "calls, of an owner with one quiet webhook": page("/calls", "some", known.memberBrowser),
    "applications, first page": page("/applications"),
    "webhooks, first page": page("/webhooks"),
    "users, first page": page("/users"),
    overview: async () => void (await known.adminBrowser.get("/")),
    "one customer": async () => void (await known.adminBrowser.get(`/customers/${known.customerId}`)),
    "one call": async () => void (await known.adminBrowser.get(`/calls/${known.callId}`)),
    "one application": async () => void (await known.adminBrowser.get(`/applications/${known.clientId}`)),
  };
}

function expectOk(answer: Response): Response {
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}.`);
  return answer;
}
