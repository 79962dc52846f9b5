/** Signed calls: Standard Webhooks 1.0, and the form of X-Hub-Signature-256. */
import { createHmac, randomUUID } from "node:crypto";
import { request } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startHookgate, type TestHookgate } from "../../support/start-hookgate.ts";
import { sendRaw, type Header } from "./send-raw.ts";
import { authenticationSuite, BODY, newScene, removedSecret, type Attempt, type Scene, type Subject, type WrongCase } from "./suite.ts";

/** What one signed call says; everything may be wrong. */
interface Signed {
  readonly id: string;
  readonly seconds: number | string;
  readonly body: string;
  readonly secret: string;
}

function signatureOf({ id, seconds, body, secret }: Signed): string {
  return createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64"))
    .update(`${id}.${seconds}.${body}`)
    .digest("base64");
}

function headersOf(signed: Signed, signature = `v1,${signatureOf(signed)}`): readonly Header[] {
  return [
    ["webhook-id", signed.id],
    ["webhook-timestamp", String(signed.seconds)],
    ["webhook-signature", signature],
  ];
}

const secondsOf = (hookgate: TestHookgate) => Math.floor(hookgate.clock.now() / 1_000);
const rightly = ({ hookgate, secret }: Pick<Scene, "hookgate" | "secret">, body = BODY): Signed => ({
  id: `msg_${randomUUID()}`,
  seconds: secondsOf(hookgate),
  body,
  secret,
});

const STANDARD: Pick<Subject, "type" | "settings" | "sign"> = {
  type: "signature",
  settings: { form: "standard" },
  sign: (scene, body) => headersOf(rightly(scene, body)),
};

/** A wrong case in which one thing of a right call is another one before it is signed, or after. */
function standardCase(what: string, status: number, attempt: (right: Signed, scene: Scene) => readonly Header[], reason?: string): WrongCase {
  return { what, status, attempt: (scene): Attempt => ({ headers: attempt(rightly(scene), scene) }), ...(reason !== undefined && { reason }) };
}

const without = (headers: readonly Header[], name: string) => headers.filter(([other]) => other !== name);
const twice = (headers: readonly Header[], name: string) => [...headers, ...headers.filter(([other]) => other === name)];

