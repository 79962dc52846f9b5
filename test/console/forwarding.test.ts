/** The page on which calls are sent on to a target, and what becomes of a call on its way through the whole server. */
import { Webhook as StandardWebhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { OutboxMessage } from "../../src/forwarding/target.ts";
import { MINUTE } from "../../src/lib/clock.ts";
import { HttpTarget, withStatus } from "../forwarding/http-target.ts";
import { decodeEntities, textOf, type BrowserPage, type HttpBrowser } from "../support/http-browser.ts";
import { signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving } from "../webhooks/receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate({ HOOKGATE_FORWARD_TO: "127.0.0.1" });
});
afterAll(() => hookgate.close());

async function openTarget(): Promise<HttpTarget> {
  const target = await HttpTarget.open();
  onTestFinished(() => target.close());
  return target;
}

/** The owner of a webhook that maps e-mail addresses, at its page. */
async function owner(of = hookgate) {
  const scene = await receiving(of, BY_EMAIL);
  const browser = await signedIn(of, scene.owner);
  const path = `/webhooks/${scene.webhook.id}/forwarding`;
  return { ...scene, browser, path };
}

const facts = ({ html }: BrowserPage) =>
  new Map([...html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, label = "", value = ""]) => [label, textOf(value)]));
const errorOf = ({ html }: BrowserPage) => textOf(/id="url-error">(.*?)<\/p>/s.exec(html)?.[1] ?? "");
const secretOf = ({ html }: BrowserPage) => decodeEntities(/copy-field-secret.*?data-copy-source[^>]*>([^<]*)</s.exec(html)?.[1] ?? "");

async function forwardTo(browser: HttpBrowser, path: string, url: string): Promise<string> {
  await browser.get(path);
  const page = await browser.submit(path, { url });
  expect(page.status).toBe(200);
  return secretOf(page);
}

/** Loads the page until a fact is as it should be. */
const untilFact = (browser: HttpBrowser, path: string, name: string) => expect.poll(async () => facts(await browser.get(path)).get(name), { timeout: 20_000 });

