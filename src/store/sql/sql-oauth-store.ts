import type { SecretUse } from "../../lib/secret-uses.ts";
import type { Client, ClientType } from "../../oauth/client.ts";
import type { Consent } from "../../oauth/consent.ts";
import type { AuthorizationCode, AuthorizationCodeStore, ClientStore, Revocation, RevocationKind, RevocationStore } from "../../oauth/oauth-store.ts";
import type { RefreshFamily } from "../../oauth/refresh-token.ts";
import type { Scope } from "../../oauth/scope.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { recordConsent, useConsent } from "./sql-consent-store.ts";
import { insertRefreshFamily } from "./sql-refresh-family-store.ts";
import { SqlSecretUses } from "./sql-secret-uses.ts";

export class SqlClientStore implements ClientStore {
  readonly #session: SqlSession;
  readonly #uses: SqlSecretUses;

  constructor(session: SqlSession) {
    this.#session = session;
    this.#uses = new SqlSecretUses(session, "client_secrets");
  }

  async findClient(clientId: string): Promise<Client | undefined> {
    // One statement, so that a client never comes with the secrets of another moment.
    const rows = await this.#session.reader
      .selectFrom("applications")
      .leftJoin("client_secrets", "client_secrets.client_id", "applications.client_id")
      .select([
        "applications.client_id",
        "applications.brand_id",
        "applications.owner_id",
        "applications.name",
        "applications.type",
        "applications.scopes",
        "applications.redirect_uris",
        "applications.created_at",
        "client_secrets.id as secret_id",
        "client_secrets.digest",
        "client_secrets.expires_at",
      ])
      .where("applications.client_id", "=", clientId)
      .orderBy("client_secrets.created_at")
      .orderBy("client_secrets.id")
      .execute();
    const [row] = rows;
    return (
      row && {
        clientId: row.client_id,
        brandId: row.brand_id,
        ownerId: row.owner_id,
        name: row.name,
        type: row.type as ClientType,
        registeredScopes: JSON.parse(row.scopes) as Scope[],
        redirectUris: JSON.parse(row.redirect_uris) as string[],
        secrets: rows.flatMap(({ secret_id: id, digest, expires_at: expiresAt }) => (id === null || digest === null ? [] : { id, digest, expiresAt })),
        createdAt: row.created_at,
      }
    );
  }

  recordSecretUses(uses: readonly SecretUse[]): Promise<void> {
    return this.#uses.record(uses);
  }
}

export class SqlAuthorizationCodeStore implements AuthorizationCodeStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  insertAuthorizationCode(
    code: AuthorizationCode,
    { kind, consent }: { readonly kind: "allowed" | "remembered"; readonly consent: Consent },
  ): Promise<"inserted" | "answered-before" | "not-consented"> {
    return this.#session.write(async (transaction) => {
      const { db } = transaction;
      const stands = await (kind === "allowed" ? holdApplication(transaction, consent) : useConsent(transaction, consent, code.issuedAt));
      if (!stands) return "not-consented";
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("authorization_codes")
        .values({
          digest: code.digest,
          brand_id: code.brandId,
          client_id: code.clientId,
          user_id: code.userId,
          flow_id: code.flowId,
          grant_id: code.grantId,
          redirect_uri: code.redirectUri,
          redirect_uri_requested: code.redirectUriRequested ? 1 : 0,
          granted_scopes: JSON.stringify(code.grantedScopes),
          code_challenge: code.codeChallenge,
          issued_at: code.issuedAt,
          expires_at: code.expiresAt,
          redeemed_at: code.redeemedAt,
          keep_until: code.expiresAt,
        })
        .onConflict((conflict) => conflict.column("flow_id").doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows !== 1n) return "answered-before";
      if (kind === "allowed") await recordConsent(transaction, consent);
      return "inserted";
    });
  }

  async findAuthorizationCode(digest: string): Promise<AuthorizationCode | undefined> {
    const row = await this.#session.reader.selectFrom("authorization_codes").selectAll().where("digest", "=", digest).executeTakeFirst();
    return (
      row && {
        digest: row.digest,
        brandId: row.brand_id,
        clientId: row.client_id,
        userId: row.user_id,
        flowId: row.flow_id,
        grantId: row.grant_id,
        redirectUri: row.redirect_uri,
        redirectUriRequested: row.redirect_uri_requested === 1,
        grantedScopes: JSON.parse(row.granted_scopes) as Scope[],
        codeChallenge: row.code_challenge,
        issuedAt: row.issued_at,
        expiresAt: row.expires_at,
        redeemedAt: row.redeemed_at,
      }
    );
  }

  redeemAuthorizationCode(digest: string, now: number, keepUntil: number, family: RefreshFamily | null): Promise<boolean> {
    return this.#session.write(async (transaction) => {
      const { numUpdatedRows } = await transaction.db
        .updateTable("authorization_codes")
        .set({ redeemed_at: now, keep_until: keepUntil })
        .where("digest", "=", digest)
        .where("redeemed_at", "is", null)
        .where("expires_at", ">", now)
        .executeTakeFirstOrThrow();
      const redeemed = numUpdatedRows === 1n;
      if (redeemed && family) await insertRefreshFamily(transaction, family);
      return redeemed;
    });
  }
}

export class SqlRevocationStore implements RevocationStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async insertRevocation(revocation: Revocation): Promise<void> {
    await this.#session.write((transaction) => insertRevocation(transaction, revocation));
  }

  async listRevocations(now: number): Promise<readonly Revocation[]> {
    const rows = await this.#session.reader.selectFrom("revocations").selectAll().where("expires_at", ">", now).execute();
    return rows.map((row) => ({ kind: row.kind as RevocationKind, id: row.id, expiresAt: row.expires_at }));
  }
}

/** Whether the application is there and still the user's; its row is held against a deletion or transfer until the transaction ends. */
async function holdApplication({ db }: SqlTransaction, { brandId, clientId, userId }: Consent): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("applications")
    .set((eb) => ({ updated_at: eb.ref("updated_at") }))
    .where("brand_id", "=", brandId)
    .where("client_id", "=", clientId)
    .where("owner_id", "=", userId)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Also a part of deleting an application. */
export async function insertRevocation({ db, raise }: SqlTransaction, { kind, id, expiresAt }: Revocation): Promise<void> {
  await db
    .insertInto("revocations")
    .values({ kind, id, expires_at: expiresAt })
    .onConflict((conflict) => conflict.columns(["kind", "id"]).doUpdateSet({ expires_at: expiresAt }).where("revocations.expires_at", "<", expiresAt))
    .execute();
  if (kind === "grant") await db.deleteFrom("refresh_families").where("family_id", "=", id).execute();
  await raise("revocations");
}
