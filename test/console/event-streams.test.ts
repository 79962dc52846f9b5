import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { changes, type Look } from "../../src/web/event-streams.ts";

/** All that a stream says until it has looked so many times. */
async function textOf(look: Look, looks: number, seen = "a"): Promise<string[]> {
  let left = looks;
  const texts = [];
  for await (const text of changes(seen, look, async () => --left > 0)) texts.push(text);
  return texts;
}

test("a change is told once, with its mark as the id, and what was seen already is not told", async () => {
  const marks = ["a", "a", "b", "b", "a"];
  expect(await textOf(async () => marks.shift(), 5)).toEqual([
    "retry: 1000\n\n",
    "id: b\nevent: change\ndata: changed\n\n",
    "id: a\nevent: change\ndata: changed\n\n",
  ]);
});

test("a stream without news says from time to time that it lives", async () => {
  expect(await textOf(async () => "a", 14)).toEqual(["retry: 1000\n\n"]);
  expect(await textOf(async () => "a", 31)).toEqual(["retry: 1000\n\n", ":\n\n", ":\n\n"]);
});

test("whoever may look no more is told so, and the stream ends", async () => {
  const marks = ["a", null, "b"];
  expect(await textOf(async () => marks.shift(), 10)).toEqual(["retry: 1000\n\n", "event: end\ndata: signed out\n\n"]);
});

test("while nobody can tell, nothing is told, and the stream goes on", async () => {
  const marks = [undefined, undefined, "b"];
  expect(await textOf(async () => marks.shift(), 3)).toEqual(["retry: 1000\n\n", "id: b\nevent: change\ndata: changed\n\n"]);
});

test("for a reader who takes nothing, nobody looks any further", async () => {
  let looks = 0;
  const stream = Readable.from(
    changes(
      "",
      async () => String(++looks),
      async () => true,
    ),
    { highWaterMark: 1 },
  );
  stream.once("data", () => stream.pause());
  await new Promise((resolve) => setImmediate(resolve));
  const looked = looks;
  for (let turn = 0; turn < 1_000; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(looks).toBe(looked);
  expect(looks).toBeLessThan(5);
  stream.destroy();
});
