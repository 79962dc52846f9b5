/**
 * The composition root: configuration -> store -> services -> HTTP, wired by hand. Every dependency of every module is visible
 * here, and nothing else happens here.
 */
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import type { IncomingMessage } from "node:http";
import packageJson from "../package.json" with { type: "json" };
import { applicationsNavigation, registerApplicationRoutes } from "./applications/application-routes.tsx";
import { registerSettingsRoutes, settingsNavigation } from "./brands/settings-routes.tsx";
import { registerStoreRoutes, storeNavigation } from "./brands/store-routes.tsx";
import type { Config } from "./config.ts";
import { customersNavigation, registerCustomerRoutes } from "./customers/customer-routes.tsx";
import { registerOptionFieldRoutes } from "./customers/option-field-routes.tsx";
import { registerForwardingRoutes } from "./forwarding/forwarding-routes.tsx";
import { openForwarding } from "./forwarding/open-forwarding.ts";
import { registerIdentityRoutes } from "./identity/identity-routes.ts";
import { usersNavigation } from "./identity/user-routes.tsx";
import { registerViewer, requireAdmin, requireViewer } from "./identity/viewer.ts";
import { systemClock, type Clock } from "./lib/clock.ts";
import { newReference } from "./lib/reference.ts";
import { createLog } from "./log.ts";
import { createAuthorizationServer, type AuthorizationServer } from "./oauth/authorization-server.ts";
import { ClientThrottle } from "./oauth/client-throttle.ts";
import { registerAuthorizationRoutes } from "./oauth/authorization-routes.tsx";
import { registerConsentsRoutes } from "./oauth/consents-routes.tsx";
import { registerOauthEndpoints } from "./oauth/oauth-routes.ts";
import { serveMetrics } from "./metrics.ts";
import { RefusedRequestLog } from "./oauth/refused-request-log.ts";
import { registerOwnershipRoutes } from "./ownership/ownership-routes.tsx";
import { registerOverviewRoutes } from "./overview/overview-routes.tsx";
import { registerProbes } from "./probes.ts";
import { openServices, type Services } from "./services.ts";
import { openStore } from "./store/open-store.ts";
import { openSweeper } from "./sweeper.ts";
import { loadAssets } from "./web/assets.ts";
import { addressInside, registerBasePath } from "./web/base-path.ts";
import { Overload } from "./web/overload.ts";
import { RawEndpoints } from "./web/raw-endpoints.ts";
import { registerConsoleScope, type ConsoleKit } from "./web/console-scope.tsx";
import { createCookies } from "./web/cookies.ts";
import { Exports } from "./web/exports.ts";
import { FrontServer } from "./web/front-server.ts";
import { registerCallExportRoutes } from "./webhooks/calls/call-export-routes.ts";
import { callsNavigation, registerCallLogRoutes } from "./webhooks/calls/call-log-routes.tsx";
import { registerLiveCallRoutes } from "./webhooks/calls/live-call-routes.tsx";
import { registerPauseRoutes } from "./webhooks/pausing/pause-routes.tsx";
import { Pauses } from "./webhooks/pausing/pauses.ts";
import { QueueDrainer } from "./webhooks/pausing/queue-drainer.ts";
import { openReceiver } from "./webhooks/receiving/receiver.ts";
import { registerReceiver } from "./webhooks/receiving/receiver-routes.ts";
import { ReplayRunner } from "./webhooks/calls/replay-runner.ts";
import { Replays } from "./webhooks/calls/replays.ts";
import { registerReplayRoutes } from "./webhooks/calls/replay-routes.tsx";
import { registerTestCallRoutes } from "./webhooks/calls/test-call-routes.tsx";
import { endpointOf } from "./webhooks/webhook.ts";
import { registerWebhookRoutes, webhooksNavigation } from "./webhooks/webhook-routes.tsx";

/** What a test gives in place of the real thing. */
interface Replacements {
  readonly clock?: Clock;
  /** Where the build put the assets; by default beside the built program. */
  readonly assetsDirectory?: string;
  /** Whether a start without an admin makes a set-up link; another process of this installation may have done so. */
  readonly opensSetUpLink?: boolean;
  /** Told of every route. */
  readonly onRoute?: (method: string, url: string) => void;
}

