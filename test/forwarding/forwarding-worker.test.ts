import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { MAX_ATTEMPTS, MAX_REFUSED_ATTEMPTS } from "../../src/forwarding/backoff.ts";
import { LEASE } from "../../src/forwarding/forwarding-worker.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/lib/clock.ts";
import { newPendingCall } from "../conformance/fixture.ts";
import { HttpTarget, withStatus, type Answer } from "./http-target.ts";
import { Sending } from "./sending.ts";

/** For what needs the network, on a machine that has other things to do. */
const PATIENCE = { timeout: 30_000 };

/** Answers 500 where the body is one of these, and 204 else. */
const failing =
  (...bodies: readonly string[]): Answer =>
  ({ body }, response) =>
    void response.writeHead(bodies.includes(body) ? 500 : 204).end();

describe("a message", () => {
  test("is the body of its call as it was received, under the id of the call, and signed as the standardwebhooks package wants it", async () => {
    const sending = await Sending.open();
    const body = '{ "email":"ann@example.com","n":1.0e3,"text":"näïve \\u0041" }\n';
    const id = await sending.call(body, "ann");
    await sending.until(sending.worker(), 0);
    const [received] = sending.httpTarget.received;
    expect(received).toMatchObject({ body, id, path: "/in", headers: { "content-type": "application/json", "user-agent": "Hookgate/1" } });
    const headers = received!.headers as Record<string, string>;
    expect(headers["webhook-timestamp"]).toBe(String(sending.clock.now() / SECOND));
    // The package knows no other clock than the machine's.
    const signed = new Webhook(sending.secret).sign(id, new Date(sending.clock.now()), body);
    expect(headers["webhook-signature"]).toBe(signed);
    expect(sending.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });

  test("is verified by the standardwebhooks package, and not when anything of it was changed", async () => {
    const sending = await Sending.open();
    sending.clock.advance(Date.now() - sending.clock.now());
    await sending.call('{"a":1}', "ann");
    await sending.until(sending.worker(), 0);
    const { body, headers } = sending.httpTarget.received[0]!;
    const webhook = new Webhook(sending.secret);
    const signed = headers as Record<string, string>;
    expect(webhook.verify(body, signed)).toEqual({ a: 1 });
    expect(() => webhook.verify('{"a":2}', signed)).toThrow();
    expect(() => webhook.verify(body, { ...signed, "webhook-id": "another" })).toThrow();
    expect(() => webhook.verify(body, { ...signed, "webhook-timestamp": String(Number(signed["webhook-timestamp"]) + 1) })).toThrow();
    expect(() => new Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").verify(body, signed)).toThrow();
  });

  test("keeps its id over all attempts, and is signed anew for each", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = withStatus(503);
    const id = await sending.call("{}", "ann");
    await sending.settle(worker);
    sending.httpTarget.answer = withStatus(200);
    await sending.pass(10 * SECOND, worker);
    await sending.until(worker, 0);
    const { received } = sending.httpTarget;
    expect(received.map((each) => each.id)).toEqual([id, id]);
    expect(new Set(received.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(2);
    expect(new Set(received.map(({ headers }) => headers["webhook-signature"])).size).toBe(2);
  });

  test("of a call that waits is in the outbox when the call is decided, and not before", async () => {
    const sending = await Sending.open();
    const { store, webhook, clock, httpTarget, target } = sending;
    const worker = sending.worker();
    await store.callQueues.pauseWebhook(webhook, clock.now());
    const pending = { ...newPendingCall(webhook, null, { body: '{"a":1}' }), forwardTo: target.id };
    expect(await store.calls.commitCalls([pending])).toMatchObject([{ kind: "waiting" }]);
    await sending.settle(worker);
    expect(httpTarget.received).toEqual([]);
    await store.callQueues.resumeWebhook(webhook);
    const decided = { call: pending.call, writes: null, drains: { refused: null }, forwardTo: target.id };
    expect(await store.calls.commitCalls([decided, decided])).toMatchObject([{ kind: "sample" }, { kind: "not-next" }]);
    await sending.until(worker, 0);
    expect(httpTarget.received.map(({ id, body }) => [id, body])).toEqual([[pending.call.id, '{"a":1}']]);
  });

  test("is not in the outbox any more when it is delivered, and the target's health tells of it", async () => {
    const sending = await Sending.open();
    await sending.call("{}", "ann");
    await sending.call("{}");
    await sending.until(sending.worker(), 0);
    expect(await sending.health()).toEqual({ delivered: 2, lastSuccessAt: sending.clock.now(), lastFailureAt: null, lastFailure: null });
  });

  test("is sent at once when its call is committed, without waiting for a look", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    for (const body of ["1", "2"]) {
      await sending.call(body, "ann");
      worker.wake(sending.target.id);
    }
    await expect.poll(() => sending.httpTarget.bodies, PATIENCE).toEqual(["1", "2"]);
  });
});

describe("order", () => {
  test("messages of one customer go one after the other, those of several at once", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    let ofAnn = 0;
    let mostOfAnn = 0;
    sending.httpTarget.answer = async ({ body }, response) => {
      if (body.startsWith("ann")) mostOfAnn = Math.max(mostOfAnn, ++ofAnn);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (body.startsWith("ann")) ofAnn -= 1;
      response.writeHead(200).end();
    };
    const names = ["ann", "ben", "cleo", "dora"];
    for (let round = 0; round < 5; round++) for (const name of names) await sending.call(`${name} ${round}`, name);
    await sending.until(worker, 0);
    for (const name of names) {
      const own = sending.httpTarget.bodies.filter((body) => body.startsWith(name));
      expect(own).toEqual([0, 1, 2, 3, 4].map((round) => `${name} ${round}`));
    }
    expect(mostOfAnn).toBe(1);
    expect(sending.httpTarget.most).toBe(4);
  });

  test("a message that fails holds up those of its customer and no other", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = ({ body }, response) => void response.writeHead(body === "ann 1" ? 409 : 204).end();
    for (const body of ["ann 1", "ben 1", "ann 2", "ben 2", "ann 3"]) await sending.call(body, body.slice(0, 3));
    await sending.until(worker, 3);
    expect(sending.httpTarget.bodies.filter((body) => body.startsWith("ben"))).toEqual(["ben 1", "ben 2"]);
    sending.httpTarget.answer = withStatus(204);
    await sending.pass(6 * SECOND, worker);
    await sending.until(worker, 0);
    expect(sending.httpTarget.bodies.filter((body) => body.startsWith("ann"))).toEqual(["ann 1", "ann 1", "ann 2", "ann 3"]);
  });

  test("however many wait behind one that fails, others pass them", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = ({ body }, response) => void response.writeHead(body === "ann 0" ? 409 : 204).end();
    for (let number = 0; number < 350; number++) await sending.call(`ann ${number}`, "ann");
    await sending.call("ben", "ben");
    await sending.until(worker, 350);
    expect(sending.httpTarget.bodies).toContain("ben");
    sending.httpTarget.answer = withStatus(204);
    await sending.pass(6 * SECOND, worker);
    await sending.until(worker, 0);
    const ofAnn = sending.httpTarget.bodies.filter((body) => body.startsWith("ann")).slice(-350);
    expect(ofAnn).toEqual(Array.from({ length: 350 }, (_, number) => `ann ${number}`));
  });

  test("a call about several customers waits for all before it, and all behind it wait", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = ({ body }, response) => void response.writeHead(body === "ann 1" ? 409 : 204).end();
    await sending.call("ann 1", "ann");
    await sending.call("ben 1", "ben");
    await sending.call("both", "ann", "ben");
    await sending.call("ben 2", "ben");
    await sending.until(worker, 3);
    expect(sending.httpTarget.bodies.toSorted()).toEqual(["ann 1", "ben 1"]);
    sending.httpTarget.answer = withStatus(204);
    await sending.pass(6 * SECOND, worker);
    await sending.until(worker, 0);
    expect(sending.httpTarget.bodies.slice(-3)).toEqual(["ann 1", "both", "ben 2"]);
  });

  test("calls that find no customer are sent in the order of the webhook, one at a time", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    const bodies = Array.from({ length: 150 }, (_, number) => String(number));
    for (const body of bodies) {
      if (Number(body) % 2 === 0) await sending.call(body);
      else await sending.commit(newPendingCall(sending.webhook, [{ changes: { firstname: "A" }, deduplicateBy: null }], { body }));
    }
    await sending.until(worker, 0);
    expect(sending.httpTarget.bodies).toEqual(bodies);
    expect(sending.httpTarget.most).toBe(1);
  });

  test("what arrives while others are being sent comes behind them", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    let sent = 0;
    sending.httpTarget.answer = async (_received, response) => {
      if (sent < 60) {
        await sending.call(`ann ${sent++}`, "ann");
        await sending.call(`ben ${sent++}`, "ben");
        worker.wake(sending.target.id);
      }
      response.writeHead(200).end();
    };
    await sending.call("ann first", "ann");
    await worker.tick();
    await expect.poll(() => sending.httpTarget.received.length, PATIENCE).toBe(61);
    await sending.until(worker, 0);
    for (const name of ["ann", "ben"]) {
      const numbers = sending.httpTarget.bodies.filter((body) => body.startsWith(name) && !body.endsWith("first")).map((body) => Number(body.slice(4)));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(new Set(numbers).size).toBe(30);
    }
  });
});

