/**
 * Random batches against a model that is too simple to be wrong: all customers in a list, and a key is looked for by walking
 * it from the oldest on. However calls are cut into batches, the store must do as the model does.
 */
import { randomUUID } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CustomerFieldName } from "../../../src/customers/customer-fields.ts";
import type { CommittedCall } from "../../../src/webhooks/webhook-store.ts";
import { HASH, newPendingCall, newUser, newWebhook, NOW, walk, type Backend } from "../fixture.ts";

const SETS: readonly (readonly CustomerFieldName[])[] = [["emailaddress"], ["externalid"], ["emailaddress", "externalid"]];

type Values = Partial<Record<CustomerFieldName, string>>;
interface ModelWrite {
  readonly changes: Partial<Record<CustomerFieldName, string | null>>;
  /** Index into SETS. */
  readonly set: number | null;
}
type ModelOutcome =
  | { readonly kind: "accepted"; readonly customers: readonly number[] }
  | { readonly kind: "refused"; readonly index: number; readonly reason: string };

function keyOf(set: number, values: Values): string | undefined {
  const parts = SETS[set]!.map((field) => values[field]?.trim());
  return parts.every(Boolean) ? parts.join("|").toLowerCase() : undefined;
}

function merge(values: Values, changes: ModelWrite["changes"]): Values {
  return Object.fromEntries(Object.entries({ ...values, ...changes }).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** The customers by position are the oldest first. */
function applyToModel(customers: Values[], writes: readonly ModelWrite[]): ModelOutcome {
  const draft = [...customers];
  const written: number[] = [];
  for (const [index, { changes, set }] of writes.entries()) {
    const key = set === null ? undefined : keyOf(set, merge({}, changes));
    if (set !== null && key === undefined) return { kind: "refused", index, reason: "key-value-missing" };
    const found = set === null ? -1 : draft.findIndex((values) => keyOf(set, values) === key);
    if (found === -1) {
      written.push(draft.push(merge({ optin: "Y", smsoptin: "Y", status: "PROSPECT" }, changes)) - 1);
      continue;
    }
    const after = merge(draft[found]!, changes);
    for (const other of SETS.keys()) {
      const moved = keyOf(other, after);
      if (moved === undefined || moved === keyOf(other, draft[found]!)) continue;
      if (draft.some((values) => keyOf(other, values) === moved)) return { kind: "refused", index, reason: "key-taken" };
    }
    draft[found] = after;
    written.push(found);
  }
  customers.splice(0, customers.length, ...draft);
  return { kind: "accepted", customers: written };
}

// Few values and mostly present ones, so that customers meet often.
const value = (...values: string[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom<string | null | undefined>(...values) }, { weight: 1, arbitrary: fc.constantFrom("", null, undefined) });
const write: fc.Arbitrary<ModelWrite> = fc.record({
  changes: fc
    .record({ emailaddress: value("a@x", "A@X ", "b@x"), externalid: value("1", "2", "3"), city: value("Delft", "Breda") })
    .map((changes) => Object.fromEntries(Object.entries(changes).filter(([, given]) => given !== undefined))),
  set: fc.option(fc.nat(SETS.length - 1), { freq: 2 }),
});
const batches = fc.array(fc.array(fc.array(write, { maxLength: 3 }), { maxLength: 4 }), { minLength: 1, maxLength: 10, size: "max" });

export function commitCallsModelSuite(backend: Backend): void {
  test("any batches of calls find, make, change and refuse as a list walked from the oldest on would", async () => {
    const store = await backend.openEmpty();
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(8), async (given, setsFrom) => {
        const brandId = randomUUID();
        await store.brands.insertBrand({ id: brandId, name: brandId, timeZone: "UTC", createdAt: NOW });
        const owner = newUser({ brandId });
        await store.users.insertUser(owner, { passwordHash: HASH });
        const webhook = newWebhook(owner);
        await store.webhooks.insertWebhook(webhook);
        const ensureSets = () => Promise.all(SETS.map((fields) => store.customers.ensureFieldSet(brandId, fields)));
        // The sets are made before the first batch or between two: then they are filled from what is there.
        const model: Values[] = [];
        const ids: string[] = [];
        let sets = setsFrom >= given.length ? await ensureSets() : null;
        for (const [index, batch] of given.entries()) {
          if (index === setsFrom) sets = await ensureSets();
          const calls = batch.map((writes) => (sets ? writes : writes.map(({ changes }) => ({ changes, set: null }))));
          const outcomes = await store.calls.commitCalls(
            calls.map((writes) =>
              newPendingCall(
                webhook,
                writes.map(({ changes, set }) => ({ changes, deduplicateBy: set === null ? null : sets![set]!.id })),
              ),
            ),
          );
          for (const [position, writes] of calls.entries()) expectSame(outcomes[position]!, applyToModel(model, writes), ids);
        }
        const stored = await walk((page) => store.customers.listCustomers(brandId, null, page), 50);
        expect(stored.map((customer) => customer.fields).toReversed()).toEqual(model);
      }),
      { numRuns: 60 },
    );
  });
}

/** The model counts its customers, the store names them: the first meeting of the two decides which name a number has. */
function expectSame(outcome: CommittedCall, expected: ModelOutcome, ids: string[]): void {
  if (expected.kind === "refused") {
    expect(outcome).toMatchObject(expected);
    return;
  }
  if (outcome.kind !== "accepted") throw new Error(`Not accepted: ${JSON.stringify(outcome)}`);
  expect(outcome.customerIds).toHaveLength(expected.customers.length);
  for (const [position, number] of expected.customers.entries()) {
    ids[number] ??= outcome.customerIds[position]!;
    expect(outcome.customerIds[position]).toBe(ids[number]);
  }
  expect(new Set(ids).size).toBe(ids.length);
}
