import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newRandomId } from "../../src/lib/id.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { CallWithWebhook } from "../../src/webhooks/webhook-store.ts";
import { temporaryFile } from "../conformance/temporary-file.ts";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving, type Receiving } from "./receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

const WITHOUT_KEY = { ...BY_EMAIL, deduplicateBy: [] };
const ANN = { email: "ann@example.com", firstname: "Ann" };

interface Scene extends Receiving {
  readonly browser: HttpBrowser;
}

async function scene(mapping: Parameters<typeof receiving>[1] = BY_EMAIL, on = hookgate): Promise<Scene> {
  const received = await receiving(on, mapping);
  return { ...received, browser: await signedIn(on, received.owner) };
}

/** Sends a body and gives its entry in the log. */
async function sent({ send, calls }: Scene, body: object | string, status: number): Promise<CallWithWebhook> {
  const before = new Set((await calls()).map(({ id }) => id));
  const answer = await send(body);
  expect(answer.status).toBe(status);
  const find = async () => (await calls()).find(({ id }) => !before.has(id));
  await expect.poll(find).toBeDefined();
  return (await find())!;
}

/** Presses the button of the page that asks; gives the entry of the replay. */
async function replay({ browser, brandId }: Scene, callId: string): Promise<CallWithWebhook> {
  await browser.get(`/calls/${callId}/replay`);
  const { url, status } = await browser.submit(`/calls/${callId}/replay`);
  expect(status).toBe(200);
  return (await hookgate.store.calls.findCall(brandId, new URL(url, hookgate.url).pathname.slice("/calls/".length)))!;
}

const setMapping = async ({ owner, webhook }: Scene, mapping: typeof BY_EMAIL) =>
  hookgate.services.webhooks.setMapping({ brandId: owner.brandId, userId: owner.id, isAdmin: false }, webhook.id, mapping);

