/** The `Idempotency-Key` of a call over HTTP (draft-ietf-httpapi-idempotency-key-header-07). */
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY } from "../../src/lib/clock.ts";
import type { MappingDraft } from "../../src/webhooks/mapping/field-mapping.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addApplication, BY_EMAIL, post, receiving, type Problem, type Receiving } from "./receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

const KEY = { "idempotency-key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
const BODY = '{ "email" : "ada@example.com",\n  "n": 1.50 }';
/** Each call that takes effect makes a customer. */
const CREATES = { ...BY_EMAIL, deduplicateBy: [] };

const typeOf = ({ json }: { readonly json: unknown }) => (json as Problem).type.replace("urn:hookgate:problem:", "");
const remap = ({ webhook, owner }: Receiving, mapping: MappingDraft) =>
  hookgate.services.webhooks.setMapping({ brandId: owner.brandId, userId: owner.id, isAdmin: false }, webhook.id, mapping);

describe("a call that is sent again with its key", () => {
  test("takes effect once, gets the same answer byte for byte, and is in the log as a repeat of the first", async () => {
    const { send, customers, calls } = await receiving(hookgate, CREATES);
    const first = await send(BODY, KEY);
    const again = await send(BODY, KEY);
    expect(first.status).toBe(200);
    expect(again).toMatchObject({ status: 200, text: first.text });
    expect(await customers()).toHaveLength(1);
    expect(first.headers.has("idempotent-replayed")).toBe(false);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    const [repeat, original] = await calls();
    expect(original).toMatchObject({ outcome: "accepted", body: BODY, reference: first.headers.get("hookgate-reference"), repeatOf: null });
    expect(repeat).toMatchObject({ outcome: "repeated", body: null, reference: again.headers.get("hookgate-reference"), repeatOf: original!.id });
  });

  test("the key is the same with and without quotes, and in any spelling of the header's name", async () => {
    const { send, customers } = await receiving(hookgate, CREATES);
    const sent = [await send(BODY, { "Idempotency-Key": '"order-1"' }), await send(BODY, { "IDEMPOTENCY-KEY": "order-1" }), await send(BODY, KEY)];
    expect(sent.map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true", null]);
    expect(await customers()).toHaveLength(2);
  });

  test("an array gives the ids of all its objects again", async () => {
    const { send } = await receiving(hookgate, BY_EMAIL);
    const body = [{ email: "a@example.com" }, { email: "b@example.com" }, { email: "a@example.com" }];
    const { text } = await send(body, KEY);
    expect(await send(body, KEY)).toMatchObject({ status: 200, text });
  });

  test("a sample stays a sample, also when a mapping has come since", async () => {
    const place = await receiving(hookgate);
    await place.send(BODY, KEY);
    await remap(place, CREATES);
    expect(await place.send(BODY, KEY)).toMatchObject({ status: 200, text: BODY });
    expect(await place.customers()).toEqual([]);
    expect((await place.send(BODY, { "idempotency-key": "new" })).text).toContain("hookgate_id");
  });

  test("gets its answer also when the body breaks a rule of a mapping that has come since", async () => {
    const place = await receiving(hookgate, CREATES);
    const { text } = await place.send(BODY, KEY);
    await remap(place, { ...CREATES, fields: [{ path: "$.email", field: "gender" }] });
    expect(await place.send(BODY, KEY)).toMatchObject({ status: 200, text });
    expect(await place.send(BODY, { "idempotency-key": "new" })).toMatchObject({ status: 422 });
    expect(typeOf(await place.send('{"email":"x"}', KEY))).toBe("idempotency-key-reused");
  });

  test("50 at once take effect once, and all get the same answer", async () => {
    const { send, customers } = await receiving(hookgate, CREATES);
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(BODY, KEY)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.status).toBe(200);
    expect(await customers()).toHaveLength(1);
  });

  test("after 24 hours its key is free again", async () => {
    const { send, customers, tokenFor, clientId } = await receiving(hookgate, CREATES);
    await send(BODY, KEY);
    hookgate.clock.advance(DAY - 1);
    const authorization = `Bearer ${await tokenFor(clientId)}`;
    await send(BODY, { ...KEY, authorization });
    expect(await customers()).toHaveLength(1);
    hookgate.clock.advance(1);
    expect((await send(BODY, { ...KEY, authorization })).headers.has("idempotent-replayed")).toBe(false);
    expect(await customers()).toHaveLength(2);
  });
});

describe("a key belongs to one body, of one caller, at one webhook", () => {
  test.each([
    ["another value", BODY.replace("ada", "eve")],
    ["other white space", BODY.replace(" ", "")],
    ["an array of it", `[${BODY}]`],
  ])("%s: 422, nothing is written, and the log keeps the call whole", async (_, other) => {
    const { send, customers, calls } = await receiving(hookgate, CREATES);
    await send(BODY, KEY);
    const answer = await send(other, KEY);
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ type: "urn:hookgate:problem:idempotency-key-reused", status: 422 });
    expect(answer.text).not.toContain("eve");
    expect(await customers()).toHaveLength(1);
    expect((await send(BODY, KEY)).headers.get("idempotent-replayed")).toBe("true");
    expect((await calls()).find(({ outcome }) => outcome === "refused")).toMatchObject({ status: 422, body: other, authenticated: true });
  });

  test("50 at once with two bodies: one of the two takes effect, the other is refused", async () => {
    const { send, customers } = await receiving(hookgate, CREATES);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => send({ email: `${index % 2}@example.com` }, KEY)));
    expect(await customers()).toHaveLength(1);
    for (const parity of [0, 1]) expect(new Set(answers.filter((_, index) => index % 2 === parity).map(({ status }) => status)).size).toBe(1);
    for (const status of [200, 422]) expect(answers.filter((answer) => answer.status === status)).toHaveLength(25);
  });

  test("another application with the same key takes effect of its own", async () => {
    const { send, customers, tokenFor, owner } = await receiving(hookgate, CREATES);
    const { text } = await send(BODY, KEY);
    const other = `Bearer ${await tokenFor(await addApplication(hookgate, owner))}`;
    const answer = await send(BODY, { ...KEY, authorization: other });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toBe(text);
    expect(await customers()).toHaveLength(2);
  });

  test("another token of the same application does not", async () => {
    const { send, customers, tokenFor, clientId } = await receiving(hookgate, CREATES);
    await send(BODY, KEY);
    await send(BODY, { ...KEY, authorization: `Bearer ${await tokenFor(clientId)}` });
    expect(await customers()).toHaveLength(1);
  });

  test("another webhook with the same key takes effect of its own", async () => {
    const { send, customers, brandId, owner, token } = await receiving(hookgate, CREATES);
    const added = await hookgate.services.webhooks.add({ brandId, ownerId: owner.id, name: "Other", authentication: "oauth2", mapping: CREATES });
    if (added.kind !== "added") throw new Error(added.kind);
    await send(BODY, KEY);
    const headers = { ...KEY, authorization: `Bearer ${token}`, "content-type": "application/json" };
    expect((await post(`${hookgate.url}/hooks/${added.webhook.id}`, BODY, headers)).status).toBe(200);
    expect(await customers()).toHaveLength(2);
  });

  test("a stranger with somebody's key and body gets 401, and nothing of the answer", async () => {
    const { send, endpoint, calls } = await receiving(hookgate, CREATES);
    await send(BODY, KEY);
    const answer = await post(endpoint, BODY, { ...KEY, "content-type": "application/json" });
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain("hookgate_id");
    await send(BODY, KEY);
    expect((await calls()).map(({ outcome }) => outcome)).toEqual(["repeated", "refused", "accepted"]);
  });
});

