/**
 * What an operator watches, in Prometheus' text format on a port of its own. It listens to the diagnostics channels on which Node tells of
 * requests and the program of its commits: no hot path knows of it, and nothing is measured while nobody asks for metrics.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Gauge, Registry } from "prom-client";
import { callQuotaOf } from "./brands/call-quota.ts";
import type { Clock } from "./lib/clock.ts";
import { SECOND } from "./lib/clock.ts";
import { createServer } from "./lib/create-server.ts";
import { DELIVERIES } from "./forwarding/forwarding-worker.ts";
import type { Store } from "./store/store.ts";
import { SHED } from "./web/overload.ts";
import { PLAIN_ANSWER, type PlainAnswerMessage } from "./web/plain-connection.ts";
import { COMMITS, type Commit } from "./webhooks/receiving/group-commit.ts";

interface MetricsOptions {
  readonly host: string;
  readonly port: number;
  /** The server whose requests are measured. */
  readonly server: Server;
  readonly store: Store;
  readonly clock: Clock;
  readonly version: string;
}

/** From the arrival of a request's head to the last byte of its answer, in seconds. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** From a call's arrival to its delivery, in seconds. */
const DELIVERY_TIMES = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600, 3_600, 86_400];
/** Brands that are told about, the first by name: each is a time series. */
const MAX_BRANDS = 500;

/** Answers `GET /metrics` until the function that it gives is called. Rejects when it cannot listen there. */
export async function serveMetrics({ host, port, server, store, clock, version }: MetricsOptions): Promise<() => Promise<void>> {
  // Loaded only where metrics are wanted: the program starts faster without it.
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({ name: "hookgate_info", help: "Always 1; the label tells the version.", labelNames: ["version"], registers }).set({ version }, 1);

  const requests = new Histogram({
    name: "hookgate_http_request_duration_seconds",
    help: "From the head of a request to the end of its answer.",
    labelNames: ["endpoint", "status"],
    buckets: DURATIONS,
    registers,
  });
  const commitCalls = new Histogram({ name: "hookgate_commit_calls", help: "Calls that shared one commit.", buckets: BATCH_SIZES, registers });
  const commitDurations = new Histogram({ name: "hookgate_commit_duration_seconds", help: "How long a commit of calls took.", buckets: DURATIONS, registers });
  const shed = new Counter({ name: "hookgate_shed_requests_total", help: "Calls and token requests turned away because the event loop was late.", registers });
  const expired = new Gauge({
    name: "hookgate_expired_rows",
    help: "Expired rows that wait to be swept, at most 10000 a table.",
    labelNames: ["table"],
    registers,
  });
  const calls = new Gauge({ name: "hookgate_calls_today", help: "Calls of the brand's present day.", labelNames: ["brand"], registers });
  const quota = new Gauge({
    name: "hookgate_calls_quota",
    help: "Calls that the brand may make a day; absent without limit.",
    labelNames: ["brand"],
    registers,
  });

  const changesAge = new Gauge({
    name: "hookgate_changes_age_seconds",
    help: "Since when nothing was heard of other nodes' changes, revocations among them; above 1 no bearer token is accepted.",
    registers,
  });

  const deliveryTimes = new Histogram({
    name: "hookgate_forwarding_delivery_seconds",
    help: "From the arrival of a call to its delivery to the target of its webhook.",
    buckets: DELIVERY_TIMES,
    registers,
  });
  const messages = new Gauge({
    name: "hookgate_forwarding_messages",
    help: "Calls that wait to be forwarded, and those that are dead, at most 10000 of each.",
    labelNames: ["state"],
    registers,
  });

  const stopRequests = observeRequests(server, (endpoint, status, seconds) => requests.observe({ endpoint, status }, seconds));
  const onCommit = (message: unknown) => {
    const commit = message as Commit;
    commitCalls.observe(commit.calls);
    commitDurations.observe(commit.milliseconds / SECOND);
  };
  const onShed = () => shed.inc();
  subscribe(COMMITS, onCommit);
  subscribe(SHED, onShed);
  const onDelivery = (seconds: unknown) => deliveryTimes.observe(seconds as number);
  subscribe(DELIVERIES, onDelivery);
  const collect = async () => {
    changesAge.set(store.changes.age() / SECOND);
    for (const [table, rows] of await store.countExpired(clock.now())) expired.set({ table }, rows);
    const { waiting, dead } = await store.outbox.countAllMessages();
    messages.set({ state: "waiting" }, waiting);
    messages.set({ state: "dead" }, dead);
    await collectQuotas(store, clock, calls, quota);
  };
  const listener = createServer((request, response) => void answer(request, response, registry, collect));
  await new Promise<void>((resolve, reject) => listener.once("error", reject).listen(port, host, resolve));
  return async () => {
    stopRequests();
    unsubscribe(COMMITS, onCommit);
    unsubscribe(SHED, onShed);
    unsubscribe(DELIVERIES, onDelivery);
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, registry: Registry, collect: () => Promise<void>): Promise<void> {
  if (request.url !== "/metrics") {
    response.writeHead(404, { "Content-Type": "text/plain" }).end("Metrics are at /metrics.\n");
    return;
  }
  // A store that cannot be asked must not hide what the process knows of itself.
  const failure = await collect().then(
    () => "",
    () => "# The store cannot be asked: what stands here of it is old.\n",
  );
  response.writeHead(200, { "Content-Type": registry.contentType }).end(failure + (await registry.metrics()));
}

async function collectQuotas(store: Store, clock: Clock, calls: Gauge<"brand">, quota: Gauge<"brand">): Promise<void> {
  const brands = await store.brands.listBrands();
  calls.reset();
  quota.reset();
  for (const brand of brands.slice(0, MAX_BRANDS)) {
    const present = callQuotaOf(brand, clock.now());
    if (!present) continue;
    calls.set({ brand: brand.name }, await store.calls.countCallsOfDay(brand.id, present.day));
    quota.set({ brand: brand.name }, present.limit);
  }
}

/** Channels of Node's and our own tell of every request of every server in the process; `server`'s are measured. Gives the function that ends it. */
function observeRequests(server: Server, observe: (endpoint: string, status: string, seconds: number) => void): () => void {
  const begun = new WeakMap<object, number>();
  const onStart = (message: unknown) => {
    const { request, server: of } = message as { request: IncomingMessage; server: Server };
    if (of === server) begun.set(request, performance.now());
  };
  const finish = (url: string, status: number, milliseconds: number) => observe(endpointOf(url), `${Math.floor(status / 100)}xx`, milliseconds / SECOND);
  const onFinish = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const start = begun.get(request);
    if (start !== undefined) finish(request.url ?? "", response.statusCode, performance.now() - start);
  };
  const onPlainAnswer = (message: unknown) => {
    const { server: of, url, status, milliseconds } = message as PlainAnswerMessage;
    if (of === server) finish(url, status, milliseconds);
  };
  subscribe("http.server.request.start", onStart);
  subscribe("http.server.response.finish", onFinish);
  subscribe(PLAIN_ANSWER, onPlainAnswer);
  return () => {
    unsubscribe("http.server.request.start", onStart);
    unsubscribe("http.server.response.finish", onFinish);
    unsubscribe(PLAIN_ANSWER, onPlainAnswer);
  };
}

/** A few names, whatever strangers ask for: every name is a time series for ever. */
function endpointOf(url: string): string {
  const found = /\/(hooks|oauth2\/(?:auth|consent|token|revoke|introspect)|livez|readyz)(?:[/?]|$)/.exec(url)?.[1];
  return found ?? (url.includes("/.well-known/") ? "metadata" : "console");
}
