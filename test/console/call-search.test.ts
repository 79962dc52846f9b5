import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { endOfDay, startOfDay } from "../../src/brands/day.ts";
import { HOUR } from "../../src/lib/clock.ts";
import { textOf } from "../support/http-browser.ts";
import { rowHrefs } from "../support/lists.ts";
import { addBrand, addCustomers, addRefusedCalls, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

const day = (time: number) => new Date(time).toISOString().slice(0, 10);

let brands = 0;
async function scene() {
  const brandId = await addBrand(hookgate, `Brand ${brands++}`);
  const owner = await addUser(hookgate, { brandId, role: "member", name: "Owner" });
  const colleague = await addUser(hookgate, { brandId, role: "member", name: "Colleague" });
  const webhook = await addWebhook(hookgate, owner, "Sign-ups");
  const browser = await signedIn(hookgate, owner);
  const find = async (query: string, by = browser) => rowHrefs((await by.get(`/calls${query}`)).html, "/calls/").map((href) => href.slice("/calls/".length));
  return { brandId, owner, webhook, browser, colleague: await signedIn(hookgate, colleague), find };
}

describe("searching the call log", () => {
  test("by reference, in any letter case and with blanks around it; a colleague finds nothing", async () => {
    const { webhook, find, browser, colleague } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ reference: "7ZK3M0Q8W2XR" }, { reference: "OTHER" }]);
    for (const q of ["7ZK3M0Q8W2XR", "7zk3m0q8w2xr", "%207ZK3M0Q8W2XR%20"]) expect(await find(`?q=${q}`), q).toEqual([id]);
    expect(browser.page.html).toContain('value="7ZK3M0Q8W2XR"');
    expect(await find("?q=7ZK3M0Q8W2XR", colleague)).toEqual([]);
    expect(textOf(colleague.page.html)).toContain("No call fits this filter.");
  });

  test("by a customer, from the customer's page", async () => {
    const { webhook, find, browser } = await scene();
    const { callId, customerIds } = await addCustomers(hookgate, webhook, [{ firstname: "Ann" }, { firstname: "Ben" }]);
    await addCustomers(hookgate, webhook, [{ firstname: "Cid" }]);
    for (const id of customerIds) {
      expect((await browser.get(`/customers/${id}`)).html).toContain(`/calls?q=${id}`);
      expect(await find(`?q=${id}`)).toEqual([callId]);
    }
  });

  test("by who sent it, by reason, and by all together", async () => {
    const { webhook, find } = await scene();
    const [shop, till] = await addRefusedCalls(hookgate, webhook, [
      { applicationName: "Shop sync", status: 422 },
      { applicationName: "Till 3", status: 400 },
    ]);
    expect(await find("?q=shop")).toEqual([shop]);
    expect(await find("?status=400")).toEqual([till]);
    expect(await find("?q=till&status=400&outcome=refused")).toEqual([till]);
    expect(await find("?q=till&status=422")).toEqual([]);
    expect(await find("?status=999")).toHaveLength(2);
    expect(await find("?status=422%27")).toHaveLength(2);
  });

  test("by days of the brand, and a day that there is not narrows nothing", async () => {
    const { webhook, find, owner } = await scene();
    const [first] = await addRefusedCalls(hookgate, webhook, [{}]);
    hookgate.clock.advance(48 * HOUR);
    const [second] = await addRefusedCalls(hookgate, webhook, [{}]);
    const today = day(hookgate.clock.now());
    const before = day(hookgate.clock.now() - 48 * HOUR);
    const browser = await signedIn(hookgate, owner);
    expect(await find(`?from=${today}`, browser)).toEqual([second]);
    expect(await find(`?to=${before}`, browser)).toEqual([first]);
    expect(await find(`?from=${before}&to=${today}`, browser)).toEqual([second, first]);
    expect(await find(`?from=${today}&to=${before}`, browser)).toEqual([]);
    for (const query of ["?from=2026-02-30", "?from=yesterday", "?to=9999-99-99", "?from=&to="]) expect(await find(query, browser), query).toHaveLength(2);
  });

  test("what was typed is repeated as text, and hostile text finds nothing and breaks nothing", async () => {
    const { webhook, browser } = await scene();
    await addRefusedCalls(hookgate, webhook, [{}]);
    for (const text of [`"><script>alert(1)</script>`, "'; drop table calls --", "%", "_", "\\", "x".repeat(5_000), "\u202e"]) {
      const { status, html } = await browser.get(`/calls?q=${encodeURIComponent(text)}`);
      expect(status).toBe(200);
      expect(html).not.toContain("<script>alert");
      expect(textOf(html)).toContain("No call fits this filter.");
    }
  });
});

describe("a day in a time zone", () => {
  test.each([
    ["2026-11-24", "UTC", "2026-11-24T00:00:00.000Z", 24],
    ["2026-03-29", "Europe/Amsterdam", "2026-03-28T23:00:00.000Z", 23],
    ["2026-10-25", "Europe/Amsterdam", "2026-10-24T22:00:00.000Z", 25],
    ["2026-01-01", "Pacific/Kiritimati", "2025-12-31T10:00:00.000Z", 24],
    // Clocks go forward at midnight: the day begins at one o'clock.
    ["2026-03-29", "Asia/Beirut", "2026-03-28T22:00:00.000Z", 23],
  ])("%s in %s begins at %s and has %i hours", (day, timeZone, start, hours) => {
    const begin = startOfDay(day, timeZone)!;
    expect(new Date(begin).toISOString()).toBe(start);
    expect(endOfDay(day, timeZone)! - begin).toBe(hours * HOUR);
  });

  test.each(["", "2026-13-01", "2026-02-30", "26-01-01", "2026-1-1", "0000-01-01", "2026-01-01T00:00"])("%j is none", (day) => {
    expect(startOfDay(day, "UTC")).toBeUndefined();
    expect(endOfDay(day, "UTC")).toBeUndefined();
  });
});
