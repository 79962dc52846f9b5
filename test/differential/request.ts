/**
 * Requests as templates, the same for both servers: `{code}` stands for a value that each server makes for itself, `<<…>>` for the base64 of what
 * is inside, everything else is sent as it stands.
 */
import { request as httpRequest, type Agent } from "node:http";

export type Endpoint = "authorize" | "token" | "revoke" | "introspect" | "metadata";
export type Pairs = readonly (readonly [name: string, value: string])[];

export interface RequestTemplate {
  readonly endpoint: Endpoint;
  readonly method?: string;
  /** Pairs are form-encoded; a text is sent as it stands. */
  readonly query?: Pairs | string;
  readonly headers?: Pairs;
  readonly body?: Pairs | string;
  /** The media type of the body; a form when it is left out, none when it is null. */
  readonly contentType?: string | null;
}

/** One comparison, under a name that is unique in its class. */
export interface Case {
  readonly name: string;
  readonly request: RequestTemplate;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export const FORM = "application/x-www-form-urlencoded";

/** Fills a template in and sends it, byte by byte as it says. */
export async function sendTemplate(
  template: RequestTemplate,
  place: {
    readonly addressOf: (endpoint: Endpoint) => string;
    readonly valueOf: (name: string) => Promise<string>;
    readonly headers: Pairs;
    readonly agent: Agent;
  },
): Promise<HttpAnswer> {
  const fill = (text: string) => fillIn(text, place.valueOf);
  const query = template.query === undefined ? "" : `?${await encode(template.query, fill)}`;
  const method = template.method ?? (template.endpoint === "authorize" || template.endpoint === "metadata" ? "GET" : "POST");
  const body = template.body === undefined ? "" : await encode(template.body, fill);
  const headers: string[] = ["Host", new URL(place.addressOf(template.endpoint)).host];
  for (const [name, value] of [...place.headers, ...(template.headers ?? [])]) headers.push(name, await fill(value));
  const contentType = template.contentType === undefined ? (template.body === undefined ? null : FORM) : template.contentType;
  const fixed = [...headers];
  if (contentType !== null) headers.push("Content-Type", contentType);
  if (body !== "" || method === "POST") headers.push("Content-Length", String(Buffer.byteLength(body)));
  const address = place.addressOf(template.endpoint);
  const answer = await send(address + query, method, headers, body, place.agent);
  // A server may turn a POST into a GET of its own (RFC 9110 section 15.4.4); what it says then is its answer.
  const ownAddress = String(answer.headers["location"]);
  return ownAddress.startsWith(`${new URL(address).pathname}?`) ? send(new URL(ownAddress, address).href, "GET", fixed, "", place.agent) : answer;
}

/** `headers`: name and value by turns, so that a name may come twice. */
export async function send(url: string, method: string, headers: readonly string[], body: string, agent: Agent): Promise<HttpAnswer> {
  const { hostname, port } = new URL(url);
  // The path as it stands: URL would tidy it up.
  const path = url.slice(url.indexOf("/", "http://".length));
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, headers: [...headers], agent, setDefaultHeaders: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function encode(content: Pairs | string, fill: (text: string) => Promise<string>): Promise<string> {
  if (typeof content === "string") return fill(content);
  const pairs = await Promise.all(content.map(async ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(await fill(value))}`));
  return pairs.join("&");
}

/** What may be done to a value: `{secret|upper}`. */
const CHANGES: Readonly<Record<string, (value: string) => string>> = {
  upper: (value) => value.toUpperCase(),
  cut: (value) => value.slice(0, -1),
  /** Another last character, which leaves the length. */
  bent: (value) => value.slice(0, -1) + (value.endsWith("A") ? "Q" : "A"),
  percent: (value) => [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
};

const PLACEHOLDER = /\{(\w+)(?:\|(\w+))?\}/g;

async function fillIn(template: string, valueOf: (name: string) => Promise<string>): Promise<string> {
  let filled = "";
  let end = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [whole, name = "", change] = match;
    const value = await valueOf(name);
    filled += template.slice(end, match.index) + (change === undefined ? value : CHANGES[change]!(value));
    end = match.index + whole.length;
  }
  filled += template.slice(end);
  return filled.replaceAll(/<<(.*?)>>/gs, (_whole, inside: string) => Buffer.from(inside).toString("base64"));
}

/** Words of the protocols, which mean something else than any other word in their place. */
const WORDS =
  /^(?:authorization_code|client_credentials|refresh_token|access_token|password|implicit|code|token|id_token|none|login|consent|query|fragment|form_post|web_message|S256|plain|Basic|Bearer|Digest|application|json|form|urlencoded|charset|text|multipart|openid|offline_access|localhost|https|http|javascript)$/;

/**
 * What is left of a request when its literal values are taken away: runs of letters and digits become their kind (a long run keeps its
 * length, because limits are met by length), placeholders, punctuation and words of the protocols stay.
 */
export function structureOf({ endpoint, method, query, headers, body, contentType }: RequestTemplate): string {
  const part = (content: Pairs | string | undefined) =>
    typeof content === "string" ? shapeOf(content) : content?.map(([name, value]) => `${name}=${shapeOf(value)}`);
  return JSON.stringify([endpoint, method, part(query), part(headers), part(body), contentType && shapeOf(contentType)]);
}

function shapeOf(text: string): string {
  return text.replaceAll(/\{\w+(?:\|\w+)?\}|%[0-9A-Fa-f]{2}|[\p{L}\p{N}_]+/gu, (run) => {
    if (run.startsWith("%")) return run === "%00" ? run : Number.parseInt(run.slice(1), 16) < 0x80 ? "%ascii" : "%beyond";
    if (run.startsWith("{") || WORDS.test(run)) return run;
    const kind = run
      .replaceAll(/[a-z]+/g, "a")
      .replaceAll(/[A-Z]+/g, "A")
      .replaceAll(/\d+/g, "0")
      .replaceAll(/[^\w]+/g, "beyond");
    return run.length > 20 ? `${kind}*${run.length}` : kind;
  });
}
