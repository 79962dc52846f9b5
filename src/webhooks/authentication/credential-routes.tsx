import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireViewer } from "../../identity/viewer.ts";
import { notFound, PageError } from "../../web/page-error.ts";
import { renderPage } from "../../web/render.tsx";
import { RemoveCredentialPage } from "./credential-pages.tsx";
import { findFor, type ById, type WebhookRoutesDeps } from "../mapping/mapping-routes.tsx";
import { MAX_CREDENTIALS } from "./webhook-credential.ts";
import type { WebhookWithOwner } from "../webhook-store.ts";

interface ByCredential {
  Params: { id: string; credentialId: string };
}

/** A second credential of a webhook, and the end of one. */
export function registerCredentialRoutes(scope: FastifyInstance, { webhooks, authentications }: WebhookRoutesDeps): void {
  scope.post<ById>("/webhooks/:id/credentials", async (request, reply) => {
    const webhook = await findFor(webhooks, request);
    const added = await webhooks.addCredential(requireViewer(request), webhook.id);
    if (added.kind === "too-many") {
      throw new PageError(409, `The webhook has ${MAX_CREDENTIALS} of them already.`, "Go back, remove one of them, then add another.");
    }
    if (added.kind !== "added") throw notFound("credential");
    return reply.setFlash({ secret: { of: webhook.id, value: added.secret } }).redirect(`/webhooks/${webhook.id}#credentials`, 303);
  });

  const find = async (request: FastifyRequest<ByCredential>) => {
    const webhook = await findFor(webhooks, request);
    const credentials = await webhooks.listCredentials(requireViewer(request), webhook.id);
    const credential = credentials.find(({ id }) => id === request.params.credentialId);
    const noun = webhook.authentication && authentications.get(webhook.authentication).credentials?.noun;
    if (!credential || !noun) throw notFound("credential");
    return { webhook, credential, noun, isLast: credentials.length === 1 };
  };
  scope.get<ByCredential>("/webhooks/:id/credentials/:credentialId/remove", async (request, reply) =>
    renderPage(request, reply, <RemoveCredentialPage {...await find(request)} />),
  );
  scope.post<ByCredential>("/webhooks/:id/credentials/:credentialId/remove", async (request, reply) => {
    const { webhook, credential, noun } = await find(request);
    await webhooks.removeCredential(requireViewer(request), webhook.id, credential.id);
    return reply.setFlash({ notice: `The ${noun} is removed.` }).redirect(`/webhooks/${webhook.id}`, 303);
  });
}

/** The secret that the request before made for this webhook, on the first page that is loaded after it. */
export function secretShownOnce(request: FastifyRequest, { id }: Pick<WebhookWithOwner, "id">): string | null {
  const { secret } = request.flash;
  return secret?.of === id ? secret.value : null;
}
