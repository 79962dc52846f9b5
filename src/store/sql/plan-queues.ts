/** The queues of waiting calls that one batch touches: what is held, and what is drained (ADR 0029). */
import { MAX_WAITING_CALLS } from "../../webhooks/calls/call.ts";
import type { PendingCall } from "../../webhooks/webhook-store.ts";
import type { Columns } from "./call-row.ts";
import type { Schema } from "./schema.ts";

/** What is stored of a webhook that is paused or has waiting calls. */
export interface StoredQueue {
  readonly isPaused: boolean;
  /** Positions of the first and the last waiting call, without gaps in between; the first is greater when none waits. */
  readonly head: number;
  readonly tail: number;
}

export interface QueuedCall {
  readonly brandId: string;
  readonly webhookId: string;
  readonly position: number;
  readonly callId: string;
  /** The idempotency key that it has claimed. */
  readonly claimDigest: string | null;
}

/** What queues are planned on. */
export interface StoredQueues {
  /** Undefined when the webhook is not paused and no call waits. */
  findQueue(brandId: string, webhookId: string): StoredQueue | undefined;
  /** The first waiting calls in order, MAX_DRAINED at most. */
  listWaiting(brandId: string, webhookId: string): readonly QueuedCall[];
}

interface Queue extends StoredQueue {
  head: number;
  tail: number;
  drained: number;
}

export class PlannedQueues {
  readonly added: QueuedCall[] = [];
  readonly drained: QueuedCall[] = [];
  readonly #stored: StoredQueues;
  readonly #queues = new Map<string, Queue | null>();

  constructor(stored: StoredQueues) {
    this.#stored = stored;
  }

  /** Whether the call must wait. One that breaks a rule waits for the end of a pause, in which the rule may change, but not for other calls. */
  holds({ call, breaksRule }: PendingCall): boolean {
    const queue = this.#find(call);
    // A replay is a wish of this moment, about a call that was decided already.
    if (!queue || call.fromConsole?.replayOf) return false;
    return queue.isPaused || (!breaksRule && queue.head <= queue.tail);
  }

  /** False when the queue is full. */
  add({ id: callId, brandId, webhookId }: PendingCall["call"], claimDigest: string | null): boolean {
    const queue = this.#find({ brandId, webhookId })!;
    if (queue.tail - queue.head + 1 >= MAX_WAITING_CALLS) return false;
    queue.tail += 1;
    this.added.push({ brandId, webhookId, position: queue.tail, callId, claimDigest });
    return true;
  }

  /** The call's place, when it is the next to be decided; undefined while the webhook is paused, and when it is decided already. */
  findNext({ id, brandId, webhookId }: PendingCall["call"]): QueuedCall | undefined {
    const queue = this.#find({ brandId, webhookId });
    if (!queue || queue.isPaused) return undefined;
    const next = this.#stored.listWaiting(brandId, webhookId)[queue.drained];
    return next?.callId === id ? next : undefined;
  }

  takeNext(next: QueuedCall): void {
    const queue = this.#find(next)!;
    queue.drained += 1;
    queue.head = next.position + 1;
    this.drained.push(next);
  }

  /** Brands of which a queue has become empty. */
  get emptied(): readonly string[] {
    const brandIds = this.drained.filter((call) => this.#find(call)!.head > this.#find(call)!.tail).map(({ brandId }) => brandId);
    return [...new Set(brandIds)];
  }

  #find({ brandId, webhookId }: Pick<QueuedCall, "brandId" | "webhookId">): Queue | null {
    const key = `${brandId} ${webhookId}`;
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      const stored = this.#stored.findQueue(brandId, webhookId);
      this.#queues.set(key, (queue = stored ? { ...stored, drained: 0 } : null));
    }
    return queue;
  }
}

/** Both databases. Of one webhook; without rows there is no such webhook. */
export const QUEUE_COLUMNS = `w.paused_at,
  (select min(q.position) from waiting_calls as q where q.brand_id = w.brand_id and q.webhook_id = w.id) as head,
  (select max(q.position) from waiting_calls as q where q.brand_id = w.brand_id and q.webhook_id = w.id) as tail`;

/** `QUEUE_COLUMNS` of a row. */
export interface QueueRow {
  readonly paused_at: number | null;
  readonly head: number | null;
  readonly tail: number | null;
}

export function toQueue({ paused_at: pausedAt, head, tail }: QueueRow): StoredQueue | undefined {
  if (pausedAt === null && head === null) return undefined;
  return { isPaused: pausedAt !== null, head: head ?? 1, tail: tail ?? 0 };
}

/** Every column of `waiting_calls`. */
export const WAITING_COLUMNS: Columns<QueuedCall> = {
  brand_id: ["text", (call) => call.brandId],
  webhook_id: ["text", (call) => call.webhookId],
  position: ["bigint", (call) => call.position],
  call_id: ["text", (call) => call.callId],
  claim_digest: ["text", (call) => call.claimDigest],
};

export type WaitingRow = Schema["waiting_calls"];

export function toQueuedCall(row: WaitingRow): QueuedCall {
  return { brandId: row.brand_id, webhookId: row.webhook_id, position: row.position, callId: row.call_id, claimDigest: row.claim_digest };
}

/** Sets anew whether a webhook of the brand holds calls; needs a `where`. The brand is locked, and that in a statement before this one. */
export const COUNT_HELD = `update brands set holds_calls = case
    when exists (select 1 from webhooks as w where w.brand_id = brands.id and w.paused_at is not null)
      or exists (select 1 from waiting_calls as q where q.brand_id = brands.id) then 1 else 0 end`;
