import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MIGRATIONS } from "../../src/store/sql/migrations/migrations.ts";
import { everyRow, fillStore, SECRET } from "../support/full-store.ts";
import { PostgresDatabases } from "../support/postgres-databases.ts";
import { Installation, type Finished } from "../support/program.ts";

const installation = new Installation({ HOOKGATE_SECRET: SECRET });
const LAUNCHER = join(import.meta.dirname, "../../bin/hookgate");
const STORE = `sqlite:${installation.databasePath}`;
let databases: PostgresDatabases;
beforeAll(async () => {
  databases = await PostgresDatabases.open();
  await fillStore(STORE);
}, 120_000);
afterAll(async () => {
  await databases.remove();
  installation.remove();
}, 60_000);

const pathOf = (name: string) => join(installation.directory, name);
const drafts = () => readdirSync(installation.directory).filter((name) => name.includes(".partial"));

interface BackupResult {
  readonly file: string;
  readonly bytes: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly total: number;
}

/** The command failed with status 1 and one line on standard error. */
function expectFailure({ status, stdout, stderr }: Finished, text: string | RegExp): void {
  expect(stderr).toMatch(/^hookgate: [^\n]+\n$/);
  expect(stderr).toMatch(text);
  expect(stdout).toBe("");
  expect(status).toBe(1);
}

const restore = (file: string, environment: Readonly<Record<string, string>>) => installation.run(["restore", file], { environment });

test("a backup of SQLite is one private file with every row, and fills an empty store of either kind", { timeout: 180_000 }, async () => {
  const made = await installation.json<BackupResult>(["backup", "whole.backup"]);
  const file = pathOf("whole.backup");
  const rows = await everyRow(STORE);
  expect(made).toMatchObject({ file, bytes: statSync(file).size, rows: { calls: rows["calls"]!.length, users: rows["users"]!.length } });
  expect([statSync(file).mode & 0o777, drafts()]).toEqual([0o600, []]);
  expect(await everyRow(`sqlite:${file}`)).toEqual(rows);
  for (const store of [`sqlite:${pathOf("restored.db")}`, await databases.make("nothing")]) {
    expect((await restore("whole.backup", { HOOKGATE_STORE: store })).stderr).toBe("");
    expect(await everyRow(store)).toEqual(rows);
    expectFailure(await restore("whole.backup", { HOOKGATE_STORE: store }), /The target is not empty/);
  }
});

test("a backup of PostgreSQL is the same kind of file", { timeout: 180_000 }, async () => {
  const store = await databases.make("nothing");
  expect((await installation.run(["copy", "--from", STORE, "--to", store, "--json"])).status).toBe(0);
  const { status, stdout } = await installation.run(["backup", "postgres.backup"], { environment: { HOOKGATE_STORE: store } });
  expect([status, drafts()]).toEqual([0, []]);
  expect(stdout).toMatch(/checked and on the disk/);
  expect(stdout).toMatch(/The secret \(HOOKGATE_SECRET\) is not in it/);
  expect(statSync(pathOf("postgres.backup")).mode & 0o777).toBe(0o600);
  // Whole by itself, also where nothing can be written beside it.
  chmodSync(pathOf("postgres.backup"), 0o400);
  expect(readdirSync(installation.directory).filter((name) => name.startsWith("postgres.backup"))).toEqual(["postgres.backup"]);
  expect(await everyRow(`sqlite:${pathOf("postgres.backup")}`)).toEqual(await everyRow(STORE));
});

test("what was acknowledged before the backup began is in it, while a server writes under load", { timeout: 180_000 }, async () => {
  const loaded = new Installation({ HOOKGATE_SECRET: SECRET });
  try {
    await loaded.run(["user", "add", "--email", "a@example.com", "--name", "A", "--role", "admin", "--password-stdin"], {
      stdin: "Four unrelated words, twice",
    });
    const owner = ["--owner", "a@example.com"];
    const { client_id, client_secret } = await loaded.json<{ client_id: string; client_secret: string }>([
      "application",
      "add",
      "--name",
      "Load",
      ...owner,
      "--scope",
      "apps.webhook:execute",
    ]);
    const mapping = ["--map", "email=emailaddress", "--dedupe", "emailaddress"];
    const { endpoint } = await loaded.json<{ endpoint: string }>(["webhook", "add", "--name", "L", ...owner, "--auth", "oauth2", ...mapping]);
    const server = await loaded.serve();
    const body = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
    const { access_token } = (await (await fetch(`${server.url}/oauth2/token`, { method: "POST", body })).json()) as { access_token: string };
    const acknowledged: string[] = [];
    const stop = new AbortController();
    const caller = async (which: number) => {
      for (let i = 0; !stop.signal.aborted; i++) {
        const answer = await fetch(server.url + new URL(endpoint).pathname, {
          method: "POST",
          headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
          body: JSON.stringify({ email: `${which}-${i}@example.com`, note: "x".repeat(5_000) }),
        });
        expect(answer.status).toBe(200);
        acknowledged.push(((await answer.json()) as { hookgate_id: string }).hookgate_id);
      }
    };
    const callers = [0, 1, 2, 3].map(caller);
    const missing: string[][] = [];
    for (let i = 0; i < 3; i++) {
      while (acknowledged.length < 100 * (i + 1)) await new Promise((resolve) => setImmediate(resolve));
      const before = [...acknowledged];
      await loaded.json(["backup", `${i}.backup`]);
      const ids = new Set((await everyRow(`sqlite:${join(loaded.directory, `${i}.backup`)}`))["customers"]!.map((row) => (row as { id: string }).id));
      missing.push(before.filter((id) => !ids.has(id)));
    }
    stop.abort();
    await Promise.all(callers);
    expect(missing).toEqual([[], [], []]);
    await server.stop();
  } finally {
    loaded.remove();
  }
});

