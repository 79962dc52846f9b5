/**
 * What a batch of calls writes, and what each call is told. Pure: a database gives what it holds as a `StoredState`, which must not
 * change until it has stored the plan, so that every database decides alike.
 */
import type { FieldSet } from "../../customers/deduplication.ts";
import { CustomerDraft, planWrites, type CustomerView, type PlannedWrites } from "../../customers/plan-customer-write.ts";
import { ORDERED_WITH_ALL } from "../../forwarding/target.ts";
import { newTimeOrderedId } from "../../lib/id.ts";
import { WAITING_STATUS, type Call } from "../../webhooks/calls/call.ts";
import type { CommittedCall, Draining, IdempotencyClaim, PendingCall, WrittenCall } from "../../webhooks/webhook-store.ts";
import { CallDays } from "./plan-days.ts";
import { PlannedQueues, type QueuedCall, type StoredQueues } from "./plan-queues.ts";

/** What is stored of the brands that the batch touches. */
export interface StoredState extends StoredQueues {
  fieldSets(brandId: string): readonly FieldSet[];
  customers(brandId: string): CustomerView;
  /** Also one that has expired. */
  findClaim(brandId: string, webhookId: string, digest: string): StoredClaim | undefined;
  /** Whom the call has written so far, itself or by a replay; undefined when it is gone. */
  findWrittenCustomers(brandId: string, callId: string): readonly string[] | undefined;
  /** How many counted calls the day has; zero when there is no row. */
  countCalls(brandId: string, day: string): number;
}

/** An idempotency key that a call has claimed. */
export interface StoredClaim {
  readonly bodyDigest: string;
  readonly expiresAt: number;
  readonly callId: string;
  /** Of the call that claimed it; null when that was kept as a sample, and while it waits. */
  readonly customerIds: readonly string[] | null;
  readonly isWaiting: boolean;
}

/** The claim of a call, by what its row says. */
export function claimedBy(outcome: string, customerIds: string): Pick<StoredClaim, "customerIds" | "isWaiting"> {
  return { customerIds: outcome === "sample" || outcome === "waiting" ? null : (JSON.parse(customerIds) as string[]), isWaiting: outcome === "waiting" };
}

export interface PlannedClaim extends StoredClaim {
  readonly brandId: string;
  readonly webhookId: string;
  readonly digest: string;
}

export interface ReplayedCall {
  readonly brandId: string;
  readonly callId: string;
  readonly customerIds: readonly string[];
}

/** A call that goes into the outbox of a target. */
export interface ForwardedCall {
  readonly brandId: string;
  readonly targetId: string;
  /** Whose body is sent. */
  readonly callId: string;
  readonly orderKey: string;
}

export interface PlannedBatch {
  /** What each call is told, in order. */
  readonly outcomes: readonly CommittedCall[];
  readonly calls: readonly Call[];
  /** Calls that waited, as they are from now on. */
  readonly decided: readonly Call[];
  readonly queues: Pick<PlannedQueues, "added" | "drained" | "emptied">;
  /** Claims of calls that were refused after they had waited: their keys are free again. */
  readonly released: readonly Pick<PlannedClaim, "brandId" | "webhookId" | "digest">[];
  /** To be written over rows that have expired and were not swept yet. */
  readonly claims: ReadonlyMap<string, PlannedClaim>;
  /** By brand. */
  readonly customers: ReadonlyMap<string, CustomerDraft>;
  /** By the id of the call that was replayed: whom it has written from now on. */
  readonly replayed: ReadonlyMap<string, ReplayedCall>;
  readonly days: CallDays;
  /** In order. */
  readonly forwarded: readonly ForwardedCall[];
}

/** `newIds` gives, for each call, what names its new customers; a plan that may be made again must give the same names again. */
export function planBatch(batch: readonly PendingCall[], stored: StoredState, newIds: NewIds = timeOrderedIds): PlannedBatch {
  const plan = new BatchPlan(stored, newIds);
  const outcomes = batch.map((pending) => plan.add(pending));
  const customers = new Map([...plan.brands].map(([brandId, { draft }]) => [brandId, draft]));
  const { calls, decided, queues, claims, replayed, days, forwarded } = plan;
  const released = [...plan.released.values()];
  return { outcomes, calls, decided, queues, claims, released, customers, replayed, days, forwarded };
}

export type NewIds = (pending: PendingCall) => () => string;

