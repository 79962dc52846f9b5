/** Pausing a webhook and resuming it. Owns who may; it must not know how calls wait. */
import type { Clock } from "../../lib/clock.ts";
import type { CallQueueStore } from "./call-queue-store.ts";
import type { WebhookService } from "../webhook-service.ts";
import type { Webhook } from "../webhook.ts";

interface PausesDeps {
  readonly webhooks: Pick<WebhookService, "find">;
  readonly queues: CallQueueStore;
  readonly clock: Clock;
  /** Told that a queue may be drained. */
  readonly wake: () => void;
}

type Actor = Parameters<WebhookService["find"]>[0];

export class Pauses {
  readonly #deps: PausesDeps;

  constructor(deps: PausesDeps) {
    this.#deps = deps;
  }

  /** From then on calls wait. False when there is no such webhook for this actor, or none that takes calls yet. */
  async pause(actor: Actor, webhookId: string): Promise<boolean> {
    const webhook = await this.#deps.webhooks.find(actor, webhookId);
    return webhook !== undefined && webhook.authentication !== null && this.#deps.queues.pauseWebhook(webhook, this.#deps.clock.now());
  }

  /** From then on the calls that wait are decided in their order, with the mapping of that moment. False when there is no such webhook for this actor. */
  async resume(actor: Actor, webhookId: string): Promise<boolean> {
    const webhook = await this.#deps.webhooks.find(actor, webhookId);
    if (!webhook || !(await this.#deps.queues.resumeWebhook(webhook))) return false;
    this.#deps.wake();
    return true;
  }

  countWaiting(webhook: Pick<Webhook, "brandId" | "id">): Promise<number> {
    return this.#deps.queues.countWaiting(webhook);
  }
}
