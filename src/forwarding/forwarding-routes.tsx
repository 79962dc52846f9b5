import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import { secretShownOnce } from "../webhooks/authentication/credential-routes.tsx";
import { findFor, type ById } from "../webhooks/mapping/mapping-routes.tsx";
import type { WebhookService } from "../webhooks/webhook-service.ts";
import type { WebhookWithOwner } from "../webhooks/webhook-store.ts";
import { ForwardingPage, forwardingHref, NewSecretPage, NewTargetPage, RemoveTargetPage } from "./forwarding-pages.tsx";
import type { ForwardingService, TargetState } from "./forwarding-service.ts";

interface ForwardingRoutesDeps {
  readonly webhooks: WebhookService;
  readonly forwarding: ForwardingService;
}

interface ByMessage {
  Params: { id: string; position: string };
}

const DEAD_A_PAGE = 25;

/** Where the calls of a webhook are sent on to: for its owner and admins, who alone see it. */
export function registerForwardingRoutes(scope: FastifyInstance, { webhooks, forwarding }: ForwardingRoutesDeps): void {
  const withTarget = async (request: FastifyRequest<ById>): Promise<{ readonly webhook: WebhookWithOwner; readonly state: TargetState }> => {
    const webhook = await findFor(webhooks, request);
    const state = await forwarding.find(webhook);
    if (!state) throw notFound("target");
    return { webhook, state };
  };
  /** `typed`: a URL that came back, and what is wrong with it. */
  const show = async (request: FastifyRequest<ById>, reply: FastifyReply, typed?: { readonly url: string; readonly error: string }) => {
    const webhook = await findFor(webhooks, request);
    const state = await forwarding.find(webhook);
    const status = typed ? 422 : 200;
    if (!state) return renderPage(request, reply, <NewTargetPage webhook={webhook} url={typed?.url ?? ""} error={typed?.error ?? null} />, status);
    const pageRequest = pageRequestOf(queryOf(request), DEAD_A_PAGE);
    const page = (
      <ForwardingPage
        webhook={webhook}
        state={state}
        secret={secretShownOnce(request, webhook)}
        url={typed?.url ?? state.target.url}
        error={typed?.error ?? null}
        dead={await forwarding.listDead(state.target, pageRequest)}
        after={pageRequest.after}
      />
    );
    return renderPage(request, reply, page, status);
  };

  scope.get<ById>("/webhooks/:id/forwarding", (request, reply) => show(request, reply));
  scope.post<ById>("/webhooks/:id/forwarding", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const url = request.form.get("url") ?? "";
    const set = await forwarding.setUrl(webhook, url);
    if (set.kind === "gone") throw notFound("webhook");
    if (set.kind === "invalid") return show(request, reply, { url, error: set.error });
    if (set.secret === null) return reply.setFlash({ notice: "The URL is saved. What waits is sent there." }).redirect(forwardingHref(webhook), 303);
    const secret = { of: webhook.id, value: set.secret };
    return reply.setFlash({ notice: "Calls are forwarded from the next one on.", secret }).redirect(`${forwardingHref(webhook)}#secret`, 303);
  });

  scope.get<ById>("/webhooks/:id/forwarding/secret", async (request, reply) => {
    const { webhook } = await withTarget(request);
    return renderPage(request, reply, <NewSecretPage webhook={webhook} />);
  });
  scope.post<ById>("/webhooks/:id/forwarding/secret", async (request, reply) => {
    const { webhook } = await withTarget(request);
    const value = await forwarding.renewSecret(webhook);
    if (value === undefined) throw notFound("target");
    return reply.setFlash({ secret: { of: webhook.id, value } }).redirect(`${forwardingHref(webhook)}#secret`, 303);
  });

  scope.get<ById>("/webhooks/:id/forwarding/remove", async (request, reply) => renderPage(request, reply, <RemoveTargetPage {...await withTarget(request)} />));
  scope.post<ById>("/webhooks/:id/forwarding/remove", async (request, reply) => {
    const { webhook } = await withTarget(request);
    await forwarding.remove(webhook);
    return reply.setFlash({ notice: "Calls are no longer forwarded." }).redirect(`/webhooks/${webhook.id}`, 303);
  });

  scope.post<ById>("/webhooks/:id/forwarding/retry", async (request, reply) => {
    const { webhook } = await withTarget(request);
    await forwarding.tryNow(webhook);
    return reply.setFlash({ notice: "What waits is tried within seconds." }).redirect(forwardingHref(webhook), 303);
  });

  scope.post<ById>("/webhooks/:id/forwarding/dead", async (request, reply) => {
    const { webhook, state } = await withTarget(request);
    const revived = await forwarding.revive(state.target, null);
    const notice = `${revived.toLocaleString("en")} ${revived === 1 ? "message is" : "messages are"} sent again, behind what waits.`;
    return reply.setFlash({ notice }).redirect(forwardingHref(webhook), 303);
  });
  scope.post<ByMessage>("/webhooks/:id/forwarding/dead/:position", async (request, reply) => {
    const { webhook, state } = await withTarget(request);
    const { position } = request.params;
    const revived = /^[1-9]\d{0,14}$/.test(position) ? await forwarding.revive(state.target, Number(position)) : 0;
    if (revived === 0) throw notFound("message");
    return reply.setFlash({ notice: "The message is sent again, behind what waits." }).redirect(forwardingHref(webhook), 303);
  });
}
