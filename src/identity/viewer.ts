/** Who looks at a page: from the session cookie to the viewer, on every request, so that what was switched off stops at once. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf } from "../lib/secret.ts";
import type { Cookies } from "../web/cookies.ts";
import { PageError, PageRedirect } from "../web/page-error.ts";
import type { Viewer } from "../web/viewer.ts";
import type { SessionStore } from "./identity-store.ts";
import { ownPathOr } from "./own-path.ts";
import { SESSION_LIFETIME } from "./user.ts";

interface ViewerDeps {
  readonly sessions: SessionStore;
  readonly brands: BrandDirectory;
  readonly cookies: Cookies;
  readonly clock: Clock;
}

/** Who is signed in at this moment with the session of the request; null when nobody is. */
export type FindViewer = (request: FastifyRequest) => Promise<Viewer | null>;

/** Fills `request.viewer` for every route of the scope. Refuses nothing: the routes do. Gives the way to look again, for answers that last. */
export function registerViewer(scope: FastifyInstance, deps: ViewerDeps): FindViewer {
  const find: FindViewer = (request) => findViewer(deps, request);
  scope.addHook("onRequest", async (request) => {
    request.viewer = await find(request);
  });
  return find;
}

async function findViewer({ sessions, brands, cookies, clock }: ViewerDeps, request: FastifyRequest): Promise<Viewer | null> {
  const sessionSecret = request.cookies[cookies.session];
  if (!sessionSecret) return null;
  const found = await sessions.findSession(digestOf(sessionSecret), clock.now());
  const brand = found && (await brands.find(found.user.brandId));
  if (!found || !brand) return null;
  const { user } = found;
  return {
    userId: user.id,
    userName: user.name,
    email: user.email,
    isAdmin: user.role === "admin",
    brandId: brand.id,
    brandName: brand.name,
    modules: brand.modules,
  };
}

/**
 * The viewer. Without one the browser goes to the sign-in page and from there back to what it asked for; after a form it goes
 * to the console's first page, because where a form was sent is no page, and the `Referer` is the sender's word only.
 */
export function requireViewer(request: FastifyRequest): Viewer {
  if (request.viewer) return request.viewer;
  throw new PageRedirect(signInPath(request.method === "GET" || request.method === "HEAD" ? request.url : "/"));
}

export function requireAdmin(request: FastifyRequest): Viewer {
  const viewer = requireViewer(request);
  if (viewer.isAdmin) return viewer;
  throw new PageError(403, "Only admins can do this.", `Ask an admin of ${viewer.brandName}, or go back to what is yours.`);
}

/** The sign-in page, from which the browser comes back to the given path. */
function signInPath(returnTo: string): string {
  const path = ownPathOr(returnTo);
  return path === "/" ? "/sign-in" : `/sign-in?return_to=${encodeURIComponent(path)}`;
}

/** Sets the session cookie. The browser drops it when the session ends on the server as well. */
export function startSession(reply: FastifyReply, cookies: Cookies, sessionSecret: string): void {
  reply.setCookie(cookies.session, sessionSecret, { ...cookies.options, maxAge: SESSION_LIFETIME / 1_000 });
}
