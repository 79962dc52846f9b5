import type { SecretUse } from "../../lib/secret-uses.ts";
import type { AuthenticationChoice, CredentialStore } from "../../webhooks/authentication/credential-store.ts";
import type { CredentialVerifier, NewCredential, WebhookCredential } from "../../webhooks/authentication/webhook-credential.ts";
import type { AuthenticationSettings } from "../../webhooks/webhook.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { SqlSecretUses } from "./sql-secret-uses.ts";

type Db = SqlTransaction["db"];

export class SqlCredentialStore implements CredentialStore {
  readonly #session: SqlSession;
  readonly #uses: SqlSecretUses;

  constructor(session: SqlSession) {
    this.#session = session;
    this.#uses = new SqlSecretUses(session, "webhook_credentials");
  }

  listVerifiers(webhookId: string): Promise<readonly CredentialVerifier[]> {
    return this.#session.reader.selectFrom("webhook_credentials").select(["id", "verifier"]).where("webhook_id", "=", webhookId).orderBy("id").execute();
  }

  async listCredentials(brandId: string, webhookId: string): Promise<readonly WebhookCredential[]> {
    const rows = await this.#session.reader
      .selectFrom("webhook_credentials")
      .select(["id", "created_at", "last_used_at"])
      .where("brand_id", "=", brandId)
      .where("webhook_id", "=", webhookId)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .execute();
    return rows.map((row) => ({ id: row.id, createdAt: row.created_at, lastUsedAt: row.last_used_at }));
  }

  chooseAuthentication(
    brandId: string,
    webhookId: string,
    { authentication, settings, updatedAt }: AuthenticationChoice,
    credential: NewCredential | null,
  ): Promise<"chosen" | "kept" | "no-webhook"> {
    return this.#session.write(async ({ db, raise }) => {
      // First, because it keeps others out: what is looked at next stays true.
      await raise("webhooks");
      const webhook = await findAuthentication(db, brandId, webhookId);
      if (!webhook) return "no-webhook";
      const same = webhook.authentication === authentication && webhook.authentication_settings === settingsText(settings);
      if (same && (await countCredentials(db, webhookId)) > 0) return "kept";
      await db.deleteFrom("webhook_credentials").where("brand_id", "=", brandId).where("webhook_id", "=", webhookId).execute();
      await db
        .updateTable("webhooks")
        .set({ authentication, authentication_settings: settingsText(settings), updated_at: updatedAt })
        .where("brand_id", "=", brandId)
        .where("id", "=", webhookId)
        .execute();
      if (credential) await insertCredentialRow(db, brandId, webhookId, credential);
      return "chosen";
    });
  }

  insertCredential(
    brandId: string,
    webhookId: string,
    { authentication, settings }: Pick<AuthenticationChoice, "authentication" | "settings">,
    credential: NewCredential,
    most: number,
  ): Promise<"added" | "too-many" | "no-webhook"> {
    return this.#session.write(async ({ db, raise }) => {
      await raise("webhooks");
      const webhook = await findAuthentication(db, brandId, webhookId);
      if (webhook?.authentication !== authentication || webhook.authentication_settings !== settingsText(settings)) return "no-webhook";
      if ((await countCredentials(db, webhookId)) >= most) return "too-many";
      await insertCredentialRow(db, brandId, webhookId, credential);
      return "added";
    });
  }

  deleteCredential(brandId: string, webhookId: string, credentialId: string): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numDeletedRows } = await db
        .deleteFrom("webhook_credentials")
        .where((eb) => eb.and({ brand_id: brandId, webhook_id: webhookId, id: credentialId }))
        .executeTakeFirstOrThrow();
      if (!numDeletedRows) return false;
      await raise("webhooks");
      return true;
    });
  }

  recordCredentialUses(uses: readonly SecretUse[]): Promise<void> {
    return this.#uses.record(uses);
  }
}

/** How settings are stored: one text for the same answers in any order, so that they can be compared. */
export function settingsText(settings: AuthenticationSettings): string | null {
  const entries = Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}

export async function insertCredentialRow(db: Db, brandId: string, webhookId: string, { id, verifier, createdAt }: NewCredential): Promise<void> {
  const row = { id, brand_id: brandId, webhook_id: webhookId, verifier, created_at: createdAt, last_used_at: null };
  await db.insertInto("webhook_credentials").values(row).execute();
}

function findAuthentication(db: Db, brandId: string, webhookId: string) {
  return db
    .selectFrom("webhooks")
    .select(["authentication", "authentication_settings"])
    .where("brand_id", "=", brandId)
    .where("id", "=", webhookId)
    .where("deleted", "=", 0)
    .executeTakeFirst();
}

async function countCredentials(db: Db, webhookId: string): Promise<number> {
  return (await db.selectFrom("webhook_credentials").select("id").where("webhook_id", "=", webhookId).execute()).length;
}