describe("Standard Webhooks", () => {
  authenticationSuite({
    ...STANDARD,
    challenge: 'HMAC-SHA256 realm="Hookgate", header="webhook-signature"',
    wrong: [
      standardCase("none", 401, () => [], "no header webhook-signature"),
      standardCase("no signature", 401, (right) => without(headersOf(right), "webhook-signature")),
      standardCase("no id", 400, (right) => without(headersOf(right), "webhook-id"), "no header webhook-id"),
      standardCase("no time", 400, (right) => without(headersOf(right), "webhook-timestamp")),
      standardCase("the signature twice", 400, (right) => twice(headersOf(right), "webhook-signature"), "more than one"),
      standardCase("the id twice", 400, (right) => twice(headersOf(right), "webhook-id")),
      standardCase("the time twice", 400, (right) => twice(headersOf(right), "webhook-timestamp")),
      standardCase("a time of 301 seconds ago", 401, (right) => headersOf({ ...right, seconds: Number(right.seconds) - 301 }), "301 seconds before it arrived"),
      standardCase("a time 301 seconds ahead", 401, (right) => headersOf({ ...right, seconds: Number(right.seconds) + 301 }), "301 seconds after it arrived"),
      standardCase("the time of another call", 401, (right) => headersOf({ ...right, seconds: Number(right.seconds) - 1 }, headersOf(right)[2]![1])),
      standardCase("the id of another call", 401, (right) => headersOf({ ...right, id: "msg_other" }, headersOf(right)[2]![1])),
      standardCase("an id with a full stop", 400, (right) => headersOf({ ...right, id: "msg.1" })),
      standardCase("an id with a space", 400, (right) => headersOf({ ...right, id: "msg 1" })),
      standardCase("an id of 256 characters", 400, (right) => headersOf({ ...right, id: "m".repeat(256) })),
      standardCase("an empty id", 400, (right) => headersOf({ ...right, id: "" })),
      standardCase("a time in milliseconds", 400, (right) => headersOf({ ...right, seconds: Number(right.seconds) * 1_000 }), "number of seconds"),
      standardCase("a time with a fraction", 400, (right) => headersOf({ ...right, seconds: `${right.seconds}.0` })),
      standardCase("a time with a zero before it", 400, (right) => headersOf({ ...right, seconds: `0${right.seconds}` })),
      standardCase("a time as ISO 8601", 400, (right) => headersOf({ ...right, seconds: "2026-11-25T12:00:00Z" })),
      standardCase("a negative time", 400, (right) => headersOf({ ...right, seconds: `-${right.seconds}` })),
      standardCase("an empty time", 400, (right) => headersOf({ ...right, seconds: "" })),
      standardCase("another version only", 400, (right) => headersOf(right, `v1a,${signatureOf(right)}`)),
      standardCase("no version", 400, (right) => headersOf(right, signatureOf(right))),
      standardCase("the version in capitals", 400, (right) => headersOf(right, `V1,${signatureOf(right)}`)),
      standardCase("hexadecimal", 400, (right) => headersOf(right, `v1,${Buffer.from(signatureOf(right), "base64").toString("hex")}`)),
      standardCase("base64url", 400, (right) => headersOf(right, `v1,${Buffer.from(signatureOf(right), "base64").toString("base64url")}`)),
      standardCase("without its padding", 400, (right) => headersOf(right, `v1,${signatureOf(right).slice(0, -1)}`)),
      standardCase("with more padding", 400, (right) => headersOf(right, `v1,${signatureOf(right)}=`)),
      standardCase("cut short", 400, (right) => headersOf(right, `v1,${signatureOf(right).slice(0, 20)}`)),
      standardCase("one character changed", 401, (right) => {
        const signature = signatureOf(right);
        return headersOf(right, `v1,${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`);
      }),
      standardCase("several, none right", 401, (right) =>
        headersOf(right, `v1,${signatureOf({ ...right, id: "a" })} v1,${signatureOf({ ...right, id: "b" })}`),
      ),
      standardCase("a hundred wrong ones", 401, (right) =>
        headersOf(right, Array.from({ length: 100 }, (_, at) => `v1,${signatureOf({ ...right, id: `${at}` })}`).join(" ")),
      ),
      standardCase("separated by commas", 400, (right) => headersOf(right, `v1,${signatureOf(right)},v1,${signatureOf(right)}`)),
      standardCase("made with the secret as text", 401, (right) =>
        headersOf(right, `v1,${createHmac("sha256", right.secret).update(`${right.id}.${right.seconds}.${BODY}`).digest("base64")}`),
      ),
      standardCase("over the body alone", 401, (right) =>
        headersOf(
          right,
          `v1,${createHmac("sha256", Buffer.from(right.secret.slice(6), "base64"))
            .update(BODY)
            .digest("base64")}`,
        ),
      ),
      standardCase("made with an empty secret", 401, (right) => headersOf({ ...right, secret: "" })),
      standardCase("of another body", 401, (right) => headersOf({ ...right, body: `${BODY} ` }), "its body was changed"),
      standardCase("the secret as a bearer token", 401, ({ secret }) => [["Authorization", `Bearer ${secret}`]], "brought an Authorization header"),
      standardCase("in the form of X-Hub-Signature-256", 401, ({ secret }) => hubHeaders(secret, BODY), "is signed in the header x-hub-signature-256"),
      {
        what: "a right one with one byte of the body changed",
        status: 401,
        attempt: (_at, headers) => ({ headers, body: BODY.replace("Ada", "Eva") }),
      },
      { what: "a right one with a line break after the body", status: 401, attempt: (_at, headers) => ({ headers, body: `${BODY}\n` }) },
      { what: "a right one without the body", status: 401, attempt: (_at, headers) => ({ headers, body: "" }) },
      {
        what: "another webhook's of the same owner",
        status: 401,
        attempt: async ({ hookgate, owner }) => ({ headers: STANDARD.sign(await newScene(hookgate, STANDARD, owner), BODY) }),
      },
      {
        what: "another brand's",
        status: 401,
        attempt: async ({ hookgate }) => ({ headers: STANDARD.sign(await newScene(hookgate, STANDARD), BODY) }),
      },
      {
        what: "one whose secret was removed",
        status: 401,
        attempt: async (at) => ({ headers: STANDARD.sign({ hookgate: at.hookgate, secret: await removedSecret(at) }, BODY) }),
      },
    ],
  });
});

