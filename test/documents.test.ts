import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { SETTINGS } from "../src/config.ts";
import { configurationDocument } from "./support/configuration-document.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const DOCUMENTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

describe("documents", () => {
  test("docs/configuration.md says what the program reads; `npm run configuration` writes it", async () => {
    await expect(configurationDocument()).toMatchFileSnapshot(join(ROOT, "docs/configuration.md"));
  });

  test("every setting that a document names is one of the program", () => {
    const known = new Set<string>(SETTINGS.flatMap(({ name }) => [name, `${name}_FILE`]));
    const named = DOCUMENTS.flatMap((document) => [...read(document).matchAll(/HOOKGATE_(?!TEST_)[A-Z_]*[A-Z]/g)].map(([name]) => name));
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(DOCUMENTS)("every link of %s leads to a file that is there", (document) => {
    const targets = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target).filter((target) => !/^[a-z]+:|^#/.test(target));
    const lost = targets.filter((target) => !existsSync(join(ROOT, dirname(document), target.replace(/#.*$/, ""))));
    expect(lost).toEqual([]);
  });

  // Records tell what was, also when a file has moved since.
  test.each(DOCUMENTS.filter((name) => !name.startsWith("docs/adr/")))("every file that %s names is there", (document) => {
    const files = ["src", "test", "scripts", "bin"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => `/${folder}/${path}`),
    );
    const named = [...read(document).matchAll(/`([a-z0-9.][a-z0-9./-]*\.tsx?)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !existsSync(join(ROOT, path)) && files.every((file) => !file.endsWith(`/${path}`)))).toEqual([]);
  });

  test("every decision record is in the index", () => {
    const index = read("docs/adr/README.md");
    const records = readdirSync(join(ROOT, "docs/adr")).filter((name) => /^\d{4}-/.test(name));
    expect(records.filter((name) => !index.includes(`(${name})`))).toEqual([]);
  });

  test("no word that the glossary rules out is a name in src", () => {
    const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
    expect(files.filter((path) => /(^|[/-])(helpers?|utils?|common|misc|manager?)([-./]|$)/.test(path))).toEqual([]);
  });
});
