import { DAY } from "../lib/clock.ts";
import type { User, UserStatus } from "./user.ts";

/** What a user counts for at this moment. `inactive`: nothing of the user works until an admin reactivates it; derived from times, stored nowhere. */
export type Standing =
  | {
      readonly kind: "active";
      /** When the user becomes inactive, unless something happens before; null: never. */
      readonly until: number | null;
    }
  | { readonly kind: Exclude<UserStatus, "active"> | "inactive" };

/** How long ahead the console warns, in milliseconds. */
const INACTIVITY_WARNING = 14 * DAY;

/** The latest of what inactivity is counted from. */
export function lastActivityOf({ createdAt, signedInAt, reactivatedAt }: Pick<User, "createdAt" | "signedInAt" | "reactivatedAt">): number {
  return Math.max(createdAt, signedInAt ?? 0, reactivatedAt ?? 0);
}

/**
 * The admin of a brand who never becomes inactive, so that somebody can always let the others in again: of those whom nobody has switched
 * off, the one who was active last.
 */
export function lastingAdminOf(admins: readonly User[]): User | undefined {
  const [first, ...others] = admins;
  return first && others.reduce((last, admin) => (lastActivityOf(admin) > lastActivityOf(last) ? admin : last), first);
}

/** Whether somebody should be told that the user becomes inactive soon. */
export function isAboutToBeInactive(standing: Standing, now: number): standing is { readonly kind: "active"; readonly until: number } {
  return standing.kind === "active" && standing.until !== null && standing.until - now <= INACTIVITY_WARNING;
}
