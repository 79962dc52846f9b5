/** The authorization endpoint over HTTP: draws what `AuthorizationEndpoint` decides, and keeps one small cookie for each flow. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { SignIn } from "../identity/sign-in.ts";
import { signInProblem } from "../identity/sign-in-page.tsx";
import { startSession } from "../identity/viewer.ts";
import { SECOND } from "../lib/clock.ts";
import { assertOwnForm, contentSecurityPolicy, type ConsoleKit } from "../web/console-scope.tsx";
import { PageError } from "../web/page-error.ts";
import { renderPage } from "../web/render.tsx";
import type { AuthorizationEndpoint, AuthorizationStep } from "./authorization-endpoint.ts";
import { FLOW_LIFETIME, flowsToDrop, type AuthorizationFlows, type Flow } from "./authorization-flow.ts";
import { AnsweredBeforePage, SEALED_REQUEST_FIELD, SignInForApplicationPage, WrongUserPage } from "./authorization-pages.tsx";
import { ConsentPage } from "./consent-page.tsx";
import { formActionSource, type VerifiedRedirectUri } from "./redirect-uri.ts";

interface AuthorizationRoutesDeps {
  readonly authorizationEndpoint: AuthorizationEndpoint;
  readonly flows: AuthorizationFlows;
  readonly signIn: SignIn;
  readonly kit: Pick<ConsoleKit, "baseUrl" | "clock" | "cookies" | "formTokens">;
}

/** One request of a browser, and the authorization request that it is about. */
interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The query of the authorization request, as the client wrote it. */
  readonly query: string;
}

export function registerAuthorizationRoutes(scope: FastifyInstance, deps: AuthorizationRoutesDeps): void {
  const { authorizationEndpoint, flows, kit } = deps;

  scope.get("/oauth2/auth", { config: { noReferrer: true } }, async (request, reply) => {
    // Not by the length of the path: a path may be spelled in more than one way (`/oauth2/%61uth`).
    const question = request.url.indexOf("?");
    const query = question === -1 ? "" : request.url.slice(question + 1);
    return showStep(await authorizationEndpoint.begin(query, request.viewer, request.id), { request, reply, query }, deps);
  });

  scope.post("/oauth2/auth", { config: { noReferrer: true, acceptsForeignForms: true } }, async (request, reply) => {
    const isOurs = request.form.has(SEALED_REQUEST_FIELD);
    // RFC 6749 section 3.1: a client may send its request by POST. A GET of the same comes with the session cookie, which
    // `SameSite=Lax` keeps from another site's form.
    if (!isOurs) return reply.redirect(addressOf(queryOfForm(request)), 303);
    assertOwnForm(kit, request);
    const query = flows.openQuery(request.form.get(SEALED_REQUEST_FIELD) ?? "");
    if (query === undefined) throw formNotReadable();
    const exchange = { request, reply, query };
    return request.form.get("switch_user") === undefined ? signInAndReturn(exchange, deps) : signOutAndReturn(exchange, deps);
  });

  scope.post("/oauth2/consent", { config: { noReferrer: true } }, async (request, reply) => {
    const flow = flows.open(request.form.get("flow") ?? "");
    const decision = request.form.get("decision");
    if (!flow || (decision !== "allow" && decision !== "cancel")) throw formNotReadable();
    const cookie = kit.cookies.flow(flow.flowId);
    // Shown in another browser, or answered before: this browser is asked anew.
    if (request.cookies[cookie] === undefined) return reply.redirect(addressOf(flow.query), 303);
    reply.clearCookie(cookie, kit.cookies.options);
    const result = await authorizationEndpoint.answer(flow, request.viewer, decision === "allow");
    if (result.kind === "answered-before") return renderPage(request, reply, <AnsweredBeforePage startAgain={addressOf(flow.query)} />, 409);
    // RFC 9700 section 4.12: after 303 the browser forgets the form; after 307 it would post it to the client.
    return reply.redirect(result.kind === "redirect" ? result.location : addressOf(flow.query), 303);
  });
}

async function signInAndReturn(exchange: Exchange, deps: AuthorizationRoutesDeps): Promise<FastifyReply> {
  const { request, reply, query } = exchange;
  const { cookies, clock } = deps.kit;
  const email = request.form.get("email") ?? "";
  const password = request.form.get("password") ?? "";
  const result = await deps.signIn.attempt({ email, password, address: request.ip, replacedSession: request.cookies[cookies.session] });
  if (result.kind === "signed-in") {
    startSession(reply, cookies, result.sessionSecret);
    return reply.redirect(addressOf(query), 303);
  }
  const now = clock.now();
  if (result.kind === "throttled") reply.header("Retry-After", String(Math.ceil((result.retryAt - now) / SECOND)));
  const step = await deps.authorizationEndpoint.begin(query, null, request.id);
  return showStep(step, exchange, deps, { email, problem: signInProblem(result, now), status: result.kind === "throttled" ? 429 : 422 });
}

