/**
 * A public URL with a path, `https://host/some/path`. Inside the program every address begins at the root. The path is taken off where requests
 * come in and put before every address of ours where pages and redirects go out, so that no page, form or route has to know of it.
 */
import type { FastifyInstance } from "fastify";

/** Asked by whoever watches over the process, who knows its port and not its public URL. */
const PROBES: ReadonlySet<string> = new Set(["/livez", "/readyz"]);

/** RFC 9112 section 3.2.2: a request may name the whole URL, as for a proxy. Which host it names is of no meaning here. */
const SCHEME_AND_HOST = /^https?:\/\/[^/?#]*/i;

/** An address that no route has. */
const OUTSIDE = "/outside-of-the-public-url";

/**
 * The address inside for the target of a request. What lies beside the path is not ours: an address has one spelling only. `basePath`
 * is empty, or begins with a slash and ends without one.
 */
export function addressInside(basePath: string, target: string): string {
  const address = target.startsWith("/") ? target : target.replace(SCHEME_AND_HOST, "");
  const question = address.indexOf("?");
  const path = question === -1 ? address : address.slice(0, question);
  if (path === basePath || path.startsWith(`${basePath}/`)) return path.slice(basePath.length).padStart(1, "/") + address.slice(path.length);
  if (PROBES.has(path)) return address;
  // RFC 8414 section 3.1: the well-known part stands before the path of the issuer. For older clients it is served behind it as well (section 5).
  const wellKnown = /^\/\.well-known\/[a-z-]+/.exec(path)?.[0];
  return wellKnown !== undefined && path === wellKnown + basePath ? wellKnown + address.slice(path.length) : OUTSIDE;
}

/** Lets pages and redirects of the scope lead to addresses under the path. */
export function registerBasePath(scope: FastifyInstance, basePath: string): void {
  if (basePath === "") return;
  scope.addHook("onSend", async (_request, reply, payload) => {
    const location = reply.getHeader("location");
    if (typeof location === "string" && location.startsWith("/")) reply.header("location", basePath + location);
    const isPage = typeof payload === "string" && String(reply.getHeader("content-type")).startsWith("text/html");
    return isPage ? pageUnder(basePath, payload) : payload;
  });
}

/** Attributes that hold an address. Pages come from one renderer, which escapes every quote in a text and in a value: only an attribute can look so. */
const OWN_ADDRESS = / (href|action|formaction|src|data-stream|data-rows)="\//g;

function pageUnder(basePath: string, html: string): string {
  return html.replace(OWN_ADDRESS, ` $1="${basePath}/`);
}
