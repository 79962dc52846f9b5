/** A webhook that is paused and resumed, over HTTP and in the console. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import { MAX_WAITING_CALLS } from "../../src/webhooks/calls/call.ts";
import { temporaryFile } from "../conformance/temporary-file.ts";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, post, receiving, type Problem, type Receiving } from "./receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

const ANN = { email: "ann@example.com", firstname: "Ann" };
const BROKEN = { email: "ann@example.com", gender: "X" };

interface Scene extends Receiving {
  readonly browser: HttpBrowser;
  readonly path: string;
}

async function scene(mapping: Parameters<typeof receiving>[1] = BY_EMAIL, on = hookgate): Promise<Scene> {
  const received = await receiving(on, mapping);
  return { ...received, browser: await signedIn(on, received.owner), path: `/webhooks/${received.webhook.id}` };
}

async function pause({ browser, path }: Scene): Promise<void> {
  await browser.get(`${path}/pause`);
  expect(textOf((await browser.submit(`${path}/pause`)).html)).toContain("The webhook is paused.");
}

async function resume({ browser, path }: Scene): Promise<void> {
  await browser.get(path);
  expect(textOf((await browser.submit(`${path}/resume`)).html)).toContain("The webhook is resumed.");
}

const countWaiting = ({ webhook, hookgate }: Scene) => hookgate.store.callQueues.countWaiting(webhook);
const drained = async (at: Scene) => expect.poll(() => countWaiting(at), { timeout: 10_000 }).toBe(0);

describe("while a webhook is paused", () => {
  test("a call is answered 202 with the JSON that it sent, counts for the quota, waits in the log, and writes nothing", async () => {
    const at = await scene();
    await pause(at);
    const sent = '{ "email":"ann@example.com",\n "amount": 1.0 }';
    const answer = await at.send(sent);
    expect([answer.status, answer.text]).toEqual([202, sent]);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("hookgate-reference")).toMatch(/^[0-9A-Z]{12}$/);
    expect(answer.headers.get("ratelimit")).toContain("r=49999");
    expect(await at.calls()).toMatchObject([{ outcome: "waiting", status: 202, body: sent, customerIds: [], applicationName: "Shop sync" }]);
    expect(await at.customers()).toEqual([]);
  });

  test("what is refused whatever is mapped is refused as always, and does not wait", async () => {
    const at = await scene();
    await pause(at);
    expect((await at.send(ANN, { authorization: undefined })).status).toBe(401);
    expect((await at.send(ANN, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await at.send("{")).status).toBe(400);
    expect((await at.send('{"a":1,"a":2}')).status).toBe(400);
    expect((await at.send("[1]")).status).toBe(422);
    expect((await at.send('"text"')).status).toBe(422);
    expect((await at.send(ANN, { "content-type": "text/plain" })).status).toBe(415);
    expect((await post(at.endpoint, null, {}, "GET")).status).toBe(405);
    expect((await at.send(ANN, { "idempotency-key": "with space" })).status).toBe(400);
    expect(await countWaiting(at)).toBe(0);
  });

  test("other webhooks of the brand take calls", async () => {
    const at = await scene();
    await pause(at);
    const other = await addWebhook(hookgate, at.owner, "Other");
    const answer = await post(`${hookgate.url}/hooks/${other.id}`, ANN, { authorization: `Bearer ${at.token}`, "content-type": "application/json" });
    expect(answer.status).toBe(200);
  });

  test("a body that breaks a rule waits as well: the mapping of the resume decides", async () => {
    const at = await scene();
    expect((await at.send(BROKEN)).status).toBe(422);
    await pause(at);
    expect((await at.send(BROKEN)).status).toBe(202);
    const fields = BY_EMAIL.fields.filter(({ field }) => field !== "gender");
    const actor = { brandId: at.brandId, userId: at.owner.id, isAdmin: false };
    await hookgate.services.webhooks.setMapping(actor, at.webhook.id, { ...BY_EMAIL, fields });
    await resume(at);
    await drained(at);
    expect((await at.customers()).map((customer) => customer.fields.emailaddress)).toEqual(["ann@example.com"]);
    expect((await at.calls())[0]).toMatchObject({ outcome: "accepted", status: 202 });
  });

  test("a call with an idempotency key that is sent again gets 202 again, and one with another body 422; nothing waits twice", async () => {
    const at = await scene({ ...BY_EMAIL, deduplicateBy: [] });
    await pause(at);
    const key = { "idempotency-key": '"order-1"' };
    expect((await at.send(ANN, key)).status).toBe(202);
    const again = await at.send(ANN, key);
    expect([again.status, again.text, again.headers.get("idempotent-replayed")]).toEqual([202, JSON.stringify(ANN), "true"]);
    expect((await at.send({ ...ANN, firstname: "Anna" }, key)).status).toBe(422);
    expect(await countWaiting(at)).toBe(1);
    await resume(at);
    await drained(at);
    const decided = await at.send(ANN, key);
    expect([decided.status, decided.headers.get("idempotent-replayed")]).toEqual([200, "true"]);
    expect(decided.json).toEqual({ ...ANN, hookgate_id: (await at.customers())[0]!.id });
    expect(await at.customers()).toHaveLength(1);
  });

  test("a test call waits like any other, and a replay is written at once", async () => {
    const at = await scene();
    await at.send(ANN);
    const [first] = await at.calls();
    await pause(at);
    await at.browser.get(`${at.path}/test`);
    const tested = await at.browser.submit(`${at.path}/test`, { body: '{"email":"test@example.com"}' });
    expect(textOf(tested.html)).toContain("Answered with status 202");
    expect(textOf(tested.html)).toContain("the call waits like any other");
    expect(await countWaiting(at)).toBe(1);
    await at.browser.get(`/calls/${first!.id}/replay`);
    expect(textOf((await at.browser.submit(`/calls/${first!.id}/replay`)).html)).toContain("The call is replayed.");
    const [, waiting] = await at.calls();
    expect(waiting!.outcome).toBe("waiting");
    expect((await at.browser.get(`/calls/${waiting!.id}/replay`)).status).toBe(409);
    expect(textOf(at.browser.page.html)).toContain("This call waits to be written.");
  });

  test("so many calls can wait; the next one is answered 503 with Retry-After and problem details that name the pause", { timeout: 120_000 }, async () => {
    const at = await scene();
    await pause(at);
    const { store, clock } = hookgate;
    const call = (index: number) => ({
      call: {
        id: newTimeOrderedId(clock.now()),
        brandId: at.brandId,
        webhookId: at.webhook.id,
        receivedAt: clock.now(),
        duration: 1,
        reference: `REF${index}`,
        authenticated: true,
        clientId: null,
        applicationName: null,
        headers: "",
        body: "{}",
      },
      writes: null,
    });
    for (let made = 0; made < MAX_WAITING_CALLS; made += 1_000) await store.calls.commitCalls(Array.from({ length: 1_000 }, (_, index) => call(made + index)));
    const answer = await at.send(ANN);
    expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("content-type")]).toEqual([503, "60", "application/problem+json"]);
    expect(answer.json).toMatchObject({ type: "urn:hookgate:problem:queue-full", status: 503 } satisfies Partial<Problem>);
    expect((answer.json as Problem).detail).toContain("The webhook is paused, and 10,000 calls wait");
    await expect.poll(async () => (await at.calls())[0]?.reason).toContain("Resume the webhook");
    expect(await countWaiting(at)).toBe(MAX_WAITING_CALLS);
    await at.browser.get(at.path);
    expect(textOf(at.browser.page.html)).toContain("10,000 calls wait");
  });
});

describe("when it is resumed", () => {
  test("waiting calls are written in the order in which they came, and a call that comes meanwhile after them", async () => {
    const at = await scene();
    await pause(at);
    for (let number = 0; number < 30; number++) expect((await at.send({ ...ANN, firstname: `${number}` })).status).toBe(202);
    await resume(at);
    const last = await at.send({ ...ANN, firstname: "last" });
    expect([200, 202]).toContain(last.status);
    await drained(at);
    expect((await at.customers()).map(({ fields }) => fields.firstname)).toEqual(["last"]);
    const calls = await at.calls();
    expect(new Set(calls.map(({ outcome }) => outcome))).toEqual(new Set(["accepted"]));
    expect(calls.slice(1).every(({ status, customerIds }) => status === 202 && customerIds.length === 1)).toBe(true);
    expect((await at.send(ANN)).status).toBe(200);
  });

  test("a call that breaks a rule by then is refused, with the reason for its owner; those behind it are written", async () => {
    const at = await scene();
    await pause(at);
    for (const body of [{ email: "a@example.com" }, BROKEN, { firstname: "no key" }, { email: "b@example.com" }])
      expect((await at.send(body)).status).toBe(202);
    await resume(at);
    await drained(at);
    const calls = (await at.calls()).toReversed();
    expect(calls.map(({ outcome, status }) => `${outcome} ${status}`)).toEqual(["accepted 202", "refused 202", "refused 202", "accepted 202"]);
    expect(calls[1]!.reason).toBe("$.gender must be one of MAN, WOMAN, FAMILY, NONBINARY, UNKNOWN.");
    expect(calls[2]!.reason).toContain("$.email");
    expect(await at.customers()).toHaveLength(2);
    const page = textOf((await at.browser.get(`/calls/${calls[1]!.id}`)).html);
    expect(page).toContain("was refused when its turn came. Its caller was answered 202 before that.");
    expect(page).toContain("202, and the JSON of the body as it was.");
    expect(page).toContain("$.gender");
    expect(page).not.toContain("What the caller got");
    // It can be replayed, like any refused call, and its key is free.
    expect(textOf((await at.browser.get(`/calls/${calls[1]!.id}/replay`)).html)).toContain("Replay");
  });

  test("an idempotency key of a call that was refused then is free", async () => {
    const at = await scene();
    await pause(at);
    const key = { "idempotency-key": '"order-1"' };
    expect((await at.send(BROKEN, key)).status).toBe(202);
    await resume(at);
    await drained(at);
    expect((await at.send(BROKEN, key)).status).toBe(422);
    expect((await at.send(ANN, key)).status).toBe(200);
  });

  test("a webhook without a mapping has its first sample", async () => {
    const at = await scene(null);
    await pause(at);
    expect((await at.send(ANN)).status).toBe(202);
    await resume(at);
    await drained(at);
    expect(await at.calls()).toMatchObject([{ outcome: "sample", status: 202 }]);
  });

  test("and paused again, what still waits goes on waiting, in its order", async () => {
    const at = await scene();
    await pause(at);
    await at.send({ ...ANN, firstname: "1" });
    await hookgate.store.callQueues.resumeWebhook(at.webhook);
    await hookgate.store.callQueues.pauseWebhook(at.webhook, hookgate.clock.now());
    await at.send({ ...ANN, firstname: "2" });
    expect(await countWaiting(at)).toBe(2);
    await resume(at);
    await drained(at);
    expect((await at.customers()).map(({ fields }) => fields.firstname)).toEqual(["2"]);
  });

  test("calls of a webhook that was deleted meanwhile are refused with that as the reason", async () => {
    const at = await scene();
    await pause(at);
    await at.send(ANN);
    await at.browser.get(`${at.path}/delete`);
    expect(textOf(at.browser.page.html)).toContain("Calls that wait, if it is paused, are refused.");
    await at.browser.submit(`${at.path}/delete`);
    await drained(at);
    expect(await at.calls()).toMatchObject([{ outcome: "refused", status: 202, reason: "The webhook was deleted while this call waited." }]);
    expect(await at.customers()).toEqual([]);
  });

  test("a server that is stopped leaves what waits to the next one", async () => {
    const environment = { HOOKGATE_STORE: `sqlite:${temporaryFile()}`, HOOKGATE_SECRET: "one secret for both starts of this test" };
    const before = await startHookgate(environment);
    const at = await scene(BY_EMAIL, before);
    await pause(at);
    for (let number = 0; number < 5; number++) await at.send({ ...ANN, firstname: `${number}` });
    await before.store.callQueues.resumeWebhook(at.webhook);
    await before.close();
    const after = await startHookgate(environment);
    await expect.poll(() => after.store.callQueues.countWaiting(at.webhook), { timeout: 10_000 }).toBe(0);
    const { rows } = await after.store.customers.listCustomers(at.brandId, null, { limit: 10, after: null });
    expect(rows.map(({ fields }) => fields.firstname)).toEqual(["4"]);
    await after.close();
  });
});

describe("the console", () => {
  test("says what callers get, before a pause and while it lasts, and flags the webhook in the list", async () => {
    const at = await scene();
    await at.send({ email: "before@example.com" });
    const asked = textOf((await at.browser.get(`${at.path}/pause`)).html);
    expect(asked).toContain("Pause “Orders”?");
    expect(asked).toContain("answered 202 with the JSON that it sent");
    expect(asked).toContain("10,000 calls can wait.");
    await pause(at);
    expect(textOf(at.browser.page.html)).toContain("Callers are answered 202; no call waits yet.");
    expect(textOf((await at.browser.get("/webhooks")).html)).toContain("Orders Paused");
    await at.send(ANN);
    expect(textOf((await at.browser.get(at.path)).html)).toContain("Callers are answered 202; 1 call waits");
    expect(at.browser.page.html).toContain(`/calls?webhook=${at.webhook.id}&amp;outcome=waiting`);
    const [call] = await at.calls();
    const page = textOf((await at.browser.get(`/calls/${call!.id}`)).html);
    expect(page).toContain("It has written nothing yet: it is decided in its turn");
    expect(page).toContain("Outcome Waiting");
    expect(textOf((await at.browser.get("/")).html)).toContain("1 waiting");
    await resume(at);
    await drained(at);
    expect(textOf((await at.browser.get(`/calls/${call!.id}`)).html)).toContain("and was written when its turn came.");
    expect(textOf((await at.browser.get("/")).html)).not.toMatch(/waiting/i);
    expect(textOf((await at.browser.get(at.path)).html)).not.toContain("Callers are answered 202");
    expect(textOf((await at.browser.get("/webhooks")).html)).toContain("Orders Mapped");
  });

  test("only who sees a webhook pauses and resumes it, and one that takes no calls yet cannot be paused", async () => {
    const at = await scene();
    const colleague = await signedIn(hookgate, await addUser(hookgate, { brandId: at.brandId, role: "member", name: "Colleague" }));
    await colleague.get("/account");
    expect((await colleague.get(`${at.path}/pause`)).status).toBe(404);
    await colleague.get("/account");
    expect((await colleague.post(`${at.path}/pause`)).status).toBe(404);
    expect((await at.send(ANN)).status).toBe(200);
    await pause(at);
    await colleague.get("/account");
    expect((await colleague.post(`${at.path}/resume`)).status).toBe(404);
    expect((await at.send(ANN)).status).toBe(202);
    await hookgate.services.webhooks.delete({ brandId: at.brandId, userId: at.owner.id, isAdmin: false }, at.webhook.id);
    const added = await hookgate.services.webhooks.add({ brandId: at.brandId, ownerId: at.owner.id, name: "New", authentication: null, mapping: null });
    if (added.kind !== "added") throw new Error("Not added.");
    await at.browser.get("/account");
    expect((await at.browser.post(`/webhooks/${added.webhook.id}/pause`)).status).toBe(404);
    expect((await hookgate.store.webhooks.findWebhookById(added.webhook.id))?.pausedAt).toBeUndefined();
  });
});
