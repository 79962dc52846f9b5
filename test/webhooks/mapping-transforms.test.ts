import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FieldCatalogue } from "../../src/customers/field-catalogue.ts";
import { SYSTEM_FIELD_NAMES } from "../../src/customers/customer-fields.ts";
import type { OptionField } from "../../src/customers/option-field.ts";
import {
  applyMapping,
  brokenKey,
  checkMapping,
  compileMapping,
  draftOfMapping,
  objectsOf,
  type DraftLine,
  type MappingDraft,
} from "../../src/webhooks/mapping/field-mapping.ts";
import { parseJson } from "../../src/webhooks/json/json-document.ts";
import { draftOfRows, rowsOf } from "../../src/webhooks/mapping/mapping-form.ts";
import { previewRows } from "../../src/webhooks/mapping/mapping-preview.ts";
import { parseSource, spelledSource } from "../../src/webhooks/mapping/mapping-source.ts";
import { structureOf } from "../../src/webhooks/json/json-structure.ts";
import { checkTransforms, LETTER_CASES, READINGS, transform, type Transforms } from "../../src/webhooks/mapping/transforms.ts";
import type { FieldMapping } from "../../src/webhooks/webhook.ts";
import { MAPPED_PATHS, mappedJson } from "../support/arbitraries.ts";

const OPTION_FIELDS: readonly OptionField[] = [
  { brandId: "b", name: "option.since", label: "Since", kind: "date", choices: [] },
  { brandId: "b", name: "option.vip", label: "VIP", kind: "yes-no", choices: [] },
];
const CATALOGUE = new FieldCatalogue(OPTION_FIELDS);

function documentOf(text: string) {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.document;
}

function mappingOf(draft: MappingDraft): FieldMapping {
  const checked = checkMapping(draft, CATALOGUE);
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  return checked.mapping;
}

function apply(lines: readonly DraftLine[], json: unknown, deduplicateBy: readonly string[] = []) {
  const document = documentOf(JSON.stringify(json));
  const found = objectsOf(document);
  return found.ok ? applyMapping(compileMapping(mappingOf({ fields: lines, deduplicateBy }), null, CATALOGUE), document, found.objects) : found;
}

/** What one line writes of one object. */
function written(line: Omit<DraftLine, "field"> & { readonly field?: string }, json: unknown): unknown {
  const field = line.field ?? "city";
  const result = apply([{ ...line, field }], json);
  if (!result.ok || !("writes" in result)) return result.ok ? undefined : result.problems.map(({ path, rule }) => `${path} ${rule}`).join();
  return (result.writes[0]!.changes as Record<string, unknown>)[field];
}

const errorOf = (line: DraftLine) => {
  const checked = checkMapping({ fields: [line], deduplicateBy: [] }, CATALOGUE);
  return checked.ok ? undefined : checked.errors["line-0"];
};

