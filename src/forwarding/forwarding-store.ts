import type { Page, PageRequest } from "../lib/page.ts";
import type { DeadMessage, ForwardingTarget, MessageCounts, OutboxMessage } from "./target.ts";

export type NewTarget = Omit<ForwardingTarget, "health">;
export type TargetChange = Partial<Pick<ForwardingTarget, "url" | "sealedSecret">> & Pick<ForwardingTarget, "updatedAt">;

/** Which dead messages: one of them, or all that died until a moment. */
export type ChosenDead = { readonly position: number } | { readonly diedUntil: number };

/** Targets as the console sees them. */
export interface TargetStore {
  findTarget(brandId: string, webhookId: string): Promise<ForwardingTarget | undefined>;
  /** From then on each call that the webhook accepts is in the outbox with its commit. False when the webhook is gone, or has a target. */
  insertTarget(target: NewTarget): Promise<boolean>;
  /** False when there is none. */
  updateTarget(brandId: string, webhookId: string, change: TargetChange): Promise<boolean>;
  /** Nothing is sent any more, neither what waits nor what is dead. False when there is none. */
  deleteTarget(brandId: string, webhookId: string): Promise<boolean>;
  countMessages(brandId: string, targetId: string): Promise<MessageCounts>;
  /** The one that has waited longest. */
  findOldestMessage(brandId: string, targetId: string): Promise<OutboxMessage | undefined>;
  /** The newest first. */
  listDeadMessages(brandId: string, targetId: string, page: PageRequest): Promise<Page<DeadMessage>>;
  /** Puts dead messages, oldest first, behind what waits, as if they had never been tried; gives how many, at most the limit. */
  reviveDeadMessages(brandId: string, targetId: string, chosen: ChosenDead, limit: number): Promise<number>;
}

/** What came of one attempt to send a message. */
export interface RecordedAttempt {
  readonly message: OutboxMessage;
  readonly at: number;
  readonly outcome:
    | { readonly kind: "delivered" }
    /** It waits until `dueAt`; `attempts` with this one. */
    | { readonly kind: "failed"; readonly failure: string; readonly attempts: number; readonly dueAt: number }
    /** It is dead, and forgotten at `expiresAt`. */
    | { readonly kind: "dead"; readonly failure: string; readonly attempts: number; readonly expiresAt: number };
}

/** The outbox as whoever sends from it sees it, of all brands. One process at a time sends for a target: whoever has its lease. */
export interface OutboxStore {
  /** The ids of targets for which messages wait, in order, behind one id. Also of targets that are gone. */
  listTargetsWithMessages(afterId: string, limit: number): Promise<readonly string[]>;
  /** Those that there are. */
  listTargets(targetIds: readonly string[]): Promise<readonly ForwardingTarget[]>;
  /**
   * By position, behind one. Positions are given within the commit that writes the message, and commits of one target wait for each other: behind
   * what was listed nothing appears later.
   */
  listMessages(targetId: string, afterPosition: number, limit: number): Promise<readonly OutboxMessage[]>;
  /** The first one with the key behind one position, and through another. */
  findNextMessage(targetId: string, orderKey: string, afterPosition: number, throughPosition: number): Promise<OutboxMessage | undefined>;
  /** Null when the call is gone, or was kept without one. */
  findCallBody(brandId: string, callId: string): Promise<string | null>;
  /** In one durable commit: delivered messages are gone, the others as they are said to be, and the targets' health tells of it. Messages that are gone stay so. */
  recordAttempts(attempts: readonly RecordedAttempt[]): Promise<void>;
  /** Deletes messages of a target that is gone; gives how many, at most the limit. */
  deleteMessagesWithoutTarget(targetId: string, limit: number): Promise<number>;
  /** In the whole store. */
  countAllMessages(): Promise<MessageCounts>;
}
