import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Installation } from "../support/program.ts";
import { PostgresDatabases } from "../support/postgres-databases.ts";

interface Answer {
  readonly status: number | null;
  readonly stderr: string;
  readonly usable: boolean;
  readonly store: string;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly found: string; readonly change?: string }[];
}

function install(environment: Readonly<Record<string, string>> = {}): Installation {
  const installation = new Installation(environment);
  onTestFinished(() => installation.remove());
  return installation;
}

async function examine(installation: Installation, args: readonly string[] = []): Promise<Answer> {
  const { status, stdout, stderr } = await installation.run(["doctor", "--json", ...args]);
  return { status, stderr, ...(JSON.parse(stdout) as Pick<Answer, "usable" | "store" | "checks">) };
}

const check = ({ checks }: Answer, name: string) => checks.find((one) => one.name === name);
const wrong = ({ checks }: Answer) => checks.filter(({ state }) => state !== "ok").map(({ name, state }) => `${name}: ${state}`);

/** Whether syncs are on is up to whoever runs the tests. */
const wrongOf = (answer: Answer) => wrong(answer).filter((line) => line !== "durability: missing");

async function tablesOf(url: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query("select table_name from information_schema.tables where table_schema = current_schema() order by 1");
  await client.end();
  return rows as unknown[];
}

describe("doctor on SQLite", () => {
  test("finds nothing wrong where nothing is yet, and makes nothing", async () => {
    const installation = install();
    const answer = await examine(installation);
    expect([answer.status, answer.usable, answer.stderr, wrong(answer)]).toEqual([0, true, "", []]);
    expect(answer.store).toBe(installation.databasePath);
    expect(readdirSync(installation.directory)).toEqual([]);
  });

  test("finds nothing wrong with a store that no server has open, and leaves every file as it was", async () => {
    const installation = install();
    await installation.run(["migrate"]);
    const files = () => readdirSync(installation.directory).map((name) => [name, readFileSync(`${installation.directory}/${name}`, "hex").length]);
    const before = files();
    const answer = await examine(installation);
    expect([answer.status, wrong(answer)]).toEqual([0, []]);
    expect(check(answer, "journal")?.found).toBe("write-ahead log");
    expect(check(answer, "secret")?.state).toBe("ok");
    expect(files()).toEqual(before);
  });

  test("finds nothing wrong beside a server, and prints a table for people", async () => {
    const installation = install();
    const server = await installation.serve();
    const { status, stdout, stderr } = await installation.run(["doctor"]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^ok +engine +SQLite 3\./m);
    expect(stdout).toMatch(/^ok +secret +.*hookgate\.secret opens every key$/m);
    expect((await server.stop()).status).toBe(0);
  });

  test("names a file that is no database, and says what to do", async () => {
    const installation = install();
    writeFileSync(installation.databasePath, "this is no database, however long it may be read".repeat(100), { mode: 0o600 });
    const answer = await examine(installation);
    expect([answer.status, answer.usable]).toEqual([1, false]);
    expect(check(answer, "database")).toMatchObject({ state: "missing", found: expect.stringContaining("not a database") as string });
    expect(answer.stderr).toMatch(/^hookgate: The store cannot be used as it is: one thing is missing\.\n$/);
  });

  test("names tables that are not Hookgate's, a schema of the future and one that must be brought up to date", async () => {
    const installation = install();
    await installation.run(["migrate"]);
    const change = (statement: string) => {
      const database = new DatabaseSync(installation.databasePath);
      database.exec(statement);
      database.close();
    };
    change("update meta set value = value - 1 where name = 'schema'");
    expect(wrong(await examine(installation))).toEqual(["schema: advice"]);
    change("update meta set value = 9999");
    expect(check(await examine(installation), "schema")).toMatchObject({ state: "missing", change: expect.stringContaining("newer Hookgate") as string });
    change("drop table meta");
    expect(check(await examine(installation), "schema")).toMatchObject({ state: "missing", found: "the tables of something else" });
  });

  test("names a secret that is not the store's, one that is gone, one that others may read, and never makes one", async () => {
    const installation = install();
    await installation.run(["user", "list"]);
    const secret = `${installation.directory}/hookgate.secret`;
    const right = readFileSync(secret);
    chmodSync(secret, 0o644);
    chmodSync(installation.databasePath, 0o640);
    expect(wrong(await examine(installation))).toEqual(["file: advice", "secret: advice"]);
    chmodSync(installation.databasePath, 0o600);
    writeFileSync(secret, "x".repeat(40), { mode: 0o600 });
    chmodSync(secret, 0o600);
    expect(wrong(await examine(installation))).toEqual(["secret: missing"]);
    rmSync(secret);
    const answer = await examine(installation);
    expect([answer.status, check(answer, "secret")?.found]).toEqual([1, "not found"]);
    expect(existsSync(secret)).toBe(false);
    expect(right.length).toBeGreaterThan(32);
  });

  test("says that a store in memory is none to keep, and refuses what is no store", async () => {
    expect(wrong(await examine(install(), ["--store", "sqlite::memory:"]))).toEqual(["place: advice"]);
    const { status, stderr, stdout } = await install().run(["doctor", "--store", "mysql://x", "--json"]);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^hookgate: --store must be /);
  });
});

