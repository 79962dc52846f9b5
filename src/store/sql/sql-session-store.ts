import type { EndedGrants, Session, SessionStore } from "../../identity/identity-store.ts";
import type { User } from "../../identity/user.ts";
import type { SqlSession } from "./database.ts";
import { endGrants } from "./end-grants.ts";
import { toUser, USER_COLUMNS } from "./user-row.ts";

export class SqlSessionStore implements SessionStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  insertSession(session: Session, proof: { readonly passwordHash: string; readonly rehashed: string | null }): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numUpdatedRows } = await db
        .updateTable("users")
        .set({ signed_in_at: session.createdAt, password_hash: proof.rehashed ?? proof.passwordHash })
        .where("brand_id", "=", session.brandId)
        .where("id", "=", session.userId)
        .where("status", "=", "active")
        .where("password_hash", "=", proof.passwordHash)
        .executeTakeFirstOrThrow();
      if (!numUpdatedRows) return false;
      await db
        .insertInto("sessions")
        .values({
          digest: session.digest,
          brand_id: session.brandId,
          user_id: session.userId,
          created_at: session.createdAt,
          expires_at: session.expiresAt,
        })
        .execute();
      await raise("users");
      return true;
    });
  }

  async findSession(digest: string, now: number): Promise<{ readonly session: Session; readonly user: User } | undefined> {
    const row = await this.#session.reader
      .selectFrom("sessions")
      .innerJoin("users", (join) => join.onRef("users.brand_id", "=", "sessions.brand_id").onRef("users.id", "=", "sessions.user_id"))
      .select([...USER_COLUMNS, "sessions.created_at as session_created_at", "sessions.expires_at as session_expires_at"])
      .where("sessions.digest", "=", digest)
      .where("sessions.expires_at", ">", now)
      .where("users.status", "=", "active")
      .executeTakeFirst();
    if (!row) return undefined;
    const session = { digest, userId: row.id, brandId: row.brand_id, createdAt: row.session_created_at, expiresAt: row.session_expires_at };
    return { session, user: toUser(row) };
  }

  async deleteSession(digest: string): Promise<void> {
    await this.#session.write(({ db }) => db.deleteFrom("sessions").where("digest", "=", digest).execute());
  }

  async deleteSessionsOf(brandId: string, userId: string, endedGrants: EndedGrants | null): Promise<void> {
    await this.#session.write(async (transaction) => {
      await transaction.db.deleteFrom("sessions").where("brand_id", "=", brandId).where("user_id", "=", userId).execute();
      if (endedGrants) await endGrants(transaction, { brand_id: brandId, user_id: userId }, endedGrants.now, endedGrants.revokedUntil);
    });
  }
}
