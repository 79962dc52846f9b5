import type { Changes } from "../lib/changes.ts";
import { isId } from "../lib/id.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import { compileMapping, type CompiledMapping } from "./field-mapping.ts";
import type { AuthenticationType, Webhook } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** A webhook that takes calls, made ready for them. */
export interface LiveWebhook extends Pick<Webhook, "id" | "brandId" | "ownerId" | "name"> {
  readonly authentication: AuthenticationType;
  /** Null until one is set: calls are then kept as samples. */
  readonly mapping: CompiledMapping | null;
}

/** Webhooks by id, from memory while none has changed. One that asks for no authentication yet is not there. */
export class WebhookDirectory {
  readonly #cache: TopicCache<LiveWebhook>;

  constructor(webhooks: WebhookStore, changes: Changes) {
    this.#cache = new TopicCache(changes, ["webhooks"], async (webhookId) => {
      const webhook = await webhooks.findWebhookById(webhookId);
      return webhook && liveWebhook(webhook);
    });
  }

  async find(webhookId: string): Promise<LiveWebhook | undefined> {
    return isId(webhookId) ? this.#cache.find(webhookId) : undefined;
  }
}

function liveWebhook({ id, brandId, ownerId, name, authentication, mapping, fieldSetId }: Webhook): LiveWebhook | undefined {
  if (authentication === null) return undefined;
  return { id, brandId, ownerId, name, authentication, mapping: mapping && compileMapping(mapping, fieldSetId) };
}
