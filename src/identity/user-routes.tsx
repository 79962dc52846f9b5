import type { FastifyInstance } from "fastify";
import { notFound, PageError } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry, Viewer } from "../web/viewer.ts";
import type { TypedUser } from "./user-fields.ts";
import { DeactivateUserPage, UserPage } from "./user-page.tsx";
import { NewUserPage, UsersPage } from "./users-page.tsx";
import type { UserService, UserWithStanding } from "./user-service.ts";
import { requireAdmin } from "./viewer.ts";

export const usersNavigation: NavigationEntry = { href: "/users", label: "Users", icon: "users", visible: (viewer) => viewer.isAdmin };

interface UserRoutesDeps {
  readonly users: UserService;
  /** Public base URL without a trailing slash: invitation links start with it. */
  readonly publicUrl: string;
}

interface ById {
  Params: { id: string };
}

const ROWS_A_PAGE = 50;

/** What the form for a new user starts with. */
const NEW_USER: TypedUser = { name: "", email: "", role: "member" };

/** The users pages: for admins, and for the users of their own brand only. */
export function registerUserRoutes(scope: FastifyInstance, { users, publicUrl }: UserRoutesDeps): void {
  const find = async (viewer: Viewer, id: string): Promise<UserWithStanding> => {
    const user = await users.find(viewer.brandId, id);
    if (!user) throw notFound("user");
    return user;
  };

  scope.get("/users", async (request, reply) => {
    const viewer = requireAdmin(request);
    const pageRequest = pageRequestOf(queryOf(request), ROWS_A_PAGE);
    return renderPage(request, reply, <UsersPage page={await users.list(viewer.brandId, pageRequest)} after={pageRequest.after} />);
  });

  scope.get("/users/new", async (request, reply) => {
    requireAdmin(request);
    return renderPage(request, reply, <NewUserPage typed={NEW_USER} errors={{}} />);
  });

  scope.post("/users/new", async (request, reply) => {
    const viewer = requireAdmin(request);
    const { form } = request;
    const typed = { name: form.get("name") ?? "", email: form.get("email") ?? "", role: form.get("role") ?? "" };
    const result = await users.inviteUser({ ...typed, brandId: viewer.brandId });
    if (result.kind === "invalid") return renderPage(request, reply, <NewUserPage typed={typed} errors={result.errors} />, 422);
    const { user, invitation } = result;
    return reply.setFlash({ notice: `${user.name} is added.`, secret: { of: user.id, value: invitation.secret } }).redirect(`/users/${user.id}`, 303);
  });

  scope.get<ById>("/users/:id", async (request, reply) => {
    const viewer = requireAdmin(request);
    const user = await find(viewer, request.params.id);
    const { secret } = request.flash;
    const passwordLink = secret?.of === user.id ? `${publicUrl}/invitation/${secret.value}` : null;
    return renderPage(request, reply, <UserPage user={user} isViewer={user.id === viewer.userId} passwordLink={passwordLink} />);
  });

  scope.post<ById>("/users/:id/invitation", async (request, reply) => {
    const viewer = requireAdmin(request);
    const user = await find(viewer, request.params.id);
    const invitation = await users.renewInvitation(viewer.brandId, user.id);
    if (!invitation) throw new PageError(409, `${user.name} is deactivated.`, "Reactivate the user first: a deactivated user cannot set a password.");
    return reply
      .setFlash({ notice: "There is a new link. One from before does not work any more.", secret: { of: user.id, value: invitation.secret } })
      .redirect(`/users/${user.id}`, 303);
  });

  scope.get<ById>("/users/:id/deactivate", async (request, reply) => {
    const viewer = requireAdmin(request);
    const user = await find(viewer, request.params.id);
    return renderPage(request, reply, <DeactivateUserPage user={user} isViewer={user.id === viewer.userId} />);
  });

  scope.post<ById>("/users/:id/deactivate", async (request, reply) => {
    const viewer = requireAdmin(request);
    const user = await find(viewer, request.params.id);
    const outcome = await users.deactivate(viewer.brandId, user.id);
    if (outcome === "not-found") throw notFound("user");
    if (outcome === "last-admin") {
      return renderPage(request, reply, <DeactivateUserPage user={user} isViewer={user.id === viewer.userId} isLastAdmin />, 422);
    }
    return reply.setFlash({ notice: `${user.name} is deactivated.` }).redirect(`/users/${user.id}`, 303);
  });

  scope.post<ById>("/users/:id/reactivate", async (request, reply) => {
    const viewer = requireAdmin(request);
    const user = await find(viewer, request.params.id);
    const notice = (await users.reactivate(viewer.brandId, user.id)) ? `${user.name} is reactivated.` : `${user.name} needed no reactivating.`;
    return reply.setFlash({ notice }).redirect(`/users/${user.id}`, 303);
  });
}
