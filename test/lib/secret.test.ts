import { describe, expect, test } from "vitest";
import { digestOf, newSecret, sameDigest } from "../../src/lib/secret.ts";

describe("digests of secrets", () => {
  test("are the same for the same secret only", () => {
    for (let round = 0; round < 100; round++) {
      const secret = newSecret("hgs_");
      expect(sameDigest(digestOf(secret), digestOf(secret))).toBe(true);
      expect(sameDigest(digestOf(secret), digestOf(newSecret("hgs_")))).toBe(false);
    }
  });

  test("differ when any one character does", () => {
    const digest = digestOf("a");
    for (let at = 0; at < digest.length; at++) {
      const other = digest.slice(0, at) + (digest[at] === "A" ? "B" : "A") + digest.slice(at + 1);
      expect([sameDigest(digest, other), sameDigest(other, digest)]).toEqual([false, false]);
    }
  });

  test.each([
    ["nothing", "", ""],
    ["two that are alike and too short", "a".repeat(42), "a".repeat(42)],
    ["two that are alike and too long", "a".repeat(44), "a".repeat(44)],
    ["one and the same with more behind it", digestOf("a"), `${digestOf("a")}a`],
    ["two that are alike and no ASCII", `${"a".repeat(42)}\u0161`, `${"a".repeat(42)}\u0161`],
    ["one and what becomes it when its characters are cut to bytes", "a".repeat(43), `${"a".repeat(42)}\u0161`],
    ["two of as many bytes and fewer characters", `${"a".repeat(41)}é`, `${"a".repeat(41)}é`],
  ])("are never %s", (_what, a, b) => {
    expect([sameDigest(a, b), sameDigest(b, a)]).toEqual([false, false]);
  });
});
