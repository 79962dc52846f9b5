import { sql, type Selectable } from "kysely";
import type { Page, PageRequest } from "../../lib/page.ts";
import { WAITING_STATUS, type Call, type CallOutcome, type CallWithWebhookName } from "../../webhooks/calls/call.ts";
import type {
  CallSpan,
  CallStore,
  CallWithWebhook,
  CommittedCall,
  CountedCall,
  PendingCall,
  StoredCallFilter,
  UnknownEndpointCall,
} from "../../webhooks/webhook-store.ts";
import type { SqlSession } from "./database.ts";
import { eraseCustomer } from "./erase-customer.ts";
import { findNewestCalls } from "./newest-calls.ts";
import { toPage } from "./page-query.ts";
import { rowsThatFit } from "./rows-that-fit.ts";
import type { Schema } from "./schema.ts";
import { toPaths } from "./sql-webhook-store.ts";

/** How many calls at addresses without a webhook are kept for the operator. */
const UNKNOWN_ENDPOINT_CALLS_KEPT = 1_000;
/** A path is the stranger's choice: at most this many UTF-16 units of it are kept. */
const MAX_PATH_LENGTH = 200;
/** A reference names one call; should it ever name more, these are shown. */
const MAX_SAME_REFERENCE = 10;

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
  "console_calls.user_id",
  "console_calls.user_name",
  "console_calls.replay_of",
  "webhooks.name as webhook_name",
] as const;
const LONG_COLUMNS = ["calls.headers", "calls.body", "calls.answer", "calls.repeat_of", "calls.duration"] as const;

