import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import type { Form } from "../lib/form.ts";
import { isId } from "../lib/id.ts";
import type { Consents } from "../oauth/consents.ts";
import { WithdrawConsentPage } from "../oauth/consents-page.tsx";
import type { RefusedRequestStore } from "../oauth/oauth-store.ts";
import { notFound, PageError } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry, Viewer } from "../web/viewer.ts";
import { EditApplicationPage, NewApplicationPage } from "./application-form-page.tsx";
import { ApplicationPage, DeleteApplicationPage, RegisteredPage } from "./application-page.tsx";
import type { ApplicationDraft } from "./application-rules.ts";
import { MAX_SECRETS, type ApplicationService } from "./application-service.ts";
import type { ApplicationWithOwner } from "./application-store.ts";
import { RemoveSecretPage, SECRET_LIFETIMES } from "./client-secrets-pages.tsx";
import { ApplicationsPage, NotActivatedPage } from "./applications-page.tsx";
import { registerPostmanRoutes, type PostmanRoutesDeps } from "./postman-routes.tsx";
import { POSTMAN_REDIRECT_URIS } from "./postman-settings.ts";
import { RefusedRequestsPage } from "./refused-requests-page.tsx";
import { tokenExamples } from "./token-examples.ts";

export const applicationsNavigation: NavigationEntry = {
  href: "/applications",
  label: "OAuth 2.0 applications",
  icon: "applications",
  visible: (viewer) => viewer.modules.has("oauth2-server"),
};

interface ApplicationRoutesDeps extends Omit<PostmanRoutesDeps, "findFor"> {
  readonly consents: Consents;
  readonly refusedRequests: RefusedRequestStore;
}

interface ById {
  Params: { id: string };
}

const ROWS_A_PAGE = 50;

/** The application manager's pages, in a console scope. All of them exist only while the brand's OAuth 2.0 server is active. */
export function registerApplicationRoutes(
  consoleScope: FastifyInstance,
  { applications, consents, refusedRequests, issuer, findEndpoint }: ApplicationRoutesDeps,
): void {
  const examplesFor = (application: ApplicationWithOwner, clientSecret: string | null) => tokenExamples(application, issuer, clientSecret);

  // In a scope of its own, so that the hook reaches these routes only.
  void consoleScope.register(async (scope) => {
    scope.addHook("preHandler", (request, reply, done) => {
      const viewer = requireViewer(request);
      if (viewer.modules.has("oauth2-server")) done();
      else renderPage(request, reply, <NotActivatedPage isAdmin={viewer.isAdmin} />, 403);
    });

    scope.get("/applications", async (request, reply) => {
      const pageRequest = pageRequestOf(queryOf(request), ROWS_A_PAGE);
      const page = await applications.list(requireViewer(request), pageRequest);
      return renderPage(request, reply, <ApplicationsPage page={page} after={pageRequest.after} />);
    });

    scope.get("/applications/new", (request, reply) => renderPage(request, reply, <NewApplicationPage draft={NEW_DRAFT} errors={{}} />));
    scope.post("/applications/new", (request, reply) => register(applications, request, reply));

    scope.get<ById>("/applications/:id", async (request, reply) => {
      const viewer = requireViewer(request);
      const application = await findFor(applications, viewer, request.params.id);
      const secrets = await applications.listSecrets(viewer, application.clientId);
      const newSecret = secretShownOnce(request, application);
      const examples = examplesFor(application, newSecret);
      const consent = await consents.find(application.brandId, application.clientId, application.ownerId);
      const page = <ApplicationPage application={application} examples={examples} secrets={secrets} newSecret={newSecret} consent={consent} />;
      return renderPage(request, reply, page);
    });
    registerSecretRoutes(scope, applications);
    registerPostmanRoutes(scope, { applications, issuer, findEndpoint, findFor: (viewer, id) => findFor(applications, viewer, id) });
    registerConsentRoutes(scope, applications, consents);
    scope.get<ById>("/applications/:id/registered", async (request, reply) => {
      const application = await findFor(applications, requireViewer(request), request.params.id);
      const clientSecret = secretShownOnce(request, application);
      const page = <RegisteredPage application={application} examples={examplesFor(application, clientSecret)} clientSecret={clientSecret} />;
      return renderPage(request, reply, page);
    });

    scope.get<ById>("/applications/:id/refused-requests", async (request, reply) => {
      const application = await findFor(applications, requireViewer(request), request.params.id);
      const query = queryOf(request);
      const reference = query.get("reference")?.trim().toUpperCase() ?? null;
      const pageRequest = pageRequestOf(query, ROWS_A_PAGE);
      const page = await refusedRequests.listRefusedRequests(application.brandId, application.clientId, reference, pageRequest);
      return renderPage(request, reply, <RefusedRequestsPage application={application} page={page} reference={reference} after={pageRequest.after} />);
    });

    scope.get<ById>("/applications/:id/edit", async (request, reply) => {
      const application = await findFor(applications, requireViewer(request), request.params.id);
      return renderPage(request, reply, <EditApplicationPage application={application} draft={application} errors={{}} />);
    });
    scope.post<ById>("/applications/:id/edit", (request, reply) => update(applications, request, reply));

    scope.get<ById>("/applications/:id/delete", async (request, reply) => {
      const application = await findFor(applications, requireViewer(request), request.params.id);
      return renderPage(request, reply, <DeleteApplicationPage application={application} />);
    });
    scope.post<ById>("/applications/:id/delete", async (request, reply) => {
      const viewer = requireViewer(request);
      const application = await findFor(applications, viewer, request.params.id);
      await applications.delete(viewer, application.clientId);
      return reply.setFlash({ notice: `${application.name} is deleted.` }).redirect("/applications", 303);
    });
  });
}

