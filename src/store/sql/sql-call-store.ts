import { sql, type SelectQueryBuilder, type Selectable } from "kysely";
import type { Page, PageRequest } from "../../lib/page.ts";
import type { Call, CallOutcome, CallWithWebhookName } from "../../webhooks/call.ts";
import type { CallStore, CallWithWebhook, CommittedCall, CountedCall, PendingCall, UnknownEndpointCall } from "../../webhooks/webhook-store.ts";
import type { SqlSession } from "./database.ts";
import { eraseCustomer } from "./erase-customer.ts";
import { toPage } from "./page-query.ts";
import type { Schema } from "./schema.ts";

/** How many calls at addresses without a webhook are kept for the operator. */
const UNKNOWN_ENDPOINT_CALLS_KEPT = 1_000;
/** A path is the stranger's choice: at most this many UTF-16 units of it are kept. */
const MAX_PATH_LENGTH = 200;

const COLUMNS = [
  "calls.id",
  "calls.brand_id",
  "calls.webhook_id",
  "calls.received_at",
  "calls.outcome",
  "calls.status",
  "calls.reason",
  "calls.reference",
  "calls.authenticated",
  "calls.client_id",
  "calls.application_name",
  "calls.customer_ids",
] as const;
const LONG_COLUMNS = ["calls.headers", "calls.body", "calls.answer", "calls.repeat_of", "calls.duration"] as const;

type CallRow = Selectable<Schema["calls"]>;

interface CallFilter {
  readonly webhookId: string | null;
  readonly ownerId: string | null;
  readonly outcome: CallOutcome | null;
  readonly status?: number | null;
}