describe("forwarding", () => {
  test("is set on a page of the webhook, shows the secret once, and sends each call that is answered 200, signed", async () => {
    const target = await openTarget();
    const { browser, path, webhook, send } = await owner();
    const before = await browser.get(`/webhooks/${webhook.id}`);
    expect(facts(before).get("Forwarding")).toBe("None Set up");
    const secret = await forwardTo(browser, path, target.url);
    expect(secret).toMatch(/^whsec_/);
    expect(browser.page.html).toContain("Calls are forwarded from the next one on.");
    expect(facts(browser.page).get("State")).toBe("Nothing sent yet");
    const again = await browser.get(path);
    expect(again.html).not.toContain(secret);
    expect(again.html).toContain("{Signing secret}");
    expect(facts(await browser.get(`/webhooks/${webhook.id}`)).get("Forwarding")).toBe("Each call to a target Show");

    for (const number of [1, 2, 3]) expect((await send({ email: "ann@example.com", number })).status).toBe(200);
    expect((await send({ email: "ann@example.com", gender: "wrong" })).status).toBe(422);
    await untilFact(browser, path, "Delivered").toBe("3");
    expect(target.bodies).toEqual([1, 2, 3].map((number) => JSON.stringify({ email: "ann@example.com", number })));
    const { headers, body, id } = target.received[0]!;
    const signature = new StandardWebhook(secret).sign(id, new Date(Number(headers["webhook-timestamp"]) * 1_000), body);
    expect(headers["webhook-signature"]).toBe(signature);
    expect((await browser.get(`/calls/${id}`)).status).toBe(200);
    expect(facts(await browser.get(path)).get("State")).toBe("Up to date");
  });

  test("sends a call once however often it is repeated with its idempotency key", async () => {
    const target = await openTarget();
    const { browser, path, send } = await owner();
    await forwardTo(browser, path, target.url);
    for (let sent = 0; sent < 3; sent++) await send({ email: "ann@example.com" }, { "idempotency-key": '"one"' });
    await send({ email: "ben@example.com" });
    await untilFact(browser, path, "Delivered").toBe("2");
    expect(target.bodies.toSorted()).toEqual(['{"email":"ann@example.com"}', '{"email":"ben@example.com"}']);
  });

  test("shows that a target fails, why, and what waits; it is tried again at once when somebody wants it", async () => {
    const target = await openTarget();
    target.answer = withStatus(503);
    const { browser, path, send } = await owner();
    await forwardTo(browser, path, target.url);
    await send({ email: "ann@example.com" });
    await send({ email: "ann@example.com", number: 2 });
    await untilFact(browser, path, "State").toBe("Failing");
    const page = browser.page;
    expect(textOf(page.html)).toContain("The last attempt failed. It answered 503.");
    expect(facts(page).get("Waiting")).toBe("2");
    expect(facts(page).get("Last success")).toBe("Never");
    expect(facts(page).has("Next attempt")).toBe(true);
    target.answer = withStatus(204);
    hookgate.clock.advance(1);
    await browser.submit(`${path}/retry`);
    // The clock stands still: only what is tried by hand is tried.
    hookgate.clock.advance(3_000);
    await untilFact(browser, path, "Waiting").toBe("0");
    expect(facts(browser.page).get("State")).toBe("Up to date");
  });

  test("lists dead messages, which are sent again one by one or all", async () => {
    const target = await openTarget();
    const { browser, path, webhook, brandId, send } = await owner();
    await forwardTo(browser, path, target.url);
    const { id: targetId } = (await hookgate.store.targets.findTarget(brandId, webhook.id))!;
    target.answer = withStatus(500);
    for (const name of ["ann", "ben", "cleo"]) await send({ email: `${name}@example.com` });
    await untilFact(browser, path, "Waiting").toBe("3");
    // As if a day had passed.
    const messages: readonly OutboxMessage[] = await hookgate.store.outbox.listMessages(targetId, 0, 10);
    const outcome = { kind: "dead", failure: "It answered 500.", attempts: 32, expiresAt: hookgate.clock.now() + MINUTE } as const;
    await hookgate.store.outbox.recordAttempts(messages.map((message) => ({ message, at: hookgate.clock.now(), outcome })));
    target.answer = withStatus(204);
    target.received.splice(0);
    const page = await browser.get(path);
    expect(facts(page).get("Dead")).toBe("3");
    for (const { callId } of messages) expect(page.html).toContain(`href="/calls/${callId}"`);
    expect((await browser.submit(`${path}/dead/2`)).html).toContain("The message is sent again");
    expect((await browser.post(`${path}/dead/2`)).status).toBe(404);
    for (const wrong of ["0", "-1", "x", "1e3", "99999999999999999999"]) {
      await browser.get(path);
      expect((await browser.post(`${path}/dead/${wrong}`)).status, wrong).toBe(404);
    }
    await browser.get(path);
    expect((await browser.post(`${path}/dead`)).html).toContain("2 messages are sent again");
    hookgate.clock.advance(10 * MINUTE);
    await expect.poll(() => target.bodies.length, { timeout: 20_000 }).toBe(3);
    expect(target.received.map(({ id }) => id).toSorted()).toEqual(messages.map(({ callId }) => callId).toSorted());
    expect(textOf((await browser.get(path)).html)).toContain("No message is dead.");
  });

  test("makes a new secret, after asking", async () => {
    const target = await openTarget();
    const { browser, path } = await owner();
    const first = await forwardTo(browser, path, target.url);
    await browser.get(`${path}/secret`);
    expect(textOf(browser.page.html)).toContain("The target refuses them until it has that one.");
    const second = secretOf(await browser.submit(`${path}/secret`));
    expect(second).toMatch(/^whsec_/);
    expect(second).not.toBe(first);
  });

  test("is stopped, after asking, and what waits is never sent", async () => {
    const target = await openTarget();
    target.answer = withStatus(503);
    const { browser, path, webhook, send } = await owner();
    await forwardTo(browser, path, target.url);
    await send({ email: "ann@example.com" });
    await untilFact(browser, path, "Waiting").toBe("1");
    await browser.get(`${path}/remove`);
    expect(textOf(browser.page.html)).toContain("1 waiting and 0 dead messages are thrown away.");
    const page = await browser.submit(`${path}/remove`);
    expect(new URL(page.url).pathname).toBe(`/webhooks/${webhook.id}`);
    expect((await send({ email: "ann@example.com" })).status).toBe(200);
    for (const rest of ["/secret", "/remove"]) expect((await browser.get(path + rest)).status).toBe(404);
    for (const rest of ["/secret", "/remove", "/retry", "/dead", "/dead/1"]) {
      await browser.get(path);
      expect((await browser.post(path + rest)).status, rest).toBe(404);
    }
    expect(textOf((await browser.get(path)).html)).toContain("Forward calls");
  });

  test("goes to a new URL as soon as one is saved", async () => {
    const [target, moved] = [await openTarget(), await openTarget()];
    target.answer = withStatus(404);
    const { browser, path, send } = await owner();
    await forwardTo(browser, path, target.url);
    await send({ email: "ann@example.com" });
    await untilFact(browser, path, "State").toBe("Failing");
    hookgate.clock.advance(1);
    await browser.post(path, { url: moved.url });
    expect(browser.page.html).toContain("The URL is saved. What waits is sent there.");
    hookgate.clock.advance(3_000);
    await untilFact(browser, path, "Waiting").toBe("0");
    expect(moved.bodies).toEqual(['{"email":"ann@example.com"}']);
  });
});

