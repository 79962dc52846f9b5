/** What every OAuth endpoint for clients has in common: a POST with a form, read strictly, answered in JSON under a reference. */
import { isUtf8 } from "node:buffer";
import { parseForm, type Form } from "../lib/form.ts";
import { isId } from "../lib/id.ts";
import type { RequestHeaders } from "../lib/request-headers.ts";
import { errorAnswer, OAuthError, type JsonAnswer, type OAuthErrorCode } from "./oauth-error.ts";
import { shownRedirectUri } from "./refused-request.ts";

/** Longest body, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

/** A request to an OAuth endpoint, free of any HTTP framework. */
export interface OAuthHttpRequest {
  /** The endpoint. */
  readonly path: string;
  readonly method: string;
  /** What follows the `?` of the address; empty without one. */
  readonly query: string;
  readonly headers: RequestHeaders;
  readonly body: Uint8Array | "too-long";
  /** Network address that it comes from. */
  readonly address: string;
  /** Names this request in the answer and in every log. */
  readonly reference: string;
}

/** What was refused, for the log and the application's owner, under the reference that the answer carries. */
export interface Refusal {
  readonly reference: string;
  /** As the request names it: there may be no such client. Null when it names none, or something that is no client id. */
  readonly clientId: string | null;
  readonly error: OAuthErrorCode;
  readonly reason: string;
  /** The endpoint. */
  readonly path: string;
  /** Network address that the request came from; null for browsers, behind which people are. */
  readonly address: string | null;
  /** The redirect URI that the request sent, where it is the cause, as `shownRedirectUri` leaves it. */
  readonly sentRedirectUri: string | null;
}

/** Where the endpoints tell what went wrong. Neither may throw nor make the answer wait. */
export interface OAuthJournal {
  refused(refusal: Refusal): void;
  /** A fault of our own, answered with 500. */
  failed(error: unknown, reference: string): void;
}

/** Turns what an endpoint threw into its answer and notes it down. */
export function refuseOAuthRequest(error: unknown, request: OAuthHttpRequest, clientId: string | null, journal: OAuthJournal): JsonAnswer {
  const { reference, path, address } = request;
  if (error instanceof OAuthError) {
    const { code, reason } = error;
    const named = clientId ?? error.clientId;
    const sentRedirectUri = error.sentRedirectUri === undefined ? null : shownRedirectUri(error.sentRedirectUri);
    journal.refused({ reference, clientId: named !== null && isId(named) ? named : null, error: code, reason, path, address, sentRedirectUri });
  } else {
    journal.failed(error, reference);
  }
  return errorAnswer(error, reference);
}

/** Parameters that must never stand in an address, where proxies, logs and histories keep them (RFC 6749 section 2.3.1). */
const SECRET_PARAMETERS = ["client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "token", "password"];

/** RFC 8707 section 2: the one parameter that may come more than once. We have one resource server and ignore it. */
const REPEATABLE_PARAMETER = "resource";

/** The first checks of every endpoint, in this order: method, address, content type, length, syntax, doubled parameters. Throws OAuthError. */
export function readOAuthForm(request: OAuthHttpRequest): Form {
  // RFC 6749 section 3.2.
  if (request.method !== "POST") throw new OAuthError("invalid_request", "Use POST.", { status: 405, headers: { Allow: "POST" } });
  if (request.query !== "" && mayCarrySecret(request.query)) {
    throw new OAuthError("invalid_request", "Send the parameters in the body, never in the address.", {
      reason: "The address carried a secret. Proxies may have logged it: replace it.",
    });
  }
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(request.headers.all("content-type")[0] ?? "")) {
    throw new OAuthError("invalid_request", "Send the body as application/x-www-form-urlencoded.");
  }
  if (request.body === "too-long") {
    throw new OAuthError("invalid_request", "The body is longer than 64 KiB.", { status: 413, headers: { Connection: "close" } });
  }
  const { buffer, byteOffset, length } = request.body;
  const parsed = isUtf8(request.body) ? parseForm(Buffer.from(buffer, byteOffset, length).toString()) : ({ ok: false } as const);
  if (!parsed.ok) throw new OAuthError("invalid_request", "The body is not a well-formed form in UTF-8.");
  // RFC 6749 section 3.2; the name is not repeated in the answer, because it is input.
  for (const name of parsed.form.doubled) if (name !== REPEATABLE_PARAMETER) throw new OAuthError("invalid_request", "A parameter comes more than once.");
  return parsed.form;
}

function mayCarrySecret(query: string): boolean {
  const parsed = parseForm(query);
  return !parsed.ok || SECRET_PARAMETERS.some((name) => parsed.form.has(name));
}

/** The value of a parameter, or `invalid_request` that names it. */
export function requireParameter(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw new OAuthError("invalid_request", `The parameter ${name} is missing.`);
  return value;
}
