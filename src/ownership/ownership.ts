/**
 * Whose the applications and webhooks are: passing them to another user, and deleting a user who has none. This module sees both
 * as things with an owner; what they do and who may use them is for their own modules.
 */
import type { ApplicationStore, ApplicationWithOwner } from "../applications/application-store.ts";
import type { SignInThrottle } from "../identity/sign-in-throttle.ts";
import type { UserService, UserWithStanding } from "../identity/user-service.ts";
import type { Clock } from "../lib/clock.ts";
import { isId } from "../lib/id.ts";
import { REVOCATION_LIFETIME } from "../oauth/access-token.ts";
import type { WebhookStore, WebhookWithOwner } from "../webhooks/webhook-store.ts";
import type { OwnershipStore, Transferable } from "./ownership-store.ts";

export type Transferred =
  | { readonly kind: "transferred"; readonly to: UserWithStanding; readonly applications: number; readonly webhooks: number }
  /** A sentence about the user who was named. */
  | { readonly kind: "invalid"; readonly error: string };

export interface Possessions {
  readonly applications: readonly ApplicationWithOwner[];
  readonly webhooks: readonly WebhookWithOwner[];
  /** Whether there are more of either. */
  readonly more: boolean;
}

/** Of each kind, as many as somebody wants to read. */
const POSSESSIONS_LISTED = 100;
/** Users that can be chosen from a list; in a larger brand the command takes any of them. */
const RECIPIENTS_LISTED = 500;

interface OwnershipDeps {
  readonly ownership: OwnershipStore;
  readonly applications: ApplicationStore;
  readonly webhooks: WebhookStore;
  readonly users: UserService;
  readonly throttle: SignInThrottle;
  readonly clock: Clock;
}

/** For admins and for the operator's commands. */
export class Ownership {
  readonly #deps: OwnershipDeps;

  constructor(deps: OwnershipDeps) {
    this.#deps = deps;
  }

  /** What belongs to the user, newest first. */
  async listOf(brandId: string, userId: string): Promise<Possessions> {
    const page = { limit: POSSESSIONS_LISTED, after: null };
    const applications = await this.#deps.applications.listApplications(brandId, userId, page);
    const webhooks = await this.#deps.webhooks.listWebhooks(brandId, userId, page);
    return { applications: applications.rows, webhooks: webhooks.rows, more: (applications.next ?? webhooks.next) !== null };
  }

  /** Whom things of the owner can be passed to: the brand's active users, by name. */
  async listRecipients(brandId: string, ownerId: string): Promise<readonly UserWithStanding[]> {
    const { rows } = await this.#deps.users.list(brandId, { limit: RECIPIENTS_LISTED, after: null });
    return rows.filter(({ id, standing }) => standing.kind === "active" && id !== ownerId);
  }

  /**
   * Passes on what is there of it, at once and whole. What owners before have consented to ends; tokens that applications got for themselves live on.
   */
  async transfer(brandId: string, what: Transferable, toUserId: string): Promise<Transferred> {
    const to = await this.#deps.users.find(brandId, toUserId);
    if (to?.standing.kind !== "active") return NO_RECIPIENT;
    const now = this.#deps.clock.now();
    const stored = await this.#deps.ownership.transfer(brandId, what, to.id, { now, revokedUntil: now + REVOCATION_LIFETIME });
    return stored.kind === "transferred" ? { ...stored, to } : NO_RECIPIENT;
  }

  /** Final: the e-mail address is free again. Failed sign-ins at it are forgotten as well. */
  async deleteUser(brandId: string, userId: string): Promise<Awaited<ReturnType<OwnershipStore["deleteUser"]>>> {
    const user = isId(userId) ? await this.#deps.users.find(brandId, userId) : undefined;
    if (!user) return "not-found";
    const outcome = await this.#deps.ownership.deleteUser(brandId, userId);
    if (outcome === "deleted") await this.#deps.throttle.forget(user.email);
    return outcome;
  }
}

const NO_RECIPIENT: Transferred = { kind: "invalid", error: "Choose an active user of this brand." };