function hubHeaders(secret: string, body: string): readonly Header[] {
  return [["X-Hub-Signature-256", `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`]];
}

const HUB: Pick<Subject, "type" | "settings" | "sign"> = {
  type: "signature",
  settings: { form: "hub" },
  sign: ({ secret }, body) => hubHeaders(secret, body),
};

function hubCase(what: string, status: number, change: (value: string) => string): WrongCase {
  return { what, status, attempt: (_at, right) => ({ headers: [["X-Hub-Signature-256", change(right[0]![1])]] }) };
}

describe("X-Hub-Signature-256", () => {
  authenticationSuite({
    ...HUB,
    challenge: 'HMAC-SHA256 realm="Hookgate", header="x-hub-signature-256"',
    wrong: [
      { what: "none", status: 401, attempt: () => ({ headers: [] }) },
      { what: "twice", status: 400, attempt: (_at, right) => ({ headers: [...right, ...right] }) },
      {
        what: "the older header with SHA-1",
        status: 401,
        attempt: ({ secret }) => ({ headers: [["X-Hub-Signature", `sha1=${createHmac("sha1", secret).update(BODY).digest("hex")}`]] }),
      },
      { what: "in another header", status: 401, attempt: (_at, right) => ({ headers: [["X-Signature-256", right[0]![1]]] }) },
      hubCase("empty", 400, () => ""),
      hubCase("the name of the algorithm alone", 400, () => "sha256="),
      hubCase("without the name of the algorithm", 400, (value) => value.slice(7)),
      hubCase("another name of the algorithm", 400, (value) => value.replace("sha256", "sha512")),
      hubCase("the name of the algorithm in capitals", 400, (value) => value.replace("sha256", "SHA256")),
      hubCase(
        "digits in capitals",
        400,
        (value) =>
          `sha256=${value
            .slice(7)
            .toUpperCase()
            .replace(/^[0-9]+$/, "A")}`,
      ),
      hubCase("cut short", 400, (value) => value.slice(0, -1)),
      hubCase("one digit more", 400, (value) => `${value}0`),
      hubCase("two in one header", 400, (value) => `${value}, ${value}`),
      hubCase("base64", 400, (value) => `sha256=${Buffer.from(value.slice(7), "hex").toString("base64")}`),
      hubCase("one digit changed", 401, (value) => value.slice(0, -1) + (value.endsWith("0") ? "1" : "0")),
      hubCase("nothing but zeros", 401, () => `sha256=${"0".repeat(64)}`),
      { what: "of another body", status: 401, attempt: ({ secret }) => ({ headers: hubHeaders(secret, `${BODY} `) }) },
      { what: "a right one with one byte of the body changed", status: 401, attempt: (_at, headers) => ({ headers, body: BODY.replace("Ada", "Eva") }) },
      { what: "made with another secret", status: 401, attempt: () => ({ headers: hubHeaders("secret", BODY) }) },
      { what: "made with an empty secret", status: 401, attempt: () => ({ headers: hubHeaders("", BODY) }) },
      { what: "in the form of Standard Webhooks", status: 401, attempt: (at) => ({ headers: headersOf(rightly(at)) }) },
      { what: "the secret as a bearer token", status: 401, attempt: ({ secret }) => ({ headers: [["Authorization", `Bearer ${secret}`]] }) },
      {
        what: "another webhook's of the same owner",
        status: 401,
        attempt: async ({ hookgate, owner }) => ({ headers: HUB.sign(await newScene(hookgate, HUB, owner), BODY) }),
      },
      {
        what: "one whose secret was removed",
        status: 401,
        attempt: async (at) => ({ headers: HUB.sign({ hookgate: at.hookgate, secret: await removedSecret(at) }, BODY) }),
      },
    ],
  });
});

