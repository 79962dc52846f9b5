/**
 * No page and no request of a program scans a table that grows with use. Everything that the console shows and that programs ask for is asked of a grown store, on each database,
 * and every statement that this caused is explained: by SQLite as a plan, by PostgreSQL with the rows that it looked at.
 */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, DatabaseError } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { readTableShapes } from "../../src/store/copy/table-shape.ts";
import { addClient, consent, exchange, postToken, basic, REDIRECT_URI } from "../protocol/protocol-kit.ts";
import { grownId, growRows, SMALL_TABLES } from "../support/grown-rows.ts";
import { PostgresDatabases } from "../support/postgres-databases.ts";
import { runOn } from "../support/postgres-server.ts";
import { addUser, signedIn } from "../support/records.ts";
import { RecordedStatements, type Statement } from "../support/recorded-statements.ts";
import { addressesOf } from "../support/route-addresses.ts";
import { startHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving } from "../webhooks/receiving.ts";

let databases: PostgresDatabases;
beforeAll(async () => void (databases = await PostgresDatabases.open()));
afterAll(() => databases.remove());

/** What one statement may look at: a window of a search, or a page of each of an owner's webhooks; a tenth or less of what grows most. */
const MAX_ROWS = 22_000;
/** Rows that it looked at in vain. */
const MAX_IN_VAIN = 5_200;

interface Grown {
  readonly statements: readonly Statement[];
  readonly growing: ReadonlySet<string>;
}

const search = (q: string) => new URLSearchParams({ q }).toString();

