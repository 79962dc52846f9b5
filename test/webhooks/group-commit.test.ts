import { describe, expect, test } from "vitest";
import { GroupCommit } from "../../src/webhooks/receiving/group-commit.ts";
import type { CommittedCall, PendingCall } from "../../src/webhooks/webhook-store.ts";

/** A call that says only who it is. */
function pending(id: string, writes: number | null = null): PendingCall {
  const caller = { authenticated: true, clientId: null, applicationName: null };
  const call = { id, brandId: "b", webhookId: "w", receivedAt: 0, duration: 1, reference: id, ...caller, headers: "", body: null };
  return { call, writes: writes === null ? null : Array.from({ length: writes }, () => ({ changes: {}, deduplicateBy: null })) };
}

/** Commits that end when the test says so; each takes note of its batch. */
function slowStore() {
  const batches: string[][] = [];
  const ends: (() => void)[] = [];
  const failures: unknown[] = [];
  const groupCommit = new GroupCommit({
    calls: {
      commitCalls: (batch) => {
        batches.push(batch.map(({ call }) => call.id));
        return new Promise((resolve) => ends.push(() => resolve(batch.map((): CommittedCall => ({ kind: "sample" })))));
      },
    },
    onFailure: (error) => failures.push(error),
  });
  return { batches, ends, failures, groupCommit };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Until the waiting line has seen a turn that brought nothing. */
const quiet = async () => {
  for (let turns = 0; turns < 5; turns++) await turn();
};

describe("calls share commits", () => {
  test("those of one turn are one batch, in order of arrival, answered together after it", async () => {
    const { batches, ends, groupCommit } = slowStore();
    let answered = 0;
    for (const id of ["a", "b", "c"]) void groupCommit.commit(pending(id)).then(() => (answered += 1));
    expect(batches).toEqual([]);
    await quiet();
    expect(batches).toEqual([["a", "b", "c"]]);
    expect(answered).toBe(0);
    ends[0]!();
    await turn();
    expect(answered).toBe(3);
  });

  test("it waits for the next turn as long as a turn brings calls, and no longer", async () => {
    const { batches, groupCommit } = slowStore();
    // Each turn is entered in front of the waiting line, so that its call is there when the line looks.
    let next = turn();
    for (const id of ["a", "b", "c"]) {
      void groupCommit.commit(pending(id));
      await next;
      next = turn();
    }
    await quiet();
    void groupCommit.commit(pending("late"));
    await quiet();
    expect(batches).toEqual([["a", "b", "c"]]);
  });

  test("a call that is alone does not wait", async () => {
    const { batches, groupCommit } = slowStore();
    void groupCommit.commit(pending("a"));
    await turn();
    expect(batches).toEqual([["a"]]);
  });

  test("one batch flies at a time: what comes meanwhile is the next one", async () => {
    const { batches, ends, groupCommit } = slowStore();
    void groupCommit.commit(pending("a"));
    await quiet();
    void groupCommit.commit(pending("b"));
    void groupCommit.commit(pending("c"));
    await quiet();
    expect(batches).toEqual([["a"]]);
    ends[0]!();
    await quiet();
    expect(batches).toEqual([["a"], ["b", "c"]]);
  });

  test("a batch holds at most 256 calls, and goes without waiting once it is full", async () => {
    const { batches, ends, groupCommit } = slowStore();
    for (let call = 0; call < 600; call++) void groupCommit.commit(pending(String(call)));
    await turn();
    expect(batches.map(({ length }) => length)).toEqual([256]);
    ends[0]!();
    await quiet();
    ends[1]!();
    await quiet();
    expect(batches.map(({ length }) => length)).toEqual([256, 256, 88]);
    expect(batches.flat()).toEqual(Array.from({ length: 600 }, (_, index) => String(index)));
  });

  test("a batch writes at most 2,000 customers, a single long call excepted", async () => {
    const { batches, ends, groupCommit } = slowStore();
    for (const [id, writes] of [
      ["a", 1_500],
      ["b", 600],
      ["c", 9_000],
      ["d", 1],
    ] as const)
      void groupCommit.commit(pending(id, writes));
    for (let batch = 0; batch < 4; batch++) {
      await quiet();
      ends[batch]?.();
    }
    await quiet();
    expect(batches).toEqual([["a"], ["b"], ["c"], ["d"]]);
  });
});

describe("when a commit is not possible", () => {
  test("a failed commit is told to its whole batch and to nobody else", async () => {
    const failures: unknown[] = [];
    let commits = 0;
    const groupCommit = new GroupCommit({
      calls: { commitCalls: (batch) => (commits++ === 0 ? Promise.reject(new Error("disk")) : Promise.resolve(batch.map(() => ({ kind: "sample" })))) },
      onFailure: (error) => failures.push(error),
    });
    const first = [groupCommit.commit(pending("a")), groupCommit.commit(pending("b"))];
    expect(await Promise.all(first)).toEqual([
      { kind: "not-committed", why: "failed" },
      { kind: "not-committed", why: "failed" },
    ]);
    expect(await groupCommit.commit(pending("c"))).toEqual({ kind: "sample" });
    expect(failures).toHaveLength(1);
  });

  test("a single call that the store could not write is told alone", async () => {
    const failures: unknown[] = [];
    const outcomes: readonly CommittedCall[] = [{ kind: "sample" }, { kind: "failed", error: "row" }];
    const groupCommit = new GroupCommit({ calls: { commitCalls: () => Promise.resolve(outcomes) }, onFailure: (error) => failures.push(error) });
    expect(await Promise.all([groupCommit.commit(pending("a")), groupCommit.commit(pending("b"))])).toEqual(outcomes);
    expect(failures).toEqual(["row"]);
  });

  test("of more than 10,000 calls that wait the rest is turned away at once", async () => {
    const { groupCommit, batches } = slowStore();
    void groupCommit.commit(pending("first"));
    await quiet();
    for (let call = 0; call < 10_000; call++) void groupCommit.commit(pending(String(call)));
    expect(await groupCommit.commit(pending("too many"))).toEqual({ kind: "not-committed", why: "overloaded" });
    expect(batches).toEqual([["first"]]);
  });

  test("calls of many customers count by these: of more than 10,000 that wait the rest is turned away, and room that a commit has taken is free again", async () => {
    const { batches, ends, groupCommit } = slowStore();
    void groupCommit.commit(pending("first", 2_000));
    await quiet();
    for (let call = 0; call < 10; call++) void groupCommit.commit(pending(String(call), 1_000));
    expect(await groupCommit.commit(pending("too many"))).toEqual({ kind: "not-committed", why: "overloaded" });
    ends[0]!();
    await quiet();
    expect(batches[1]).toEqual(["0", "1"]);
    void groupCommit.commit(pending("fits", 2_000));
    expect(await groupCommit.commit(pending("too many", 1))).toEqual({ kind: "not-committed", why: "overloaded" });
  });

  test("closing writes what waits, takes no more, and resolves when all is answered", async () => {
    const { batches, ends, groupCommit } = slowStore();
    const answers: string[] = [];
    void groupCommit.commit(pending("a")).then(() => answers.push("a"));
    await quiet();
    void groupCommit.commit(pending("b")).then(() => answers.push("b"));
    let closed = false;
    const closing = groupCommit.close().then(() => (closed = true));
    expect(await groupCommit.commit(pending("late"))).toEqual({ kind: "not-committed", why: "closing" });
    ends[0]!();
    await quiet();
    expect(closed).toBe(false);
    ends[1]!();
    await closing;
    expect(batches).toEqual([["a"], ["b"]]);
    expect(answers).toEqual(["a", "b"]);
    await groupCommit.close();
  });
});
