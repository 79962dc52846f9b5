/** Stores what was planned, a statement for each kind of rows. */
import type { CustomerDraft, DraftCustomer } from "../../customers/plan-customer-write.ts";
import type { Call } from "../../webhooks/calls/call.ts";
import { countByHour, countDecided, type CallHour } from "../../webhooks/calls/call-hours.ts";
import { ADD_TO_COUNT, CALL_HOUR_COLUMNS } from "./call-hour-row.ts";
import { CALL_COLUMNS, CONSOLE_CALL_COLUMNS, consoleCallsOf, type Columns } from "./call-row.ts";
import { searchText } from "./customer-row.ts";
import { countByTarget, MESSAGE_COLUMNS, withPositions } from "./outbox-row.ts";
import type { ForwardedCall, PlannedBatch, PlannedClaim, ReplayedCall } from "./plan-batch.ts";
import type { CallDays } from "./plan-days.ts";
import { COUNT_HELD, WAITING_COLUMNS } from "./plan-queues.ts";
import { together, type PostgresTransaction } from "./postgres-pool.ts";
import { deleteRows, insertRows, unnested, updateRows } from "./postgres-rows.ts";
import type { Schema } from "./schema.ts";

interface Key {
  readonly fieldSetId: string;
  readonly digest: string;
}
type OwnedKey = Key & { readonly customerId: string };

/** The statements reach the server in this order, and none waits for another one's answer unless it needs it. */
export async function storePlan(transaction: PostgresTransaction, plan: PlannedBatch): Promise<void> {
  await together([
    insertCalls(transaction, plan.calls),
    storeQueues(transaction, plan),
    insertRows(transaction, "idempotency_keys", [...plan.claims.values()], CLAIM, ["brand_id", "webhook_id", "digest"]),
    ...[...plan.customers].flatMap(([brandId, draft]) => [
      storeCustomers(transaction, brandId, [...draft.customers.values()]),
      storeKeys(transaction, brandId, draft),
    ]),
    updateRows(transaction, "calls", [...plan.replayed.values()], REPLAYED_CALL, ["brand_id", "id"]),
    storeDays(transaction, plan.days),
    insertMessages(transaction, plan.forwarded),
  ]);
}

async function insertMessages(transaction: PostgresTransaction, forwarded: readonly ForwardedCall[]): Promise<void> {
  if (forwarded.length === 0) return;
  const lastPositions = new Map<string, number>();
  // One at a time, so that they are locked in this order.
  for (const { targetId, added } of countByTarget(forwarded)) {
    const countUp = "update outbox_positions set last_position = last_position + $2 where target_id = $1 returning last_position";
    const { rows } = await transaction.query(countUp, [targetId, added]);
    for (const row of rows as Schema["outbox_positions"][]) lastPositions.set(targetId, row.last_position);
  }
  await insertRows(transaction, "outbox_messages", withPositions(forwarded, lastPositions), MESSAGE_COLUMNS);
}

/** A call is in the log and in the counts of its hour, or in neither. */
export async function insertCalls(transaction: PostgresTransaction, calls: readonly Call[]): Promise<void> {
  await together([
    insertRows(transaction, "calls", calls, CALL_COLUMNS),
    insertRows(transaction, "console_calls", consoleCallsOf(calls), CONSOLE_CALL_COLUMNS),
    countHours(transaction, countByHour(calls)),
  ]);
}

async function countHours({ query }: PostgresTransaction, counts: readonly CallHour[]): Promise<void> {
  if (counts.length === 0) return;
  const names = Object.keys(CALL_HOUR_COLUMNS).join(", ");
  const { table, values } = unnested(counts, CALL_HOUR_COLUMNS);
  await query(`insert into call_hours (${names}) select ${names} from ${table} as given ${ADD_TO_COUNT}`, values);
}

async function storeQueues(transaction: PostgresTransaction, { queues, decided, released }: PlannedBatch): Promise<void> {
  const { brand_id, webhook_id, position } = WAITING_COLUMNS;
  const { emptied } = queues;
  await together([
    insertRows(transaction, "waiting_calls", queues.added, WAITING_COLUMNS),
    updateRows(transaction, "calls", decided, DECIDED_CALL, ["brand_id", "id"]),
    countHours(transaction, countDecided(decided)),
    deleteRows(transaction, "waiting_calls", queues.drained, { brand_id: brand_id!, webhook_id: webhook_id!, position: position! }),
    deleteRows(transaction, "idempotency_keys", released, RELEASED_CLAIM),
    emptied.length > 0 && transaction.query(`${COUNT_HELD} where id = any($1)`, [emptied]),
  ]);
}

