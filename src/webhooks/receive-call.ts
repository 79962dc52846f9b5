/**
 * One call from its head to its answer: is there such a webhook, may the caller, is the body what a webhook takes, what does it
 * write. This file owns the order of these checks and each refusal; it must not know any HTTP framework.
 */
import type { CustomerWrite } from "../customers/customer.ts";
import type { Clock } from "../lib/clock.ts";
import { newTimeOrderedId } from "../lib/id.ts";
import { RETRY_SOON } from "../lib/store-unavailable.ts";
import type { BrandDay, BrandDays } from "./brand-days.ts";
import type { Caller, Credentials } from "./authentication/authentication.ts";
import type { ReadBody } from "./body-reader.ts";
import { applyMapping, brokenKey, objectsOf } from "./field-mapping.ts";
import { keptHeaders } from "./call-headers.ts";
import type { GroupCommit } from "./group-commit.ts";
import { decodeJsonText, parseJson, type JsonDocument } from "./json-document.ts";
import { claimOf, MALFORMED_IDEMPOTENCY_KEY, parseIdempotencyKey } from "./idempotency-key.ts";
import { echo } from "./json-echo.ts";
import { acceptedAnswer, failedAnswer, notNowAnswer, refusalAnswer, type ReceiverAnswer, type Refusal } from "./receiver-answer.ts";
import type { RefusalLog } from "./refusal-log.ts";
import type { WebhookAuthentications } from "./webhook-authentication.ts";
import type { LiveWebhook, WebhookDirectory } from "./webhook-directory.ts";
import type { PendingCall } from "./webhook-store.ts";

export interface CallRequest extends Credentials {
  readonly webhookId: string;
  readonly method: string;
  /** The address without what follows its `?`. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  /** Every `Idempotency-Key` header, raw. */
  readonly idempotencyKey: readonly string[];
  /** All headers, names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Names this call in the answer and in every log. */
  readonly reference: string;
  /** Reads the body, never before the caller has proved itself: strangers cannot fill the memory. The same one where the proof has read it. */
  readBody(): Promise<ReadBody>;
}

interface ReceiveCallDeps {
  readonly directory: WebhookDirectory;
  readonly authentications: WebhookAuthentications;
  readonly days: BrandDays;
  readonly groupCommit: GroupCommit;
  readonly refusals: RefusalLog;
  readonly clock: Clock;
}

/** What is known of a call while it goes through the checks. */
interface Arrival {
  readonly webhook: LiveWebhook;
  readonly receivedAt: number;
  readonly reference: string;
  readonly headers: string;
  readonly authenticated: boolean;
  readonly caller: Caller | null;
  /** The id that the caller has signed; null where none is. */
  readonly messageId: string | null;
  /** The brand's day that the call counts for; null for strangers, and where calls are not counted. */
  readonly day: BrandDay | null;
  readonly body: string | null;
}

/** What a call that is JSON would do. */
interface Plan {
  /** Null where nothing is mapped yet, and where a rule is broken. */
  readonly writes: readonly CustomerWrite[] | null;
  readonly broken: Refusal | null;
  readonly idempotencyKey: string | null;
}

/** Tells a developer why nothing new came of a call; the word is Stripe's, there is none in the draft. */
const REPEATED = { "Idempotent-Replayed": "true" };

export class ReceiveCall {
  readonly #deps: ReceiveCallDeps;

  constructor(deps: ReceiveCallDeps) {
    this.#deps = deps;
  }

