import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireViewer } from "../../identity/viewer.ts";
import { notFound } from "../../web/page-error.ts";
import type { FieldErrors } from "../../web/parts/form.tsx";
import { renderPage } from "../../web/render.tsx";
import { draftOfMapping } from "./field-mapping.ts";
import { basedOnOf, findFor, type WebhookRoutesDeps } from "./mapping-routes.tsx";
import { MappingVersionPage, MappingVersionsPage, versionsHref } from "./mapping-versions-page.tsx";

interface ByVersion {
  Params: { id: string; version: string };
}

/** Every version of a webhook's mapping, and going back to one, which makes it the newest. */
export function registerMappingVersionRoutes(scope: FastifyInstance, { webhooks, catalogues }: WebhookRoutesDeps): void {
  const find = async (request: FastifyRequest<ByVersion>) => {
    const webhook = await findFor(webhooks, request);
    const { version } = request.params;
    const found = /^[1-9]\d{0,8}$/.test(version) ? await webhooks.findMappingVersion(requireViewer(request), webhook.id, Number(version)) : undefined;
    if (!found) throw notFound("version");
    return { webhook, version: found, catalogue: await catalogues.of(webhook.brandId) };
  };

  scope.get<{ Params: { id: string } }>("/webhooks/:id/mapping/versions", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const versions = await webhooks.listMappingVersions(requireViewer(request), webhook.id);
    return renderPage(request, reply, <MappingVersionsPage webhook={webhook} versions={versions} />);
  });

  scope.get<ByVersion>("/webhooks/:id/mapping/versions/:version", async (request, reply) => {
    return renderPage(request, reply, <MappingVersionPage {...await find(request)} errors={{}} />);
  });

  scope.post<ByVersion>("/webhooks/:id/mapping/versions/:version", async (request, reply) => {
    const page = await find(request);
    const { webhook, version } = page;
    const again = (errors: FieldErrors, status: number) => renderPage(request, reply, <MappingVersionPage {...page} errors={errors} />, status);
    const saved = await webhooks.setMapping(requireViewer(request), webhook.id, draftOfMapping(version.mapping), basedOnOf(request));
    switch (saved.kind) {
      case "updated":
        return reply
          .setFlash({ notice: `The mapping is that of version ${version.version} again. It holds from the next call on.` })
          .redirect(versionsHref(webhook), 303);
      case "conflict":
        return again(
          { mapping: "Somebody has saved another version since you opened this page. Look at the versions, and go back once more if you still want to." },
          409,
        );
      case "invalid":
        return again(saved.errors, 422);
      default:
        throw notFound("webhook");
    }
  });
}
