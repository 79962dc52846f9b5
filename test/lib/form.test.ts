import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseForm } from "../../src/lib/form.ts";

function parsed(text: string) {
  const result = parseForm(text);
  if (!result.ok) throw new Error(`refused: ${result.reason}`);
  return result.form;
}

describe("a form body (RFC 6749 appendix B)", () => {
  test("plus is a space and percent sequences are UTF-8", () => {
    const form = parsed("a=one+two&b=%C3%A9%26%3D%2B&c=");
    expect(form.get("a")).toBe("one two");
    expect(form.get("b")).toBe("é&=+");
  });

  test("an empty value counts as absent (RFC 6749 section 3.1)", () => {
    const form = parsed("scope=&state");
    expect(form.get("scope")).toBeUndefined();
    expect(form.get("state")).toBeUndefined();
    expect(form.has("scope")).toBe(true);
  });

  test("a name that comes twice is told and gives no value (RFC 6749 section 3.1)", () => {
    const form = parsed("code=a&code=b&other=1");
    expect([...form.doubled]).toEqual(["code"]);
    expect(form.get("code")).toBeUndefined();
    expect(form.getAll("code")).toEqual(["a", "b"]);
  });

  test.each(["a=%", "a=%zz", "a=%C3", "a=%FF", "%E0%A4=1", "a=%00", "a=%ED%A0%80"])("%s is refused as malformed, not replaced and not thrown", (text) => {
    expect(parseForm(text)).toEqual({ ok: false, reason: "malformed" });
  });

  test("more parameters than the limit are refused", () => {
    expect(parseForm("a=1&".repeat(10_000))).toEqual({ ok: false, reason: "too-many-parameters" });
  });

  test("names of Object.prototype are ordinary names", () => {
    const form = parsed("__proto__=x&constructor=y");
    expect(form.get("__proto__")).toBe("x");
    expect(form.get("toString")).toBeUndefined();
  });

  test("whatever URLSearchParams writes comes back as it was", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })), { maxLength: 20 }), (pairs) => {
        const clean = pairs.filter(([name, value]) => !`${name}${value}`.includes("\u0000"));
        const form = parsed(new URLSearchParams(clean).toString());
        for (const [name] of clean) expect(form.getAll(name)).toEqual(clean.filter(([other]) => other === name).map(([, value]) => value));
      }),
    );
  });

  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseForm(text)));
  });
});
