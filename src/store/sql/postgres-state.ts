/**
 * What is stored, as a batch of calls needs it. A plan asks without waiting, so it is made on what is loaded, which notes what was asked for
 * and is not: that is loaded in one go and the plan made again, until nothing is missing. Mostly twice.
 */
import type { CustomerFields } from "../../customers/customer.ts";
import type { FieldSet } from "../../customers/deduplication.ts";
import type { CustomerView } from "../../customers/plan-customer-write.ts";
import { MAX_DRAINED } from "../../webhooks/calls/call.ts";
import type { CountedCall, PendingCall } from "../../webhooks/webhook-store.ts";
import { toFieldSet } from "./customer-row.ts";
import { claimedBy, type StoredClaim, type StoredState } from "./plan-batch.ts";
import { QUEUE_COLUMNS, toQueue, toQueuedCall, WAITING_COLUMNS, type QueuedCall, type QueueRow, type StoredQueue, type WaitingRow } from "./plan-queues.ts";
import { together, type PostgresTransaction } from "./postgres-pool.ts";
import { unnested } from "./postgres-rows.ts";
import type { Schema } from "./schema.ts";

export class PostgresState implements StoredState {
  readonly #query: PostgresTransaction["query"];
  readonly #fieldSets = new Map<string, FieldSet[]>();
  readonly #claims = new Map<string, StoredClaim>();
  /** By brand and call. */
  readonly #written = new Map<string, readonly string[]>();
  /** By brand and webhook. */
  readonly #queues = new Map<string, StoredQueue>();
  readonly #waiting = new Map<string, QueuedCall[]>();
  #days: ReadonlyMap<string, number> = new Map();
  readonly #owners = new Lookups<readonly [brandId: string, fieldSetId: string, digest: string], string>();
  readonly #customers = new Lookups<readonly [brandId: string, customerId: string], CustomerFields>();
  readonly #duplicates = new Lookups<readonly [brandId: string, fieldSetId: string, digest: string, after: string], string>();

  private constructor(query: PostgresTransaction["query"]) {
    this.#query = query;
  }

  /**
   * The brands are locked, or the statement that locks them is on its way and gives those that hold calls: what is loaded stays true until the end of
   * the transaction.
   */
  static async load({ query }: PostgresTransaction, batch: readonly PendingCall[], locking: Promise<ReadonlySet<string>>): Promise<PostgresState> {
    const state = new PostgresState(query);
    const counted = batch.map(({ call, quota }) => ({ brandId: call.brandId, quota }));
    const [holding, days] = await together([
      locking,
      loadDays({ query }, counted),
      state.#loadFieldSets(batch),
      state.#loadClaims(batch),
      state.#loadWrittenCustomers(batch),
    ]);
    state.#days = days;
    if (holding.size > 0) await state.#loadQueues(batch.filter(({ call }) => holding.has(call.brandId)));
    return state;
  }