type CallRow = Selectable<Schema["calls"]>;
type LongColumn = "headers" | "body" | "answer" | "repeat_of" | "duration";
type ConsoleColumns = { [column in "user_id" | "user_name" | "replay_of"]: string | null };
type ListedRow = Omit<CallRow, LongColumn> & ConsoleColumns & { webhook_name: string };

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
    const row = await this.#selectListed(brandId)
      .select([...LONG_COLUMNS, "webhooks.owner_id", "webhooks.sensitive_paths"])
      .where("calls.id", "=", callId)
      .executeTakeFirst();
    return row && toWholeCall(row);
  }

  async readCalls(brandId: string, callIds: readonly string[], maxBytes: number): Promise<readonly CallWithWebhook[]> {
    if (callIds.length === 0) return [];
    const sizes = await this.#session.reader
      .selectFrom("calls")
      .select(["id", sql<number | null>`octet_length(body)`.as("bytes")])
      .where("brand_id", "=", brandId)
      .where("id", "in", callIds)
      .execute();
    const sizeOf = new Map(sizes.map((size) => [size.id, size]));
    const fitting = rowsThatFit(
      callIds.flatMap((id) => sizeOf.get(id) ?? []),
      maxBytes,
    ).map(({ id }) => id);
    if (fitting.length === 0) return [];
    const rows = await this.#selectListed(brandId)
      .select([...LONG_COLUMNS, "webhooks.owner_id", "webhooks.sensitive_paths"])
      .where("calls.id", "in", fitting)
      .execute();
    const calls = new Map(rows.map((row) => [row.id, toWholeCall(row)]));
    return fitting.flatMap((id) => calls.get(id) ?? []);
  }

  async listCalls(brandId: string, filter: StoredCallFilter, page: PageRequest): Promise<Page<CallWithWebhookName>> {
    const reference = page.after === null ? filter.search?.reference : null;
    const known = reference ? await this.#findByReference(brandId, filter, reference) : [];
    if (known.length > 0) return { rows: known, next: null };
    const { ids, next } = await findNewestCalls(this.#session, brandId, filter, page);
    return { rows: await this.#listed(brandId, ids), next };
  }

  /** By the index that has the references of all calls but the accepted ones: there are many of those, and nobody looks for them. */
  async #findByReference(brandId: string, { webhookId, ownerId }: StoredCallFilter, reference: string): Promise<readonly CallWithWebhookName[]> {
    let query = this.#selectListed(brandId)
      .where("calls.reference", "=", reference)
      .where("calls.outcome", "<>", sql.lit("accepted"))
      .limit(MAX_SAME_REFERENCE);
    if (webhookId !== null) query = query.where("calls.webhook_id", "=", webhookId);
    if (ownerId !== null) query = query.where("webhooks.owner_id", "=", ownerId);
    return newestFirst(await query.execute());
  }

  async #listed(brandId: string, ids: readonly string[]): Promise<readonly CallWithWebhookName[]> {
    return ids.length === 0 ? [] : newestFirst(await this.#selectListed(brandId).where("calls.id", "in", ids).execute());
  }

  #selectListed(brandId: string) {
    return this.#session.reader
      .selectFrom("calls")
      .innerJoin("webhooks", "webhooks.id", "calls.webhook_id")
      .leftJoin("console_calls", (join) => join.onRef("console_calls.brand_id", "=", "calls.brand_id").onRef("console_calls.call_id", "=", "calls.id"))
      .select(COLUMNS)
      .where("calls.brand_id", "=", brandId);
  }

  async listReplaysOf(brandId: string, callId: string, limit: number): Promise<readonly CallWithWebhookName[]> {
    const replays = await this.#session.reader
      .selectFrom("console_calls")
      .select("call_id")
      .where("brand_id", "=", brandId)
      .where("replay_of", "=", callId)
      .orderBy("call_id", "desc")
      .limit(limit)
      .execute();
    return this.#listed(
      brandId,
      replays.map(({ call_id }) => call_id),
    );
  }

  async listReplayable(brandId: string, webhookId: string, { afterId, throughId }: CallSpan, limit: number): Promise<readonly string[]> {
    const rows = await this.#session.reader
      .selectFrom("calls")
      .leftJoin("console_calls", (join) => join.onRef("console_calls.brand_id", "=", "calls.brand_id").onRef("console_calls.call_id", "=", "calls.id"))
      .select("calls.id")
      .where("calls.brand_id", "=", brandId)
      .where("calls.webhook_id", "=", webhookId)
      .where("calls.outcome", "=", "refused")
      // In the words of the partial index, so that it is seen to apply.
      .where("calls.outcome", "<>", sql.lit("accepted"))
      .where("calls.id", ">", afterId)
      .where("calls.id", "<=", throughId)
      .where("calls.authenticated", "=", 1)
      .where("calls.customer_ids", "=", "[]")
      .where("calls.body", "is not", null)
      .where("console_calls.call_id", "is", null)
      .orderBy("calls.id")
      .limit(limit)
      .execute();
    return rows.map(({ id }) => id);
  }

  async findNewestSample(brandId: string, webhookId: string): Promise<Call | undefined> {
    const row = await this.#session.reader
      .selectFrom("calls")
      .selectAll()
      .where("brand_id", "=", brandId)
      .where("webhook_id", "=", webhookId)
      .where("authenticated", "=", 1)
      .where("body", "is not", null)
      // The refusals that come after the body was read as JSON.
      .where((eb) => eb.or([eb("outcome", "<>", "refused"), eb("status", "in", [WAITING_STATUS, 422])]))
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
  return { ...toShortCall(row), ...longOf(row) };
}

function longOf(row: Pick<CallRow, LongColumn>): Pick<Call, "headers" | "body" | "answer" | "repeatOf" | "duration"> {
  return { headers: row.headers ?? "", body: row.body, answer: row.answer, repeatOf: row.repeat_of, duration: row.duration };
}

/** By id, which tells the time. Not left to the database, which might walk all calls in that order to find a few. */
function newestFirst(rows: readonly ListedRow[]): readonly CallWithWebhookName[] {
  return rows.toSorted((a, b) => (a.id < b.id ? 1 : -1)).map(toListedCall);
}

function toListedCall(row: ListedRow): CallWithWebhookName {
  const { user_id: userId, user_name: userName, replay_of: replayOf } = row;
  return { ...toShortCall(row), webhookName: row.webhook_name, ...(userId !== null && userName !== null && { fromConsole: { userId, userName, replayOf } }) };
}

function toWholeCall(row: ListedRow & Pick<CallRow, LongColumn> & { owner_id: string; sensitive_paths: string | null }): CallWithWebhook {
  return { ...toListedCall(row), ...longOf(row), ownerId: row.owner_id, sensitivePaths: toPaths(row.sensitive_paths) };
}

function toShortCall(row: Omit<CallRow, LongColumn>): Omit<CallWithWebhookName, "webhookName"> {
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
