/** Two nodes on one PostgreSQL database, as callers behind a load balancer see them. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { callQuotaOf } from "../../src/brands/call-quota.ts";
import { openStream } from "../support/open-stream.ts";
import { PostgresServer, runOn } from "../support/postgres-server.ts";
import { addBrand, addRefusedCalls, addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, post, receiving, type Answer, type Receiving } from "../webhooks/receiving.ts";
import { addClient, basic, clientCredentials, postToken } from "../protocol/protocol-kit.ts";

const SECRET = "one secret for every node of this test";

let server: PostgresServer;
let one: TestHookgate;
let two: TestHookgate;

beforeAll(async () => {
  server = await PostgresServer.start();
  await runOn(server.url("postgres"), "create database nodes");
  const environment = { HOOKGATE_STORE: server.url("nodes"), HOOKGATE_SECRET: SECRET, HOOKGATE_TRUSTED_PROXIES: "127.0.0.1" };
  [one, two] = [await startHookgate(environment), await startHookgate(environment)];
}, 60_000);
afterAll(async () => {
  await Promise.all([one, two].map((node) => node.close()));
  await server.remove();
}, 60_000);

/** What a change on one node may take to hold on the other. */
const WITHIN_A_SECOND = { timeout: 1_000, interval: 20 };

/** A webhook and a token that work on both nodes. */
let scene: Receiving;
beforeEach(async () => {
  scene = await receiving(one, BY_EMAIL);
  expect((await sendTo(two)).status).toBe(200);
});

function sendTo(node: TestHookgate, body: object = { email: "ada@example.com" }, headers: Record<string, string> = {}): Promise<Answer> {
  const authorization = `Bearer ${scene.token}`;
  return post(`${node.url}/hooks/${scene.webhook.id}`, body, { authorization, "content-type": "application/json", ...headers });
}

const refusedByTwo = (status: number) => vi.waitFor(async () => expect((await sendTo(two)).status).toBe(status), WITHIN_A_SECOND);
const admin = ({ brandId, owner }: Receiving) => ({ brandId, userId: owner.id, isAdmin: true });

describe("what one node changes holds on the other within a second:", () => {
  test("a revoked token", async () => {
    const client = await addClient(one);
    const issued = await clientCredentials(one, client, { scope: "apps.webhook:execute" });
    const token = String(issued.json["access_token"]);
    const { webhook } = await one.services.webhooks
      .add({ brandId: one.brandId, ownerId: client.owner.id, name: "Own", authentication: "oauth2", mapping: null })
      .then((added) => (added.kind === "added" ? added : Promise.reject(new Error("not added"))));
    const call = () => post(`${two.url}/hooks/${webhook.id}`, {}, { authorization: `Bearer ${token}`, "content-type": "application/json" });
    expect((await call()).status).toBe(200);
    expect((await postToken(one, { token }, { authorization: basic(client) }, "/oauth2/revoke")).status).toBe(200);
    await vi.waitFor(async () => expect((await call()).status).toBe(401), WITHIN_A_SECOND);
  });

  test("a user who was deactivated, and one who may again", async () => {
    await addUser(one, { brandId: scene.brandId, role: "admin", name: "Another admin" });
    await one.services.userService.deactivate(scene.brandId, scene.owner.id);
    await refusedByTwo(401);
    await one.services.userService.reactivate(scene.brandId, scene.owner.id);
    await refusedByTwo(200);
  });

  test("an application that was deleted", async () => {
    expect(await one.services.applications.delete(admin(scene), scene.clientId)).toBe(true);
    await refusedByTwo(401);
  });

  test("a webhook whose mapping was changed, and one that was deleted", async () => {
    await one.services.webhooks.setMapping(admin(scene), scene.webhook.id, {
      fields: [{ path: "$.mail", field: "emailaddress" }],
      deduplicateBy: ["emailaddress"],
    });
    await refusedByTwo(422);
    await one.services.webhooks.delete(admin(scene), scene.webhook.id);
    await refusedByTwo(404);
  });

  test("a key of the ring that was revoked: nothing that it signed is good any more, and new tokens of either node are", async () => {
    const [key] = await one.services.keyRing.list();
    await one.services.keyRing.rotate();
    for (const node of [one, two]) node.clock.advance(10_000);
    await one.services.keyRing.revoke(key!.id);
    await refusedByTwo(401);
    for (const from of [one, two]) {
      const { accessToken } = await from.services.accessTokens.issue({
        clientId: scene.clientId,
        grantId: null,
        userId: null,
        grantedScopes: ["apps.webhook:execute"],
      });
      for (const at of [one, two]) expect((await sendTo(at, undefined, { authorization: `Bearer ${accessToken}` })).status).toBe(200);
    }
  });
});

