import { sql, type Kysely } from "kysely";
import type { CallQueueStore } from "../../webhooks/pausing/call-queue-store.ts";
import type { Webhook } from "../../webhooks/webhook.ts";
import type { SqlSession } from "./database.ts";
import { COUNT_HELD } from "./plan-queues.ts";
import type { Schema } from "./schema.ts";

type WebhookId = Pick<Webhook, "brandId" | "id">;

export class SqlCallQueueStore implements CallQueueStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  pauseWebhook(webhook: WebhookId, now: number): Promise<boolean> {
    return this.#setPause(webhook, now);
  }

  resumeWebhook(webhook: WebhookId): Promise<boolean> {
    return this.#setPause(webhook, null);
  }

  async countWaiting({ brandId, id }: WebhookId): Promise<number> {
    // Positions have no gaps, and both ends are found by the key.
    const { head, tail } = await this.#session.reader
      .selectFrom("waiting_calls")
      .select((eb) => [eb.fn.min("position").as("head"), eb.fn.max("position").as("tail")])
      .where("brand_id", "=", brandId)
      .where("webhook_id", "=", id)
      .executeTakeFirstOrThrow();
    return head === null ? 0 : tail - head + 1;
  }

  async listWaiting({ brandId, id }: WebhookId, limit: number): Promise<readonly string[]> {
    const rows = await this.#session.reader
      .selectFrom("waiting_calls")
      .select("call_id")
      .where("brand_id", "=", brandId)
      .where("webhook_id", "=", id)
      .orderBy("position")
      .limit(limit)
      .execute();
    return rows.map((row) => row.call_id);
  }

  async listDrainable(limit: number): Promise<readonly WebhookId[]> {
    return (
      this.#session.reader
        .selectFrom("brands")
        // CROSS JOIN: SQLite keeps the order as written, the few brands outside.
        .crossJoin("webhooks")
        .select(["webhooks.brand_id as brandId", "webhooks.id as id"])
        .where("brands.holds_calls", "=", 1)
        .whereRef("webhooks.brand_id", "=", "brands.id")
        .where("webhooks.paused_at", "is", null)
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("waiting_calls")
              .select("waiting_calls.position")
              .whereRef("waiting_calls.brand_id", "=", "webhooks.brand_id")
              .whereRef("waiting_calls.webhook_id", "=", "webhooks.id"),
          ),
        )
        .limit(limit)
        .execute()
    );
  }

  #setPause({ brandId, id }: WebhookId, pausedAt: number | null): Promise<boolean> {
    return this.#session.write(async ({ db, lockBrand, raise }) => {
      await lockBrand(brandId);
      const { numUpdatedRows } = await db
        .updateTable("webhooks")
        .set((eb) => ({ paused_at: pausedAt === null ? null : eb.fn.coalesce("paused_at", eb.val(pausedAt)) }))
        .where("brand_id", "=", brandId)
        .where("id", "=", id)
        .where("deleted", "=", 0)
        .executeTakeFirstOrThrow();
      if (!numUpdatedRows) return false;
      await countHeld(db, brandId);
      await raise("webhooks");
      return true;
    });
  }
}

/** The brand is locked, so that no commit adds a waiting call meanwhile. */
export async function countHeld(db: Kysely<Schema>, brandId: string): Promise<void> {
  await sql`${sql.raw(COUNT_HELD)} where id = ${brandId}`.execute(db);
}
