import type { Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import { ACCESS_TOKEN_LIFETIME } from "../oauth/access-token.ts";
import type { Viewer } from "../web/viewer.ts";
import type { Application } from "./application.ts";
import { checkDraft, type ApplicationDraft, type DraftErrors } from "./application-rules.ts";
import type { ApplicationStore, ApplicationWithOwner } from "./application-store.ts";

/** Who acts: members reach their own applications, admins all of the brand. */
export type Actor = Pick<Viewer, "brandId" | "userId" | "isAdmin">;

export type Registered =
  /** `clientSecret` is in no other place from now on; null for a public client. */
  | { readonly kind: "registered"; readonly application: Application; readonly clientSecret: string | null }
  | { readonly kind: "invalid"; readonly errors: DraftErrors };

export type Updated = { readonly kind: "updated" } | { readonly kind: "invalid"; readonly errors: DraftErrors } | { readonly kind: "gone" };

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
    const now = this.#clock.now();
    return this.#applications.deleteApplication(actor.brandId, clientId, now, now + ACCESS_TOKEN_LIFETIME);
  }
}