function timeOrderedIds({ call }: PendingCall): () => string {
  return () => newTimeOrderedId(call.receivedAt);
}

/**
 * The same for each plan of the batch that is made anew: one for each object, given out beforehand in order of arrival. A plan on guesses may pass over an
 * object that the last one makes a customer of, and a customer must not be older by its id than one that came before it.
 */
export function repeatableIds(batch: readonly PendingCall[]): NewIds {
  const ids = new Map(batch.map((pending) => [pending, (pending.writes ?? []).map(timeOrderedIds(pending))]));
  return (pending) => {
    const given = ids.get(pending)!.values();
    return () => given.next().value!;
  };
}

/** What all calls have that were not refused. */
const ANSWERED = { status: 200, reason: null, answer: null, repeatOf: null } as const;

class BatchPlan {
  readonly calls: Call[] = [];
  readonly decided: Call[] = [];
  readonly queues: PlannedQueues;
  readonly released = new Map<string, Pick<PlannedClaim, "brandId" | "webhookId" | "digest">>();
  readonly claims = new Map<string, PlannedClaim>();
  readonly replayed = new Map<string, ReplayedCall>();
  readonly brands = new Map<string, { readonly draft: CustomerDraft; readonly fieldSets: readonly FieldSet[] }>();
  readonly days: CallDays;
  readonly forwarded: ForwardedCall[] = [];
  readonly #stored: StoredState;
  readonly #newIds: NewIds;

  constructor(stored: StoredState, newIds: NewIds) {
    this.#stored = stored;
    this.#newIds = newIds;
    this.days = new CallDays(stored);
    this.queues = new PlannedQueues(stored);
  }

  add(pending: PendingCall): CommittedCall {
    const { quota, call, claim, drains } = pending;
    if (drains) return this.#drain(pending, drains);
    if (!this.days.hasRoom(call.brandId, quota)) return { kind: "over-quota" };
    const outcome = claim ? this.#addOnce(pending, claim) : this.#addNew(pending, null);
    return isWritten(outcome) ? { ...outcome, callsToday: this.days.count(call.brandId, quota) } : outcome;
  }

  #addOnce(pending: PendingCall, { digest, bodyDigest, expiresAt }: IdempotencyClaim): CommittedCall {
    const { call } = pending;
    const { id: callId, brandId, webhookId } = call;
    const key = `${brandId} ${webhookId} ${digest}`;
    const first = this.claims.get(key) ?? (this.released.has(key) ? undefined : this.#stored.findClaim(brandId, webhookId, digest));
    if (first && first.expiresAt > call.receivedAt) {
      if (first.bodyDigest !== bodyDigest) return { kind: "key-reused" };
      const { customerIds, isWaiting } = first;
      const status = isWaiting ? WAITING_STATUS : ANSWERED.status;
      this.calls.push({ ...call, ...ANSWERED, status, outcome: "repeated", body: null, customerIds: [], repeatOf: first.callId });
      return { kind: "repeated", customerIds, isWaiting };
    }
    const outcome = this.#addNew(pending, digest);
    if (isWritten(outcome)) {
      const customerIds = outcome.kind === "accepted" ? outcome.customerIds : null;
      this.claims.set(key, { brandId, webhookId, digest, bodyDigest, expiresAt, callId, customerIds, isWaiting: outcome.kind === "waiting" });
    }
    return outcome;
  }

