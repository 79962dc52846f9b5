import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import { notFound, PageRedirect } from "../web/page-error.ts";
import type { FieldErrors } from "../web/parts/form.tsx";
import { renderPage } from "../web/render.tsx";
import type { Viewer } from "../web/viewer.ts";
import { readSettings } from "./authentication/authentication-field.ts";
import { AuthenticationStepPage, fieldName } from "./authentication/authentication-page.tsx";
import { secretShownOnce } from "./authentication/credential-routes.tsx";
import { EndpointStepPage, FirstCallStepPage, MappingStepPage, NameStepPage, stepHref } from "./install-pages.tsx";
import { FOLLOWED_CALLS, markOf } from "./calls/live-calls.ts";
import { findFor, mappingAsItIs, STATUS, takeMapping, type ById, type WebhookRoutesDeps } from "./mapping/mapping-routes.tsx";
import { findSample } from "./mapping/sample.ts";
import type { WebhookAuthentications } from "./authentication/webhook-authentication.ts";
import { newestCalls } from "./webhook-progress.ts";
import type { WebhookService } from "./webhook-service.ts";
import type { WebhookWithOwner } from "./webhook-store.ts";
import { endpointOf, type AuthenticationType } from "./webhook.ts";

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
    return renderPage(request, reply, <AuthenticationStepPage webhook={webhook} {...choices} typed={null} errors={{}} />);
  });
  scope.post<ById>("/webhooks/:id/install/authentication", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const choices = choicesFor(authentications, requireViewer(request));
    // An answer that was deleted is no question that was not asked.
    const typed = (name: string) => request.form.getAll(name)[0];
    const again = (errors: FieldErrors) => {
      return renderPage(request, reply, <AuthenticationStepPage webhook={webhook} {...choices} typed={typed} errors={errors} />, 422);
    };
    const type = choices.offered.find((offered) => offered.type === typed("authentication"));
    if (!type) return again({ authentication: "Choose how callers prove themselves." });
    const read = readSettings(type.fields, (name) => typed(fieldName(type.type, name)));
    if (!read.ok) return again(Object.fromEntries(Object.entries(read.errors).map(([name, error]) => [fieldName(type.type, name), error])));
    const chosen = await webhooks.chooseAuthentication(requireViewer(request), webhook.id, type.type, read.settings);
    if (chosen.kind === "gone") throw notFound("webhook");
    if (chosen.secret !== null) reply.setFlash({ secret: { of: webhook.id, value: chosen.secret } });
    return reply.redirect(stepHref(webhook, "endpoint"), 303);
  });
}

function registerEndpointAndFirstCall(scope: FastifyInstance, { webhooks, calls, authentications, issuer }: WebhookRoutesDeps): void {
  scope.get<ById>("/webhooks/:id/install/endpoint", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    const authentication = authentications.get(webhook.authentication);
    const secret = secretShownOnce(request, webhook);
    const page = <EndpointStepPage webhook={webhook} endpoint={endpointOf(issuer, webhook)} authentication={authentication} secret={secret} />;
    return renderPage(request, reply, page);
  });
  scope.get<ById>("/webhooks/:id/install/first-call", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    // Asked for before the sample, so that the stream of the page tells of a call which comes in between.
    const newest = await newestCalls(calls, webhook, FOLLOWED_CALLS);
    const page = (
      <FirstCallStepPage
        webhook={webhook}
        endpoint={endpointOf(issuer, webhook)}
        authentication={authentications.get(webhook.authentication)}
        sample={await findSample(calls, webhook)}
        refused={await newestCalls(calls, webhook, REFUSED_CALLS, "refused")}
        seen={markOf(newest)}
      />
    );
    return renderPage(request, reply, page);
  });
}

function registerMapping(scope: FastifyInstance, deps: WebhookRoutesDeps): void {
  const { webhooks } = deps;
  scope.get<ById>("/webhooks/:id/install/mapping", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    return renderPage(request, reply, <MappingStepPage {...await mappingAsItIs(deps, webhook)} />);
  });
  scope.post<ById>("/webhooks/:id/install/mapping", async (request, reply) => {
    const webhook = await findLive(webhooks, request);
    const posted = await takeMapping(deps, request, webhook);
    if (posted.kind !== "saved") return renderPage(request, reply, <MappingStepPage {...posted.page} />, STATUS[posted.kind]);
    return reply.setFlash({ notice: `${webhook.name} is installed. Its calls write customers from now on.` }).redirect(`/webhooks/${webhook.id}`, 303);
  });
}

/** What is offered: only what works in the viewer's brand at present. */
function choicesFor(authentications: WebhookAuthentications, { modules }: Viewer) {
  const works = ({ requiredModule }: { readonly requiredModule: string | null }) => requiredModule === null || modules.has(requiredModule);
  const all = authentications.list();
  return { offered: all.filter(works), missing: all.filter((authentication) => !works(authentication)) };
}

/** A webhook that takes calls; one that does not leads back to the step where it learns to. */
async function findLive(webhooks: WebhookService, request: FastifyRequest<ById>): Promise<WebhookWithOwner & { readonly authentication: AuthenticationType }> {
  const webhook = await findFor(webhooks, request);
  const { authentication } = webhook;
  if (authentication === null) throw new PageRedirect(stepHref(webhook, "authentication"));
  return { ...webhook, authentication };
}
