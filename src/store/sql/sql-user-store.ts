import type { EndedGrants, UserStore, UserWithPassword } from "../../identity/identity-store.ts";
import type { User } from "../../identity/user.ts";
import type { Page, PageRequest } from "../../lib/page.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { endGrants } from "./end-grants.ts";
import { pairCursor, parsePairCursor, toPage } from "./page-query.ts";
import { fromUser, toUser, USER_COLUMNS } from "./user-row.ts";

export class SqlUserStore implements UserStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async findUser(brandId: string, userId: string): Promise<User | undefined> {
    const row = await this.#session.reader.selectFrom("users").select(USER_COLUMNS).where("brand_id", "=", brandId).where("id", "=", userId).executeTakeFirst();
    return row && toUser(row);
  }

  async findUserByEmail(email: string): Promise<UserWithPassword | undefined> {
    const row = await this.#session.reader.selectFrom("users").selectAll().where("email", "=", email).executeTakeFirst();
    return row && { user: toUser(row), passwordHash: row.password_hash };
  }

  async listUsers(brandId: string, { limit, after }: PageRequest): Promise<Page<User>> {
    let query = this.#session.reader
      .selectFrom("users")
      .select([...USER_COLUMNS, "name_key"])
      .where("brand_id", "=", brandId)
      .orderBy("name_key")
      .orderBy("id")
      .limit(limit + 1);
    const cursor = parsePairCursor(after, "string");
    if (cursor) query = query.where((eb) => eb(eb.refTuple("name_key", "id"), ">", eb.tuple(cursor.first, cursor.id)));
    return toPage(await query.execute(), limit, toUser, (row) => pairCursor(row.name_key, row.id));
  }

  async hasActiveAdmin(): Promise<boolean> {
    const row = await this.#session.reader
      .selectFrom("users")
      .select("id")
      .where("role", "=", "admin")
      .where("status", "=", "active")
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async listActiveAdmins(brandId: string): Promise<readonly User[]> {
    const rows = await this.#session.reader
      .selectFrom("users")
      .select(USER_COLUMNS)
      .where("brand_id", "=", brandId)
      .where("role", "=", "admin")
      .where("status", "=", "active")
      .orderBy("id")
      .execute();
    return rows.map(toUser);
  }

  insertUser(
    user: User,
    access: { readonly passwordHash: string } | { readonly invitation: { readonly digest: string; readonly expiresAt: number } },
  ): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("users")
        .values(fromUser(user, "passwordHash" in access ? access.passwordHash : null))
        .onConflict((conflict) => conflict.column("email").doNothing())
        .executeTakeFirstOrThrow();
      if (!numInsertedOrUpdatedRows) return false;
      if ("invitation" in access) {
        await db
          .insertInto("invitations")
          .values({ brand_id: user.brandId, user_id: user.id, digest: access.invitation.digest, expires_at: access.invitation.expiresAt })
          .execute();
      }
      await raise("users");
      return true;
    });
  }

  renewInvitation(brandId: string, userId: string, digest: string, expiresAt: number): Promise<boolean> {
    return this.#session.write(async ({ db }) => {
      // Takes its values from the user's row, so that there is nothing to insert when no such user is waiting.
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("invitations")
        .columns(["brand_id", "user_id", "digest", "expires_at"])
        .expression((eb) =>
          eb
            .selectFrom("users")
            .select(["brand_id", "id", eb.val(digest).as("digest"), eb.val(expiresAt).as("expires_at")])
            .where("brand_id", "=", brandId)
            .where("id", "=", userId)
            .where("status", "<>", "deactivated"),
        )
        .onConflict((conflict) => conflict.columns(["brand_id", "user_id"]).doUpdateSet({ digest, expires_at: expiresAt }))
        .executeTakeFirstOrThrow();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  async findInvitation(digest: string, now: number): Promise<User | undefined> {
    const row = await this.#session.reader
      .selectFrom("invitations")
      .innerJoin("users", (join) => join.onRef("users.brand_id", "=", "invitations.brand_id").onRef("users.id", "=", "invitations.user_id"))
      .select(USER_COLUMNS)
      .where("invitations.digest", "=", digest)
      .where("invitations.expires_at", ">", now)
      .where("users.status", "<>", "deactivated")
      .executeTakeFirst();
    return row && toUser(row);
  }

  redeemInvitation(digest: string, passwordHash: string, now: number): Promise<User | undefined> {
    return this.#session.write(async ({ db, raise }) => {
      const invitation = await db
        .deleteFrom("invitations")
        .where("digest", "=", digest)
        .where("expires_at", ">", now)
        .returning(["brand_id", "user_id"])
        .executeTakeFirst();
      if (!invitation) return undefined;
      const row = await db
        .updateTable("users")
        .set({ status: "active", password_hash: passwordHash })
        .where("brand_id", "=", invitation.brand_id)
        .where("id", "=", invitation.user_id)
        .where("status", "<>", "deactivated")
        .returning(USER_COLUMNS)
        .executeTakeFirst();
      if (!row) return undefined;
      await db.deleteFrom("sessions").where("brand_id", "=", row.brand_id).where("user_id", "=", row.id).execute();
      await raise("users");
      return toUser(row);
    });
  }

  changePassword(
    brandId: string,
    userId: string,
    change: { readonly from: string; readonly to: string },
    keptSession: string,
    endedGrants: EndedGrants | null,
  ): Promise<boolean> {
    return this.#session.write(async (transaction) => {
      const { db, raise } = transaction;
      const { numUpdatedRows } = await db
        .updateTable("users")
        .set({ password_hash: change.to })
        .where("brand_id", "=", brandId)
        .where("id", "=", userId)
        .where("password_hash", "=", change.from)
        .executeTakeFirstOrThrow();
      if (!numUpdatedRows) return false;
      await db.deleteFrom("sessions").where("brand_id", "=", brandId).where("user_id", "=", userId).where("digest", "<>", keptSession).execute();
      await db.deleteFrom("invitations").where("brand_id", "=", brandId).where("user_id", "=", userId).execute();
      await raise("users");
      if (endedGrants) await endGrants(transaction, { brand_id: brandId, user_id: userId }, endedGrants.now, endedGrants.revokedUntil);
      return true;
    });
  }

  deactivateUser(brandId: string, userId: string): Promise<"deactivated" | "last-admin" | "not-found"> {
    return this.#session.write(async ({ db, raise }) => {
      // Raised first: of two admins who switch each other off, the later one finds the other gone, on any database.
      await raise("users");
      const user = await db.selectFrom("users").select(["role", "status"]).where("brand_id", "=", brandId).where("id", "=", userId).executeTakeFirst();
      if (!user) return "not-found";
      if (user.role === "admin" && user.status === "active") {
        const otherAdmin = await findOtherAdmin(db, brandId, userId);
        if (!otherAdmin) return "last-admin";
      }
      await db.updateTable("users").set({ status: "deactivated" }).where("brand_id", "=", brandId).where("id", "=", userId).execute();
      await db.deleteFrom("sessions").where("brand_id", "=", brandId).where("user_id", "=", userId).execute();
      await db.deleteFrom("invitations").where("brand_id", "=", brandId).where("user_id", "=", userId).execute();
      return "deactivated";
    });
  }

  reactivateUser(brandId: string, userId: string, now: number): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numUpdatedRows } = await db
        .updateTable("users")
        .set((eb) => ({ status: eb.case().when("password_hash", "is", null).then("invited").else("active").end(), reactivated_at: now }))
        .where("brand_id", "=", brandId)
        .where("id", "=", userId)
        .where("status", "<>", "invited")
        .executeTakeFirstOrThrow();
      if (numUpdatedRows) await raise("users");
      return numUpdatedRows > 0n;
    });
  }
}

/** The brand's longest-standing active admin beside this user; the caller has raised `users`, so that it stays one. */
export function findOtherAdmin(db: SqlTransaction["db"], brandId: string, userId: string): Promise<{ readonly id: string } | undefined> {
  return db
    .selectFrom("users")
    .select("id")
    .where("brand_id", "=", brandId)
    .where("id", "<>", userId)
    .where("role", "=", "admin")
    .where("status", "=", "active")
    .orderBy("created_at")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
}
