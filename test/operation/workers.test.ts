/** HOOKGATE_WORKERS: several processes on one port, as an operator starts them. */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freePort } from "../support/free-port.ts";
import { PostgresServer, runOn } from "../support/postgres-server.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

let database: PostgresServer;
let installation: Installation;
let server: ServerProcess;
let metricsPort: number;

beforeAll(async () => {
  database = await PostgresServer.start();
  await runOn(database.url("postgres"), "create database workers");
  installation = new Installation({
    HOOKGATE_STORE: database.url("workers"),
    HOOKGATE_SECRET: "one secret for all workers of this test",
    HOOKGATE_LOG_LEVEL: "info",
  });
  metricsPort = await freePort();
  server = await installation.serve({ HOOKGATE_WORKERS: "2", HOOKGATE_METRICS_PORT: String(metricsPort) });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  installation?.remove();
  await database?.remove();
}, 60_000);

const workers = () =>
  execFileSync("ps", ["-o", "pid=", "--ppid", String(server.pid)], { encoding: "utf8" })
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0 && isAlive(pid));

/** The listing itself is a child of this process, not of the server. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const metricsOf = async (slot: number) => (await fetch(`http://127.0.0.1:${metricsPort + slot}/metrics`)).text();
const SOON = { timeout: 30_000, interval: 100 };

test("a store in SQLite stops the start of several workers in one line", async () => {
  const one = new Installation({ HOOKGATE_WORKERS: "2" });
  const { status, stdout, stderr } = await one.run(["serve"]);
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^hookgate: HOOKGATE_WORKERS must be 1 with a store in SQLite[^\n]+\n$/);
  one.remove();
});

test("two workers serve one port, each tells its own metrics, and one set-up link is made", { timeout: 60_000 }, async () => {
  await vi.waitFor(() => expect(workers()).toHaveLength(2), SOON);
  for (const slot of [0, 1]) await vi.waitFor(async () => expect(await metricsOf(slot)).toContain("process_cpu_seconds_total"), SOON);
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${server.url}/readyz`, { headers: { connection: "close" } })));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const counts = await Promise.all(
    [0, 1].map(async (slot) => /duration_seconds_count\{endpoint="readyz",status="2xx"\} (\d+)/.exec(await metricsOf(slot))?.[1]),
  );
  expect(counts.map((count) => Number(count ?? 0)).reduce((sum, count) => sum + count)).toBe(20);
  expect(server.output.stdout.split("/setup/")).toHaveLength(2);
});

test("a worker that dies is started again with its port for metrics, and the others go on meanwhile", { timeout: 60_000 }, async () => {
  const [first, second] = workers();
  process.kill(second!, "SIGKILL");
  expect((await fetch(`${server.url}/readyz`, { headers: { connection: "close" } })).status).toBe(200);
  await vi.waitFor(async () => {
    expect(workers()).toContain(first);
    expect(workers()).toHaveLength(2);
    for (const slot of [0, 1]) expect(await metricsOf(slot)).toContain("hookgate_info");
  }, SOON);
  expect(workers()).not.toContain(second);
  expect(server.output.stdout).toContain("a worker has ended and is started again");
});

test("a port that is taken ends all in the words of the first worker", { timeout: 60_000 }, async () => {
  const { port } = new URL(server.url);
  const { status, stderr } = await installation.run(["serve"], { environment: { HOOKGATE_WORKERS: "3", HOOKGATE_PORT: port } });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^hookgate: Cannot listen on 127\.0\.0\.1, port \d+: something listens there already/);
});

test("SIGTERM ends every worker in order, and then the server with status 0", { timeout: 60_000 }, async () => {
  const pids = workers();
  expect(pids.length).toBeGreaterThan(0);
  const { status } = await server.stop();
  expect(status).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
});