describe("a target that fails", () => {
  test("is tried again after waits that double from five seconds to an hour, and never earlier", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = withStatus(409);
    await sending.call("{}", "ann");
    let wait = 5 * SECOND;
    for (let attempts = 1; attempts <= 13; attempts++) {
      await sending.settle(worker);
      expect(sending.httpTarget.received).toHaveLength(attempts);
      expect(await sending.oldest()).toMatchObject({ attempts, dueAt: sending.clock.now() + wait });
      await sending.pass(wait - 1, worker);
      await sending.settle(worker);
      expect(sending.httpTarget.received).toHaveLength(attempts);
      sending.clock.advance(1);
      wait = Math.min(2 * wait, HOUR);
    }
  });

  test("is dead after so many attempts, about a day, and the next of its customer goes on", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = ({ body }, response) => void response.writeHead(body === "ann 1" ? 409 : 204).end();
    const begun = sending.clock.now();
    const id = await sending.call("ann 1", "ann");
    await sending.call("ann 2", "ann");
    for (let attempts = 1; attempts <= MAX_ATTEMPTS; attempts++) await sending.toNextAttempt(worker);
    await sending.until(worker, 0, 1);
    expect(sending.httpTarget.bodies).toEqual([...Array.from({ length: MAX_ATTEMPTS }, () => "ann 1"), "ann 2"]);
    expect(await sending.dead()).toMatchObject([{ callId: id, attempts: MAX_ATTEMPTS, failure: "It answered 409." }]);
    expect((sending.clock.now() - begun) / DAY).toBeGreaterThan(0.9);
    expect((sending.clock.now() - begun) / DAY).toBeLessThan(1.1);
  });

  test.each([400, 413, 415, 422])("a message that it refuses as it is, with %i, is dead sooner", async (status) => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = withStatus(status);
    await sending.call("{}", "ann");
    for (let attempts = 1; attempts < MAX_REFUSED_ATTEMPTS; attempts++) {
      await sending.toNextAttempt(worker);
      expect(await sending.oldest()).toMatchObject({ attempts });
    }
    await sending.toNextAttempt(worker);
    await sending.until(worker, 0, 1);
    expect(sending.httpTarget.received).toHaveLength(MAX_REFUSED_ATTEMPTS);
  });

  test.each([500, 503, 429, 408, 404, 401, 301])("%i is of the target: one message is tried, the others wait until it is back", async (status) => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = withStatus(status);
    for (let number = 0; number < 20; number++) await sending.call(`${number}`, `person-${number}`);
    await sending.settle(worker);
    const atFirst = sending.httpTarget.received.length;
    expect(atFirst).toBeLessThanOrEqual(8);
    await sending.pass(4 * SECOND, worker);
    await sending.settle(worker);
    expect(sending.httpTarget.received).toHaveLength(atFirst);
    for (let probe = 1; probe <= 3; probe++) {
      await sending.pass(5 * MINUTE, worker);
      await sending.settle(worker);
    }
    expect(sending.httpTarget.received.length - atFirst).toBeLessThanOrEqual(10);
    sending.httpTarget.answer = withStatus(204);
    await sending.pass(5 * MINUTE, worker);
    await expect
      .poll(async () => {
        await sending.pass(MINUTE, worker);
        return (await sending.store.targets.countMessages(DEFAULT_BRAND_ID, sending.target.id)).waiting;
      }, PATIENCE)
      .toBe(0);
    expect(new Set(sending.httpTarget.bodies).size).toBe(20);
  });

  test("one message that it cannot work on does not stop the others for long", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = failing("ann");
    await sending.call("ann", "ann");
    for (let number = 0; number < 10; number++) await sending.call(`${number}`, `person-${number}`);
    await sending.settle(worker);
    await sending.pass(10 * SECOND, worker);
    await sending.until(worker, 1);
    expect((await sending.oldest())!.attempts).toBeGreaterThan(0);
    expect(await sending.health()).toMatchObject({ delivered: 10, lastFailure: "It answered 500." });
  });

  test("what is sent to it by hand is sent at once: the pause and the waits end", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = withStatus(500);
    await sending.call("1", "ann");
    await sending.settle(worker);
    for (let attempts = 0; attempts < 6; attempts++) {
      await sending.pass(5 * MINUTE, worker);
      await sending.settle(worker);
    }
    const before = sending.httpTarget.received.length;
    sending.httpTarget.answer = withStatus(204);
    sending.clock.advance(1);
    await sending.service.tryNow(sending.webhook);
    await sending.pass(3 * SECOND, worker);
    await sending.until(worker, 0);
    expect(sending.httpTarget.received).toHaveLength(before + 1);
  });

  test("a redirect, also to 127.0.0.1, is not followed", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    const elsewhere = await HttpTarget.open();
    sending.httpTarget.answer = withStatus(302, { location: elsewhere.url });
    await sending.call("{}", "ann");
    await sending.settle(worker);
    await elsewhere.close();
    expect(elsewhere.received).toEqual([]);
    expect((await sending.health()).lastFailure).toBe("It answered 302: a redirect, which is not followed. Change the URL to where it leads.");
  });

  test("one whose name leads inside when it is asked again (DNS rebinding) gets nothing there", async () => {
    let address = "127.0.0.1";
    const sending = await Sending.open({ resolve: async () => [{ address, family: 4 as const }] });
    const worker = sending.worker();
    const inner = sending.httpTarget;
    await sending.service.setUrl(sending.webhook, `http://target.example:${inner.port}/`);
    await sending.call("1", "ann");
    await sending.until(worker, 0);
    address = "127.0.0.2"; // Not one that the operator has named.
    await sending.call("2", "ann");
    await sending.settle(worker);
    expect(inner.bodies).toEqual(["1"]);
    expect((await sending.health()).lastFailure).toContain("an address inside a network");
  });

  test.each<[string, Answer, string]>([
    ["hangs", () => {}, "It did not answer within 15 seconds, or could not be connected to within 5. It should answer first and work afterwards."],
    ["resets the connection", (_received, response) => void response.socket?.resetAndDestroy(), "It ended the connection before it had answered."],
    [
      "answers byte by byte for ever",
      (_received, response) => dribble(response.socket!),
      "It did not answer within 15 seconds, or could not be connected to within 5. It should answer first and work afterwards.",
    ],
    [
      "speaks something else",
      (_received, response) => void response.socket?.end("220 mail.example ESMTP\r\n"),
      "What it answered is not HTTP, or its headers are longer than 16 KB.",
    ],
  ])("one that %s is given up, tried again, and gets the message when it works", async (_what, answer, failure) => {
    const sending = await Sending.open({ limits: { connect: 2_000, whole: 2_000 } });
    const worker = sending.worker();
    sending.httpTarget.answer = answer;
    await sending.call("1", "ann");
    await sending.call("2", "ann");
    await worker.tick();
    await expect.poll(async () => (await sending.health()).lastFailure, PATIENCE).toBe(failure);
    sending.httpTarget.answer = withStatus(204);
    await sending.pass(10 * SECOND, worker);
    await sending.until(worker, 0);
    expect(sending.httpTarget.bodies).toEqual(["1", "1", "2"]);
  });

  test("one that hangs takes nothing away from another", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    const another = await anotherTarget(sending);
    sending.httpTarget.answer = () => {};
    for (let number = 0; number < 40; number++) await sending.call(`${number}`, `person-${number}`);
    await another.call("for the other");
    await worker.tick();
    await expect.poll(() => another.httpTarget.bodies, PATIENCE).toEqual(["for the other"]);
    expect(sending.httpTarget.most).toBeLessThanOrEqual(8);
  });
});