describe("a pause on one node", () => {
  test("holds on the other from the next call on, and nothing overtakes what waits, whichever node calls come to and whichever is resumed", async () => {
    const path = `/webhooks/${scene.webhook.id}`;
    const browsers = [await signedIn(one, scene.owner), await signedIn(two, scene.owner)];
    let sent = 0;
    const statuses = new Set<number>();
    const sendNext = async () => {
      sent += 1;
      const { status } = await sendTo(sent % 2 ? one : two, { email: "ada@example.com", firstname: `${sent}` });
      statuses.add(status);
      return status;
    };
    const firstname = async () => (await scene.customers())[0]!.fields.firstname;
    for (let round = 0; round < 4; round++) {
      const [pausing, resuming] = round % 2 ? browsers.toReversed() : browsers;
      await pausing!.get(`${path}/pause`);
      await pausing!.submit(`${path}/pause`);
      for (let count = 0; count < 6; count++) expect(await sendNext()).toBe(202);
      await resuming!.get(path);
      const resumed = resuming!.submit(`${path}/resume`);
      // One caller, who waits for each answer: nothing that it sends may be undone by what it sent before.
      for (let count = 0; count < 6; count++) await sendNext();
      await resumed;
      await vi.waitFor(async () => expect(await one.store.callQueues.countWaiting(scene.webhook)).toBe(0), { timeout: 10_000 });
      expect(await firstname()).toBe(`${sent}`);
      expect(await sendNext()).toBe(200);
      expect(await firstname()).toBe(`${sent}`);
    }
    expect(statuses.isSubsetOf(new Set([200, 202]))).toBe(true);
    const calls = (await scene.calls()).filter(({ status }) => status === 202);
    expect(calls.length).toBeGreaterThanOrEqual(24);
    expect(new Set(calls.map(({ outcome }) => outcome))).toEqual(new Set(["accepted"]));
  });

  test("a queue of many calls that both nodes may drain is drained once", async () => {
    const added = await one.services.webhooks.add({
      brandId: scene.brandId,
      ownerId: scene.owner.id,
      name: "Many",
      authentication: "oauth2",
      mapping: { ...BY_EMAIL, deduplicateBy: [] },
    });
    if (added.kind !== "added") throw new Error("Not added.");
    const { webhook } = added;
    await one.store.callQueues.pauseWebhook(webhook, one.clock.now());
    const call = (node: TestHookgate, email: string) =>
      post(`${node.url}/hooks/${webhook.id}`, { email }, { authorization: `Bearer ${scene.token}`, "content-type": "application/json" });
    const emails = Array.from({ length: 150 }, (_, index) => `many-${index}@example.com`);
    const answers = await Promise.all(emails.map((email, index) => call(index % 2 ? one : two, email)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const resume = (node: TestHookgate) =>
      signedIn(node, scene.owner).then(async (browser) => {
        await browser.get(`/webhooks/${webhook.id}`);
        return browser.submit(`/webhooks/${webhook.id}/resume`);
      });
    await Promise.allSettled([resume(one), resume(two)]);
    await vi.waitFor(async () => expect(await one.store.callQueues.countWaiting(webhook)).toBe(0), { timeout: 20_000 });
    const stored = (await scene.customers()).map(({ fields }) => fields.emailaddress).filter((email) => email?.startsWith("many-"));
    expect([stored.length, new Set(stored)]).toEqual([emails.length, new Set(emails)]);
  });
});

test("the live view on one node tells of a call that the other has taken", async () => {
  const browser = await signedIn(two, scene.owner);
  const [, seen] = /data-stream="[^"]*" data-seen="([^"]*)"/.exec((await browser.get(`/webhooks/${scene.webhook.id}`)).html)!;
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const stream = await openStream(`${two.url}/calls/live?webhook=${scene.webhook.id}&seen=${seen}`, { cookie });
  expect((await sendTo(one)).status).toBe(200);
  expect((await stream.next())?.event).toBe("change");
  await stream.close();
});

describe("what is counted or taken once holds for both nodes together:", () => {
  test("one customer for one e-mail address, however many calls arrive on both at once", async () => {
    const emails = Array.from({ length: 5 }, (_, index) => `person-${index}@example.com`);
    const answers = await Promise.all(emails.flatMap((email) => [one, two, one, two].map((node) => sendTo(node, { email }))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const stored = new Set((await scene.customers()).map(({ fields }) => fields.emailaddress));
    expect(stored).toEqual(new Set(["ada@example.com", ...emails]));
    expect(await scene.customers()).toHaveLength(emails.length + 1);
  });

  test("an idempotency key takes effect once", async () => {
    const headers = { "idempotency-key": '"order-1"' };
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => sendTo(index % 2 ? one : two, { email: "once@example.com" }, headers)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get("idempotent-replayed") === "true")).toHaveLength(19);
  });

  test("a signed call is taken once, whichever node it is sent to again", async () => {
    const added = await one.services.webhooks.add({
      brandId: scene.brandId,
      ownerId: scene.owner.id,
      name: "Signed",
      authentication: "signature",
      settings: { form: "standard" },
      mapping: null,
    });
    if (added.kind !== "added") throw new Error("Not added.");
    const credential = await one.services.webhooks.addCredential(admin(scene), added.webhook.id);
    if (credential.kind !== "added") throw new Error("No secret.");
    const seconds = String(Math.floor(one.clock.now() / 1_000));
    const signature = createHmac("sha256", Buffer.from(credential.secret.replace("whsec_", ""), "base64"))
      .update(`msg_1.${seconds}.{}`)
      .digest("base64");
    const headers = { "content-type": "application/json", "webhook-id": "msg_1", "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
    const answers = await Promise.all([one, two, one, two].map((node) => post(`${node.url}/hooks/${added.webhook.id}`, "{}", headers)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.filter((answer) => answer.headers.get("idempotent-replayed") === null)).toHaveLength(1);
  });

  test("the brand's quota", async () => {
    const { store, clock } = one;
    const quota = callQuotaOf((await one.services.brands.find(scene.brandId))!, clock.now())!;
    const [id] = await addRefusedCalls(one, scene.webhook, [{}]);
    const call = (await store.calls.findCall(scene.brandId, id!))!;
    const used = 1;
    for (let made = used; made < quota.limit - 10; made += 5_000) {
      const size = Math.min(5_000, quota.limit - 10 - made);
      await store.calls.insertRefusedCalls(Array.from({ length: size }, (_, index) => ({ ...call, id: `${id}-${made + index}`, quota })));
    }
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => sendTo(index % 2 ? one : two)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  });

  test("failed authentications of a client, after the first failure on the other node", async () => {
    const client = await addClient(one);
    const tryAt = (node: TestHookgate, clientSecret: string) =>
      postToken(node, { grant_type: "client_credentials" }, { authorization: basic({ ...client, clientSecret }), "x-forwarded-for": "203.0.113.7" });
    for (let count = 0; count < 10; count++) expect((await tryAt(one, "wrong")).status).toBe(401);
    expect((await tryAt(two, "wrong")).status).toBe(401);
    await vi.waitFor(async () => expect((await tryAt(two, client.clientSecret)).status).toBe(429));
  });

  test("a brand that one node adds can be used on the other at once", async () => {
    const brandId = await addBrand(one, "Seen by both");
    expect((await two.services.brands.find(brandId))?.name).toBe("Seen by both");
  });
});

test("a node whose database is away for more than a second answers 503 with Retry-After everywhere, and recovers by itself", { timeout: 60_000 }, async () => {
  const client = await addClient(one);
  await server.stop("SIGQUIT");
  await vi.waitFor(async () => expect((await fetch(`${two.url}/readyz`)).status).toBe(503), { timeout: 3_000, interval: 50 });
  const answers = [
    await sendTo(two),
    await clientCredentials(two, client),
    await postToken(two, { token: scene.token }, { authorization: basic(client) }, "/oauth2/revoke"),
    await fetch(`${two.url}/users`, { headers: { cookie: "hookgate_session=x" } }),
    await fetch(`${two.url}/readyz`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
  expect(answers.map(({ headers }) => headers.get("retry-after"))).toEqual(["1", "1", "1", "1", "1"]);
  expect((await fetch(`${two.url}/livez`)).status).toBe(200);
  await server.restart();
  for (const node of [one, two]) await vi.waitFor(async () => expect((await sendTo(node)).status).toBe(200), { timeout: 10_000, interval: 50 });
});
