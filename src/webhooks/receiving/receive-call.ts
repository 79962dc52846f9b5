/**
 * One call from its head to its answer: is there such a webhook, may the caller, is the body what a webhook takes, what does it
 * write. This file owns the order of these checks and each refusal; it must not know any HTTP framework.
 */
import type { Clock } from "../../lib/clock.ts";
import { newTimeOrderedId } from "../../lib/id.ts";
import { RequestHeaders } from "../../lib/request-headers.ts";
import { whenKnown, type Soon } from "../../lib/soon.ts";
import type { BrandDay, BrandDays } from "./brand-days.ts";
import type { Caller, Credentials } from "../authentication/authentication.ts";
import type { Call, ConsoleOrigin } from "../calls/call.ts";
import type { ReadBody, UnzippedBody } from "./body-reader.ts";
import { planCall, type CallPlan } from "./call-plan.ts";
import { brokenKey } from "../mapping/field-mapping.ts";
import { keptHeaders } from "./call-headers.ts";
import type { GroupCommit } from "./group-commit.ts";
import { decodeJsonText } from "../json/decode-json-text.ts";
import { parseJson, type JsonDocument } from "../json/json-document.ts";
import { claimOf, MALFORMED_IDEMPOTENCY_KEY, parseIdempotencyKey } from "./idempotency-key.ts";
import { echo } from "../json/json-echo.ts";
import {
  BODY_PROBLEMS,
  contentProblem,
  CREDENTIAL_PROBLEMS,
  isGzip,
  KEY_REUSED,
  MAYBE_WRITTEN,
  notPost,
  QUEUE_FULL,
  quotaUsedUp,
  ruleBroken,
} from "./call-refusals.ts";
import type { ConsoleUser } from "../calls/replay.ts";
import type { RateLimits } from "./rate-limits.ts";
import { acceptedAnswer, failedAnswer, notNowAnswer, refusalAnswer, waitingAnswer, type ReceiverAnswer, type Refusal } from "./receiver-answer.ts";
import type { RefusalLog } from "./refusal-log.ts";
import type { WebhookAuthentications } from "../authentication/webhook-authentication.ts";
import type { LiveWebhook, WebhookDirectory } from "../webhook-directory.ts";
import type { PendingCall } from "../webhook-store.ts";

export interface CallRequest extends Credentials {
  readonly webhookId: string;
  readonly method: string;
  /** The address without what follows its `?`. */
  readonly path: string;
  /** Names this call in the answer and in every log. */
  readonly reference: string;
  /** Reads the body, never before the caller has proved itself: strangers cannot fill the memory. The same one where the proof has read it. */
  readBody(): Soon<ReadBody>;
  /** What was compressed into the bytes that were read. */
  unzipBody(bytes: Buffer): Promise<UnzippedBody>;
}

interface ReceiveCallDeps {
  readonly directory: WebhookDirectory;
  readonly authentications: WebhookAuthentications;
  readonly days: BrandDays;
  readonly rateLimits: RateLimits;
  readonly groupCommit: GroupCommit;
  readonly refusals: RefusalLog;
  /** Told that something was put into the outbox of a target. */
  readonly onForwarded: (targetId: string) => void;
  readonly clock: Clock;
}

/** What is known of a call while it goes through the checks. */
interface Arrival {
  readonly webhook: LiveWebhook;
  readonly receivedAt: number;
  readonly reference: string;
  readonly headers: RequestHeaders;
  readonly authenticated: boolean;
  readonly caller: Caller | null;
  /** The id that the caller has signed; null where none is. */
  readonly messageId: string | null;
  /** The brand's day that the call counts for; null for strangers, and where calls are not counted. */
  readonly day: BrandDay | null;
  readonly body: string | null;
  /** Of a call that no caller sent: who did, and the id that it has in the log. */
  readonly fromConsole?: ConsoleOrigin;
  readonly callId?: string;
}

/** What became of a call that a user of the console caused: it is in the log under its id, unless the status is 500 or above. */
export interface ConsoleAnswer extends ReceiverAnswer {
  readonly callId: string;
}

/** Of a call that comes from the console. */
const NO_HEADERS = new RequestHeaders([]);

/** Tells a developer why nothing new came of a call; the word is Stripe's, there is none in the draft. */
const REPEATED = { "Idempotent-Replayed": "true" };

export class ReceiveCall {
  readonly #deps: ReceiveCallDeps;

  constructor(deps: ReceiveCallDeps) {
    this.#deps = deps;
  }

