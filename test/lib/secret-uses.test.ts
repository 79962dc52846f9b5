import { describe, expect, test } from "vitest";
import { MINUTE } from "../../src/lib/clock.ts";
import { SecretUses, type SecretUse } from "../../src/lib/secret-uses.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** `fails`: whether the store fails at this write, counted from 0. */
function noting(fails: (write: number) => boolean = () => false) {
  const clock = new ManualClock();
  const writes: (readonly SecretUse[])[] = [];
  let asked = 0;
  const uses = new SecretUses(async (given) => {
    if (fails(asked++)) throw new Error("The disk is full.");
    writes.push(given);
  }, clock);
  return { clock, uses, writes, noted: () => writes.flat().map(({ secretId, usedAt }) => [secretId, usedAt]) };
}

describe("the notes of when secrets were used", () => {
  test("are one for all the uses of a minute", async () => {
    const { clock, uses, noted } = noting();
    const start = clock.now();
    for (let use = 0; use < 59; use++) {
      uses.note("a");
      clock.advance(1_000);
    }
    await uses.close();
    expect(noted()).toEqual([["a", start]]);
    clock.advance(MINUTE - 59_000);
    uses.note("a");
    await uses.close();
    expect(noted()).toEqual([
      ["a", start],
      ["a", start + MINUTE],
    ]);
  });

  test("of many secrets come together, and not all in one commit", async () => {
    const { uses, writes, noted } = noting();
    for (let secret = 0; secret < 1_000; secret++) uses.note(`s${secret}`);
    await uses.close();
    expect(writes.map((write) => write.length)).toEqual([256, 256, 256, 232]);
    expect(new Set(noted().map(([secretId]) => secretId)).size).toBe(1_000);
  });

  test("that come while others are being written are written as well", async () => {
    const clock = new ManualClock();
    const written: string[] = [];
    const uses: SecretUses = new SecretUses(async (given) => {
      written.push(...given.map(({ secretId }) => secretId));
      if (written.length === 1) uses.note("late");
    }, clock);
    uses.note("early");
    await uses.close();
    expect(written).toEqual(["early", "late"]);
  });

  test("that could not be written are made again at the next use, and do not keep others from being written", async () => {
    const { uses, noted } = noting((write) => write === 0);
    for (let secret = 0; secret < 300; secret++) uses.note(`s${secret}`);
    await uses.close();
    expect(noted()).toHaveLength(44);
    for (let secret = 0; secret < 300; secret++) uses.note(`s${secret}`);
    await uses.close();
    expect(new Set(noted().map(([secretId]) => secretId)).size).toBe(300);
    expect(noted()).toHaveLength(300);
  });

  test("are not forgotten by as many other secrets as are remembered", async () => {
    const { uses, noted } = noting();
    for (let secret = 0; secret < 100_000; secret++) uses.note(`s${secret}`);
    for (let secret = 0; secret < 100_000; secret++) uses.note(`s${secret}`);
    await uses.close();
    expect(noted()).toHaveLength(100_000);
  });
});
