/** docs/protocol.md says which test holds each rule; here it is held against the tests. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const ID = /\b(?:6749|6750|7636|8252|8414|7009|7662|9701|9207|9700|21)-\d\d\b/g;

interface Rule {
  readonly id: string;
  readonly cells: readonly string[];
}

const rules: readonly Rule[] = readFileSync(join(ROOT, "docs/protocol.md"), "utf8")
  .split("\n")
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter(([id = ""]) => id.replace(ID, "") === "" && id !== "")
  .map(([id = "", ...cells]) => ({ id, cells }));

/** The ids that a file of tests carries in the names of its tests: in its texts, and not in what it says about itself. */
function idsOfTests(path: string): ReadonlySet<string> {
  const texts = readFileSync(path, "utf8")
    .replaceAll(/^ *(?:\/\/|\/?\*).*$/gm, "")
    .match(/"(?:[^"\\\n]|\\.)*"/g);
  return new Set((texts ?? []).flatMap((text) => text.match(ID) ?? []));
}

const testFiles = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".test.ts") && !path.endsWith("protocol-document.test.ts"),
);

test("every rule stands once, with its section and a test that carries its id, or with the reason why it does not apply", () => {
  expect(rules.length).toBeGreaterThan(70);
  expect(rules.filter(({ id }, index) => rules.findIndex((rule) => rule.id === id) !== index)).toEqual([]);
  for (const { id, cells } of rules) {
    const [section = "", behaviour = "", file] = cells;
    if (cells.length === 1) {
      expect(section.length, id).toBeGreaterThan(20);
      continue;
    }
    expect([id, section, behaviour.length > 10]).toEqual([id, expect.stringMatching(/\d|^B$/), true]);
    expect([id, idsOfTests(join(ROOT, `test/protocol/${file}.test.ts`)).has(id)]).toEqual([id, true]);
  }
});

/** Ids are given in runs, by RFC; none is ever given up. */
const RUNS: Readonly<Record<string, readonly (readonly [first: number, last: number])[]>> = {
  "6749": [
    [1, 15],
    [20, 40],
    [50, 52],
  ],
  "6750": [[1, 9]],
  "7636": [[1, 8]],
  "8252": [[1, 7]],
  "8414": [[1, 5]],
  "7009": [[1, 8]],
  "7662": [[1, 7]],
  "9701": [[1, 1]],
  "9207": [[1, 2]],
  "9700": [[1, 19]],
  "21": [[1, 9]],
};

test("every id of the runs is in the document", () => {
  const ids = Object.entries(RUNS).flatMap(([rfc, runs]) =>
    runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => `${rfc}-${String(first + index).padStart(2, "0")}`)),
  );
  expect(rules.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});

test("only what nobody can test here does not apply", () => {
  expect(rules.filter(({ cells }) => cells.length === 1).map(({ id }) => id)).toEqual(["8252-03", "9700-18", "9701-01"]);
});

test("no test carries the id of a rule that is not in the document", () => {
  const known = new Set(rules.map(({ id }) => id));
  const unknown = testFiles.flatMap((path) => [...idsOfTests(join(ROOT, "test", path))].filter((id) => !known.has(id)).map((id) => `${path}: ${id}`));
  expect(unknown).toEqual([]);
});
