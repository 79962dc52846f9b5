/**
 * Writes calls and what they do, by hand: this is the hot path. A batch is planned and written without a break in one
 * transaction, so that what was read still holds when it is written.
 */
import type { CustomerFields } from "../../customers/customer.ts";
import type { CustomerDraft, CustomerView } from "../../customers/plan-customer-write.ts";
import { MAX_DRAINED, UNAUTHENTICATED_CALLS_KEPT, type Call } from "../../webhooks/calls/call.ts";
import { countByHour, countDecided, type CallHour } from "../../webhooks/calls/call-hours.ts";
import type { CommittedCall, CountedCall, PendingCall } from "../../webhooks/webhook-store.ts";
import { ADD_TO_COUNT, CALL_HOUR_COLUMNS } from "./call-hour-row.ts";
import { CALL_COLUMNS, CONSOLE_CALL_COLUMNS, consoleCallsOf, type Columns } from "./call-row.ts";
import { searchText, toFieldSet } from "./customer-row.ts";
import type { CallWriter } from "./database.ts";
import { countByTarget, MESSAGE_COLUMNS, withPositions } from "./outbox-row.ts";
import { claimedBy, planBatch, type ForwardedCall, type PlannedBatch, type PlannedClaim, type StoredClaim, type StoredState } from "./plan-batch.ts";
import { CallDays } from "./plan-days.ts";
import {
  COUNT_HELD,
  QUEUE_COLUMNS,
  toQueue,
  toQueuedCall,
  WAITING_COLUMNS,
  type QueuedCall,
  type QueueRow,
  type StoredQueue,
  type WaitingRow,
} from "./plan-queues.ts";
import { isDataError, type SqliteConnection } from "./sqlite-connection.ts";

/** Runs the work in one transaction, without a break; when it throws, nothing of it stays. */
type Exclusively = <Result>(work: (connection: SqliteConnection) => Result) => Promise<Result>;

export class SqliteCallWriter implements CallWriter {
  readonly #exclusively: Exclusively;

  constructor(exclusively: Exclusively) {
    this.#exclusively = exclusively;
  }

  /**
   * Usually there is nothing to undo, and a savepoint around the batch would copy every page that it touches: a third of the whole. When one row
   * spoils the batch, the transaction is lost and every call gets a try of its own in another one.
   */
  async commitCalls(batch: readonly PendingCall[]): Promise<readonly CommittedCall[]> {
    if (batch.length === 0) return [];
    try {
      return await this.#exclusively((connection) => writeBatch(connection, batch));
    } catch (error) {
      if (!isDataError(error)) throw error;
      return this.#exclusively((connection) => batch.flatMap((pending) => tryAlone(connection, pending)));
    }
  }

  async insertRefusedCalls(calls: readonly (Call & CountedCall)[]): Promise<void> {
    if (calls.length > 0) await this.#exclusively((connection) => insertRefused(connection, calls));
  }
}

function tryAlone(connection: SqliteConnection, pending: PendingCall): readonly CommittedCall[] {
  try {
    return connection.undoable(() => writeBatch(connection, [pending]));
  } catch (error) {
    if (!isDataError(error)) throw error;
    return [{ kind: "failed", error }];
  }
}

function writeBatch(connection: SqliteConnection, batch: readonly PendingCall[]): readonly CommittedCall[] {
  const plan = planBatch(batch, storedState(connection));
  insertCalls(connection, plan.calls);
  if (plan.queues.added.length > 0 || plan.decided.length > 0) storeQueues(connection, plan);
  for (const claim of plan.claims.values()) setClaim(connection, claim);
  for (const [brandId, draft] of plan.customers) storeCustomers(connection, brandId, draft);
  for (const { brandId, callId, customerIds } of plan.replayed.values()) {
    connection.prepare("update calls set customer_ids = ? where brand_id = ? and id = ?").run(JSON.stringify(customerIds), brandId, callId);
  }
  storeDays(connection, plan.days);
  if (plan.forwarded.length > 0) insertMessages(connection, plan.forwarded);
  return plan.outcomes;
}

