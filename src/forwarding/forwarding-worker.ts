import { channel } from "node:diagnostics_channel";
import type { LeaseStore } from "../jobs/lease-store.ts";
import { SECOND, type Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import { TurnGroups } from "../lib/turn-groups.ts";
import type { OutboxStore, RecordedAttempt } from "./forwarding-store.ts";
import type { MessageSender } from "./message-sender.ts";
import { SendingSlots } from "./sending-slots.ts";
import { TargetQueue } from "./target-queue.ts";

interface ForwardingWorkerDeps {
  readonly outbox: OutboxStore;
  readonly leases: LeaseStore;
  readonly sender: Pick<MessageSender, "send">;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
  readonly random?: () => number;
}

/** The diagnostics channel on which each delivery is told, for whoever measures: seconds from the call's arrival. */
export const DELIVERIES = "hookgate:deliveries";
const deliveries = channel(DELIVERIES);

/** Between two looks for work, for leases that run out, and for what it is time to send again. */
const TICK = SECOND / 2;
/** How long a target stays with a process that does not answer any more. */
export const LEASE = 6 * SECOND;
/** A lease is prolonged when it has this long to go, and what is being sent is broken off when it has run out to this. */
const PROLONG_AT = 4 * SECOND;
const GIVE_UP_AT = SECOND;
/** Until a target that another process has is asked for again. */
const ASK_AGAIN = SECOND;
/** Targets that one look finds, and that one process works for. */
const MAX_FOUND = 500;
const MAX_HELD = 500;
/** Messages without a target that one look deletes. */
const MAX_LEFT_OVER = 500;
/** Attempts in one commit. */
const MAX_RECORDED = 64;

interface HeldTarget {
  readonly queue: TargetQueue;
  leasedUntil: number;
}

/**
 * Sends what is in the outbox. A target belongs to the process that has its lease, so that no two send to it at once; one that dies leaves its targets to
 * whoever asks after the leases' end. At least once: what was sent and not recorded before a crash is sent again under the same id.
 */
export class ForwardingWorker {
  readonly #deps: ForwardingWorkerDeps;
  readonly #holder = newRandomId();
  readonly #held = new Map<string, HeldTarget>();
  /** Targets that are just being taken, or that another process has: not to be asked for before this time. */
  readonly #notBefore = new Map<string, number>();
  readonly #slots = new SendingSlots();
  readonly #recorder = new TurnGroups<{ readonly attempt: RecordedAttempt; readonly resolve: () => void; readonly reject: (error: unknown) => void }>({
    limit: MAX_RECORDED,
    run: async (group) => {
      try {
        await this.#deps.outbox.recordAttempts(group.map(({ attempt }) => attempt));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    },
  });
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | null = null;
  #foundThrough = "";
  #isFailing = false;
  #closing = false;

  constructor(deps: ForwardingWorkerDeps) {
    this.#deps = deps;
  }

  /** Looks for work from now on. */
  start(): void {
    this.#timer = setInterval(() => void this.tick(), TICK).unref();
  }

  /** Something was just put into the target's outbox. */
  readonly wake = (targetId: string): void => {
    const held = this.#held.get(targetId);
    if (held) held.queue.wake();
    else if (!this.#notBefore.has(targetId)) void this.#attempt(() => this.#take(targetId));
  };

  /** One look: prolongs leases, takes targets for which something waits, and lets queues send what is due. */
  tick(): Promise<void> {
    this.#ticking ??= this.#attempt(() => this.#look()).finally(() => (this.#ticking = null));
    return this.#ticking;
  }

  /** Waits for the targets that are just being sent to, as long as they are ours. The rest waits for the next process. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#timer);
    await this.#ticking;
    const now = this.#deps.clock.now();
    await Promise.all(
      [...this.#held].map(async ([targetId, { queue, leasedUntil }]) => {
        const cutOff = setTimeout(() => queue.abandon(), Math.max(0, leasedUntil - now - GIVE_UP_AT));
        await queue.close();
        clearTimeout(cutOff);
        await this.#attempt(() => this.#giveBack(targetId));
      }),
    );
  }

  async #look(): Promise<void> {
    const { clock, outbox } = this.#deps;
    const now = clock.now();
    for (const [targetId, held] of this.#held) {
      if (held.leasedUntil - now <= GIVE_UP_AT) this.#drop(targetId);
    }
    for (const [targetId, notBefore] of this.#notBefore) if (notBefore <= now) this.#notBefore.delete(targetId);
    await this.#prolong(now);
    const found = await outbox.listTargetsWithMessages(this.#foundThrough, MAX_FOUND);
    this.#foundThrough = found.length === MAX_FOUND ? found.at(-1)! : "";
    for (const targetId of found) {
      if (!this.#held.has(targetId) && !this.#notBefore.has(targetId) && this.#held.size < MAX_HELD) await this.#take(targetId);
    }
    for (const { queue } of this.#held.values()) queue.wake();
  }

  async #prolong(now: number): Promise<void> {
    const due = [...this.#held].filter(([, { leasedUntil }]) => leasedUntil - now <= PROLONG_AT);
    if (due.length === 0) return;
    const targets = new Map((await this.#deps.outbox.listTargets(due.map(([targetId]) => targetId))).map((target) => [target.id, target]));
    await Promise.all(
      due.map(async ([targetId, held]) => {
        const target = targets.get(targetId);
        if (!target || held.queue.isEmpty) {
          await this.#giveBack(targetId);
          return;
        }
        held.queue.update(target);
        if (await this.#takeLease(targetId, now + LEASE)) held.leasedUntil = now + LEASE;
        else this.#drop(targetId);
      }),
    );
  }

  async #take(targetId: string): Promise<void> {
    if (this.#closing) return;
    const { clock, outbox } = this.#deps;
    const leasedUntil = clock.now() + LEASE;
    // Also while it is being asked for.
    this.#notBefore.set(targetId, leasedUntil);
    if (!(await this.#takeLease(targetId, leasedUntil))) {
      this.#notBefore.set(targetId, clock.now() + ASK_AGAIN);
      return;
    }
    const [target] = await outbox.listTargets([targetId]);
    if (!target) {
      await outbox.deleteMessagesWithoutTarget(targetId, MAX_LEFT_OVER);
      await this.#giveBack(targetId);
      return;
    }
    const queue = new TargetQueue(target, {
      ...this.#deps,
      slots: this.#slots,
      random: this.#deps.random ?? Math.random,
      record: (attempt) => new Promise((resolve, reject) => this.#recorder.add({ attempt, resolve, reject })),
      onDelivered: (seconds) => deliveries.hasSubscribers && deliveries.publish(seconds),
      onFailure: (error) => {
        this.#noteFailure(error);
        this.#drop(targetId);
      },
    });
    this.#held.set(targetId, { queue, leasedUntil });
    this.#notBefore.delete(targetId);
    queue.wake();
  }

  #takeLease(targetId: string, until: number): Promise<boolean> {
    return this.#deps.leases.takeLease({ name: nameOf(targetId), holder: this.#holder, until }, this.#deps.clock.now());
  }

  async #giveBack(targetId: string): Promise<void> {
    this.#drop(targetId);
    await this.#deps.leases.endLease({ name: nameOf(targetId), holder: this.#holder });
    // Not before: a lease that was taken anew meanwhile would have ended with the old one.
    this.#notBefore.delete(targetId);
  }

  /** The lease is lost, or nobody knows: another process may have it. */
  #drop(targetId: string): void {
    const held = this.#held.get(targetId);
    if (!held) return;
    this.#held.delete(targetId);
    this.#notBefore.set(targetId, held.leasedUntil);
    held.queue.abandon();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#isFailing = false;
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Once, until something works again: it is tried again all the time. */
  #noteFailure(error: unknown): void {
    if (!this.#isFailing) this.#deps.onFailure(error);
    this.#isFailing = true;
  }
}

function nameOf(targetId: string): string {
  return `forwarding:${targetId}`;
}