  /** Whether something was asked for that is not loaded: then the answer was a guess. */
  get lacks(): boolean {
    return [this.#owners, this.#customers, this.#duplicates].some((lookups) => lookups.wanted.length > 0);
  }

  async loadWhatLacks(): Promise<void> {
    await together([this.#loadOwners(), this.#loadCustomers(), this.#loadDuplicates()]);
  }

  fieldSets(brandId: string): readonly FieldSet[] {
    return this.#fieldSets.get(brandId) ?? [];
  }

  customers(brandId: string): CustomerView {
    return {
      findFields: (customerId) => this.#customers.find([brandId, customerId]),
      findKeyOwner: (fieldSetId, digest) => this.#owners.find([brandId, fieldSetId, digest]),
      findNextDuplicate: (fieldSetId, digest, after) => this.#duplicates.find([brandId, fieldSetId, digest, after]),
    };
  }

  findClaim(brandId: string, webhookId: string, digest: string): StoredClaim | undefined {
    return this.#claims.get([brandId, webhookId, digest].join(" "));
  }

  findWrittenCustomers(brandId: string, callId: string): readonly string[] | undefined {
    return this.#written.get(`${brandId} ${callId}`);
  }

  findQueue(brandId: string, webhookId: string): StoredQueue | undefined {
    return this.#queues.get(`${brandId} ${webhookId}`);
  }

  listWaiting(brandId: string, webhookId: string): readonly QueuedCall[] {
    return this.#waiting.get(`${brandId} ${webhookId}`) ?? [];
  }

  countCalls(brandId: string, day: string): number {
    return this.#days.get(`${brandId} ${day}`) ?? 0;
  }

  async #loadFieldSets(batch: readonly PendingCall[]): Promise<void> {
    const brandIds = [...new Set(batch.filter(({ writes }) => writes !== null).map(({ call }) => call.brandId))];
    if (brandIds.length === 0) return;
    const { rows } = await this.#query("select id, brand_id, fields from field_sets where brand_id = any($1)", [brandIds]);
    for (const fieldSet of (rows as Schema["field_sets"][]).map(toFieldSet)) {
      const ofBrand = this.#fieldSets.get(fieldSet.brandId);
      if (ofBrand) ofBrand.push(fieldSet);
      else this.#fieldSets.set(fieldSet.brandId, [fieldSet]);
    }
  }

  async #loadClaims(batch: readonly PendingCall[]): Promise<void> {
    const claims = batch.flatMap(({ call, claim }) => (claim ? [{ ...call, digest: claim.digest }] : []));
    if (claims.length === 0) return;
    const asked = unnested(claims, {
      brand_id: ["text", (row) => row.brandId],
      webhook_id: ["text", (row) => row.webhookId],
      digest: ["text", (row) => row.digest],
    });
    const { rows } = await this.#query(
      `select distinct k.brand_id, k.webhook_id, k.digest, k.body_digest, k.expires_at, c.id, c.outcome, c.customer_ids
       from ${asked.table} as asked join idempotency_keys as k using (brand_id, webhook_id, digest)
       join calls as c on c.brand_id = k.brand_id and c.id = k.call_id`,
      asked.values,
    );
    type Row = Schema["idempotency_keys"] & Schema["calls"];
    for (const row of rows as Row[]) {
      this.#claims.set([row.brand_id, row.webhook_id, row.digest].join(" "), {
        bodyDigest: row.body_digest,
        expiresAt: row.expires_at,
        callId: row.id,
        ...claimedBy(row.outcome, row.customer_ids),
      });
    }
  }

  async #loadQueues(batch: readonly PendingCall[]): Promise<void> {
    const webhooks = webhooksOf(batch);
    const { rows } = await this.#query(
      `select w.brand_id, w.id, ${QUEUE_COLUMNS} from ${webhooks.table} as asked join webhooks as w on w.brand_id = asked.brand_id and w.id = asked.id`,
      webhooks.values,
    );
    for (const row of rows as (QueueRow & { brand_id: string; id: string })[]) {
      const queue = toQueue(row);
      if (queue) this.#queues.set(`${row.brand_id} ${row.id}`, queue);
    }
    const draining = batch.filter(({ drains }) => drains !== undefined);
    if (draining.length === 0) return;
    const drained = webhooksOf(draining);
    const columns = Object.keys(WAITING_COLUMNS);
    const first = await this.#query(
      `select q.* from ${drained.table} as asked cross join lateral (
         select ${columns.join(", ")} from waiting_calls where brand_id = asked.brand_id and webhook_id = asked.id order by position limit ${MAX_DRAINED}
       ) as q order by q.brand_id, q.webhook_id, q.position`,
      drained.values,
    );
    for (const call of (first.rows as WaitingRow[]).map(toQueuedCall)) {
      const key = `${call.brandId} ${call.webhookId}`;
      const known = this.#waiting.get(key);
      if (known) known.push(call);
      else this.#waiting.set(key, [call]);
    }
  }

  /** Of the calls that are replayed. */
  async #loadWrittenCustomers(batch: readonly PendingCall[]): Promise<void> {
    const replayed = batch.flatMap(({ call: { brandId, fromConsole } }) => (fromConsole?.replayOf ? [{ brandId, id: fromConsole.replayOf }] : []));
    if (replayed.length === 0) return;
    const asked = unnested(replayed, { brand_id: ["text", (row) => row.brandId], id: ["text", (row) => row.id] });
    const { rows } = await this.#query(`select brand_id, id, customer_ids from ${asked.table} as asked join calls using (brand_id, id)`, asked.values);
    for (const row of rows as Schema["calls"][]) this.#written.set(`${row.brand_id} ${row.id}`, JSON.parse(row.customer_ids) as string[]);
  }

  async #loadOwners(): Promise<void> {
    const wanted = this.#owners.takeWanted();
    if (wanted.length === 0) return;
    const asked = unnested(wanted, { brand_id: ["text", (key) => key[0]], field_set_id: ["text", (key) => key[1]], key_digest: ["text", (key) => key[2]] });
    // With the owner's fields, because an owner that was asked for is likely to be written.
    const { rows } = await this.#query(
      `select asked.place, k.customer_id, c.fields
       from ${asked.table} as asked join customer_keys as k using (brand_id, field_set_id, key_digest)
       left join customers as c on c.brand_id = k.brand_id and c.id = k.customer_id`,
      asked.values,
    );
    for (const { place, customer_id, fields } of rows as { place: number; customer_id: string; fields: string | null }[]) {
      const key = wanted[place - 1]!;
      this.#owners.set(key, customer_id);
      if (fields !== null) this.#customers.set([key[0], customer_id], JSON.parse(fields) as CustomerFields);
    }
  }

  async #loadCustomers(): Promise<void> {
    const wanted = this.#customers.takeWanted();
    if (wanted.length === 0) return;
    const asked = unnested(wanted, { brand_id: ["text", (key) => key[0]], id: ["text", (key) => key[1]] });
    const { rows } = await this.#query(`select asked.place, c.fields from ${asked.table} as asked join customers as c using (brand_id, id)`, asked.values);
    for (const { place, fields } of rows as { place: number; fields: string }[]) this.#customers.set(wanted[place - 1]!, JSON.parse(fields) as CustomerFields);
  }

  async #loadDuplicates(): Promise<void> {
    const wanted = this.#duplicates.takeWanted();
    if (wanted.length === 0) return;
    const asked = unnested(wanted, {
      brand_id: ["text", (key) => key[0]],
      field_set_id: ["text", (key) => key[1]],
      key_digest: ["text", (key) => key[2]],
      after: ["text", (key) => key[3]],
    });
    const { rows } = await this.#query(
      `select place, next from (
         select asked.place, (
           select d.customer_id from duplicate_customers as d
           where d.brand_id = asked.brand_id and d.field_set_id = asked.field_set_id and d.key_digest = asked.key_digest and d.customer_id > asked.after
           order by d.customer_id limit 1
         ) as next from ${asked.table} as asked
       ) as found where next is not null`,
      asked.values,
    );
    for (const { place, next } of rows as { place: number; next: string }[]) this.#duplicates.set(wanted[place - 1]!, next);
  }
}