function storedState(connection: SqliteConnection): StoredState {
  const holding = new Map<string, boolean>();
  const holds = (brandId: string) => {
    let known = holding.get(brandId);
    if (known === undefined) {
      known = connection.prepare("select holds_calls from brands where id = ?").get(brandId)?.["holds_calls"] === 1;
      holding.set(brandId, known);
    }
    return known;
  };
  return {
    findQueue: (brandId, webhookId) => (holds(brandId) ? findQueue(connection, brandId, webhookId) : undefined),
    listWaiting: (brandId, webhookId) => listWaiting(connection, brandId, webhookId),
    fieldSets: (brandId) => {
      const rows = connection.prepare("select id, brand_id, fields from field_sets where brand_id = ?").all(brandId);
      return rows.map((row) => toFieldSet(row as { id: string; brand_id: string; fields: string }));
    },
    customers: (brandId) => storedCustomers(connection, brandId),
    findClaim: (brandId, webhookId, digest) => findClaim(connection, brandId, webhookId, digest),
    findWrittenCustomers: (brandId, callId) => {
      const row = connection.prepare("select customer_ids from calls where brand_id = ? and id = ?").get(brandId, callId);
      return row && (JSON.parse(row["customer_ids"] as string) as string[]);
    },
    countCalls: (brandId, day) => countCalls(connection, brandId, day),
  };
}

function storedCustomers(connection: SqliteConnection, brandId: string): CustomerView {
  const fields = connection.prepare("select fields from customers where brand_id = ? and id = ?");
  const owner = connection.prepare("select customer_id from customer_keys where brand_id = ? and field_set_id = ? and key_digest = ?");
  const duplicate = connection.prepare(
    "select customer_id from duplicate_customers where brand_id = ? and field_set_id = ? and key_digest = ? and customer_id > ? order by customer_id limit 1",
  );
  return {
    findFields: (customerId) => {
      const row = fields.get(brandId, customerId);
      return row && (JSON.parse(row["fields"] as string) as CustomerFields);
    },
    findKeyOwner: (fieldSetId, digest) => owner.get(brandId, fieldSetId, digest)?.["customer_id"] as string | undefined,
    findNextDuplicate: (fieldSetId, digest, after) => duplicate.get(brandId, fieldSetId, digest, after)?.["customer_id"] as string | undefined,
  };
}

function findQueue(connection: SqliteConnection, brandId: string, webhookId: string): StoredQueue | undefined {
  const row = connection.prepare(`select ${QUEUE_COLUMNS} from webhooks as w where w.brand_id = ? and w.id = ?`).get(brandId, webhookId);
  return row && toQueue(row as unknown as QueueRow);
}

const LIST_WAITING = `select ${Object.keys(WAITING_COLUMNS).join(", ")} from waiting_calls where brand_id = ? and webhook_id = ? order by position limit ${MAX_DRAINED}`;

function listWaiting(connection: SqliteConnection, brandId: string, webhookId: string): readonly QueuedCall[] {
  return connection
    .prepare(LIST_WAITING)
    .all(brandId, webhookId)
    .map((row) => toQueuedCall(row as unknown as WaitingRow));
}

const FIND_CLAIM = `select k.body_digest, k.expires_at, c.id, c.outcome, c.customer_ids
  from idempotency_keys k join calls c on c.brand_id = k.brand_id and c.id = k.call_id where k.brand_id = ? and k.webhook_id = ? and k.digest = ?`;

function findClaim(connection: SqliteConnection, brandId: string, webhookId: string, digest: string): StoredClaim | undefined {
  const row = connection.prepare(FIND_CLAIM).get(brandId, webhookId, digest);
  return (
    row && {
      bodyDigest: row["body_digest"] as string,
      expiresAt: row["expires_at"] as number,
      callId: row["id"] as string,
      ...claimedBy(row["outcome"] as string, row["customer_ids"] as string),
    }
  );
}

