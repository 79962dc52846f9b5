import type { Clock } from "../lib/clock.ts";
import type { Call } from "./call.ts";
import type { CallStore, CountedCall } from "./webhook-store.ts";

interface RefusalLogDeps {
  readonly calls: Pick<CallStore, "insertRefusedCalls" | "insertUnknownEndpointCall">;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Refusals are written in groups, at most this often a second: strangers can cause them at will, and each write waits for the disk. */
const WRITES_A_SECOND = 100;
/** Refusals that wait; more are only counted. */
const MAX_WAITING = 5_000;
/** Bodies that wait, in UTF-16 units all together; further refusals are kept without theirs. */
const MAX_WAITING_BODIES = 16 * 1024 * 1024;

/** Writes down what was refused, after the answer has gone out and never in its way. */
export class RefusalLog {
  readonly #deps: RefusalLogDeps;
  #waiting: (Call & CountedCall)[] = [];
  #waitingBodies = 0;
  #writesLeft = WRITES_A_SECOND;
  #writing: Promise<void> | null = null;
  #nextSecond: NodeJS.Timeout | null = null;
  #closing = false;

  constructor(deps: RefusalLogDeps) {
    this.#deps = deps;
  }

  add(call: Call & CountedCall): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    const bodyLength = call.body?.length ?? 0;
    const fits = this.#waitingBodies + bodyLength <= MAX_WAITING_BODIES;
    if (fits) this.#waitingBodies += bodyLength;
    this.#waiting.push(fits ? call : { ...call, body: null });
    this.#writing ??= this.#write();
  }

  /** A call to an address where there is no webhook, for the operator. Not kept at all when there are too many. */
  addUnknownEndpoint(path: string): void {
    if (!this.#mayWrite()) return;
    this.#deps.calls.insertUnknownEndpointCall(path, this.#deps.clock.now()).catch(this.#deps.onFailure);
  }

  /** Writes what waits, without regard to how often. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#endSecond();
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Behind the answers of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      if (!this.#mayWrite() && !this.#closing) break;
      const batch = this.#waiting;
      this.#waiting = [];
      this.#waitingBodies = 0;
      await this.#deps.calls.insertRefusedCalls(batch).catch(this.#deps.onFailure);
    }
    this.#writing = null;
  }

  /** Takes one of this second's writes. */
  #mayWrite(): boolean {
    this.#nextSecond ??= setTimeout(() => this.#endSecond(), 1_000).unref();
    if (this.#writesLeft === 0) return false;
    this.#writesLeft -= 1;
    return true;
  }

  #endSecond(): void {
    clearTimeout(this.#nextSecond ?? undefined);
    this.#nextSecond = null;
    this.#writesLeft = WRITES_A_SECOND;
    if (this.#waiting.length > 0) this.#writing ??= this.#write();
  }
}
