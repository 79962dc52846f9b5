import type { Webhook } from "../webhook.ts";

type WebhookId = Pick<Webhook, "brandId" | "id">;

/** Waiting calls: those that came while their webhook was paused, or while earlier ones still waited. Commits of calls add to a queue and take from it. */
export interface CallQueueStore {
  /** From the next commit of calls on, in whatever process, calls of the webhook wait. One that is paused stays so since then. False when it is gone. */
  pauseWebhook(webhook: WebhookId, now: number): Promise<boolean>;
  /** Its waiting calls may be drained; until the last of them is, further ones queue behind. False when it is gone. */
  resumeWebhook(webhook: WebhookId): Promise<boolean>;
  countWaiting(webhook: WebhookId): Promise<number>;
  /** The ids of the calls that have waited longest, in the order in which they came. */
  listWaiting(webhook: WebhookId, limit: number): Promise<readonly string[]>;
  /** Webhooks of any brand that have waiting calls and are not paused; also deleted ones. */
  listDrainable(limit: number): Promise<readonly WebhookId[]>;
}
