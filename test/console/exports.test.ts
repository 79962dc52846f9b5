import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { newRandomId } from "../../src/lib/id.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { MAX_EXPORTS, MAX_EXPORTS_OF_USER } from "../../src/web/exports.ts";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { parseCsv } from "../support/parse-csv.ts";
import { addBrand, addCustomers, addRefusedCalls, addSample, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

interface Scene {
  readonly brandId: string;
  readonly admin: HttpBrowser;
  readonly owner: User;
  readonly member: HttpBrowser;
  readonly colleague: HttpBrowser;
  readonly webhook: Webhook;
}

let brands = 0;
async function scene(): Promise<Scene> {
  const brandId = await addBrand(hookgate, `Exporting brand ${brands++}`);
  const add = (role: "admin" | "member", name: string) => addUser(hookgate, { brandId, role, name });
  const [admin, owner, colleague] = [await add("admin", "Admin"), await add("member", "Owner"), await add("member", "Colleague")];
  const [adminBrowser, member, other] = [await signedIn(hookgate, admin), await signedIn(hookgate, owner), await signedIn(hookgate, colleague)];
  return { brandId, owner, webhook: await addWebhook(hookgate, owner, "Orders"), admin: adminBrowser, member, colleague: other };
}

type Row = Readonly<Record<string, string>>;

async function csv(browser: HttpBrowser, path: string): Promise<readonly Row[]> {
  const { html, status } = await browser.get(`${path}${path.includes("?") ? "&" : "?"}format=csv`);
  expect(status).toBe(200);
  // `fetch` takes the byte order mark away when it decodes.
  const [head = [], ...rows] = parseCsv(html);
  return rows.map((row) => {
    expect(row.length).toBe(head.length);
    return Object.fromEntries(head.map((name, index) => [name, row[index]!]));
  });
}

async function jsonLines(browser: HttpBrowser, path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { html, status } = await browser.get(`${path}${path.includes("?") ? "&" : "?"}format=jsonl`);
  expect([status, html === "" || html.endsWith("\n")]).toEqual([200, true]);
  return html
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const idsOf = (rows: readonly Readonly<Record<string, unknown>>[]) => rows.map(({ id }) => id);
const CALLS = "/calls/export/file";
const CUSTOMERS = "/customers/export/file";

describe("an export of calls", () => {
  test("holds every call once, newest first, however many there are, in both formats", async () => {
    const { member, webhook } = await scene();
    const ids = await addRefusedCalls(
      hookgate,
      webhook,
      Array.from({ length: 1_234 }, () => ({})),
    );
    expect(idsOf(await csv(member, CALLS))).toEqual(ids.toReversed());
    expect(idsOf(await jsonLines(member, CALLS))).toEqual(ids.toReversed());
  });

  test("says of each call what its page says, the body word for word", async () => {
    const { member, owner, webhook } = await scene();
    const body = '{\n  "name": "Zoë \u{1F600} \\"=1+1\\"",\r\n  "n": 1.50\n}';
    const { callId, customerIds } = await addCustomers(hookgate, webhook, [{ firstname: "A" }, { firstname: "B" }], body);
    const fromConsole = { userId: owner.id, userName: "=Owner", replayOf: callId };
    const [replay] = await addRefusedCalls(hookgate, webhook, [
      { fromConsole, applicationName: null, clientId: null, body: null, headers: "", duration: null, reason: '=say "no", twice', status: 422 },
    ]);
    const [second, first] = await csv(member, CALLS);
    expect(first).toMatchObject({
      id: callId,
      received_at: new Date(hookgate.clock.now()).toISOString(),
      webhook_id: webhook.id,
      webhook: "Orders",
      outcome: "accepted",
      status: "200",
      reason: "",
      authenticated: "true",
      application: "Shop sync",
      user: "",
      duration_ms: "3",
      customer_ids: customerIds.join(" "),
      headers: "content-type: application/json",
      body,
    });
    expect(second).toMatchObject({
      id: replay,
      user: "'=Owner",
      replay_of: callId,
      reason: `'=say "no", twice`,
      duration_ms: "",
      headers: "",
      body: "",
      application: "",
    });
    const [replayed, accepted] = await jsonLines(member, CALLS);
    expect(accepted).toMatchObject({ id: callId, status: 200, authenticated: true, customer_ids: customerIds, body });
    for (const absent of ["reason", "user", "replay_of"]) expect(accepted).not.toHaveProperty(absent);
    expect(replayed).toMatchObject({ user: "=Owner", reason: '=say "no", twice' });
  });

  test("is narrowed as the list is: by outcome, webhook, reason, day and search", async () => {
    const { member, owner, webhook } = await scene();
    const other = await addWebhook(hookgate, owner, "Returns");
    const sample = await addSample(hookgate, webhook, "{}");
    const [refused, expired] = await addRefusedCalls(hookgate, webhook, [{ applicationName: "Till 3" }, { status: 401 }]);
    const [elsewhere] = await addRefusedCalls(hookgate, other, [{ reference: "REFERENCE1" }]);
    const day = new Date(hookgate.clock.now()).toISOString().slice(0, 10);
    for (const [query, ids] of [
      ["outcome=sample", [sample]],
      [`webhook=${other.id}`, [elsewhere]],
      ["outcome=refused&status=401", [expired]],
      ["q=till", [refused]],
      ["q=reference1", [elsewhere]],
      ["q=nobody", []],
      [`from=${day}&to=${day}`, [elsewhere, expired, refused, sample]],
      ["to=2020-01-01", []],
      ["outcome=nonsense&webhook=%27--", [elsewhere, expired, refused, sample]],
    ] as const)
      expect(idsOf(await csv(member, `${CALLS}?${query}`)), query).toEqual(ids);
  });

  test("holds what its reader may see and nothing else", async () => {
    const { admin, member, colleague, webhook } = await scene();
    const stranger = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{}]);
    expect(idsOf(await csv(admin, CALLS))).toEqual([id]);
    expect(idsOf(await csv(member, CALLS))).toEqual([id]);
    for (const browser of [colleague, stranger.admin, stranger.member]) {
      expect(await csv(browser, CALLS)).toEqual([]);
      expect(await jsonLines(browser, `${CALLS}?webhook=${webhook.id}`)).toEqual([]);
    }
  });

  test("masks what is marked as sensitive, in bodies and in headers, also of a deleted webhook", async () => {
    const { admin, brandId, webhook } = await scene();
    const secret = "Zebrafish-4111";
    await addSample(hookgate, webhook, `[{"card":"${secret}"},{"card":["${secret}"],"name":"Ann"}]`);
    await addRefusedCalls(hookgate, webhook, [{ body: `no JSON ${secret}` }, { body: null, headers: `idempotency-key: ${secret}` }]);
    expect((await admin.get(`${CALLS}?format=csv`)).html.split(secret).length).toBe(5);
    await hookgate.store.webhooks.updateWebhook(brandId, webhook.id, { sensitivePaths: ["$.card"], updatedAt: 1 });
    await hookgate.store.webhooks.deleteWebhook(brandId, webhook.id);
    for (const format of ["csv", "jsonl"]) {
      const { html } = await admin.get(`${CALLS}?format=${format}`);
      expect([html.includes(secret), html.includes("Ann"), html.split("•••").length]).toEqual([false, true, 5]);
    }
  });

  test("with bodies of megabytes holds them all", async () => {
    const { member, webhook } = await scene();
    const long = JSON.stringify({ text: "é".repeat(1_500_000) });
    const calls = Array.from({ length: 6 }, (_, index) => ({ body: index % 2 === 0 ? long : "{}", status: 422 }));
    const ids = await addRefusedCalls(hookgate, webhook, calls);
    const rows = await jsonLines(member, CALLS);
    expect(idsOf(rows)).toEqual(ids.toReversed());
    expect(rows.map(({ body }) => (body as string).length)).toEqual(calls.map(({ body }) => body.length).toReversed());
  });
});

