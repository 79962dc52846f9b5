import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import { CALL_OUTCOMES, type Call } from "../../src/webhooks/calls/call.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { collectPages, rowHrefs } from "../support/lists.ts";
import { addBrand, addCustomers, addRefusedCalls, addSample, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

interface Scene {
  readonly brandId: string;
  readonly admin: HttpBrowser;
  readonly owner: User;
  /** Owns the webhook. */
  readonly member: HttpBrowser;
  /** Owns nothing. */
  readonly colleague: HttpBrowser;
  readonly webhook: Webhook;
}

let brands = 0;
async function scene(webhookName = "Sign-ups"): Promise<Scene> {
  const brandId = await addBrand(hookgate, `Brand ${brands++}`);
  const [admin, owner, colleague] = await Promise.all([
    addUser(hookgate, { brandId, role: "admin", name: "Admin" }),
    addUser(hookgate, { brandId, role: "member", name: "Owner" }),
    addUser(hookgate, { brandId, role: "member", name: "Colleague" }),
  ]);
  return {
    brandId,
    owner,
    webhook: await addWebhook(hookgate, owner, webhookName),
    admin: await signedIn(hookgate, admin),
    member: await signedIn(hookgate, owner),
    colleague: await signedIn(hookgate, colleague),
  };
}

const hrefsOf = (ids: readonly string[]) => ids.map((id) => `/calls/${id}`);
const callsOn = async (browser: HttpBrowser, query = "") => rowHrefs((await browser.get(`/calls${query}`)).html, "/calls/");
const refusals = (count: number, call: Partial<Call> = {}) => Array.from({ length: count }, () => call);

describe("the call log", () => {
  test("an empty log says what to do next, with one button", async () => {
    const { member } = await scene();
    const { status, html } = await member.get("/calls");
    expect(status).toBe(200);
    expect(textOf(html)).toContain("There are no calls yet.");
    expect(html).not.toContain("<table");
  });

  test("shows when, webhook, outcome, status, application and reason", async () => {
    const { member, webhook } = await scene();
    await addRefusedCalls(hookgate, webhook, [{ status: 401, reason: "The token has expired; get a new one.", applicationName: "Till 3" }]);
    const { html } = await member.get("/calls");
    for (const shown of ["just now", "Sign-ups", "Refused", "401", "Till 3", "The token has expired; get a new one."]) expect(textOf(html)).toContain(shown);
  });

  test("three calls of three outcomes come newest first", async () => {
    const { member, webhook } = await scene();
    const sample = await addSample(hookgate, webhook, "{}");
    const accepted = await addCustomers(hookgate, webhook, [{ firstname: "Ada" }]);
    const [refused] = await addRefusedCalls(hookgate, webhook, [{}]);
    expect(await callsOn(member)).toEqual(hrefsOf([refused!, accepted.callId, sample]));
  });

  test("500 calls: the pages show each exactly once, newest first", async () => {
    const { member, webhook } = await scene();
    const ids = await addRefusedCalls(hookgate, webhook, refusals(500));
    const pages = await collectPages(member, "/calls", "/calls/");
    expect(pages.flat()).toEqual(hrefsOf(ids.toReversed()));
    expect(pages.length).toBe(10);
  });

  test("long, right-to-left and HTML names are shown as text that keeps to itself", async () => {
    for (const name of ["x".repeat(200), "\u202eمحمد", `<script>alert("1")</script>`]) {
      const { member, webhook } = await scene(name);
      await addRefusedCalls(hookgate, webhook, [{ applicationName: name, reason: name }]);
      const { html } = await member.get("/calls");
      expect(html).not.toContain("<script>alert");
      expect(textOf(html).split(name).length - 1).toBeGreaterThanOrEqual(3);
      expect(html).toContain("<bdi>");
    }
  });

  test("a cursor that no page of ours made breaks nothing", async () => {
    const { member, webhook } = await scene();
    await addRefusedCalls(hookgate, webhook, [{}]);
    for (const cursor of ["x", "0", "-1", "null", "[]", "%FF", "%00", "'%20or%201=1%20--", "a".repeat(5_000), newTimeOrderedId(0), ""]) {
      const { status } = await member.get(`/calls?after=${cursor}`);
      expect([200, 400], cursor).toContain(status);
    }
  });
});

describe("filtering the call log", () => {
  test.each(CALL_OUTCOMES)("by outcome: %s", async (outcome) => {
    const { member, webhook } = await scene();
    const ids = {
      sample: await addSample(hookgate, webhook, "{}"),
      accepted: (await addCustomers(hookgate, webhook, [{ firstname: "Ada" }])).callId,
      repeated: (await addRefusedCalls(hookgate, webhook, [{ outcome: "repeated" }]))[0]!,
      waiting: (await addRefusedCalls(hookgate, webhook, [{ outcome: "waiting", status: 202 }]))[0]!,
      refused: (await addRefusedCalls(hookgate, webhook, [{}]))[0]!,
    };
    expect(await callsOn(member, `?outcome=${outcome}`)).toEqual(hrefsOf([ids[outcome]]));
    expect(member.page.html).toMatch(new RegExp(`<option value="${outcome}" selected`));
  });

  test("by webhook, and by both", async () => {
    const { member, owner, webhook } = await scene();
    const other = await addWebhook(hookgate, owner, "Orders");
    const [first] = await addRefusedCalls(hookgate, webhook, [{}]);
    const sample = await addSample(hookgate, webhook, "{}");
    const [second] = await addRefusedCalls(hookgate, other, [{}]);
    expect(await callsOn(member, `?webhook=${webhook.id}`)).toEqual(hrefsOf([sample, first!]));
    expect(await callsOn(member, `?webhook=${other.id}`)).toEqual(hrefsOf([second!]));
    expect(await callsOn(member, `?webhook=${webhook.id}&outcome=refused`)).toEqual(hrefsOf([first!]));
    expect(await callsOn(member, `?webhook=${other.id}&outcome=sample`)).toEqual([]);
    expect(textOf(member.page.html)).toContain("No call fits this filter.");
  });

  test("works without script: the form asks with GET for what was chosen", async () => {
    const { member, webhook } = await scene();
    await addRefusedCalls(hookgate, webhook, [{}]);
    const { html } = await member.get("/calls");
    const form = /<form[^>]*action="\/calls"[^>]*>[\s\S]*?<\/form>/.exec(html)![0];
    expect(form).toContain('method="get"');
    expect(form).toContain('name="webhook"');
    expect(form).toContain(`<option value="${webhook.id}"`);
    expect(form).toContain('name="outcome"');
    expect(form).toContain('type="submit"');
  });

  test("paging stays within the filter", async () => {
    const { member, webhook } = await scene();
    const ids: string[] = [];
    for (let index = 0; index < 120; index++) {
      ids.push(...(await addRefusedCalls(hookgate, webhook, [{}])));
      if (index % 3 === 0) await addSample(hookgate, webhook, "{}");
    }
    const pages = await collectPages(member, `/calls?webhook=${webhook.id}&outcome=refused`, "/calls/");
    expect(pages.flat()).toEqual(hrefsOf(ids.toReversed()));
  });

  test("a value that is no filter narrows nothing", async () => {
    const { member, webhook } = await scene();
    await addRefusedCalls(hookgate, webhook, [{}]);
    for (const query of ["?outcome=unknown", "?webhook=x", "?outcome=", "?webhook=", "?outcome=refused&outcome=sample", "?webhook=%27"]) {
      expect(await callsOn(member, query), query).toHaveLength(1);
    }
  });

  test("a deleted webhook's calls stay, can be filtered, and say that it is gone", async () => {
    const { member, webhook, brandId } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{}]);
    await hookgate.store.webhooks.deleteWebhook(brandId, webhook.id);
    expect(await callsOn(member, `?webhook=${webhook.id}`)).toEqual(hrefsOf([id!]));
    expect(member.page.html).toMatch(new RegExp(`<option value="${webhook.id}" selected`));
    const { html } = await member.get(`/calls/${id}`);
    expect(textOf(html)).toContain("Sign-ups (deleted)");
    expect(html).not.toContain(`/webhooks/${webhook.id}`);
  });
});

