import type { FastifyInstance, FastifyRequest } from "fastify";
import type { BrandDirectory } from "../../brands/brand-directory.ts";
import type { FieldCatalogues } from "../../customers/field-catalogue.ts";
import { requireViewer } from "../../identity/viewer.ts";
import type { Clock } from "../../lib/clock.ts";
import { isId } from "../../lib/id.ts";
import { notFound } from "../../web/page-error.ts";
import { renderPage } from "../../web/render.tsx";
import { EMPTY_STRUCTURE } from "../json/json-structure.ts";
import { MappingPage, type MappingProps } from "./mapping-page.tsx";
import { draftOfRows, errorsOfRows, rowsOf, rowsOfForm } from "./mapping-form.ts";
import { previewRows } from "./mapping-preview.ts";
import { findSample } from "./sample.ts";
import type { Pauses } from "../pausing/pauses.ts";
import type { WebhookAuthentications } from "../authentication/webhook-authentication.ts";
import type { WebhookService } from "../webhook-service.ts";
import type { CallStore, WebhookWithOwner } from "../webhook-store.ts";

/** What the pages of webhooks need. */
export interface WebhookRoutesDeps {
  readonly webhooks: WebhookService;
  readonly calls: CallStore;
  readonly catalogues: FieldCatalogues;
  readonly authentications: WebhookAuthentications;
  readonly brands: BrandDirectory;
  readonly pauses: Pauses;
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
    const posted = await takeMapping(deps, request, webhook);
    if (posted.kind !== "saved") return renderPage(request, reply, <MappingPage {...posted.page} />, STATUS[posted.kind]);
    return reply.setFlash({ notice: "The mapping is saved. It holds from the next call on." }).redirect(`/webhooks/${webhook.id}`, 303);
  });
}

type MappingDeps = Pick<WebhookRoutesDeps, "webhooks" | "calls" | "catalogues">;

/** What a page shows that begins with the mapping as it is, or with what can be guessed. */
export async function mappingAsItIs({ calls, catalogues }: MappingDeps, webhook: WebhookWithOwner): Promise<MappingProps> {
  const catalogue = await catalogues.of(webhook.brandId);
  const sample = await findSample(calls, webhook);
  const rows = rowsOf(sample?.structure ?? EMPTY_STRUCTURE, webhook.mapping, catalogue);
  return {
    webhook,
    catalogue,
    sample,
    rows,
    errors: {},
    preview: sample && previewRows(rows, {}, catalogue, sample),
    basedOn: webhook.mappingVersion,
    conflict: null,
  };
}

/** The status of the page that comes back instead of a redirect. */
export const STATUS = { previewed: 200, conflict: 409, invalid: 422 } as const;

export type PostedMapping =
  | { readonly kind: "saved" }
  | { readonly kind: keyof typeof STATUS; /** As it was, with what was asked for. */ readonly page: MappingProps };

/** Sets the mapping that the request's form holds, or only previews it when that button was pressed. */
export async function takeMapping({ webhooks, calls, catalogues }: MappingDeps, request: FastifyRequest, webhook: WebhookWithOwner): Promise<PostedMapping> {
  const { form } = request;
  const catalogue = await catalogues.of(webhook.brandId);
  const sample = await findSample(calls, webhook);
  const rows = rowsOfForm(form, sample?.structure ?? EMPTY_STRUCTURE, webhook.mapping);
  const errors = errorsOfRows(rows, catalogue);
  const page: MappingProps = {
    webhook,
    catalogue,
    sample,
    rows,
    errors,
    preview: sample && previewRows(rows, errors, catalogue, sample),
    basedOn: basedOnOf(request) ?? webhook.mappingVersion,
    conflict: null,
  };
  if (form.has("preview")) return { kind: "previewed", page };
  if (Object.keys(errors).length > 0) return { kind: "invalid", page };
  const viewer = requireViewer(request);
  const saved = await webhooks.setMapping(viewer, webhook.id, draftOfRows(rows), basedOnOf(request));
  switch (saved.kind) {
    case "updated":
      return { kind: "saved" };
    case "conflict": {
      const [conflict = null] = await webhooks.listMappingVersions(viewer, webhook.id);
      return { kind: "conflict", page: { ...page, basedOn: conflict?.version ?? 0, conflict } };
    }
    case "invalid":
      return { kind: "invalid", page: { ...page, errors: saved.errors } };
    default:
      throw notFound("webhook");
  }
}

/** The version that the posted form began with; undefined where the form does not say. */
export function basedOnOf({ form }: FastifyRequest): number | undefined {
  const text = form.get("basedOn");
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Another owner's, another brand's and no webhook at all look the same: 404. */
export async function findFor(webhooks: WebhookService, request: FastifyRequest<ById>): Promise<WebhookWithOwner> {
  const viewer = requireViewer(request);
  const { id } = request.params;
  const webhook = isId(id) ? await webhooks.find(viewer, id) : undefined;
  if (!webhook) throw notFound("webhook");
  return webhook;
}
