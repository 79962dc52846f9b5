import { expect, test } from "vitest";
import { newReference } from "../../src/lib/reference.ts";

test("references are 12 letters that can be read out, all of them in use, and none comes twice", () => {
  const references = Array.from({ length: 10_000 }, newReference);
  for (const reference of references) expect(reference).toMatch(/^[0-9A-HJKMNP-TV-Z]{12}$/);
  expect(new Set(references).size).toBe(10_000);
  for (let place = 0; place < 12; place++) expect(new Set(references.map((reference) => reference[place])).size).toBe(32);
});
