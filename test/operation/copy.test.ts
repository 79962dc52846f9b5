import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { copyStore } from "../../src/store/copy/copy-store.ts";
import { readTableShapes } from "../../src/store/copy/table-shape.ts";
import { openStore } from "../../src/store/open-store.ts";
import { postToken, basic } from "../protocol/protocol-kit.ts";
import { everyRow, fillStore, SECRET, type InHand } from "../support/full-store.ts";
import { signInAs } from "../support/people.ts";
import { PostgresDatabases } from "../support/postgres-databases.ts";
import { runOn } from "../support/postgres-server.ts";
import { startHookgate } from "../support/start-hookgate.ts";

const directory = mkdtempSync(join(tmpdir(), "hookgate-copy-"));
const SOURCE = `sqlite:${join(directory, "source.db")}`;
let databases: PostgresDatabases;
let inHand: InHand;

beforeAll(async () => {
  databases = await PostgresDatabases.open();
  inHand = await fillStore(SOURCE);
}, 120_000);
afterAll(async () => {
  await databases.remove();
  rmSync(directory, { recursive: true });
}, 60_000);

function newFile(): string {
  return `sqlite:${join(directory, `${randomUUID()}.db`)}`;
}

/** The statement runs on a file that has been filled from the source. */
async function copyWith(statement: string): Promise<string> {
  const url = newFile();
  await copyStore({ from: SOURCE, to: url });
  const database = new DatabaseSync(url.slice("sqlite:".length));
  database.exec(statement);
  database.close();
  return url;
}

/** Everything that was given out before the move is good on this store. */
async function expectAllWorks(url: string): Promise<void> {
  const hookgate = await startHookgate({ HOOKGATE_STORE: url, HOOKGATE_SECRET: SECRET });
  onTestFinished(() => hookgate.close());
  const call = await fetch(hookgate.url + inHand.path, {
    method: "POST",
    headers: { authorization: `Bearer ${inHand.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ email: "ünï@example.com", firstname: "Changed" }),
  });
  expect([call.status, ((await call.json()) as { hookgate_id: string }).hookgate_id]).toEqual([200, inHand.customerId]);
  expect((await hookgate.store.customers.findCustomer(inHand.brandId, inHand.customerId))?.fields.firstname).toBe("Changed");
  const refreshed = await postToken(hookgate, { grant_type: "refresh_token", refresh_token: inHand.refreshToken }, { authorization: basic(inHand.client) });
  expect(refreshed.status).toBe(200);
  expect((await hookgate.store.calls.findCall(inHand.brandId, inHand.callId))?.customerIds).toEqual([inHand.customerId]);
  const browser = await signInAs(hookgate, inHand.person.email, inHand.person.password);
  expect((await browser.get("/webhooks")).status).toBe(200);
  // What the database counts up by itself goes on behind what was copied.
  for (let i = 0; i < 2; i++) await hookgate.store.calls.insertUnknownEndpointCall("/hooks/elsewhere", hookgate.clock.now());
  expect((await hookgate.store.calls.listUnknownEndpointCalls({ limit: 10, after: null })).rows.length).toBeGreaterThanOrEqual(3);
}

test("no table is forgotten: what a copy takes along and what PostgreSQL has are the same tables and columns", async () => {
  const shapes = await readTableShapes();
  const url = await databases.make();
  const found = await import("pg").then(async ({ Client }) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<{ column: string }>(
      "select table_name || '.' || column_name as column from information_schema.columns where table_schema = current_schema()",
    );
    await client.end();
    return rows.map(({ column }) => column);
  });
  const own = ["meta.name", "meta.value", "change_counters.topic", "change_counters.counter"];
  expect([...shapes.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`)), ...own].toSorted()).toEqual(found.toSorted());
  expect(Object.entries(await everyRow(SOURCE)).filter(([, rows]) => rows.length === 0)).toEqual([]);
});

test("each table comes after those that its rows refer to", async () => {
  const names = (await readTableShapes()).map(({ name }) => name);
  for (const [earlier, later] of [
    ["brands", "users"],
    ["users", "sessions"],
    ["field_sets", "webhooks"],
    ["webhooks", "webhook_credentials"],
  ] as const) {
    expect(names.indexOf(earlier)).toBeLessThan(names.indexOf(later));
  }
});

test(
  "SQLite to SQLite to PostgreSQL to PostgreSQL to SQLite: every row is the same, and tokens, families, sessions, customers and calls work",
  { timeout: 180_000 },
  async () => {
    const [file, one, two, last] = [newFile(), await databases.make("nothing"), await databases.make(), newFile()];
    const rows = await everyRow(SOURCE);
    const places = [SOURCE, file, one, two, last];
    for (let i = 1; i < places.length; i++) {
      const copied = await copyStore({ from: places[i - 1]!, to: places[i]! });
      expect(Object.fromEntries(copied)).toEqual(Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, list.length])));
      expect(await everyRow(places[i]!)).toEqual(rows);
    }
    await expectAllWorks(two);
    await expectAllWorks(last);
  },
);

