/**
 * The built program on SQLite while the disk takes nothing more. A limit on the length of its files (`prlimit`, of Debian's util-linux) makes every write fail
 * as the kernel fails it, without root; `npm run faults` has the other faults.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeTarget, newRefreshToken, type Target } from "../../chaos/target.ts";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { openStore } from "../../src/store/open-store.ts";
import { asCommitError } from "../../src/store/sql/sqlite-connection.ts";
import { StoreUnavailable } from "../../src/lib/store-unavailable.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const LAUNCHER = join(import.meta.dirname, "../../bin/hookgate");
const ONE_LINE = /^hookgate: [^\n]+\n$/;

function install(): Installation {
  const installation = new Installation();
  onTestFinished(() => installation.remove());
  return installation;
}

/** `bytes`: how long a file of the process may be; what is longer already stays. */
function limitFiles({ pid }: ServerProcess, bytes: number | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}

/** A command that cannot write a single byte to a file. */
function runWithoutDisk(args: readonly string[], { directory, environment }: Installation) {
  const env = { PATH: process.env["PATH"], ...environment };
  return spawnSync("prlimit", ["--fsize=0", LAUNCHER, ...args], { cwd: directory, env, encoding: "utf8", timeout: 30_000 });
}

async function post(url: string, body: string | URLSearchParams, headers: Record<string, string>) {
  const response = await fetch(url, { method: "POST", body, headers });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Record<string, string> };
}

const tokenRequest = (server: ServerProcess, { authorization }: Target, parameters: Record<string, string>) =>
  post(`${server.url}/oauth2/token`, new URLSearchParams(parameters), { authorization });

async function customersIn(url: string): Promise<ReadonlyMap<string, string>> {
  const store = await openStore({ url, migrate: false });
  const { rows } = await store.customers.listCustomers(DEFAULT_BRAND_ID, null, { limit: 1_000, after: null });
  await store.close();
  return new Map(rows.map(({ id, fields }) => [fields.emailaddress!, id]));
}

test("while the disk takes nothing every write is answered 503 with Retry-After, what needs no disk works, and the same process goes on when it does", async () => {
  const installation = install();
  const target = await makeTarget(installation);
  const server = await installation.serve();
  onTestFinished(async () => void (await server.stop("SIGKILL")));
  const { json: token } = await tokenRequest(server, target, { grant_type: "client_credentials" });
  const call = (email: string) =>
    post(server.url + target.path, JSON.stringify({ email }), { authorization: `Bearer ${token["access_token"]}`, "content-type": "application/json" });
  const refreshToken = await newRefreshToken(server.url, target);
  const acknowledged = new Map<string, string>();
  for (let number = 0; number < 20; number++) acknowledged.set(`${number}@example.com`, (await call(`${number}@example.com`)).json["hookgate_id"]!);

  limitFiles(server, 4_096);
  const refused = await Promise.all(Array.from({ length: 20 }, (_, number) => call(`lost-${number}@example.com`)));
  for (const { status, headers, json } of refused) {
    expect([status, headers.get("content-type"), headers.get("retry-after")]).toEqual([503, "application/problem+json", "1"]);
    expect(json).toMatchObject({ type: "urn:hookgate:problem:not-now", detail: expect.stringContaining("Nothing of this call was written") as string });
  }
  const refresh = { grant_type: "refresh_token", refresh_token: refreshToken };
  const refused2 = await tokenRequest(server, target, refresh);
  expect([refused2.status, refused2.json["error"], refused2.headers.get("retry-after")]).toEqual([503, "temporarily_unavailable", "1"]);
  const unrevoked = await post(`${server.url}/oauth2/revoke`, new URLSearchParams({ token: token["access_token"]! }), { authorization: target.authorization });
  // RFC 7009 section 2.2.1: the client must take the token for one that still exists.
  expect([unrevoked.status, unrevoked.headers.get("retry-after")]).toEqual([503, "1"]);
  expect((await tokenRequest(server, target, { grant_type: "client_credentials" })).status).toBe(200);
  for (const path of ["/livez", "/sign-in"]) expect((await fetch(server.url + path)).status).toBe(200);

  limitFiles(server, "unlimited");
  const late = await call("late@example.com");
  expect(late.status).toBe(200);
  acknowledged.set("late@example.com", late.json["hookgate_id"]!);
  expect((await tokenRequest(server, target, refresh)).status).toBe(200);
  expect((await server.stop("SIGKILL")).status).toBeNull();
  expect(await customersIn(installation.environment["HOOKGATE_STORE"]!)).toEqual(acknowledged);
});

test("a start relies on no write-ahead log: what a killed server left there is in the database itself before the first request", async () => {
  const installation = install();
  const target = await makeTarget(installation);
  const server = await installation.serve();
  onTestFinished(async () => void (await server.stop("SIGKILL")));
  const { json: token } = await tokenRequest(server, target, { grant_type: "client_credentials" });
  const headers = { authorization: `Bearer ${token["access_token"]}`, "content-type": "application/json" };
  const { json } = await post(server.url + target.path, '{"email":"ann@example.com"}', headers);
  await server.stop("SIGKILL");
  const copy = `${installation.databasePath}.copy`;
  const withoutLog = async () => {
    copyFileSync(installation.databasePath, copy);
    return customersIn(`sqlite:${copy}`);
  };
  expect((await withoutLog()).size).toBe(0);
  expect(statSync(`${installation.databasePath}-wal`).size).toBeGreaterThan(0);
  const again = await installation.serve();
  expect(await withoutLog()).toEqual(new Map([["ann@example.com", json["hookgate_id"]]]));
  expect((await again.stop()).status).toBe(0);
});

test("a first start on a disk that takes nothing ends with one line and leaves no half a secret behind", () => {
  const installation = install();
  const { status, stderr, stdout } = runWithoutDisk(["serve"], installation);
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(ONE_LINE);
  expect(stderr).toContain("The secret file beside the store cannot be made: EFBIG");
  expect(readdirSync(installation.directory)).toEqual([]);
});

test("a later start on a disk that takes nothing ends with one line that names the store, and changes nothing", async () => {
  const installation = install();
  await installation.run(["migrate"]);
  const { status, stderr, stdout } = runWithoutDisk(["serve"], installation);
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(ONE_LINE);
  expect(stderr).toContain(`The store ${installation.environment["HOOKGATE_STORE"]} cannot be opened: disk I/O error`);
  expect(existsSync(installation.databasePath)).toBe(true);
  expect((await installation.run(["user", "list"])).status).toBe(0);
});

/** As node:sqlite throws it. */
const sqliteError = (errcode: number) => Object.assign(new Error("disk I/O error"), { errcode });

test.each([
  ["a sync of the log", 1034, true],
  ["a sync of the directory", 1290, true],
  ["the room for the log's index", 4874, true],
  ["a write", 778, false],
  ["a full disk", 13, false],
  ["a database that is busy", 5, false],
])("of a commit that %s has failed (SQLite's code %i), nobody knows the outcome: %s", (_what, errcode, isOutcomeUnknown) => {
  const error = asCommitError(sqliteError(errcode));
  expect(error instanceof StoreUnavailable && error.isOutcomeUnknown).toBe(isOutcomeUnknown);
});
