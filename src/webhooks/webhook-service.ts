import type { CustomerStore } from "../customers/customer-store.ts";
import { canonicalFieldSet } from "../customers/deduplication.ts";
import type { FieldCatalogues } from "../customers/field-catalogue.ts";
import type { Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import type { Viewer } from "../web/viewer.ts";
import { checkMapping, type MappingDraft, type MappingErrors } from "./mapping/field-mapping.ts";
import type { MappingStore, MappingVersion } from "./mapping/mapping-store.ts";
import type { CredentialStore } from "./authentication/credential-store.ts";
import { checkSensitivePaths } from "./mapping/sensitive-fields.ts";
import type { WebhookAuthentications } from "./authentication/webhook-authentication.ts";
import { MAX_CREDENTIALS, type NewCredential, type WebhookCredential } from "./authentication/webhook-credential.ts";
import type { AuthenticationSettings, AuthenticationType, FieldMapping, Webhook } from "./webhook.ts";
import type { WebhookStore, WebhookWithOwner } from "./webhook-store.ts";

/** Who acts: members reach their own webhooks, admins all of the brand. */
type Actor = Pick<Viewer, "brandId" | "userId" | "isAdmin">;

/** One sentence for each thing that needs a change: `name`, and those of the mapping. */
export type WebhookErrors = MappingErrors;

export type AddedWebhook =
  /** `secret` is in no other place from now on; null where the authentication makes none. */
  { readonly kind: "added"; readonly webhook: Webhook; readonly secret: string | null } | { readonly kind: "invalid"; readonly errors: WebhookErrors };

export type UpdatedWebhook = { readonly kind: "updated" } | { readonly kind: "invalid"; readonly errors: WebhookErrors } | { readonly kind: "gone" };

/** `conflict`: somebody saved another version since the one that the change began with. */
export type SetMapping = UpdatedWebhook | { readonly kind: "conflict" };

export type ChosenAuthentication =
  /** `secret` is in no other place from now on; null where none was made, because there is one or none is needed. */
  { readonly kind: "chosen"; readonly secret: string | null } | { readonly kind: "gone" };

export type AddedCredential =
  /** `secret` is in no other place from now on. */
  | { readonly kind: "added"; readonly secret: string }
  /** `too-many`: MAX_CREDENTIALS are live. `none-made`: its authentication makes no credentials. */
  | { readonly kind: "too-many" | "none-made" | "gone" };

interface NewWebhook {
  readonly brandId: string;
  readonly ownerId: string;
  readonly name: string;
  /** Null: the wizard asks for it next. */
  readonly authentication: AuthenticationType | null;
  /** As `readSettings` gave them; none by default. */
  readonly settings?: AuthenticationSettings;
  /** Null: calls are kept as samples until one is set. */
  readonly mapping: MappingDraft | null;
}

interface WebhookServiceDeps {
  readonly webhooks: WebhookStore;
  readonly mappings: MappingStore;
  readonly credentials: CredentialStore;
  readonly customers: CustomerStore;
  readonly catalogues: FieldCatalogues;
  readonly authentications: WebhookAuthentications;
  readonly clock: Clock;
}

/** In UTF-16 units. */
const MAX_NAME_LENGTH = 200;
/** More than one process takes. */
const MAX_CALLS_A_MINUTE = 1_000_000;

/** Installing, changing and deleting webhooks, for pages and commands alike. What an actor may not see does not exist for them. */
export class WebhookService {
  readonly #webhooks: WebhookStore;
  readonly #mappings: MappingStore;
  readonly #credentials: CredentialStore;
  readonly #customers: CustomerStore;
  readonly #catalogues: FieldCatalogues;
  readonly #authentications: WebhookAuthentications;
  readonly #clock: Clock;

  constructor(deps: WebhookServiceDeps) {
    this.#webhooks = deps.webhooks;
    this.#mappings = deps.mappings;
    this.#credentials = deps.credentials;
    this.#customers = deps.customers;
    this.#catalogues = deps.catalogues;
    this.#authentications = deps.authentications;
    this.#clock = deps.clock;
  }

  /** Adds a webhook, as far as it is known: the wizard begins with a name only, the command gives all at once. */
  async add({ brandId, ownerId, name, authentication, settings = {}, mapping }: NewWebhook): Promise<AddedWebhook> {
    const checked = mapping && checkMapping(mapping, await this.#catalogues.of(brandId));
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
      authenticationSettings: settings,
      mapping: checkedMapping,
      fieldSetId: checkedMapping && (await this.#fieldSetOf(brandId, checkedMapping)),
      mappingVersion: checkedMapping ? 1 : 0,
      createdAt: now,
      updatedAt: now,
    };
    const made = authentication && this.#makeCredential(authentication, settings);
    await this.#webhooks.insertWebhook(webhook, made?.credential);
    return { kind: "added", webhook, secret: made?.secret ?? null };
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
    if (!(await this.find(actor, webhookId))) return { kind: "gone" };
    const updated = await this.#webhooks.updateWebhook(actor.brandId, webhookId, { name: canonicalName(name), updatedAt: this.#clock.now() });
    return { kind: updated ? "updated" : "gone" };
  }

  /** From then on more calls a minute are refused; an empty text takes the limit away. */
  async limitCalls(actor: Actor, webhookId: string, text: string): Promise<UpdatedWebhook> {
    const callsAMinute = text.trim() === "" ? null : Number(text);
    if (callsAMinute !== null && (!/^\s*\d+\s*$/.test(text) || callsAMinute < 1 || callsAMinute > MAX_CALLS_A_MINUTE)) {
      return { kind: "invalid", errors: { callsAMinute: `Enter a whole number from 1 to ${MAX_CALLS_A_MINUTE.toLocaleString("en")}, or nothing.` } };
    }
    if (!(await this.find(actor, webhookId))) return { kind: "gone" };
    const updated = await this.#webhooks.updateWebhook(actor.brandId, webhookId, { callsAMinute, updatedAt: this.#clock.now() });
    return { kind: updated ? "updated" : "gone" };
  }

  /** From then on the values at these paths are masked, also those of earlier calls; all others are shown. Empty texts name nothing. */
  async markSensitive(actor: Actor, webhookId: string, texts: readonly string[]): Promise<UpdatedWebhook> {
    const checked = checkSensitivePaths(texts.filter((text) => text.trim() !== ""));
    if (!checked.ok) return { kind: "invalid", errors: { paths: checked.problem } };
    if (!(await this.find(actor, webhookId))) return { kind: "gone" };
    const updated = await this.#webhooks.updateWebhook(actor.brandId, webhookId, { sensitivePaths: checked.paths, updatedAt: this.#clock.now() });
    return { kind: updated ? "updated" : "gone" };
  }

  /**
   * From then on the endpoint answers, and asks for exactly this. Choosing again what is chosen already changes nothing; anything else
   * ends the credentials of before.
   */
  async chooseAuthentication(
    actor: Actor,
    webhookId: string,
    authentication: AuthenticationType,
    settings: AuthenticationSettings,
  ): Promise<ChosenAuthentication> {
    if (!(await this.find(actor, webhookId))) return { kind: "gone" };
    const made = this.#makeCredential(authentication, settings);
    const choice = { authentication, settings, updatedAt: this.#clock.now() };
    const outcome = await this.#credentials.chooseAuthentication(actor.brandId, webhookId, choice, made?.credential ?? null);
    if (outcome === "no-webhook") return { kind: "gone" };
    return { kind: "chosen", secret: outcome === "chosen" ? (made?.secret ?? null) : null };
  }

  /** Newest first; none when there is no such webhook for this actor. */
  async listCredentials(actor: Actor, webhookId: string): Promise<readonly WebhookCredential[]> {
    return (await this.find(actor, webhookId)) ? this.#credentials.listCredentials(actor.brandId, webhookId) : [];
  }

  /** Adds a credential beside the one in use. */
  async addCredential(actor: Actor, webhookId: string): Promise<AddedCredential> {
    const webhook = await this.find(actor, webhookId);
    if (!webhook) return { kind: "gone" };
    const { authentication, authenticationSettings: settings } = webhook;
    const made = authentication && this.#makeCredential(authentication, settings);
    if (!made) return { kind: "none-made" };
    const inserted = await this.#credentials.insertCredential(actor.brandId, webhookId, { authentication, settings }, made.credential, MAX_CREDENTIALS);
    if (inserted === "added") return { kind: "added", secret: made.secret };
    return { kind: inserted === "too-many" ? "too-many" : "gone" };
  }

  /** From then on the credential proves nothing. False when there is none for this actor. */
  async removeCredential(actor: Actor, webhookId: string, credentialId: string): Promise<boolean> {
    return (await this.find(actor, webhookId)) !== undefined && this.#credentials.deleteCredential(actor.brandId, webhookId, credentialId);
  }

  #makeCredential(type: AuthenticationType, settings: AuthenticationSettings): { readonly credential: NewCredential; readonly secret: string } | null {
    const maker = this.#authentications.get(type).credentials;
    if (!maker) return null;
    const id = newRandomId();
    const { secret, verifier } = maker.make(id, settings);
    return { secret, credential: { id, verifier, createdAt: this.#clock.now() } };
  }

  /**
   * From then on calls write customers. The mapping goes live only after its field set is filled, so that it finds the customers that are there.
   * `basedOn`: the version that the change began with, so that nobody saves over what somebody else has saved meanwhile.
   */
  async setMapping(actor: Actor, webhookId: string, draft: MappingDraft, basedOn?: number): Promise<SetMapping> {
    const checked = checkMapping(draft, await this.#catalogues.of(actor.brandId));
    if (!checked.ok) return { kind: "invalid", errors: checked.errors };
    if (!(await this.find(actor, webhookId))) return { kind: "gone" };
    const { mapping } = checked;
    const fieldSetId = await this.#fieldSetOf(actor.brandId, mapping);
    const change = { mapping, fieldSetId, savedAt: this.#clock.now(), savedBy: actor.userId, basedOn };
    const saved = await this.#mappings.saveMapping(actor.brandId, webhookId, change);
    if (saved === "field-gone") return { kind: "invalid", errors: { mapping: "An option field of this mapping was deleted meanwhile. Load the page again." } };
    return { kind: saved === "saved" ? "updated" : saved };
  }

  /** Newest first; none when there is no such webhook for this actor. */
  async listMappingVersions(actor: Actor, webhookId: string): Promise<readonly MappingVersion[]> {
    return (await this.find(actor, webhookId)) ? this.#mappings.listMappingVersions(actor.brandId, webhookId) : [];
  }

  async findMappingVersion(actor: Actor, webhookId: string, version: number): Promise<MappingVersion | undefined> {
    return (await this.find(actor, webhookId)) && this.#mappings.findMappingVersion(actor.brandId, webhookId, version);
  }

  /** The endpoint is gone at once; its calls stay. False when there is none for this actor. */
  async delete(actor: Actor, webhookId: string): Promise<boolean> {
    return (await this.find(actor, webhookId)) !== undefined && this.#webhooks.deleteWebhook(actor.brandId, webhookId);
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
