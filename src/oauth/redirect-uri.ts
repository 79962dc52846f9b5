/**
 * Redirect URIs: what may be registered, and which registered one a request means. Everything that leads a browser away from us
 * goes through `VerifiedRedirectUri`, a type that only `matchRedirectUri` makes, so no code can redirect to an unchecked address.
 */
declare const verified: unique symbol;

/** A redirect URI of the client that asks, verified against those that it registered. */
export type VerifiedRedirectUri = string & { readonly [verified]: true };

/** In characters. Browsers and proxies cope with about 8,000; our own parameters need room beside it. */
const MAX_LENGTH = 2_000;

/** Parameters of our answer (RFC 6749 section 4.1.2, RFC 9207): a registered query must not hold them, or the client would read them twice. */
const ANSWER_PARAMETERS: ReadonlySet<string> = new Set(["code", "state", "iss", "error", "error_description", "error_uri"]);

/** Hosts that mean the user's own machine: the only ones that plain http is allowed for (RFC 8252 sections 7.3 and 8.3). */
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** What stands against registering this text as a redirect URI, as one sentence that says what to change; undefined when nothing does. */
export function redirectUriProblem(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `Shorten it to ${MAX_LENGTH} characters.`;
  // RFC 6749 section 3.1.2: absolute, without fragment.
  if (text.includes("#")) return "Remove the fragment, the part that begins with #.";
  // RFC 3986 section 2. Browsers repair backslashes, spaces and broken percent signs, each in a way of its own: then what was compared is not where they go.
  if (!/^[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]*$/.test(text) || /%(?![0-9A-Fa-f]{2})/.test(text)) {
    return "Use the characters of a URL only: percent-encode all others, and write an international host name in its xn-- form.";
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(text)?.[1];
  const url = URL.parse(text);
  if (scheme === undefined || url === null) return "Enter a whole URL that begins with https:// in lower case.";
  for (const name of url.searchParams.keys()) {
    if (ANSWER_PARAMETERS.has(name)) return `Remove the query parameter ${name}: the answer of an authorization request brings its own.`;
  }
  return scheme === "https" || scheme === "http" ? webUriProblem(text, url) : privateSchemeProblem(scheme);
}

function webUriProblem(text: string, url: URL): string | undefined {
  const [, authority = "", path = ""] = /^https?:\/\/([^/?]*)([^?]*)/.exec(text) ?? [];
  if (authority === "") return "Enter the host after //.";
  // RFC 9700 section 4.1: `https://shop.example@evil.example/` reads like one host and leads to the other.
  if (authority.includes("@")) return "Remove the user name before the @.";
  // The host as browsers understand it: `0x7f.1` is 127.0.0.1 for them.
  if (authority !== url.host) return `Write the host as ${url.host}, without a default port.`;
  if (path.split("/").some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) return "Remove the . and .. parts of the path.";
  if (url.protocol === "http:" && !LOOPBACK_HOSTS.has(url.hostname)) {
    return "Begin with https://. Plain http is only for 127.0.0.1, [::1] and localhost, the user's own machine.";
  }
  return undefined;
}

/** RFC 8252 sections 7.1 and 8.4: a private-use scheme is a domain name in reverse order; `javascript:`, `data:` and the like have no dot. */
function privateSchemeProblem(scheme: string): string | undefined {
  if (/^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+$/.test(scheme)) return undefined;
  return "Begin with https://, or, for an app on a device, with a domain name of yours in reverse order, like com.example.app:/callback.";
}

/**
 * The requested redirect URI when it is one of the registered ones, compared as strings (RFC 9700 section 2.1). Only the port of a
 * loopback IP literal floats, because a native app takes whichever is free (RFC 8252 section 7.3); `localhost` is no such literal.
 */
export function matchRedirectUri(requested: string, registered: readonly string[]): VerifiedRedirectUri | undefined {
  if (registered.includes(requested)) return requested as VerifiedRedirectUri;
  const portless = withoutLoopbackPort(requested);
  if (portless === undefined || !registered.some((uri) => withoutLoopbackPort(uri) === portless)) return undefined;
  return requested as VerifiedRedirectUri;
}

const LOOPBACK_ORIGIN = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::([1-9]\d{0,4}))?(?=[/?]|$)/;

function withoutLoopbackPort(uri: string): string | undefined {
  const [origin, host, port = "80"] = LOOPBACK_ORIGIN.exec(uri) ?? [];
  return origin === undefined || host === undefined || Number(port) > 65_535 ? undefined : host + uri.slice(origin.length);
}

/** The address that carries an answer to the client: a query that was registered stays as it is, ours is added (RFC 6749 section 3.1.2). */
export function answerAddress(redirectUri: VerifiedRedirectUri, parameters: Readonly<Record<string, string | undefined>>): string {
  const added = Object.entries(parameters)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  const separator = !redirectUri.includes("?") ? "?" : /^[^?]*\?$|&$/.test(redirectUri) ? "" : "&";
  return redirectUri + separator + added;
}

/** Where the user will be sent, in words for the consent page: the host with its port, or the scheme that opens an app. */
export function destinationOf(redirectUri: VerifiedRedirectUri): string {
  const url = new URL(redirectUri);
  return isWeb(url) ? url.host : url.protocol;
}

/** The source expression that lets a form's answer lead there, for `form-action` (CSP level 3 section 2.3.1), which has no notation for IPv6 hosts. */
export function formActionSource(redirectUri: VerifiedRedirectUri): string {
  const url = new URL(redirectUri);
  return isWeb(url) && !url.hostname.startsWith("[") ? url.origin : url.protocol;
}

function isWeb(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}