describe("a URL is refused beside its field, with what was typed", () => {
  test.each([
    ["", "Enter a URL that begins with https://."],
    ["target.example", "Enter a URL that begins with https://."],
    ["ftp://target.example/", "Enter a URL that begins with https://."],
    ["javascript:alert(1)", "Enter a URL that begins with https://."],
    ["https://user:word@target.example/", "Remove the user name and password: messages are signed instead."],
    ["https://target.example/#part", "Remove what stands behind the #: it is never sent."],
    ["http://1.1.1.1/", "Enter a URL that begins with https://. Plain http is only for addresses that the operator has named in HOOKGATE_FORWARD_TO."],
    ["https://127.0.0.2/", "This address is inside a network. The operator can allow it with HOOKGATE_FORWARD_TO."],
    ["https://[::1]/", "This address is inside a network. The operator can allow it with HOOKGATE_FORWARD_TO."],
    ["https://169.254.169.254/latest/meta-data/", "This address is inside a network. The operator can allow it with HOOKGATE_FORWARD_TO."],
    ["https://[::ffff:10.0.0.1]/", "This address is inside a network. The operator can allow it with HOOKGATE_FORWARD_TO."],
    ["https://0x7f.2/", "This address is inside a network. The operator can allow it with HOOKGATE_FORWARD_TO."],
    [`https://target.example/${"a".repeat(2_000)}`, "Shorten the URL to 2,000 characters."],
  ])("%j", async (url, error) => {
    const { browser, path, webhook, brandId } = await owner();
    await browser.get(path);
    const page = await browser.submit(path, { url });
    expect(page.status).toBe(422);
    expect(errorOf(page)).toBe(error);
    expect(decodeEntities(page.html)).toContain(url === "" ? 'type="text" value autocomplete' : `value="${url}"`);
    expect(await hookgate.store.targets.findTarget(brandId, webhook.id)).toBeUndefined();
  });

  test("of a target that is there the old one stays", async () => {
    const target = await openTarget();
    const { browser, path, webhook, brandId } = await owner();
    await forwardTo(browser, path, target.url);
    expect((await browser.submit(path, { url: "https://10.0.0.1/" })).status).toBe(422);
    expect((await hookgate.store.targets.findTarget(brandId, webhook.id))!.url).toBe(target.url);
  });
});

test("a name that leads inside is found out when something is sent, without HOOKGATE_FORWARD_TO for every name", async () => {
  const strict = await startHookgate();
  onTestFinished(() => strict.close());
  const target = await openTarget();
  const { browser, path, send } = await owner(strict);
  await forwardTo(browser, path, `https://localhost:${target.port}/`);
  expect((await send({ email: "ann@example.com" })).status).toBe(200);
  await untilFact(browser, path, "State").toBe("Failing");
  expect(textOf(browser.page.html)).toContain("an address inside a network");
  expect(target.received).toEqual([]);
});
