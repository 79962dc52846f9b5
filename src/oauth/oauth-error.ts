/**
 * The errors of OAuth: one catalogue, and one mapper to the JSON that clients read. An error says three things to three readers: a
 * code to the program, a description to the developer (RFC 6749 section 5.2), and a reason to the application's owner,
 * which never leaves the server.
 */
import { RETRY_SOON, StoreUnavailable } from "../lib/store-unavailable.ts";

/** Each code with the HTTP status of its JSON answer (RFC 6749 sections 4.1.2.1 and 5.2, RFC 7009 section 2.2.1). */
const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  invalid_scope: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  access_denied: 403,
  temporarily_unavailable: 429,
  server_error: 500,
} as const;

export type OAuthErrorCode = keyof typeof STATUS;

interface OAuthErrorDetails {
  /** For the owner's eyes and the log: why exactly. The description when it says it all. */
  readonly reason?: string;
  /** Where HTTP has a more exact status than the catalogue. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whom it concerns, as the request says: there may be no such client. */
  readonly clientId?: string;
  /** The redirect URI of the request, where it is the cause. */
  readonly sentRedirectUri?: string | undefined;
}

export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  /** Goes over the wire: a constant sentence in ASCII without quotes and backslashes (RFC 6749 section 5.2) that echoes nothing of the request. */
  readonly description: string;
  readonly reason: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly clientId: string | null;
  readonly sentRedirectUri: string | undefined;

  constructor(code: OAuthErrorCode, description: string, details: OAuthErrorDetails = {}) {
    const { reason = description, status = STATUS[code], headers = {}, clientId = null, sentRedirectUri } = details;
    super(reason);
    this.code = code;
    this.description = description;
    this.reason = reason;
    this.status = status;
    this.headers = headers;
    this.clientId = clientId;
    this.sentRedirectUri = sentRedirectUri;
  }
}

/** An answer of an OAuth endpoint to a client, free of any HTTP framework. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer of the endpoint: never stored by anybody on the way (RFC 6749 section 5.1), refusals included. */
export function jsonAnswer(status: number, content: object, reference: string, headers: Readonly<Record<string, string>> = {}): JsonAnswer {
  return {
    status,
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      Pragma: "no-cache",
      "Hookgate-Reference": reference,
      ...headers,
    },
    body: JSON.stringify(content),
  };
}

/** RFC 6749 has no code for the token endpoint that says so; the one of section 4.1.2.1 does, with the status that HTTP has for it. */
function faultOf(error: unknown): OAuthError {
  if (!(error instanceof StoreUnavailable)) return new OAuthError("server_error", "The server failed. Try again later.");
  return new OAuthError("temporarily_unavailable", "The store of the server cannot be used at present. Try again.", { status: 503, headers: RETRY_SOON });
}

/** For a request that was not even read. */
export const TOO_BUSY = new OAuthError("temporarily_unavailable", "The server cannot take this request at present. Try again.", {
  status: 503,
  headers: RETRY_SOON,
});

/** The one place where an error becomes an answer. Anything but an OAuthError is our own fault and says nothing of itself. */
export function errorAnswer(error: unknown, reference: string): JsonAnswer {
  const known = error instanceof OAuthError ? error : faultOf(error);
  // RFC 9110 section 15.5.2: a 401 names a scheme; RFC 6749 section 5.2 wants the one that the client used, and Basic is the one there is.
  const challenge = known.status === 401 ? { "WWW-Authenticate": 'Basic realm="Hookgate", charset="UTF-8"' } : {};
  return jsonAnswer(known.status, { error: known.code, error_description: known.description }, reference, { ...challenge, ...known.headers });
}