export class SqlCallStore implements CallStore {
  readonly #session: SqlSession;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  commitCalls(batch: readonly PendingCall[]): Promise<readonly CommittedCall[]> {
    return this.#session.callWriter.commitCalls(batch);
  }

  insertRefusedCalls(calls: readonly (Call & CountedCall)[]): Promise<void> {
    return this.#session.callWriter.insertRefusedCalls(calls);
  }

  eraseCustomer(brandId: string, customerId: string): Promise<boolean> {
    return eraseCustomer(this.#session, { brandId, customerId });
  }

  async countCallsOfDay(brandId: string, day: string): Promise<number> {
    const row = await this.#session.reader.selectFrom("call_days").select("calls").where("brand_id", "=", brandId).where("day", "=", day).executeTakeFirst();
    return row?.calls ?? 0;
  }

  async findCall(brandId: string, callId: string): Promise<CallWithWebhook | undefined> {
    const row = await this.#session.reader
      .selectFrom("calls")
      .innerJoin("webhooks", "webhooks.id", "calls.webhook_id")
      .select([...COLUMNS, ...LONG_COLUMNS, "webhooks.name as webhook_name", "webhooks.owner_id"])
      .where("calls.brand_id", "=", brandId)
      .where("calls.id", "=", callId)
      .executeTakeFirst();
    return row && { ...toCall(row), webhookName: row.webhook_name, ownerId: row.owner_id };
  }

  async listCalls(brandId: string, filter: CallFilter, { limit, after }: PageRequest): Promise<Page<CallWithWebhookName>> {
    let query = this.#session.reader
      .selectFrom("calls")
      .innerJoin("webhooks", "webhooks.id", "calls.webhook_id")
      .select([...COLUMNS, "webhooks.name as webhook_name"])
      .where("calls.brand_id", "=", brandId)
      .orderBy("calls.id", "desc")
      .limit(limit + 1);
    const isFiltered = filter.webhookId !== null || filter.ownerId !== null || filter.outcome !== null || typeof filter.status === "number";
    if (isFiltered) query = query.where("calls.id", "in", this.#newestCalls(brandId, filter, { limit: limit + 1, after }));
    else if (after !== null) query = query.where("calls.id", "<", after);
    return toPage(
      await query.execute(),
      limit,
      (row) => ({ ...toListedCall(row), webhookName: row.webhook_name }),
      (row) => row.id,
    );
  }

  /**
   * The ids of the newest calls that pass the filter, from the index alone: the newest of each webhook in question, and of those the newest.
   * Filtering the brand's calls instead would read all of a busy brand for an owner with one quiet webhook.
   */
  #newestCalls(brandId: string, filter: CallFilter, { limit, after }: PageRequest): SelectQueryBuilder<Schema, never, { id: string }> {
    const { reader } = this.#session;
    let query = reader
      .selectFrom("webhooks as chosen")
      // CROSS JOIN: SQLite keeps the order as written, the webhooks outside.
      .crossJoin("calls as newest")
      .select("newest.id")
      .where("chosen.brand_id", "=", brandId)
      .where("newest.brand_id", "=", brandId)
      .where("newest.id", "in", (eb) => {
        let ofWebhook = eb
          .selectFrom("calls as candidate")
          .select("candidate.id")
          .where("candidate.brand_id", "=", brandId)
          .whereRef("candidate.webhook_id", "=", "chosen.id")
          .orderBy("candidate.id", "desc")
          .limit(limit);
        if (after !== null) ofWebhook = ofWebhook.where("candidate.id", "<", after);
        if (filter.outcome !== null) ofWebhook = ofWebhook.where("candidate.outcome", "=", filter.outcome);
        if (typeof filter.status === "number") ofWebhook = ofWebhook.where("candidate.status", "=", filter.status);
        // In the words of the partial index, so that it is seen to apply.
        if (filter.outcome !== null && filter.outcome !== "accepted") ofWebhook = ofWebhook.where("candidate.outcome", "<>", sql.lit("accepted"));
        return ofWebhook;
      })
      .orderBy("newest.id", "desc")
      .limit(limit);
    if (filter.webhookId !== null) query = query.where("chosen.id", "=", filter.webhookId);
    if (filter.ownerId !== null) query = query.where("chosen.owner_id", "=", filter.ownerId);
    return query;
  }

  async findNewestSample(brandId: string, webhookId: string): Promise<Call | undefined> {
    const row = await this.#session.reader
      .selectFrom("calls")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("webhook_id", "=", webhookId)
      .where("authenticated", "=", 1)
      .where("body", "is not", null)
      // 422 is the one refusal that comes after the body was read as JSON.
      .where((eb) => eb.or([eb("outcome", "<>", "refused"), eb("status", "=", 422)]))
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    return row && toCall(row);
  }

  async insertUnknownEndpointCall(path: string, now: number): Promise<void> {
    await this.#session.write(async ({ db }) => {
      const { id } = await db
        .insertInto("unknown_endpoint_calls")
        .values({ path: path.slice(0, MAX_PATH_LENGTH), received_at: now })
        .returning("id")
        .executeTakeFirstOrThrow();
      await db
        .deleteFrom("unknown_endpoint_calls")
        .where("id", "<=", id - UNKNOWN_ENDPOINT_CALLS_KEPT)
        .execute();
    });
  }

  async listUnknownEndpointCalls({ limit, after }: PageRequest): Promise<Page<UnknownEndpointCall>> {
    let query = this.#session.reader
      .selectFrom("unknown_endpoint_calls")
      .selectAll()
      .orderBy("id", "desc")
      .limit(limit + 1);
    if (after !== null) query = query.where("id", "<", Number(after));
    return toPage(
      await query.execute(),
      limit,
      (row) => ({ path: row.path, receivedAt: row.received_at }),
      (row) => String(row.id),
    );
  }
}

function toCall(row: CallRow): Call {
  return { ...toListedCall(row), headers: row.headers ?? "", body: row.body, answer: row.answer, repeatOf: row.repeat_of, duration: row.duration };
}

function toListedCall(row: Omit<CallRow, "headers" | "body" | "answer" | "repeat_of" | "duration">): Omit<CallWithWebhookName, "webhookName"> {
  return {
    id: row.id,
    brandId: row.brand_id,
    webhookId: row.webhook_id,
    receivedAt: row.received_at,
    outcome: row.outcome as CallOutcome,
    status: row.status,
    reason: row.reason,
    reference: row.reference,
    authenticated: row.authenticated === 1,
    clientId: row.client_id,
    applicationName: row.application_name,
    customerIds: JSON.parse(row.customer_ids) as string[],
  };
}
