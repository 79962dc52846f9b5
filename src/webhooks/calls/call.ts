/** Calls: every request that a webhook's endpoint received, what it was answered, and why. */

/**
 * `sample`: taken while nothing was mapped yet; `accepted`: wrote customers; `repeated`: got the answer of the first call with its
 * idempotency key once more; `waiting`: is kept until its webhook is not paused any more, then becomes another; `refused`: wrote nothing.
 */
export const CALL_OUTCOMES = ["sample", "accepted", "repeated", "waiting", "refused"] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

/** Of a call that no caller sent: the user of the console behind it. */
export interface ConsoleOrigin {
  readonly userId: string;
  /** As it was at the time. */
  readonly userName: string;
  /** The call whose body was written once more; null for a test call. */
  readonly replayOf: string | null;
}

export interface Call {
  /** UUIDv7: ids sort by time of arrival. */
  readonly id: string;
  readonly brandId: string;
  readonly webhookId: string;
  readonly receivedAt: number;
  /** In milliseconds, from its head to the decision what to answer; the commit comes on top. Null when it was not kept. */
  readonly duration: number | null;
  readonly outcome: CallOutcome;
  /** The HTTP status that it was answered: 202 for all calls that have waited, whatever became of them. */
  readonly status: number;
  /** Why it was refused, in a sentence for the owner that says what to change; null when it was not. Never holds a value of the body. */
  readonly reason: string | null;
  /** The value of the answer's `Hookgate-Reference`. */
  readonly reference: string;
  /** Whether the caller proved itself. Calls that did not are kept without body, the newest 1,000 a webhook. */
  readonly authenticated: boolean;
  /** Who called; the name as it was at the time of the call, so that it outlives the application. */
  readonly clientId: string | null;
  readonly applicationName: string | null;
  /** Its headers without secrets and network addresses, one a line as `name: value`; empty when they were not kept. */
  readonly headers: string;
  /** The body as received; null when it was not kept. */
  readonly body: string | null;
  /**
   * The body of the answer to a refused call, or what it would have been for one that was refused after it had waited; null where the answer
   * is made from the body and the customers.
   */
  readonly answer: string | null;
  /** The id of the call that this one repeats; null for any other. */
  readonly repeatOf: string | null;
  /** The customers that it wrote, one for each object of the body, in order; also those that a replay of it wrote. */
  readonly customerIds: readonly string[];
  /** Absent where a caller sent it. */
  readonly fromConsole?: ConsoleOrigin | undefined;
}

/** A row of the call log: what may be long is left out. */
export interface CallWithWebhookName extends Omit<Call, "duration" | "headers" | "body" | "answer" | "repeatOf"> {
  readonly webhookName: string;
}

/** How many unauthenticated calls are kept for each webhook. */
export const UNAUTHENTICATED_CALLS_KEPT = 1_000;

/** Calls that one page of a search looks at. */
export const MAX_SEARCHED = 2_000;

/** The status of calls that wait or have waited. */
export const WAITING_STATUS = 202;

/** Calls of one webhook that can wait; their bodies lie in the store. */
export const MAX_WAITING_CALLS = 10_000;

/** Waiting calls of one webhook that one commit decides at most. */
export const MAX_DRAINED = 100;
