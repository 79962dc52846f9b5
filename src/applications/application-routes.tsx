import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import type { Form } from "../lib/form.ts";
import { isId } from "../lib/id.ts";
import { notFound } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry, Viewer } from "../web/viewer.ts";
import { EditApplicationPage, NewApplicationPage } from "./application-form-page.tsx";
import { ApplicationPage, DeleteApplicationPage, RegisteredPage } from "./application-page.tsx";
import type { ApplicationDraft } from "./application-rules.ts";
import type { ApplicationService } from "./application-service.ts";
import type { ApplicationWithOwner } from "./application-store.ts";
import { ApplicationsPage, NotActivatedPage } from "./applications-page.tsx";
import { tokenExamples } from "./token-examples.ts";

export const applicationsNavigation: NavigationEntry = {
  href: "/applications",
  label: "OAuth 2.0 applications",
  icon: "applications",
  visible: (viewer) => viewer.modules.has("oauth2-server"),
};

interface ApplicationRoutesDeps {
  readonly applications: ApplicationService;
  /** Prefix of the addresses that the pages print. */
  readonly issuer: string;
}

interface ById {
  Params: { id: string };
}

const ROWS_A_PAGE = 50;

/** The application manager's pages, in a console scope. All of them exist only while the brand's OAuth 2.0 server is active. */
export function registerApplicationRoutes(consoleScope: FastifyInstance, { applications, issuer }: ApplicationRoutesDeps): void {
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
      const application = await findFor(applications, requireViewer(request), request.params.id);
      return renderPage(request, reply, <ApplicationPage application={application} examples={examplesFor(application, null)} />);
    });
    scope.get<ById>("/applications/:id/registered", async (request, reply) => {
      const application = await findFor(applications, requireViewer(request), request.params.id);
      const { secret } = request.flash;
      const clientSecret = secret?.of === application.clientId ? secret.value : null;
      const page = <RegisteredPage application={application} examples={examplesFor(application, clientSecret)} clientSecret={clientSecret} />;
      return renderPage(request, reply, page);
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
    redirectUris: (form.get("redirectUris") ?? "").split(/\r\n|\r|\n/),
  };
}
