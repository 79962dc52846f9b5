/** What is passed on: one application, one webhook, or everything that a user has. */
export type Transferable = { readonly clientId: string } | { readonly webhookId: string } | { readonly ownerId: string };

export type StoredTransfer =
  /** How many of each there were; one that was the user's already is not among them. */
  { readonly kind: "transferred"; readonly applications: number; readonly webhooks: number } | { readonly kind: "no-such-user" };

export interface OwnershipStore {
  /**
   * Gives things of the brand to one of its users whom nobody has switched off, in one transaction. What owners before have consented to ends with it, tokens
   * and codes (entries that live until `revokedUntil`): only the user whom an application belongs to can consent.
   */
  transfer(brandId: string, what: Transferable, toUserId: string, times: { readonly now: number; readonly revokedUntil: number }): Promise<StoredTransfer>;
  /**
   * Deletes the user for good, with sessions, invitation, codes and consents, in one transaction. Refused while an application or
   * a webhook belongs to the user, and while no other active admin stays in the brand, also when two admins delete each other at once.
   */
  deleteUser(brandId: string, userId: string): Promise<"deleted" | "owns-things" | "last-admin" | "not-found">;
}
