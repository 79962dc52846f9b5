import type { FastifyInstance, FastifyRequest } from "fastify";
import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { FieldCatalogues } from "../customers/field-catalogue.ts";
import { requireViewer } from "../identity/viewer.ts";
import type { Clock } from "../lib/clock.ts";
import { isId } from "../lib/id.ts";
import { notFound } from "../web/page-error.ts";
import { renderPage } from "../web/render.tsx";
import { EMPTY_STRUCTURE } from "./json-structure.ts";
import { MappingPage, type MappingProps } from "./mapping-page.tsx";
import { draftOfRows, errorsOfRows, rowsOf, rowsOfForm } from "./mapping-form.ts";
import { findSample } from "./sample.ts";
import type { WebhookAuthentications } from "./webhook-authentication.ts";
import type { WebhookService } from "./webhook-service.ts";
import type { CallStore, WebhookWithOwner } from "./webhook-store.ts";

/** What the pages of webhooks need. */
export interface WebhookRoutesDeps {
  readonly webhooks: WebhookService;
  readonly calls: CallStore;
  readonly catalogues: FieldCatalogues;
  readonly authentications: WebhookAuthentications;
  readonly brands: BrandDirectory;
  readonly clock: Clock;
  /** Prefix of the endpoint URLs that the pages print. */
  readonly issuer: string;
}

export interface ById {
  Params: { id: string };
}

/** The mapping of a webhook that is installed. */
export function registerMappingRoutes(scope: FastifyInstance, deps: WebhookRoutesDeps): void {
  scope.get<ById>("/webhooks/:id/mapping", async (request, reply) => {
    const webhook = await findFor(deps.webhooks, request);
    return renderPage(request, reply, <MappingPage {...await mappingAsItIs(deps, webhook)} />);
  });
  scope.post<ById>("/webhooks/:id/mapping", async (request, reply) => {
    const webhook = await findFor(deps.webhooks, request);
    const saved = await saveMapping(deps, request, webhook);
    if (!saved.ok) return renderPage(request, reply, <MappingPage {...saved.page} />, 422);
    return reply.setFlash({ notice: "The mapping is saved. It holds from the next call on." }).redirect(`/webhooks/${webhook.id}`, 303);
  });
}

type MappingDeps = Pick<WebhookRoutesDeps, "webhooks" | "calls" | "catalogues">;

/** What a page shows that begins with the mapping as it is, or with what can be guessed. */
export async function mappingAsItIs({ calls, catalogues }: MappingDeps, webhook: WebhookWithOwner): Promise<MappingProps> {
  const catalogue = await catalogues.of(webhook.brandId);
  const sample = await findSample(calls, webhook.brandId, webhook.id);
  return { webhook, catalogue, sample, rows: rowsOf(sample?.structure ?? EMPTY_STRUCTURE, webhook.mapping, catalogue), errors: {} };
}

/** Sets the mapping that the request's form holds; else everything that its page needs to come back as it was. */
export async function saveMapping({ webhooks, calls, catalogues }: MappingDeps, request: FastifyRequest, webhook: WebhookWithOwner) {
  const catalogue = await catalogues.of(webhook.brandId);
  const sample = await findSample(calls, webhook.brandId, webhook.id);
  const rows = rowsOfForm(request.form, sample?.structure ?? EMPTY_STRUCTURE, webhook.mapping);
  const errors = errorsOfRows(rows, catalogue);
  const page: MappingProps = { webhook, catalogue, sample, rows, errors };
  if (Object.keys(errors).length > 0) return { ok: false, page } as const;
  const saved = await webhooks.setMapping(requireViewer(request), webhook.id, draftOfRows(rows));
  if (saved.kind !== "updated") throw notFound("webhook");
  return { ok: true } as const;
}

/** Another owner's, another brand's and no webhook at all look the same: 404. */
export async function findFor(webhooks: WebhookService, request: FastifyRequest<ById>): Promise<WebhookWithOwner> {
  const viewer = requireViewer(request);
  const { id } = request.params;
  const webhook = isId(id) ? await webhooks.find(viewer, id) : undefined;
  if (!webhook) throw notFound("webhook");
  return webhook;
}
