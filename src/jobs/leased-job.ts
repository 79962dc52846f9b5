/**
 * Background work that one process at a time does for all that share a store: who has the job's lease. A process that dies leaves the job to the
 * next one that asks after the lease's end. Owns when the work is done and by whom; it must not know what it is.
 */
import { SECOND, type Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { Lease, LeaseStore } from "./lease-store.ts";

/** Between two looks while nothing is left to do, in milliseconds. */
const REST = 60 * SECOND;
/** Between two pieces of work while something is, in milliseconds: requests come in between. */
const BREATH = 50;
/** How long a job stays with a process that does not answer any more. Longer than a rest, so that the job stays with the one that has it. */
const LEASE = 3 * REST;

interface LeasedJobDeps {
  readonly name: string;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  /**
   * One piece of the work, short against LEASE; gives how much it did, and is called again soon when that is more than nothing. It takes the lease
   * itself, does nothing where it does not get it, and writes in the transaction in which it took it.
   */
  readonly work: (lease: Lease) => Promise<number>;
  readonly onFailure: (error: unknown) => void;
}

export class LeasedJob {
  readonly #deps: LeasedJobDeps;
  readonly #holder = newRandomId();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #closing = false;

  /** Begins after a rest: a start has other things to do. */
  constructor(deps: LeasedJobDeps) {
    this.#deps = deps;
    this.#wait(REST);
  }

  /** Ends after the piece of work that is under way, and leaves the rest to whoever asks next. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await this.#running;
    const { leases, name, onFailure } = this.#deps;
    await leases.endLease({ name, holder: this.#holder }).catch(onFailure); // It ends by itself.
  }

  #wait(milliseconds: number): void {
    if (this.#closing) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#work().then((done) => this.#wait(done > 0 ? BREATH : REST));
    }, milliseconds).unref();
  }

  async #work(): Promise<number> {
    const { name, clock, work, onFailure } = this.#deps;
    try {
      return await work({ name, holder: this.#holder, until: clock.now() + LEASE });
    } catch (error) {
      onFailure(error); // What is left to do stays, and the next look finds it.
      return 0;
    }
  }
}