/** Each webhook of the batch once. */
function webhooksOf(batch: readonly PendingCall[]) {
  const webhooks = new Map(batch.map(({ call: { brandId, webhookId } }) => [`${brandId} ${webhookId}`, { brandId, webhookId }]));
  return unnested([...webhooks.values()], { brand_id: ["text", (row) => row.brandId], id: ["text", (row) => row.webhookId] });
}

/** Counts of the days of counted calls, by brand and day. */
export async function loadDays(
  { query }: PostgresTransaction,
  calls: readonly ({ readonly brandId: string } & CountedCall)[],
): Promise<ReadonlyMap<string, number>> {
  const days = new Map(calls.flatMap(({ brandId, quota }) => (quota ? [[`${brandId} ${quota.day}`, { brandId, day: quota.day }]] : [])));
  if (days.size === 0) return new Map();
  const asked = unnested([...days.values()], { brand_id: ["text", (row) => row.brandId], day: ["text", (row) => row.day] });
  const { rows } = await query(`select brand_id, day, calls from ${asked.table} as asked join call_days using (brand_id, day)`, asked.values);
  return new Map((rows as Schema["call_days"][]).map((row) => [`${row.brand_id} ${row.day}`, row.calls]));
}

/** Values by keys of several parts: what is known, what is known to be nowhere, and what was asked for and is not known. */
class Lookups<Key extends readonly string[], Value> {
  readonly #known = new Map<string, Value | undefined>();
  #wanted = new Map<string, Key>();

  get wanted(): readonly Key[] {
    return [...this.#wanted.values()];
  }

  find(key: Key): Value | undefined {
    const text = key.join(" ");
    const value = this.#known.get(text);
    if (value === undefined && !this.#known.has(text)) this.#wanted.set(text, key);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#known.set(key.join(" "), value);
  }

  /** Gives what to look for. What is not set afterwards is nowhere. */
  takeWanted(): readonly Key[] {
    const { wanted } = this;
    for (const text of this.#wanted.keys()) this.#known.set(text, undefined);
    this.#wanted = new Map();
    return wanted;
  }
}
