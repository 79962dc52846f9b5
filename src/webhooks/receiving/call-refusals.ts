/** What calls are refused with, and why: the words for callers and owners. Which check comes when is in `receive-call.ts`. */
import type { RequestHeaders } from "../../lib/request-headers.ts";
import { RETRY_SOON } from "../../lib/store-unavailable.ts";
import type { BrandDay } from "./brand-days.ts";
import { MAX_WAITING_CALLS } from "../calls/call.ts";
import type { Refusal } from "./receiver-answer.ts";

export const CREDENTIAL_PROBLEMS = { 400: "malformed-credentials", 401: "not-authenticated", 403: "not-permitted" } as const;

export const BODY_PROBLEMS = {
  "too-long": { kind: "body-too-long", detail: "A body may be 6 MB long (6,291,456 bytes), also when it comes compressed. Send its objects in several calls." },
  "no-room": { kind: "not-now", detail: "Too many long bodies are being received. Send the call again.", headers: RETRY_SOON },
  gone: { kind: "body-incomplete", detail: "The connection ended before the whole body had arrived." },
  malformed: { kind: "malformed-encoding", detail: "The body is not gzip (RFC 1952), or ends too early. Send it as Content-Encoding says, or without." },
} as const satisfies Readonly<Record<string, Refusal>>;

export function quotaUsedUp({ quota, secondsLeft }: BrandDay): Refusal {
  return {
    kind: "quota-used-up",
    detail: "Nothing of this call was written. Send it again when the next day of the brand has begun.",
    reason: `The brand's ${quota.limit.toLocaleString("en")} calls of ${quota.day} are used up. The store's Webhook Pro lifts the limit.`,
    headers: { "Retry-After": String(secondsLeft) },
  };
}

export const MAYBE_WRITTEN =
  "The store failed while this call was being written, and nobody can tell whether it was. Send it again: with an Idempotency-Key or with deduplication it takes effect once.";

export const KEY_REUSED: Refusal = {
  kind: "idempotency-key-reused",
  detail: "Nothing of this call was written. A call with this Idempotency-Key and another body came before: send a new key with each new body.",
};

/** Seconds after which a caller may try again while the queue is full. */
const QUEUE_FULL_RETRY = 60;

export const QUEUE_FULL: Refusal = {
  kind: "queue-full",
  detail: `The webhook is paused, and ${MAX_WAITING_CALLS.toLocaleString("en")} calls wait for its end already. Nothing of this call was kept. Send it again later.`,
  reason: `${MAX_WAITING_CALLS.toLocaleString("en")} calls waited already. Resume the webhook; from then on its queue empties.`,
  headers: { "Retry-After": String(QUEUE_FULL_RETRY) },
};

export const WEBHOOK_GONE: Refusal = { kind: "no-such-webhook", detail: "The webhook was deleted while this call waited." };

export const FAILED_WHILE_WAITING: Refusal = {
  kind: "failed",
  detail: "The server could not write this call, for a cause of its own. Its log says more; then replay the call.",
};

export function notPost(method: string): Refusal {
  return {
    kind: "method-not-allowed",
    detail: "Send the JSON with POST.",
    reason: `The call used ${method}; a webhook takes POST only.`,
    headers: { Allow: "POST" },
  };
}

/** RFC 8259 section 11 registers no parameter; a `charset` that names the only encoding there is does no harm. */
const JSON_TYPE = /^application\/(?:json|[\w.!#$&^-]+\+json) *(?:;|$)/i;
/** RFC 9110 section 8.4.1.3: `x-gzip` is the same. Twice compressed is not taken. */
const GZIP = /^(?:x-)?gzip$/i;
const OTHER_CHARSET = /; *charset=(?!"?utf-?8"? *(?:;|$))/i;

export function isGzip(headers: RequestHeaders): boolean {
  return GZIP.test(codingOf(headers) ?? "");
}

/** Several headers of the name are one list. */
function codingOf(headers: RequestHeaders): string | undefined {
  const values = headers.all("content-encoding");
  return values.length === 0 ? undefined : values.join(", ");
}

export function contentProblem(headers: RequestHeaders): Refusal | undefined {
  const contentType = headers.all("content-type")[0];
  if (contentType !== "application/json" && (contentType === undefined || !JSON_TYPE.test(contentType) || OTHER_CHARSET.test(contentType))) {
    const sent = contentType === undefined ? "none" : contentType.slice(0, 100);
    return {
      kind: "unsupported-content",
      detail: "Send Content-Type: application/json, in UTF-8.",
      reason: `The Content-Type was not application/json in UTF-8 but ${sent}.`,
    };
  }
  const contentEncoding = codingOf(headers);
  if (contentEncoding !== undefined && !GZIP.test(contentEncoding) && contentEncoding.toLowerCase() !== "identity") {
    return { kind: "unsupported-content", detail: "Send the body without Content-Encoding, or with gzip.", headers: { "Accept-Encoding": "gzip, identity" } };
  }
  return undefined;
}

export function ruleBroken(errors: NonNullable<Refusal["errors"]>): Refusal {
  return {
    kind: "rule-broken",
    detail: "Nothing of this call was written. Change what errors names and send it again.",
    reason: `${errors.map(({ path, rule }) => `${path} ${rule}`).join("; ")}.`,
    // Whom a problem belongs to in the mapping is no business of the caller.
    errors: errors.map(({ path, rule }) => ({ path, rule })),
  };
}
