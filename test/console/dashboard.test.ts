import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callQuotaOf, CALLS_A_DAY } from "../../src/brands/call-quota.ts";
import type { User } from "../../src/identity/user.ts";
import { DAY, HOUR } from "../../src/lib/clock.ts";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import { usageState } from "../../src/webhooks/call-usage.ts";
import type { Call } from "../../src/webhooks/calls/call.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { rowHrefs } from "../support/lists.ts";
import { addBrand, addCustomers, addRefusedCalls, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

interface Scene {
  readonly brandId: string;
  readonly admin: User;
  readonly browser: HttpBrowser;
  readonly webhook: Webhook;
}

let brands = 0;
/** A brand whose only call is as old as said. */
async function scene(hoursAgo = 0): Promise<Scene> {
  const brandId = await addBrand(hookgate, `Dashboard ${brands++}`);
  const admin = await addUser(hookgate, { brandId, role: "admin", name: "Admin" });
  const webhook = await addWebhook(hookgate, admin, "Orders");
  const at = { url: hookgate.url, store: hookgate.store, clock: { now: () => hookgate.clock.now() - hoursAgo * HOUR } };
  await addCustomers(at, webhook, [{ firstname: "Ada" }]);
  return { brandId, admin, webhook, browser: await signedIn(hookgate, admin) };
}

/** Samples of the webhook, one for each of the ages in hours. */
async function addSamples(webhook: Webhook, hoursAgo: readonly number[]): Promise<void> {
  await hookgate.store.calls.commitCalls(
    hoursAgo.map((hours) => {
      const receivedAt = hookgate.clock.now() - hours * HOUR;
      return { writes: null, call: { ...CALL, id: newTimeOrderedId(receivedAt), brandId: webhook.brandId, webhookId: webhook.id, receivedAt } };
    }),
  );
}

const refused = (status: number, count: number): readonly Partial<Call>[] => Array.from({ length: count }, () => ({ status }));

const CALL = { duration: 4, reference: "reference", authenticated: true, clientId: null, applicationName: null, headers: "", body: "{}" } as const;

/** The rows of a table, each as the texts of its cells. */
function rowsOf(html: string, caption: string): readonly (readonly string[])[] {
  const table = new RegExp(`<table[^>]*><caption[^>]*>${caption}</caption>[\\s\\S]*?</table>`).exec(html)?.[0] ?? "";
  const body = table.slice(table.indexOf("<tbody"));
  return [...body.matchAll(/<tr[\s\S]*?<\/tr>/g)].map(([row]) => [...row.matchAll(/<t[hd][\s\S]*?<\/t[hd]>/g)].map(([cell]) => textOf(cell)));
}

/** What stands under each of the big numbers. */
function numbersOf(html: string): Readonly<Record<string, string>> {
  const list = /<dl class="numbers">[\s\S]*?<\/dl>/.exec(html)?.[0] ?? "";
  return Object.fromEntries([...list.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].map(([, name = "", value = ""]) => [name, value]));
}

const barTitles = (html: string) => [...html.matchAll(/<g><title>(.*?)<\/title>/g)].map(([, title]) => title!);

describe("the calls of the dashboard", () => {
  test("are there once a call has made a customer, and not before", async () => {
    const brandId = await addBrand(hookgate, `Dashboard ${brands++}`);
    const admin = await addUser(hookgate, { brandId, role: "admin", name: "Admin" });
    const browser = await signedIn(hookgate, admin);
    const webhook = await addWebhook(hookgate, admin, "Orders");
    await addSamples(webhook, [0]);
    expect((await browser.get("/")).html).not.toContain('<svg class="chart"');
    await addCustomers(hookgate, webhook, [{ firstname: "Ada" }]);
    expect((await browser.get("/")).html).toContain('<svg class="chart"');
  });

  test("of no call at all say so, and draw nothing", async () => {
    const { browser } = await scene(200);
    for (const path of ["/", "/?range=7d"]) {
      const { html } = await browser.get(path);
      expect(numbersOf(html)).toEqual({ Calls: "0", Refused: "0", "Half decided within": "–", "95 % decided within": "–" });
      expect(textOf(html)).toContain("No call came in.");
      expect(html).not.toContain('<svg class="chart"');
    }
  });

  test("of one, of three and of five hundred are all counted: in the numbers, in the chart and in its table", async () => {
    const { browser, webhook } = await scene();
    const look = async () => (await browser.get("/")).html;
    expect(numbersOf(await look())).toEqual({ Calls: "1", Refused: "0", "Half decided within": "3 ms", "95 % decided within": "3 ms" });
    await addRefusedCalls(hookgate, webhook, [{ status: 401 }, { status: 422 }]);
    expect(numbersOf(await look())).toMatchObject({ Calls: "3", Refused: "2 (67 %)" });
    await addSamples(
      webhook,
      Array.from({ length: 497 }, (_, index) => index % 5),
    );
    const html = await look();
    expect(numbersOf(html)).toEqual({ Calls: "500", Refused: "2 (under 1 %)", "Half decided within": "5 ms", "95 % decided within": "5 ms" });
    expect(barTitles(html)).toHaveLength(24);
    expect(barTitles(html).slice(-3)).toEqual([
      "Tue 24 Nov, 10:00: 99 sample",
      "Tue 24 Nov, 11:00: 100 sample",
      "Tue 24 Nov, 12:00: 1 accepted, 100 sample, 2 refused",
    ]);
    expect(rowsOf(html, "Calls by hour").slice(0, 2)).toEqual([
      ["Tue 24 Nov, 12:00", "1", "0", "100", "2", "5 ms", "5 ms"],
      ["Tue 24 Nov, 11:00", "0", "0", "100", "0", "5 ms", "5 ms"],
    ]);
    expect(rowsOf(html, "Calls by hour")).toHaveLength(5);
  });

  test("go back 24 hours or seven days, by an address each", async () => {
    const { browser, webhook } = await scene();
    await addSamples(webhook, [23, 24, 167, 168]);
    const day = (await browser.get("/?range=24h")).html;
    const week = (await browser.get("/?range=7d")).html;
    expect([numbersOf(day)["Calls"], numbersOf(week)["Calls"]]).toEqual(["2", "4"]);
    expect([barTitles(day).length, barTitles(week).length]).toEqual([24, 168]);
    expect(week).toMatch(/<a href="\/\?range=7d" aria-current="true">/);
    expect((await browser.get("/?range=forever")).html).toMatch(/<a href="\/\?range=24h" aria-current="true">/);
  });

  test("are told by the clocks of the brand's time zone, also where it has half hours and where nobody knows it", async () => {
    const { brandId, browser } = await scene();
    for (const [timeZone, hour] of [
      ["Europe/Amsterdam", "Tue 24 Nov, 13:00"],
      ["Asia/Kolkata", "Tue 24 Nov, 17:30"],
      ["Pacific/Kiritimati", "Wed 25 Nov, 02:00"],
      ["Mars/Olympus", "Tue 24 Nov, 12:00"],
    ] as const) {
      await hookgate.store.brands.updateBrand(brandId, { name: `Zone ${brandId}`, timeZone });
      const { html, status } = await browser.get("/");
      expect(status).toBe(200);
      expect(rowsOf(html, "Calls by hour")[0]?.[0]).toBe(hour);
      expect((await browser.get("/webhooks")).status).toBe(200);
    }
  });

  test("need no script and no style of their own", async () => {
    const { browser } = await scene();
    const { html, headers } = await browser.get("/?range=7d");
    expect(html).not.toMatch(/ style=|<style|<script(?! type="module" src=)/);
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
  });

  test("are for a member those of their own webhooks, and of another brand nobody's", async () => {
    const { brandId, browser, webhook } = await scene();
    await addSamples(webhook, [0, 0]);
    const member = await addUser(hookgate, { brandId, role: "member", name: "Member" });
    const own = await addWebhook(hookgate, member, "Own");
    await addCustomers(hookgate, own, [{ firstname: "Bob" }]);
    const memberBrowser = await signedIn(hookgate, member);
    await addRefusedCalls(hookgate, webhook, [{ status: 401 }]);
    const forMember = (await memberBrowser.get("/")).html;
    expect(numbersOf(forMember)).toMatchObject({ Calls: "1", Refused: "0" });
    expect(rowsOf(forMember, "Newest refused calls")).toEqual([]);
    expect(numbersOf((await browser.get("/")).html)).toMatchObject({ Calls: "5", Refused: "1 (20 %)" });
    expect(numbersOf((await (await scene()).browser.get("/")).html)).toMatchObject({ Calls: "1" });
  });
});

describe("refused calls", () => {
  test("stand by reason, the most frequent first, and each reason leads to the log with just these", async () => {
    const { browser, webhook } = await scene();
    await addRefusedCalls(hookgate, webhook, [...refused(422, 2), ...refused(401, 60), ...refused(418, 1)]);
    const { html } = await browser.get("/");
    expect(rowsOf(html, "Refused calls by reason").map((row) => row.slice(0, 3))).toEqual([
      ["Caller not authenticated", "401", "60"],
      ["Body breaks a rule", "422", "2"],
      ["Another reason", "418", "1"],
    ]);
    const [first, second] = rowHrefs(html, "/calls?");
    const log = await browser.get(first!);
    expect(rowsOf(log.html, "Calls")).toHaveLength(50);
    expect(new Set(rowsOf(log.html, "Calls").map((row) => row[3]))).toEqual(new Set(["401"]));
    const next = /<a[^>]*href="([^"]*)"[^>]*rel="next"/.exec(log.html)?.[1]?.replaceAll("&amp;", "&");
    expect(rowsOf((await browser.get(next!)).html, "Calls")).toHaveLength(10);
    expect(rowsOf((await browser.get(second!)).html, "Calls").map((row) => row[3])).toEqual(["422", "422"]);
  });

  test.each(["abc", "200", "404", "1e3", "constructor", "-401", "401 "])("a reason that no refused call has (%j) narrows nothing", async (status) => {
    const { browser } = await scene();
    expect(rowsOf((await browser.get(`/calls?status=${encodeURIComponent(status)}`)).html, "Calls")).toHaveLength(1);
  });

  test("the five newest are shown", async () => {
    const { browser, webhook } = await scene();
    const ids = await addRefusedCalls(
      hookgate,
      webhook,
      Array.from({ length: 7 }, () => ({})),
    );
    const newest = ids.toReversed().slice(0, 5);
    expect(rowHrefs((await browser.get("/")).html, "/calls/")).toEqual(newest.map((id) => `/calls/${id}`));
  });
});

