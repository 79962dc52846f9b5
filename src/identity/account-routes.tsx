import type { FastifyInstance } from "fastify";
import type { Clock } from "../lib/clock.ts";
import type { Cookies } from "../web/cookies.ts";
import type { FieldErrors } from "../web/parts/form.tsx";
import { renderPage } from "../web/render.tsx";
import type { Viewer } from "../web/viewer.ts";
import { AccountPage, PASSWORD_ENDS_GRANTS, SIGN_OUT_ENDS_GRANTS } from "./account-page.tsx";
import type { PasswordChange } from "./password-change.ts";
import type { SignIn } from "./sign-in.ts";
import { waitingTime } from "./sign-in-page.tsx";
import type { UserService } from "./user-service.ts";
import { requireViewer } from "./viewer.ts";

interface AccountRoutesDeps {
  readonly signIn: SignIn;
  readonly users: UserService;
  readonly passwordChange: PasswordChange;
  readonly cookies: Cookies;
  readonly clock: Clock;
}

export function registerAccountRoutes(scope: FastifyInstance, { signIn, users, passwordChange, cookies, clock }: AccountRoutesDeps): void {
  const pageFor = async (viewer: Viewer, wrong: { readonly errors?: FieldErrors; readonly problem?: string; readonly endsGrants?: boolean } = {}) => {
    const standing = (await users.find(viewer.brandId, viewer.userId))?.standing;
    return <AccountPage viewer={viewer} activeUntil={standing?.kind === "active" ? standing.until : null} {...wrong} />;
  };

  scope.get("/account", async (request, reply) => renderPage(request, reply, await pageFor(requireViewer(request))));

  scope.post("/account/password", async (request, reply) => {
    const viewer = requireViewer(request);
    const endsGrants = request.form.get(PASSWORD_ENDS_GRANTS) !== undefined;
    const result = await passwordChange.change({
      ...viewer,
      present: request.form.get("present_password") ?? "",
      next: request.form.get("password") ?? "",
      sessionSecret: request.cookies[cookies.session] ?? "",
      address: request.ip,
      endsGrants,
    });
    if (result.kind === "changed") {
      return reply.setFlash({ notice: "Your password is changed. Everywhere else you are signed out." }).redirect("/account", 303);
    }
    if (result.kind === "invalid") return renderPage(request, reply, await pageFor(viewer, { errors: result.errors, endsGrants }), 422);
    const problem = `Too many attempts did not work. Wait ${waitingTime(result.retryAt, clock.now())}, then try again.`;
    return renderPage(request, reply, await pageFor(viewer, { problem, endsGrants }), 429);
  });

  scope.post("/account/sign-out-everywhere", async (request, reply) => {
    const { brandId, userId } = requireViewer(request);
    await signIn.signOutEverywhere(brandId, userId, request.form.get(SIGN_OUT_ENDS_GRANTS) !== undefined);
    reply.clearCookie(cookies.session, cookies.options);
    return reply.setFlash({ notice: "You are signed out everywhere." }).redirect("/sign-in", 303);
  });
}
