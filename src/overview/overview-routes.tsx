import type { FastifyInstance } from "fastify";
import type { ApplicationStore } from "../applications/application-store.ts";
import type { CustomerStore } from "../customers/customer-store.ts";
import { requireViewer } from "../identity/viewer.ts";
import type { PageRequest } from "../lib/page.ts";
import { renderPage } from "../web/render.tsx";
import type { WebhookStore } from "../webhooks/webhook-store.ts";
import { queryOf } from "../web/query.ts";
import { findDashboard, type DashboardDependencies } from "./dashboard.ts";
import { parseRange } from "./hours.ts";
import { OverviewPage } from "./overview-page.tsx";
import { walkOf } from "./walk.ts";

interface OverviewDependencies extends DashboardDependencies {
  readonly applications: ApplicationStore;
  readonly webhooks: WebhookStore;
  readonly customers: CustomerStore;
}

const FIRST: PageRequest = { limit: 1, after: null };
const ROWS_SHOWN = 5;
/** Of these the walk is told; older ones are not looked for, because the log can be long. */
const CALLS_LOOKED_AT = 50;

/** The first page: what is still to do, what the webhooks received, and what came in last. Admins look at all of the brand, members at what is theirs. */
export function registerOverviewRoutes(scope: FastifyInstance, deps: OverviewDependencies): void {
  scope.get("/", async (request, reply) => {
    const viewer = requireViewer(request);
    const { brandId } = viewer;
    const ownerId = viewer.isAdmin ? null : viewer.userId;
    const [applications, webhooks, calls, customers] = await Promise.all([
      deps.applications.listApplications(brandId, ownerId, FIRST),
      deps.webhooks.listWebhooks(brandId, ownerId, FIRST),
      deps.calls.listCalls(brandId, { webhookId: null, ownerId, outcome: null }, { limit: CALLS_LOOKED_AT, after: null }),
      deps.customers.listCustomers(brandId, null, { limit: ROWS_SHOWN, after: null }),
    ]);
    const newestWebhook = webhooks.rows[0];
    const walk = walkOf({
      isAdmin: viewer.isAdmin,
      serverActive: viewer.modules.has("oauth2-server"),
      hasApplication: applications.rows.length > 0,
      newestWebhook: newestWebhook ? { id: newestWebhook.id, isMapped: newestWebhook.mapping !== null } : null,
      outcomes: new Set(calls.rows.map((call) => call.outcome)),
      hasCustomer: customers.rows.length > 0,
    });
    const range = parseRange(queryOf(request).get("range"));
    const dashboard = walk.at(-1)?.done ? await findDashboard(deps, { brandId, ownerId, range }) : null;
    const page = <OverviewPage walk={walk} dashboard={dashboard} newestCalls={calls.rows.slice(0, ROWS_SHOWN)} newestCustomers={customers.rows} />;
    return renderPage(request, reply, page);
  });
}