  /** Answers 2xx only after the call and everything it wrote is durable. Rejects when the store cannot be asked. */
  async receive(request: CallRequest): Promise<ReceiverAnswer> {
    const { directory, authentications, days, refusals, clock } = this.#deps;
    const webhook = await directory.find(request.webhookId);
    if (!webhook) {
      refusals.addUnknownEndpoint(request.path);
      return refusalAnswer({ kind: "no-such-webhook", detail: "Check the address: it is on the webhook's page in the console." }, request.reference);
    }
    const { reference } = request;
    const headers = keptHeaders(request.rawHeaders);
    const stranger: Arrival = {
      webhook,
      receivedAt: clock.now(),
      reference,
      headers,
      authenticated: false,
      caller: null,
      messageId: null,
      day: null,
      body: null,
    };
    if (request.method !== "POST") return this.#refuse(stranger, notPost(request.method));

    const check = await authentications.check(request, webhook);
    if (check.kind === "refused") {
      const { status, detail, reason, challenge } = check;
      return this.#refuse(
        { ...stranger, caller: check.caller },
        { kind: CREDENTIAL_PROBLEMS[status], detail, reason, headers: { "WWW-Authenticate": challenge } },
      );
    }
    if (check.kind === "no-body") return this.#refuse(stranger, BODY_PROBLEMS[check.problem]);
    const caller = { ...stranger, caller: check.caller, messageId: check.messageId ?? null, day: await days.find(webhook.brandId) };
    // As if it came from a stranger: without body, and in the bounded part of the log, because nothing else would bound it.
    if (caller.day?.isUsedUp) return this.#refuse(caller, quotaUsedUp(caller.day));
    return this.#receiveBody(request, { ...caller, authenticated: true });
  }

  async #receiveBody(request: CallRequest, known: Arrival): Promise<ReceiverAnswer> {
    const body = await request.readBody();
    if (body.kind !== "read") return this.#refuse(known, BODY_PROBLEMS[body.kind]);
    const text = decodeJsonText(body.bytes);
    // A log entry is text without NUL, which PostgreSQL does not store; no JSON holds one either.
    const arrival: Arrival = { ...known, body: text === undefined || text.includes("\u0000") ? null : text };
    const content = contentProblem(request);
    if (content) return this.#refuse(arrival, content);
    if (text === undefined) return this.#refuse(arrival, { kind: "not-json", detail: "The body is not UTF-8 (RFC 8259 section 8.1)." });
    const parsed = parseJson(text);
    if (!parsed.ok) return this.#refuse(arrival, { kind: "not-json", detail: parsed.problem });
    // A signed id is the key: a header that nobody signed must not take its place, or whoever copies a call could send it again.
    if (known.messageId !== null) return this.#write(arrival, parsed.document, known.messageId);
    const idempotencyKey = parseIdempotencyKey(request.idempotencyKey);
    if (idempotencyKey.kind === "malformed") return this.#refuse(arrival, { kind: "malformed-idempotency-key", detail: MALFORMED_IDEMPOTENCY_KEY });
    return this.#write(arrival, parsed.document, idempotencyKey.kind === "key" ? idempotencyKey.key : null);
  }

  async #write(arrival: Arrival, document: JsonDocument, idempotencyKey: string | null): Promise<ReceiverAnswer> {
    const { mapping } = arrival.webhook;
    const found = objectsOf(document);
    if (!found.ok) return this.#refuse(arrival, ruleBroken(found.problems));
    const mapped = mapping && applyMapping(mapping, document, found.objects);
    const broken = mapped?.ok === false ? ruleBroken(mapped.problems) : null;
    const writes = mapped?.ok ? mapped.writes : null;
    // A rule that is broken now may have been another one when the key was claimed: whoever repeats a call gets its answer.
    if (broken && idempotencyKey === null) return this.#refuse(arrival, broken);
    return this.#commit(arrival, document, { writes, broken, idempotencyKey });
  }

  async #commit(arrival: Arrival, document: JsonDocument, { writes, broken, idempotencyKey }: Plan): Promise<ReceiverAnswer> {
    const { webhook, receivedAt, reference, caller, day } = arrival;
    const call = this.#callOf(arrival);
    const principal = caller?.principal ?? webhook.authentication;
    const claim = idempotencyKey === null ? undefined : { ...claimOf(idempotencyKey, principal, document.text, receivedAt), onlyRepeats: broken !== null };
    const outcome = await this.#deps.groupCommit.commit({ call, writes, claim, quota: day?.quota });
    if ("callsToday" in outcome && outcome.callsToday !== undefined) day?.note(outcome.callsToday);
    switch (outcome.kind) {
      case "sample":
        return acceptedAnswer(document.text, reference, day?.headers);
      case "accepted":
        return acceptedAnswer(echo(document, outcome.customerIds), reference, day?.headers);
      case "repeated":
        return acceptedAnswer(outcome.customerIds ? echo(document, outcome.customerIds) : document.text, reference, { ...day?.headers, ...REPEATED });
      case "refused":
        return this.#refuse(arrival, ruleBroken(brokenKey(webhook.mapping!, document, outcome)));
      case "no-repeat":
        return this.#refuse(arrival, broken!);
      case "key-reused":
        return this.#refuse(arrival, KEY_REUSED);
      case "over-quota":
        day!.note(day!.quota.limit);
        return this.#refuse({ ...arrival, authenticated: false, body: null }, quotaUsedUp(day!));
      case "failed":
        return failedAnswer(reference);
      default:
        return notNowAnswer(outcome.why === "unknown" ? MAYBE_WRITTEN : "Nothing of this call was written. Send it again.", reference, day?.headers);
    }
  }

  #refuse(arrival: Arrival, refusal: Refusal): ReceiverAnswer {
    const { reference, authenticated, day } = arrival;
    if (authenticated) day?.noteRefused();
    const answer = refusalAnswer(refusal, reference, day?.headers);
    this.#deps.refusals.add({
      ...this.#callOf(arrival),
      outcome: "refused",
      status: answer.status,
      reason: refusal.reason ?? refusal.detail,
      answer: answer.body,
      customerIds: [],
      repeatOf: null,
      quota: authenticated ? day?.quota : undefined,
    });
    return answer;
  }

  /** Made when it is decided what the call is answered. */
  #callOf({ webhook, receivedAt, reference, headers, authenticated, caller, body }: Arrival): PendingCall["call"] {
    const now = this.#deps.clock.now();
    return {
      id: newTimeOrderedId(now),
      brandId: webhook.brandId,
      webhookId: webhook.id,
      receivedAt,
      duration: now - receivedAt,
      reference,
      authenticated,
      clientId: caller?.clientId ?? null,
      applicationName: caller?.applicationName ?? null,
      headers,
      body,
    };
  }
}