describe("a signed call", () => {
  let hookgate: TestHookgate;
  beforeAll(async () => {
    hookgate = await startHookgate();
  });
  afterAll(() => hookgate.close());
  const customers = async ({ webhook }: Scene) => (await hookgate.store.customers.listCustomers(webhook.brandId, null, { limit: 10, after: null })).rows;
  const anyCustomer = (at: Scene) =>
    hookgate.services.webhooks.setMapping({ brandId: at.owner.brandId, userId: at.owner.id, isAdmin: false }, at.webhook.id, {
      fields: [{ path: "$.email", field: "emailaddress" }],
      deduplicateBy: [],
    });

  test("of the standardwebhooks package is accepted, and that package verifies what this test signs", async () => {
    const at = await newScene(hookgate, STANDARD);
    const library = new Webhook(at.secret);
    const seconds = secondsOf(hookgate);
    for (const body of [BODY, '{"email":"ünï@example.com","firstname":"😀"}', "[]"]) {
      const id = `msg_${randomUUID()}`;
      const theirs = library.sign(id, new Date(seconds * 1_000), body);
      const ours = { id, seconds, body, secret: at.secret };
      expect(`v1,${signatureOf(ours)}`).toBe(theirs);
      expect((await sendRaw(at.endpoint, headersOf(ours, theirs), body)).status).toBe(200);
    }
    const now = Math.floor(Date.now() / 1_000);
    const ours = { id: "msg_1", seconds: now, body: BODY, secret: at.secret };
    expect(library.verify(BODY, Object.fromEntries(headersOf(ours)))).toEqual(JSON.parse(BODY));
  });

  test("is good from 300 seconds before to 300 seconds after our time, both included", async () => {
    const at = await newScene(hookgate, STANDARD);
    for (const [apart, status] of [
      [-301, 401],
      [-300, 200],
      [0, 200],
      [300, 200],
      [301, 401],
    ] as const) {
      const right = rightly(at);
      expect((await sendRaw(at.endpoint, headersOf({ ...right, seconds: Number(right.seconds) + apart }), BODY)).status, `${apart}`).toBe(status);
    }
  });

  test("may carry several signatures, of which one is right, and others of versions that we do not know", async () => {
    const at = await newScene(hookgate, STANDARD);
    const right = rightly(at);
    const wrong = signatureOf({ ...right, id: "other" });
    const signatures = `v1a,hnO3f9T8 v2,x v1,${wrong} v1,${signatureOf(right)} nonsense`;
    expect((await sendRaw(at.endpoint, headersOf(right, signatures), BODY)).status).toBe(200);
  });

  test("that is copied and sent again takes no effect, whatever Idempotency-Key comes along: webhook-id is its key", async () => {
    const at = await newScene(hookgate, STANDARD);
    await anyCustomer(at);
    const headers = headersOf(rightly(at));
    const first = await sendRaw(at.endpoint, headers, BODY);
    const copies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => sendRaw(at.endpoint, [...headers, ["Idempotency-Key", `"other ${index}"`]], BODY)),
    );
    for (const copy of copies) expect(copy).toMatchObject({ status: 200, text: first.text });
    expect(await customers(at)).toHaveLength(1);
  });

  test("that is sent again by its sender, signed anew, gets the answer of the first", async () => {
    const at = await newScene(hookgate, STANDARD);
    await anyCustomer(at);
    const right = rightly(at);
    const first = await sendRaw(at.endpoint, headersOf(right), BODY);
    hookgate.clock.advance(3_600_000);
    const again = await sendRaw(at.endpoint, headersOf({ ...right, seconds: secondsOf(hookgate) }), BODY);
    expect(again).toMatchObject({ status: 200, text: first.text });
    expect(await customers(at)).toHaveLength(1);
    const other = '{"email":"other@example.com"}';
    expect((await sendRaw(at.endpoint, headersOf({ ...right, seconds: secondsOf(hookgate), body: other }), other)).status).toBe(422);
  });

  test("whose body is too long is refused without having been proved, and its body is not kept", async () => {
    const at = await newScene(hookgate, STANDARD);
    const body = "x".repeat(6 * 1024 * 1024 + 1);
    expect((await sendRaw(at.endpoint, headersOf(rightly(at, body)), body)).status).toBe(413);
    await vi.waitFor(async () => {
      const { rows } = await hookgate.store.calls.listCalls(
        at.webhook.brandId,
        { webhookId: at.webhook.id, ownerId: null, outcome: null },
        { limit: 1, after: null },
      );
      expect(rows[0]).toMatchObject({ status: 413, authenticated: false });
    });
  });

  test("of 6 MB is accepted as far as its body goes, and a stranger's of 6 MB is refused", async () => {
    const at = await newScene(hookgate, STANDARD);
    const body = JSON.stringify({ email: "a@example.com", rest: "x".repeat(6 * 1024 * 1024 - 50) });
    expect((await sendRaw(at.endpoint, headersOf({ ...rightly(at, body), secret: "whsec_AAAA" }), body)).status).toBe(401);
    expect((await sendRaw(at.endpoint, headersOf(rightly(at, body)), body)).status).toBe(200);
  });

  test("needs no body read where its headers are wrong already: the answer comes before the body does", async () => {
    const at = await newScene(hookgate, STANDARD);
    const { port, pathname } = new URL(at.endpoint);
    const sent = request({ host: "127.0.0.1", port, path: pathname, method: "POST", headers: { "Content-Type": "application/json", "Content-Length": 100 } });
    sent.flushHeaders();
    const status = await new Promise((resolve, reject) => sent.on("response", (answer) => resolve(answer.statusCode)).on("error", reject));
    sent.on("error", () => {}).destroy();
    expect(status).toBe(401);
  });

  test("keeps working when the keys of the server are rotated and revoked: its secret is sealed under HOOKGATE_SECRET", async () => {
    const at = await newScene(hookgate, STANDARD);
    const { keyRing } = hookgate.services;
    await keyRing.rotate();
    for (const { id, state } of await keyRing.list()) if (state !== "revoked") await keyRing.revoke(id);
    // Read from the store again.
    await hookgate.services.webhooks.rename({ brandId: at.owner.brandId, userId: at.owner.id, isAdmin: false }, at.webhook.id, "Renamed");
    expect((await sendRaw(at.endpoint, headersOf(rightly(at)), BODY)).status).toBe(200);
  });

  test("whose secret was put into another webhook's row proves nothing there", async () => {
    const [from, to] = [await newScene(hookgate, STANDARD), await newScene(hookgate, STANDARD)];
    const { credentials } = hookgate.store;
    const [stored] = await credentials.listVerifiers(from.webhook.id);
    const [own] = await credentials.listVerifiers(to.webhook.id);
    await credentials.deleteCredential(to.webhook.brandId, to.webhook.id, own!.id);
    const swapped = { id: randomUUID(), verifier: stored!.verifier, createdAt: hookgate.clock.now() };
    await credentials.insertCredential(to.webhook.brandId, to.webhook.id, { authentication: "signature", settings: { form: "standard" } }, swapped, 2);
    expect((await sendRaw(to.endpoint, headersOf(rightly(from)), BODY)).status).toBe(500);
    expect(await customers(to)).toEqual([]);
  });
});