describe("an export of customers", () => {
  test("holds every customer once, newest first, with a column for each field of the brand", async () => {
    const { brandId, member, webhook } = await scene();
    await hookgate.store.optionFields.insertOptionField({ brandId, name: "option.tier", label: "Tier", kind: "text", choices: [] }, 10);
    const people = Array.from({ length: 450 }, (_, index) => ({ firstname: `Person ${index}`, emailaddress: `p${index}@example.com` }));
    const { customerIds } = await addCustomers(hookgate, webhook, [...people, { lastname: "=1+1", "option.tier": "+GOLD", homephone: "+31 6" }]);
    const rows = await csv(member, CUSTOMERS);
    expect(rows.map((row) => row["hookgate_id"])).toEqual(customerIds.toReversed());
    expect(rows[0]).toMatchObject({ lastname: "'=1+1", "option.tier": "'+GOLD", homephone: "'+31 6", firstname: "" });
    const [newest, before] = await jsonLines(member, CUSTOMERS);
    expect(newest).toMatchObject({ hookgate_id: customerIds.at(-1), lastname: "=1+1", "option.tier": "+GOLD" });
    expect(newest).not.toHaveProperty("firstname");
    expect(before).toMatchObject({ firstname: "Person 449" });
  });

  test("is narrowed by the search of the list, and to the brand", async () => {
    const { member, webhook } = await scene();
    const stranger = await scene();
    await addCustomers(hookgate, webhook, [{ firstname: "Ann" }, { firstname: "Bea" }, { lastname: "Bean" }]);
    expect((await csv(member, `${CUSTOMERS}?q=%20BEA%20`)).map((row) => row["firstname"] || row["lastname"])).toEqual(["Bean", "Bea"]);
    expect(await csv(member, `${CUSTOMERS}?q=nobody`)).toEqual([]);
    expect(await csv(stranger.admin, CUSTOMERS)).toEqual([]);
  });
});