test("killed in the middle, it leaves nothing under the name of the backup; the next one works", { timeout: 180_000 }, async () => {
  const store = await databases.make("nothing");
  await installation.run(["copy", "--from", STORE, "--to", store, "--json"]);
  for (const [name, url] of [
    ["killed-sqlite.backup", STORE],
    ["killed-postgres.backup", store],
  ] as const) {
    const child = spawn(LAUNCHER, ["backup", name], {
      cwd: installation.directory,
      env: { PATH: process.env["PATH"], ...installation.environment, HOOKGATE_STORE: url },
      stdio: "ignore",
    });
    const watcher = watch(installation.directory, (_, changed) => {
      if (changed?.includes(".partial")) child.kill("SIGKILL");
    });
    const [, signal] = (await once(child, "exit")) as [number | null, string | null];
    watcher.close();
    expect([signal, existsSync(pathOf(name)), drafts().length > 0]).toEqual(["SIGKILL", false, true]);
    for (const draft of drafts()) {
      if (draft.endsWith(".partial")) expect(statSync(pathOf(draft)).mode & 0o777).toBe(0o600);
      rmSync(pathOf(draft));
    }
    expect((await installation.run(["backup", name], { environment: { HOOKGATE_STORE: url } })).status).toBe(0);
  }
});

test("a copy that is killed leaves the target empty, so that it can be made again, or whole", { timeout: 180_000 }, async () => {
  const target = pathOf("killed.db");
  const copy = ["copy", "--from", STORE, "--to", `sqlite:${target}`];
  // The blow can come a moment after the commit: then everything is there, and it is struck again.
  for (let left: readonly string[] = []; left.length !== 1;) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(target + suffix, { force: true });
    await copyKilled(copy, target);
    left = await filledTables(`sqlite:${target}`);
    expect([["brands"], await filledTables(STORE)]).toContainEqual(left);
  }
  expect((await installation.run(copy)).status).toBe(0);
});

async function filledTables(url: string): Promise<readonly string[]> {
  const tables = Object.entries(await everyRow(url));
  return tables.filter(([, rows]) => rows.length > 0).map(([name]) => name);
}

