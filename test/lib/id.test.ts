import { expect, test } from "vitest";
import { isId, lowestIdAt, newRandomId, newTimeOrderedId, timeOfId } from "../../src/lib/id.ts";

test("time-ordered ids are UUIDs of version 7 (RFC 9562 section 5.7) that carry their millisecond", () => {
  const now = Date.UTC(2050, 0, 1);
  const id = newTimeOrderedId(now);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(now);
});

test("time-ordered ids rise strictly, also within a millisecond, past the counter's end, and when the clock steps back", () => {
  const now = Date.UTC(2051, 0, 1);
  const ids = [];
  for (let i = 0; i < 10_000; i++) ids.push(newTimeOrderedId(now));
  for (let i = 0; i < 100; i++) ids.push(newTimeOrderedId(now - 60_000));
  ids.push(newTimeOrderedId(now + 10_000));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test("the time of an id is when it was made, also of the lowest one of a moment", () => {
  const now = Date.UTC(2061, 5, 1);
  expect(timeOfId(newTimeOrderedId(now))).toBe(now);
  expect(timeOfId(lowestIdAt(now))).toBe(now);
});

test("isId takes our ids and nothing else", () => {
  expect(isId(newRandomId())).toBe(true);
  expect(isId(newTimeOrderedId(1))).toBe(true);
  for (const text of ["", "x", newRandomId().toUpperCase(), `${newRandomId()} `, `${newRandomId()}\n`, "../../etc/passwd"]) expect(isId(text)).toBe(false);
});
