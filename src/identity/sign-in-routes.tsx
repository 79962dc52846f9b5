import type { FastifyInstance } from "fastify";
import { SECOND, type Clock } from "../lib/clock.ts";
import type { Cookies } from "../web/cookies.ts";
import { queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import { ownPathOr } from "./own-path.ts";
import type { SetUp } from "./set-up.ts";
import type { SignIn } from "./sign-in.ts";
import { NotSetUpPage, SignInPage, signInProblem } from "./sign-in-page.tsx";
import { startSession } from "./viewer.ts";

interface SignInRoutesDeps {
  readonly signIn: SignIn;
  readonly setUp: SetUp;
  readonly cookies: Cookies;
  readonly clock: Clock;
}

export function registerSignInRoutes(scope: FastifyInstance, { signIn, setUp, cookies, clock }: SignInRoutesDeps): void {
  scope.get("/sign-in", async (request, reply) => {
    const returnTo = ownPathOr(queryOf(request).get("return_to"));
    if (request.viewer) return reply.redirect(returnTo, 303);
    if (!(await setUp.isOver())) return renderPage(request, reply, <NotSetUpPage />);
    return renderPage(request, reply, <SignInPage returnTo={returnTo} />);
  });

  scope.post("/sign-in", async (request, reply) => {
    const { form } = request;
    const email = form.get("email") ?? "";
    const returnTo = ownPathOr(form.get("return_to"));
    const replacedSession = request.cookies[cookies.session];
    const result = await signIn.attempt({ email, password: form.get("password") ?? "", address: request.ip, replacedSession });
    if (result.kind === "signed-in") {
      startSession(reply, cookies, result.sessionSecret);
      return reply.redirect(returnTo, 303);
    }
    const now = clock.now();
    // RFC 6585 section 4: 429 and when to come back, for scripts; people read it on the page.
    if (result.kind === "throttled") reply.header("Retry-After", String(Math.ceil((result.retryAt - now) / SECOND)));
    const page = <SignInPage returnTo={returnTo} email={email} problem={signInProblem(result, now)} />;
    return renderPage(request, reply, page, result.kind === "throttled" ? 429 : 422);
  });

  scope.post("/sign-out", async (request, reply) => {
    const sessionSecret = request.cookies[cookies.session];
    if (sessionSecret !== undefined) await signIn.signOut(sessionSecret);
    reply.clearCookie(cookies.session, cookies.options);
    return reply.setFlash({ notice: "You are signed out." }).redirect("/sign-in", 303);
  });
}
