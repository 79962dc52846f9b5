import type { FastifyInstance, FastifyReply } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import { PageError } from "../web/page-error.ts";
import { renderPage } from "../web/render.tsx";
import type { Viewer } from "../web/viewer.ts";
import type { Application } from "./application.ts";
import type { ApplicationService } from "./application-service.ts";
import type { ApplicationWithOwner } from "./application-store.ts";
import { postmanCollection, postmanEnvironment } from "./postman-collection.ts";
import { PostmanPage } from "./postman-page.tsx";
import { POSTMAN_REDIRECT_URIS } from "./postman-settings.ts";

export interface PostmanRoutesDeps {
  readonly applications: ApplicationService;
  /** Prefix of the addresses that pages and files hold. */
  readonly issuer: string;
  /** The endpoint of a webhook that takes the application's tokens, one of its owner's; null when there is none yet. */
  readonly findEndpoint: (application: Application) => Promise<string | null>;
  /** Answers 404 for an application that the viewer may not see. */
  readonly findFor: (viewer: Viewer, id: string) => Promise<ApplicationWithOwner>;
}

interface ById {
  Params: { id: string };
}

/** How to use an application from Postman: the page, the two files to import, and the return URLs by one click. */
export function registerPostmanRoutes(scope: FastifyInstance, { applications, issuer, findEndpoint, findFor }: PostmanRoutesDeps): void {
  scope.get<ById>("/applications/:id/postman", async (request, reply) => {
    const application = await findFor(requireViewer(request), request.params.id);
    return renderPage(request, reply, <PostmanPage application={application} issuer={issuer} webhookUrl={await findEndpoint(application)} />);
  });

  scope.get<ById>("/applications/:id/postman/collection", async (request, reply) => {
    const application = await findFor(requireViewer(request), request.params.id);
    const webhookUrl = await findEndpoint(application);
    return download(reply, fileName(application, "collection"), postmanCollection({ application, issuer, webhookUrl }));
  });

  scope.get<ById>("/applications/:id/postman/environment", async (request, reply) => {
    const application = await findFor(requireViewer(request), request.params.id);
    return download(reply, fileName(application, "environment"), postmanEnvironment(application));
  });

  scope.post<ById>("/applications/:id/postman", async (request, reply) => {
    const viewer = requireViewer(request);
    const application = await findFor(viewer, request.params.id);
    const redirectUris = [...application.redirectUris, ...POSTMAN_REDIRECT_URIS];
    const updated = await applications.update(viewer, application.clientId, { ...application, redirectUris });
    if (updated.kind === "invalid")
      throw new PageError(409, updated.errors.redirectUris ?? "The application cannot be changed.", "Change the application by hand.");
    return reply.setFlash({ notice: "Postman’s return URLs are added." }).redirect(`/applications/${application.clientId}/postman`, 303);
  });
}

function download(reply: FastifyReply, name: string, content: object): FastifyReply {
  return reply
    .type("application/json; charset=utf-8")
    .header("Content-Disposition", `attachment; filename="${name}"`)
    .send(`${JSON.stringify(content, null, 2)}\n`);
}

/** In characters. */
const MAX_FILE_NAME_PART = 60;

/** With the endings that Postman gives its own files. Of the name only what every file system takes. */
function fileName({ name }: Application, kind: "collection" | "environment"): string {
  const words =
    name
      .toLowerCase()
      .match(/[a-z0-9]+/g)
      ?.join("-") ?? "";
  return `${words.slice(0, MAX_FILE_NAME_PART) || "application"}.postman_${kind}.json`;
}