const quietOf = async (browser: HttpBrowser) => rowsOf((await browser.get("/")).html, "Webhooks that went quiet").map(([name]) => name);

describe("a webhook went quiet", () => {
  const WEEK = 7 * 24;

  test("when it took no call for a day, although it did in the same hours of two of the three weeks before", async () => {
    const { admin, browser } = await scene();
    for (const [name, hoursAgo] of [
      ["A two weeks", [WEEK, 2 * WEEK + 23]],
      ["B older two weeks", [2 * WEEK, 3 * WEEK]],
      ["C one week", [WEEK, WEEK + 1, WEEK + 2]],
      ["D four weeks ago", [WEEK, 4 * WEEK]],
      ["E still taking", [0, WEEK, 2 * WEEK, 3 * WEEK]],
      ["F took one 23 hours ago", [23, WEEK, 2 * WEEK]],
      ["G took one 24 hours ago", [24, WEEK, 2 * WEEK]],
      ["H on other days of the week", [2 * 24, 3 * 24, WEEK + 48, 2 * WEEK + 48, 3 * WEEK + 48]],
      ["I never", []],
    ] as const) {
      await addSamples(await addWebhook(hookgate, admin, name), hoursAgo);
    }
    expect(await quietOf(browser)).toEqual(["A two weeks", "B older two weeks", "G took one 24 hours ago"]);
  });

  test("also when every call of the day was refused; a deleted one is not told", async () => {
    const { admin, brandId, browser } = await scene();
    const refusing = await addWebhook(hookgate, admin, "Refusing");
    const deleted = await addWebhook(hookgate, admin, "Deleted");
    for (const webhook of [refusing, deleted]) await addSamples(webhook, [WEEK, 2 * WEEK]);
    await addRefusedCalls(hookgate, refusing, [{}]);
    await hookgate.store.webhooks.deleteWebhook(brandId, deleted.id);
    expect(await quietOf(browser)).toEqual(["Refusing"]);
  });

  test("is shown with hostile, long and right-to-left names as they are, to its owner and to admins", async () => {
    const { admin, brandId, browser } = await scene();
    const names = ["<script>alert(1)</script>", "مزامنة المتجر", "x".repeat(200)];
    for (const name of names) await addSamples(await addWebhook(hookgate, admin, name), [WEEK, 2 * WEEK]);
    expect(new Set(await quietOf(browser))).toEqual(new Set(names));
    expect((await browser.get("/")).html).not.toContain("<script>alert");
    const member = await addUser(hookgate, { brandId, role: "member", name: "Member" });
    await addCustomers(hookgate, await addWebhook(hookgate, member, "Own"), [{ firstname: "Bob" }]);
    expect(await quietOf(await signedIn(hookgate, member))).toEqual([]);
  });

  test("of five hundred the first ten are shown, and how many more there are", async () => {
    const { admin, browser } = await scene();
    for (let index = 0; index < 500; index++) {
      await addSamples(await addWebhook(hookgate, admin, `Quiet ${String(index).padStart(3, "0")}`), [WEEK, 2 * WEEK]);
    }
    expect(await quietOf(browser)).toEqual(Array.from({ length: 10 }, (_, index) => `Quiet 00${index}`));
    expect(textOf((await browser.get("/")).html)).toContain("And 490 more.");
  });
});

