/**
 * Writes calls and what they do, by hand: this is the hot path. A batch is planned and written without a break in one
 * transaction, so that what was read still holds when it is written.
 */
import type { CustomerFields } from "../../customers/customer.ts";
import { CustomerDraft, planWrites, type CustomerView, type PlannedWrites } from "../../customers/plan-customer-write.ts";
import type { FieldSet } from "../../customers/deduplication.ts";
import { newTimeOrderedId } from "../../lib/id.ts";
import { UNAUTHENTICATED_CALLS_KEPT, type Call } from "../../webhooks/call.ts";
import type { CommittedCall, CountedCall, IdempotencyClaim, PendingCall, WrittenCall } from "../../webhooks/webhook-store.ts";
import type { CallWriter } from "./database.ts";
import { CallDays } from "./sqlite-call-days.ts";
import { searchText, toFieldNames } from "./customer-row.ts";
import { isDataError, type SqliteConnection } from "./sqlite-connection.ts";

/** Runs the work in one transaction, without a break. */
type Exclusively = <Result>(work: (connection: SqliteConnection) => Result) => Promise<Result>;

export class SqliteCallWriter implements CallWriter {
  readonly #exclusively: Exclusively;

  constructor(exclusively: Exclusively) {
    this.#exclusively = exclusively;
  }

  async commitCalls(batch: readonly PendingCall[]): Promise<readonly CommittedCall[]> {
    return batch.length === 0 ? [] : this.#exclusively((connection) => commitBatch(connection, batch));
  }

  async insertRefusedCalls(calls: readonly (Call & CountedCall)[]): Promise<void> {
    if (calls.length > 0) await this.#exclusively((connection) => insertRefused(connection, calls));
  }
}

/** When one row spoils the batch, every call gets a try of its own within the same transaction. */
function commitBatch(connection: SqliteConnection, batch: readonly PendingCall[]): readonly CommittedCall[] {
  try {
    return connection.undoable(() => writeBatch(connection, batch));
  } catch (error) {
    if (!isDataError(error)) throw error;
    return batch.length === 1 ? [{ kind: "failed", error }] : batch.flatMap((pending) => commitBatch(connection, [pending]));
  }
}

function writeBatch(connection: SqliteConnection, batch: readonly PendingCall[]): readonly CommittedCall[] {
  const brands = new Map<string, BrandBatch>();
  const days = new CallDays(connection);
  const committed = batch.map((pending): CommittedCall => {
    const { quota, call } = pending;
    if (!days.hasRoom(call.brandId, quota)) return { kind: "over-quota" };
    const written = pending.claim ? writeOnce(connection, brands, pending, pending.claim) : writeCall(connection, brands, pending);
    return isWritten(written) ? { ...written, callsToday: days.count(call.brandId, quota) } : written;
  });
  for (const brand of brands.values()) brand.store();
  days.store();
  return committed;
}

function isWritten(call: CommittedCall): call is WrittenCall {
  return call.kind === "sample" || call.kind === "accepted" || call.kind === "repeated";
}

/** One transaction has the file to itself, so what is looked up here still holds when it is written. */
function writeOnce(connection: SqliteConnection, brands: Map<string, BrandBatch>, pending: PendingCall, claim: IdempotencyClaim): CommittedCall {
  const { call } = pending;
  const first = connection.prepare(FIND_CLAIM).get(call.brandId, call.webhookId, claim.digest, call.receivedAt);
  if (first) {
    if (first["body_digest"] !== claim.bodyDigest) return { kind: "key-reused" };
    insertCall(connection, { ...call, ...ANSWERED, outcome: "repeated", body: null, customerIds: [], repeatOf: first["id"] as string });
    return { kind: "repeated", customerIds: first["outcome"] === "sample" ? null : (JSON.parse(first["customer_ids"] as string) as string[]) };
  }
  if (claim.onlyRepeats) return { kind: "no-repeat" };
  const written = writeCall(connection, brands, pending);
  if (isWritten(written)) connection.prepare(SET_CLAIM).run(call.brandId, call.webhookId, claim.digest, claim.bodyDigest, call.id, claim.expiresAt);
  return written;
}

const FIND_CLAIM = `select k.body_digest, c.id, c.outcome, c.customer_ids from idempotency_keys k join calls c on c.brand_id = k.brand_id and c.id = k.call_id
  where k.brand_id = ? and k.webhook_id = ? and k.digest = ? and k.expires_at > ?`;

/** A row that is there already has expired and was not swept yet. */
const SET_CLAIM = `insert into idempotency_keys (brand_id, webhook_id, digest, body_digest, call_id, expires_at) values (?, ?, ?, ?, ?, ?)
  on conflict (brand_id, webhook_id, digest) do update
  set body_digest = excluded.body_digest, call_id = excluded.call_id, expires_at = excluded.expires_at`;

/** What all calls have that were not refused. */
const ANSWERED = { status: 200, reason: null, answer: null, repeatOf: null } as const;