describe("replaying one call", () => {
  test.each([
    ["with deduplication", BY_EMAIL],
    ["without deduplication", WITHOUT_KEY],
  ])("that was accepted, %s: the same customers get their values again, however often", async (_name, mapping) => {
    const at = await scene(mapping);
    const call = await sent(at, [ANN, { email: "ben@example.com", firstname: "Ben" }], 200);
    const before = await at.customers();
    for (let count = 0; count < 3; count++) {
      const replayed = await replay(at, call.id);
      expect(replayed).toMatchObject({ outcome: "accepted", status: 200, customerIds: call.customerIds, body: null });
      expect(replayed.fromConsole).toEqual({ userId: at.owner.id, userName: "Owner", replayOf: call.id });
    }
    const strip = (customers: typeof before) => customers.map(({ id, fields }) => ({ id, fields }));
    expect(strip(await at.customers())).toEqual(strip(before));
  });

  test("that was refused is written with the present mapping, and a second replay makes no second customer", async () => {
    const at = await scene(WITHOUT_KEY);
    const call = await sent(at, { ...ANN, gender: "unheard of" }, 422);
    expect(await replay(at, call.id)).toMatchObject({ outcome: "refused", status: 422 });
    expect(await at.customers()).toEqual([]);
    await setMapping(at, { fields: BY_EMAIL.fields.filter(({ field }) => field !== "gender"), deduplicateBy: [] });
    const [first, second] = [await replay(at, call.id), await replay(at, call.id)];
    expect(first.outcome).toBe("accepted");
    expect(second.customerIds).toEqual(first.customerIds);
    expect((await at.customers()).map(({ id }) => id)).toEqual(first.customerIds);
    const page = await at.browser.get(`/calls/${call.id}`);
    expect(textOf(page.html)).toContain("Replay by Owner");
    expect(textOf((await at.browser.get(`/calls/${first.id}`)).html)).toContain("Owner had an earlier call written once more");
  });

  test("that was kept as a sample writes its customers once it is mapped; until then there is nothing to replay", async () => {
    const at = await scene(null);
    const call = await sent(at, ANN, 200);
    expect((await at.browser.get(`/calls/${call.id}/replay`)).status).toBe(409);
    expect((await at.browser.get(`/calls/${call.id}`)).html).not.toContain(`/calls/${call.id}/replay`);
    await setMapping(at, WITHOUT_KEY);
    expect((await replay(at, call.id)).customerIds).toHaveLength(1);
    expect((await replay(at, call.id)).outcome).toBe("accepted");
    expect(await at.customers()).toHaveLength(1);
  });

  test("does not count for the quota, and an idempotency key of the first call is left alone", async () => {
    const at = await scene();
    const answer = await at.send(ANN, { "idempotency-key": "first" });
    expect(answer.status).toBe(200);
    const [call] = await at.calls();
    const day = new Date(hookgate.clock.now()).toISOString().slice(0, 10);
    const counted = await hookgate.store.calls.countCallsOfDay(at.brandId, day);
    await replay(at, call!.id);
    expect(await hookgate.store.calls.countCallsOfDay(at.brandId, day)).toBe(counted);
    expect((await at.send(ANN, { "idempotency-key": "first" })).headers.get("idempotent-replayed")).toBe("true");
  });

  test("is offered for no call that has no body: a stranger's, a repeat, a replay", async () => {
    const at = await scene();
    const stranger = await sent({ ...at, send: (body) => at.send(body, { authorization: undefined }) }, ANN, 401);
    const first = await sent(at, ANN, 200);
    const replayed = await replay(at, first.id);
    await at.send(ANN, { "idempotency-key": "k" });
    await at.send(ANN, { "idempotency-key": "k" });
    const repeat = (await at.calls()).find(({ outcome }) => outcome === "repeated")!;
    for (const { id } of [stranger, replayed, repeat]) {
      expect((await at.browser.get(`/calls/${id}`)).html).not.toContain(`${id}/replay`);
      expect((await at.browser.get(`/calls/${id}/replay`)).status).toBe(409);
    }
  });

  test("is refused for a body that is no JSON, and for a webhook that is deleted", async () => {
    const at = await scene();
    const call = await sent(at, "{", 400);
    expect(await replay(at, call.id)).toMatchObject({ outcome: "refused", status: 400 });
    await hookgate.store.webhooks.deleteWebhook(at.brandId, at.webhook.id);
    expect((await at.browser.get(`/calls/${call.id}/replay`)).status).toBe(409);
  });

  test("is for the owner and admins only, and never by GET or without the form token", async () => {
    const at = await scene();
    const call = await sent(at, ANN, 200);
    const entries = (await at.calls()).length;
    const colleague = await signedIn(hookgate, await addUser(hookgate, { brandId: at.brandId, role: "member", name: "Colleague" }));
    expect((await colleague.get(`/calls/${call.id}/replay`)).status).toBe(404);
    await colleague.get("/account");
    expect((await colleague.post(`/calls/${call.id}/replay`)).status).toBe(404);
    expect((await at.browser.post(`/calls/${call.id}/replay`, { form_token: "" })).status).toBe(403);
    await at.browser.get(`/calls/${call.id}/replay`);
    expect(await at.calls()).toHaveLength(entries);
    const admin = await signedIn(hookgate, await addUser(hookgate, { brandId: at.brandId, role: "admin", name: "Admin" }));
    expect((await replay({ ...at, browser: admin }, call.id)).fromConsole?.userName).toBe("Admin");
  });
});

const progress = async ({ brandId, webhook }: Scene, on = hookgate) => on.store.replays.findNewestReplay(brandId, webhook.id);
const finished = async (at: Scene, on = hookgate) => {
  await expect.poll(async () => (await progress(at, on))?.finishedAt ?? null, { timeout: 10_000 }).not.toBeNull();
  return (await progress(at, on))!;
};
const BROKEN = (index: number) => ({ email: `person-${index}@example.com`, firstname: `Person ${index}`, gender: "unheard of" });

