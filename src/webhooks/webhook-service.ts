import type { CustomerStore } from "../customers/customer-store.ts";
import { canonicalFieldSet } from "../customers/deduplication.ts";
import type { Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import type { Viewer } from "../web/viewer.ts";
import { checkMapping, type MappingDraft, type MappingErrors } from "./field-mapping.ts";
import type { AuthenticationType, FieldMapping, Webhook } from "./webhook.ts";
import type { WebhookStore, WebhookWithOwner } from "./webhook-store.ts";

/** Who acts: members reach their own webhooks, admins all of the brand. */
type Actor = Pick<Viewer, "brandId" | "userId" | "isAdmin">;

/** One sentence for each thing that needs a change: `name`, and those of the mapping. */
export type WebhookErrors = MappingErrors;

export type AddedWebhook = { readonly kind: "added"; readonly webhook: Webhook } | { readonly kind: "invalid"; readonly errors: WebhookErrors };

export type UpdatedWebhook = { readonly kind: "updated" } | { readonly kind: "invalid"; readonly errors: WebhookErrors } | { readonly kind: "gone" };

interface NewWebhook {
  readonly brandId: string;
  readonly ownerId: string;
  readonly name: string;
  /** Null: the wizard asks for it next. */
  readonly authentication: AuthenticationType | null;
  /** Null: calls are kept as samples until one is set. */
  readonly mapping: MappingDraft | null;
}

/** In UTF-16 units. */
const MAX_NAME_LENGTH = 200;

/** Installing, changing and deleting webhooks, for pages and commands alike. What an actor may not see does not exist for them. */
export class WebhookService {
  readonly #webhooks: WebhookStore;
  readonly #customers: CustomerStore;
  readonly #clock: Clock;

  constructor(deps: { readonly webhooks: WebhookStore; readonly customers: CustomerStore; readonly clock: Clock }) {
    this.#webhooks = deps.webhooks;
    this.#customers = deps.customers;
    this.#clock = deps.clock;
  }

  /** Adds a webhook, as far as it is known: the wizard begins with a name only, the command gives all at once. */
  async add({ brandId, ownerId, name, authentication, mapping }: NewWebhook): Promise<AddedWebhook> {
    const checked = mapping && checkMapping(mapping);
    const errors = { ...nameErrors(name), ...(checked?.ok === false && checked.errors) };
    if (Object.keys(errors).length > 0) return { kind: "invalid", errors };
    const checkedMapping = checked?.ok ? checked.mapping : null;
    const now = this.#clock.now();
    const webhook: Webhook = {
      id: newRandomId(),
      brandId,
      ownerId,
      name: canonicalName(name),
      authentication,
      mapping: checkedMapping,
      fieldSetId: checkedMapping && (await this.#fieldSetOf(brandId, checkedMapping)),
      createdAt: now,
      updatedAt: now,
    };
    await this.#webhooks.insertWebhook(webhook);
    return { kind: "added", webhook };
  }

  async find(actor: Actor, webhookId: string): Promise<WebhookWithOwner | undefined> {
    const webhook = await this.#webhooks.findWebhook(actor.brandId, webhookId);
    return webhook && (actor.isAdmin || webhook.ownerId === actor.userId) ? webhook : undefined;
  }

  list(actor: Actor, page: PageRequest): Promise<Page<WebhookWithOwner>> {
    return this.#webhooks.listWebhooks(actor.brandId, actor.isAdmin ? null : actor.userId, page);
  }

  /** The newest of a user's webhooks that takes access tokens, of the 100 that were installed last. */
  async findNewestForTokens(brandId: string, ownerId: string): Promise<Webhook | undefined> {
    const { rows } = await this.#webhooks.listWebhooks(brandId, ownerId, { limit: 100, after: null });
    return rows.find(({ authentication }) => authentication === "oauth2");
  }

  async rename(actor: Actor, webhookId: string, name: string): Promise<UpdatedWebhook> {
    const errors = nameErrors(name);
    if (errors.name !== undefined) return { kind: "invalid", errors: { name: errors.name } };
    return this.#update(actor, webhookId, { name: canonicalName(name) });
  }

  /** From then on the endpoint answers, and asks for exactly this. */
  chooseAuthentication(actor: Actor, webhookId: string, authentication: AuthenticationType): Promise<UpdatedWebhook> {
    return this.#update(actor, webhookId, { authentication });
  }

  /** From then on calls write customers. The mapping goes live only after its field set is filled, so that it finds the customers that are there. */
  async setMapping(actor: Actor, webhookId: string, draft: MappingDraft): Promise<UpdatedWebhook> {
    const checked = checkMapping(draft);
    if (!checked.ok) return { kind: "invalid", errors: checked.errors };
    if (!(await this.find(actor, webhookId))) return { kind: "gone" };
    const { mapping } = checked;
    return this.#update(actor, webhookId, { mapping, fieldSetId: await this.#fieldSetOf(actor.brandId, mapping) });
  }

  /** The endpoint is gone at once; its calls stay. False when there is none for this actor. */
  async delete(actor: Actor, webhookId: string): Promise<boolean> {
    return (await this.find(actor, webhookId)) !== undefined && this.#webhooks.deleteWebhook(actor.brandId, webhookId);
  }

  async #update(
    actor: Actor,
    webhookId: string,
    change: Partial<Pick<Webhook, "name" | "authentication" | "mapping" | "fieldSetId">>,
  ): Promise<UpdatedWebhook> {
    if (!(await this.find(actor, webhookId))) return { kind: "gone" };
    const updated = await this.#webhooks.updateWebhook(actor.brandId, webhookId, { ...change, updatedAt: this.#clock.now() });
    return { kind: updated ? "updated" : "gone" };
  }

  async #fieldSetOf(brandId: string, { deduplicateBy }: FieldMapping): Promise<string | null> {
    return deduplicateBy.length === 0 ? null : (await this.#customers.ensureFieldSet(brandId, canonicalFieldSet(deduplicateBy))).id;
  }
}

function canonicalName(text: string): string {
  return text.normalize("NFC").trim();
}

function nameErrors(text: string): { readonly name?: string } {
  const name = canonicalName(text);
  if (name === "") return { name: "Give the webhook a name." };
  if (name.length > MAX_NAME_LENGTH) return { name: `Shorten the name to ${MAX_NAME_LENGTH} characters; it has ${name.length}.` };
  // Control characters, and those that turn the direction of text around, could make a name read as another one.
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name)) return { name: "Remove the control characters from the name." };
  return {};
}
