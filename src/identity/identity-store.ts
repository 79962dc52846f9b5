import type { PageRequest, Page } from "../lib/page.ts";
import type { User } from "./user.ts";

export interface UserWithPassword {
  readonly user: User;
  /** PHC string, or null while invited. */
  readonly passwordHash: string | null;
}

export interface Session {
  /** Digest of the session cookie's value. */
  readonly digest: string;
  readonly userId: string;
  readonly brandId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** With it, what applications got by the user's consent ends in the same transaction: codes and tokens, by entries that live until `revokedUntil`. */
export interface EndedGrants {
  readonly now: number;
  readonly revokedUntil: number;
}

export interface UserStore {
  findUser(brandId: string, userId: string): Promise<User | undefined>;
  /** Sign-in knows no brand yet: addresses are unique in the installation. */
  findUserByEmail(email: string): Promise<UserWithPassword | undefined>;
  /** By name. */
  listUsers(brandId: string, page: PageRequest): Promise<Page<User>>;
  hasActiveAdmin(): Promise<boolean>;
  /** Everyone of the brand with this role whom nobody has switched off, in the order of their ids. */
  listActiveAdmins(brandId: string): Promise<readonly User[]>;
  /** Inserts the user, with password or with an invitation (digest of the link's secret), in one transaction. False when the address is taken. */
  insertUser(
    user: User,
    access: { readonly passwordHash: string } | { readonly invitation: { readonly digest: string; readonly expiresAt: number } },
  ): Promise<boolean>;
  /**
   * Replaces the open invitation of an invited user, or gives one to an active user who forgot the password. False when there is
   * no such user, or a deactivated one.
   */
  renewInvitation(brandId: string, userId: string, digest: string, expiresAt: number): Promise<boolean>;
  /** Never a deactivated user. */
  findInvitation(digest: string, now: number): Promise<User | undefined>;
  /**
   * Redeems the invitation once: sets the password, ends every session that an older password opened, makes the user active, and
   * gives the user. Undefined when it is unknown, used or expired, or the user is deactivated.
   */
  redeemInvitation(digest: string, passwordHash: string, now: number): Promise<User | undefined>;
  /**
   * Replaces the password, and ends an open invitation and every session of the user but the one with this digest, in one
   * transaction, and only while the stored hash is still `from`. False, and nothing happened, when it is not.
   */
  changePassword(
    brandId: string,
    userId: string,
    change: { readonly from: string; readonly to: string },
    keptSession: string,
    endedGrants: EndedGrants | null,
  ): Promise<boolean>;
  /**
   * Switches the user off and ends the user's sessions and open invitation, in one transaction. Refused for the brand's last
   * active admin, also when two admins switch each other off at once. Idempotent.
   */
  deactivateUser(brandId: string, userId: string): Promise<"deactivated" | "last-admin" | "not-found">;
  /**
   * Makes a deactivated user what the user was before, active, or invited while there is no password, and counts inactivity from now.
   * False when there is no such user, or one who has not joined yet.
   */
  reactivateUser(brandId: string, userId: string, now: number): Promise<boolean>;
}

export interface SetUpStore {
  insertSetUpLink(digest: string, expiresAt: number): Promise<void>;
  isSetUpLinkOpen(digest: string, now: number): Promise<boolean>;
  /**
   * Makes the first admin by one conditional statement: only while no active admin exists and the link is open. Ends all links.
   * Of many at once, one gets "made".
   */
  redeemSetUpLink(digest: string, admin: User, passwordHash: string, now: number): Promise<"made" | "link-not-open" | "email-taken">;
}

export interface SessionStore {
  /**
   * Signs the user in: inserts the session, sets `signedInAt` to its `createdAt` and, when `rehashed` is given, replaces the
   * password hash by it; in one transaction, and only while the user is active and the stored hash is still `passwordHash`,
   * the one that was verified. False, and nothing happened, otherwise: the slow hash leaves time for a password to change
   * meanwhile, and a session opened with the old one must not outlive it.
   */
  insertSession(session: Session, proof: { readonly passwordHash: string; readonly rehashed: string | null }): Promise<boolean>;
  /** The session and its user, while the session has not expired and the user is active. */
  findSession(digest: string, now: number): Promise<{ readonly session: Session; readonly user: User } | undefined>;
  deleteSession(digest: string): Promise<void>;
  /** Ends every session of the user. */
  deleteSessionsOf(brandId: string, userId: string, endedGrants: EndedGrants | null): Promise<void>;
}
