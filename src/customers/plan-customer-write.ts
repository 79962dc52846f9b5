/**
 * What the writes of one call do to the customers and to the keys by which they are found. Pure: a store gives what it holds
 * as a `CustomerView` and stores what a `CustomerDraft` has gathered, so that every database decides alike. Drafts stack: one
 * for the batch on what is stored, one for each call on that of the batch; a call sees what the calls before it have done.
 */
import type { CustomerFields, CustomerWrite } from "./customer.ts";
import { SYSTEM_FIELD_NAMES, systemField, type CustomerFieldName } from "./customer-fields.ts";
import { keyDigest, type FieldSet } from "./deduplication.ts";

/** The customers of one brand at some moment. */
export interface CustomerView {
  findFields(customerId: string): CustomerFields | undefined;
  /** The customer that is found by this key. */
  findKeyOwner(fieldSetId: string, digest: string): string | undefined;
  /** Of the customers that carry the key and do not own it, the oldest that is younger than the given one. */
  findNextDuplicate(fieldSetId: string, digest: string, after: string): string | undefined;
}

interface DraftKey {
  readonly fieldSetId: string;
  readonly digest: string;
  readonly owner: string | undefined;
}

interface DraftDuplicates {
  readonly fieldSetId: string;
  readonly digest: string;
  /** Whether a customer has become one or is one no longer. */
  readonly present: Map<string, boolean>;
}

export interface DraftCustomer {
  readonly id: string;
  readonly fields: CustomerFields;
  /** Null when it was there before. */
  readonly createdAt: number | null;
  readonly updatedAt: number;
}

/** What lies over a view: the changes that are not stored yet. */
export class CustomerDraft implements CustomerView {
  readonly customers = new Map<string, DraftCustomer>();
  /** By set and digest. */
  readonly keys = new Map<string, DraftKey>();
  /** By set and digest. */
  readonly duplicates = new Map<string, DraftDuplicates>();
  readonly #base: CustomerView;

  constructor(base: CustomerView) {
    this.#base = base;
  }

  findFields(customerId: string): CustomerFields | undefined {
    return this.customers.get(customerId)?.fields ?? this.#base.findFields(customerId);
  }

  findKeyOwner(fieldSetId: string, digest: string): string | undefined {
    const key = this.keys.get(`${fieldSetId} ${digest}`);
    return key ? key.owner : this.#base.findKeyOwner(fieldSetId, digest);
  }

  findNextDuplicate(fieldSetId: string, digest: string, after: string): string | undefined {
    const own = this.duplicates.get(`${fieldSetId} ${digest}`)?.present ?? new Map<string, boolean>();
    let next = this.#base.findNextDuplicate(fieldSetId, digest, after);
    while (next !== undefined && own.get(next) === false) next = this.#base.findNextDuplicate(fieldSetId, digest, next);
    for (const [id, present] of own) if (present && id > after && (next === undefined || id < next)) next = id;
    return next;
  }

  setCustomer(customer: DraftCustomer): void {
    const createdAt = customer.createdAt ?? this.customers.get(customer.id)?.createdAt ?? null;
    this.customers.set(customer.id, { ...customer, createdAt });
  }

  /** Gives the key to the customer, or makes it a duplicate when another one owns the key. */
  addKey(fieldSetId: string, digest: string, customerId: string): void {
    const owner = this.findKeyOwner(fieldSetId, digest);
    if (owner === undefined) this.#setOwner(fieldSetId, digest, customerId);
    else if (owner !== customerId) this.#setDuplicate(fieldSetId, digest, customerId, true);
  }

  /** Takes the key from the customer. The oldest of its duplicates inherits it. */
  removeKey(fieldSetId: string, digest: string, customerId: string): void {
    const owner = this.findKeyOwner(fieldSetId, digest);
    if (owner !== customerId) {
      this.#setDuplicate(fieldSetId, digest, customerId, false);
      return;
    }
    // Ids sort by time of making. A duplicate may be older than the owner: the clocks of two nodes differ, and so does who is written first.
    const heir = this.findNextDuplicate(fieldSetId, digest, "");
    if (heir !== undefined) this.#setDuplicate(fieldSetId, digest, heir, false);
    this.#setOwner(fieldSetId, digest, heir);
  }

  /** Adds everything to the draft below. */
  applyTo(base: CustomerDraft): void {
    for (const customer of this.customers.values()) base.setCustomer(customer);
    for (const [id, key] of this.keys) base.keys.set(id, key);
    for (const { fieldSetId, digest, present } of this.duplicates.values()) {
      for (const [customerId, isPresent] of present) base.#setDuplicate(fieldSetId, digest, customerId, isPresent);
    }
  }

  #setOwner(fieldSetId: string, digest: string, owner: string | undefined): void {
    this.keys.set(`${fieldSetId} ${digest}`, { fieldSetId, digest, owner });
  }

  #setDuplicate(fieldSetId: string, digest: string, customerId: string, present: boolean): void {
    const key = `${fieldSetId} ${digest}`;
    let entry = this.duplicates.get(key);
    if (!entry) this.duplicates.set(key, (entry = { fieldSetId, digest, present: new Map() }));
    entry.present.set(customerId, present);
  }
}