export async function storeDays(transaction: PostgresTransaction, days: CallDays): Promise<void> {
  await insertRows(transaction, "call_days", days.counted, COUNTED_DAY, ["brand_id", "day"]);
}

async function storeCustomers(transaction: PostgresTransaction, brandId: string, customers: readonly DraftCustomer[]): Promise<void> {
  const columns: Columns<DraftCustomer> = {
    brand_id: ["text", () => brandId],
    id: ["text", ({ id }) => id],
    fields: ["text", ({ fields }) => JSON.stringify(fields)],
    search_text: ["text", ({ fields }) => searchText(fields)],
    updated_at: ["bigint", ({ updatedAt }) => updatedAt],
  };
  const there = customers.filter((customer) => !isNew(customer));
  await together([
    insertRows(transaction, "customers", customers.filter(isNew), { ...columns, created_at: ["bigint", ({ createdAt }) => createdAt] }),
    updateRows(transaction, "customers", there, columns, ["brand_id", "id"]),
  ]);
}

function isNew({ createdAt }: DraftCustomer): boolean {
  return createdAt !== null;
}

async function storeKeys(transaction: PostgresTransaction, brandId: string, draft: CustomerDraft): Promise<void> {
  const key: Columns<Key> = { brand_id: ["text", () => brandId], field_set_id: ["text", (row) => row.fieldSetId], key_digest: ["text", (row) => row.digest] };
  const ownedKey: Columns<OwnedKey> = { ...key, customer_id: ["text", (row) => row.customerId] };
  const owned: OwnedKey[] = [];
  const free: Key[] = [];
  // In key order, so that neighbours in the index are written together.
  for (const [, { fieldSetId, digest, owner }] of [...draft.keys].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (owner === undefined) free.push({ fieldSetId, digest });
    else owned.push({ fieldSetId, digest, customerId: owner });
  }
  const added: OwnedKey[] = [];
  const removed: OwnedKey[] = [];
  for (const { fieldSetId, digest, present } of draft.duplicates.values()) {
    for (const [customerId, isPresent] of present) (isPresent ? added : removed).push({ fieldSetId, digest, customerId });
  }
  await together([
    insertRows(transaction, "customer_keys", owned, ownedKey, Object.keys(key)),
    deleteRows(transaction, "customer_keys", free, key),
    insertRows(transaction, "duplicate_customers", added, ownedKey, Object.keys(ownedKey)),
    deleteRows(transaction, "duplicate_customers", removed, ownedKey),
  ]);
}

const CLAIM: Columns<PlannedClaim> = {
  brand_id: ["text", (claim) => claim.brandId],
  webhook_id: ["text", (claim) => claim.webhookId],
  digest: ["text", (claim) => claim.digest],
  body_digest: ["text", (claim) => claim.bodyDigest],
  call_id: ["text", (claim) => claim.callId],
  expires_at: ["bigint", (claim) => claim.expiresAt],
};

const RELEASED_CLAIM: Columns<PlannedBatch["released"][number]> = {
  brand_id: ["text", (claim) => claim.brandId],
  webhook_id: ["text", (claim) => claim.webhookId],
  digest: ["text", (claim) => claim.digest],
};

const DECIDED_CALL: Columns<Call> = {
  brand_id: ["text", (call) => call.brandId],
  id: ["text", (call) => call.id],
  outcome: ["text", (call) => call.outcome],
  reason: ["text", (call) => call.reason],
  answer: ["text", (call) => call.answer],
  customer_ids: ["text", (call) => JSON.stringify(call.customerIds)],
};

const REPLAYED_CALL: Columns<ReplayedCall> = {
  brand_id: ["text", (replayed) => replayed.brandId],
  id: ["text", (replayed) => replayed.callId],
  customer_ids: ["text", (replayed) => JSON.stringify(replayed.customerIds)],
};

const COUNTED_DAY: Columns<CallDays["counted"][number]> = {
  brand_id: ["text", (day) => day.brandId],
  day: ["text", (day) => day.day],
  calls: ["bigint", (day) => day.calls],
  expires_at: ["bigint", (day) => day.expiresAt],
};