interface BySecret {
  Params: { id: string; secretId: string };
}

/** The second secret of an application, and the end of one. */
function registerSecretRoutes(scope: FastifyInstance, applications: ApplicationService): void {
  scope.post<ById>("/applications/:id/secrets", async (request, reply) => {
    const viewer = requireViewer(request);
    const { clientId } = await findFor(applications, viewer, request.params.id);
    const chosen = SECRET_LIFETIMES.find(({ value }) => value === (request.form.get("expires") ?? ""));
    if (!chosen) throw new PageError(422, "A secret cannot expire then.", "Go back and choose one of the times of the list.");
    const added = await applications.addSecret(viewer, clientId, chosen.value === "" ? null : Number(chosen.value));
    if (added.kind === "too-many") throw new PageError(409, `The application has ${MAX_SECRETS} secrets already.`, "Remove one of them, then add another.");
    if (added.kind !== "added") throw notFound("client secret");
    return reply.setFlash({ secret: { of: clientId, value: added.clientSecret } }).redirect(`/applications/${clientId}`, 303);
  });

  const findSecretFor = async (request: FastifyRequest<BySecret>) => {
    const viewer = requireViewer(request);
    const application = await findFor(applications, viewer, request.params.id);
    const secrets = await applications.listSecrets(viewer, application.clientId);
    const secret = secrets.find(({ id }) => id === request.params.secretId);
    if (!secret) throw notFound("client secret");
    return { viewer, application, secrets, secret };
  };
  scope.get<BySecret>("/applications/:id/secrets/:secretId/remove", async (request, reply) => {
    const { application, secrets, secret } = await findSecretFor(request);
    return renderPage(request, reply, <RemoveSecretPage application={application} secrets={secrets} secret={secret} />);
  });
  scope.post<BySecret>("/applications/:id/secrets/:secretId/remove", async (request, reply) => {
    const { viewer, application, secret } = await findSecretFor(request);
    await applications.removeSecret(viewer, application.clientId, secret.id);
    return reply.setFlash({ notice: "The client secret is removed." }).redirect(`/applications/${application.clientId}`, 303);
  });
}

/** Withdrawing the owner's consent, also by an admin (draft-ietf-oauth-v2-1 section 7.9). */
function registerConsentRoutes(scope: FastifyInstance, applications: ApplicationService, consents: Consents): void {
  scope.get<ById>("/applications/:id/consent/withdraw", async (request, reply) => {
    const viewer = requireViewer(request);
    const { brandId, clientId, ownerId } = await findFor(applications, viewer, request.params.id);
    const consent = await consents.find(brandId, clientId, ownerId);
    if (!consent) throw notFound("consent");
    return renderPage(request, reply, <WithdrawConsentPage consent={consent} isViewers={ownerId === viewer.userId} path={`/applications/${clientId}`} />);
  });
  scope.post<ById>("/applications/:id/consent/withdraw", async (request, reply) => {
    const { brandId, clientId, ownerId } = await findFor(applications, requireViewer(request), request.params.id);
    if (!(await consents.withdraw(brandId, clientId, ownerId))) throw notFound("consent");
    return reply.setFlash({ notice: "The consent is withdrawn." }).redirect(`/applications/${clientId}`, 303);
  });
}

/** The secret that the request before made for this application, on the first page that is loaded after it. */
function secretShownOnce(request: FastifyRequest, application: ApplicationWithOwner): string | null {
  const { secret } = request.flash;
  return secret?.of === application.clientId ? secret.value : null;
}

/** What the form for a new application starts with. */
const NEW_DRAFT: ApplicationDraft = { name: "", description: "", type: "confidential", scopes: ["apps.webhook:execute"], redirectUris: [] };

/** Another owner's, another brand's and no application at all look the same: 404. */
async function findFor(applications: ApplicationService, viewer: Viewer, id: string): Promise<ApplicationWithOwner> {
  const application = isId(id) ? await applications.find(viewer, id) : undefined;
  if (!application) throw notFound("application");
  return application;
}

async function register(applications: ApplicationService, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const viewer = requireViewer(request);
  const draft = draftOf(request.form);
  const registered = await applications.register({ ...draft, brandId: viewer.brandId, ownerId: viewer.userId });
  if (registered.kind === "invalid") return renderPage(request, reply, <NewApplicationPage draft={draft} errors={registered.errors} />, 422);
  const { application, clientSecret } = registered;
  if (clientSecret !== null) reply.setFlash({ secret: { of: application.clientId, value: clientSecret } });
  return reply.redirect(`/applications/${application.clientId}/registered`, 303);
}

async function update(applications: ApplicationService, request: FastifyRequest<ById>, reply: FastifyReply): Promise<FastifyReply> {
  const viewer = requireViewer(request);
  const application = await findFor(applications, viewer, request.params.id);
  const draft = draftOf(request.form);
  const updated = await applications.update(viewer, application.clientId, draft);
  if (updated.kind === "gone") throw notFound("application");
  if (updated.kind === "invalid") {
    return renderPage(request, reply, <EditApplicationPage application={application} draft={draft} errors={updated.errors} />, 422);
  }
  return reply.setFlash({ notice: "The changes are saved." }).redirect(`/applications/${application.clientId}`, 303);
}

function draftOf(form: Form): ApplicationDraft {
  return {
    name: form.get("name") ?? "",
    description: form.get("description") ?? "",
    type: form.get("type") ?? "",
    scopes: form.getAll("scopes"),
    redirectUris: [...(form.get("redirectUris") ?? "").split(/\r\n|\r|\n/), ...(form.get("postman") === "yes" ? POSTMAN_REDIRECT_URIS : [])],
  };
}
