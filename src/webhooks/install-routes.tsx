import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import { notFound, PageRedirect } from "../web/page-error.ts";
import { queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { Viewer } from "../web/viewer.ts";
import { AuthenticationStepPage, EndpointStepPage, FirstCallStepPage, MappingStepPage, NameStepPage, stepHref } from "./install-pages.tsx";
import { EMPTY_STRUCTURE } from "./json-structure.ts";
import { rowsOf } from "./mapping-form.ts";
import { findFor, saveMapping, type ById, type WebhookRoutesDeps } from "./mapping-routes.tsx";
import { findSample } from "./sample.ts";
import type { WebhookAuthentications } from "./webhook-authentication.ts";
import { newestCalls } from "./webhook-progress.ts";
import type { WebhookService } from "./webhook-service.ts";
import type { WebhookWithOwner } from "./webhook-store.ts";
import { endpointOf } from "./webhook.ts";

/** Refused calls that the fourth step shows. */
const REFUSED_CALLS = 5;

/** The wizard: each step reads the webhook as it is, so that people may leave, come back and go back as they like. */
export function registerInstallRoutes(scope: FastifyInstance, deps: WebhookRoutesDeps): void {
  registerName(scope, deps);
  registerAuthentication(scope, deps);
  registerEndpointAndFirstCall(scope, deps);
  registerMapping(scope, deps);
}

function registerName(scope: FastifyInstance, { webhooks }: WebhookRoutesDeps): void {
  scope.get("/store/webhook", (request, reply) => {
    requireViewer(request);
    return renderPage(request, reply, <NameStepPage webhook={null} name="" errors={{}} />);
  });
  scope.post("/store/webhook", async (request, reply) => {
    const viewer = requireViewer(request);
    const name = request.form.get("name") ?? "";
    const added = await webhooks.add({ brandId: viewer.brandId, ownerId: viewer.userId, name, authentication: null, mapping: null });
    if (added.kind === "invalid") return renderPage(request, reply, <NameStepPage webhook={null} name={name} errors={added.errors} />, 422);
    return reply.redirect(stepHref(added.webhook, "authentication"), 303);
  });
  scope.get<ById>("/webhooks/:id/install/name", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    return renderPage(request, reply, <NameStepPage webhook={webhook} name={webhook.name} errors={{}} />);
  });
  scope.post<ById>("/webhooks/:id/install/name", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const name = request.form.get("name") ?? "";
    const renamed = await webhooks.rename(requireViewer(request), webhook.id, name);
    if (renamed.kind === "gone") throw notFound("webhook");
    if (renamed.kind === "invalid") return renderPage(request, reply, <NameStepPage webhook={webhook} name={name} errors={renamed.errors} />, 422);
    return reply.redirect(stepHref(webhook, "authentication"), 303);
  });
}

function registerAuthentication(scope: FastifyInstance, { webhooks, authentications }: WebhookRoutesDeps): void {
  scope.get<ById>("/webhooks/:id/install/authentication", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const choices = choicesFor(authentications, requireViewer(request));
    return renderPage(request, reply, <AuthenticationStepPage webhook={webhook} {...choices} errors={{}} />);
  });
  scope.post<ById>("/webhooks/:id/install/authentication", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const choices = choicesFor(authentications, requireViewer(request));
    const chosen = choices.offered.find(({ type }) => type === request.form.get("authentication"));
    if (!chosen) {
      const errors = { authentication: "Choose how callers prove themselves." };
      return renderPage(request, reply, <AuthenticationStepPage webhook={webhook} {...choices} errors={errors} />, 422);
    }
    const updated = await webhooks.chooseAuthentication(requireViewer(request), webhook.id, chosen.type);
    if (updated.kind === "gone") throw notFound("webhook");
    return reply.redirect(stepHref(webhook, "endpoint"), 303);
  });
}

function registerEndpointAndFirstCall(scope: FastifyInstance, { webhooks, calls, issuer }: WebhookRoutesDeps): void {
  scope.get<ById>("/webhooks/:id/install/endpoint", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    return renderPage(request, reply, <EndpointStepPage webhook={webhook} endpoint={endpointOf(issuer, webhook)} />);
  });
  scope.get<ById>("/webhooks/:id/install/first-call", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    // Asked for before the sample, so that a call which comes in between is found by the next question of the page.
    const [newest] = await newestCalls(calls, webhook, 1);
    const page = (
      <FirstCallStepPage
        webhook={webhook}
        endpoint={endpointOf(issuer, webhook)}
        sample={await findSample(calls, webhook.brandId, webhook.id)}
        refused={await newestCalls(calls, webhook, REFUSED_CALLS, "refused")}
        newestCallId={newest?.id ?? null}
      />
    );
    return renderPage(request, reply, page);
  });
  scope.get<ById>("/webhooks/:id/install/first-call/arrived", async (request, reply) => {
    const [newest] = await newestCalls(calls, await findLive(webhooks, request), 1);
    return reply.send({ arrived: newest !== undefined && newest.id !== queryOf(request).get("after") });
  });
}

function registerMapping(scope: FastifyInstance, deps: WebhookRoutesDeps): void {
  const { webhooks, calls } = deps;
  scope.get<ById>("/webhooks/:id/install/mapping", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    const sample = await findSample(calls, webhook.brandId, webhook.id);
    const rows = rowsOf(sample?.structure ?? EMPTY_STRUCTURE, webhook.mapping);
    return renderPage(request, reply, <MappingStepPage webhook={webhook} sample={sample} rows={rows} errors={{}} />);
  });
  scope.post<ById>("/webhooks/:id/install/mapping", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    const saved = await saveMapping(deps, request, webhook);
    if (!saved.ok) return renderPage(request, reply, <MappingStepPage webhook={webhook} {...saved} />, 422);
    return reply.setFlash({ notice: `${webhook.name} is installed. Its calls write customers from now on.` }).redirect(`/webhooks/${webhook.id}`, 303);
  });
}

/** What is offered: only what works in the viewer's brand at present. */
function choicesFor(authentications: WebhookAuthentications, { modules }: Viewer) {
  const works = ({ requiredModule }: { readonly requiredModule: string | null }) => requiredModule === null || modules.has(requiredModule);
  const all = [...authentications.values()];
  return { offered: all.filter(works), missing: all.filter((authentication) => !works(authentication)) };
}

/** A webhook that takes calls; one that does not leads back to the step where it learns to. */
async function findLive(webhooks: WebhookService, request: FastifyRequest<ById>): Promise<WebhookWithOwner> {
  const webhook = await findFor(webhooks, request);
  if (webhook.authentication === null) throw new PageRedirect(stepHref(webhook, "authentication"));
  return webhook;
}
