import type { Page, PageRequest } from "../../lib/page.ts";
import type { OAuthErrorCode } from "../../oauth/oauth-error.ts";
import type { RefusedRequestStore } from "../../oauth/oauth-store.ts";
import { REFUSED_REQUESTS_KEPT, type RefusedRequest, type RefusedStranger } from "../../oauth/refused-request.ts";
import type { SqlSession, SqlTransaction } from "./database.ts";
import { toPage } from "./page-query.ts";

/** Rows of one insert statement: databases bound the number of its parameters. */
const ROWS_A_STATEMENT = 500;

export class SqlRefusedRequestStore implements RefusedRequestStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async insertRefusedRequests(requests: readonly RefusedRequest[]): Promise<void> {
    await this.#session.write(async ({ db }) => {
      for (let from = 0; from < requests.length; from += ROWS_A_STATEMENT) {
        const rows = requests.slice(from, from + ROWS_A_STATEMENT).map((request) => ({
          brand_id: request.brandId,
          client_id: request.clientId,
          id: request.id,
          refused_at: request.refusedAt,
          reference: request.reference,
          error: request.error,
          reason: request.reason,
          sent_redirect_uri: request.sentRedirectUri,
        }));
        await db.insertInto("refused_requests").values(rows).execute();
      }
      const clients = new Map(requests.map(({ clientId, brandId }) => [clientId, brandId]));
      for (const [clientId, brandId] of clients) await trim(db, brandId, clientId);
    });
  }

  async listRefusedRequests(brandId: string, clientId: string, reference: string | null, { limit, after }: PageRequest): Promise<Page<RefusedRequest>> {
    let query = this.#session.reader
      .selectFrom("refused_requests")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("client_id", "=", clientId)
      .orderBy("id", "desc")
      .limit(limit + 1);
    if (reference !== null) query = query.where("reference", "=", reference);
    if (after !== null) query = query.where("id", "<", after);
    return toPage(
      await query.execute(),
      limit,
      (row) => ({
        id: row.id,
        brandId: row.brand_id,
        clientId: row.client_id,
        refusedAt: row.refused_at,
        reference: row.reference,
        error: row.error as OAuthErrorCode,
        reason: row.reason,
        sentRedirectUri: row.sent_redirect_uri,
      }),
      (row) => row.id,
    );
  }

  async insertRefusedStrangers(strangers: readonly RefusedStranger[]): Promise<void> {
    // More would be cut off in the same transaction.
    const newest = strangers.slice(-REFUSED_REQUESTS_KEPT);
    await this.#session.write(async ({ db }) => {
      for (let from = 0; from < newest.length; from += ROWS_A_STATEMENT) {
        const rows = newest.slice(from, from + ROWS_A_STATEMENT).map((stranger) => ({
          id: stranger.id,
          refused_at: stranger.refusedAt,
          reference: stranger.reference,
          path: stranger.path,
          client_id: stranger.clientId,
          address: stranger.address,
          error: stranger.error,
          reason: stranger.reason,
        }));
        await db.insertInto("refused_strangers").values(rows).execute();
      }
      const tooMany = await db.selectFrom("refused_strangers").select("id").orderBy("id", "desc").limit(1).offset(REFUSED_REQUESTS_KEPT).executeTakeFirst();
      if (tooMany) await db.deleteFrom("refused_strangers").where("id", "<=", tooMany.id).execute();
    });
  }

  async listRefusedStrangers({ limit, after }: PageRequest): Promise<Page<RefusedStranger>> {
    let query = this.#session.reader
      .selectFrom("refused_strangers")
      .selectAll()
      .orderBy("id", "desc")
      .limit(limit + 1);
    if (after !== null) query = query.where("id", "<", after);
    return toPage(
      await query.execute(),
      limit,
      ({ refused_at, client_id, error, ...row }) => ({ ...row, refusedAt: refused_at, clientId: client_id, error: error as OAuthErrorCode }),
      (row) => row.id,
    );
  }
}

/** Takes away everything at and before the newest one that is too many. */
async function trim(db: SqlTransaction["db"], brandId: string, clientId: string): Promise<void> {
  const tooMany = await db
    .selectFrom("refused_requests")
    .select("id")
    .where("brand_id", "=", brandId)
    .where("client_id", "=", clientId)
    .orderBy("id", "desc")
    .limit(1)
    .offset(REFUSED_REQUESTS_KEPT)
    .executeTakeFirst();
  if (!tooMany) return;
  await db.deleteFrom("refused_requests").where("brand_id", "=", brandId).where("client_id", "=", clientId).where("id", "<=", tooMany.id).execute();
}