describe("doctor on PostgreSQL", () => {
  let databases: PostgresDatabases;
  beforeAll(async () => {
    databases = await PostgresDatabases.open({ isPooled: true });
  }, 120_000);
  afterAll(() => databases.remove(), 60_000);

  const SECRET = { HOOKGATE_SECRET: "the secret of the servers under test" };
  /** Past the pooler. */
  const directly = (url: string) => databases.shared.admin.replace(/\/[^/]*$/, new URL(url).pathname);
  test("tries everything on an empty database and leaves it empty", async () => {
    const url = directly(await databases.make("nothing"));
    const answer = await examine(install(SECRET), ["--store", url]);
    expect(wrongOf(answer)).toEqual([]);
    for (const name of ["insert … on conflict … returning", "isolation level serializable", "statement_timeout", "tables made in a transaction"]) {
      expect(check(answer, name)?.state, name).toBe("ok");
    }
    expect(answer.checks.length).toBeGreaterThan(20);
    expect(await tablesOf(url)).toEqual([]);
    expect(answer.store).not.toContain(":postgres@");
  });

  test("finds a store there, through a pooler too, and misses the limit that the pooler does not pass on", async () => {
    const pooled = await databases.make("store");
    const url = directly(pooled);
    const tables = await tablesOf(url);
    const direct = await examine(install(SECRET), ["--store", url]);
    expect(check(direct, "schema")?.state).toBe("ok");
    expect(wrongOf(direct)).toEqual([]);
    expect(wrongOf(await examine(install(SECRET), ["--store", pooled]))).toEqual(["pooler: advice"]);
    const limited = await databases.make("store", { statement_timeout: "30s" });
    expect(wrongOf(await examine(install(SECRET), ["--store", limited]))).toEqual([]);
    expect(await tablesOf(url)).toEqual(tables);
  });

  test("names a database that is read-only, one in another encoding, and one that is not there", async () => {
    const readOnly = directly(await databases.make("nothing", { default_transaction_read_only: "on" }));
    expect(wrongOf(await examine(install(SECRET), ["--store", readOnly]))).toEqual(["writing: missing", "tables: missing"]);
    const latin = directly(await databases.make("nothing", {}, "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"));
    expect(check(await examine(install(SECRET), ["--store", latin]), "encoding")).toMatchObject({ state: "missing", found: "LATIN1" });
    const absent = await examine(install(SECRET), ["--store", latin.replace(/\/[^/]*$/, "/nowhere")]);
    expect(absent.status).toBe(1);
    expect(check(absent, "connection")).toMatchObject({ state: "missing", found: expect.stringContaining("does not exist") as string });
  });
});
