/** What a webhook's endpoint answers, free of any HTTP framework; refusals as problem details (RFC 9457). */
import { RETRY_SOON } from "../../lib/store-unavailable.ts";
import { WAITING_STATUS } from "../calls/call.ts";
import type { BodyProblem } from "../mapping/field-mapping.ts";

export interface ReceiverAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Every kind of refusal: its status, and a title that is the same each time (RFC 9457 section 3.1.3). */
const PROBLEMS = {
  "no-such-webhook": [404, "There is no such webhook"],
  "method-not-allowed": [405, "A webhook takes POST only"],
  "not-authenticated": [401, "The caller did not prove itself"],
  "malformed-credentials": [400, "The credentials are malformed"],
  "not-permitted": [403, "The caller may not call webhooks"],
  "unsupported-content": [415, "The body is of a kind that is not taken"],
  "body-too-long": [413, "The body is too long"],
  "body-incomplete": [400, "The body ended too early"],
  "malformed-encoding": [400, "The body is not what its Content-Encoding says"],
  "not-json": [400, "The body is not JSON"],
  "malformed-idempotency-key": [400, "The idempotency key is malformed"],
  "idempotency-key-reused": [422, "The idempotency key belongs to another call"],
  "rule-broken": [422, "The body breaks a rule"],
  "quota-used-up": [429, "The calls of the day are used up"],
  "too-many-calls": [429, "The webhook takes fewer calls a minute"],
  "queue-full": [503, "The webhook is paused and keeps no more calls"],
  "not-now": [503, "The server cannot take this call now"],
  failed: [500, "The server failed"],
} as const satisfies Readonly<Record<string, readonly [status: number, title: string]>>;

type ProblemKind = keyof typeof PROBLEMS;

/** What the refusals of a status have in common, for people; of all statuses that refused calls in the log have. */
export const REFUSED_STATUSES: Readonly<Record<typeof WAITING_STATUS | Exclude<(typeof PROBLEMS)[ProblemKind][0], 404 | 500>, string>> = {
  202: "Refused after it had waited",
  400: "Body or credentials malformed",
  401: "Caller not authenticated",
  403: "Caller not permitted",
  405: "Not sent with POST",
  413: "Body too long",
  415: "Body not sent as JSON",
  422: "Body breaks a rule",
  429: "Too many calls",
  503: "No room for the call",
};

export interface Refusal {
  readonly kind: ProblemKind;
  /** For the caller: what to change. Never holds a value of the body. */
  readonly detail: string;
  /** For the owner, where it says more than the detail; never on the wire. */
  readonly reason?: string;
  readonly errors?: readonly BodyProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal on the wire (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly BodyProblem[];
}

/** The body of an answer that `refusalAnswer` made. */
export function readProblem(body: string): Problem {
  return JSON.parse(body) as Problem;
}

/** `headers`: more of them, besides those of the refusal. */
export function refusalAnswer(refusal: Refusal, reference: string, more?: Readonly<Record<string, string>>): ReceiverAnswer {
  const [status, title] = PROBLEMS[refusal.kind];
  const { kind, detail, errors, headers } = refusal;
  return {
    status,
    headers: { "Content-Type": "application/problem+json", "Hookgate-Reference": reference, ...more, ...headers },
    body: JSON.stringify({ type: `urn:hookgate:problem:${kind}`, title, status, detail, ...(errors && { errors }) } satisfies Problem),
  };
}

export function acceptedAnswer(body: string, reference: string, more?: Readonly<Record<string, string>>): ReceiverAnswer {
  return { status: 200, headers: { "Content-Type": "application/json", "Hookgate-Reference": reference, ...more }, body };
}

/** The call is kept, and is decided when its webhook is not paused any more. */
export function waitingAnswer(body: string, reference: string, more?: Readonly<Record<string, string>>): ReceiverAnswer {
  return { ...acceptedAnswer(body, reference, more), status: WAITING_STATUS };
}

/** Whatever was in the way is likely to be gone in a moment. */
export function notNowAnswer(detail: string, reference: string, more?: Readonly<Record<string, string>>): ReceiverAnswer {
  return refusalAnswer({ kind: "not-now", detail, headers: RETRY_SOON }, reference, more);
}

/** For a fault of our own, which says nothing of itself. */
export function failedAnswer(reference: string): ReceiverAnswer {
  return refusalAnswer({ kind: "failed", detail: "Nothing of this call was written. Give the reference to whoever runs this server." }, reference);
}
