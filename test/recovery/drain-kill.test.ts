/** kill -9 while the calls that waited are written. */
import { afterAll, expect, test } from "vitest";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { PendingCall } from "../../src/webhooks/webhook-store.ts";
import { Installation } from "../support/program.ts";
import { newSharedStore } from "../support/test-store.ts";

const CALLS = 6_000;
const KILLS = 5;
const NOW = Date.UTC(2026, 10, 24, 12);

const shared = await newSharedStore();
const installation = new Installation(shared.environment);
afterAll(async () => {
  installation.remove();
  await shared.remove();
});

/** Waits for the commit of a call like any that was answered 202. */
function waitingCall(webhookId: string, body: object, index: number): PendingCall {
  const call = { id: newTimeOrderedId(NOW), brandId: DEFAULT_BRAND_ID, webhookId, receivedAt: NOW, duration: 1, reference: `REFERENCE${index}` };
  const more = { authenticated: true, clientId: null, applicationName: null, headers: "", body: JSON.stringify(body) };
  return { call: { ...call, ...more }, writes: null };
}

async function addWebhook(store: Store, dedupe: readonly string[]): Promise<string> {
  const mapping = ["--map", "email=emailaddress", "firstname=firstname", ...dedupe];
  const { id } = await installation.json<{ id: string }>(["webhook", "add", "--name", "Load", "--owner", "a@example.com", "--auth", "oauth2", ...mapping]);
  await store.callQueues.pauseWebhook({ brandId: DEFAULT_BRAND_ID, id }, NOW);
  return id;
}

test(`calls that waited are written once each and in their order, through kill -9, ${KILLS} times while they are drained`, { timeout: 240_000 }, async () => {
  await installation.run(["user", "add", "--email", "a@example.com", "--name", "A", "--role", "admin", "--password-stdin"], {
    stdin: "Four unrelated words, twice",
  });
  const store = await openStore({ url: installation.environment["HOOKGATE_STORE"]!, migrate: false });
  // Of one each call makes a customer, so that a call that is written twice shows; of the other all write the same one, so that the order does.
  const [counted, ordered] = [await addWebhook(store, []), await addWebhook(store, ["--dedupe", "emailaddress"])];
  for (let made = 0; made < CALLS; made += 500) {
    for (const id of [counted, ordered]) {
      const batch = Array.from({ length: 500 }, (_, index) => {
        const number = made + index;
        return waitingCall(id, { email: id === counted ? `${number}@example.com` : "all@example.com", firstname: `${number}` }, number);
      });
      const outcomes = await store.calls.commitCalls(batch);
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(["waiting"]));
    }
  }
  const left = (id: string) => store.callQueues.countWaiting({ brandId: DEFAULT_BRAND_ID, id });
  for (const id of [counted, ordered]) await store.callQueues.resumeWebhook({ brandId: DEFAULT_BRAND_ID, id });

  let cutOff = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const server = await installation.serve();
    const goal = CALLS - (CALLS / (KILLS + 1)) * kill;
    await expect.poll(async () => (await left(counted)) <= goal, { timeout: 60_000, interval: 2 }).toBe(true);
    expect((await server.stop("SIGKILL")).status).toBeNull();
    const [leftCounted, leftOrdered] = [await left(counted), await left(ordered)];
    if (leftCounted > 0) cutOff += 1;
    // What is not waiting any more has been written, and the last of it is what the one customer shows.
    const { rows } = await store.customers.listCustomers(DEFAULT_BRAND_ID, "all@example.com", { limit: 2, after: null });
    expect(rows.map(({ fields }) => fields.firstname)).toEqual([`${CALLS - leftOrdered - 1}`]);
    // The lease of the process that is gone.
    for (const id of [counted, ordered]) {
      const name = `drain ${id}`;
      const now = Date.now() + 60_000;
      await store.leases.takeLease({ name, holder: "test", until: now }, now);
      await store.leases.endLease({ name, holder: "test" });
    }
  }
  // The kills fell into the middle of the work, or this proves nothing.
  expect(cutOff).toBeGreaterThan(2);

  const server = await installation.serve();
  for (const id of [counted, ordered]) await expect.poll(() => left(id), { timeout: 60_000 }).toBe(0);
  await server.stop();
  const names: string[] = [];
  let after: string | null = null;
  do {
    const page = await store.customers.listCustomers(DEFAULT_BRAND_ID, null, { limit: 500, after });
    names.push(...page.rows.map(({ fields }) => `${fields.emailaddress} ${fields.firstname}`));
    after = page.next;
  } while (after !== null);
  const expected = Array.from({ length: CALLS }, (_, number) => `${number}@example.com ${number}`);
  expect(names.toSorted()).toEqual([...expected, `all@example.com ${CALLS - 1}`].toSorted());
  const { rows } = await store.calls.listCalls(DEFAULT_BRAND_ID, { webhookId: null, ownerId: null, outcome: "waiting" }, { limit: 10, after: null });
  expect(rows).toEqual([]);
  await store.close();
});
