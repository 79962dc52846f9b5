import { sql, type SelectQueryBuilder } from "kysely";
import type { CallOutcome } from "../../webhooks/calls/call.ts";
import type { CallCount } from "../../webhooks/calls/call-hours.ts";
import type { CallHourStore, HourSpan } from "../../webhooks/calls/call-hour-store.ts";
import type { SqlSession } from "./database.ts";
import type { Schema } from "./schema.ts";

export class SqlCallHourStore implements CallHourStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  async listCallCounts(brandId: string, ownerId: string | null, span: HourSpan): Promise<readonly CallCount[]> {
    const rows = await this.#hours(brandId, ownerId, span)
      .select(["call_hours.hour", "call_hours.outcome", "call_hours.status", "call_hours.within_ms"])
      .select(sql<number>`cast(sum(call_hours.calls) as bigint)`.as("calls"))
      .groupBy(["call_hours.hour", "call_hours.outcome", "call_hours.status", "call_hours.within_ms"])
      .execute();
    return rows.map(({ hour, outcome, status, within_ms: within, calls }) => ({ hour, outcome: outcome as CallOutcome, status, within, calls }));
  }

  listTakingWebhooks(brandId: string, ownerId: string | null, span: HourSpan): Promise<readonly { readonly id: string; readonly name: string }[]> {
    return this.#hours(brandId, ownerId, span)
      .select(["webhooks.id", "webhooks.name"])
      .where("webhooks.deleted", "=", 0)
      .where("call_hours.outcome", "<>", "refused")
      .groupBy(["webhooks.id", "webhooks.name"])
      .execute();
  }

  #hours(brandId: string, ownerId: string | null, { from, to }: HourSpan): SelectQueryBuilder<Schema, "webhooks" | "call_hours", unknown> {
    const query = this.#session.reader
      .selectFrom("webhooks")
      // CROSS JOIN: SQLite keeps the order as written, and finds the hours of each webhook by the key.
      .crossJoin("call_hours")
      .where("webhooks.brand_id", "=", brandId)
      .where("call_hours.brand_id", "=", brandId)
      .whereRef("call_hours.webhook_id", "=", "webhooks.id")
      .where("call_hours.hour", ">=", from)
      .where("call_hours.hour", "<", to);
    return ownerId === null ? query : query.where("webhooks.owner_id", "=", ownerId);
  }
}