describe("the quota", () => {
  test.each([
    [0, "usual"],
    [39_999, "usual"],
    [40_000, "nearly"],
    [49_999, "nearly"],
    [50_000, "used-up"],
    [50_001, "used-up"],
  ] as const)("with %d calls of 50,000 is %s", (calls, state) => {
    expect(usageState({ calls, limit: CALLS_A_DAY })).toBe(state);
  });

  test("that is nearly used up is warned of on the first page and on that of the webhooks; Webhook Pro ends the warning", { timeout: 60_000 }, async () => {
    const { brandId, browser, webhook } = await scene();
    const quota = callQuotaOf((await hookgate.services.brands.find(brandId))!, hookgate.clock.now())!;
    const useUp = async (calls: number) => {
      const row = { ...REFUSED, ...CALL, body: null, brandId, webhookId: webhook.id, receivedAt: hookgate.clock.now() - DAY, quota };
      for (let made = 0; made < calls; made += 5_000) {
        const ids = Array.from({ length: Math.min(5_000, calls - made) }, (_, index) => `${made + index}-${brandId}-${calls}`);
        await hookgate.store.calls.insertRefusedCalls(ids.map((id) => Object.assign({ id }, row)));
      }
    };
    const warnings = async () => {
      const pages = [await browser.get("/"), await browser.get("/webhooks")];
      return pages.map(({ html }) => textOf(/<div class="notice notice-warning"[\s\S]*?<\/div><\/div>/.exec(html)?.[0] ?? ""));
    };
    await useUp(39_999);
    expect(await warnings()).toEqual(["", ""]);
    await useUp(1);
    const warning =
      "80 % of today’s calls are used, 40,000 of 50,000. Beyond them calls are refused with 429 until midnight in UTC. Webhook Pro in the store lifts the limit.";
    expect(await warnings()).toEqual([warning, warning]);
    await hookgate.store.brands.activateModule(brandId, "webhook-pro", hookgate.clock.now());
    expect(await warnings()).toEqual(["", ""]);
    expect(textOf((await browser.get("/")).html)).toContain("Webhook Pro is active: calls are not limited.");
  });
});

const REFUSED = { outcome: "refused", status: 422, reason: "Change something.", customerIds: [], answer: null, repeatOf: null } as const;