const CREDENTIAL_PROBLEMS = { 400: "malformed-credentials", 401: "not-authenticated", 403: "not-permitted" } as const;

const BODY_PROBLEMS = {
  "too-long": { kind: "body-too-long", detail: "A body may be 6 MB long (6,291,456 bytes). Send its objects in several calls." },
  "no-room": { kind: "not-now", detail: "Too many long bodies are being received. Send the call again.", headers: RETRY_SOON },
  gone: { kind: "body-incomplete", detail: "The connection ended before the whole body had arrived." },
} as const satisfies Readonly<Record<string, Refusal>>;

function quotaUsedUp({ quota, secondsLeft }: BrandDay): Refusal {
  return {
    kind: "quota-used-up",
    detail: "Nothing of this call was written. Send it again when the next day of the brand has begun.",
    reason: `The brand's ${quota.limit.toLocaleString("en")} calls of ${quota.day} are used up. The store's Webhook Pro lifts the limit.`,
    headers: { "Retry-After": String(secondsLeft) },
  };
}

const MAYBE_WRITTEN =
  "The store went away while this call was being written, and nobody can tell whether it was. Send it again: with an Idempotency-Key or with deduplication it takes effect once.";

const KEY_REUSED: Refusal = {
  kind: "idempotency-key-reused",
  detail: "Nothing of this call was written. A call with this Idempotency-Key and another body came before: send a new key with each new body.",
};

function notPost(method: string): Refusal {
  return {
    kind: "method-not-allowed",
    detail: "Send the JSON with POST.",
    reason: `The call used ${method}; a webhook takes POST only.`,
    headers: { Allow: "POST" },
  };
}

/** RFC 8259 section 11 registers no parameter; a `charset` that names the only encoding there is does no harm. */
const JSON_TYPE = /^application\/(?:json|[\w.!#$&^-]+\+json) *(?:;|$)/i;
const OTHER_CHARSET = /; *charset=(?!"?utf-?8"? *(?:;|$))/i;

function contentProblem({ contentType, contentEncoding }: CallRequest): Refusal | undefined {
  if (contentType !== "application/json" && (contentType === undefined || !JSON_TYPE.test(contentType) || OTHER_CHARSET.test(contentType))) {
    const sent = contentType === undefined ? "none" : contentType.slice(0, 100);
    return {
      kind: "unsupported-content",
      detail: "Send Content-Type: application/json, in UTF-8.",
      reason: `The Content-Type was not application/json in UTF-8 but ${sent}.`,
    };
  }
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity") {
    return { kind: "unsupported-content", detail: "Send the body without Content-Encoding.", headers: { "Accept-Encoding": "identity" } };
  }
  return undefined;
}

function ruleBroken(errors: NonNullable<Refusal["errors"]>): Refusal {
  return {
    kind: "rule-broken",
    detail: "Nothing of this call was written. Change what errors names and send it again.",
    reason: `${errors.map(({ path, rule }) => `${path} ${rule}`).join("; ")}.`,
    // Whom a problem belongs to in the mapping is no business of the caller.
    errors: errors.map(({ path, rule }) => ({ path, rule })),
  };
}
