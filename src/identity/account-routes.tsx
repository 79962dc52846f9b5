import type { FastifyInstance } from "fastify";
import type { Clock } from "../lib/clock.ts";
import type { Cookies } from "../web/cookies.ts";
import { renderPage } from "../web/render.tsx";
import { AccountPage } from "./account-page.tsx";
import type { PasswordChange } from "./password-change.ts";
import type { SignIn } from "./sign-in.ts";
import { waitingTime } from "./sign-in-page.tsx";
import { requireViewer } from "./viewer.ts";

interface AccountRoutesDeps {
  readonly signIn: SignIn;
  readonly passwordChange: PasswordChange;
  readonly cookies: Cookies;
  readonly clock: Clock;
}

export function registerAccountRoutes(scope: FastifyInstance, { signIn, passwordChange, cookies, clock }: AccountRoutesDeps): void {
  scope.get("/account", async (request, reply) => renderPage(request, reply, <AccountPage viewer={requireViewer(request)} />));

  scope.post("/account/password", async (request, reply) => {
    const viewer = requireViewer(request);
    const result = await passwordChange.change({
      ...viewer,
      present: request.form.get("present_password") ?? "",
      next: request.form.get("password") ?? "",
      sessionSecret: request.cookies[cookies.session] ?? "",
      address: request.ip,
    });
    if (result.kind === "changed") {
      return reply.setFlash({ notice: "Your password is changed. Everywhere else you are signed out." }).redirect("/account", 303);
    }
    if (result.kind === "invalid") return renderPage(request, reply, <AccountPage viewer={viewer} errors={result.errors} />, 422);
    const problem = `Too many attempts did not work. Wait ${waitingTime(result.retryAt, clock.now())}, then try again.`;
    return renderPage(request, reply, <AccountPage viewer={viewer} problem={problem} />, 429);
  });

  scope.post("/account/sign-out-everywhere", async (request, reply) => {
    const { brandId, userId } = requireViewer(request);
    await signIn.signOutEverywhere(brandId, userId);
    reply.clearCookie(cookies.session, cookies.options);
    return reply.setFlash({ notice: "You are signed out everywhere." }).redirect("/sign-in", 303);
  });
}
