import { BackgroundWriter } from "../../lib/background-writer.ts";
import { SECOND, type Clock } from "../../lib/clock.ts";
import type { Call } from "../calls/call.ts";
import type { CallStore, CountedCall } from "../webhook-store.ts";

interface RefusalLogDeps {
  readonly calls: Pick<CallStore, "insertRefusedCalls" | "insertUnknownEndpointCall">;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Bodies that wait, in UTF-16 units all together; further refusals are kept without theirs. */
const MAX_WAITING_BODIES = 16 * 1024 * 1024;

/** Calls of strangers that are written down, of each webhook in a second: enough to see what goes wrong. Whoever floods a webhook shall not say what the disk does. */
const STRANGERS_A_SECOND = 200;

/** Writes down what was refused, after the answer has gone out and never in its way. */
export class RefusalLog {
  readonly #deps: RefusalLogDeps;
  readonly #writer: BackgroundWriter<Call & CountedCall>;
  #waitingBodies = 0;
  /** By webhook, in this second. */
  readonly #strangers = new Map<string, number>();
  #second = 0;

  constructor(deps: RefusalLogDeps) {
    this.#deps = deps;
    this.#writer = new BackgroundWriter({
      onFailure: deps.onFailure,
      write: (calls) => {
        this.#waitingBodies = 0;
        return deps.calls.insertRefusedCalls(calls);
      },
    });
  }

  /** Whether one more call of this webhook is written down. The caller adds it then. */
  takes(webhookId: string, authenticated: boolean): boolean {
    return !this.#writer.isFull && (authenticated || this.#takesStranger(webhookId));
  }

  add(call: Call & CountedCall): void {
    const bodyLength = call.body?.length ?? 0;
    const fits = this.#waitingBodies + bodyLength <= MAX_WAITING_BODIES;
    if (fits) this.#waitingBodies += bodyLength;
    this.#writer.add(fits ? call : { ...call, body: null });
  }

  /** Resolves when it is written. */
  addNow(call: Call & CountedCall): Promise<void> {
    return this.#deps.calls.insertRefusedCalls([call]);
  }

  /** A call to an address where there is no webhook, for the operator. Not kept at all when there are too many. */
  addUnknownEndpoint(path: string): void {
    this.#writer.writeNowOrNever(() => this.#deps.calls.insertUnknownEndpointCall(path, this.#deps.clock.now()));
  }

  /** Writes what waits, without regard to how often. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  #takesStranger(webhookId: string): boolean {
    const second = Math.floor(this.#deps.clock.now() / SECOND);
    if (second !== this.#second) this.#strangers.clear();
    this.#second = second;
    const count = this.#strangers.get(webhookId) ?? 0;
    if (count < STRANGERS_A_SECOND) this.#strangers.set(webhookId, count + 1);
    return count < STRANGERS_A_SECOND;
  }
}