async function signOutAndReturn({ request, reply, query }: Exchange, { signIn, kit: { cookies } }: AuthorizationRoutesDeps): Promise<FastifyReply> {
  const sessionSecret = request.cookies[cookies.session];
  if (sessionSecret !== undefined) await signIn.signOut(sessionSecret);
  return reply.clearCookie(cookies.session, cookies.options).redirect(addressOf(query), 303);
}

/** What a sign-in that did not work leaves for the next try. */
interface FailedSignIn {
  readonly email: string;
  readonly problem: string;
  readonly status: 422 | 429;
}

function showStep(step: AuthorizationStep, exchange: Exchange, deps: AuthorizationRoutesDeps, failed?: FailedSignIn): FastifyReply {
  const { request, reply, query } = exchange;
  if (step.kind === "redirect") return reply.redirect(step.location, 303);
  if (step.kind === "error-on-page") throw new PageError(step.status, step.whatHappened, step.whatToDo);
  if (step.kind === "consent") return askForConsent(step, exchange, deps);
  const applicationName = step.client.name;
  const sealedRequest = deps.flows.sealQuery(query);
  if (step.kind === "wrong-user") {
    const { ownerName, returnTo } = step;
    const names = { applicationName, ownerName, viewerName: request.viewer?.userName ?? "" };
    return renderPage(request, reply, <WrongUserPage {...names} returnTo={returnTo} sealedRequest={sealedRequest} reference={request.id} />, 403);
  }
  allowFormsToLeadTo(step.redirectUri, reply);
  const page = <SignInForApplicationPage applicationName={applicationName} sealedRequest={sealedRequest} email={failed?.email} problem={failed?.problem} />;
  return renderPage(request, reply, page, failed?.status);
}

function askForConsent(
  { request: authorizationRequest, flow, sealedFlow }: Extract<AuthorizationStep, { readonly kind: "consent" }>,
  { request, reply, query }: Exchange,
  deps: AuthorizationRoutesDeps,
): FastifyReply {
  const { viewer } = request;
  if (!viewer) throw new Error("Only somebody who is signed in is asked for consent.");
  rememberFlow(flow, request, reply, deps);
  allowFormsToLeadTo(authorizationRequest.redirectUri, reply);
  const sealedRequest = deps.flows.sealQuery(query);
  return renderPage(request, reply, <ConsentPage request={authorizationRequest} viewer={viewer} sealedFlow={sealedFlow} sealedRequest={sealedRequest} />);
}

/** Chromium holds `form-action` against every redirect that follows the form, so it must name where the answer leads. */
function allowFormsToLeadTo(redirectUri: VerifiedRedirectUri, reply: FastifyReply): void {
  reply.header("Content-Security-Policy", contentSecurityPolicy(formActionSource(redirectUri)));
}

/** Ties the flow to this browser, and lets go of the oldest ones that it has. */
function rememberFlow(flow: Flow, request: FastifyRequest, reply: FastifyReply, { kit: { cookies } }: AuthorizationRoutesDeps): void {
  const present = Object.entries(request.cookies).filter((cookie): cookie is [string, string] => cookie[0].startsWith(cookies.flowPrefix));
  for (const name of flowsToDrop(present)) reply.clearCookie(name, cookies.options);
  reply.setCookie(cookies.flow(flow.flowId), String(flow.expiresAt), { ...cookies.options, maxAge: FLOW_LIFETIME / SECOND });
}

function addressOf(query: string): string {
  return `/oauth2/auth?${query}`;
}

/** Longest query that a browser can bring back to us beside its cookies, in characters: node:http takes 16 KiB of head. */
const MAX_QUERY_LENGTH = 12_000;

function queryOfForm({ form }: FastifyRequest): string {
  const query = [...form.names].flatMap((name) => form.getAll(name).map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)).join("&");
  if (query.length <= MAX_QUERY_LENGTH) return query;
  throw new PageError(413, "This request is too long.", "Go back to the application that sent you here and tell its makers what this page says.");
}

function formNotReadable(): PageError {
  return new PageError(400, "This form has waited too long.", "Go back to the application that sent you here and start again.");
}
