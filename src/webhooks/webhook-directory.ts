import type { FieldCatalogue, FieldCatalogues } from "../customers/field-catalogue.ts";
import type { Changes } from "../lib/changes.ts";
import { isId } from "../lib/id.ts";
import type { Soon } from "../lib/soon.ts";
import { TopicCache } from "../lib/topic-cache.ts";
import type { CredentialStore } from "./authentication/credential-store.ts";
import { compileMapping, type CompiledMapping } from "./mapping/field-mapping.ts";
import type { CredentialVerifier } from "./authentication/webhook-credential.ts";
import type { AuthenticationType, Webhook } from "./webhook.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** A webhook that takes calls, made ready for them. */
export interface LiveWebhook extends Pick<Webhook, "id" | "brandId" | "ownerId" | "name" | "authenticationSettings" | "callsAMinute" | "targetId"> {
  readonly authentication: AuthenticationType;
  readonly credentials: readonly CredentialVerifier[];
  /** Null until one is set: calls are then kept as samples. */
  readonly mapping: CompiledMapping | null;
  /** Whether calls that break a rule go to the commit all the same, which decides whether they wait. */
  readonly isPaused: boolean;
}

interface WebhookDirectoryDeps {
  readonly webhooks: WebhookStore;
  readonly credentials: CredentialStore;
  readonly catalogues: FieldCatalogues;
  readonly changes: Changes;
}

/** Webhooks by id with their credentials, their mapping made ready, from memory while none has changed. One that asks for no authentication yet is not there. */
export class WebhookDirectory {
  readonly #cache: TopicCache<LiveWebhook>;

  constructor({ webhooks, credentials, catalogues, changes }: WebhookDirectoryDeps) {
    this.#cache = new TopicCache(changes, ["webhooks", "option_fields"], async (webhookId) => {
      const webhook = await webhooks.findWebhookById(webhookId);
      return webhook && liveWebhook(webhook, await credentials.listVerifiers(webhookId), await catalogues.of(webhook.brandId));
    });
  }

  find(webhookId: string): Soon<LiveWebhook | undefined> {
    return isId(webhookId) ? this.#cache.find(webhookId) : undefined;
  }
}

function liveWebhook(webhook: Webhook, credentials: readonly CredentialVerifier[], catalogue: FieldCatalogue): LiveWebhook | undefined {
  const { id, brandId, ownerId, name, authentication, authenticationSettings, mapping, fieldSetId, callsAMinute, targetId, pausedAt } = webhook;
  if (authentication === null) return undefined;
  const compiled = mapping && compileMapping(mapping, fieldSetId, catalogue);
  return {
    id,
    brandId,
    ownerId,
    name,
    authentication,
    authenticationSettings,
    callsAMinute,
    targetId,
    credentials,
    mapping: compiled,
    isPaused: pausedAt !== undefined,
  };
}