describe("the file", () => {
  test("has a name with the day, is never shown as a page, and only CSV has a byte order mark", async () => {
    const { member } = await scene();
    const day = new Date(hookgate.clock.now()).toISOString().slice(0, 10);
    for (const [path, what] of [
      [CALLS, "calls"],
      [CUSTOMERS, "customers"],
    ]) {
      for (const [format, type] of [
        ["csv", "text/csv; charset=utf-8; header=present"],
        ["jsonl", "application/jsonl; charset=utf-8"],
      ]) {
        const { headers } = await member.get(`${path}?format=${format}`);
        expect(headers.get("content-disposition")).toBe(`attachment; filename="${what}-${day}.${format}"`);
        expect(headers.get("content-type")).toBe(type);
        expect(headers.get("x-content-type-options")).toBe("nosniff");
        expect(headers.get("cache-control")).toBe("no-store");
        const bytes = new Uint8Array(await (await rawGet(member, `${path}?format=${format}`)).arrayBuffer());
        expect(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf).toBe(format === "csv");
      }
    }
  });

  test("is for who is signed in, in a format that there is; and nobody makes one with HEAD", async () => {
    const { member } = await scene();
    const anonymous = await fetch(`${hookgate.url}${CALLS}?format=csv`, { redirect: "manual" });
    expect(anonymous.headers.get("location")).toContain("/sign-in?return_to=");
    for (const format of ["", "xlsx", "CSV", "__proto__"]) expect((await member.get(`${CALLS}?format=${format}`)).status).toBe(404);
    expect((await member.get(CALLS)).status).toBe(404);
    const cookie = [...member.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    expect((await fetch(`${hookgate.url}${CALLS}?format=csv`, { method: "HEAD", headers: { cookie } })).status).toBe(404);
  });

  test("the page keeps what narrows the list, and is a plain form", async () => {
    const { member, webhook } = await scene();
    await addRefusedCalls(hookgate, webhook, [{}]);
    expect((await member.get("/calls?outcome=refused&q=%22x%22")).html).toContain('href="/calls/export?q=%22x%22&amp;outcome=refused"');
    const page = await member.get("/calls/export?outcome=refused&q=%22x%22&after=no&nonsense=1");
    expect(page.html).toMatch(/<form method="get" action="\/calls\/export\/file"/);
    expect(page.html).toContain('<input type="hidden" name="outcome" value="refused"/>');
    expect(page.html).toContain('<input type="hidden" name="q" value="&quot;x&quot;"/>');
    expect(page.html).not.toContain("nonsense");
    expect(textOf(page.html)).toContain("One file with all calls that fit the present search and filter of the list, newest first.");
    expect(textOf((await member.get("/customers/export")).html)).toContain("One file with all customers that the list shows, newest first.");
  });
});

function rawGet(browser: HttpBrowser, path: string): Promise<Response> {
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  return fetch(hookgate.url + path, { headers: { cookie } });
}

/** Asks for a file over a connection of its own that reads only when it is told to. */
async function slowReader(browser: HttpBrowser, path: string): Promise<Socket> {
  const { hostname, port } = new URL(hookgate.url);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const socket = createConnection({ host: hostname, port: Number(port) });
  await once(socket, "connect");
  socket.pause();
  socket.on("error", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nCookie: ${cookie}\r\n\r\n`);
  await expect.poll(() => socket.readableLength).toBeGreaterThan(0);
  return socket;
}

/** What it says when it says the same twice. */
const settled = async (look: () => Promise<unknown>): Promise<unknown> => {
  for (let before: unknown, now = await look(); ; before = now, now = await look()) {
    if (JSON.stringify(before) === JSON.stringify(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

describe("while a file is made", () => {
  /** More than sockets hold. */
  const LONG = JSON.stringify({ text: "x".repeat(1_000_000) });

  async function bigScene(): Promise<Scene & { readonly state: (exportId: string) => Promise<{ readonly state: string; readonly rows: number }> }> {
    const at = await scene();
    for (let index = 0; index < 40; index++) await addRefusedCalls(hookgate, at.webhook, [{ body: LONG, status: 400 }]);
    return { ...at, state: async (exportId) => (await (await rawGet(at.member, `/calls/export/progress?export=${exportId}`)).json()) as never };
  }

  test("it is told how far it is, to who asked for it only; and at the end that it is complete", async () => {
    const { member, colleague, webhook } = await scene();
    await addRefusedCalls(
      hookgate,
      webhook,
      Array.from({ length: 250 }, () => ({})),
    );
    const id = newRandomId();
    const ask = async (browser: HttpBrowser) => (await rawGet(browser, `/calls/export/progress?export=${id}`)).json();
    expect(await ask(member)).toEqual({ state: "unknown" });
    await member.get(`${CALLS}?format=csv&export=${id}`);
    expect(await ask(member)).toEqual({ state: "done", rows: 250 });
    expect(await ask(colleague)).toEqual({ state: "unknown" });
  });

  test("a reader who takes nothing is waited for, and whoever calls meanwhile is answered", async () => {
    const { member, state } = await bigScene();
    const id = newRandomId();
    const socket = await slowReader(member, `${CALLS}?format=jsonl&export=${id}`);
    await expect.poll(async () => (await state(id)).rows).toBeGreaterThan(0);
    const waiting = (await settled(() => state(id))) as { readonly rows: number };
    expect(waiting).toMatchObject({ state: "under-way" });
    expect(waiting.rows).toBeLessThan(30);
    expect((await member.get("/calls")).status).toBe(200);
    expect(await state(id)).toEqual(waiting);
    let received = 0;
    socket.on("data", (chunk: Buffer) => (received += chunk.length));
    socket.resume();
    await expect.poll(() => state(id), { timeout: 30_000 }).toEqual({ state: "done", rows: 40 });
    await expect.poll(() => received, { timeout: 30_000 }).toBeGreaterThan(40_000_000);
    socket.destroy();
  });

  test("a reader who goes away ends the work, and makes room for the next one", async () => {
    const { admin, member, colleague, state } = await bigScene();
    const ids = Array.from({ length: MAX_EXPORTS_OF_USER }, () => newRandomId());
    const sockets = await Promise.all(ids.map((id) => slowReader(member, `${CALLS}?format=csv&export=${id}`)));
    for (const id of ids) await expect.poll(async () => (await state(id)).rows).toBeGreaterThan(0);
    const refused = await member.get(`${CALLS}?format=csv`);
    expect([refused.status, textOf(refused.html).includes("Your other exports are still under way.")]).toEqual([429, true]);
    while (sockets.length < MAX_EXPORTS) sockets.push(await slowReader(admin, `${CALLS}?format=csv`));
    const full = await colleague.get(`${CALLS}?format=csv`);
    expect([full.status, textOf(full.html).includes("Too many exports are under way.")]).toEqual([503, true]);
    for (const socket of sockets) socket.destroy();
    for (const id of ids) await expect.poll(() => state(id)).toMatchObject({ state: "broken-off" });
    expect((await state(ids[0]!)).rows).toBeLessThan(40);
    expect((await member.get(`${CALLS}?format=csv`)).status).toBe(200);
  });

  test("who is signed out on the way gets no more, and no file that looks whole", async () => {
    const { member, owner, brandId, state } = await bigScene();
    const id = newRandomId();
    const socket = await slowReader(member, `${CALLS}?format=jsonl&export=${id}`);
    await expect.poll(async () => (await state(id)).rows).toBeGreaterThan(0);
    await settled(() => state(id));
    await hookgate.store.sessions.deleteSessionsOf(brandId, owner.id, null);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1").slice(-10)));
    socket.resume();
    await once(socket, "close");
    // The last chunk of a whole answer (RFC 9112 section 7.1).
    expect(text.endsWith("0\r\n\r\n")).toBe(false);
  });
});