describe("a source", () => {
  test.each([
    ["email", { path: "$.email" }],
    ["$.first , $.last", { paths: ["$.first", "$.last"], separator: " " }],
    ["$['a, b'], c.d", { paths: ["$['a, b']", "$.c.d"], separator: " " }],
    ["$['a, b']", { path: "$['a, b']" }],
    ["$['it\\'s, so']", { path: "$['it\\'s, so']" }],
    ['"Web shop"', { constant: "Web shop" }],
    [' "a, \\"b\\"" ', { constant: 'a, "b"' }],
  ])("%s is read", (text, source) => {
    expect(parseSource(text)).toEqual({ ok: true, source });
  });

  test.each([
    ["", "Enter the path"],
    [",", "no JSONPath"],
    ["a,,b", "no JSONPath"],
    ["a,", "no JSONPath"],
    ["a, $..b", "several values"],
    ["$['a','b']", "no JSONPath"],
    ["$['a, b", "no JSONPath"],
    [Array.from({ length: 11 }, () => "a").join(), "At most 10 values"],
    ['"a', "double quotes"],
    ['"a" b', "double quotes"],
    ['""', "between the double quotes"],
    [JSON.stringify("x".repeat(1_001)), "Shorten the constant"],
    ["'".repeat(100_000), "Shorten this"],
  ])("%s is refused", (text, problem) => {
    expect(parseSource(text)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) as string });
  });

  test("a separator has a length", () => {
    expect(parseSource("a, b", "")).toMatchObject({ ok: true, source: { separator: "" } });
    expect(parseSource("a, b", "-".repeat(21)).ok).toBe(false);
  });

  test("comes back the same from how it is written, whatever was typed; nothing throws", () => {
    const pieces = fc.constantFrom("$", ".", "[", "]", "'", '"', "\\", ",", ", ", "a", "0", "é", " ", "\ud800", "\n");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces).map((parts) => parts.join("")),
          fc.string().map((text) => JSON.stringify(text)),
        ),
        (text) => {
          const parsed = parseSource(text, "-");
          if (parsed.ok) expect(parseSource(spelledSource(parsed.source), "-")).toEqual(parsed);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe("a step", () => {
  test.each<[Transforms, unknown, unknown]>([
    [{ trim: true }, " \u00a0Ada\n", "Ada"],
    [{ letterCase: "lower" }, "ÅDA", "åda"],
    [{ letterCase: "upper" }, "straße", "STRASSE"],
    [{ trim: true, letterCase: "upper" }, " monthly ", "MONTHLY"],
    [{ defaultValue: "none" }, undefined, "none"],
    [{ defaultValue: "none" }, null, "none"],
    [{ defaultValue: "none" }, "", "none"],
    [{ trim: true, defaultValue: "none" }, "  ", "none"],
    [{ defaultValue: "none" }, " ", " "],
    [{ defaultValue: "None", letterCase: "lower" }, null, "None"],
    [{ trim: true }, null, null],
    [{ trim: true }, undefined, undefined],
    [{ letterCase: "lower" }, true, "true"],
    [{ trim: true }, 1.5, "1.5"],
  ])("%j of %j", (transforms, value, result) => {
    expect(written({ path: "a", transforms }, { a: value })).toBe(result);
  });

  test.each<[Transforms["readAs"], unknown, string]>([
    ["day-month-year", "24-11-2026", "2026-11-24"],
    ["day-month-year", "1/2/2026", "2026-02-01"],
    ["day-month-year", " 24.11.2026 10:30 ", "2026-11-24"],
    ["month-day-year", "11/24/2026", "2026-11-24"],
    ["month-day-year", "2/29/2024, 4PM", "2024-02-29"],
    ["year-month-day", "2026-11-24T23:59:59Z", "2026-11-24"],
    ["year-month-day", "20261124", "2026-11-24"],
    ["year-month-day", 20_261_124, "2026-11-24"],
    ["year-month-day", "2026/1/2", "2026-01-02"],
    ["unix-seconds", 1_795_478_400, "2026-11-24"],
    ["unix-seconds", "-1", "1969-12-31"],
    ["unix-seconds", 1_795_478_400.75, "2026-11-24"],
    ["unix-milliseconds", 1_795_478_400_000, "2026-11-24"],
  ])("reading %s %j gives an ISO date", (readAs, value, date) => {
    expect(written({ path: "a", field: "option.since", transforms: { readAs: readAs! } }, { a: value })).toBe(date);
  });

  test.each<[Transforms["readAs"], unknown]>([
    ["day-month-year", "11-24-2026"],
    ["day-month-year", "31-02-2026"],
    ["day-month-year", "24-11-26"],
    ["day-month-year", "2026-11-24"],
    ["day-month-year", "24-11-2026x"],
    ["month-day-year", "24/11/2026"],
    ["year-month-day", "24-11-2026"],
    ["year-month-day", "0000-01-01"],
    ["year-month-day", "2026112"],
    ["year-month-day", "202611245"],
    ["unix-seconds", "1e9"],
    ["unix-seconds", "9".repeat(15)],
    ["unix-seconds", "tomorrow"],
    ["unix-milliseconds", "-99999999999999"],
    ["yes-no", "maybe"],
    ["yes-no", 2],
  ])("reading %s %j is a broken rule, without the value", (readAs, value) => {
    const problem = written({ path: "a", transforms: { readAs: readAs! } }, { a: value }) as string;
    expect(problem).toMatch(/^\$\.a must be /);
    expect(problem).not.toContain(String(value));
  });

  test("yes and no have words", () => {
    for (const yes of [true, "yes", " Y ", "ON", 1])
      expect(written({ path: "a", field: "option.vip", transforms: { readAs: "yes-no" } }, { a: yes })).toBe("Y");
    for (const no of [false, "No", "n", "off", 0]) expect(written({ path: "a", field: "optin", transforms: { readAs: "yes-no" } }, { a: no })).toBe("N");
  });

  test("text that is very long is not worked on", () => {
    expect(written({ path: "a", transforms: { letterCase: "upper" } }, { a: "ß".repeat(5_000_000) })).toBe("$.a must be at most 10,000 characters long");
    expect(written({ path: "a", transforms: { letterCase: "upper" } }, { a: "ß".repeat(600) })).toBe("$.a must be at most 1,000 characters long");
    expect(written({ path: "a", transforms: { trim: true } }, { a: `${" ".repeat(2_000)}x` })).toBe("x");
  });

  test("is total and pure for any text", () => {
    const any = fc.record(
      {
        trim: fc.constant(true as const),
        letterCase: fc.constantFrom(...LETTER_CASES),
        readAs: fc.constantFrom(...READINGS),
        defaultValue: fc.string({ minLength: 1 }),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[0-9./ -]{0,12}$/), fc.constantFrom(null, undefined));
    fc.assert(
      fc.property(text, any, (value, transforms) => {
        const first = transform(value, transforms);
        expect(transform(value, transforms)).toEqual(first);
        if (first.ok && transforms.readAs && first.value && first.value !== transforms.defaultValue) expect(first.value).toMatch(/^(\d{4}-\d\d-\d\d|Y|N)$/);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("joined values", () => {
  const line = { path: "a, b, c", separator: "-" };

  test("stand in order with the separator between, those that are absent, null or empty left out", () => {
    expect(written(line, { c: 3, a: "x", b: true })).toBe("x-true-3");
    expect(written(line, { a: "x", b: null })).toBe("x");
    expect(written(line, { b: "", c: "y" })).toBe("y");
    expect(written({ ...line, separator: "" }, { a: "x", c: "y" })).toBe("xy");
  });

  test("leave the field as it is when none is there, and clear it when one is null or empty", () => {
    expect(written(line, {})).toBeUndefined();
    expect(written(line, { a: null })).toBeNull();
    expect(written({ ...line, transforms: { defaultValue: "none" } }, { a: null })).toBe("none");
  });

  test("break rules at the place of the value, or at the first when it is the whole that breaks it", () => {
    expect(written(line, { a: "x", b: {} })).toBe("$.b must be a single value, not an object or an array");
    expect(written(line, { b: "x".repeat(600), c: "y".repeat(600) })).toBe("$.a must be at most 1,000 characters long");
  });

  test("as keys, are named each when they are missing in the store's view", () => {
    const mapping = compileMapping(mappingOf({ fields: [{ path: "a, b", field: "city" }], deduplicateBy: ["city"] }), "set", CATALOGUE);
    expect(brokenKey(mapping, documentOf("[{}]"), { index: 0, reason: "key-taken", fields: ["city"] }).map(({ path }) => path)).toEqual(["$[0].a", "$[0].b"]);
    expect(apply([{ path: "a, b", field: "city" }], { a: " " }, ["city"])).toMatchObject({ ok: false, problems: [{ path: "$.a" }] });
  });
});

describe("a constant", () => {
  test("goes to every customer, after its steps", () => {
    expect(written({ path: '"Web shop"' }, {})).toBe("Web shop");
    expect(written({ path: '"woman"', field: "gender", transforms: { letterCase: "upper" } }, {})).toBe("WOMAN");
  });
});

describe("a line is refused when it is saved", () => {
  test.each<[string, DraftLine, string]>([
    ["a constant that the field does not take", { path: '"maybe"', field: "optin" }, "The constant must be one of Y, N."],
    [
      "a constant that cannot be read",
      { path: '"soon"', field: "option.since", transforms: { readAs: "year-month-day" } },
      "The constant must be a date such as 2026-11-24.",
    ],
    ["half of a surrogate pair", { path: '"\\ud800"', field: "city" }, "The constant must not hold a NUL character or half of a surrogate pair."],
    [
      "a default that the field does not take",
      { path: "a", field: "gender", transforms: { defaultValue: "man" } },
      "The default must be one of MAN, WOMAN, FAMILY, NONBINARY, UNKNOWN.",
    ],
    [
      "a default that is too long",
      { path: "a", field: "city", transforms: { defaultValue: "x".repeat(1_001) } },
      "The default must be at most 1,000 characters long.",
    ],
    ["a letter case that there is not", { path: "a", field: "city", transforms: { letterCase: "__proto__" } }, "There is no letter case __proto__."],
    ["a reading that there is not", { path: "a", field: "city", transforms: { readAs: "constructor" } }, "Values cannot be read as constructor."],
  ])("%s", (_what, line, error) => {
    expect(errorOf(line)).toBe(error);
  });

  test("no step at all is stored as none, so that a plain line stays what it was in older programs", () => {
    expect(checkTransforms({ trim: false, letterCase: "", readAs: "", defaultValue: "" })).toBeUndefined();
    expect(mappingOf({ fields: [{ path: "a", field: "city", transforms: {} }], deduplicateBy: [] }).fields).toEqual([{ path: "$.a", field: "city" }]);
  });
});

/** Lines of every kind to different fields. */
const anyLines: fc.Arbitrary<readonly DraftLine[]> = fc
  .array(
    fc.record({
      path: fc.oneof(
        fc.constantFrom(...MAPPED_PATHS),
        fc.uniqueArray(fc.constantFrom(...MAPPED_PATHS), { minLength: 2, maxLength: 4 }).map((paths) => paths.join(", ")),
        fc.string({ minLength: 1, maxLength: 5 }).map((text) => JSON.stringify(text)),
      ),
      separator: fc.string({ maxLength: 2 }),
      transforms: fc.record(
        {
          trim: fc.boolean(),
          letterCase: fc.constantFrom("", ...LETTER_CASES),
          readAs: fc.constantFrom("", ...READINGS),
          defaultValue: fc.string({ maxLength: 3 }),
        },
        { requiredKeys: [] },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((lines) => lines.map((line, index) => ({ ...line, field: SYSTEM_FIELD_NAMES[index]! })));

test("a mapping with steps is total and pure, and comes back the same from its stored text and from its form", () => {
  fc.assert(
    fc.property(anyLines, mappedJson, (lines, json) => {
      const checked = checkMapping({ fields: lines, deduplicateBy: [] }, CATALOGUE);
      if (!checked.ok) return;
      const stored = JSON.parse(JSON.stringify(checked.mapping)) as FieldMapping;
      expect(checkMapping(draftOfMapping(stored), CATALOGUE)).toEqual(checked);
      const document = documentOf(JSON.stringify(json));
      const again = checkMapping(draftOfRows(rowsOf(structureOf(document), stored, CATALOGUE)), CATALOGUE);
      expect(again.ok && again.mapping.fields.toSorted(byField)).toEqual(stored.fields.toSorted(byField));
      const found = objectsOf(document);
      if (!found.ok) return;
      const mapping = compileMapping(stored, null, CATALOGUE);
      expect(applyMapping(mapping, document, found.objects)).toEqual(applyMapping(mapping, document, found.objects));
    }),
    { numRuns: 1_000 },
  );
});

const byField = (a: { readonly field: string }, b: { readonly field: string }) => (a.field < b.field ? -1 : 1);

test("the preview says what a call writes: each value of the first object, and whether the call is refused", () => {
  fc.assert(
    fc.property(anyLines, mappedJson, (lines, json) => {
      const checked = checkMapping({ fields: lines, deduplicateBy: [] }, CATALOGUE);
      const document = documentOf(JSON.stringify(json));
      const found = objectsOf(document);
      if (!checked.ok || !found.ok) return;
      const rows = rowsOf(structureOf(document), checked.mapping, CATALOGUE);
      const preview = previewRows(rows, {}, CATALOGUE, { document, unmasked: document })!;
      const call = applyMapping(compileMapping(checked.mapping, null, CATALOGUE), document, found.objects);
      expect(preview.isRefused).toBe(!call.ok);
      if (!call.ok) return;
      const first: Readonly<Record<string, unknown>> = call.writes[0]?.changes ?? {};
      for (const [index, shown] of preview.rows) expect(shown).toEqual({ kind: "value", value: first[rows[index]!.field] });
    }),
    { numRuns: 1_000 },
  );
});