describe("who sees which calls", () => {
  test("a member sees the calls of their own webhooks, an admin all of the brand", async () => {
    const { admin, member, colleague, webhook } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ body: "secret body" }]);
    expect(await callsOn(admin)).toEqual(hrefsOf([id!]));
    expect(await callsOn(member)).toEqual(hrefsOf([id!]));
    expect(await callsOn(colleague)).toEqual([]);
    expect(await callsOn(colleague, `?webhook=${webhook.id}`)).toEqual([]);
    for (const [browser, status] of [
      [admin, 200],
      [member, 200],
      [colleague, 404],
    ] as const) {
      expect((await browser.get(`/calls/${id}`)).status).toBe(status);
      expect((await browser.get(`/calls/${id}/body`)).status).toBe(status);
    }
  });

  test("the filter offers only webhooks that the viewer may see", async () => {
    const { admin, colleague, webhook } = await scene("Hidden from colleagues");
    await addRefusedCalls(hookgate, webhook, [{}]);
    expect((await admin.get("/calls?outcome=refused")).html).toContain("Hidden from colleagues");
    expect((await colleague.get("/calls?outcome=refused")).html).not.toContain("Hidden from colleagues");
  });

  test("another brand's call does not exist, for an admin either", async () => {
    const { webhook } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ body: "secret body" }]);
    const other = await scene();
    for (const browser of [other.admin, other.member]) {
      for (const path of [`/calls/${id}`, `/calls/${id}/body`]) {
        const { status, html } = await browser.get(path);
        expect(status).toBe(404);
        expect(html).not.toContain("secret body");
      }
      expect(await callsOn(browser)).toEqual([]);
      expect(await callsOn(browser, `?webhook=${webhook.id}`)).toEqual([]);
    }
  });

  test("an unknown id and what is no id are 404", async () => {
    const { admin } = await scene();
    for (const id of [newTimeOrderedId(0), "1", "..."]) expect((await admin.get(`/calls/${id}`)).status, id).toBe(404);
    for (const id of ["%00", "%FF", "x".repeat(2_000)]) expect(Math.floor((await admin.get(`/calls/${id}`)).status / 100), id).toBe(4);
  });
});

