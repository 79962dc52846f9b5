import type { SqlTransaction } from "./database.ts";

/** Of all that there are, those of one client or of one user, or of both. */
export type GrantsOf = { readonly brand_id: string } & ({ readonly client_id: string } | { readonly user_id: string });

/**
 * Ends consents and everything that they gave, as a part of whatever ends them: codes, refresh tokens, and access tokens by an entry for each
 * grant that lives until `revokedUntil`. Tokens that clients got for themselves have no grant and live on. Gives how many consents there were.
 */
export async function endGrants({ db, raise }: SqlTransaction, of: GrantsOf, now: number, revokedUntil: number): Promise<number> {
  // First, because a code that is being issued holds this row.
  const { numDeletedRows } = await db
    .deleteFrom("consents")
    .where((eb) => eb.and(of))
    .executeTakeFirstOrThrow();
  // A code that is being exchanged is either gone before, and then not redeemed, or redeemed, and then among those below.
  await db
    .deleteFrom("authorization_codes")
    .where((eb) => eb.and(of))
    .where("redeemed_at", "is", null)
    .execute();
  // The row of a redeemed code is kept until its last token has expired, so these are all the grants that can be alive.
  await db
    .insertInto("revocations")
    .columns(["kind", "id", "expires_at"])
    .expression(
      db
        .selectFrom("authorization_codes")
        .select((eb) => [
          eb.cast<string>(eb.val("grant"), "text").as("kind"),
          "grant_id as id",
          eb.cast<number>(eb.val(revokedUntil), "bigint").as("expires_at"),
        ])
        .where((eb) => eb.and(of))
        .where("keep_until", ">", now),
    )
    .onConflict((conflict) => conflict.columns(["kind", "id"]).doUpdateSet({ expires_at: revokedUntil }).where("revocations.expires_at", "<", revokedUntil))
    .execute();
  await db
    .deleteFrom("refresh_families")
    .where((eb) => eb.and(of))
    .execute();
  await raise("revocations");
  return Number(numDeletedRows);
}