function dribble(socket: NonNullable<Parameters<Answer>[1]["socket"]>): void {
  socket.write("HTTP/1.1 200 OK\r\nX-Slow: ");
  const timer = setInterval(() => socket.write("a"), 10);
  socket.on("close", () => clearInterval(timer));
}

/** A second webhook with a target of its own, in the same store. */
async function anotherTarget(sending: Sending) {
  const httpTarget = await HttpTarget.open();
  const webhook = { ...sending.webhook, id: crypto.randomUUID() };
  await sending.store.webhooks.insertWebhook(webhook);
  await sending.service.setUrl(webhook, httpTarget.url);
  const target = (await sending.store.targets.findTarget(DEFAULT_BRAND_ID, webhook.id))!;
  const call = (body: string) => sending.store.calls.commitCalls([{ ...newPendingCall(webhook, null, { body }), forwardTo: target.id }]);
  return { httpTarget, call };
}

describe("dead messages", () => {
  test("are sent again when somebody wants it, under their id, behind what was sent meanwhile", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = ({ body }, response) => void response.writeHead(body.startsWith("bad") ? 422 : 204).end();
    const ids = [await sending.call("bad 1", "ann"), await sending.call("bad 2", "ben")];
    await sending.pass(10 * MINUTE, worker);
    await sending.until(worker, 0, 2);
    sending.httpTarget.answer = withStatus(204);
    sending.httpTarget.received.splice(0);
    expect(await sending.service.revive(sending.target, 1)).toBe(1);
    expect(await sending.service.revive(sending.target, 1)).toBe(0);
    await sending.until(worker, 0, 1);
    expect(await sending.service.revive(sending.target, null)).toBe(1);
    await sending.until(worker, 0, 0);
    expect(sending.httpTarget.received.map(({ id, body }) => [id, body])).toEqual([
      [ids[0], "bad 1"],
      [ids[1], "bad 2"],
    ]);
  });

  test("a call that retention has deleted is dead, and says why", async () => {
    const sending = await Sending.open();
    await sending.commit(newPendingCall(sending.webhook, null, { body: null }));
    await sending.until(sending.worker(), 0, 1);
    expect(await sending.dead()).toMatchObject([{ attempts: 1, failure: "The call was deleted before it could be sent on." }]);
    expect(sending.httpTarget.received).toEqual([]);
  });
});

