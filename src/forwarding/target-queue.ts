import type { Clock } from "../lib/clock.ts";
import { DAY, SECOND } from "../lib/clock.ts";
import { timeOfId } from "../lib/id.ts";
import type { AttemptFailure } from "./attempt-failure.ts";
import { pauseAfter, waitAfter } from "./backoff.ts";
import type { OutboxStore, RecordedAttempt } from "./forwarding-store.ts";
import type { MessageSender } from "./message-sender.ts";
import type { SendingSlots } from "./sending-slots.ts";
import { ORDERED_WITH_ALL, type ForwardingTarget, type OutboxMessage } from "./target.ts";

interface TargetQueueDeps {
  readonly outbox: Pick<OutboxStore, "listMessages" | "findNextMessage">;
  readonly sender: Pick<MessageSender, "send">;
  /** Resolves when the attempt is durable. */
  readonly record: (attempt: RecordedAttempt) => Promise<void>;
  readonly slots: SendingSlots;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly onDelivered: (seconds: number) => void;
  /** The queue has stopped, and must be opened anew. */
  readonly onFailure: (error: unknown) => void;
}

/** Messages that one target gets at once; while it fails, one. */
const MAX_AT_ONCE = 8;
/** Order keys with a message that is being sent or waits to be sent again. When there are as many, the target takes next to nothing, and the rest can wait. */
const MAX_OPEN_KEYS = 1_000;
/** Messages that are read from the outbox together. */
const PAGE = 100;
/** How long a dead message is kept. */
const KEPT_DEAD = 30 * DAY;

/** The first message of an order key, before which none of the key is sent. */
interface OpenKey {
  message: OutboxMessage;
  isSending: boolean;
  /** More of the key were passed over behind it. */
  hasMore: boolean;
}

/**
 * What waits for one target, while this process has its lease. Walks through the outbox once, in order: the first message of each key is sent, the others of
 * the key are passed over and looked for when it is their turn. So a message that the target does not take holds up those of its key and no other, and
 * memory is bounded however many wait. The next message of a key is sent only after it is durable that the one before is done.
 */
export class TargetQueue {
  readonly #deps: TargetQueueDeps;
  #target: ForwardingTarget;
  readonly #open = new Map<string, OpenKey>();
  /** Read and not looked at yet. */
  #read: OutboxMessage[] = [];
  #readThrough = 0;
  /** All up to here were given an open key or passed over. */
  #placedThrough = 0;
  #mayHaveMore = true;
  #sending = 0;
  /** While the target fails: how often in a row, and until when nothing is sent. */
  #failures = 0;
  #resumesAt = 0;
  readonly #breakOff = new AbortController();
  #walking = false;
  #walkAgain = false;
  #isStopped = false;
  readonly #idle: (() => void)[] = [];

  constructor(target: ForwardingTarget, deps: TargetQueueDeps) {
    this.#target = target;
    this.#deps = deps;
  }

  /** Nothing waits, as far as it is known. */
  get isEmpty(): boolean {
    return this.#open.size === 0 && this.#read.length === 0 && !this.#mayHaveMore;
  }

