import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeJsonText } from "../../src/webhooks/json/decode-json-text.ts";
import { JsonNumber, parseJson, type JsonDocument, type JsonValue } from "../../src/webhooks/json/json-document.ts";
import { echo } from "../../src/webhooks/json/json-echo.ts";
import { nearJson } from "../support/arbitraries.ts";

/** Values as `JSON.parse` gives them; throws where a name stands twice, because then the two cannot be compared. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.source);
  if (value instanceof Map) {
    const object: Record<string, unknown> = {};
    for (const [name, member] of value) Object.defineProperty(object, name, { value: plain(member), enumerable: true, configurable: true, writable: true });
    return object;
  }
  return Array.isArray(value) ? value.map((element: JsonValue) => plain(element)) : value;
}

function parsed(text: string): JsonDocument {
  const result = parseJson(text);
  if (!result.ok) throw new Error(result.problem);
  return result.document;
}

function standardAccepts(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("the parser and JSON.parse", () => {
  test("agree on every text about what is JSON, doubled names apart (RFC 8259)", () => {
    fc.assert(
      fc.property(nearJson, (text) => {
        const result = parseJson(text);
        if (result.ok) {
          expect(standardAccepts(text)).toBe(true);
          expect(plain(result.document.value)).toStrictEqual(JSON.parse(text));
        } else if (!result.problem.startsWith("A name that came before")) expect(standardAccepts(text)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  test("agree on the values of every JSON that people write with white space", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, "\t", "\n \r"), (value, indent) => {
        const text = JSON.stringify(value, null, indent === "\n \r" ? 2 : indent);
        expect(plain(parsed(text).value)).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  test("read a long string like a short one, and find what is wrong with it at the same character", () => {
    const rest = fc.string({ unit: fc.constantFrom('"', "\\", "n", "u0041", "\n", "\u0000", "\u001f", "é", "😀", "a", "/", ",", " ") });
    fc.assert(
      fc.property(rest, fc.integer({ min: 1, max: 120 }), (rest, length) => {
        const short = parseJson(`["${rest}"]`);
        const long = parseJson(`["${"a".repeat(length)}${rest}"]`);
        const behind = (problem: string) => problem.replace(/line 1, column (\d+)/, (_, column) => `line 1, column ${Number(column) + length}`);
        expect(long.ok).toBe(short.ok);
        if (short.ok && long.ok) {
          const [first, ...others] = short.document.value as readonly string[];
          expect(long.document.value).toStrictEqual([`${"a".repeat(length)}${first}`, ...others]);
        } else if (!short.ok && !long.ok) {
          // What is wrong with an escape is said of its string, which begins where it began.
          expect([short.problem, behind(short.problem)]).toContain(long.problem);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["nothing at all", ""],
    ["white space only", " \n"],
    ["two values", "{} {}"],
    ["a comment", '{"a":1} // one'],
    ["a comma too many", '{"a":1,}'],
    ["an element too few", "[1,,2]"],
    ["single quotes", "{'a':1}"],
    ["a name without quotes", "{a:1}"],
    ["NaN", '{"a":NaN}'],
    ["Infinity", "[-Infinity]"],
    ["a plus sign", "[+1]"],
    ["a leading zero", "[01]"],
    ["a point without digits", "[1.]"],
    ["a point in front", "[.5]"],
    ["an exponent without digits", "[1e]"],
    ["a minus alone", "[-]"],
    ["hexadecimal digits", "[0x1F]"],
    ["a line break in a string", '["a\nb"]'],
    ["a tab in a string", '["a\tb"]'],
    ["an escape that there is not", String.raw`["\x41"]`],
    ["half an escape", String.raw`["\u12"]`],
    ["a backslash at the end", '["\\'],
    ["a string without end", '["abc'],
    ["an object without end", '{"a":{"b":1}'],
    ["a bracket of the other kind", '{"a":[1}'],
    ["a word that begins like another", "[nul]"],
    ["a word in capitals", "[True]"],
    ["undefined", "undefined"],
    ["a form feed as white space", "\f{}"],
    ["a no-break space as white space", "\u00a0{}"],
    ["a vertical line separator as white space", "\u2028{}"],
  ])("refuse %s", (_what, text) => {
    expect(parseJson(text).ok).toBe(false);
    expect(standardAccepts(text)).toBe(false);
  });
});

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

describe("what is stricter than the RFC", () => {
  test.each([
    ["twice", '{"a":1,"a":1}'],
    ["twice, once written with an escape", String.raw`{"a":1,"\u0061":2}`],
    ["twice deep inside", '{"x":[{"y":{"a":1,"b":2,"a":3}}]}'],
    ["twice, with the empty name", '{"":1,"":2}'],
    ["twice, as __proto__", '{"__proto__":1,"__proto__":2}'],
  ])("a name that stands %s in one object is refused (RFC 8259 section 4)", (_what, text) => {
    const result = parseJson(text);
    expect(result).toMatchObject({ ok: false });
    expect(!result.ok && result.problem).toContain("A name that came before in the same object stands again");
  });

  test("a name may stand in two objects", () => {
    expect(parseJson('[{"a":1},{"a":1,"b":{"a":2}}]').ok).toBe(true);
  });

  test("nesting ends at 100 levels (RFC 8259 section 9)", () => {
    expect(parseJson(nested(100)).ok).toBe(true);
    expect(parseJson(nested(101)).ok).toBe(false);
    expect(parseJson('{"a":'.repeat(100) + "1" + "}".repeat(100)).ok).toBe(true);
    expect(parseJson('{"a":'.repeat(101) + "1" + "}".repeat(101)).ok).toBe(false);
    expect(parseJson("[".repeat(3_000_000)).ok).toBe(false);
  });
});

describe("values", () => {
  test("numbers keep their source text, however long or small", () => {
    for (const source of ["0", "-0", "1.50", "1E400", "123456789012345678901234567890", "0.1e-7", "-0.0"]) {
      expect(parsed(`[${source}]`).value).toEqual([new JsonNumber(source)]);
    }
  });

  test("__proto__ and constructor are names like any other", () => {
    const { value } = parsed('{"__proto__":{"polluted":true},"constructor":1}');
    expect(value instanceof Map && [...value.keys()]).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("a problem names line and column, and no value", () => {
    const result = parseJson('{\n  "email": "secret@example.com",\n  "note": secret\n}');
    expect(result).toEqual({ ok: false, problem: "A value was expected at line 3, column 11." });
  });

  test("half of a surrogate pair may stand in an unmapped value, as RFC 8259 section 8.2 lets it", () => {
    expect(parsed(String.raw`{"a":"\ud800"}`).value).toEqual(new Map([["a", "\ud800"]]));
  });
});

describe("the text of a body", () => {
  test("must be UTF-8 (RFC 8259 section 8.1)", () => {
    expect(decodeJsonText(Buffer.from('{"a":"é"}', "latin1"))).toBeUndefined();
    expect(decodeJsonText(Buffer.from("eda080", "hex"))).toBeUndefined();
    expect(decodeJsonText(Buffer.from("c0af", "hex"))).toBeUndefined();
    expect(decodeJsonText(Buffer.from('{"a":1}', "utf16le"))).toContain("\u0000");
    expect(decodeJsonText(Buffer.from('{"a":"é€😀"}'))).toBe('{"a":"é€😀"}');
  });

  test("loses a byte order mark, which a receiver may ignore (RFC 8259 section 8.1), but only one and only in front", () => {
    expect(decodeJsonText(Buffer.from("\ufeff{}"))).toBe("{}");
    expect(decodeJsonText(Buffer.from("\ufeff\ufeff{}"))).toBe("\ufeff{}");
    expect(parseJson("\ufeff{}").ok).toBe(false);
  });
});

function echoOf(text: string): string {
  const document = parsed(text);
  return echo(
    document,
    document.echoPlaces.map((_, index) => `id-${index}`),
  );
}

function withId(object: object, id: string): object {
  return JSON.parse(JSON.stringify({ ...(JSON.parse(JSON.stringify(object)) as object), hookgate_id: id })) as object;
}

describe("the echo", () => {
  test.each([
    ["an object", '{"a":1}', '{"a":1,"hookgate_id":"id-0"}'],
    ["an empty object", "{}", '{"hookgate_id":"id-0"}'],
    ["an empty object with space", "{ }", '{ "hookgate_id":"id-0"}'],
    ["an array", '[{"a":1}, {"a":2}]', '[{"a":1,"hookgate_id":"id-0"}, {"a":2,"hookgate_id":"id-1"}]'],
    ["an empty array", "[ ]", "[ ]"],
    ["an incoming id alone", '{"hookgate_id":"x"}', '{"hookgate_id":"id-0"}'],
    ["an incoming id alone with space", '{ "hookgate_id" : {"y":[1]} }', '{ "hookgate_id":"id-0" }'],
    ["an incoming id in front", '{"hookgate_id":"x", "a":1}', '{"a":1,"hookgate_id":"id-0"}'],
    ["an incoming id in the middle", '{"a":1 , "hookgate_id":null , "b":2}', '{"a":1 , "b":2,"hookgate_id":"id-0"}'],
    ["an incoming id at the end", '{"a":1, "hookgate_id":5 }', '{"a":1,"hookgate_id":"id-0" }'],
    ["an incoming id with an escape", String.raw`{"hookgate\u005fid":1,"a":2}`, '{"a":2,"hookgate_id":"id-0"}'],
    [
      "an incoming id in one of several",
      '[{"a":1},{"hookgate_id":1,"a":2},{}]',
      '[{"a":1,"hookgate_id":"id-0"},{"a":2,"hookgate_id":"id-1"},{"hookgate_id":"id-2"}]',
    ],
    ["an id deep inside, which stays", '{"a":{"hookgate_id":1}}', '{"a":{"hookgate_id":1},"hookgate_id":"id-0"}'],
    ["numbers as they were written", '{"n":1.50,"m":1E400}', '{"n":1.50,"m":1E400,"hookgate_id":"id-0"}'],
  ])("of %s", (_what, text, expected) => {
    expect(echoOf(text)).toBe(expected);
  });

  test("stays indented where the text was", () => {
    expect(echoOf('{\n  "a": 1,\n  "b": 2\n}\n')).toBe('{\n  "a": 1,\n  "b": 2,\n  "hookgate_id":"id-0"\n}\n');
  });

  test("is the same JSON with the id as the last member of each object, for every object and array of objects", () => {
    const object = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("hookgate_id", "a", "__proto__")), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 });
    fc.assert(
      fc.property(fc.oneof(object, fc.array(object, { maxLength: 4 })), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const echoed = JSON.parse(echoOf(text)) as object | object[];
        const expected = Array.isArray(value) ? value.map((one, index) => withId(one, `id-${index}`)) : withId(value, "id-0");
        expect(echoed).toEqual(expected);
        for (const one of [echoed].flat()) expect(Object.keys(one).findLast((key) => !/^\d+$/.test(key))).toBe("hookgate_id");
      }),
    );
  });
});

test("a body of 6 MB of the smallest objects is read in linear time and memory that a process has", () => {
  const text = `[${'{"":0},'.repeat(870_000).slice(0, -1)}]`;
  expect(parsed(text).echoPlaces).toHaveLength(870_000);
  const names = `{${Array.from({ length: 400_000 }, (_, index) => `"${index * 16_384}":0`).join(",")}}`;
  expect(parseJson(names).ok).toBe(true);
});