describe("a target that is changed", () => {
  test("gets what waits at its new URL, within seconds, whatever its waits were", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = withStatus(404);
    await sending.call("1", "ann");
    await sending.call("2");
    await sending.settle(worker);
    const moved = await HttpTarget.open();
    sending.clock.advance(1);
    expect(await sending.service.setUrl(sending.webhook, moved.url)).toEqual({ kind: "set", secret: null });
    await sending.pass(3 * SECOND, worker);
    await sending.until(worker, 0);
    await moved.close();
    expect(moved.bodies).toEqual(["1", "2"]);
    expect(sending.httpTarget.bodies).toEqual(["1"]);
  });

  test("is signed for with the new secret", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    await sending.call("1", "ann");
    await sending.until(worker, 0);
    sending.clock.advance(1);
    const secret = await sending.service.renewSecret(sending.webhook);
    expect(secret).not.toBe(sending.secret);
    await sending.pass(3 * SECOND, worker);
    const id = await sending.call("2", "ann");
    await sending.until(worker, 0);
    const { headers } = sending.httpTarget.received[1]!;
    expect(headers["webhook-signature"]).toBe(new Webhook(secret!).sign(id, new Date(Number(headers["webhook-timestamp"]) * SECOND), "2"));
  });

  test("and removed gets nothing more, and what waited is deleted", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    sending.httpTarget.answer = withStatus(503);
    for (let number = 0; number < 5; number++) await sending.call(`${number}`, "ann");
    await sending.settle(worker);
    expect(await sending.service.remove(sending.webhook)).toBe(true);
    sending.httpTarget.answer = withStatus(204);
    await sending.pass(30 * SECOND, worker);
    await expect
      .poll(async () => {
        await sending.pass(10 * SECOND, worker);
        return sending.store.outbox.countAllMessages();
      }, PATIENCE)
      .toEqual({ waiting: 0, dead: 0 });
    expect(sending.httpTarget.received).toHaveLength(1);
  });

  test("whose secret cannot be opened waits for a new one", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    await sending.store.targets.updateTarget(DEFAULT_BRAND_ID, sending.webhook.id, { sealedSecret: "of another row", updatedAt: sending.clock.now() });
    await sending.call("1", "ann");
    await sending.settle(worker);
    expect((await sending.health()).lastFailure).toBe("Its signing secret cannot be opened. Make a new one.");
    sending.clock.advance(1);
    await sending.service.renewSecret(sending.webhook);
    await sending.pass(10 * SECOND, worker);
    await sending.until(worker, 0);
    expect(sending.httpTarget.bodies).toEqual(["1"]);
  });
});