describe("replaying all refused calls since a time", () => {
  test("writes them in order of arrival, says how many, and leaves out what was accepted since", async () => {
    const at = await scene();
    for (let index = 0; index < 60; index++) await at.send(BROKEN(index));
    await at.send({ email: "person-0@example.com", firstname: "Newest" });
    await at.send({ email: "fine@example.com" });
    await expect.poll(async () => (await at.calls()).length).toBe(62);
    await setMapping(at, { ...BY_EMAIL, fields: BY_EMAIL.fields.filter(({ field }) => field !== "gender") });
    const page = await at.browser.get(`/webhooks/${at.webhook.id}/replay?since=day`);
    expect(textOf(page.html)).toContain("60 calls will be replayed");
    expect((await at.browser.post(`/webhooks/${at.webhook.id}/replay`, { since: "day" })).status).toBe(200);
    expect(await finished(at)).toMatchObject({ accepted: 60, refused: 0, isStopped: false, userName: "Owner" });
    const customers = (await at.customers()).map(({ fields }) => fields.firstname ?? "");
    expect(customers).toHaveLength(61);
    const replays = (await at.calls()).filter(({ fromConsole }) => fromConsole?.replayOf);
    const firsts = replays.map(({ fromConsole }) => fromConsole!.replayOf!);
    expect(firsts).toEqual(firsts.toSorted().toReversed());
    expect(textOf((await at.browser.get(`/webhooks/${at.webhook.id}/replay`)).html)).toContain("No refused call of this period can be replayed.");
  });

  test("a call that breaks a rule still is refused again, once, and the end is reached", async () => {
    const at = await scene();
    for (let index = 0; index < 30; index++) await at.send(BROKEN(index));
    await expect.poll(async () => (await at.calls()).length).toBe(30);
    await at.browser.get(`/webhooks/${at.webhook.id}/replay`);
    await at.browser.post(`/webhooks/${at.webhook.id}/replay`);
    expect(await finished(at)).toMatchObject({ accepted: 0, refused: 30 });
    expect(await at.calls()).toHaveLength(60);
    expect(await at.customers()).toEqual([]);
  });

  test("the period is kept: older calls stay as they are", async () => {
    const at = await scene();
    await sent(at, BROKEN(1), 422);
    hookgate.clock.advance(2 * 60 * 60 * 1_000);
    const browser = await signedIn(hookgate, at.owner);
    for (const [since, count] of [
      ["hour", "No refused call of this period"],
      ["day", "1 call will be replayed"],
      ["all", "1 call will be replayed"],
      ["nonsense", "1 call will be replayed"],
    ] as const) {
      expect(textOf((await browser.get(`/webhooks/${at.webhook.id}/replay?since=${since}`)).html), since).toContain(count);
    }
  });

  test("is not begun without a mapping, by a colleague, or without the form token", async () => {
    const at = await scene(null);
    const path = `/webhooks/${at.webhook.id}/replay`;
    const page = await at.browser.get(path);
    expect(textOf(page.html)).toContain("Nothing is mapped yet");
    const colleague = await signedIn(hookgate, await addUser(hookgate, { brandId: at.brandId, role: "member", name: "Colleague" }));
    expect((await colleague.get(path)).status).toBe(404);
    await colleague.get("/account");
    for (const [browser, token, status] of [
      [colleague, {}, 404],
      [at.browser, {}, 409],
      [at.browser, { form_token: "" }, 403],
    ] as const) {
      expect((await browser.post(path, { since: "all", ...token })).status).toBe(status);
    }
    await colleague.get("/account");
    expect((await colleague.post(`${path}/stop`)).status).toBe(404);
    expect(await progress(at)).toBeUndefined();
  });

  test("goes on after its process has died, from where it was noted", async () => {
    const store = `sqlite:${temporaryFile()}`;
    const first = await startHookgate({ HOOKGATE_STORE: store });
    const at = await scene(BY_EMAIL, first);
    for (let index = 0; index < 10; index++) await at.send(BROKEN(index));
    await expect.poll(async () => (await at.calls()).length).toBe(10);
    const ids = (await at.calls()).map(({ id }) => id).toSorted();
    await first.close();
    // What a process leaves that was killed after five calls.
    const dead = await openStore({ url: store, migrate: false, clock: new ManualClock() });
    const now = at.hookgate.clock.now();
    const replay = {
      id: newRandomId(),
      brandId: at.brandId,
      webhookId: at.webhook.id,
      userId: at.owner.id,
      userName: "Owner",
      afterId: ids[4]!,
      throughId: ids[9]!,
    };
    await dead.replays.insertReplay({ ...replay, accepted: 0, refused: 5, startedAt: now, finishedAt: null, isStopped: false });
    await dead.replays.claimReplay("dead", now - 60_000, now - 30_000);
    await dead.close();
    const second = await startHookgate({ HOOKGATE_STORE: store });
    try {
      expect(await finished(at, second)).toMatchObject({ refused: 10, accepted: 0 });
    } finally {
      await second.close();
    }
  });
});

