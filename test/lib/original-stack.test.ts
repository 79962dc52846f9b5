import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { originalStack } from "../../src/lib/original-stack.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stack-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** The address of a built file whose line 1, column 1 is line 7, column 3 of its source. */
function built(map: string | null): string {
  const path = join(directory, "main.js");
  writeFileSync(path, "fail();\n");
  if (map !== null) writeFileSync(`${path}.map`, map);
  return pathToFileURL(path).href;
}

const MAP = JSON.stringify({ version: 3, sources: ["src/a.ts"], names: [], mappings: "AAME" });
const stackAt = (file: string) => `Error: it failed\n    at fail (${file}:1:1)\n    at node:internal/main:1:2`;

describe("a stack trace", () => {
  test("names the lines of the sources, and leaves what has none", () => {
    const source = pathToFileURL(join(directory, "src/a.ts")).href;
    expect(originalStack(stackAt(built(MAP)))).toBe(`Error: it failed\n    at fail (${source}:7:3)\n    at node:internal/main:1:2`);
  });

  test.each([
    ["without a map", null],
    ["with a map that is no JSON", "{"],
    ["with a map that is none", '{"version":3}'],
    ["with a map of nothing", JSON.stringify({ version: 3, sources: [], names: [], mappings: "" })],
  ])("of a file %s stays as it is", (_, map) => {
    const stack = stackAt(built(map));
    expect(originalStack(stack)).toBe(stack);
  });

  test.each(["", "Error: it failed", "at file:///nowhere/main.js:1:1", "at file://host:x/main.js:1:1", "file:///a.js:1"])("like %j never fails", (stack) => {
    expect(originalStack(stack)).toBe(stack);
  });
});
