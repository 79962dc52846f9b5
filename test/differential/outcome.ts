/** What of an answer is compared: enough to tell right from wrong, and nothing that two right servers may choose freely. */
import type { Endpoint, HttpAnswer } from "./request.ts";

/** By aspect; every value is a short text that can stand in the list of differences. */
export type Outcome = Readonly<Record<string, string>>;

/** What a server says about its own addresses, to recognise them in answers. */
export interface Surroundings {
  readonly issuer: string;
  /** Where the login and consent pages are, when the server redirects to them. */
  readonly interaction?: RegExp;
  /** A page that asks the user for consent, when the server answers with it at once. */
  readonly asks?: RegExp;
}

const NONE = "none";
/** The user may answer the request. */
const ACCEPTED = "accepted";

export function outcomeOf(endpoint: Endpoint, answer: HttpAnswer, surroundings: Surroundings): Outcome {
  return endpoint === "authorize" ? outcomeOfAuthorization(answer, surroundings) : outcomeForProgram(endpoint, answer);
}

function outcomeOfAuthorization(answer: HttpAnswer, { issuer, interaction, asks }: Surroundings): Outcome {
  const location = headerOf(answer, "location");
  const cache = { stored: mayBeStored(answer) };
  if ((location !== undefined && interaction?.test(location)) || (answer.status === 200 && asks?.test(answer.text))) return { answer: ACCEPTED };
  if (location !== undefined && !location.startsWith("/") && !location.startsWith(issuer)) {
    const url = new URL(location);
    const parameters = url.hash === "" ? url.searchParams : new URLSearchParams(url.hash.slice(1));
    const get = (name: string) => parameters.get(name);
    // Whether a user who has agreed before is asked again is for the server to decide.
    if (get("code") !== null) return { answer: ACCEPTED };
    return {
      answer: `${answer.status} with ${get("error") ?? "nothing"}`,
      "sends to": location.split(/[?#]/, 1)[0]!,
      mode: url.hash === "" ? "query" : "fragment",
      state: get("state") ?? NONE,
      iss: get("iss") === issuer ? "the issuer" : (get("iss") ?? NONE),
      ...cache,
    };
  }
  return { answer: `page ${answer.status}`, ...cache };
}

function outcomeForProgram(endpoint: Endpoint, answer: HttpAnswer): Outcome {
  const json = parseObject(answer.text);
  const error = typeof json?.["error"] === "string" ? ` ${json["error"]}` : "";
  const challenges = headerOf(answer, "www-authenticate");
  return {
    answer: answer.status + error,
    type: answer.text === "" ? NONE : (headerOf(answer, "content-type") ?? NONE).replace(/;.*$/, ""),
    stored: mayBeStored(answer),
    challenge: challenges?.split(" ", 1)[0] ?? NONE,
    allow: headerOf(answer, "allow") ?? NONE,
    ...(endpoint === "metadata" ? { cors: headerOf(answer, "access-control-allow-origin") ?? NONE } : {}),
    ...(endpoint === "token" && answer.status === 200 && json && tokenContent(json)),
    ...(endpoint === "introspect" && answer.status === 200 && json && introspectedContent(json)),
  };
}

/** RFC 6749 section 5.1: type of token without letter case; scope as a set. */
function tokenContent(json: Readonly<Record<string, unknown>>): Outcome {
  const { token_type: type, scope, expires_in: expiresIn, access_token: accessToken, refresh_token: refreshToken } = json;
  return {
    gives: [accessToken && "access token", refreshToken && "refresh token"].filter(Boolean).join(" and "),
    "token type": typeOf(type),
    scope: scopeOf(scope),
    "expires_in is": typeof expiresIn,
  };
}

function introspectedContent(json: Readonly<Record<string, unknown>>): Outcome {
  if (json["active"] !== true) return { active: Object.keys(json).length === 1 ? "false" : "false, and more" };
  const { scope, client_id: clientId, exp, token_type: type } = json;
  return {
    active: "true",
    scope: scopeOf(scope),
    "client_id is": typeof clientId,
    "exp is": typeof exp,
    "token type": typeOf(type),
  };
}

/** Where two outcomes differ. What only one of two different answers has, such as a scope, follows from the answer. */
export function differingAspects(a: Outcome, b: Outcome): readonly string[] {
  const aspects = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((aspect) => a[aspect] !== b[aspect]);
  return a["answer"] === b["answer"] ? aspects : aspects.filter((aspect) => aspect in a && aspect in b);
}

function typeOf(type: unknown): string {
  return typeof type === "string" ? type.toLowerCase() : NONE;
}

function scopeOf(scope: unknown): string {
  return typeof scope === "string" ? scope.split(" ").toSorted().join(" ") : NONE;
}

function mayBeStored(answer: HttpAnswer): string {
  return /\bno-store\b/.test(headerOf(answer, "cache-control") ?? "") ? "no-store" : "allowed";
}

function headerOf({ headers }: HttpAnswer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
