import type { OwnershipStore, StoredTransfer, Transferable } from "../../ownership/ownership-store.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { endGrants } from "./end-grants.ts";
import { findOtherAdmin } from "./sql-user-store.ts";

export class SqlOwnershipStore implements OwnershipStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  transfer(
    brandId: string,
    what: Transferable,
    toUserId: string,
    { now, revokedUntil }: { readonly now: number; readonly revokedUntil: number },
  ): Promise<StoredTransfer> {
    return this.#session.write(async (transaction) => {
      const { db, raise } = transaction;
      // Raised first: whoever switches the user off or deletes it at this moment is through before the look, or comes after all of this.
      await raise("users");
      const user = await db
        .selectFrom("users")
        .select("id")
        .where("brand_id", "=", brandId)
        .where("id", "=", toUserId)
        .where("status", "=", "active")
        .executeTakeFirst();
      if (!user) return { kind: "no-such-user" };
      const clientIds = await transferApplications(transaction, brandId, what, toUserId, now);
      for (const clientId of clientIds) await endGrants(transaction, { brand_id: brandId, client_id: clientId }, now, revokedUntil);
      if (clientIds.length > 0) await raise("applications");
      const webhooks = await transferWebhooks(transaction, brandId, what, toUserId, now);
      if (webhooks > 0) await raise("webhooks");
      return { kind: "transferred", applications: clientIds.length, webhooks };
    });
  }

  deleteUser(brandId: string, userId: string): Promise<"deleted" | "owns-things" | "last-admin" | "not-found"> {
    return this.#session.write(async ({ db, raise }) => {
      // Raised first: of two admins who delete each other, the later one finds the other gone, on any database.
      await raise("users");
      const user = await db.selectFrom("users").select("id").where("brand_id", "=", brandId).where("id", "=", userId).executeTakeFirst();
      if (!user) return "not-found";
      const heir = await findOtherAdmin(db, brandId, userId);
      if (!heir) return "last-admin";
      const own = { brand_id: brandId, owner_id: userId };
      const application = await db
        .selectFrom("applications")
        .select("client_id")
        .where((eb) => eb.and(own))
        .limit(1)
        .executeTakeFirst();
      const webhook = await db
        .selectFrom("webhooks")
        .select("id")
        .where((eb) => eb.and({ ...own, deleted: 0 }))
        .limit(1)
        .executeTakeFirst();
      if (application || webhook) return "owns-things";
      // The marks of webhooks that the user has deleted stay, because calls go on naming them: an admin sees those anyway.
      await db
        .updateTable("webhooks")
        .set({ owner_id: heir.id })
        .where((eb) => eb.and(own))
        .execute();
      for (const table of ["sessions", "invitations", "integration_tokens", "consents", "authorization_codes", "refresh_families"] as const) {
        await db.deleteFrom(table).where("brand_id", "=", brandId).where("user_id", "=", userId).execute();
      }
      await db.deleteFrom("users").where("brand_id", "=", brandId).where("id", "=", userId).execute();
      return "deleted";
    });
  }
}

async function transferApplications({ db }: SqlTransaction, brandId: string, what: Transferable, toUserId: string, now: number): Promise<readonly string[]> {
  if ("webhookId" in what) return [];
  const rows = await db
    .updateTable("applications")
    .set({ owner_id: toUserId, updated_at: now })
    .where("brand_id", "=", brandId)
    .where((eb) => ("clientId" in what ? eb("client_id", "=", what.clientId) : eb("owner_id", "=", what.ownerId)))
    .where("owner_id", "<>", toUserId)
    .returning("client_id")
    .execute();
  return rows.map((row) => row.client_id);
}

async function transferWebhooks({ db }: SqlTransaction, brandId: string, what: Transferable, toUserId: string, now: number): Promise<number> {
  if ("clientId" in what) return 0;
  const { numUpdatedRows } = await db
    .updateTable("webhooks")
    .set({ owner_id: toUserId, updated_at: now })
    .where("brand_id", "=", brandId)
    .where((eb) => ("webhookId" in what ? eb("id", "=", what.webhookId) : eb("owner_id", "=", what.ownerId)))
    .where("owner_id", "<>", toUserId)
    .where("deleted", "=", 0)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}
