import { DAY, type Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import { REVOCATION_LIFETIME } from "../oauth/access-token.ts";
import type { Viewer } from "../web/viewer.ts";
import type { Application, ApplicationSecret } from "./application.ts";
import { checkDraft, type ApplicationDraft, type DraftErrors } from "./application-rules.ts";
import type { ApplicationStore, ApplicationWithOwner } from "./application-store.ts";

/** Who acts: members reach their own applications, admins all of the brand. */
export type Actor = Pick<Viewer, "brandId" | "userId" | "isAdmin">;

export type Registered =
  /** `clientSecret` is in no other place from now on; null for a public client. */
  | { readonly kind: "registered"; readonly application: Application; readonly clientSecret: string | null }
  | { readonly kind: "invalid"; readonly errors: DraftErrors };

export type Updated = { readonly kind: "updated" } | { readonly kind: "invalid"; readonly errors: DraftErrors } | { readonly kind: "gone" };

/** Live at once: an old one and the one that replaces it, so that a change of secrets stops nothing. */
export const MAX_SECRETS = 2;
/** Longest life of a secret that expires, in days. */
export const MAX_SECRET_DAYS = 3_650;

export type AddedSecret =
  /** `clientSecret` is in no other place from now on. */
  | { readonly kind: "added"; readonly secret: ApplicationSecret; readonly clientSecret: string }
  /** `too-many`: MAX_SECRETS are live. `public`: such an application has none (RFC 6749 section 2.1). */
  | { readonly kind: "too-many" | "public" | "gone" };

/** Registering, changing and deleting applications, for pages and commands alike. What an actor may not see does not exist for them. */
export class ApplicationService {
  readonly #applications: ApplicationStore;
  readonly #clock: Clock;

  constructor(deps: { readonly applications: ApplicationStore; readonly clock: Clock }) {
    this.#applications = deps.applications;
    this.#clock = deps.clock;
  }

  /** Makes client id and, for a confidential client, the secret, of which only a digest is stored. */
  async register(input: ApplicationDraft & Pick<Application, "brandId" | "ownerId">): Promise<Registered> {
    const checked = checkDraft(input);
    if (!checked.ok) return { kind: "invalid", errors: checked.errors };
    const now = this.#clock.now();
    const application: Application = {
      clientId: newRandomId(),
      brandId: input.brandId,
      ownerId: input.ownerId,
      ...checked.details,
      createdAt: now,
      updatedAt: now,
    };
    // RFC 6749 section 2.1: a public client cannot keep a secret, so it gets none.
    const clientSecret = application.type === "confidential" ? newSecret("hgs_") : null;
    await this.#applications.insertApplication(application, clientSecret === null ? null : { id: newRandomId(), digest: digestOf(clientSecret) });
    return { kind: "registered", application, clientSecret };
  }

  async find(actor: Actor, clientId: string): Promise<ApplicationWithOwner | undefined> {
    const application = await this.#applications.findApplication(actor.brandId, clientId);
    return application && (actor.isAdmin || application.ownerId === actor.userId) ? application : undefined;
  }

  list(actor: Actor, page: PageRequest): Promise<Page<ApplicationWithOwner>> {
    return this.#applications.listApplications(actor.brandId, actor.isAdmin ? null : actor.userId, page);
  }

  /** Everything but the type: a secret cannot become public nor a public client confidential. Tokens that are out keep the scopes they have. */
  async update(actor: Actor, clientId: string, draft: Omit<ApplicationDraft, "type">): Promise<Updated> {
    const application = await this.find(actor, clientId);
    if (!application) return { kind: "gone" };
    const checked = checkDraft({ ...draft, type: application.type });
    if (!checked.ok) return { kind: "invalid", errors: checked.errors };
    const { name, description, scopes, redirectUris } = checked.details;
    const change = { name, description, scopes, redirectUris, updatedAt: this.#clock.now() };
    return (await this.#applications.updateApplication(actor.brandId, clientId, change)) ? { kind: "updated" } : { kind: "gone" };
  }

  /** Ends the application with its secrets, codes and tokens at once. False when there is none for this actor. */
  async delete(actor: Actor, clientId: string): Promise<boolean> {
    if (!(await this.find(actor, clientId))) return false;
    return this.#applications.deleteApplication(actor.brandId, clientId, this.#clock.now() + REVOCATION_LIFETIME);
  }

  /** Newest first, expired ones too; none when there is no such application for this actor. */
  async listSecrets(actor: Actor, clientId: string): Promise<readonly ApplicationSecret[]> {
    return (await this.find(actor, clientId)) ? this.#applications.listSecrets(actor.brandId, clientId) : [];
  }

  /** Adds a secret beside the one in use. It expires after so many days (1 to MAX_SECRET_DAYS), or with null never. */
  async addSecret(actor: Actor, clientId: string, expiresInDays: number | null): Promise<AddedSecret> {
    const application = await this.find(actor, clientId);
    if (!application) return { kind: "gone" };
    if (application.type === "public") return { kind: "public" };
    const now = this.#clock.now();
    const clientSecret = newSecret("hgs_");
    const secret: ApplicationSecret = {
      id: newRandomId(),
      createdAt: now,
      lastUsedAt: null,
      expiresAt: expiresInDays === null ? null : now + expiresInDays * DAY,
    };
    const inserted = await this.#applications.insertSecret(actor.brandId, clientId, { ...secret, digest: digestOf(clientSecret) }, MAX_SECRETS);
    if (inserted === "added") return { kind: "added", secret, clientSecret };
    return { kind: inserted === "too-many" ? "too-many" : "gone" };
  }

  /** From then on the secret proves nothing; tokens that it got live on. False when there is none for this actor. */
  async removeSecret(actor: Actor, clientId: string, secretId: string): Promise<boolean> {
    return (await this.find(actor, clientId)) !== undefined && this.#applications.deleteSecret(actor.brandId, clientId, secretId);
  }
}

/** Whether the secret still proves anything. */
export function isLive(secret: Pick<ApplicationSecret, "expiresAt">, now: number): boolean {
  return secret.expiresAt === null || secret.expiresAt > now;
}
