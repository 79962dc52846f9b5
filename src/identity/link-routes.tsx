import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { Cookies } from "../web/cookies.ts";
import { renderPage } from "../web/render.tsx";
import { InvitationOverPage, InvitationPage, SetUpOverPage, SetUpPage, UnknownSetUpLinkPage } from "./link-pages.tsx";
import type { SetUp } from "./set-up.ts";
import type { SignIn } from "./sign-in.ts";
import type { User } from "./user.ts";
import type { UserService } from "./user-service.ts";
import { startSession } from "./viewer.ts";

interface LinkRoutesDeps {
  readonly setUp: SetUp;
  readonly users: UserService;
  readonly signIn: SignIn;
  readonly brands: BrandDirectory;
  readonly cookies: Cookies;
}

/** The path carries the link's secret, so it must not travel on as a `Referer`. */
const LINK = { config: { noReferrer: true } };

type LinkRoute = { Params: { secret: string } };

/** The pages behind one-time links: set-up and invitation. */
export function registerLinkRoutes(scope: FastifyInstance, deps: LinkRoutesDeps): void {
  registerSetUp(scope, deps);
  registerInvitation(scope, deps);
}

function registerSetUp(scope: FastifyInstance, deps: LinkRoutesDeps): void {
  const { setUp } = deps;

  const renderClosed = async (request: FastifyRequest, reply: FastifyReply) =>
    (await setUp.isOver()) ? renderPage(request, reply, <SetUpOverPage />, 410) : renderPage(request, reply, <UnknownSetUpLinkPage />, 404);

  scope.get("/setup", renderClosed);

  scope.get<LinkRoute>("/setup/:secret", LINK, async (request, reply) => {
    const { secret } = request.params;
    if ((await setUp.state(secret)) !== "open") return renderClosed(request, reply);
    return renderPage(request, reply, <SetUpPage path={`/setup/${secret}`} />);
  });

  scope.post<LinkRoute>("/setup/:secret", LINK, async (request, reply) => {
    const { secret } = request.params;
    const name = request.form.get("name") ?? "";
    const email = request.form.get("email") ?? "";
    const result = await setUp.complete(secret, { name, email, password: request.form.get("password") ?? "" });
    if (result.kind === "made") return signInAndGoOn(deps, request, reply, result, "Hookgate is set up, and you are signed in.");
    if (result.kind === "link-not-open") return renderClosed(request, reply);
    return renderPage(request, reply, <SetUpPage path={`/setup/${secret}`} name={name} email={email} errors={result.errors} />, 422);
  });
}

function registerInvitation(scope: FastifyInstance, deps: LinkRoutesDeps): void {
  const { users, brands } = deps;

  const renderInvitation = async (request: FastifyRequest<LinkRoute>, reply: FastifyReply, errors?: Readonly<Record<string, string>>) => {
    const { secret } = request.params;
    const user = await users.findInvited(secret);
    const brand = user && (await brands.find(user.brandId));
    if (!user || !brand) return renderPage(request, reply, <InvitationOverPage />, 410);
    const page = <InvitationPage path={`/invitation/${secret}`} user={user} brandName={brand.name} {...(errors && { errors })} />;
    return renderPage(request, reply, page, errors ? 422 : 200);
  };

  scope.get<LinkRoute>("/invitation/:secret", LINK, (request, reply) => renderInvitation(request, reply));

  scope.post<LinkRoute>("/invitation/:secret", LINK, async (request, reply) => {
    const result = await users.redeemInvitation(request.params.secret, request.form.get("password") ?? "");
    if (result.kind === "joined") return signInAndGoOn(deps, request, reply, result, "Your password is set, and you are signed in.");
    return renderInvitation(request, reply, result.kind === "invalid" ? result.errors : undefined);
  });
}

/** To the console, signed in as the person whose password was just set; to the sign-in page should that person be switched off in this very moment. */
async function signInAndGoOn(
  { signIn, cookies }: LinkRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { user, passwordHash }: { readonly user: User; readonly passwordHash: string },
  notice: string,
): Promise<FastifyReply> {
  const sessionSecret = await signIn.openFor(user, passwordHash, request.cookies[cookies.session]);
  if (sessionSecret === undefined) return reply.redirect("/sign-in", 303);
  startSession(reply, cookies, sessionSecret);
  return reply.setFlash({ notice }).redirect("/", 303);
}
