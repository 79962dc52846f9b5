import { afterAll, beforeAll, expect, test } from "vitest";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

test.each(["/%zz", "/applications/%E0%A4%A", "/hooks/%"])("an address that cannot be decoded (%s) is answered 400, and not repeated", async (path) => {
  const response = await fetch(hookgate.url + path);
  const text = await response.text();
  expect(response.status).toBe(400);
  expect(text).not.toContain("%");
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
});
