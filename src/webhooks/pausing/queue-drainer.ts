import { newRandomId } from "../../lib/id.ts";
import { SECOND, type Clock } from "../../lib/clock.ts";
import type { LeaseStore } from "../../jobs/lease-store.ts";
import { WokenLoop } from "../../jobs/woken-loop.ts";
import { MAX_DRAINED, type Call } from "../calls/call.ts";
import type { CallQueueStore } from "./call-queue-store.ts";
import type { DrainCalls } from "./drain-calls.ts";
import type { Webhook } from "../webhook.ts";
import type { CallStore } from "../webhook-store.ts";

interface QueueDrainerDeps {
  readonly drainCalls: DrainCalls;
  readonly queues: CallQueueStore;
  readonly calls: Pick<CallStore, "findCall">;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Queues that take turns, a commit each. */
const MAX_QUEUES = 20;
/** UTF-16 units of bodies that are in memory at once; a single body may be longer. */
const MAX_BODIES = 4 * 1024 * 1024;
/** How long a queue stays with a process that does not answer any more. */
const LEASE = 30 * SECOND;
/** Between two looks for queues that another process has left, in milliseconds. */
const REST = 5 * SECOND;

/**
 * Has waiting calls decided in the background, as soon as their webhook is not paused. Of several processes one works on a queue, by a lease; that each
 * call is decided once and in its turn does not rest on it, but on the commits.
 */
export class QueueDrainer {
  readonly #deps: QueueDrainerDeps;
  readonly #holder = newRandomId();
  readonly #loop: WokenLoop;
  readonly #held = new Set<string>();

  constructor(deps: QueueDrainerDeps) {
    this.#deps = deps;
    // After a failure what waits goes on waiting, and the next look finds it.
    this.#loop = new WokenLoop({ rest: REST, run: () => this.#run(), onFailure: deps.onFailure });
  }

  /** Looks for queues, now and from time to time. */
  readonly wake = (): void => this.#loop.wake();

  /** Ends after the commits that are under way. The rest waits for the next process. */
  close(): Promise<void> {
    return this.#loop.close();
  }

  async #run(): Promise<void> {
    while ((await this.#drainOnce()) > 0);
    for (const name of this.#held) await this.#deps.leases.endLease({ name, holder: this.#holder });
    this.#held.clear();
  }

  /** A commit for each queue; gives how many calls were decided. */
  async #drainOnce(): Promise<number> {
    const { queues, leases, clock } = this.#deps;
    let decided = 0;
    for (const webhook of await queues.listDrainable(MAX_QUEUES)) {
      if (this.#loop.isClosing) return 0;
      const name = `drain ${webhook.id}`;
      const now = clock.now();
      if (!(await leases.takeLease({ name, holder: this.#holder, until: now + LEASE }, now))) continue;
      this.#held.add(name);
      decided += await this.#drain(webhook);
    }
    return decided;
  }

  async #drain(webhook: Pick<Webhook, "brandId" | "id">): Promise<number> {
    const { queues, calls, drainCalls } = this.#deps;
    const next: Call[] = [];
    let bodies = 0;
    for (const callId of await queues.listWaiting(webhook, MAX_DRAINED)) {
      const call = await calls.findCall(webhook.brandId, callId);
      if (!call || (next.length > 0 && bodies + (call.body?.length ?? 0) > MAX_BODIES)) break;
      bodies += call.body?.length ?? 0;
      next.push(call);
    }
    return drainCalls.drain(webhook.id, next);
  }
}