export type PlannedWrites =
  | { readonly kind: "planned"; /** One for each write, in order. */ readonly customerIds: readonly string[] }
  | {
      readonly kind: "refused";
      /** Which of the writes, from 0. */
      readonly index: number;
      readonly reason: "key-value-missing" | "key-taken";
      /** The fields without a value, or those whose values belong to another customer. */
      readonly fields: readonly CustomerFieldName[];
    };

export interface WriteContext {
  /** All of the brand's: every write keeps the keys of every set. */
  readonly fieldSets: readonly FieldSet[];
  readonly newId: () => string;
  /** When the call arrived. */
  readonly now: number;
}

/** Plans the writes of one call into the draft. When one is refused the draft is spoilt: nothing of the call may be stored. */
export function planWrites(draft: CustomerDraft, writes: readonly CustomerWrite[], context: WriteContext): PlannedWrites {
  const customerIds: string[] = [];
  for (const [index, write] of writes.entries()) {
    const found = findCustomer(draft, write, context);
    if (found.kind === "missing") return { kind: "refused", index, reason: "key-value-missing", fields: found.fields };
    if (found.kind === "none") {
      customerIds.push(create(draft, write, context));
      continue;
    }
    const taken = found.kind === "found" && update(draft, found.customerId, write, context);
    if (taken) return { kind: "refused", index, reason: "key-taken", fields: taken.fields };
    customerIds.push(found.customerId);
  }
  return { kind: "planned", customerIds };
}

type Found =
  /** `erased`: it was there once, and nothing must bring it back. */
  | { readonly kind: "found" | "erased"; readonly customerId: string }
  | { readonly kind: "none" }
  | { readonly kind: "missing"; readonly fields: readonly CustomerFieldName[] };

function findCustomer(draft: CustomerDraft, write: CustomerWrite, context: WriteContext): Found {
  const { customerId: known } = write;
  if (known !== undefined) return { kind: draft.findFields(known) ? "found" : "erased", customerId: known };
  if (write.deduplicateBy === null) return { kind: "none" };
  const fieldSet = context.fieldSets.find((candidate) => candidate.id === write.deduplicateBy);
  if (!fieldSet) throw new Error(`The brand has no field set ${write.deduplicateBy}.`);
  // Only what the object itself says: a default value must not make two strangers the same customer.
  const given = merge({}, write.changes);
  const digest = keyDigest(fieldSet.fields, given);
  if (digest === undefined) return { kind: "missing", fields: fieldSet.fields.filter((field) => keyDigest([field], given) === undefined) };
  const customerId = draft.findKeyOwner(fieldSet.id, digest);
  return customerId === undefined ? { kind: "none" } : { kind: "found", customerId };
}

function create(draft: CustomerDraft, write: CustomerWrite, context: WriteContext): string {
  const id = context.newId();
  const fields = merge(defaultsBeside(write.changes), write.changes);
  draft.setCustomer({ id, fields, createdAt: context.now, updatedAt: context.now });
  for (const fieldSet of context.fieldSets) {
    const digest = keyDigest(fieldSet.fields, fields);
    if (digest !== undefined) draft.addKey(fieldSet.id, digest, id);
  }
  return id;
}

/** Gives the field set whose key belongs to another customer, and then nothing was changed. */
function update(draft: CustomerDraft, customerId: string, write: CustomerWrite, context: WriteContext): FieldSet | undefined {
  const before = draft.findFields(customerId);
  if (!before) throw new Error(`Customer ${customerId} has a key and no row.`);
  const after = merge(before, write.changes);
  const moves = context.fieldSets
    // Most writes leave alone what the customer is found by: then there is nothing to compute.
    .filter(({ fields }) => fields.some((field) => before[field] !== after[field]))
    .map((fieldSet) => ({ fieldSet, from: keyDigest(fieldSet.fields, before), to: keyDigest(fieldSet.fields, after) }))
    .filter(({ from, to }) => from !== to);
  const taken = moves.find(({ fieldSet, to }) => to !== undefined && draft.findKeyOwner(fieldSet.id, to) !== undefined);
  if (taken) return taken.fieldSet;
  for (const { fieldSet, from, to } of moves) {
    if (from !== undefined) draft.removeKey(fieldSet.id, from, customerId);
    if (to !== undefined) draft.addKey(fieldSet.id, to, customerId);
  }
  draft.setCustomer({ id: customerId, fields: after, createdAt: null, updatedAt: context.now });
  return undefined;
}

/** An empty text is no value: it clears the field as null does. */
function merge(fields: CustomerFields, changes: CustomerWrite["changes"]): CustomerFields {
  const merged: { -readonly [name in keyof CustomerFields]: CustomerFields[name] } = { ...fields };
  for (const [name, value] of Object.entries(changes) as [CustomerFieldName, string | null | undefined][]) {
    if (value === null || value === "") delete merged[name];
    else if (value !== undefined) merged[name] = value;
  }
  return merged;
}

const DEFAULTS: readonly (readonly [CustomerFieldName, string])[] = SYSTEM_FIELD_NAMES.flatMap((name) => {
  const { defaultValue } = systemField(name);
  return defaultValue === undefined ? [] : [[name, defaultValue] as const];
});

/** A field that the object clears stays empty; only one that it does not mention gets its default. */
function defaultsBeside(changes: CustomerWrite["changes"]): CustomerFields {
  return Object.fromEntries(DEFAULTS.filter(([name]) => changes[name] === undefined));
}
