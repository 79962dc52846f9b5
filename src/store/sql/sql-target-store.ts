import type { Selectable, Updateable } from "kysely";
import type { ChosenDead, NewTarget, TargetChange, TargetStore } from "../../forwarding/forwarding-store.ts";
import { MAX_COUNTED, type DeadMessage, type ForwardingTarget, type MessageCounts, type OutboxMessage } from "../../forwarding/target.ts";
import type { Page, PageRequest } from "../../lib/page.ts";
import type { SqlSession } from "./database.ts";
import { toPage } from "./page-query.ts";
import type { Schema } from "./schema.ts";

export class SqlTargetStore implements TargetStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async findTarget(brandId: string, webhookId: string): Promise<ForwardingTarget | undefined> {
    const row = await this.#session.reader
      .selectFrom("forwarding_targets")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("webhook_id", "=", webhookId)
      .executeTakeFirst();
    return row && toTarget(row);
  }

  insertTarget({ id, brandId, webhookId, url, sealedSecret, createdAt, updatedAt }: NewTarget): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      await raise("webhooks");
      const { numUpdatedRows } = await db
        .updateTable("webhooks")
        .set({ target_id: id })
        .where("brand_id", "=", brandId)
        .where("id", "=", webhookId)
        .where("deleted", "=", 0)
        .where("target_id", "is", null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return false;
      await db
        .insertInto("forwarding_targets")
        .values({
          id,
          brand_id: brandId,
          webhook_id: webhookId,
          url,
          sealed_secret: sealedSecret,
          created_at: createdAt,
          updated_at: updatedAt,
          delivered: 0,
        })
        .execute();
      await db.insertInto("outbox_positions").values({ target_id: id, brand_id: brandId, webhook_id: webhookId, last_position: 0 }).execute();
      return true;
    });
  }

  updateTarget(brandId: string, webhookId: string, { url, sealedSecret, updatedAt }: TargetChange): Promise<boolean> {
    const set: Updateable<Schema["forwarding_targets"]> = { updated_at: updatedAt };
    if (url !== undefined) set.url = url;
    if (sealedSecret !== undefined) set.sealed_secret = sealedSecret;
    return this.#session.write(async ({ db }) => {
      const updated = await db
        .updateTable("forwarding_targets")
        .set(set)
        .where("brand_id", "=", brandId)
        .where("webhook_id", "=", webhookId)
        .executeTakeFirstOrThrow();
      return updated.numUpdatedRows > 0n;
    });
  }

  deleteTarget(brandId: string, webhookId: string): Promise<boolean> {
    return this.#session.write(async ({ db, raise }) => {
      await raise("webhooks");
      const deleted = await db.deleteFrom("forwarding_targets").where("brand_id", "=", brandId).where("webhook_id", "=", webhookId).executeTakeFirstOrThrow();
      if (deleted.numDeletedRows === 0n) return false;
      await db.deleteFrom("outbox_positions").where("brand_id", "=", brandId).where("webhook_id", "=", webhookId).execute();
      await db.updateTable("webhooks").set({ target_id: null }).where("brand_id", "=", brandId).where("id", "=", webhookId).execute();
      return true;
    });
  }

  async countMessages(brandId: string, targetId: string): Promise<MessageCounts> {
    const count = async (table: "outbox_messages" | "dead_messages") => {
      const some = this.#session.reader.selectFrom(table).select("position").where("brand_id", "=", brandId).where("target_id", "=", targetId);
      const { count } = await this.#session.reader
        .selectFrom(some.limit(MAX_COUNTED).as("some"))
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    };
    return { waiting: await count("outbox_messages"), dead: await count("dead_messages") };
  }

  async findOldestMessage(brandId: string, targetId: string): Promise<OutboxMessage | undefined> {
    const row = await this.#session.reader
      .selectFrom("outbox_messages")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("target_id", "=", targetId)
      .orderBy("position")
      .limit(1)
      .executeTakeFirst();
    return row && toMessage(row);
  }

  async listDeadMessages(brandId: string, targetId: string, { limit, after }: PageRequest): Promise<Page<DeadMessage>> {
    let query = this.#session.reader
      .selectFrom("dead_messages")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("target_id", "=", targetId)
      .orderBy("position", "desc")
      .limit(limit + 1);
    if (after !== null && /^\d{1,15}$/.test(after)) query = query.where("position", "<", Number(after));
    return toPage(await query.execute(), limit, toDeadMessage, ({ position }) => String(position));
  }

  reviveDeadMessages(brandId: string, targetId: string, chosen: ChosenDead, limit: number): Promise<number> {
    return this.#session.write(async ({ db, lockBrand }) => {
      // Commits of the brand's calls give positions too.
      await lockBrand(brandId);
      let query = db.selectFrom("dead_messages").selectAll().where("brand_id", "=", brandId).where("target_id", "=", targetId);
      if ("position" in chosen) query = query.where("position", "=", chosen.position);
      else query = query.where("died_at", "<=", chosen.diedUntil);
      const dead = await query.orderBy("position").limit(limit).execute();
      if (dead.length === 0) return 0;
      const counted = await db
        .updateTable("outbox_positions")
        .set((eb) => ({ last_position: eb("last_position", "+", dead.length) }))
        .where("brand_id", "=", brandId)
        .where("target_id", "=", targetId)
        .returning("last_position")
        .executeTakeFirst();
      if (!counted) return 0;
      const first = counted.last_position - dead.length + 1;
      const revived = dead.map((row, index) => ({
        target_id: targetId,
        position: first + index,
        brand_id: brandId,
        call_id: row.call_id,
        order_key: row.order_key,
        attempts: 0,
        due_at: 0,
      }));
      await db.insertInto("outbox_messages").values(revived).execute();
      const positions = dead.map(({ position }) => position);
      await db.deleteFrom("dead_messages").where("target_id", "=", targetId).where("position", "in", positions).execute();
      return dead.length;
    });
  }
}

export function toTarget(row: Selectable<Schema["forwarding_targets"]>): ForwardingTarget {
  return {
    id: row.id,
    brandId: row.brand_id,
    webhookId: row.webhook_id,
    url: row.url,
    sealedSecret: row.sealed_secret,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    health: { delivered: row.delivered, lastSuccessAt: row.last_success_at, lastFailureAt: row.last_failure_at, lastFailure: row.last_failure },
  };
}

export function toMessage(row: Selectable<Schema["outbox_messages"]>): OutboxMessage {
  return { ...namesOf(row), attempts: row.attempts, dueAt: row.due_at };
}

function toDeadMessage(row: Selectable<Schema["dead_messages"]>): DeadMessage {
  return { ...namesOf(row), attempts: row.attempts, failure: row.failure, diedAt: row.died_at };
}

function namesOf(row: {
  readonly brand_id: string;
  readonly target_id: string;
  readonly position: number;
  readonly call_id: string;
  readonly order_key: string;
}) {
  return { brandId: row.brand_id, targetId: row.target_id, position: row.position, callId: row.call_id, orderKey: row.order_key };
}
