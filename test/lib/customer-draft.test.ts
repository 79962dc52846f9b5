/** Who inherits a key, where two nodes have made customers that carry it. */
import { expect, test } from "vitest";
import { CustomerDraft, type CustomerView } from "../../src/customers/plan-customer-write.ts";

/** One key with its owner, and its duplicates in order. */
const stored = (owner: string, duplicates: readonly string[]): CustomerView => ({
  findFields: () => ({}),
  findKeyOwner: () => owner,
  findNextDuplicate: (_fieldSetId, _digest, after) => duplicates.find((id) => id > after),
});

const heirOf = (owner: string, duplicates: readonly string[], ...gone: readonly string[]) => {
  const draft = new CustomerDraft(stored(owner, duplicates));
  for (const id of gone) draft.removeKey("set", "digest", id);
  draft.removeKey("set", "digest", owner);
  return draft.findKeyOwner("set", "digest");
};

test("a key that its owner lets go of is inherited by the oldest that carries it, also by one with an older id than the owner's", () => {
  expect(heirOf("2", ["3", "4"])).toBe("3");
  expect(heirOf("2", ["1", "3"])).toBe("1");
  expect(heirOf("2", ["1"])).toBe("1");
});

test("no customer inherits a key that it does not carry any more, and nobody does where nobody is left", () => {
  expect(heirOf("2", ["1", "3"], "1")).toBe("3");
  expect(heirOf("2", ["1", "3"], "1", "3")).toBeUndefined();
  expect(heirOf("2", [])).toBeUndefined();
});
