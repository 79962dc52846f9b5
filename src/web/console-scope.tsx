/**
 * The scope in which pages live: cookies, form bodies, the check against cross-site requests, security headers, one-time
 * messages and error pages. It knows no module; whoever registers routes inside brings them along.
 */
import fastifyCookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseForm, type Form } from "../lib/form.ts";
import type { Clock } from "../lib/clock.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import { RETRY_SOON, StoreUnavailable } from "../lib/store-unavailable.ts";
import type { Assets } from "./assets.ts";
import type { Cookies } from "./cookies.ts";
import { ErrorPage } from "./error-page.tsx";
import { PageError, PageRedirect } from "./page-error.ts";
import { renderPage, type PageContext } from "./render.tsx";
import type { NavigationEntry, Viewer } from "./viewer.ts";

/** Seals short texts so that only this installation reads or makes them; the key ring gives these. */
interface Sealer {
  seal(text: string): string;
  open(sealed: string): string | undefined;
}

export interface ConsoleKit {
  readonly baseUrl: URL;
  readonly clock: Clock;
  readonly cookies: Cookies;
  readonly assets: Assets;
  readonly navigation: readonly NavigationEntry[];
  readonly formTokens: Sealer;
  readonly flashes: Sealer;
}

/** What one request leaves for the next page, sealed in a cookie, and gone once it was shown. */
interface Flash {
  readonly notice?: string;
  /** A secret that a page shows once, and for what. */
  readonly secret?: { readonly of: string; readonly value: string };
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who is signed in, once the identity module has looked. */
    viewer: Viewer | null;
    /** What the form of this request holds; empty for requests without a form. */
    form: Form;
    /** What the request before left behind. The page that is rendered next takes it away; an answer that is no page, such as a poll, does not. */
    flash: Flash;
    pageContext(reply: FastifyReply): PageContext;
  }
  interface FastifyReply {
    /** Leaves something for the page that the browser loads next. */
    setFlash(flash: Flash): FastifyReply;
  }
  interface FastifyContextConfig {
    /** Set on a route that other sites may post to; the route then checks by itself what it must (`assertOwnForm`). */
    readonly acceptsForeignForms?: boolean;
    /** Set on pages whose address carries a code, a state or a request: the address must not reach another site (RFC 9700 section 4.2.4). */
    readonly noReferrer?: boolean;
    /** Set on what a script puts into a page that is open already: what the request before left behind stays for the next page. */
    readonly isPart?: boolean;
  }
}

const EMPTY_FORM = (() => {
  const parsed = parseForm("");
  if (!parsed.ok) throw new Error("An empty form parses.");
  return parsed.form;
})();

/** Longest form that the console takes, in bytes. */
const MAX_FORM_BYTES = 256 * 1024;

export async function registerConsoleScope(
  app: FastifyInstance,
  kit: ConsoleKit,
  registerRoutes: (scope: FastifyInstance) => Promise<void> | void,
): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(fastifyCookie);
    scope.decorateRequest("viewer", null);
    scope.decorateRequest("form");
    scope.decorateRequest("flash");
    scope.decorateRequest("pageContext");
    scope.decorateReply("setFlash", function setFlash(this: FastifyReply, flash: Flash) {
      return this.setCookie(kit.cookies.flash, kit.flashes.seal(JSON.stringify(flash)), { ...kit.cookies.options, maxAge: 300 });
    });

    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string", bodyLimit: MAX_FORM_BYTES }, (_request, body, done) =>
      done(null, body),
    );

    scope.addHook("onRequest", async (request, reply) => {
      setSecurityHeaders(kit, request, reply);
      request.form = EMPTY_FORM;
      request.flash = flashOf(kit, request);
      request.pageContext = (forReply) => pageContextOf(kit, request, forReply);
    });
    scope.addHook("preValidation", async (request) => {
      if (typeof request.body === "string") {
        const parsed = parseForm(request.body);
        if (!parsed.ok) throw new PageError(400, "This form could not be read.", "Go back, load the page again and send the form once more.");
        request.form = parsed.form;
      }
      const changesNothing = request.method === "GET" || request.method === "HEAD" || request.is404;
      if (!changesNothing && !request.routeOptions.config.acceptsForeignForms) assertOwnForm(kit, request);
    });

    scope.setErrorHandler((error, request, reply) => {
      if (error instanceof PageRedirect) return reply.redirect(error.location, 303);
      const page = toPageError(error);
      if (page.status === 503) void reply.headers(RETRY_SOON);
      if (page.status >= 500) request.log.error({ err: error, reference: request.id }, "a page failed");
      return renderPage(request, reply, <ErrorPage error={page} reference={request.id} />, page.status);
    });
    scope.setNotFoundHandler((request, reply) =>
      renderPage(
        request,
        reply,
        <ErrorPage error={new PageError(404, "There is no such page.", "Check the address, or start from the console's first page.")} reference={request.id} />,
        404,
      ),
    );
    await registerRoutes(scope);
  });
}