function countCalls(connection: SqliteConnection, brandId: string, day: string): number {
  const row = connection.prepare("select calls from call_days where brand_id = ? and day = ?").get(brandId, day);
  return (row?.["calls"] as number | undefined) ?? 0;
}

const INSERT_CALL = insertOf("calls", CALL_COLUMNS);
const INSERT_CONSOLE_CALL = insertOf("console_calls", CONSOLE_CALL_COLUMNS);

const COUNT_HOUR = insertOf("call_hours", CALL_HOUR_COLUMNS);

function insertOf<Row>(table: string, columns: Columns<Row>): { readonly text: string; readonly values: readonly ((row: Row) => string | number | null)[] } {
  const names = Object.keys(columns);
  return {
    text: `insert into ${table} (${names.join(", ")}) values (${names.map(() => "?").join(", ")})`,
    values: Object.values(columns).map(([, value]) => value),
  };
}

/** A call is in the log and in the counts of its hour, or in neither. */
function insertCalls(connection: SqliteConnection, calls: readonly Call[]): void {
  const insert = connection.prepare(INSERT_CALL.text);
  for (const call of calls) insert.run(...INSERT_CALL.values.map((value) => value(call)));
  for (const call of consoleCallsOf(calls)) connection.prepare(INSERT_CONSOLE_CALL.text).run(...INSERT_CONSOLE_CALL.values.map((value) => value(call)));
  countHours(connection, countByHour(calls));
}

function countHours(connection: SqliteConnection, hours: readonly CallHour[]): void {
  const count = connection.prepare(`${COUNT_HOUR.text} ${ADD_TO_COUNT}`);
  for (const hour of hours) count.run(...COUNT_HOUR.values.map((value) => value(hour)));
}

const INSERT_WAITING = insertOf("waiting_calls", WAITING_COLUMNS);

function storeQueues(connection: SqliteConnection, { queues, decided, released }: PlannedBatch): void {
  const insert = connection.prepare(INSERT_WAITING.text);
  for (const call of queues.added) insert.run(...INSERT_WAITING.values.map((value) => value(call)));
  const decide = connection.prepare("update calls set outcome = ?, reason = ?, answer = ?, customer_ids = ? where brand_id = ? and id = ?");
  for (const { brandId, id, outcome, reason, answer, customerIds } of decided) decide.run(outcome, reason, answer, JSON.stringify(customerIds), brandId, id);
  countHours(connection, countDecided(decided));
  const remove = connection.prepare("delete from waiting_calls where brand_id = ? and webhook_id = ? and position = ?");
  for (const { brandId, webhookId, position } of queues.drained) remove.run(brandId, webhookId, position);
  const release = connection.prepare("delete from idempotency_keys where brand_id = ? and webhook_id = ? and digest = ?");
  for (const { brandId, webhookId, digest } of released) release.run(brandId, webhookId, digest);
  for (const brandId of queues.emptied) connection.prepare(`${COUNT_HELD} where id = ?`).run(brandId);
}

/** A row that is there already has expired and was not swept yet. */
const SET_CLAIM = `insert into idempotency_keys (brand_id, webhook_id, digest, body_digest, call_id, expires_at) values (?, ?, ?, ?, ?, ?)
  on conflict (brand_id, webhook_id, digest) do update
  set body_digest = excluded.body_digest, call_id = excluded.call_id, expires_at = excluded.expires_at`;

function setClaim(connection: SqliteConnection, { brandId, webhookId, digest, bodyDigest, callId, expiresAt }: PlannedClaim): void {
  connection.prepare(SET_CLAIM).run(brandId, webhookId, digest, bodyDigest, callId, expiresAt);
}

