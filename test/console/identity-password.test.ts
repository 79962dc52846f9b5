import { describe, expect, test } from "vitest";
import { hashPassword, passwordProblem, PasswordsBusy, verifyAgainstNobody, verifyPassword } from "../../src/identity/password.ts";

const LONG_ENOUGH = "four unrelated words";

describe("what is accepted as a password", () => {
  test.each([
    ["", "at least 12"],
    ["eleven char", "at least 12"],
    ["aaaaaaaaaaaaaa", "harder to guess"],
    ["password1234", "harder to guess"],
    ["PassWord1234", "harder to guess"],
    [" 123456789012 ", "harder to guess"],
  ])("%j is refused with a sentence that says what to change", (password, sentence) => {
    expect(passwordProblem(password)).toContain(sentence);
  });

  test("the own e-mail address is refused in any letter case", () => {
    expect(passwordProblem("Ada.Lovelace@Example.com", "ada.lovelace@example.com")).toContain("not the e-mail address");
  });

  test.each([
    LONG_ENOUGH,
    "onlylowercase",
    "            x", // Spaces count: nothing is composed or trimmed away.
    "密码密码密码密码密码密码",
    "🙂".repeat(11) + "🙃",
  ])("%j is accepted: length decides, there are no rules of composition", (password) => {
    expect(passwordProblem(password)).toBeUndefined();
  });

  test("1,024 characters are accepted and one more is not", () => {
    expect(passwordProblem("xy".repeat(512))).toBeUndefined();
    expect(passwordProblem(`${"xy".repeat(512)}x`)).toContain("at most 1,024");
  });

  test("eleven characters outside the basic plane are eleven, though twenty-two code units", () => {
    expect(passwordProblem("🙂🙃".repeat(5) + "🙂")).toContain("at least 12");
  });
});

describe("how a password is kept", () => {
  test("as an argon2id PHC string with OWASP's floor of parameters and a salt of its own", async () => {
    const [one, two] = await Promise.all([hashPassword(LONG_ENOUGH), hashPassword(LONG_ENOUGH)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword(LONG_ENOUGH, one)).toBe("right");
  });

  test("another password is wrong: one letter more, one less, another case, nothing", async () => {
    const phc = await hashPassword(LONG_ENOUGH);
    for (const other of [`${LONG_ENOUGH}s`, LONG_ENOUGH.slice(0, -1), LONG_ENOUGH.toUpperCase(), ` ${LONG_ENOUGH}`, ""]) {
      expect(await verifyPassword(other, phc)).toBe("wrong");
    }
  });

  test("characters after the 72nd and after a NUL count", async () => {
    const phc = await hashPassword(`${"x".repeat(100)}\u0000tail`);
    expect(await verifyPassword(`${"x".repeat(100)}\u0000liat`, phc)).toBe("wrong");
    expect(await verifyPassword("x".repeat(72), phc)).toBe("wrong");
  });

  test("one letter typed as one or as two code points is the same password (RFC 8265 section 4.2)", async () => {
    expect(await verifyPassword("cafe\u0301 au lait, merci", await hashPassword("caf\u00e9 au lait, merci"))).toBe("right");
  });

  // From the tests of the reference implementation (phc-winner-argon2, test.c).
  const WEAKER = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const STRONGER = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

  test("hashes of the reference implementation verify; one with less than today's parameters asks to be replaced", async () => {
    expect(await verifyPassword("password", WEAKER)).toBe("right-but-rehash");
    expect(await verifyPassword("passwore", WEAKER)).toBe("wrong");
    expect(await verifyPassword("password", STRONGER)).toBe("right");
  });

  test.each([
    "",
    "$2b$12$abcdefghijklmnopqrstuv",
    "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    WEAKER.replace("v=19", "v=16"),
    WEAKER.slice(0, 40),
    `${WEAKER}\n`,
  ])("%j is no hash of ours and never counts as right", async (phc) => {
    await expect(verifyPassword("password", phc)).rejects.toThrow("PHC");
  });

  test("checking against nobody is always wrong", async () => {
    expect(await verifyAgainstNobody(LONG_ENOUGH)).toBe("wrong");
  });

  test("of a flood, the first hundred wait and the rest is refused at once", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 130 }, () => verifyPassword("password", WEAKER)));
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBe(28);
    expect(refused.every((outcome) => outcome.reason instanceof PasswordsBusy)).toBe(true);
    expect(await verifyPassword("password", WEAKER)).toBe("right-but-rehash");
  });
});