describe("several processes", () => {
  test("one of them sends, in order and each message once, whoever is woken", async () => {
    const sending = await Sending.open();
    const workers = [sending.worker(), sending.worker(), sending.worker()];
    for (let number = 0; number < 60; number++) {
      await sending.call(`${number}`, `person-${number % 3}`);
      workers[number % 3]!.wake(sending.target.id);
      if (number % 5 === 0) await Promise.all(workers.map((worker) => worker.tick()));
    }
    await expect
      .poll(async () => {
        await Promise.all(workers.map((worker) => worker.tick()));
        return sending.httpTarget.received.length;
      }, PATIENCE)
      .toBe(60);
    for (let person = 0; person < 3; person++) {
      const numbers = sending.httpTarget.bodies.map(Number).filter((number) => number % 3 === person);
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index * 3 + person));
    }
  });

  test("when one dies, another takes over after the end of its lease, and not before", async () => {
    const sending = await Sending.open();
    const [dying, other] = [sending.worker(), sending.worker()];
    sending.httpTarget.answer = withStatus(409);
    await sending.call("1", "ann");
    await sending.settle(dying);
    sending.httpTarget.answer = withStatus(204);
    await sending.call("2", "ben");
    // From here on `dying` does nothing any more.
    await sending.pass(LEASE - 1, other);
    expect(sending.httpTarget.bodies).toEqual(["1"]);
    await sending.pass(2 * SECOND, other);
    await sending.until(other, 0);
    expect(sending.httpTarget.bodies.slice(1).toSorted()).toEqual(["1", "2"]);
  });

  test("what is being sent when a lease cannot be prolonged is broken off before somebody else may send it", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    const broken: string[] = [];
    sending.httpTarget.answer = ({ body }, response) => void response.on("close", () => broken.push(body));
    await sending.call("1", "ann");
    await worker.tick();
    await expect.poll(() => sending.httpTarget.underWay, PATIENCE).toBe(1);
    // The process stood still: no look for almost the whole of its lease.
    sending.clock.advance(LEASE - SECOND);
    await worker.tick();
    await expect.poll(() => broken, PATIENCE).toEqual(["1"]);
    expect(await sending.oldest()).toMatchObject({ attempts: 0 });
  });

  test("a lease is prolonged as long as a message is on its way", async () => {
    const sending = await Sending.open();
    const [worker, other] = [sending.worker(), sending.worker()];
    const held: (() => void)[] = [];
    sending.httpTarget.answer = (_received, response) => void held.push(() => response.writeHead(200).end());
    await sending.call("1", "ann");
    await worker.tick();
    await expect.poll(() => sending.httpTarget.underWay, PATIENCE).toBe(1);
    await sending.pass(5 * LEASE, worker, other);
    expect(sending.httpTarget.received).toHaveLength(1);
    held[0]!();
    await sending.until(worker, 0);
    expect(sending.httpTarget.received).toHaveLength(1);
  });

  test("one that ends lets what it sends come to its end, begins nothing more, and leaves the rest to the next at once", async () => {
    const sending = await Sending.open();
    const worker = sending.worker();
    const held: (() => void)[] = [];
    sending.httpTarget.answer = (_received, response) => void held.push(() => response.writeHead(200).end());
    for (const body of ["1", "2"]) await sending.call(body, "ann");
    await worker.tick();
    await expect.poll(() => sending.httpTarget.underWay, PATIENCE).toBe(1);
    const closed = worker.close();
    held[0]!();
    await closed;
    expect(sending.httpTarget.bodies).toEqual(["1"]);
    sending.httpTarget.answer = withStatus(200);
    await sending.until(sending.worker(), 0);
    expect(sending.httpTarget.bodies).toEqual(["1", "2"]);
  });
});

describe("a store that cannot be used", () => {
  test("is told of once, and nothing is sent twice at once when it is back", async () => {
    const sending = await Sending.open();
    let isAway = false;
    const { outbox } = sending.store;
    const shaky = new Proxy(outbox, {
      get: (of, name) => {
        if (isAway) return () => Promise.reject(new Error("The disk is away."));
        const method: unknown = Reflect.get(of, name);
        return typeof method === "function" ? method.bind(of) : method;
      },
    });
    const worker = sending.workerOn(shaky);
    sending.httpTarget.answer = (_received, response) => {
      isAway = true;
      response.writeHead(200).end();
    };
    await sending.call("1", "ann");
    await sending.call("2", "ann");
    await worker.tick();
    await expect.poll(() => sending.failures.length, PATIENCE).toBe(1);
    for (let looks = 0; looks < 5; looks++) await worker.tick();
    expect(sending.failures).toHaveLength(1);
    isAway = false;
    sending.httpTarget.answer = withStatus(204);
    await sending.pass(2 * LEASE, worker);
    await sending.until(worker, 0);
    // The first was taken, which could not be recorded: it comes again, under its id.
    expect(sending.httpTarget.bodies).toEqual(["1", "1", "2"]);
  });
});