/**
 * Refuses a form that another site made the browser send (RFC 6749 section 10.12). Two independent checks: the browser's own word
 * about where the request comes from, and a token that only our pages could put into the form, tied to the session cookie or,
 * before sign-in, to a random cookie of the browser.
 */
export function assertOwnForm(kit: Pick<ConsoleKit, "baseUrl" | "cookies" | "formTokens">, request: FastifyRequest): void {
  const site = request.headers["sec-fetch-site"];
  const origin = request.headers.origin;
  // Pages with `no-referrer` make browsers send `Origin: null`; then only the browser's own word helps (design: security).
  const fromUs = origin === undefined || origin === kit.baseUrl.origin || (origin === "null" && site === "same-origin");
  const token = request.form.get("form_token");
  const binding = formBinding(kit, request);
  const ours = token !== undefined && binding !== undefined && kit.formTokens.open(token) === digestOf(binding);
  if (!fromUs || (site !== undefined && site !== "same-origin" && site !== "none") || !ours) {
    throw new PageError(
      403,
      "This form is not valid any more.",
      "You may have signed in or out in another tab since it was opened. Go back, load the page again and send the form once more.",
    );
  }
}

/** An empty cookie ties to nobody: a token made for one would fit every browser that has one. */
function formBinding(kit: Pick<ConsoleKit, "cookies">, request: FastifyRequest): string | undefined {
  return request.cookies[kit.cookies.session] || request.cookies[kit.cookies.browser] || undefined;
}

function pageContextOf(kit: ConsoleKit, request: FastifyRequest, reply: FastifyReply): PageContext {
  let formToken: string | undefined;
  const takesFlash = request.method === "GET" && !request.routeOptions.config.isPart;
  if (takesFlash && request.cookies[kit.cookies.flash] !== undefined) reply.clearCookie(kit.cookies.flash, kit.cookies.options);
  return {
    viewer: request.viewer,
    path: request.url.split("?", 1)[0]!,
    navigation: kit.navigation,
    // Asked for by forms only: a page without one leaves no cookie with a stranger.
    get formToken() {
      formToken ??= kit.formTokens.seal(digestOf(formBinding(kit, request) ?? bindBrowser(kit, reply)));
      return formToken;
    },
    notice: request.flash.notice ?? null,
    now: kit.clock.now(),
    asset: (name) => kit.assets.url(name),
  };
}

/** Gives a browser without a session something to tie its forms to. */
function bindBrowser(kit: ConsoleKit, reply: FastifyReply): string {
  const binding = newSecret("");
  reply.setCookie(kit.cookies.browser, binding, kit.cookies.options);
  return binding;
}

function flashOf(kit: ConsoleKit, request: FastifyRequest): Flash {
  const sealed = request.cookies[kit.cookies.flash];
  if (sealed === undefined || request.method !== "GET") return {};
  const opened = kit.flashes.open(sealed);
  return opened === undefined ? {} : (JSON.parse(opened) as Flash);
}

function setSecurityHeaders({ baseUrl }: ConsoleKit, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    // RFC 6797: who once came over https never asks for a password over http. Not for a host that we share: it would bind the others as well.
    ...(baseUrl.protocol === "https:" && baseUrl.pathname === "/" && { "Strict-Transport-Security": "max-age=31536000" }),
    "Content-Security-Policy": contentSecurityPolicy(),
    "Referrer-Policy": request.routeOptions.config?.noReferrer ? "no-referrer" : "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": request.routeOptions.config?.noReferrer ? "unsafe-none" : "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
  });
}

/**
 * The policy of every page: nothing inline, nothing from elsewhere, no framing. `formActionOrigin` is the validated redirect
 * origin on the consent page: Chromium applies `form-action` to the redirect after a form post as well.
 */
export function contentSecurityPolicy(formActionOrigin?: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    `form-action 'self'${formActionOrigin ? ` ${formActionOrigin}` : ""}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function toPageError(error: unknown): PageError {
  if (error instanceof PageError) return error;
  const status = error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (error instanceof StoreUnavailable) {
    return new PageError(503, "The store cannot be used at this moment.", "What was saved before is still there. Wait a few seconds and try again.");
  }
  if (status === 413) return new PageError(413, "This form is too long.", `Shorten what you entered: a form holds at most ${MAX_FORM_BYTES / 1024} KB.`);
  if (status === 415) return new PageError(415, "This request is not a form of ours.", "Use the form on the page.");
  if (status >= 400 && status < 500) return new PageError(status, "This request could not be read.", "Go back, load the page again and try once more.");
  return new PageError(
    500,
    "Something went wrong on our side.",
    "What was saved before is still there. Try again; if it happens again, give the reference below to whoever runs this server.",
  );
}
