import type { KeyStore, StoredKey } from "../../keys/key-store.ts";
import type { SqlSession } from "./database.ts";

export class SqlKeyStore implements KeyStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async listKeys(): Promise<readonly StoredKey[]> {
    const rows = await this.#session.reader.selectFrom("keys").selectAll().orderBy("id").execute();
    return rows.map((row) => ({
      id: row.id,
      sealed: row.sealed,
      createdAt: row.created_at,
      activatesAt: row.activates_at,
      revokedAt: row.revoked_at,
    }));
  }

  async insertKey(key: Omit<StoredKey, "id" | "revokedAt" | "sealed">, seal: (id: number) => Uint8Array, onlyIfNone = false): Promise<number | null> {
    // Without a transaction first: every start asks, and a start must not tell everybody that keys have changed.
    if (onlyIfNone && (await this.#session.reader.selectFrom("keys").select("id").limit(1).executeTakeFirst())) return null;
    return this.#session.write(async ({ db, raise }) => {
      // Raised first, so that no two transactions take the same next id.
      await raise("keys");
      const { last } = await db
        .selectFrom("keys")
        .select((eb) => eb.fn.max("id").as("last"))
        .executeTakeFirstOrThrow();
      if (onlyIfNone && last !== null) return null;
      // Rows are never deleted, so an id is never used again.
      const id = (last ?? 0) + 1;
      await db
        .insertInto("keys")
        .values({ id, sealed: seal(id), created_at: key.createdAt, activates_at: key.activatesAt, revoked_at: null })
        .execute();
      return id;
    });
  }

  revokeKey(id: number, now: number): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numUpdatedRows } = await db
        .updateTable("keys")
        .set({ revoked_at: now })
        .where("id", "=", id)
        .where("revoked_at", "is", null)
        .executeTakeFirstOrThrow();
      if (!numUpdatedRows) return false;
      await raise("keys");
      return true;
    });
  }
}
