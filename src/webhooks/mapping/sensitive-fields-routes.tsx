import type { FastifyInstance } from "fastify";
import { requireViewer } from "../../identity/viewer.ts";
import { notFound } from "../../web/page-error.ts";
import { renderPage } from "../../web/render.tsx";
import { findFor, type ById, type WebhookRoutesDeps } from "./mapping-routes.tsx";
import { findSample, type Sample } from "./sample.ts";
import { SensitiveFieldsPage } from "./sensitive-fields-page.tsx";

/** Marking the values of a body that pages and exports mask. */
export function registerSensitiveFieldsRoutes(scope: FastifyInstance, { webhooks, calls }: WebhookRoutesDeps): void {
  scope.get<ById>("/webhooks/:id/sensitive", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const { sensitivePaths = [] } = webhook;
    const sample = await findSample(calls, webhook);
    const listed = pathsIn(sample);
    const typed = sensitivePaths.filter((path) => !listed.has(path)).join("\n");
    return renderPage(request, reply, <SensitiveFieldsPage webhook={webhook} sample={sample} chosen={new Set(sensitivePaths)} typed={typed} errors={{}} />);
  });
  scope.post<ById>("/webhooks/:id/sensitive", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const chosen = request.form.getAll("marked");
    const typed = request.form.get("paths") ?? "";
    const marked = await webhooks.markSensitive(requireViewer(request), webhook.id, [...chosen, ...typed.split("\n")]);
    if (marked.kind === "gone") throw notFound("webhook");
    if (marked.kind === "invalid") {
      const sample = await findSample(calls, webhook);
      const page = <SensitiveFieldsPage webhook={webhook} sample={sample} chosen={new Set(chosen)} typed={typed} errors={marked.errors} />;
      return renderPage(request, reply, page, 422);
    }
    return reply.setFlash({ notice: "The sensitive fields are saved. They hold for every call that is kept." }).redirect(`/webhooks/${webhook.id}`, 303);
  });
}

function pathsIn(sample: Sample | null): ReadonlySet<string> {
  return new Set(sample?.structure.lines.map(({ path }) => path));
}
