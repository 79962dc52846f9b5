/** What an operator's Prometheus gets to see, from its own port. */
import { channel } from "node:diagnostics_channel";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { COMMITS } from "../../src/webhooks/receiving/group-commit.ts";
import { HttpTarget, withStatus } from "../forwarding/http-target.ts";
import { freePort } from "../support/free-port.ts";
import { signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving } from "../webhooks/receiving.ts";

let hookgate: TestHookgate;
let metricsUrl: string;

beforeAll(async () => {
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${port}`;
  hookgate = await startHookgate({ HOOKGATE_METRICS_PORT: String(port), HOOKGATE_FORWARD_TO: "127.0.0.1" });
});
afterAll(() => hookgate.close());

const metrics = async () => (await fetch(`${metricsUrl}/metrics`)).text();
/** The value of a series, or undefined when there is none. */
const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};
const requestsTo = (text: string, endpoint: string, status: string) =>
  valueOf(text, `hookgate_http_request_duration_seconds_count{endpoint="${endpoint}",status="${status}"}`) ?? 0;

describe("metrics", () => {
  test("requests are counted by endpoint and outcome, calls by their commits", async () => {
    const { send, brandId } = await receiving(hookgate, BY_EMAIL);
    const brand = (await hookgate.store.brands.findBrand(brandId))!.name;
    const before = await metrics();
    await send({ email: "ada@example.com" });
    await send({ email: "ada@example.com", gender: "?" });
    await fetch(`${hookgate.url}/oauth2/token`, { method: "POST" });
    const after = await metrics();
    expect(requestsTo(after, "hooks", "2xx") - requestsTo(before, "hooks", "2xx")).toBe(1);
    expect(requestsTo(after, "hooks", "4xx") - requestsTo(before, "hooks", "4xx")).toBe(1);
    expect(requestsTo(after, "oauth2/token", "4xx") - requestsTo(before, "oauth2/token", "4xx")).toBe(1);
    expect(valueOf(after, "hookgate_commit_calls_count")! - valueOf(before, "hookgate_commit_calls_count")!).toBe(1);
    expect(valueOf(after, "hookgate_commit_duration_seconds_sum")).toBeGreaterThan(0);
    expect(valueOf(after, `hookgate_calls_quota{brand="${brand}"}`)).toBe(50_000);
    expect(valueOf(after, `hookgate_calls_today{brand="${brand}"}`)).toBeGreaterThanOrEqual(1);
  });

  test("what waits for the sweeper is told by table", async () => {
    await hookgate.store.attempts.countAttempt("metrics", hookgate.clock.now() - 2, 1);
    expect(valueOf(await metrics(), 'hookgate_expired_rows{table="attempts"}')).toBe(1);
    await hookgate.store.sweep(hookgate.clock.now());
    expect(valueOf(await metrics(), 'hookgate_expired_rows{table="attempts"}')).toBe(0);
  });

  test("what waits to be forwarded is told, and how long a delivery took", async () => {
    const target = await HttpTarget.open();
    onTestFinished(() => target.close());
    const { webhook, brandId, owner, send } = await receiving(hookgate, BY_EMAIL);
    const browser = await signedIn(hookgate, owner);
    const path = `/webhooks/${webhook.id}/forwarding`;
    await browser.get(path);
    await browser.submit(path, { url: target.url });
    expect((await send({ email: "ada@example.com" })).status).toBe(200);
    await expect.poll(async () => valueOf(await metrics(), "hookgate_forwarding_delivery_seconds_count"), { timeout: 30_000 }).toBe(1);
    expect(valueOf(await metrics(), 'hookgate_forwarding_messages{state="waiting"}')).toBe(0);
    target.answer = withStatus(503);
    expect((await send({ email: "ada@example.com" })).status).toBe(200);
    const { id } = (await hookgate.store.targets.findTarget(brandId, webhook.id))!;
    await expect.poll(async () => (await hookgate.store.targets.findOldestMessage(brandId, id))?.attempts, { timeout: 30_000 }).toBe(1);
    expect(valueOf(await metrics(), 'hookgate_forwarding_messages{state="waiting"}')).toBe(1);
    expect(valueOf(await metrics(), 'hookgate_forwarding_messages{state="dead"}')).toBe(0);
    expect(valueOf(await metrics(), "hookgate_forwarding_delivery_seconds_count")).toBe(1);
  });

  test("a brand's limit is absent once Webhook Pro lifts it", async () => {
    const { brandId } = await receiving(hookgate);
    const series = `hookgate_calls_quota{brand="${(await hookgate.store.brands.findBrand(brandId))!.name}"}`;
    expect(valueOf(await metrics(), series)).toBe(50_000);
    await hookgate.store.brands.activateModule(brandId, "webhook-pro", hookgate.clock.now());
    expect(valueOf(await metrics(), series)).toBeUndefined();
  });

  test("addresses that strangers make up add no time series, and stand nowhere", async () => {
    await fetch(`${hookgate.url}/made-up-1`);
    const before = (await metrics()).split("\n").filter((line) => line.startsWith("hookgate_http"));
    for (let index = 0; index < 20; index++) await fetch(`${hookgate.url}/made-up-${index}/oauth2%2Ftoken?secret=${index}`);
    const after = (await metrics()).split("\n").filter((line) => line.startsWith("hookgate_http"));
    expect(after.length).toBe(before.length);
    expect(after.join("\n")).not.toContain("made-up");
  });

  test("how old the knowledge of other nodes' changes is: on SQLite it is looked at with each request", async () => {
    expect(valueOf(await metrics(), "hookgate_changes_age_seconds")).toBe(0);
  });

  test("of the process: memory, CPU time and the delay of the event loop", async () => {
    const text = await metrics();
    for (const name of ["process_resident_memory_bytes", "process_cpu_seconds_total", "nodejs_eventloop_lag_seconds"]) {
      expect(valueOf(text, name), name).toBeGreaterThanOrEqual(0);
    }
    expect(text).toMatch(/^hookgate_info\{version="\d+\.\d+\.\d+"\} 1$/m);
  });

  test("the port has nothing else, and the public port has no metrics", async () => {
    expect((await fetch(metricsUrl)).status).toBe(404);
    expect((await fetch(`${metricsUrl}/sign-in`)).status).toBe(404);
    expect((await fetch(`${hookgate.url}/metrics`)).status).toBe(404);
  });

  test("without the setting nothing is measured; a server that has closed measures nothing more", async () => {
    const other = await startHookgate();
    await other.close();
    const own = await startHookgate({ HOOKGATE_METRICS_PORT: String(await freePort()) });
    await hookgate.close();
    expect(channel(COMMITS).hasSubscribers).toBe(true);
    await own.close();
    expect(channel(COMMITS).hasSubscribers).toBe(false);
    expect(channel("http.server.request.start").hasSubscribers).toBe(false);
    hookgate = await startHookgate({ HOOKGATE_METRICS_PORT: new URL(metricsUrl).port });
  });
});