function storeCustomers(connection: SqliteConnection, brandId: string, { customers, keys, duplicates }: CustomerDraft): void {
  const insert = connection.prepare("insert into customers (brand_id, id, fields, search_text, created_at, updated_at) values (?, ?, ?, ?, ?, ?)");
  const update = connection.prepare("update customers set fields = ?, search_text = ?, updated_at = ? where brand_id = ? and id = ?");
  for (const { id, fields, createdAt, updatedAt } of customers.values()) {
    const json = JSON.stringify(fields);
    if (createdAt === null) update.run(json, searchText(fields), updatedAt, brandId, id);
    else insert.run(brandId, id, json, searchText(fields), createdAt, updatedAt);
  }
  const setOwner = connection.prepare(
    "insert into customer_keys (brand_id, field_set_id, key_digest, customer_id) values (?, ?, ?, ?) on conflict do update set customer_id = excluded.customer_id",
  );
  const removeOwner = connection.prepare("delete from customer_keys where brand_id = ? and field_set_id = ? and key_digest = ?");
  // In key order, so that neighbours in the tree are written together.
  for (const [, { fieldSetId, digest, owner }] of [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (owner === undefined) removeOwner.run(brandId, fieldSetId, digest);
    else setOwner.run(brandId, fieldSetId, digest, owner);
  }
  const addDuplicate = connection.prepare(
    "insert into duplicate_customers (brand_id, field_set_id, key_digest, customer_id) values (?, ?, ?, ?) on conflict do nothing",
  );
  const removeDuplicate = connection.prepare("delete from duplicate_customers where brand_id = ? and field_set_id = ? and key_digest = ? and customer_id = ?");
  for (const { fieldSetId, digest, present } of duplicates.values()) {
    for (const [customerId, isPresent] of present) (isPresent ? addDuplicate : removeDuplicate).run(brandId, fieldSetId, digest, customerId);
  }
}

function storeDays(connection: SqliteConnection, days: CallDays): void {
  const put = connection.prepare(
    "insert into call_days (brand_id, day, calls, expires_at) values (?, ?, ?, ?) on conflict do update set calls = excluded.calls",
  );
  for (const { brandId, day, calls, expiresAt } of days.counted) put.run(brandId, day, calls, expiresAt);
}

const INSERT_MESSAGE = insertOf("outbox_messages", MESSAGE_COLUMNS);

function insertMessages(connection: SqliteConnection, forwarded: readonly ForwardedCall[]): void {
  const countUp = connection.prepare("update outbox_positions set last_position = last_position + ? where target_id = ? returning last_position");
  const lastPositions = new Map<string, number>();
  for (const { targetId, added } of countByTarget(forwarded)) {
    const row = countUp.get(added, targetId);
    if (row) lastPositions.set(targetId, row["last_position"] as number);
  }
  const insert = connection.prepare(INSERT_MESSAGE.text);
  for (const message of withPositions(forwarded, lastPositions)) insert.run(...INSERT_MESSAGE.values.map((value) => value(message)));
}

/** Everything at and before the newest one that is too many. */
const TRIM_UNAUTHENTICATED = `delete from calls where brand_id = ?1 and webhook_id = ?2 and authenticated = 0 and id <= (
  select id from calls where brand_id = ?1 and webhook_id = ?2 and authenticated = 0 order by id desc limit 1 offset ${UNAUTHENTICATED_CALLS_KEPT})`;

function insertRefused(connection: SqliteConnection, calls: readonly (Call & CountedCall)[]): void {
  const brandByWebhook = new Map<string, string>();
  const days = new CallDays({ countCalls: (brandId, day) => countCalls(connection, brandId, day) });
  insertCalls(connection, calls);
  for (const call of calls) {
    days.count(call.brandId, call.quota);
    if (!call.authenticated) brandByWebhook.set(call.webhookId, call.brandId);
  }
  storeDays(connection, days);
  for (const [webhookId, brandId] of brandByWebhook) connection.prepare(TRIM_UNAUTHENTICATED).run(brandId, webhookId);
}
