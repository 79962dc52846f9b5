/**
 * Writes calls and what they do, by hand: this is the hot path. A batch locks the brands that it writes, so that what it looks up
 * stays true, and then costs a fixed number of statements, however many calls it holds.
 */
import { UNAUTHENTICATED_CALLS_KEPT, type Call } from "../../webhooks/calls/call.ts";
import type { CommittedCall, CountedCall, PendingCall } from "../../webhooks/webhook-store.ts";
import type { CallWriter } from "./database.ts";
import { planBatch, repeatableIds, type NewIds, type PlannedBatch } from "./plan-batch.ts";
import { CallDays } from "./plan-days.ts";
import { isDataError } from "./postgres-errors.ts";
import { insertCalls, storeDays, storePlan } from "./postgres-plan.ts";
import { together, type PostgresTransaction } from "./postgres-pool.ts";
import { loadDays, PostgresState } from "./postgres-state.ts";

type InTransaction = <Result>(work: (transaction: PostgresTransaction) => Promise<Result>) => Promise<Result>;

export class PostgresCallWriter implements CallWriter {
  readonly #inTransaction: InTransaction;

  constructor(inTransaction: InTransaction) {
    this.#inTransaction = inTransaction;
  }

  async commitCalls(batch: readonly PendingCall[]): Promise<readonly CommittedCall[]> {
    if (batch.length === 0) return [];
    const brandIds = batch.map(({ call }) => call.brandId);
    return this.#inTransaction((transaction) => commitBatch(transaction, batch, lockBrands(transaction, brandIds)));
  }

  async insertRefusedCalls(calls: readonly (Call & CountedCall)[]): Promise<void> {
    if (calls.length > 0) await this.#inTransaction((transaction) => insertRefused(transaction, calls));
  }
}

/**
 * Updates the brands' rows without changing them: whoever else wants to waits, or is run again where snapshots are kept. In order, so that no two wait for each other.
 * Gives those that hold calls, as it is from then on to the end of the transaction.
 */
export async function lockBrands({ query }: PostgresTransaction, brandIds: Iterable<string>): Promise<ReadonlySet<string>> {
  const locked = "select id from brands where id = any($1) order by id for no key update";
  const { rows } = await query(`update brands set name = name where id in (${locked}) returning id, holds_calls`, [[...new Set(brandIds)]]);
  return new Set((rows as { id: string; holds_calls: number }[]).filter((row) => row.holds_calls === 1).map(({ id }) => id));
}

/**
 * When one row spoils the batch, every call gets a try of its own within the same transaction. `holding`: the lock on the brands, which is not waited for
 * before what is read behind it is on its way as well; its answer comes first.
 */
async function commitBatch(
  transaction: PostgresTransaction,
  batch: readonly PendingCall[],
  holding: Promise<ReadonlySet<string>>,
): Promise<readonly CommittedCall[]> {
  const { query } = transaction;
  try {
    const [, state] = await together([query("savepoint calls", []), PostgresState.load(transaction, batch, holding)]);
    return await writeBatch(transaction, batch, state);
  } catch (error) {
    if (!isDataError(error)) throw error;
    await query("rollback to savepoint calls", []);
    if (batch.length === 1) return [{ kind: "failed", error }];
  }
  const outcomes: CommittedCall[] = [];
  for (const pending of batch) {
    outcomes.push(...(await commitBatch(transaction, [pending], holding)));
    await query("release savepoint calls", []);
  }
  return outcomes;
}

async function writeBatch(transaction: PostgresTransaction, batch: readonly PendingCall[], state: PostgresState): Promise<readonly CommittedCall[]> {
  const newIds = repeatableIds(batch);
  let plan = planOn(state, batch, newIds);
  while (!plan) {
    await state.loadWhatLacks();
    plan = planOn(state, batch, newIds);
  }
  await storePlan(transaction, plan);
  return plan.outcomes;
}

/** Undefined when the plan rests on guesses. */
function planOn(state: PostgresState, batch: readonly PendingCall[], newIds: NewIds): PlannedBatch | undefined {
  try {
    const plan = planBatch(batch, state, newIds);
    return state.lacks ? undefined : plan;
  } catch (error) {
    // Guesses may contradict each other.
    if (state.lacks) return undefined;
    throw error;
  }
}

/** Everything at and before the newest one that is too many. */
const TRIM_UNAUTHENTICATED = `delete from calls where brand_id = $1 and webhook_id = $2 and authenticated = 0 and id <= (
  select id from calls where brand_id = $1 and webhook_id = $2 and authenticated = 0 order by id desc limit 1 offset ${UNAUTHENTICATED_CALLS_KEPT})`;

async function insertRefused(transaction: PostgresTransaction, calls: readonly (Call & CountedCall)[]): Promise<void> {
  const brandIds = calls.map(({ brandId }) => brandId);
  const [, stored] = await together([lockBrands(transaction, brandIds), loadDays(transaction, calls)]);
  const days = new CallDays({ countCalls: (brandId, day) => stored.get(`${brandId} ${day}`) ?? 0 });
  for (const { brandId, quota } of calls) days.count(brandId, quota);
  await together([insertCalls(transaction, calls), storeDays(transaction, days)]);
  const webhooks = new Map(calls.filter(({ authenticated }) => !authenticated).map(({ webhookId, brandId }) => [webhookId, brandId]));
  for (const [webhookId, brandId] of webhooks) await transaction.query(TRIM_UNAUTHENTICATED, [brandId, webhookId]);
}