  /** Answers 2xx only after the call and everything it wrote is durable. Rejects when the store cannot be asked. */
  async receive(request: CallRequest): Promise<ReceiverAnswer> {
    const { directory, authentications, days, rateLimits, refusals, clock } = this.#deps;
    const webhook = await directory.find(request.webhookId);
    if (!webhook) {
      refusals.addUnknownEndpoint(request.path);
      return refusalAnswer({ kind: "no-such-webhook", detail: "Check the address: it is on the webhook's page in the console." }, request.reference);
    }
    const { reference, headers } = request;
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

    const checking = authentications.check(request, webhook);
    const check = checking instanceof Promise ? await checking : checking;
    if (check.kind === "refused") {
      const { status, detail, reason, challenge } = check;
      return this.#refuse(
        { ...stranger, caller: check.caller },
        { kind: CREDENTIAL_PROBLEMS[status], detail, reason, headers: { "WWW-Authenticate": challenge } },
      );
    }
    if (check.kind === "no-body") return this.#refuse(stranger, BODY_PROBLEMS[check.problem]);
    const tooMany = rateLimits.take(webhook);
    if (tooMany) return this.#refuse({ ...stranger, caller: check.caller }, tooMany);
    const caller = { ...stranger, caller: check.caller, messageId: check.messageId ?? null, day: await days.find(webhook.brandId) };
    // As if it came from a stranger: without body, and in the bounded part of the log, because nothing else would bound it.
    if (caller.day?.isUsedUp) return this.#refuse(caller, quotaUsedUp(caller.day));
    return this.#receiveBody(request, { ...caller, authenticated: true });
  }

  #receiveBody(request: CallRequest, known: Arrival): Soon<ReceiverAnswer> {
    return whenKnown(request.readBody(), (sent) => {
      const body = sent.kind === "read" && request.headers.make(isGzip) ? request.unzipBody(sent.bytes) : sent;
      return whenKnown(body, (unzipped) => this.#readText(request, known, unzipped));
    });
  }

  #readText(request: CallRequest, known: Arrival, body: UnzippedBody): Soon<ReceiverAnswer> {
    if (body.kind !== "read") return this.#refuse(known, BODY_PROBLEMS[body.kind]);
    const text = decodeJsonText(body.bytes);
    // A log entry is text without NUL, which PostgreSQL does not store; no JSON holds one either.
    const arrival: Arrival = { ...known, body: text === undefined || text.includes("\u0000") ? null : text };
    const content = request.headers.make(contentProblem);
    if (content) return this.#refuse(arrival, content);
    if (text === undefined) return this.#refuse(arrival, { kind: "not-json", detail: "The body is not UTF-8 (RFC 8259 section 8.1)." });
    return this.#parse(arrival, text, request.headers.all("idempotency-key"));
  }

  /** A call that a user of the console sends; the session stands for the credentials. From there on it is like any other. Undefined: no such webhook. */
  async receiveTest(webhookId: string, text: string, user: ConsoleUser, reference: string): Promise<ConsoleAnswer | undefined> {
    const { directory, days } = this.#deps;
    const webhook = await directory.find(webhookId);
    if (!webhook) return undefined;
    const day = await days.find(webhook.brandId);
    const arrival = this.#consoleArrival(webhook, text, { ...user, replayOf: null }, reference, day);
    const answer = day?.isUsedUp ? await this.#refuse({ ...arrival, day: null }, quotaUsedUp(day)) : await this.#parse(arrival, text, []);
    return { ...answer, callId: arrival.callId };
  }

  /**
   * Writes the body of an earlier call once more, with the present mapping; objects that wrote a customer before write the same one again. It
   * is not counted for the quota: the earlier call was. Undefined: no such webhook.
   */
  async replay(call: Pick<Call, "id" | "webhookId">, body: string, user: ConsoleUser, reference: string): Promise<ConsoleAnswer | undefined> {
    const webhook = await this.#deps.directory.find(call.webhookId);
    if (!webhook) return undefined;
    const arrival = this.#consoleArrival(webhook, body, { ...user, replayOf: call.id }, reference, null);
    // The earlier call has the body.
    const answer = await this.#parse({ ...arrival, body: null }, body, []);
    return { ...answer, callId: arrival.callId };
  }

  #consoleArrival(webhook: LiveWebhook, body: string, origin: ConsoleOrigin, reference: string, day: BrandDay | null) {
    const receivedAt = this.#deps.clock.now();
    const callId = newTimeOrderedId(receivedAt);
    return {
      webhook,
      receivedAt,
      reference,
      headers: NO_HEADERS,
      authenticated: true,
      caller: null,
      messageId: null,
      day,
      body,
      fromConsole: origin,
      callId,
    } satisfies Arrival;
  }

  #parse(arrival: Arrival, text: string, idempotencyKeys: readonly string[]): Soon<ReceiverAnswer> {
    const parsed = parseJson(text);
    if (!parsed.ok) return this.#refuse(arrival, { kind: "not-json", detail: parsed.problem });
    // A signed id is the key: a header that nobody signed must not take its place, or whoever copies a call could send it again.
    if (arrival.messageId !== null) return this.#write(arrival, parsed.document, arrival.messageId);
    const idempotencyKey = parseIdempotencyKey(idempotencyKeys);
    if (idempotencyKey.kind === "malformed") return this.#refuse(arrival, { kind: "malformed-idempotency-key", detail: MALFORMED_IDEMPOTENCY_KEY });
    return this.#write(arrival, parsed.document, idempotencyKey.kind === "key" ? idempotencyKey.key : null);
  }

  #write(arrival: Arrival, document: JsonDocument, idempotencyKey: string | null): Soon<ReceiverAnswer> {
    const plan = planCall(arrival.webhook.mapping, document);
    if ("noObjects" in plan) return this.#refuse(arrival, plan.noObjects);
    // A rule that is broken now may have been another one when the key was claimed: whoever repeats a call gets its answer. And while the webhook is
    // paused it may become another one. Whether it still is paused the commit decides.
    if (plan.broken && idempotencyKey === null && !arrival.webhook.isPaused) return this.#refuse(arrival, plan.broken);
    return this.#commit(arrival, document, plan, idempotencyKey);
  }

  async #commit(arrival: Arrival, document: JsonDocument, { writes, broken }: CallPlan, idempotencyKey: string | null): Promise<ReceiverAnswer> {
    const { webhook, receivedAt, reference, caller, day } = arrival;
    const call = this.#callOf(arrival);
    const principal = caller?.principal ?? webhook.authentication;
    const claim = idempotencyKey === null ? undefined : claimOf(idempotencyKey, principal, document.text, receivedAt);
    const outcome = await this.#deps.groupCommit.commit({ call, writes, claim, breaksRule: broken !== null, quota: day?.quota, forwardTo: webhook.targetId });
    if (webhook.targetId !== undefined && (outcome.kind === "accepted" || outcome.kind === "sample")) this.#deps.onForwarded(webhook.targetId);
    if ("callsToday" in outcome && outcome.callsToday !== undefined) day?.note(outcome.callsToday);
    switch (outcome.kind) {
      case "sample":
        return acceptedAnswer(document.text, reference, day?.headers);
      case "accepted":
        return acceptedAnswer(echo(document, outcome.customerIds), reference, day?.headers);
      case "waiting":
        return waitingAnswer(document.text, reference, day?.headers);
      case "repeated":
        if (outcome.isWaiting) return waitingAnswer(document.text, reference, { ...day?.headers, ...REPEATED });
        return acceptedAnswer(outcome.customerIds ? echo(document, outcome.customerIds) : document.text, reference, { ...day?.headers, ...REPEATED });
      case "refused":
        return this.#refuse(arrival, ruleBroken(brokenKey(webhook.mapping!, document, outcome)));
      case "no-repeat":
        return this.#refuse(arrival, broken!);
      case "key-reused":
        return this.#refuse(arrival, KEY_REUSED);
      case "queue-full":
        return this.#refuse(arrival, QUEUE_FULL);
      case "over-quota":
        day!.note(day!.quota.limit);
        return this.#refuse({ ...arrival, authenticated: false, body: null }, quotaUsedUp(day!));
      case "failed":
        return failedAnswer(reference);
      case "not-committed":
        return notNowAnswer(outcome.why === "unknown" ? MAYBE_WRITTEN : "Nothing of this call was written. Send it again.", reference, day?.headers);
      default:
        throw new Error(`A call that does not wait cannot be ${outcome.kind}.`);
    }
  }

  #refuse(arrival: Arrival, refusal: Refusal): Soon<ReceiverAnswer> {
    const { reference, authenticated, day, fromConsole } = arrival;
    if (authenticated) day?.noteRefused();
    const answer = refusalAnswer(refusal, reference, day?.headers);
    if (!fromConsole && !this.#deps.refusals.takes(arrival.webhook.id, authenticated)) return answer;
    const call = {
      ...this.#callOf(arrival),
      outcome: "refused" as const,
      status: answer.status,
      reason: refusal.reason ?? refusal.detail,
      answer: answer.body,
      customerIds: [],
      repeatOf: null,
      quota: authenticated ? day?.quota : undefined,
    };
    // Who sees the answer on a page goes on to the log from there.
    if (fromConsole) return this.#deps.refusals.addNow(call).then(() => answer);
    this.#deps.refusals.add(call);
    return answer;
  }

  /** Made when it is decided what the call is answered. */
  #callOf({ webhook, receivedAt, reference, headers, authenticated, caller, body, fromConsole, callId }: Arrival): PendingCall["call"] {
    const now = this.#deps.clock.now();
    return {
      id: callId ?? newTimeOrderedId(now),
      brandId: webhook.brandId,
      webhookId: webhook.id,
      receivedAt,
      duration: now - receivedAt,
      reference,
      authenticated,
      clientId: caller?.clientId ?? null,
      applicationName: caller?.applicationName ?? null,
      headers: headers.make(keptHeaders),
      body,
      ...(fromConsole && { fromConsole }),
    };
  }
}
