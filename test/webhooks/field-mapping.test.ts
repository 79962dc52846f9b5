import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SYSTEM_FIELD_NAMES } from "../../src/customers/customer-fields.ts";
import { FieldCatalogue } from "../../src/customers/field-catalogue.ts";
import { applyMapping, checkMapping as check, compileMapping, MAX_OBJECTS, objectsOf, type MappingDraft } from "../../src/webhooks/mapping/field-mapping.ts";
import { parseJson } from "../../src/webhooks/json/json-document.ts";
import { parsePath, pathOf, valueAt } from "../../src/webhooks/json/json-path.ts";
import { structureOf } from "../../src/webhooks/json/json-structure.ts";
import { MAPPED_PATHS, mappedJson } from "../support/arbitraries.ts";

function documentOf(json: unknown) {
  const parsed = parseJson(typeof json === "string" ? json : JSON.stringify(json));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

function draft(fields: Record<string, string>, ...deduplicateBy: string[]): MappingDraft {
  return { fields: Object.entries(fields).map(([path, field]) => ({ path, field })), deduplicateBy };
}

const NO_OPTION_FIELDS = new FieldCatalogue([]);

const checkMapping = (mapping: MappingDraft, catalogue = NO_OPTION_FIELDS) => check(mapping, catalogue);

function apply(mapping: MappingDraft, json: unknown, catalogue = NO_OPTION_FIELDS) {
  const checked = checkMapping(mapping, catalogue);
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  const document = documentOf(json);
  const found = objectsOf(document);
  if (!found.ok) return found;
  const result = applyMapping(compileMapping(checked.mapping, "set-1", catalogue), document, found.objects);
  return result.ok ? result : { ok: result.ok, problems: result.problems.map(({ path, rule }) => ({ path, rule })) };
}

describe("a path", () => {
  test.each([
    ["email", "$.email"],
    [" email ", "$.email"],
    ["address.city", "$.address.city"],
    ["first-name", "$['first-name']"],
    ["first name", "$['first name']"],
    ["$.email", "$.email"],
    ["$['email']", "$.email"],
    ['$["email"]', "$.email"],
    ["$.orders[0].sku", "$.orders[0].sku"],
    ["$.orders[-1]", "$.orders[-1]"],
    ["$['it\\'s']", "$['it\\'s']"],
    ["$['a\\u0062c']", "$.abc"],
    ["$.naïve", "$['naïve']"],
    ["$['😀']", "$['😀']"],
    ["$.__proto__", "$.__proto__"],
  ])("%s is spelled %s", (text, path) => {
    expect(parsePath(text)).toMatchObject({ ok: true, path });
  });

  test.each([["$.a[*]"], ["$..a"], ["$.a[?@.b]"], ["$.a[1:2]"], ["$['a','b']"], ["$.*"]])(
    "%s is refused: it can find several values (RFC 9535 section 2.3.5.1)",
    (text) => {
      expect(parsePath(text)).toMatchObject({ ok: false, problem: expect.stringContaining("several values") as string });
    },
  );

  test.each([
    [""],
    ["  "],
    ["$"],
    ["$."],
    ["a..b"],
    [".a"],
    ["a."],
    ["$.a b"],
    ["$[01]"],
    ["$[99999999999999999999]"],
    ["$['a"],
    ["[0]"],
    ["*"],
    ["x".repeat(501)],
  ])("%j is refused", (text) => {
    expect(parsePath(text).ok).toBe(false);
  });

  test("has one spelling: whatever names lead to a value, the spelling leads there again", () => {
    const step = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 8 }),
      fc.constantFrom("'", "\\", "\n", "\b", "$", "a.b", "[0]", "\u2028"),
      fc.integer({ min: -5, max: -1 }),
      fc.nat(5),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        // What no path can hold: half of a surrogate pair, and control characters without a short escape.
        fc.pre(steps.every((one) => typeof one === "number" || (one.isWellFormed() && !/[^\P{Cc}\b\t\n\f\r\u007f-\u009f]/u.test(one))));
        const path = pathOf(steps);
        expect(parsePath(path)).toEqual({ ok: true, path, steps });
      }),
    );
  });

  test("is read the same from its stored spelling, whatever was typed; nothing throws", () => {
    const pieces = fc.constantFrom(
      "$",
      ".",
      "[",
      "]",
      "'",
      '"',
      "\\",
      "*",
      "?",
      "@",
      "0",
      "-1",
      "a",
      "é",
      "u",
      "\\ud800",
      "\\u0001",
      "\\n",
      "\ud800",
      "\u0001",
      "\n",
      "\u007f",
      " ",
      ":",
      ",",
    );
    const quoted = fc.array(pieces).map((parts) => `$['${parts.join("")}']`);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces).map((parts) => parts.join("")),
          quoted,
        ),
        (text) => {
          const typed = parsePath(text);
          if (typed.ok) {
            expect(typed.path.isWellFormed()).toBe(true);
            expect(parsePath(typed.path)).toEqual(typed);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe("a mapping that is checked", () => {
  test("is spelled in one way, its keys once each", () => {
    expect(checkMapping(draft({ email: "emailaddress", "$['firstname']": "firstname" }, "emailaddress", "emailaddress"))).toEqual({
      ok: true,
      mapping: {
        fields: [
          { path: "$.email", field: "emailaddress" },
          { path: "$.firstname", field: "firstname" },
        ],
        deduplicateBy: ["emailaddress"],
      },
    });
  });

  test("may send one value to two fields, but not two values to one field", () => {
    expect(
      checkMapping({
        fields: [
          { path: "email", field: "emailaddress" },
          { path: "email", field: "username" },
        ],
        deduplicateBy: [],
      }).ok,
    ).toBe(true);
    expect(checkMapping(draft({ email: "emailaddress", mail: "emailaddress" }))).toEqual({
      ok: false,
      errors: { "line-1": "E-mail address is mapped already, from $.email. A field takes one value." },
    });
  });

  test("must map something, to fields that there are, and deduplicate by mapped ones only", () => {
    expect(checkMapping(draft({}))).toEqual({ ok: false, errors: { mapping: "Map at least one value to a customer field." } });
    expect(checkMapping(draft({ email: "nothing" }))).toEqual({ ok: false, errors: { "line-0": "There is no customer field nothing." } });
    expect(checkMapping(draft({ email: "__proto__" })).ok).toBe(false);
    expect(checkMapping(draft({ email: "emailaddress" }, "externalid"))).toEqual({
      ok: false,
      errors: { mapping: "Customers can be found by Customer number only when a value is mapped to it." },
    });
  });

  test("tells every wrong line at once", () => {
    const checked = checkMapping(draft({ "$..a": "firstname", email: "emailaddress", "$[": "city" }));
    expect(!checked.ok && Object.keys(checked.errors)).toEqual(["line-0", "line-2"]);
  });
});

describe("a mapping that is applied", () => {
  test("takes text as it is, a number by its source text, true and false as words, and null as clearing", () => {
    const mapping = draft({ a: "firstname", b: "externalid", c: "jobtitle", d: "city", e: "lastname" });
    expect(apply(mapping, '{"a":" Ada ","b":12345678901234567890,"c":true,"d":null}')).toEqual({
      ok: true,
      writes: [{ changes: { firstname: " Ada ", externalid: "12345678901234567890", jobtitle: "true", city: null }, deduplicateBy: "set-1" }],
    });
  });

  test("gives one write for each object of an array, in order", () => {
    const result = apply(draft({ "$.who.email": "emailaddress" }), [{ who: { email: "a@x" } }, {}, { who: { email: "b@x" } }]);
    expect(result.ok && "writes" in result && result.writes.map(({ changes }) => changes)).toEqual([{ emailaddress: "a@x" }, {}, { emailaddress: "b@x" }]);
  });

  test.each([
    ["an object", { gender: { is: "MAN" } }, "must be a single value, not an object or an array"],
    ["an array", { gender: ["MAN"] }, "must be a single value, not an object or an array"],
    ["a value that the field does not know", { gender: "man" }, "must be one of MAN, WOMAN, FAMILY, NONBINARY, UNKNOWN"],
    ["true for a field with choices", { gender: true }, "must be one of MAN, WOMAN, FAMILY, NONBINARY, UNKNOWN"],
    ["the empty text for a field with choices", { gender: "" }, "must be one of MAN, WOMAN, FAMILY, NONBINARY, UNKNOWN"],
  ])("refuses %s with the rule, never the value", (_what, json, rule) => {
    expect(apply(draft({ gender: "gender" }), json)).toEqual({ ok: false, problems: [{ path: "$.gender", rule }] });
  });

  test.each([
    ["a NUL character", String.raw`"a\u0000b"`],
    ["half of a surrogate pair", String.raw`"a\ud800"`],
    ["more than 1,000 characters", JSON.stringify("x".repeat(1_001))],
  ])("refuses text with %s, which no store keeps as it is", (_what, literal) => {
    expect(apply(draft({ a: "firstname" }), `{"a":${literal}}`)).toMatchObject({ ok: false, problems: [{ path: "$.a" }] });
  });

  test.each([["absent"], ["null"], ['""'], ['" \\n\\u00a0"']])("refuses an object whose key value is %s", (value) => {
    const body = value === "absent" ? '{"name":"Ada"}' : `{"email":${value}}`;
    expect(apply(draft({ email: "emailaddress" }, "emailaddress"), body)).toEqual({
      ok: false,
      problems: [{ path: "$.email", rule: "must be there and not be empty, because customers are found by it" }],
    });
  });

  test("names the element of an array, and at most 20 problems", () => {
    expect(apply(draft({ optin: "optin" }), [{ optin: "Y" }, { optin: "x" }])).toEqual({
      ok: false,
      problems: [{ path: "$[1].optin", rule: "must be one of Y, N" }],
    });
    const result = apply(
      draft({ optin: "optin" }),
      Array.from({ length: 50 }, () => ({ optin: "x" })),
    );
    expect(!result.ok && result.problems.length).toBe(20);
  });

  test("takes objects only, and at most 10,000 of them", () => {
    expect(apply(draft({ a: "city" }), [{}, 1, {}, null])).toEqual({
      ok: false,
      problems: [
        { path: "$[1]", rule: "must be an object" },
        { path: "$[3]", rule: "must be an object" },
      ],
    });
    for (const scalar of ["1", '"text"', "true", "null"]) expect(apply(draft({ a: "city" }), scalar)).toMatchObject({ ok: false, problems: [{ path: "$" }] });
    expect(apply(draft({ a: "city" }), []).ok).toBe(true);
    expect(
      apply(
        draft({ a: "city" }),
        Array.from({ length: MAX_OBJECTS }, () => ({})),
      ).ok,
    ).toBe(true);
    expect(
      apply(
        draft({ a: "city" }),
        Array.from({ length: MAX_OBJECTS + 1 }, () => ({})),
      ).ok,
    ).toBe(false);
  });

  test("walks own members and elements only: names of JavaScript's own objects find nothing", () => {
    for (const path of ["$.constructor", "$.__proto__", "$.length", "$.size", "$.a.length", "$.list.length", "$.list['0']", "$.map[0]"]) {
      expect(apply(draft({ [path]: "city" }), { a: "text", list: ["x"], map: { 0: "x" } })).toMatchObject({ ok: true, writes: [{ changes: {} }] });
    }
    expect(apply(draft({ "$.list[-1]": "city" }), { list: ["x", "y"] })).toMatchObject({ ok: true, writes: [{ changes: { city: "y" } }] });
  });

  test("is total and pure: any JSON gives writes or problems, the same each time, and changes nothing", () => {
    const mapping = { fields: MAPPED_PATHS.map((path, index) => ({ path, field: SYSTEM_FIELD_NAMES[index]! })), deduplicateBy: [] };
    fc.assert(
      fc.property(mappedJson, (value) => {
        const text = JSON.stringify(value);
        const first = apply(mapping, text);
        expect(apply(mapping, text)).toEqual(first);
        if (!first.ok) expect(first.problems.length).toBeGreaterThan(0);
        else expect("writes" in first && first.writes.length).toBe(Array.isArray(value) ? value.length : 1);
      }),
    );
  });
});

describe("the structure of a body", () => {
  test("lists each place once, all objects of an array laid over each other", () => {
    const { lines, cut } = structureOf(documentOf('[{"a":null,"n":{"b":1.50}},{"a":"x","c":true},{"a":2}]'));
    expect(cut).toBe(false);
    expect(lines).toEqual([
      { path: "$.a", name: "a", type: "empty or text or number", example: "x" },
      { path: "$.n.b", name: "b", type: "number", example: "1.50" },
      { path: "$.c", name: "c", type: "yes/no", example: "true" },
    ]);
  });

  test("shows the first elements of inner lists, and says that it left some out", () => {
    const { lines, cut } = structureOf(documentOf({ list: [1, 2, 3, 4, 5], empty: [], none: {} }));
    expect(lines.map(({ path }) => path)).toEqual(["$.list[0]", "$.list[1]", "$.list[2]"]);
    expect(cut).toBe(true);
  });

  test("is bounded: many places, long names, long values, names that no path can hold", () => {
    expect(structureOf(documentOf(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, 1])))).lines.length).toBe(200);
    expect(structureOf(documentOf({ ["n".repeat(600)]: 1 }))).toEqual({ lines: [], cut: true });
    expect(structureOf(documentOf(String.raw`{"\ud800":1}`))).toEqual({ lines: [], cut: true });
    expect(structureOf(documentOf({ a: "😀".repeat(100) })).lines[0]!.example.isWellFormed()).toBe(true);
    expect(structureOf(documentOf({ a: `${"x".repeat(59)}😀y` })).lines[0]!.example).toBe(`${"x".repeat(59)}…`);
    for (const scalar of ["1", "null", "[1,2]"]) expect(structureOf(documentOf(scalar)).lines).toEqual([]);
  });

  test("gives paths that find the values that it shows", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }), (value) => {
        const document = documentOf(value);
        for (const { path } of structureOf(document).lines) {
          const checked = parsePath(path);
          expect(checked).toMatchObject({ ok: true, path });
          if (checked.ok && document.value instanceof Map) expect(valueAt(document.value, checked.steps)).not.toBeUndefined();
        }
      }),
    );
  });
});