  /** The target as it is now. When it was changed, everything is tried at once: whoever changes it wants to see whether it works. */
  update(target: ForwardingTarget): void {
    if (target.updatedAt !== this.#target.updatedAt) {
      this.#resumesAt = 0;
      for (const key of this.#open.values()) if (!key.isSending) key.message = { ...key.message, dueAt: 0 };
      this.#read = this.#read.map((message) => ({ ...message, dueAt: 0 }));
    }
    this.#target = target;
  }

  /** There may be new messages, or it may be time for old ones. */
  wake(): void {
    this.#mayHaveMore = true;
    void this.#walk();
  }

  /** Begins nothing any more; resolves when what was being sent is done. */
  async close(): Promise<void> {
    this.#isStopped = true;
    if (this.#sending > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Breaks off what is being sent: somebody else may send it from now on. */
  abandon(): void {
    this.#isStopped = true;
    this.#breakOff.abort();
  }

  async #walk(): Promise<void> {
    if (this.#walking) {
      this.#walkAgain = true;
      return;
    }
    this.#walking = true;
    try {
      do {
        this.#walkAgain = false;
        if (this.#isStopped || this.#deps.clock.now() < this.#resumesAt) break;
        await this.#readOn();
        this.#sendWhatIsDue();
      } while (this.#walkAgain);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#walking = false;
    }
  }

  async #readOn(): Promise<void> {
    this.#place();
    while (this.#mayHaveMore && this.#read.length === 0 && this.#open.size < MAX_OPEN_KEYS) {
      const page = await this.#deps.outbox.listMessages(this.#target.id, this.#readThrough, PAGE);
      this.#mayHaveMore = page.length === PAGE;
      this.#readThrough = page.at(-1)?.position ?? this.#readThrough;
      this.#read.push(...page);
      this.#place();
    }
  }

  /** Takes messages from those that were read, as long as their order lets them be placed. */
  #place(): void {
    let placed = 0;
    for (const message of this.#read) {
      const { orderKey } = message;
      const key = this.#open.get(orderKey);
      const mustWait = this.#open.has(ORDERED_WITH_ALL) || (orderKey === ORDERED_WITH_ALL ? this.#open.size > 0 : !key && this.#open.size >= MAX_OPEN_KEYS);
      if (mustWait) break;
      if (key) key.hasMore = true;
      else this.#open.set(orderKey, { message, isSending: false, hasMore: false });
      this.#placedThrough = message.position;
      placed += 1;
    }
    this.#read.splice(0, placed);
  }

  #sendWhatIsDue(): void {
    const { clock, slots } = this.#deps;
    const now = clock.now();
    for (const key of this.#open.values()) {
      if (this.#isStopped || now < this.#resumesAt || this.#sending >= (this.#failures > 0 ? 1 : MAX_AT_ONCE)) return;
      if (key.isSending || key.message.dueAt > now) continue;
      if (!slots.take(this)) return;
      key.isSending = true;
      this.#sending += 1;
      void this.#send(key);
    }
  }

  async #send(key: OpenKey): Promise<void> {
    const { sender, record, slots, clock } = this.#deps;
    const { message } = key;
    const begunAt = clock.now();
    try {
      const failed = await sender.send(this.#target, message, this.#breakOff.signal);
      if (!this.#breakOff.signal.aborted) {
        const attempt = this.#attemptOf(message, failed);
        this.#noteHealth(failed, begunAt);
        await record(attempt);
        if (attempt.outcome.kind === "delivered") this.#deps.onDelivered((attempt.at - timeOfId(message.callId)) / SECOND);
        if (attempt.outcome.kind === "failed") key.message = { ...message, attempts: attempt.outcome.attempts, dueAt: attempt.outcome.dueAt };
        else await this.#goOn(key);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      key.isSending = false;
      this.#sending -= 1;
      slots.giveBack();
      if (this.#sending === 0) for (const resolve of this.#idle.splice(0)) resolve();
      void this.#walk();
    }
  }

  #attemptOf(message: OutboxMessage, failed: AttemptFailure | null): RecordedAttempt {
    const at = this.#deps.clock.now();
    if (!failed) return { message, at, outcome: { kind: "delivered" } };
    const attempts = message.attempts + 1;
    const { failure } = failed;
    if (attempts >= failed.maxAttempts) return { message, at, outcome: { kind: "dead", failure, attempts, expiresAt: at + KEPT_DEAD } };
    return { message, at, outcome: { kind: "failed", failure, attempts, dueAt: at + waitAfter(attempts, this.#deps.random()) } };
  }

  /** Of messages that were sent together and failed together, the first one counts and pauses the target. */
  #noteHealth(failed: AttemptFailure | null, begunAt: number): void {
    if (!failed?.isOfTarget) {
      this.#failures = 0;
      this.#resumesAt = 0;
    } else if (begunAt >= this.#resumesAt) {
      this.#failures += 1;
      this.#resumesAt = this.#deps.clock.now() + pauseAfter(this.#failures, this.#deps.random());
    }
  }

  /** To the next message of the key, if there is one. */
  async #goOn(key: OpenKey): Promise<void> {
    const { orderKey } = key.message;
    while (key.hasMore) {
      key.hasMore = false; // What is passed over meanwhile sets it again.
      const next = await this.#deps.outbox.findNextMessage(this.#target.id, orderKey, key.message.position, this.#placedThrough);
      if (next) {
        key.message = next;
        key.hasMore = true;
        return;
      }
    }
    this.#open.delete(orderKey);
  }

  #fail(error: unknown): void {
    if (this.#isStopped) return;
    this.abandon();
    this.#deps.onFailure(error);
  }
}
