/**
 * Forwarding: what a webhook takes is sent on to one HTTP target, at least once and in order for each customer. This module owns targets, what waits
 * for them and how it is sent; it must not know how a call was checked, nor how requests reach the network (`outgoing/`).
 */

/** Where the calls of one webhook are sent on to. */
export interface ForwardingTarget {
  /** Random. Messages belong to it: another target of the same webhook does not get them. */
  readonly id: string;
  readonly brandId: string;
  readonly webhookId: string;
  readonly url: string;
  /** What its messages are signed with, sealed for this id. */
  readonly sealedSecret: string;
  readonly createdAt: number;
  /** Of the last change that whoever sends must know of. */
  readonly updatedAt: number;
  readonly health: TargetHealth;
}

interface TargetHealth {
  /** Messages that it has taken. */
  readonly delivered: number;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  /** Why the last attempt that failed did, in a sentence for the owner. */
  readonly lastFailure: string | null;
}

/** One call on its way to a target. Its body stays with the call, so that erasing a customer reaches it there. */
export interface OutboxMessage {
  readonly brandId: string;
  readonly targetId: string;
  /** Counted up for each target, in the order in which the calls took effect. */
  readonly position: number;
  /** Whose body is sent: the first call, where this is a replay. Also the message's id on the wire, so that the target recognises what it has had. */
  readonly callId: string;
  /** Messages with one key are sent one after the other, and ORDERED_WITH_ALL is a key that all have. */
  readonly orderKey: string;
  /** Those that have failed. */
  readonly attempts: number;
  /** Not before. */
  readonly dueAt: number;
}

/** The key of a call that has no one customer: it waits for all before it, and all behind it wait. */
export const ORDERED_WITH_ALL = "";

/** A message that is tried no more, until somebody has it sent again. */
export interface DeadMessage extends Omit<OutboxMessage, "dueAt"> {
  readonly failure: string;
  readonly diedAt: number;
}

/** How many messages there are, each counted up to MAX_COUNTED. */
export interface MessageCounts {
  readonly waiting: number;
  readonly dead: number;
}

export const MAX_COUNTED = 10_000;