/** Everything that is asked all the time or by a click, of a store that has grown. */
async function askEverything(url: string, grow: (owners: Parameters<typeof growRows>[1]) => Promise<void>): Promise<Grown> {
  const hookgate = await startHookgate({ HOOKGATE_STORE: url, HOOKGATE_SECRET: "a secret of more than thirty-two characters" });
  onTestFinished(() => hookgate.close());
  const { store, clock } = hookgate;
  const receiver = await receiving(hookgate, BY_EMAIL);
  const { brandId, webhook, owner, send } = receiver;
  const accepted = await send({ email: "first@example.com", firstname: "First" }, { "idempotency-key": "first" });
  expect(accepted.status).toBe(200);
  const client = await addClient(hookgate, { owner });
  const tokensOf = async () => {
    const { answer } = await consent(hookgate, client, { scope: "apps.webhook:execute offline_access" });
    return exchange(hookgate, client, answer.get("code")!);
  };
  await tokensOf();
  const admin = await addUser(hookgate, { brandId, role: "admin", name: "Ada Admin" });
  const owners = { brand_id: brandId, user_id: owner.id, owner_id: owner.id, client_id: client.clientId, webhook_id: webhook.id };
  await grow(owners);

  const recorded = new RecordedStatements();
  const tables = (await readTableShapes()).map(({ name }) => name);
  const growing = new Set(tables.filter((table) => !SMALL_TABLES.has(table)));

  const things = {
    applications: [client.clientId],
    secrets: [grownId(1)],
    consents: [client.clientId],
    webhooks: [webhook.id, grownId(7)],
    credentials: [grownId(7)],
    versions: ["1"],
    hooks: [webhook.id],
    customers: [grownId(7)],
    fields: ["option.tier"],
    calls: [grownId(50), grownId(7)],
    users: [owner.id],
    "integration-tokens": [grownId(7)],
    invitation: ["unknown"],
    setup: ["unknown"],
  };
  const pages = hookgate.routes.filter(({ method, url }) => method === "GET" && !/^\/(hooks|oauth2\/(token|revoke|introspect)|assets)/.test(url));
  const lists = [
    ...["accepted", "repeated", "sample", "waiting", "refused"].flatMap((outcome) =>
      ["", `&webhook=${grownId(7)}`, "&from=2025-07-01&to=2026-12-01"].map((more) => `/calls?outcome=${outcome}${more}`),
    ),
    ...["401", "422"].flatMap((status) => [`/calls?status=${status}`, `/calls?status=${status}&webhook=${grownId(7)}`]),
    `/calls?webhook=${webhook.id}`,
    `/calls?after=${grownId(100_000)}`,
    `/calls?outcome=refused&after=${grownId(100_000)}`,
    `/calls?outcome=accepted&after=${grownId(100_000)}`,
    ...["reference 50", "nothing", grownId(7), "Shop"].flatMap((q) => [
      `/calls?${search(q)}`,
      `/calls?outcome=refused&${search(q)}`,
      `/calls?webhook=${grownId(7)}&${search(q)}`,
    ]),
    ...["graz", "quetzalcoatl", "nobody"].map((q) => `/customers?${search(q)}`),
    `/customers?after=${grownId(100_000)}`,
    `/calls/export/file?format=jsonl&webhook=${grownId(7)}`,
    `/customers/export/file?format=jsonl&${search("quetzalcoatl")}`,
  ];
  for (const user of [admin, owner]) {
    const browser = await signedIn(hookgate, user);
    const addresses = [...pages.flatMap(({ url }) => addressesOf(url, things)), ...lists];
    for (const address of addresses.filter((each) => !each.startsWith("/sign-out"))) {
      await recorded.during(`GET ${address} as ${user.role}`, async () => expect((await browser.getOnce(address)).status, address).toBeLessThan(500));
    }
  }
  const rare = await store.customers.listCustomers(brandId, "quetzalcoatl", { limit: 10, after: null });
  expect(rare.rows).toEqual([]);
  const older = await store.customers.listCustomers(brandId, "quetzalcoatl", { limit: 10, after: rare.next });
  expect([older.rows.map(({ id }) => id), older.next]).toEqual([[grownId(1)], null]);
  const browser = await signedIn(hookgate, admin);
  expect((await browser.get(`/customers?${search("quetzalcoatl")}`)).html).toContain("None of these customers has such a value. Older ones may.");
  expect((await browser.get(`/customers?${search("graz")}`)).html).not.toContain("A page of a search looks at");
  await recorded.during("a call", () => send({ email: "second@example.com" }, { "idempotency-key": "second" }));
  await recorded.during("a call that updates", () => send({ email: "first@example.com", firstname: "Again" }));
  await recorded.during("a refused call", () => send({ email: "no address" }));
  await recorded.during("a pause", () => store.callQueues.pauseWebhook(webhook, clock.now()));
  await recorded.during("a call that waits", () => send({ email: "waits@example.com" }, { "idempotency-key": "waits" }));
  await recorded.during("the page of a paused webhook", async () => (await signedIn(hookgate, owner)).getOnce(`/webhooks/${webhook.id}`));
  await recorded.during("a resume", () => store.callQueues.resumeWebhook(webhook));
  await recorded.during("what is to be drained", () => store.callQueues.listDrainable(20));
  const [waits] = await recorded.during("what waits", () => store.callQueues.listWaiting(webhook, 100));
  await recorded.during("a call that is drained", async () =>
    store.calls.commitCalls([{ call: (await store.calls.findCall(brandId, waits!))!, writes: null, drains: { refused: null } }]),
  );
  await recorded.during("a call at no endpoint", () => fetch(`${hookgate.url}/hooks/nowhere`, { method: "POST" }));
  const authorization = { authorization: basic(client) };
  const tokens = await recorded.during("consent and exchange", tokensOf);
  const refresh = { grant_type: "refresh_token", refresh_token: tokens.json["refresh_token"] as string };
  await recorded.during("a refresh", () => postToken(hookgate, refresh, authorization));
  await recorded.during("a wrong secret", () =>
    postToken(hookgate, { grant_type: "client_credentials" }, { authorization: basic({ ...client, clientSecret: "wrong" }) }),
  );
  await recorded.during("client credentials", () => postToken(hookgate, { grant_type: "client_credentials" }, authorization));
  await recorded.during("introspection", () => postToken(hookgate, { token: tokens.json["access_token"] as string }, authorization, "/oauth2/introspect"));
  await recorded.during("a revocation", () =>
    fetch(`${hookgate.url}/oauth2/revoke`, { method: "POST", body: new URLSearchParams({ token: refresh.refresh_token }), headers: authorization }),
  );
  await recorded.during("a refused authorization request", async () =>
    (await signedIn(hookgate, owner)).getOnce(`/oauth2/auth?client_id=${client.clientId}&redirect_uri=${REDIRECT_URI}/&response_type=code`),
  );
  await recorded.during("the sweeper", () => store.sweep(clock.now()));
  await store.brands.updateBrand(brandId, { name: "Grown", timeZone: "UTC", callsKeptDays: 7 });
  await recorded.during("the sweeper, of old calls", async () => expect(await store.sweep(clock.now())).toBeGreaterThan(0));
  await recorded.during("metrics", () => store.countExpired(clock.now()));
  await recorded.during("the claim of a replay", () => store.replays.claimReplay("lease", clock.now(), clock.now()));
  await recorded.during("what a replay takes", () => store.calls.listReplayable(brandId, grownId(0), { afterId: "", throughId: "~" }, 25));
  await recorded.during("what a forwarding process looks for", async () => {
    const target = grownId(7);
    expect((await store.outbox.listTargetsWithMessages("", 100)).length).toBeGreaterThan(0);
    await store.outbox.listTargets([target]);
    const [message] = await store.outbox.listMessages(target, 0, 100);
    await store.outbox.findNextMessage(target, message!.orderKey, message!.position, 1_000_000);
    await store.outbox.recordAttempts([{ message: message!, at: clock.now(), outcome: { kind: "delivered" } }]);
    await store.outbox.countAllMessages();
  });
  await recorded.during("erasing a customer", () => store.calls.eraseCustomer(brandId, grownId(9)));
  await recorded.during("a pause and its end", async () => {
    const paused = { brandId, id: grownId(7) };
    expect(await store.callQueues.pauseWebhook(paused, clock.now())).toBe(true);
    await send({ email: "third@example.com" });
    await store.callQueues.countWaiting(paused);
    await store.callQueues.listWaiting(paused, 25);
    await store.callQueues.listDrainable(25);
    expect(await store.callQueues.resumeWebhook(paused)).toBe(true);
  });
  return { statements: recorded.statements, growing };
}

