/**
 * People who sign in: users, their sessions and invitations. This module owns who somebody is and whether they are active; it
 * must not know applications, webhooks or OAuth.
 */
export const ROLES = ["admin", "member"] as const;
export type Role = (typeof ROLES)[number];

/**
 * What is stored: `invited` has not set a password yet; `deactivated` was switched off by an admin. Only an active user counts for anything,
 * and of those not one who was away for long (`inactivity.ts`).
 */
export type UserStatus = "invited" | "active" | "deactivated";

export interface User {
  readonly id: string;
  readonly brandId: string;
  /** Lower-case; unique in the installation. */
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly status: UserStatus;
  readonly createdAt: number;
  readonly signedInAt: number | null;
  /** When an admin last switched the user on again. */
  readonly reactivatedAt: number | null;
}

/** Sessions end this long after the last sign-in, used or not. */
export const SESSION_LIFETIME = 12 * 60 * 60 * 1_000;
/** Invitation and set-up links work once and this long. */
export const LINK_LIFETIME = 7 * 24 * 60 * 60 * 1_000;

/** The one spelling of an e-mail address that is stored and compared. */
export function canonicalEmail(email: string): string {
  return email.trim().normalize("NFC").toLowerCase();
}