test("a server on the target notices that it has been filled", async () => {
  const url = newFile();
  const store = await openStore({ url, migrate: true });
  onTestFinished(() => store.close());
  let noticed = 0;
  store.changes.onChange("keys", () => void noticed++);
  await store.changes.current();
  const before = noticed;
  await copyStore({ from: SOURCE, to: url });
  await new Promise((resolve) => setImmediate(resolve));
  await store.changes.current();
  expect(noticed).toBe(before + 1);
});

/** What a copy is refused with. */
const refusal = (from: string, to: string): Promise<string> =>
  copyStore({ from, to }).then(
    () => "copied",
    (error: Error) => error.message,
  );

describe("refused in one sentence, and nothing is changed", () => {
  test("a target that is not empty", async () => {
    for (const url of [newFile(), await databases.make()]) {
      await copyStore({ from: SOURCE, to: url });
      const rows = await everyRow(url);
      expect(await refusal(SOURCE, url)).toMatch(/^The target is not empty \(rows: .*keys 1.*\)/);
      expect(await everyRow(url)).toEqual(rows);
    }
  });

  test("the same store, also by another spelling", async () => {
    expect(await refusal(SOURCE, SOURCE)).toBe("Both URLs name the same store.");
    expect(await refusal(SOURCE, SOURCE.replace("/source", "/../" + directory.split("/").at(-1) + "/source"))).toBe("Both URLs name the same store.");
    const url = await databases.make();
    expect(await refusal(url, url.replace("postgres://postgres@", "postgresql://somebody:else@"))).toBe("Both URLs name the same store.");
  });

  test("a source that is not there, in memory, no store, or of another schema", async () => {
    expect(await refusal(newFile(), newFile())).toMatch(/^There is no file .*\.db\.$/);
    expect(await refusal("sqlite::memory:", newFile())).toMatch(/^A store in memory/);
    expect(await refusal(SOURCE, "sqlite::memory:")).toMatch(/^A store in memory/);
    expect(await refusal(await databases.make("nothing"), newFile())).toMatch(/is empty\.$/);
    const foreign = await databases.make("nothing");
    await runOn(foreign, "create table other (id int)");
    expect(await refusal(foreign, newFile())).toMatch(/not Hookgate's/);
    expect(await refusal(SOURCE, foreign)).toMatch(/not Hookgate's/);
    expect(await refusal(await copyWith("update meta set value = 1000 where name = 'schema'"), newFile())).toMatch(
      /has schema 1000, and this Hookgate knows \d+/,
    );
    expect(await refusal(await copyWith("update meta set value = 1 where name = 'schema'"), newFile())).toMatch(/has schema 1, and this Hookgate needs \d+/);
    const newer = await databases.make();
    await runOn(newer, "update meta set value = 1000 where name = 'schema'");
    expect(await refusal(SOURCE, newer)).toMatch(/has schema 1000/);
  });

  test("a server that nobody can reach: no password is repeated", async () => {
    const message = await refusal("postgres://hookgate:pa55word@127.0.0.1:1/none", newFile());
    expect(message).toMatch(/^Nothing was copied: .*ECONNREFUSED/);
    expect(message).not.toContain("pa55word");
  });

  test("a row that the target does not take: all or nothing", async () => {
    for (const url of [newFile(), await databases.make()]) {
      const broken = await copyWith("pragma foreign_keys = off; update webhooks set owner_id = 'nobody'");
      expect(await refusal(broken, url)).toMatch(/^Nothing was copied: .*foreign key constraint/i);
      const rows = await everyRow(url);
      expect(
        Object.entries(rows)
          .filter(([, list]) => list.length > 0)
          .map(([name]) => name),
      ).toEqual(["brands"]);
      // A second try finds it as empty as before.
      expect(await refusal(SOURCE, url)).toBe("copied");
    }
  });

  test("keys that do not open: told before the target is touched", async () => {
    const url = newFile();
    const copy = copyStore({
      from: SOURCE,
      to: url,
      checkKeys: ([key]) => {
        throw new Error(`not with key ${key?.id}`);
      },
    });
    await expect(copy).rejects.toThrow("not with key 1");
    expect(await refusal(url, newFile())).toMatch(/^There is no file/);
  });
});

test("NUL, which PostgreSQL's text cannot hold, becomes U+FFFD on the way", async () => {
  const source = await copyWith("update applications set description = 'a' || char(0) || 'b\\u0000'");
  const url = await databases.make();
  await copyStore({ from: source, to: url });
  expect((await everyRow(url))["applications"]).toEqual(expect.arrayContaining([expect.objectContaining({ description: "a\u{FFFD}b\\u0000" })]));
});