describe("a refused call remembers nothing under its key", () => {
  test.each([
    ["what is no JSON", "{"],
    ["a broken rule", '{"email":"a@example.com","gender":"X"}'],
    ["what is no object", "[1]"],
    ["a missing key value", '{"firstname":"Ada"}'],
  ])("%s: mended, the call takes effect", async (_, broken) => {
    const { send, customers } = await receiving(hookgate, BY_EMAIL);
    const refused = await send(broken, KEY);
    expect(Math.floor(refused.status / 100)).toBe(4);
    expect((await send(broken, KEY)).text).toBe(refused.text);
    expect((await send(BODY, KEY)).status).toBe(200);
    expect(await customers()).toHaveLength(1);
  });
});

describe("a key of another form", () => {
  test.each([
    ["empty", ""],
    ["an empty string", '""'],
    ["a string without end", '"abc'],
    ["a string without beginning", 'abc"'],
    ["text after the string", '"abc" def'],
    ["parameters", '"abc";a=1'],
    ["a list", "abc, def"],
    ["a list of strings", '"abc", "def"'],
    ["white space in a bare key", "a b"],
    ["an escape that there is not", '"a\\b"'],
    ["other than ASCII", '"é"'],
    ["256 characters", "k".repeat(256)],
    ["256 characters in quotes", `"${"k".repeat(256)}"`],
    ["8,000 quotes", '"'.repeat(8_000)],
    ["8,000 backslashes", `"${"\\".repeat(8_001)}`],
  ])("%s: 400, and nothing is written", async (_, value) => {
    const { send, customers } = await receiving(hookgate, CREATES);
    const answer = await send(BODY, { "idempotency-key": value });
    expect(answer.status).toBe(400);
    expect(typeOf(answer)).toBe("malformed-idempotency-key");
    expect(await customers()).toEqual([]);
  });

  test("two headers are refused, with one value or with two", async () => {
    const { endpoint, token, customers } = await receiving(hookgate, CREATES);
    for (const values of [
      ["a", "a"],
      ["a", "b"],
    ]) {
      const headers = ["Authorization", `Bearer ${token}`, "Content-Type", "application/json", ...values.flatMap((value) => ["Idempotency-Key", value])];
      const status = await new Promise((resolve, reject) => {
        const sent = request(endpoint, { method: "POST", headers: ["Host", new URL(endpoint).host, ...headers] }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on("error", reject).end(BODY);
      });
      expect(status).toBe(400);
    }
    expect(await customers()).toEqual([]);
  });

  test.each([
    ["255 characters", "k".repeat(255)],
    ["255 characters in quotes", `"${"k".repeat(255)}"`],
    ["escapes", '"a\\"b\\\\c"'],
    ["spaces in quotes", '" a b "'],
    ["what base64 and paths are made of", "a+b/c==:d?e#f%20@g"],
  ])("%s are fine", async (_, value) => {
    const { send } = await receiving(hookgate, CREATES);
    expect((await send(BODY, { "idempotency-key": value })).status).toBe(200);
    expect((await send(BODY, { "idempotency-key": value })).headers.get("idempotent-replayed")).toBe("true");
  });
});
