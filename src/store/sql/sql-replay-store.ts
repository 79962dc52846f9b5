import type { Selectable, Updateable } from "kysely";
import type { Replay } from "../../webhooks/calls/replay.ts";
import type { ReplayProgress, ReplayStore } from "../../webhooks/calls/replay-store.ts";
import type { SqlSession } from "./database.ts";
import type { Schema } from "./schema.ts";

export class SqlReplayStore implements ReplayStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  insertReplay(replay: Replay): Promise<boolean> {
    return this.#session.write(async ({ db }) => {
      const { numInsertedOrUpdatedRows } = await db
        .insertInto("replays")
        .values({
          id: replay.id,
          brand_id: replay.brandId,
          webhook_id: replay.webhookId,
          user_id: replay.userId,
          user_name: replay.userName,
          after_id: replay.afterId,
          through_id: replay.throughId,
          accepted: replay.accepted,
          refused: replay.refused,
          started_at: replay.startedAt,
          finished_at: replay.finishedAt,
          stopped: replay.isStopped ? 1 : 0,
          lease: null,
          leased_until: 0,
        })
        .onConflict((conflict) => conflict.columns(["brand_id", "webhook_id"]).where("finished_at", "is", null).doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    });
  }

  async findNewestReplay(brandId: string, webhookId: string): Promise<Replay | undefined> {
    const row = await this.#session.reader
      .selectFrom("replays")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("webhook_id", "=", webhookId)
      .orderBy("started_at", "desc")
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    return row && toReplay(row);
  }

  claimReplay(lease: string, now: number, leasedUntil: number): Promise<Replay | undefined> {
    return this.#session.write(async ({ db }) => {
      const row = await db
        .updateTable("replays")
        .set({ lease, leased_until: leasedUntil })
        .where("id", "in", (eb) =>
          eb
            .selectFrom("replays as free")
            .select("free.id")
            .where("free.finished_at", "is", null)
            .where("free.leased_until", "<=", now)
            .orderBy("free.leased_until")
            .orderBy("free.id")
            .limit(1),
        )
        // Once more for whoever waited for another process to claim the same one.
        .where("leased_until", "<=", now)
        .returningAll()
        .executeTakeFirst();
      return row && toReplay(row);
    });
  }

  recordReplay(replay: Pick<Replay, "brandId" | "id">, lease: string, { afterId, accepted, refused }: ReplayProgress, leasedUntil: number): Promise<boolean> {
    return this.#update(replay, lease, { after_id: afterId, accepted, refused, leased_until: leasedUntil });
  }

  async finishReplay(replay: Pick<Replay, "brandId" | "id">, lease: string, now: number): Promise<void> {
    await this.#update(replay, lease, { finished_at: now });
  }

  stopReplay(brandId: string, webhookId: string, now: number): Promise<boolean> {
    return this.#session.write(async ({ db }) => {
      const { numUpdatedRows } = await db
        .updateTable("replays")
        .set({ finished_at: now, stopped: 1 })
        .where("brand_id", "=", brandId)
        .where("webhook_id", "=", webhookId)
        .where("finished_at", "is", null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    });
  }

  #update({ brandId, id }: Pick<Replay, "brandId" | "id">, lease: string, set: Updateable<Schema["replays"]>): Promise<boolean> {
    return this.#session.write(async ({ db }) => {
      const { numUpdatedRows } = await db
        .updateTable("replays")
        .set(set)
        .where("brand_id", "=", brandId)
        .where("id", "=", id)
        .where("lease", "=", lease)
        .where("finished_at", "is", null)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    });
  }
}

function toReplay(row: Selectable<Schema["replays"]>): Replay {
  return {
    id: row.id,
    brandId: row.brand_id,
    webhookId: row.webhook_id,
    userId: row.user_id,
    userName: row.user_name,
    afterId: row.after_id,
    throughId: row.through_id,
    accepted: row.accepted,
    refused: row.refused,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    isStopped: row.stopped === 1,
  };
}
