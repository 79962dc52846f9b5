import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addUser, signedIn } from "../support/records.ts";
import { textOf } from "../support/http-browser.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { temporaryFile } from "../conformance/temporary-file.ts";
import { BY_EMAIL, receiving, type Receiving } from "./receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

const SECOND = 1_000;
const ANN = { email: "ann@example.com" };

async function limited(callsAMinute: string): Promise<Receiving> {
  const at = await receiving(hookgate, BY_EMAIL);
  const actor = { brandId: at.brandId, userId: at.owner.id, isAdmin: false };
  expect(await hookgate.services.webhooks.limitCalls(actor, at.webhook.id, callsAMinute)).toEqual({ kind: "updated" });
  return at;
}

const statuses = async ({ send }: Receiving, count: number) => {
  const all: number[] = [];
  for (let sent = 0; sent < count; sent++) all.push((await send(ANN)).status);
  return all;
};

describe("a webhook with a limit of calls a minute", () => {
  test("takes that many, refuses more with the seconds to wait, and takes as many in the next minute", async () => {
    const at = await limited("3");
    expect(await statuses(at, 5)).toEqual([200, 200, 200, 429, 429]);
    hookgate.clock.advance(20 * SECOND);
    const { headers, json } = await at.send(ANN);
    expect(json).toMatchObject({ type: "urn:hookgate:problem:too-many-calls", status: 429 });
    expect(headers.get("retry-after")).toBe("40");
    expect(headers.get("ratelimit-policy")).toBe('"minute";q=3;w=60');
    expect(headers.get("ratelimit")).toBe('"minute";r=0;t=40');
    hookgate.clock.advance(39 * SECOND);
    expect(await statuses(at, 1)).toEqual([429]);
    hookgate.clock.advance(1 * SECOND);
    expect(await statuses(at, 4)).toEqual([200, 200, 200, 429]);
  });

  test("of many at once takes that many, and refuses the rest without body, customers or a place in the quota", async () => {
    const at = await limited("10");
    const answers = await Promise.all(Array.from({ length: 50 }, () => at.send(ANN)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
    await expect.poll(async () => (await at.calls()).length).toBe(50);
    const refused = (await at.calls()).filter(({ status }) => status === 429);
    expect(new Set(refused.map(({ body }) => body))).toEqual(new Set([null]));
    expect(refused[0]).toMatchObject({ applicationName: "Shop sync", reason: expect.stringContaining("10 calls a minute") as string });
    const day = new Date(hookgate.clock.now()).toISOString().slice(0, 10);
    expect(await hookgate.store.calls.countCallsOfDay(at.brandId, day)).toBe(10);
  });

  test("strangers cannot use it up, and another webhook has its own", async () => {
    const at = await limited("2");
    for (let sent = 0; sent < 5; sent++) expect((await at.send(ANN, { authorization: "Bearer wrong" })).status).toBe(401);
    const other = await limited("2");
    expect(await statuses(other, 3)).toEqual([200, 200, 429]);
    expect(await statuses(at, 3)).toEqual([200, 200, 429]);
  });

  test("takes all again once the limit is taken away or raised, at once", async () => {
    const at = await limited("1");
    const actor = { brandId: at.brandId, userId: at.owner.id, isAdmin: false };
    expect(await statuses(at, 2)).toEqual([200, 429]);
    await hookgate.services.webhooks.limitCalls(actor, at.webhook.id, "2");
    expect(await statuses(at, 2)).toEqual([200, 429]);
    await hookgate.services.webhooks.limitCalls(actor, at.webhook.id, "");
    expect(await statuses(at, 3)).toEqual([200, 200, 200]);
    expect((await hookgate.store.webhooks.findWebhook(at.brandId, at.webhook.id))?.callsAMinute).toBeUndefined();
  });

  test("is over its limit in a second process soon after that has counted a call", async () => {
    const store = `sqlite:${temporaryFile()}`;
    const [first, second] = [await startHookgate({ HOOKGATE_STORE: store }), await startHookgate({ HOOKGATE_STORE: store })];
    try {
      const at = await receiving(first, BY_EMAIL);
      await first.services.webhooks.limitCalls({ brandId: at.brandId, userId: at.owner.id, isAdmin: false }, at.webhook.id, "5");
      expect(await statuses(at, 6)).toEqual([200, 200, 200, 200, 200, 429]);
      const sendToSecond = async () => {
        const headers = { authorization: `Bearer ${at.token}`, "content-type": "application/json" };
        return (await fetch(`${second.url}/hooks/${at.webhook.id}`, { method: "POST", headers, body: JSON.stringify(ANN) })).status;
      };
      let taken = 0;
      await expect.poll(async () => ((await sendToSecond()) === 429 ? "refused" : ++taken), { interval: 50 }).toBe("refused");
      expect(taken).toBeLessThan(5);
    } finally {
      await first.close();
      await second.close();
    }
  });
});

describe("the page of the limit", () => {
  test("sets, shows and takes away the limit", async () => {
    const at = await receiving(hookgate, BY_EMAIL);
    const browser = await signedIn(hookgate, at.owner);
    const path = `/webhooks/${at.webhook.id}`;
    await browser.get(`${path}/limit`);
    expect(textOf((await browser.submit(`${path}/limit`, { callsAMinute: " 60 " })).html)).toContain("60 calls a minute");
    expect((await browser.get(`${path}/limit`)).html).toContain('value="60"');
    expect(textOf((await browser.submit(`${path}/limit`, { callsAMinute: "" })).html)).toContain("None but the brand’s quota");
  });

  test.each(["0", "-1", "1.5", "1e3", "ten", "1000001", "0x10", "<b>"])("%j is no limit: 422, and what was typed stays", async (text) => {
    const at = await receiving(hookgate, BY_EMAIL);
    const browser = await signedIn(hookgate, at.owner);
    await browser.get(`/webhooks/${at.webhook.id}/limit`);
    const { status, html } = await browser.submit(`/webhooks/${at.webhook.id}/limit`, { callsAMinute: text });
    expect(status).toBe(422);
    expect(textOf(html)).toContain("Enter a whole number from 1 to 1,000,000, or nothing.");
    expect(html).toContain(`value="${text.replaceAll("<", "&lt;")}"`);
    expect((await hookgate.store.webhooks.findWebhook(at.brandId, at.webhook.id))?.callsAMinute).toBeUndefined();
  });

  test("is for the owner and admins only", async () => {
    const at = await receiving(hookgate, BY_EMAIL);
    const colleague = await signedIn(hookgate, await addUser(hookgate, { brandId: at.brandId, role: "member", name: "Colleague" }));
    expect((await colleague.get(`/webhooks/${at.webhook.id}/limit`)).status).toBe(404);
    await colleague.get("/account");
    expect((await colleague.post(`/webhooks/${at.webhook.id}/limit`, { callsAMinute: "1" })).status).toBe(404);
  });
});