  /** A call that repeats no other. */
  #addNew(pending: PendingCall, claimDigest: string | null): CommittedCall {
    const { call } = pending;
    if (this.queues.holds(pending)) {
      if (!this.queues.add(call, claimDigest)) return { kind: "queue-full" };
      this.calls.push({ ...call, ...ANSWERED, status: WAITING_STATUS, outcome: "waiting", customerIds: [] });
      return { kind: "waiting" };
    }
    return pending.breaksRule ? { kind: "no-repeat" } : this.#addCall(pending);
  }

  /** A call that waited is decided in its turn, by whoever comes first. */
  #drain(pending: PendingCall, { refused }: Draining): CommittedCall {
    const { call } = pending;
    const next = this.queues.findNext(call);
    if (!next) return { kind: "not-next" };
    if (refused) {
      this.decided.push({ ...call, ...ANSWERED, ...refused, status: WAITING_STATUS, outcome: "refused", customerIds: [] });
      this.#release(next);
      this.queues.takeNext(next);
      return { kind: "settled" };
    }
    const outcome = this.#addCall(pending);
    if (isWritten(outcome)) {
      this.queues.takeNext(next);
      this.#claimForDecided(next, outcome);
    }
    return outcome;
  }

  #release({ brandId, webhookId, claimDigest: digest }: QueuedCall): void {
    if (digest === null) return;
    const key = `${brandId} ${webhookId} ${digest}`;
    this.claims.delete(key);
    this.released.set(key, { brandId, webhookId, digest });
  }

  /** For whoever repeats the call later in this batch. */
  #claimForDecided({ brandId, webhookId, claimDigest: digest, callId }: QueuedCall, outcome: WrittenCall): void {
    const stored = digest === null ? undefined : this.#stored.findClaim(brandId, webhookId, digest);
    if (digest === null || stored?.callId !== callId) return;
    const customerIds = outcome.kind === "accepted" ? outcome.customerIds : null;
    this.claims.set(`${brandId} ${webhookId} ${digest}`, { ...stored, brandId, webhookId, digest, customerIds, isWaiting: false });
  }

  #addCall(pending: PendingCall): CommittedCall {
    const { call, writes } = pending;
    if (writes === null) {
      this.#log(pending, { outcome: "sample", customerIds: [] });
      this.#forward(pending, []);
      return { kind: "sample" };
    }
    const callId = call.fromConsole?.replayOf ?? null;
    const known = callId === null ? [] : this.#findWrittenCustomers(call.brandId, callId);
    if (!known) return { kind: "failed", error: new Error(`Call ${callId} is gone and cannot be replayed.`) };
    const planned = this.#planWrites(pending, known.length === 0 ? writes : writesTo(known, writes));
    if (planned.kind === "refused") return planned;
    if (callId !== null) this.replayed.set(callId, { brandId: call.brandId, callId, customerIds: planned.customerIds });
    this.#log(pending, { outcome: "accepted", customerIds: planned.customerIds });
    this.#forward(pending, planned.customerIds);
    return { kind: "accepted", customerIds: planned.customerIds };
  }

  #forward({ call, writes, forwardTo }: PendingCall, customerIds: readonly string[]): void {
    if (forwardTo === undefined) return;
    const [customerId = ORDERED_WITH_ALL] = customerIds;
    // Whoever is never found again has no order of its own.
    const isOfOne = writes?.every(({ deduplicateBy }) => deduplicateBy !== null) && customerIds.every((id) => id === customerId);
    const callId = call.fromConsole?.replayOf ?? call.id;
    this.forwarded.push({ brandId: call.brandId, targetId: forwardTo, callId, orderKey: isOfOne ? customerId : ORDERED_WITH_ALL });
  }

  #log({ call, drains }: PendingCall, outcome: Pick<Call, "outcome" | "customerIds">): void {
    if (drains) this.decided.push({ ...call, ...ANSWERED, status: WAITING_STATUS, ...outcome });
    else this.calls.push({ ...call, ...ANSWERED, ...outcome });
  }

  #findWrittenCustomers(brandId: string, callId: string): readonly string[] | undefined {
    return this.replayed.get(callId)?.customerIds ?? this.#stored.findWrittenCustomers(brandId, callId);
  }

  #planWrites(pending: PendingCall, writes: NonNullable<PendingCall["writes"]>): PlannedWrites {
    const { brandId, receivedAt } = pending.call;
    let brand = this.brands.get(brandId);
    if (!brand) {
      brand = { draft: new CustomerDraft(this.#stored.customers(brandId)), fieldSets: this.#stored.fieldSets(brandId) };
      this.brands.set(brandId, brand);
    }
    const draft = new CustomerDraft(brand.draft);
    const planned = planWrites(draft, writes, { fieldSets: brand.fieldSets, newId: this.#newIds(pending), now: receivedAt });
    if (planned.kind === "planned") draft.applyTo(brand.draft);
    return planned;
  }
}

/** Each object to the customer that it has written before. */
function writesTo(customerIds: readonly string[], writes: NonNullable<PendingCall["writes"]>): NonNullable<PendingCall["writes"]> {
  return writes.map(({ changes, deduplicateBy }, index) => ({ changes, deduplicateBy, customerId: customerIds[index] }));
}

function isWritten(call: CommittedCall): call is WrittenCall {
  return call.kind === "sample" || call.kind === "accepted" || call.kind === "repeated" || call.kind === "waiting";
}
