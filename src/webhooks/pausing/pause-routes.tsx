import type { FastifyInstance } from "fastify";
import { requireViewer } from "../../identity/viewer.ts";
import { notFound } from "../../web/page-error.ts";
import { renderPage } from "../../web/render.tsx";
import { findFor, type ById } from "../mapping/mapping-routes.tsx";
import { PausePage } from "./pause-pages.tsx";
import type { Pauses } from "./pauses.ts";
import type { WebhookService } from "../webhook-service.ts";

interface PauseRoutesDeps {
  readonly webhooks: WebhookService;
  readonly pauses: Pauses;
}

export function registerPauseRoutes(scope: FastifyInstance, { webhooks, pauses }: PauseRoutesDeps): void {
  scope.get<ById>("/webhooks/:id/pause", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    return renderPage(request, reply, <PausePage webhook={webhook} />);
  });
  scope.post<ById>("/webhooks/:id/pause", async (request, reply) => {
    const { id } = request.params;
    if (!(await pauses.pause(requireViewer(request), id))) throw notFound("webhook that takes calls");
    return reply.setFlash({ notice: "The webhook is paused. Its calls wait." }).redirect(`/webhooks/${id}`, 303);
  });
  scope.post<ById>("/webhooks/:id/resume", async (request, reply) => {
    const { id } = request.params;
    if (!(await pauses.resume(requireViewer(request), id))) throw notFound("webhook");
    return reply.setFlash({ notice: "The webhook is resumed." }).redirect(`/webhooks/${id}`, 303);
  });
}