describe("one call", () => {
  test("a refused call says what to change and under which reference", async () => {
    const { member, webhook } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ status: 422, reason: "Send optin as Y or N.", reference: "ref-4711", body: '{"optin":"maybe"}' }]);
    const { html } = await member.get(`/calls/${id}`);
    for (const shown of ["Refused", "422", "Send optin as Y or N.", "ref-4711", "Shop sync", "optin", "maybe"]) expect(textOf(html)).toContain(shown);
    expect(html).toMatch(/data-copy-source[^>]*>\s*ref-4711/);
    expect(html).toContain(`href="/webhooks/${webhook.id}"`);
  });

  test("an accepted call leads to each customer that it wrote, in order", async () => {
    const { member, webhook } = await scene();
    const { callId, customerIds } = await addCustomers(hookgate, webhook, [{ firstname: "Ada" }, { firstname: "Bob" }], '[{"a":1},{"a":2}]');
    const { html } = await member.get(`/calls/${callId}`);
    expect([...html.matchAll(/href="\/customers\/([^"]*)"/g)].map(([, customerId]) => customerId)).toEqual(customerIds);
    expect((await member.get(`/customers/${customerIds[1]}`)).status).toBe(200);
  });

  test("a call that wrote thousands of customers names the first hundred and counts the rest", async () => {
    const { member, webhook } = await scene();
    const { callId } = await addCustomers(
      hookgate,
      webhook,
      Array.from({ length: 1_000 }, () => ({ firstname: "Ada" })),
    );
    const { html } = await member.get(`/calls/${callId}`);
    expect(html.match(/href="\/customers\//g)).toHaveLength(100);
    expect(textOf(html)).toContain("900 more are not shown.");
  });

  test("the body is shown as it came: numbers keep their digits, members their order, values are text", async () => {
    const { member, webhook } = await scene();
    const body = '{"b":1.50,"a":12345678901234567890123,"2":null,"1":true,"html":"<img src=x>","__proto__":"x"}';
    const { html } = await member.get(`/calls/${await addSample(hookgate, webhook, body)}`);
    const text = textOf(html);
    expect(text).toContain("1.50");
    expect(text).toContain("12345678901234567890123");
    expect(text).toContain("<img src=x>");
    expect(html).not.toContain("<img");
    const keys = [...html.matchAll(/class="json-key">([^<]*)</g)].map(([, key]) => key);
    expect(keys).toEqual(["b", "a", "2", "1", "html", "__proto__"]);
  });

  test.each([
    ["what is no JSON", "<xml>&amp;</xml>"],
    ["doubled names", '{"a":1,"a":2}'],
    ["deep nesting", "[".repeat(30_000) + "]".repeat(30_000)],
    ["nothing", ""],
  ])("a body that cannot be read is shown as text: %s", async (_, body) => {
    const { member, webhook } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ status: 400, body }]);
    const { status, html } = await member.get(`/calls/${id}`);
    expect(status).toBe(200);
    expect(html).toContain('class="source-text"');
    expect(html).not.toContain("json-tree");
    expect(html).not.toContain("<xml>");
  });

  test("of a body of megabytes the beginning is shown, and all of it can be downloaded", async () => {
    const { member, webhook } = await scene();
    const body = JSON.stringify({ text: "é".repeat(2_000_000) });
    const id = await addSample(hookgate, webhook, body);
    const { html } = await member.get(`/calls/${id}`);
    expect(html.length).toBeLessThan(200_000);
    expect(html).toContain(`href="/calls/${id}/body"`);
    const download = await member.get(`/calls/${id}/body`);
    expect(download.html).toBe(body);
    expect(download.headers.get("content-disposition")).toBe(`attachment; filename="call-${id}.json"`);
    expect(download.headers.get("content-type")).toMatch(/^application\/json/);
    expect(download.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("a call without proof has no body, and says why", async () => {
    const { member, webhook } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ status: 401, authenticated: false, clientId: null, applicationName: null, body: null }]);
    const { html } = await member.get(`/calls/${id}`);
    expect(textOf(html)).toContain("the caller did not prove itself");
    expect(textOf(html)).toContain("The body was not kept");
    expect(html).not.toContain('/body"');
    expect((await member.get(`/calls/${id}/body`)).status).toBe(404);
  });

  test("a call of a known application that was refused before its body was read does not say that the caller is unknown", async () => {
    const { member, webhook } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ status: 429, authenticated: false, body: null }]);
    const { html } = await member.get(`/calls/${id}`);
    expect(textOf(html)).toContain("Shop sync");
    expect(textOf(html)).toContain("The body of this call was not kept.");
    expect(textOf(html)).not.toContain("prove");
  });

  test("of a body that breaks rules each place stands beside what was sent there and the rule", async () => {
    const { member, webhook } = await scene();
    const errors = [
      { path: "$[1].gender", rule: "must be MAN or WOMAN" },
      { path: "$[0]['first name']", rule: "must be a single value, not an object or an array" },
      { path: "$[1].email", rule: "must be there" },
      { path: "$[9].x", rule: "no such place" },
      { path: "not a path", rule: "no such path" },
    ];
    const answer = JSON.stringify({ type: "urn:hookgate:problem:rule-broken", title: "t", status: 422, detail: "d", errors });
    const body = `[{"first name":{"a":1}},{"gender":"<b>${"x".repeat(300)}","email":""}]`;
    const [id] = await addRefusedCalls(hookgate, webhook, [{ body, answer, reason: "$[1].gender must be MAN or WOMAN." }]);
    const { status, html } = await member.get(`/calls/${id}`);
    expect(status).toBe(200);
    const rows = [...html.matchAll(/<tr role="row"[^>]*>([\s\S]*?)<\/tr>/g)].map(([, row]) => textOf(row!));
    for (const [place, sent, rule] of [
      ["$[1].gender", `<b>${"x".repeat(97)}…`, "must be MAN or WOMAN"],
      ["$[0]['first name']", "An object", "must be a single value"],
      ["$[1].email", "An empty text", "must be there"],
      ["$[9].x", "Nothing", "no such place"],
    ] as const) {
      const row = rows.find((text) => text.includes(place));
      for (const shown of [sent, rule]) expect(row, place).toContain(shown);
    }
    expect(html).not.toContain("<b>");
  });

  test("the answer of a refused call is shown with what the caller was told, and its headers as text", async () => {
    const { member, webhook } = await scene();
    const answer = JSON.stringify({ type: "urn:hookgate:problem:not-authenticated", title: "t", status: 401, detail: "Get a new <i>token</i>." });
    const headers = "authorization: Bearer (removed)\nuser-agent: <script>alert(1)</script>\nx-empty: \ntraceparent: 00-4bf92f35-01";
    const [id] = await addRefusedCalls(hookgate, webhook, [{ status: 401, reason: "The token has expired.", answer, headers, duration: 1_234 }]);
    const { html } = await member.get(`/calls/${id}`);
    const text = textOf(html);
    for (const shown of [
      "The token has expired.",
      "The caller was told: Get a new <i>token</i>.",
      "Bearer (removed)",
      "x-empty",
      "00-4bf92f35-01",
      "1,234 ms",
    ]) {
      expect(text).toContain(shown);
    }
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("<i>");
  });

  test("a repeated call leads to the first one and shows its idempotency key", async () => {
    const { member, webhook } = await scene();
    const first = await addSample(hookgate, webhook, "{}");
    const repeat = { outcome: "repeated", status: 200, reason: null, repeatOf: first, headers: 'idempotency-key: "order-1"' } as const;
    const [id] = await addRefusedCalls(hookgate, webhook, [repeat]);
    const { html } = await member.get(`/calls/${id}`);
    expect(html).toContain(`href="/calls/${first}"`);
    for (const shown of ["Repeated", "Idempotency key", '"order-1"', "this one wrote nothing"]) expect(textOf(html)).toContain(shown);
    expect((await member.get(`/calls/${first}`)).status).toBe(200);
  });

  test("a repeat and a replay whose first call is no longer kept say so in place of a link", async () => {
    const { member, webhook, owner } = await scene();
    const first = newTimeOrderedId(hookgate.clock.now());
    const fromConsole = { userId: owner.id, userName: "Owner", replayOf: first };
    const calls = await addRefusedCalls(hookgate, webhook, [{ outcome: "repeated", status: 200, reason: null, repeatOf: first }, { fromConsole }]);
    for (const id of calls) {
      const { status, html } = await member.get(`/calls/${id}`);
      expect([status, textOf(html).includes("The first call is no longer kept."), html.includes(`/calls/${first}`)]).toEqual([200, true, false]);
    }
  });

  test("a call from before headers, answers and durations were kept is shown without them", async () => {
    const { member, webhook } = await scene();
    const [id] = await addRefusedCalls(hookgate, webhook, [{ headers: "", answer: null, duration: null }]);
    const { status, html } = await member.get(`/calls/${id}`);
    expect(status).toBe(200);
    for (const absent of [">Headers<", ">Answer<", "Decided after"]) expect(html).not.toContain(absent);
  });
});
