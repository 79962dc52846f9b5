import type { SelectQueryBuilder, Selectable } from "kysely";
import type { Application, ApplicationSecret } from "../../applications/application.ts";
import type { ApplicationStore, ApplicationWithOwner } from "../../applications/application-store.ts";
import type { Page, PageRequest } from "../../lib/page.ts";
import type { ClientType } from "../../oauth/client.ts";
import type { Scope } from "../../oauth/scope.ts";
import type { SqlSession } from "./database.ts";
import { pairCursor, parsePairCursor, toPage } from "./page-query.ts";
import type { Schema } from "./schema.ts";
import { activateModule } from "./sql-brand-store.ts";
import { insertRevocation } from "./sql-oauth-store.ts";

type ApplicationRow = Selectable<Schema["applications"]> & { owner_name: string };

export class SqlApplicationStore implements ApplicationStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async insertApplication(application: Application, secret: { readonly id: string; readonly digest: string } | null): Promise<void> {
    await this.#session.write(async (transaction) => {
      const { db, raise } = transaction;
      await db
        .insertInto("applications")
        .values({
          client_id: application.clientId,
          brand_id: application.brandId,
          owner_id: application.ownerId,
          name: application.name,
          description: application.description,
          type: application.type,
          scopes: JSON.stringify(application.scopes),
          redirect_uris: JSON.stringify(application.redirectUris),
          created_at: application.createdAt,
          updated_at: application.updatedAt,
        })
        .execute();
      if (secret) {
        await db
          .insertInto("client_secrets")
          .values({
            id: secret.id,
            brand_id: application.brandId,
            client_id: application.clientId,
            digest: secret.digest,
            created_at: application.createdAt,
            last_used_at: null,
            expires_at: null,
          })
          .execute();
      }
      await activateModule(transaction, application.brandId, "oauth2-server", application.createdAt);
      await raise("applications");
    });
  }

  async findApplication(brandId: string, clientId: string): Promise<ApplicationWithOwner | undefined> {
    const row = await this.#select(brandId).where("applications.client_id", "=", clientId).executeTakeFirst();
    return row && toApplication(row);
  }

  async listApplications(brandId: string, ownerId: string | null, { limit, after }: PageRequest): Promise<Page<ApplicationWithOwner>> {
    let query = this.#select(brandId)
      .orderBy("applications.created_at", "desc")
      .orderBy("applications.client_id", "desc")
      .limit(limit + 1);
    if (ownerId !== null) query = query.where("applications.owner_id", "=", ownerId);
    const cursor = parsePairCursor(after, "number");
    if (cursor) {
      query = query.where((eb) => eb(eb.refTuple("applications.created_at", "applications.client_id"), "<", eb.tuple(cursor.first, cursor.id)));
    }
    return toPage(await query.execute(), limit, toApplication, (row) => pairCursor(row.created_at, row.client_id));
  }

  updateApplication(
    brandId: string,
    clientId: string,
    change: Pick<Application, "name" | "description" | "scopes" | "redirectUris" | "updatedAt">,
  ): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numUpdatedRows } = await db
        .updateTable("applications")
        .set({
          name: change.name,
          description: change.description,
          scopes: JSON.stringify(change.scopes),
          redirect_uris: JSON.stringify(change.redirectUris),
          updated_at: change.updatedAt,
        })
        .where("brand_id", "=", brandId)
        .where("client_id", "=", clientId)
        .executeTakeFirstOrThrow();
      if (!numUpdatedRows) return false;
      await raise("applications");
      return true;
    });
  }

  deleteApplication(brandId: string, clientId: string, revokedUntil: number): Promise<boolean> {
    return this.#session.write(async (transaction) => {
      const { db, raise } = transaction;
      await db.deleteFrom("client_secrets").where("brand_id", "=", brandId).where("client_id", "=", clientId).execute();
      await db.deleteFrom("authorization_codes").where("brand_id", "=", brandId).where("client_id", "=", clientId).execute();
      await db.deleteFrom("refresh_families").where("brand_id", "=", brandId).where("client_id", "=", clientId).execute();
      await db.deleteFrom("refused_requests").where("brand_id", "=", brandId).where("client_id", "=", clientId).execute();
      const { numDeletedRows } = await db
        .deleteFrom("applications")
        .where("brand_id", "=", brandId)
        .where("client_id", "=", clientId)
        .executeTakeFirstOrThrow();
      if (!numDeletedRows) return false;
      // After the application, whose row a consent that is being given holds: so none is left behind.
      await db.deleteFrom("consents").where("brand_id", "=", brandId).where("client_id", "=", clientId).execute();
      await insertRevocation(transaction, { kind: "client", id: clientId, expiresAt: revokedUntil });
      await raise("applications");
      return true;
    });
  }

  async listSecrets(brandId: string, clientId: string): Promise<readonly ApplicationSecret[]> {
    const rows = await this.#session.reader
      .selectFrom("client_secrets")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("client_id", "=", clientId)
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .execute();
    return rows.map((row) => ({ id: row.id, createdAt: row.created_at, lastUsedAt: row.last_used_at, expiresAt: row.expires_at }));
  }

  insertSecret(
    brandId: string,
    clientId: string,
    secret: Omit<ApplicationSecret, "lastUsedAt"> & { readonly digest: string },
    most: number,
  ): Promise<"added" | "too-many" | "no-application"> {
    return this.#session.write(async ({ db, raise }) => {
      // First, because it keeps others out: what is counted next stays true.
      await raise("applications");
      const own = { brand_id: brandId, client_id: clientId };
      const application = await db
        .selectFrom("applications")
        .select("client_id")
        .where((eb) => eb.and(own))
        .executeTakeFirst();
      if (!application) return "no-application";
      await db
        .deleteFrom("client_secrets")
        .where((eb) => eb.and(own))
        .where("expires_at", "<=", secret.createdAt)
        .execute();
      const live = await db
        .selectFrom("client_secrets")
        .select("id")
        .where((eb) => eb.and(own))
        .execute();
      if (live.length >= most) return "too-many";
      await db
        .insertInto("client_secrets")
        .values({ ...own, id: secret.id, digest: secret.digest, created_at: secret.createdAt, last_used_at: null, expires_at: secret.expiresAt })
        .execute();
      return "added";
    });
  }

  deleteSecret(brandId: string, clientId: string, secretId: string): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      const { numDeletedRows } = await db
        .deleteFrom("client_secrets")
        .where((eb) => eb.and({ brand_id: brandId, client_id: clientId, id: secretId }))
        .executeTakeFirstOrThrow();
      if (!numDeletedRows) return false;
      await raise("applications");
      return true;
    });
  }

  #select(brandId: string): SelectQueryBuilder<Schema, "applications" | "users", ApplicationRow> {
    return this.#session.reader
      .selectFrom("applications")
      .innerJoin("users", (join) => join.onRef("users.brand_id", "=", "applications.brand_id").onRef("users.id", "=", "applications.owner_id"))
      .selectAll("applications")
      .select("users.name as owner_name")
      .where("applications.brand_id", "=", brandId);
  }
}

function toApplication(row: ApplicationRow): ApplicationWithOwner {
  return {
    clientId: row.client_id,
    brandId: row.brand_id,
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    name: row.name,
    description: row.description,
    type: row.type as ClientType,
    scopes: JSON.parse(row.scopes) as Scope[],
    redirectUris: JSON.parse(row.redirect_uris) as string[],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