/** Opens the store, brings it up to date, and makes a server that does not listen yet. */
export async function createHookgate(config: Config, { clock = systemClock, assetsDirectory, opensSetUpLink = true, onRoute }: Replacements = {}) {
  const log = createLog(config.logLevel);
  const store = await openStore({ url: config.store, migrate: true, clock });
  const services = await openServices(config, store, clock);
  const overload = new Overload();
  const endpoints = new RawEndpoints({ ...config, newReference, overload });
  const app = createApp(log, config, endpoints);
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) onRoute?.(one, url);
  });

  const assets = loadAssets(assetsDirectory ?? `${import.meta.dirname}/assets`);
  const refusedRequests = new RefusedRequestLog({
    refusedRequests: store.refusedRequests,
    clients: services.clients,
    clock,
    onFailure: (error) => log.error({ err: error }, "refused requests could not be written down"),
  });
  const clientThrottle = new ClientThrottle({
    attempts: store.attempts,
    clock,
    onFailure: (error) => log.error({ err: error }, "failures of clients could not be counted in the store"),
  });
  const authorizationServer = createAuthorizationServer({
    ...services,
    clientThrottle,
    issuer: config.issuer,
    expiresIn: config.expiresIn,
    codeLifetime: config.codeLifetime,
    authorizationCodes: store.authorizationCodes,
    refreshFamilies: store.refreshFamilies,
    revocations: store.revocations,
    journal: {
      refused: (refusal) => {
        log.info(refusal, "an OAuth request was refused");
        refusedRequests.add(refusal);
      },
      failed: (error, reference) => log.error({ err: error, reference }, "an OAuth request failed"),
    },
  });

  registerProbes(app, store);
  assets.register(app);
  registerOauthEndpoints(app, endpoints, authorizationServer);
  const onFailure = (error: unknown) => log.error({ err: error }, "calls could not be written");
  const forwarding = openForwarding({
    ...store,
    ...config,
    clock,
    version: packageJson.version,
    onFailure: (error) => log.error({ err: error }, "calls could not be forwarded"),
  });
  const receiver = openReceiver({ ...store, ...services, webhooks: store.webhooks, onForwarded: forwarding.worker.wake, onFailure });
  const { receiveCall, drainCalls } = receiver;
  const queueDrainer = new QueueDrainer({ ...store, queues: store.callQueues, drainCalls, clock, onFailure });
  const pauses = new Pauses({ webhooks: services.webhooks, queues: store.callQueues, clock, wake: queueDrainer.wake });
  const replayRunner = new ReplayRunner({ ...store, receiveCall, clock, newReference, onFailure });
  registerReceiver(app, endpoints, receiver);
  const kit: ConsoleKit = {
    baseUrl: config.url,
    clock,
    cookies: createCookies(config.url),
    assets,
    navigation: [storeNavigation, webhooksNavigation, customersNavigation, callsNavigation, applicationsNavigation, usersNavigation, settingsNavigation],
    formTokens: services.keyRing.sealer("form-token"),
    flashes: services.keyRing.sealer("flash"),
  };
  await registerConsoleScope(app, kit, (scope) => {
    registerBasePath(scope, config.basePath);
    registerPages(scope, services, authorizationServer, kit, pauses);
    const replays = new Replays({ ...store, receiveCall, clock, wake: replayRunner.wake });
    registerReplayRoutes(scope, { webhooks: services.webhooks, webhookStore: store.webhooks, calls: store.calls, replays, clock });
    registerForwardingRoutes(scope, { webhooks: services.webhooks, forwarding: forwarding.service });
    registerTestCallRoutes(scope, { webhooks: services.webhooks, calls: store.calls, receiveCall });
  });

  let stopMetrics: (() => Promise<void>) | undefined;
  const sweeper = openSweeper(store, clock, (error) => log.error({ err: error }, "what has expired could not be deleted"));
  return {
    log,
    services,
    url: config.issuer,
    /** The path of the one-time set-up link, while there is no active admin. */
    setUpPath: opensSetUpLink ? await services.setUp.openLink() : null,
    async listen(): Promise<void> {
      // Advice before the fact, so that what the terminal says last is where the server is.
      if (config.codeLifetime > RECOMMENDED_CODE_LIFETIME) {
        log.info("authorization codes live longer than the ten minutes that RFC 6749 section 4.1.2 recommends; HOOKGATE_CODE_LIFETIME changes it");
      }
      const { host, port, metricsPort } = config;
      await app.listen({ host, port });
      replayRunner.wake();
      forwarding.worker.start();
      queueDrainer.wake();
      if (metricsPort !== null) stopMetrics = await serveMetrics({ host, port: metricsPort, server: app.server, store, clock, version: packageJson.version });
    },
    /** Finishes what was accepted, then closes the store. */
    async close(): Promise<void> {
      // A connection whose last request was under way at the start of closing stays open when it has its answer: clients keep it for later.
      const letIdleGo = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK);
      // Nobody may hold up the end by a request that never arrives whole: it was not accepted yet.
      const cutOff = setTimeout(() => app.server.closeAllConnections(), CLOSING_LIMIT);
      await replayRunner.close();
      await queueDrainer.close();
      await app.close();
      clearInterval(letIdleGo);
      clearTimeout(cutOff);
      overload.close();
      await refusedRequests.close();
      await clientThrottle.close();
      await stopMetrics?.();
      await forwarding.worker.close();
      await sweeper.close();
      await services.secretUses.close();
      await services.credentialUses.close();
      await services.integrationTokenUses.close();
      await store.close();
    },
  };
}

