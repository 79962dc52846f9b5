import type { Clock } from "../lib/clock.ts";
import { isId, newRandomId } from "../lib/id.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import { digestOf, newSecret } from "../lib/secret.ts";
import type { UserStore } from "./identity-store.ts";
import type { Standing } from "./inactivity.ts";
import { hashPassword, passwordProblem } from "./password.ts";
import type { UserDirectory } from "./user-directory.ts";
import { canonicalEmail, LINK_LIFETIME, type User } from "./user.ts";
import { EMAIL_TAKEN, parseUserFields, parseUserWithPassword, type TypedUser, type UserErrors, type UserFields } from "./user-fields.ts";

/** An invitation whose link is shown once: only the digest of its secret is stored. */
export interface OpenInvitation {
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A user and what the user counts for at this moment. */
export interface UserWithStanding extends User {
  readonly standing: Standing;
}

export type Invalid = { readonly kind: "invalid"; readonly errors: UserErrors };

/** Adds and invites users and lets invited ones in; for pages and commands alike. */
export class UserService {
  readonly #users: UserStore;
  readonly #directory: UserDirectory;
  readonly #clock: Clock;

  constructor(deps: { readonly users: UserStore; readonly directory: UserDirectory; readonly clock: Clock }) {
    this.#users = deps.users;
    this.#directory = deps.directory;
    this.#clock = deps.clock;
  }

  /** Adds an active user with a password, as the operator does by command. */
  async addUser(
    typed: TypedUser & { readonly brandId: string; readonly password: string },
  ): Promise<{ readonly kind: "added"; readonly user: User } | Invalid> {
    const parsed = parseUserWithPassword(typed);
    if (!parsed.ok) return { kind: "invalid", errors: parsed.errors };
    const user = newUser(typed.brandId, parsed.fields, "active", this.#clock.now());
    const inserted = await this.#users.insertUser(user, { passwordHash: await hashPassword(typed.password) });
    return inserted ? { kind: "added", user } : { kind: "invalid", errors: { email: EMAIL_TAKEN } };
  }

  /** Adds a user who sets the password by the link of the given secret. */
  async inviteUser(
    typed: TypedUser & { readonly brandId: string },
  ): Promise<{ readonly kind: "invited"; readonly user: User; readonly invitation: OpenInvitation } | Invalid> {
    const parsed = parseUserFields(typed);
    if (!parsed.ok) return { kind: "invalid", errors: parsed.errors };
    const now = this.#clock.now();
    const user = newUser(typed.brandId, parsed.fields, "invited", now);
    const invitation = newInvitation(now);
    const inserted = await this.#users.insertUser(user, { invitation: { digest: digestOf(invitation.secret), expiresAt: invitation.expiresAt } });
    return inserted ? { kind: "invited", user, invitation } : { kind: "invalid", errors: { email: EMAIL_TAKEN } };
  }

  /**
   * A new link for a user who has not joined or has forgotten the password; the one before stops working. Undefined when there is
   * no such user, or a deactivated one.
   */
  async renewInvitation(brandId: string, userId: string): Promise<OpenInvitation | undefined> {
    if (!isId(userId)) return undefined;
    const invitation = newInvitation(this.#clock.now());
    const renewed = await this.#users.renewInvitation(brandId, userId, digestOf(invitation.secret), invitation.expiresAt);
    return renewed ? invitation : undefined;
  }

  /** Whom the link invites; undefined when it is unknown, used or expired. */
  findInvited(secret: string): Promise<User | undefined> {
    return this.#users.findInvitation(digestOf(secret), this.#clock.now());
  }

  /** Sets the user's password, makes the user active and ends sessions of before; of many at once, one gets "joined". */
  async redeemInvitation(
    secret: string,
    password: string,
  ): Promise<{ readonly kind: "joined"; readonly user: User; readonly passwordHash: string } | { readonly kind: "link-not-open" } | Invalid> {
    const invited = await this.findInvited(secret);
    if (!invited) return { kind: "link-not-open" };
    const problem = passwordProblem(password, invited.email);
    if (problem !== undefined) return { kind: "invalid", errors: { password: problem } };
    const passwordHash = await hashPassword(password);
    const user = await this.#users.redeemInvitation(digestOf(secret), passwordHash, this.#clock.now());
    return user ? { kind: "joined", user, passwordHash } : { kind: "link-not-open" };
  }

  /** Nothing of a deactivated user works any more, at once; nothing is deleted either. The brand's last active admin stays. */
  async deactivate(brandId: string, userId: string): Promise<"deactivated" | "last-admin" | "not-found"> {
    return isId(userId) ? this.#users.deactivateUser(brandId, userId) : "not-found";
  }

  /** Everything of the user works again, sessions excepted. False when there is no deactivated or inactive user of this id. */
  async reactivate(brandId: string, userId: string): Promise<boolean> {
    const user = await this.find(brandId, userId);
    if (!user || ["active", "invited"].includes(user.standing.kind)) return false;
    return this.#users.reactivateUser(brandId, userId, this.#clock.now());
  }

  async find(brandId: string, userId: string): Promise<UserWithStanding | undefined> {
    const user = isId(userId) ? await this.#users.findUser(brandId, userId) : undefined;
    return user && this.#withStanding(user);
  }

  async findByEmail(email: string): Promise<UserWithStanding | undefined> {
    const found = await this.#users.findUserByEmail(canonicalEmail(email));
    return found && this.#withStanding(found.user);
  }

  async list(brandId: string, page: PageRequest): Promise<Page<UserWithStanding>> {
    const { rows, next } = await this.#users.listUsers(brandId, page);
    return { rows: await Promise.all(rows.map((user) => this.#withStanding(user))), next };
  }

  async #withStanding(user: User): Promise<UserWithStanding> {
    return { ...user, standing: await this.#directory.standingOf(user) };
  }
}

export function newUser(brandId: string, fields: UserFields, status: "active" | "invited", now: number): User {
  return { id: newRandomId(), brandId, ...fields, status, createdAt: now, signedInAt: null, reactivatedAt: null };
}

function newInvitation(now: number): OpenInvitation {
  return { secret: newSecret(""), expiresAt: now + LINK_LIFETIME };
}