describe("a test call from the webhook's page", () => {
  test("begins with the newest sample, goes the way of any call, and says what came back", async () => {
    const at = await scene(null);
    const path = `/webhooks/${at.webhook.id}/test`;
    expect((await at.browser.get(path)).html).toContain("oauth2@e-village.nl");
    await at.send({ email: "sample@example.com" });
    expect((await at.browser.get(path)).html).toContain("sample@example.com");
    await setMapping(at, BY_EMAIL);
    await at.browser.get(path);
    const { html, status } = await at.browser.submit(`/webhooks/${at.webhook.id}/test`, { body: JSON.stringify(ANN) });
    expect(status).toBe(200);
    const [customer, ...more] = await at.customers();
    expect(more).toEqual([]);
    expect(textOf(html)).toContain(`"hookgate_id":"${customer!.id}"`);
    const [call] = await at.calls();
    expect(call).toMatchObject({ outcome: "accepted", authenticated: true, fromConsole: { userId: at.owner.id, replayOf: null }, body: JSON.stringify(ANN) });
    expect(textOf((await at.browser.get("/calls")).html)).toContain("Test by Owner");
  });

  test.each([
    ["", 422, "Enter the JSON to send."],
    ["{", 422, "status 400"],
    ['{"email":1,"email":2}', 422, "status 400"],
    ["[1]", 422, "status 422"],
    ['{"email":"x@example.com","gender":"unheard of"}', 422, "must be one of"],
    [`<script>alert("1")</script>`, 422, "status 400"],
  ])("of %j is refused as any call, keeps what was typed, and writes nothing", async (body, status, said) => {
    const at = await scene();
    await at.browser.get(`/webhooks/${at.webhook.id}/test`);
    const page = await at.browser.submit(`/webhooks/${at.webhook.id}/test`, { body });
    expect(page.status).toBe(status);
    expect(textOf(page.html)).toContain(said);
    expect(page.html).not.toContain("<script>alert");
    expect(await at.customers()).toEqual([]);
    expect(await at.calls()).toHaveLength(body === "" ? 0 : 1);
  });

  test("counts for the quota; a colleague, a stranger and a webhook that is not installed cannot send one", async () => {
    const at = await scene();
    const path = `/webhooks/${at.webhook.id}/test`;
    await at.browser.get(path);
    await at.browser.submit(`/webhooks/${at.webhook.id}/test`, { body: JSON.stringify(ANN) });
    expect((await at.send(ANN)).headers.get("ratelimit")).toContain("r=49998");
    const colleague = await signedIn(hookgate, await addUser(hookgate, { brandId: at.brandId, role: "member", name: "Colleague" }));
    expect((await colleague.get(path)).status).toBe(404);
    expect((await at.browser.post(path, { body: "{}", form_token: "" })).status).toBe(403);
    const added = await hookgate.services.webhooks.add({ brandId: at.brandId, ownerId: at.owner.id, name: "New", authentication: null, mapping: null });
    if (added.kind !== "added") throw new Error("not added");
    expect((await at.browser.get(`/webhooks/${added.webhook.id}/test`)).status).toBe(409);
  });
});
