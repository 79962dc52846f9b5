import type { FastifyInstance } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import { notFound } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry } from "../web/viewer.ts";
import { registerSensitiveFieldsRoutes } from "./mapping/sensitive-fields-routes.tsx";
import { findCallUsage } from "./call-usage.ts";
import { registerCredentialRoutes, secretShownOnce } from "./authentication/credential-routes.tsx";
import { registerInstallRoutes } from "./install-routes.tsx";
import { FOLLOWED_CALLS } from "./calls/live-calls.ts";
import { findFor, registerMappingRoutes, type ById, type WebhookRoutesDeps } from "./mapping/mapping-routes.tsx";
import { registerMappingVersionRoutes } from "./mapping/mapping-version-routes.tsx";
import { DeleteWebhookPage, LimitPage, RenamePage, WebhookPage } from "./webhook-page.tsx";
import { newestCalls, stateOf } from "./webhook-progress.ts";
import type { CallStore, WebhookWithOwner } from "./webhook-store.ts";
import { endpointOf } from "./webhook.ts";
import { WebhooksPage } from "./webhooks-page.tsx";

export const webhooksNavigation: NavigationEntry = { href: "/webhooks", label: "Webhooks", icon: "webhooks", visible: () => true };

const ROWS_A_PAGE = 25;

/** The pages of webhooks and the wizard that installs one, in a console scope. */
export function registerWebhookRoutes(scope: FastifyInstance, deps: WebhookRoutesDeps): void {
  const { webhooks, calls, catalogues, authentications, brands, pauses, clock, issuer } = deps;
  registerInstallRoutes(scope, deps);
  registerMappingRoutes(scope, deps);
  registerMappingVersionRoutes(scope, deps);
  registerSensitiveFieldsRoutes(scope, deps);
  registerCredentialRoutes(scope, deps);

  scope.get("/webhooks", async (request, reply) => {
    const pageRequest = pageRequestOf(queryOf(request), ROWS_A_PAGE);
    const viewer = requireViewer(request);
    const { rows, next } = await webhooks.list(viewer, pageRequest);
    const usage = await findCallUsage({ brands, calls }, viewer.brandId, clock.now());
    const page = { rows: await Promise.all(rows.map((webhook) => rowOf(calls, webhook))), next };
    return renderPage(request, reply, <WebhooksPage page={page} after={pageRequest.after} authentications={authentications} usage={usage} />);
  });

  scope.get<ById>("/webhooks/:id", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const page = (
      <WebhookPage
        webhook={webhook}
        catalogue={await catalogues.of(webhook.brandId)}
        state={await stateOf(calls, webhook)}
        waiting={await pauses.countWaiting(webhook)}
        endpoint={endpointOf(issuer, webhook)}
        authentication={webhook.authentication && authentications.get(webhook.authentication)}
        credentials={await webhooks.listCredentials(requireViewer(request), webhook.id)}
        secret={secretShownOnce(request, webhook)}
        newestCalls={await newestCalls(calls, webhook, FOLLOWED_CALLS)}
      />
    );
    return renderPage(request, reply, page);
  });

  scope.get<ById>("/webhooks/:id/rename", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    return renderPage(request, reply, <RenamePage webhook={webhook} name={webhook.name} errors={{}} />);
  });
  scope.post<ById>("/webhooks/:id/rename", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const name = request.form.get("name") ?? "";
    const renamed = await webhooks.rename(requireViewer(request), webhook.id, name);
    if (renamed.kind === "gone") throw notFound("webhook");
    if (renamed.kind === "invalid") return renderPage(request, reply, <RenamePage webhook={webhook} name={name} errors={renamed.errors} />, 422);
    return reply.setFlash({ notice: "The webhook is renamed." }).redirect(`/webhooks/${webhook.id}`, 303);
  });

  scope.get<ById>("/webhooks/:id/limit", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    return renderPage(request, reply, <LimitPage webhook={webhook} text={String(webhook.callsAMinute ?? "")} errors={{}} />);
  });
  scope.post<ById>("/webhooks/:id/limit", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const text = request.form.get("callsAMinute") ?? "";
    const limited = await webhooks.limitCalls(requireViewer(request), webhook.id, text);
    if (limited.kind === "gone") throw notFound("webhook");
    if (limited.kind === "invalid") return renderPage(request, reply, <LimitPage webhook={webhook} text={text} errors={limited.errors} />, 422);
    return reply.setFlash({ notice: "The limit is saved. It holds from the next call on." }).redirect(`/webhooks/${webhook.id}`, 303);
  });

  scope.get<ById>("/webhooks/:id/delete", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    return renderPage(request, reply, <DeleteWebhookPage webhook={webhook} endpoint={endpointOf(issuer, webhook)} />);
  });
  scope.post<ById>("/webhooks/:id/delete", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    await webhooks.delete(requireViewer(request), webhook.id);
    return reply.setFlash({ notice: `${webhook.name} is deleted.` }).redirect("/webhooks", 303);
  });
}

async function rowOf(calls: CallStore, webhook: WebhookWithOwner) {
  const [newest] = await newestCalls(calls, webhook, 1);
  return { webhook, state: await stateOf(calls, webhook), lastCallAt: newest?.receivedAt ?? null };
}