/** The names by which a statement speaks of the tables. */
function aliasesOf(sql: string, tables: ReadonlySet<string>): ReadonlyMap<string, string> {
  const aliases = new Map([...tables].map((table) => [table, table]));
  for (const [, table = "", alias = ""] of sql.matchAll(/"?\b(\w+)"?\s+as\s+"?(\w+)"?/gi)) if (tables.has(table)) aliases.set(alias, table);
  return aliases;
}

/** Whether whole: counting goes as far as a limit, in no order and under no condition. */
const isScanned = (sql: string, table: string | undefined) => table !== undefined && !sql.includes(`from "${table}" limit ?`);

function explainOnSqlite(path: string, { statements, growing }: Grown): readonly string[] {
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  return statements.flatMap(({ doing, sql, values }) => {
    const aliases = aliasesOf(sql, growing);
    const plan = database.prepare(`explain query plan ${sql}`).all(...(values as SQLInputValue[])) as { readonly detail: string }[];
    return plan
      .map(({ detail }) => detail)
      .filter((detail) => isScanned(sql, aliases.get(/^SCAN (\w+)/.exec(detail)?.[1] ?? "")))
      .map((detail) => `${doing}: ${detail}\n  ${sql}`);
  });
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): readonly PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

const UNIQUE_VIOLATION = "23505";

/** Undefined where a row is there already that the statement inserted when it was recorded. */
async function planOf(client: Client, sql: string, values: readonly unknown[]): Promise<PlanNode | undefined> {
  await client.query("begin");
  try {
    const { rows } = await client.query<{ "QUERY PLAN": readonly { readonly Plan: PlanNode }[] }>(`explain (analyze, format json) ${sql}`, [...values]);
    return rows[0]!["QUERY PLAN"][0]!.Plan;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === UNIQUE_VIOLATION) return undefined;
    throw error;
  } finally {
    await client.query("rollback");
  }
}

async function explainOnPostgres(url: string, { statements, growing }: Grown): Promise<readonly string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  const problems: string[] = [];
  for (const { doing, sql, values } of statements) {
    const plan = await planOf(client, sql, values);
    if (!plan) continue;
    const nodes = nodesOf(plan);
    const scans = nodes.filter((node) => growing.has(node["Relation Name"] ?? "") || node["Index Name"] !== undefined);
    const inVain = (node: PlanNode) => ((node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0)) * node["Actual Loops"];
    const wasted = scans.reduce((sum, node) => sum + inVain(node), 0);
    const looked = scans.reduce((sum, node) => sum + node["Actual Rows"] * node["Actual Loops"], wasted);
    const what = scans.map(
      (node) =>
        `${node["Node Type"]} ${node["Index Name"] ?? node["Relation Name"]}: ${node["Actual Rows"]} x ${node["Actual Loops"]}, in vain ${inVain(node)}`,
    );
    if (looked > MAX_ROWS || wasted > MAX_IN_VAIN) problems.push(`${doing}: ${looked} rows, ${wasted} in vain\n  ${sql}\n  ${what.join("\n  ")}`);
  }
  return problems;
}

test("on SQLite no statement scans a table that grows", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hookgate-plans-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "hookgate.db");
  const grown = await askEverything(`sqlite:${path}`, async (owners) => {
    const database = new DatabaseSync(path);
    await growRows(async (sql) => database.exec(sql), owners);
    database.close();
  });
  expect(explainOnSqlite(path, grown)).toEqual([]);
}, 240_000);

test("on PostgreSQL no statement looks at more than a bounded number of rows", async () => {
  const url = await databases.make();
  const grown = await askEverything(url, async (owners) => {
    await growRows((sql) => runOn(url, sql), owners);
    await runOn(url, "analyze");
  });
  expect(await explainOnPostgres(url, grown)).toEqual([]);
}, 240_000);