/** Kills the command while it fills the target. */
async function copyKilled(args: readonly string[], target: string): Promise<void> {
  const child = spawn(LAUNCHER, args, { cwd: installation.directory, env: { PATH: process.env["PATH"], ...installation.environment }, stdio: "ignore" });
  // Larger than its empty tables: the calls with long bodies are on their way.
  const isFilling = () => (statSync(`${target}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 3_000_000;
  while (child.exitCode === null && !isFilling()) await new Promise((resolve) => setImmediate(resolve));
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

test("a name that is taken is written over by nothing, also one that only looks free", { timeout: 180_000 }, async () => {
  writeFileSync(pathOf("taken"), "precious");
  for (const name of ["taken", "./taken", pathOf("taken"), "."]) expectFailure(await installation.run(["backup", name]), /is there already/);
  expect(readFileSync(pathOf("taken"), "utf8")).toBe("precious");
});

test("where nothing can be written, one line says why and nothing is left", { timeout: 180_000 }, async () => {
  expectFailure(await installation.run(["backup", "no/such/directory/b"]), /No backup was made: ENOENT/);
  // A limit for the size of a file is met in the middle of writing, as a full disk is.
  const limited = spawn("sh", ["-c", `ulimit -f 1000; trap '' XFSZ; exec "${LAUNCHER}" backup full.backup`], {
    cwd: installation.directory,
    env: { PATH: process.env["PATH"], ...installation.environment },
  });
  let stderr = "";
  limited.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [status] = (await once(limited, "close")) as [number];
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^hookgate: No backup was made: [^\n]+\n$/)]);
  expect(readdirSync(installation.directory).filter((name) => name.startsWith("full.backup"))).toEqual([]);
});

test("a broken or foreign file is refused in one line, and the store stays empty", { timeout: 180_000 }, async () => {
  await installation.run(["backup", "good.backup"]);
  const good = readFileSync(pathOf("good.backup"));
  const broken = Buffer.from(good).fill(0xaa, 8_192, 60_000);
  writeFileSync(pathOf("broken.backup"), broken);
  writeFileSync(pathOf("cut.backup"), good.subarray(0, good.length / 2));
  writeFileSync(pathOf("text.backup"), "no database at all, but long enough to be looked at");
  writeFileSync(pathOf("nothing.backup"), "");
  new DatabaseSync(pathOf("foreign.backup")).exec("create table other (id integer)");
  const newer = new DatabaseSync(copied("good.backup", "newer.backup"));
  newer.exec("update meta set value = 1000 where name = 'schema'");
  newer.close();
  const store = pathOf("stays-empty.db");
  const expected = {
    "broken.backup": /is damaged/,
    "cut.backup": /is damaged/,
    "text.backup": /is no backup of Hookgate/,
    "nothing.backup": /is no backup of Hookgate/,
    "foreign.backup": /not Hookgate's/,
    "newer.backup": /has schema 1000, and this Hookgate knows/,
    "absent.backup": /There is no file/,
  };
  for (const [file, text] of Object.entries(expected)) expectFailure(await restore(file, { HOOKGATE_STORE: `sqlite:${store}` }), text);
  expect(existsSync(store)).toBe(false);
});

function copied(name: string, to: string): string {
  copyFileSync(pathOf(name), pathOf(to));
  return pathOf(to);
}

test("the wrong secret, or none, is told before anything is written", { timeout: 180_000 }, async () => {
  await installation.run(["backup", "sealed.backup"]);
  const store = `sqlite:${pathOf("sealed.db")}`;
  const wrong = "another secret of more than thirty-two characters";
  expectFailure(await restore("sealed.backup", { HOOKGATE_STORE: store, HOOKGATE_SECRET: wrong }), /Key 1 of the store cannot be opened/);
  expectFailure(
    await restore("sealed.backup", { HOOKGATE_STORE: store, HOOKGATE_SECRET: "" }),
    /secret that belongs to the backup is missing: put it into .*sealed\.secret/,
  );
  const copy = (environment: Readonly<Record<string, string>>) => installation.run(["copy", "--from", STORE, "--to", store], { environment });
  expectFailure(await copy({ HOOKGATE_SECRET: wrong }), /Key 1 of the store cannot be opened/);
  expectFailure(await copy({ HOOKGATE_SECRET: "" }), /secret that belongs to the store is missing/);
  expect(existsSync(pathOf("sealed.db"))).toBe(false);
  // Secret files, one beside each store.
  writeFileSync(pathOf("hookgate.secret"), SECRET);
  writeFileSync(pathOf("sealed.secret"), wrong);
  expectFailure(await copy({ HOOKGATE_SECRET: "" }), /sealed\.secret is not the secret of the store that is copied/);
  rmSync(pathOf("sealed.secret"));
  const { stdout } = await copy({ HOOKGATE_SECRET: "" });
  expect(stdout).toMatch(/The keys open with .*hookgate\.secret\. Put a copy of it at .*sealed\.secret\./);
  rmSync(pathOf("hookgate.secret"));
});

test("a backup of an older program is brought up to date on the way in, and stays as it is", { timeout: 180_000 }, async () => {
  const old = new DatabaseSync(pathOf("old.backup"));
  old.exec("create table meta (name text primary key, value integer not null) without rowid");
  const steps = MIGRATIONS.slice(0, -1);
  const dialect = { integer: "integer", bytes: "blob", numbered: "integer primary key", clustered: "without rowid" };
  for (const step of steps) for (const statement of step.statements(dialect, 0)) old.exec(statement);
  old.exec(`insert into meta values ('schema', ${steps.at(-1)!.schema}), ('minimum_program', 1);
    update brands set name = 'Old brand'`);
  old.close();
  const before = readFileSync(pathOf("old.backup"));
  const store = `sqlite:${pathOf("newer.db")}`;
  expect(await restore("old.backup", { HOOKGATE_STORE: store })).toMatchObject({ status: 0, stderr: "" });
  expect((await everyRow(store))["brands"]).toMatchObject([{ name: "Old brand" }]);
  expect(readFileSync(pathOf("old.backup"))).toEqual(before);
});

test("URLs that are none, and options that are missing, are refused by name and no password is repeated", { timeout: 180_000 }, async () => {
  for (const [from, to, text] of [
    ["mysql://u:pa55word@h/d", STORE, /--from must be sqlite:/],
    [STORE, "postgres://u:pa55word@[bad/d", /--to must be sqlite:/],
    [STORE, STORE, /Both URLs name the same store/],
  ] as const) {
    const finished = await installation.run(["copy", "--from", from, "--to", to]);
    expectFailure(finished, text);
    expect(finished.stderr).not.toContain("pa55word");
  }
  expect((await installation.run(["copy", "--from", STORE])).status).toBe(2);
  expect((await installation.run(["backup"])).status).toBe(2);
});
