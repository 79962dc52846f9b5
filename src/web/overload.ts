/**
 * Whether this process is asked for more than it can do. Then requests wait in the system's buffers until their callers have given up, and it would work for nobody: it is better to
 * turn some away at once, which costs a fraction of answering them (docs/adr/0032-load-shedding.md). Looked at beside the requests: on their way there is one comparison.
 */
import { channel } from "node:diagnostics_channel";

/** How late the event loop may be, in milliseconds, before requests are turned away. Work for one request takes well under a tenth of it. */
const MAX_DELAY = 1_000;
/** Between two looks, in milliseconds. */
const LOOK = 100;
/** Late looks in a row: one or two are a pause, for the disk, to collect garbage or because other programs have the machine, and what waited for it is soon done. */
const LATE_LOOKS = 3;

/** The diagnostics channel on which each request that is turned away is told, for whoever measures. */
export const SHED = "hookgate:shed";
const shed = channel(SHED);

export class Overload {
  readonly #timer: NodeJS.Timeout;
  #lookedAt = performance.now();
  #late = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), LOOK).unref();
  }

  /** Whether to turn this request away. */
  sheds(): boolean {
    if (this.#late < LATE_LOOKS) return false;
    if (shed.hasSubscribers) shed.publish(undefined);
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    this.#late = now - this.#lookedAt > LOOK + MAX_DELAY ? this.#late + 1 : 0;
    this.#lookedAt = now;
  }
}