function writeCall(connection: SqliteConnection, brands: Map<string, BrandBatch>, { call, writes }: PendingCall): CommittedCall {
  if (writes === null) {
    insertCall(connection, { ...call, ...ANSWERED, outcome: "sample", customerIds: [] });
    return { kind: "sample" };
  }
  let brand = brands.get(call.brandId);
  if (!brand) brands.set(call.brandId, (brand = new BrandBatch(connection, call.brandId)));
  const planned = brand.plan({ call, writes });
  if (planned.kind === "refused") return planned;
  insertCall(connection, { ...call, ...ANSWERED, outcome: "accepted", customerIds: planned.customerIds });
  return { kind: "accepted", customerIds: planned.customerIds };
}

/** The customers of one brand during one batch. */
class BrandBatch {
  readonly #connection: SqliteConnection;
  readonly #brandId: string;
  readonly #fieldSets: readonly FieldSet[];
  readonly #draft: CustomerDraft;

  constructor(connection: SqliteConnection, brandId: string) {
    this.#connection = connection;
    this.#brandId = brandId;
    this.#fieldSets = connection
      .prepare("select id, fields from field_sets where brand_id = ?")
      .all(brandId)
      .map((row) => ({ id: row["id"] as string, brandId, fields: toFieldNames(row["fields"] as string) }));
    this.#draft = new CustomerDraft(storedCustomers(connection, brandId));
  }

  plan({ call, writes }: { readonly call: PendingCall["call"]; readonly writes: NonNullable<PendingCall["writes"]> }): PlannedWrites {
    const draft = new CustomerDraft(this.#draft);
    const now = call.receivedAt;
    const planned = planWrites(draft, writes, { fieldSets: this.#fieldSets, newId: () => newTimeOrderedId(now), now });
    if (planned.kind === "planned") draft.applyTo(this.#draft);
    return planned;
  }

  store(): void {
    const { customers, keys, duplicates } = this.#draft;
    const insert = this.#connection.prepare("insert into customers (brand_id, id, fields, search_text, created_at, updated_at) values (?, ?, ?, ?, ?, ?)");
    const update = this.#connection.prepare("update customers set fields = ?, search_text = ?, updated_at = ? where brand_id = ? and id = ?");
    for (const { id, fields, createdAt, updatedAt } of customers.values()) {
      const json = JSON.stringify(fields);
      if (createdAt === null) update.run(json, searchText(fields), updatedAt, this.#brandId, id);
      else insert.run(this.#brandId, id, json, searchText(fields), createdAt, updatedAt);
    }
    const setOwner = this.#connection.prepare(
      "insert into customer_keys (brand_id, field_set_id, key_digest, customer_id) values (?, ?, ?, ?) on conflict do update set customer_id = excluded.customer_id",
    );
    const removeOwner = this.#connection.prepare("delete from customer_keys where brand_id = ? and field_set_id = ? and key_digest = ?");
    // In key order, so that neighbours in the tree are written together.
    for (const [, { fieldSetId, digest, owner }] of [...keys].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (owner === undefined) removeOwner.run(this.#brandId, fieldSetId, digest);
      else setOwner.run(this.#brandId, fieldSetId, digest, owner);
    }
    const addDuplicate = this.#connection.prepare(
      "insert into duplicate_customers (brand_id, field_set_id, key_digest, customer_id) values (?, ?, ?, ?) on conflict do nothing",
    );
    const removeDuplicate = this.#connection.prepare(
      "delete from duplicate_customers where brand_id = ? and field_set_id = ? and key_digest = ? and customer_id = ?",
    );
    for (const { fieldSetId, digest, present } of duplicates.values()) {
      for (const [customerId, isPresent] of present) (isPresent ? addDuplicate : removeDuplicate).run(this.#brandId, fieldSetId, digest, customerId);
    }
  }
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

const INSERT_CALL = `insert into calls
  (id, brand_id, webhook_id, received_at, outcome, status, reason, reference, authenticated, client_id, application_name, customer_ids,
    body, headers, answer, repeat_of, duration)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

function insertCall(connection: SqliteConnection, call: Call): void {
  connection
    .prepare(INSERT_CALL)
    .run(
      call.id,
      call.brandId,
      call.webhookId,
      call.receivedAt,
      call.outcome,
      call.status,
      call.reason,
      call.reference,
      call.authenticated ? 1 : 0,
      call.clientId,
      call.applicationName,
      JSON.stringify(call.customerIds),
      call.body,
      call.headers,
      call.answer,
      call.repeatOf,
      call.duration,
    );
}

/** Everything at and before the newest one that is too many. */
const TRIM_UNAUTHENTICATED = `delete from calls where brand_id = ?1 and webhook_id = ?2 and authenticated = 0 and id <= (
  select id from calls where brand_id = ?1 and webhook_id = ?2 and authenticated = 0 order by id desc limit 1 offset ${UNAUTHENTICATED_CALLS_KEPT})`;

function insertRefused(connection: SqliteConnection, calls: readonly (Call & CountedCall)[]): void {
  const brandByWebhook = new Map<string, string>();
  const days = new CallDays(connection);
  for (const call of calls) {
    insertCall(connection, call);
    days.count(call.brandId, call.quota);
    if (!call.authenticated) brandByWebhook.set(call.webhookId, call.brandId);
  }
  days.store();
  for (const [webhookId, brandId] of brandByWebhook) connection.prepare(TRIM_UNAUTHENTICATED).run(brandId, webhookId);
}
