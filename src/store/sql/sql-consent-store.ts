import type { SelectQueryBuilder, Selectable } from "kysely";
import type { Page, PageRequest } from "../../lib/page.ts";
import { widened, type Consent, type ConsentWithApplication } from "../../oauth/consent.ts";
import type { ConsentStore } from "../../oauth/oauth-store.ts";
import type { Scope } from "../../oauth/scope.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { endGrants } from "./end-grants.ts";
import { pairCursor, parsePairCursor, toPage } from "./page-query.ts";
import type { Schema } from "./schema.ts";

type ConsentRow = Selectable<Schema["consents"]> & { application_name: string; owner_name: string; refreshed_at: number | null };

export class SqlConsentStore implements ConsentStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async findConsent(brandId: string, clientId: string, userId: string): Promise<ConsentWithApplication | undefined> {
    const row = await this.#select(brandId, userId).where("consents.client_id", "=", clientId).executeTakeFirst();
    return row && toConsentWithApplication(row);
  }

  async listConsents(brandId: string, userId: string, { limit, after }: PageRequest): Promise<Page<ConsentWithApplication>> {
    let query = this.#select(brandId, userId)
      .orderBy("consents.given_at", "desc")
      .orderBy("consents.client_id", "desc")
      .limit(limit + 1);
    const cursor = parsePairCursor(after, "number");
    if (cursor) query = query.where((eb) => eb(eb.refTuple("consents.given_at", "consents.client_id"), "<", eb.tuple(cursor.first, cursor.id)));
    return toPage(await query.execute(), limit, toConsentWithApplication, (row) => pairCursor(row.given_at, row.client_id));
  }

  withdrawConsent(brandId: string, clientId: string, userId: string, now: number, revokedUntil: number): Promise<boolean> {
    const own = { brand_id: brandId, client_id: clientId, user_id: userId };
    return this.#session.write(async (transaction) => (await endGrants(transaction, own, now, revokedUntil)) > 0);
  }

  #select(brandId: string, userId: string): SelectQueryBuilder<Schema, "consents" | "applications" | "users", ConsentRow> {
    return this.#session.reader
      .selectFrom("consents")
      .innerJoin("applications", (join) =>
        join.onRef("applications.brand_id", "=", "consents.brand_id").onRef("applications.client_id", "=", "consents.client_id"),
      )
      .innerJoin("users", (join) => join.onRef("users.brand_id", "=", "applications.brand_id").onRef("users.id", "=", "applications.owner_id"))
      .selectAll("consents")
      .select(["applications.name as application_name", "users.name as owner_name"])
      .select((eb) =>
        eb
          .selectFrom("refresh_families")
          .select((inner) => inner.fn.max("rotated_at").as("refreshed_at"))
          .whereRef("refresh_families.client_id", "=", "consents.client_id")
          .whereRef("refresh_families.user_id", "=", "consents.user_id")
          .as("refreshed_at"),
      )
      .where("consents.brand_id", "=", brandId)
      .where("consents.user_id", "=", userId);
  }
}

/** A part of issuing a code: the consent is there as it was read, and is used now. */
export async function useConsent({ db }: SqlTransaction, consent: Consent, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("consents")
    .set({ last_used_at: now })
    .where("brand_id", "=", consent.brandId)
    .where("client_id", "=", consent.clientId)
    .where("user_id", "=", consent.userId)
    .where("scopes", "=", JSON.stringify(consent.scopes))
    .where("redirect_uris", "=", JSON.stringify(consent.redirectUris))
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** A part of issuing a code that the user has just allowed. The caller holds the application's row, so no other consent to it is written meanwhile. */
export async function recordConsent({ db }: SqlTransaction, given: Consent): Promise<void> {
  const before = await db.selectFrom("consents").selectAll().where("client_id", "=", given.clientId).where("user_id", "=", given.userId).executeTakeFirst();
  const consent = before ? widened(toConsent(before), given) : given;
  const content = {
    scopes: JSON.stringify(consent.scopes),
    redirect_uris: JSON.stringify(consent.redirectUris),
    given_at: consent.givenAt,
    last_used_at: consent.lastUsedAt,
  };
  await db
    .insertInto("consents")
    .values({ brand_id: consent.brandId, client_id: consent.clientId, user_id: consent.userId, ...content })
    .onConflict((conflict) => conflict.columns(["client_id", "user_id"]).doUpdateSet(content))
    .execute();
}

function toConsent(row: Selectable<Schema["consents"]>): Consent {
  return {
    brandId: row.brand_id,
    clientId: row.client_id,
    userId: row.user_id,
    scopes: JSON.parse(row.scopes) as Scope[],
    redirectUris: JSON.parse(row.redirect_uris) as string[],
    givenAt: row.given_at,
    lastUsedAt: row.last_used_at,
  };
}

function toConsentWithApplication(row: ConsentRow): ConsentWithApplication {
  const consent = toConsent(row);
  const lastUsedAt = Math.max(consent.lastUsedAt, row.refreshed_at ?? 0);
  return { ...consent, lastUsedAt, applicationName: row.application_name, ownerName: row.owner_name };
}
