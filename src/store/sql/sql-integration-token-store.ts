import type { IntegrationToken, IntegrationTokenVerifier } from "../../identity/integration-token.ts";
import type { IntegrationTokenStore } from "../../identity/integration-token-store.ts";
import type { SecretUse } from "../../lib/secret-uses.ts";
import type { SqlSession } from "./database.ts";
import { SqlSecretUses } from "./sql-secret-uses.ts";

export class SqlIntegrationTokenStore implements IntegrationTokenStore {
  readonly #session: SqlSession;
  readonly #uses: SqlSecretUses;

  constructor(session: SqlSession) {
    this.#session = session;
    this.#uses = new SqlSecretUses(session, "integration_tokens");
  }

  async listVerifiers(brandId: string): Promise<readonly IntegrationTokenVerifier[]> {
    const rows = await this.#session.reader
      .selectFrom("integration_tokens")
      .select(["id", "user_id", "name", "digest"])
      .where("brand_id", "=", brandId)
      .execute();
    return rows.map((row) => ({ id: row.id, userId: row.user_id, name: row.name, digest: row.digest }));
  }

  async listIntegrationTokens(brandId: string, userId: string): Promise<readonly IntegrationToken[]> {
    const rows = await this.#session.reader
      .selectFrom("integration_tokens")
      .select(["id", "name", "created_at", "last_used_at"])
      .where("brand_id", "=", brandId)
      .where("user_id", "=", userId)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .execute();
    return rows.map((row) => ({ id: row.id, brandId, userId, name: row.name, createdAt: row.created_at, lastUsedAt: row.last_used_at }));
  }

  insertIntegrationToken(token: Omit<IntegrationToken, "lastUsedAt">, digest: string, most: number): Promise<"added" | "too-many" | "no-user"> {
    const { id, brandId, userId, name, createdAt } = token;
    return this.#session.write(async ({ db, raise }) => {
      // First, because it keeps others out: what is counted next stays true.
      await raise("users");
      const user = await db.selectFrom("users").select("id").where("brand_id", "=", brandId).where("id", "=", userId).executeTakeFirst();
      if (!user) return "no-user";
      const present = await db.selectFrom("integration_tokens").select("id").where("brand_id", "=", brandId).where("user_id", "=", userId).execute();
      if (present.length >= most) return "too-many";
      await db
        .insertInto("integration_tokens")
        .values({ id, brand_id: brandId, user_id: userId, name, digest, created_at: createdAt, last_used_at: null })
        .execute();
      return "added";
    });
  }

  deleteIntegrationToken(brandId: string, userId: string, tokenId: string): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numDeletedRows } = await db
        .deleteFrom("integration_tokens")
        .where((eb) => eb.and({ brand_id: brandId, user_id: userId, id: tokenId }))
        .executeTakeFirstOrThrow();
      if (!numDeletedRows) return false;
      await raise("users");
      return true;
    });
  }

  recordIntegrationTokenUses(uses: readonly SecretUse[]): Promise<void> {
    return this.#uses.record(uses);
  }
}
