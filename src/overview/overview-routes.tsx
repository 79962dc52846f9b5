import type { FastifyInstance } from "fastify";
import type { ApplicationStore } from "../applications/application-store.ts";
import type { CustomerStore } from "../customers/customer-store.ts";
import { requireViewer } from "../identity/viewer.ts";
import type { PageRequest } from "../lib/page.ts";
import { renderPage } from "../web/render.tsx";
import type { Viewer } from "../web/viewer.ts";
import type { CallOutcome } from "../webhooks/call.ts";
import type { CallStore, WebhookStore } from "../webhooks/webhook-store.ts";
import { OverviewPage } from "./overview-page.tsx";

import { walkOf, type WalkFacts } from "./walk.ts";

interface OverviewDependencies {
  readonly applications: ApplicationStore;
  readonly webhooks: WebhookStore;
  readonly calls: CallStore;
  readonly customers: CustomerStore;
}

const FIRST: PageRequest = { limit: 1, after: null };
const NEWEST: PageRequest = { limit: 5, after: null };

export function registerOverviewRoutes(scope: FastifyInstance, deps: OverviewDependencies): void {
  scope.get("/", async (request, reply) => {
    const viewer = requireViewer(request);
    const [facts, calls, customers] = await Promise.all([
      factsOf(deps, viewer),
      deps.calls.listCalls(viewer.brandId, { webhookId: null, ownerId: ownerFilter(viewer), outcome: null }, NEWEST),
      deps.customers.listCustomers(viewer.brandId, null, NEWEST),
    ]);
    return renderPage(request, reply, <OverviewPage walk={walkOf(facts)} newestCalls={calls.rows} newestCustomers={customers.rows} />);
  });
}

/** Admins look at all of the brand, members at what is theirs. */
function ownerFilter(viewer: Viewer): string | null {
  return viewer.isAdmin ? null : viewer.userId;
}

async function factsOf(deps: OverviewDependencies, viewer: Viewer): Promise<WalkFacts> {
  const { brandId } = viewer;
  const ownerId = ownerFilter(viewer);
  const hasCall = async (outcome: CallOutcome) => (await deps.calls.listCalls(brandId, { webhookId: null, ownerId, outcome }, FIRST)).rows.length > 0;
  const [applications, webhooks, hasSample, hasAccepted] = await Promise.all([
    deps.applications.listApplications(brandId, ownerId, FIRST),
    deps.webhooks.listWebhooks(brandId, ownerId, FIRST),
    hasCall("sample"),
    hasCall("accepted"),
  ]);
  return {
    isAdmin: viewer.isAdmin,
    serverActive: viewer.modules.has("oauth2-server"),
    hasApplication: applications.rows.length > 0,
    newestWebhookId: webhooks.rows[0]?.id ?? null,
    hasSample,
    hasAccepted,
  };
}
