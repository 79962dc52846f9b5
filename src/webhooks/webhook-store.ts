import type { CallQuota } from "../brands/call-quota.ts";
import type { CustomerWrite } from "../customers/customer.ts";
import type { CustomerFieldName } from "../customers/customer-fields.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import type { Call, CallOutcome, CallWithWebhookName } from "./calls/call.ts";
import type { NewCredential } from "./authentication/webhook-credential.ts";
import type { Webhook } from "./webhook.ts";

export interface WebhookWithOwner extends Webhook {
  readonly ownerName: string;
}

/** `callsAMinute`: null takes the limit away. */
export type WebhookChange = Partial<Pick<Webhook, "name" | "sensitivePaths">> & { readonly callsAMinute?: number | null } & Pick<Webhook, "updatedAt">;

export interface WebhookStore {
  /** A caller names the webhook before its brand is known, so this is the one look-up without a brand. */
  findWebhookById(webhookId: string): Promise<Webhook | undefined>;
  findWebhook(brandId: string, webhookId: string): Promise<WebhookWithOwner | undefined>;
  /** Newest first; with `ownerId` only that user's. */
  listWebhooks(brandId: string, ownerId: string | null, page: PageRequest): Promise<Page<WebhookWithOwner>>;
  /** How many `listWebhooks` would give on all its pages. */
  countWebhooks(brandId: string, ownerId: string | null): Promise<number>;
  /** With its mapping as the first version, if there is one, and its first credential, where its authentication makes such. */
  insertWebhook(webhook: Webhook, credential?: NewCredential | null): Promise<void>;
  /** False when it is gone. */
  updateWebhook(brandId: string, webhookId: string, change: WebhookChange): Promise<boolean>;
  /** The endpoint is gone from then on, with its credentials and mapping versions; its calls stay. False when it is gone already. */
  deleteWebhook(brandId: string, webhookId: string): Promise<boolean>;
}

export interface CallWithWebhook extends Call {
  readonly webhookName: string;
  /** The webhook's owner: with the admins, the only one who may see the call. */
  readonly ownerId: string;
  /** Those of the webhook, also of a deleted one: what is shown of the call went through `shownCall`. */
  readonly sensitivePaths: readonly string[];
}

/** The brand's day that a call counts for. */
export interface CountedCall {
  /** Absent where calls are not counted. */
  readonly quota?: CallQuota | undefined;
}

/** What a call with an idempotency key takes in the commit that writes it, so that whoever comes later with the key repeats it (ADR 0022). */
export interface IdempotencyClaim {
  /** Of who calls and of the key; holds within the webhook. */
  readonly digest: string;
  readonly bodyDigest: string;
  /** From then on the key is free again. */
  readonly expiresAt: number;
}

/** That a call which waits is decided now. */
export interface Draining {
  /** Why it is refused; null: it writes what it says. */
  readonly refused: Pick<Call, "reason" | "answer"> | null;
}

/** A validated call that waits for its commit. */
export interface PendingCall extends CountedCall {
  readonly call: Omit<Call, "outcome" | "status" | "reason" | "customerIds" | "answer" | "repeatOf">;
  /** What to write, one entry for each object of the body; null keeps the call as a sample. */
  readonly writes: readonly CustomerWrite[] | null;
  /** Absent where the caller sent no idempotency key. */
  readonly claim?: IdempotencyClaim | undefined;
  /** The target whose outbox holds the call from its commit on, unless it is refused or a repeat; absent where it is not forwarded. */
  readonly forwardTo?: string | undefined;
  /** It breaks a rule: it is answered if it repeats a call that did not, kept if its webhook is paused, and claims and writes nothing otherwise. */
  readonly breaksRule?: boolean | undefined;
  /** Present when `call` is in the log already, as a waiting one, and shall be decided. */
  readonly drains?: Draining | undefined;
}

/** What became of a call: it is written and in the log, or nothing of it was written, not even to the log. */
export type CommittedCall = WrittenCall | UnwrittenCall;

/** `callsToday`: how many calls of the brand's day there are with this one, where they are counted. */
export type WrittenCall = { readonly callsToday?: number | undefined } & (
  | { readonly kind: "sample" }
  | { readonly kind: "accepted"; /** One for each write, in order. */ readonly customerIds: readonly string[] }
  /** The webhook is paused, or earlier calls wait: the call is in the log as `waiting` and stands last in the queue. */
  | { readonly kind: "waiting" }
  /** The key was claimed by a call with the same body: the log has this one without its body, and nothing else was written. */
  | {
      readonly kind: "repeated";
      /** Those of the first call; null when it was kept as a sample, and while it waits. */
      readonly customerIds: readonly string[] | null;
      readonly isWaiting: boolean;
    }
);