const RECOMMENDED_CODE_LIFETIME = 600_000;

/** While closing, in milliseconds: how often connections are looked at that have become idle, and how long requests may still take. */
const IDLE_CHECK = 50;
const CLOSING_LIMIT = 5_000;

function createApp(log: FastifyBaseLogger, { basePath, isTrustedProxy }: Config, endpoints: RawEndpoints): FastifyInstance {
  return Fastify({
    serverFactory: (framework) => new FrontServer(endpoints, framework),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newReference,
    // No route has a schema. Fastify would load its compilers all the same, a tenth of what a start takes.
    schemaController: { compilersFactory: { buildValidator: neverBuilt, buildSerializer: neverBuilt } },
    // Decides `request.ip` and nothing else: addresses of ours never come from a header (RFC 9700 section 4.13).
    trustProxy: isTrustedProxy ?? false,
    rewriteUrl: (request: IncomingMessage) => addressInside(basePath, request.url ?? ""),
    forceCloseConnections: "idle",
    return503OnClosing: true,
    // An address that cannot be decoded (`/%zz`) belongs to no scope. Fastify's own answer would repeat it.
    frameworkErrors: (error, _request, reply) => {
      const headers = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Type": "text/plain; charset=utf-8" };
      reply.raw.writeHead(error.statusCode ?? 400, headers).end("This address cannot be read: it is not encoded as addresses are (RFC 3986 section 2.1).\n");
    },
  });
}

function registerPages(scope: FastifyInstance, services: Services, authorizationServer: AuthorizationServer, kit: ConsoleKit, pauses: Pauses): void {
  const { store, clock, brands, signIn, consents, applications, catalogues, webhooks, authentications, keyRing } = services;
  const { issuer } = services.config;
  const { cookies } = kit;
  const findViewer = registerViewer(scope, { sessions: store.sessions, brands, cookies, clock });
  registerOverviewRoutes(scope, { ...store, brands, clock });
  registerIdentityRoutes(scope, { ...services, users: services.userService, directory: services.users, cookies, publicUrl: issuer });
  registerAuthorizationRoutes(scope, { ...authorizationServer, signIn, kit });
  registerConsentsRoutes(scope, consents);
  registerStoreRoutes(scope, {
    brands: store.brands,
    clock,
    requireViewer,
    requireAdmin,
    countWebhooks: (viewer) => store.webhooks.countWebhooks(viewer.brandId, viewer.isAdmin ? null : viewer.userId),
  });
  registerApplicationRoutes(scope, {
    applications,
    consents,
    refusedRequests: store.refusedRequests,
    issuer,
    findEndpoint: async ({ brandId, ownerId }) => {
      const webhook = await webhooks.findNewestForTokens(brandId, ownerId);
      return webhook ? endpointOf(issuer, webhook) : null;
    },
  });
  registerWebhookRoutes(scope, { webhooks, calls: store.calls, catalogues, authentications, brands, pauses, clock, issuer });
  registerPauseRoutes(scope, { webhooks, pauses });
  registerOwnershipRoutes(scope, { ownership: services.ownership, users: services.userService, applications, webhooks });
  registerOptionFieldRoutes(scope, services.optionFields);
  const exports = new Exports({ clock, onFailure: (error) => scope.log.warn({ err: error }, "an export was broken off") });
  registerCustomerRoutes(scope, {
    customers: store.customers,
    catalogues,
    findViewer,
    exports,
    erase: (brandId, customerId) => store.calls.eraseCustomer(brandId, customerId),
  });
  const callLog = { calls: store.calls, webhooks: store.webhooks, brands };
  registerCallLogRoutes(scope, callLog);
  registerCallExportRoutes(scope, { ...callLog, findViewer, exports });
  registerLiveCallRoutes(scope, { ...callLog, webhookService: webhooks, findViewer });
  registerSettingsRoutes(scope, { brands: store.brands, keys: keyRing, publicUrl: issuer, version: packageJson.version, requireViewer, requireAdmin });
}

function neverBuilt(): never {
  throw new Error("No route has a schema.");
}