type UnwrittenCall =
  /** A rule that only the stored customers could break. */
  | {
      readonly kind: "refused";
      /** Which of the writes, from 0. */
      readonly index: number;
      readonly reason: "key-value-missing" | "key-taken";
      /** The deduplication fields that have no value, or those whose values belong to another customer. */
      readonly fields: readonly CustomerFieldName[];
    }
  /** The key was claimed by a call with another body. */
  | { readonly kind: "key-reused" }
  /** It breaks a rule, and neither repeats another call nor is kept. */
  | { readonly kind: "no-repeat" }
  /** A waiting call was refused as the draining said: it waits no more, and the key that it had claimed is free. */
  | { readonly kind: "settled" }
  /** It should wait, and too many calls of the webhook do. */
  | { readonly kind: "queue-full" }
  /** It was to be drained, but the webhook is paused, or another call is the next one: this one was decided by somebody else, or comes later. */
  | { readonly kind: "not-next" }
  /** The store could not write this one call for a cause of its own. Its neighbours are not touched. */
  | { readonly kind: "failed"; readonly error: unknown }
  /** The brand's calls of the day are used up. */
  | { readonly kind: "over-quota" };

/** A call at an address where there is no webhook. */
export interface UnknownEndpointCall {
  readonly path: string;
  readonly receivedAt: number;
}

/** Everything that a list of calls must fit; null and absent narrow nothing. */
export interface StoredCallFilter {
  readonly webhookId: string | null;
  /** Of the webhook. */
  readonly ownerId: string | null;
  readonly outcome: CallOutcome | null;
  /** Of refused calls only. */
  readonly status?: number | null;
  /** Received at this time or later. */
  readonly since?: number | null;
  /** Received before this time. */
  readonly until?: number | null;
  readonly search?: CallSearch | null;
}

/** What somebody types who looks for a call; any of these is enough. */
export interface CallSearch {
  readonly reference: string | null;
  /** One that it wrote. */
  readonly customerId: string | null;
  /** In lower case: a part of the name of the application, or of the user, that sent it. */
  readonly sender: string | null;
}

/** Calls by their ids, which sort by time. */
export interface CallSpan {
  /** Not with this one. */
  readonly afterId: string;
  /** And with this one. */
  readonly throughId: string;
}

export interface CallStore {
  /**
   * Writes a batch of calls with everything they do, in one durable commit, in order of arrival; the answer at position n is for call n. Each call
   * is whole or not at all, and a refused one never fails its neighbours. Calls with one deduplication key never make two customers, and of those
   * with one live claim exactly one is written, in whatever batch or process; the others wait for it and repeat it, or are told that the key is taken.
   * Forwarded ones are in the outbox with the same commit; a target that is gone by then gets nothing.
   * Calls of a webhook that is paused or has waiting calls wait behind them, except replays; which is so is decided in the commit, so that none overtakes
   * another, in whatever process. A waiting call is decided once, in its turn (`drains`), in the commit that writes what it does.
   * Counted calls are counted in the same commit, and at no moment more of them are written than the quota allows.
   * Rejects when the commit failed: then nothing of the batch was written.
   */
  commitCalls(batch: readonly PendingCall[]): Promise<readonly CommittedCall[]>;
  /**
   * Adds refused calls to the log and counts those that are counted, be the quota used up or not; of unauthenticated ones the newest
   * UNAUTHENTICATED_CALLS_KEPT a webhook stay.
   */
  insertRefusedCalls(calls: readonly (Call & CountedCall)[]): Promise<void>;
  /**
   * Deletes a customer, with its deduplication keys, and puts `{"erased":true}` in place of each object of the kept bodies that made or updated it, a bounded
   * step a transaction; the customer goes with the last one, so that whatever breaks off can be done again. False when there is no such customer.
   */
  eraseCustomer(brandId: string, customerId: string): Promise<boolean>;
  /** How many counted calls a day of the brand has; days that are long past are forgotten. */
  countCallsOfDay(brandId: string, day: string): Promise<number>;
  findCall(brandId: string, callId: string): Promise<CallWithWebhook | undefined>;
  /**
   * Newest first. What an index knows (all but `search`) narrows the list itself. A search looks at MAX_SEARCHED calls of it at a time: its page may be
   * short, or empty, and still have a next one. A reference of a call that was not accepted is found wherever it stands.
   */
  listCalls(brandId: string, filter: StoredCallFilter, page: PageRequest): Promise<Page<CallWithWebhookName>>;
  /** These calls whole, in the order of their ids here, without those that are gone: as many of the first as have bodies of so many bytes together, and one at least. */
  readCalls(brandId: string, callIds: readonly string[], maxBytes: number): Promise<readonly CallWithWebhook[]>;
  /** The replays of a call, newest first. */
  listReplaysOf(brandId: string, callId: string, limit: number): Promise<readonly CallWithWebhookName[]>;
  /**
   * The ids of refused calls that could be written once more, oldest first: a caller's, with a body, and with no replay that was accepted. After
   * one id, and through another.
   */
  listReplayable(brandId: string, webhookId: string, span: CallSpan, limit: number): Promise<readonly string[]>;
  /** The newest call of the webhook that carries a JSON body to map: authenticated, and not refused as something that is no JSON. */
  findNewestSample(brandId: string, webhookId: string): Promise<Call | undefined>;
  /** A call at an address where there is no webhook, for the operator. The newest 1,000 stay. */
  insertUnknownEndpointCall(path: string, now: number): Promise<void>;
  /** Newest first. */
  listUnknownEndpointCalls(page: PageRequest): Promise<Page<UnknownEndpointCall>>;
}
