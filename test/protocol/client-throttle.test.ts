import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { MINUTE, SECOND } from "../../src/lib/clock.ts";
import { SharedCounts } from "../../src/lib/shared-counts.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { newSharedStore, type TestStore } from "../support/test-store.ts";
import { temporaryFile } from "../conformance/temporary-file.ts";
import { addClient, basic, errorOf, postToken, type TestClient, type TokenAnswer } from "./protocol-kit.ts";

const GRANT = { grant_type: "client_credentials" } as const;
const REFUSED = [401, "invalid_client"];
const THROTTLED = [429, "temporarily_unavailable"];
const CLEAN = "203.0.113.200";

let hookgate: TestHookgate;
let client: TestClient;

beforeEach(async () => {
  // The tests are the proxy, and say which address each request comes from.
  hookgate = await startHookgate({ HOOKGATE_TRUSTED_PROXIES: "127.0.0.1" });
  client = await addClient(hookgate);
});
afterEach(() => hookgate.close());

interface Try {
  readonly from?: string;
  readonly clientId?: string;
  readonly secret?: string;
  readonly path?: string;
  readonly at?: TestHookgate;
}

function byBasic({
  from = "203.0.113.1",
  clientId = client.clientId,
  secret = "wrong",
  path = "/oauth2/token",
  at = hookgate,
}: Try = {}): Promise<TokenAnswer> {
  return postToken(at, { ...GRANT, token: "x" }, { authorization: basic({ clientId, clientSecret: secret }), "x-forwarded-for": from }, path);
}

function byBody({ from = "203.0.113.1", clientId = client.clientId, secret = "wrong" }: Try = {}): Promise<TokenAnswer> {
  return postToken(hookgate, { ...GRANT, client_id: clientId, client_secret: secret }, { "x-forwarded-for": from });
}

async function failTimes(times: number, what: Try = {}): Promise<void> {
  for (let count = 0; count < times; count++) expect(errorOf(await byBasic(what))).toEqual(REFUSED);
}

describe("6749-30: failed client authentications are throttled (RFC 6749 section 2.3.1)", () => {
  test("after ten in a minute from one address even the right secret waits there; the answer says how long, in JSON under a reference", async () => {
    await failTimes(10);
    hookgate.clock.advance(20 * SECOND - 1);
    const answer = await byBasic({ secret: client.clientSecret });
    expect(errorOf(answer)).toEqual(THROTTLED);
    expect(answer.headers.get("retry-after")).toBe("41");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("hookgate-reference")).toMatch(/^[0-9A-Z]{12}$/);
    expect(String(answer.json["error_description"])).toMatch(/^[^"\\]+$/);

    hookgate.clock.advance(41 * SECOND);
    expect((await byBasic({ secret: client.clientSecret })).status).toBe(200);
  });

  test("waiting requests do not make the wait longer", async () => {
    await failTimes(10);
    for (let count = 0; count < 50; count++) expect((await byBasic()).status).toBe(429);
    hookgate.clock.advance(MINUTE);
    expect((await byBasic({ secret: client.clientSecret })).status).toBe(200);
  });

  test("the right secret from a clean address works however much its client is guessed at, by Basic and in the body", async () => {
    for (let host = 1; host <= 30; host++) for (let count = 0; count < 12; count++) await byBasic({ from: `198.51.100.${host}` });
    expect((await byBasic({ from: CLEAN, secret: client.clientSecret })).status).toBe(200);
    expect((await byBody({ from: CLEAN, secret: client.clientSecret })).status).toBe(200);
  });

  test("once a hundred have failed for a client, an address may fail twice", async () => {
    for (let host = 1; host <= 10; host++) await failTimes(10, { from: `198.51.100.${host}` });
    await failTimes(2, { from: CLEAN });
    expect(errorOf(await byBasic({ from: CLEAN, secret: client.clientSecret }))).toEqual(THROTTLED);
    // Of another client the address may still fail as often as ever.
    const other = await addClient(hookgate);
    await failTimes(10, { from: CLEAN, clientId: other.clientId });
  });

  test("whoever tries fifty clients is out for all of them, and nobody else is", async () => {
    for (let count = 0; count < 50; count++) await failTimes(1, { clientId: randomUUID() });
    expect(errorOf(await byBasic({ secret: client.clientSecret }))).toEqual(THROTTLED);
    expect((await byBasic({ from: CLEAN, secret: client.clientSecret })).status).toBe(200);
  });

  test.each(["8a8fa3fb-43f2-4c8c-8c4e-5f8f6f1b6a11", "no id at all", "x".repeat(5_000)])(
    "the client %.20s, which is unknown, is answered as one that there is",
    async (clientId) => {
      await failTimes(10, { from: "198.51.100.1" });
      await failTimes(10, { clientId });
      const [known, unknown] = [await byBasic({ from: "198.51.100.1" }), await byBasic({ clientId })];
      expect(errorOf(unknown)).toEqual(THROTTLED);
      expect([unknown.text, unknown.headers.get("retry-after")]).toEqual([known.text, known.headers.get("retry-after")]);
    },
  );

  test("of forty guesses at once ten are answered", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => byBasic()));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  test("an IPv6 host is its /64, and a port behind an address does not make it another", async () => {
    for (let count = 0; count < 10; count++) await failTimes(1, { from: `2001:db8:0:7::${count}` });
    expect((await byBasic({ from: "2001:db8:0:7:ffff::1" })).status).toBe(429);
    expect((await byBasic({ from: "[2001:db8:0:7:ffff::1]:4711" })).status).toBe(429);
    expect((await byBasic({ from: "2001:db8:0:8::1" })).status).toBe(401);
    for (let count = 0; count < 10; count++) await failTimes(1, { from: `192.0.2.1:${5_000 + count}` });
    expect((await byBasic({ from: "192.0.2.1" })).status).toBe(429);
  });

  test("7662-07: introspection, revocation and token endpoint count together (RFC 7662 section 4)", async () => {
    for (const path of ["/oauth2/introspect", "/oauth2/revoke"]) await failTimes(5, { path });
    for (const path of ["/oauth2/introspect", "/oauth2/revoke", "/oauth2/token"]) expect(errorOf(await byBasic({ path }))).toEqual(THROTTLED);
  });

  test("requests that present nothing to look at are no guesses", async () => {
    for (let count = 0; count < 60; count++) {
      expect(errorOf(await postToken(hookgate, GRANT, { "x-forwarded-for": CLEAN }))).toEqual(REFUSED);
      expect(errorOf(await postToken(hookgate, GRANT, { authorization: "Basic x", "x-forwarded-for": CLEAN }))).toEqual(REFUSED);
    }
    expect((await byBasic({ from: CLEAN, secret: client.clientSecret })).status).toBe(200);
  });
});

describe("6749-30: clients that try Basic first and the body second", () => {
  test("a public client whose library tries Basic without a secret first is never throttled", async () => {
    const { clientId } = await addClient(hookgate, { type: "public" });
    for (let count = 0; count < 60; count++) {
      expect(errorOf(await byBasic({ clientId, secret: "" }))).toEqual(REFUSED);
      const second = await postToken(hookgate, { ...GRANT, client_id: clientId }, { "x-forwarded-for": "203.0.113.1" });
      // It proved itself; that this grant is not for it is another matter.
      expect(errorOf(second)).toEqual([400, "unauthorized_client"]);
    }
  });

  test("both halves of a try with a wrong secret count once", async () => {
    for (let count = 0; count < 10; count++) {
      expect(errorOf(await byBasic())).toEqual(REFUSED);
      expect(errorOf(await byBody())).toEqual(REFUSED);
    }
    expect(errorOf(await byBasic())).toEqual(THROTTLED);
  });

  test("both halves are looked at while the client is guessed at", async () => {
    for (let host = 1; host <= 10; host++) await failTimes(10, { from: `198.51.100.${host}` });
    expect(errorOf(await byBasic({ from: CLEAN }))).toEqual(REFUSED);
    expect((await byBody({ from: CLEAN, secret: client.clientSecret })).status).toBe(200);
  });

  test("a try in the body takes back one failure by Basic of the same client at the same address, and no other", async () => {
    const other = await addClient(hookgate);
    await failTimes(9);
    expect((await byBody({ from: CLEAN, secret: client.clientSecret })).status).toBe(200);
    expect((await byBody({ clientId: other.clientId, secret: other.clientSecret })).status).toBe(200);
    await failTimes(1);
    expect((await byBasic()).status).toBe(429);

    hookgate.clock.advance(MINUTE);
    await failTimes(9);
    for (let count = 0; count < 5; count++) expect((await byBody({ secret: client.clientSecret })).status).toBe(200);
    await failTimes(2);
    expect((await byBasic()).status).toBe(429);
  });
});

function serverOn(store: Pick<TestStore, "environment">): Promise<TestHookgate> {
  return startHookgate({ HOOKGATE_TRUSTED_PROXIES: "127.0.0.1", ...store.environment, HOOKGATE_SECRET: "s".repeat(40) });
}

async function sharedStore(): Promise<TestStore> {
  const store = await newSharedStore();
  onTestFinished(() => store.remove());
  return store;
}

describe("6749-30: what the throttle keeps", () => {
  test("holds in every process on the store: what has failed in one is known to another after the first failure there", async () => {
    const store = await sharedStore();
    const [one, two] = [await serverOn(store), await serverOn(store)];
    const { clientId, clientSecret } = await addClient(one);
    await failTimes(10, { at: one, clientId });
    expect((await byBasic({ at: two, clientId })).status).toBe(401);
    // What was counted comes back behind the answer.
    await vi.waitFor(async () => expect((await byBasic({ at: two, clientId, secret: clientSecret })).status).toBe(429));
    expect((await byBasic({ at: two, clientId, secret: clientSecret, from: CLEAN })).status).toBe(200);
    await Promise.all([one.close(), two.close()]);
  });

  test("holds over a restart, after the first failure", async () => {
    const store = await sharedStore();
    const before = await serverOn(store);
    const { clientId, clientSecret } = await addClient(before);
    await failTimes(10, { at: before, clientId });
    await before.close();
    const after = await serverOn(store);
    expect((await byBasic({ at: after, clientId })).status).toBe(401);
    await vi.waitFor(async () => expect((await byBasic({ at: after, clientId, secret: clientSecret })).status).toBe(429));
    await after.close();
  });

  test("is no business of requests that succeed: they write nothing, also while others fail", async () => {
    const file = temporaryFile();
    const server = await serverOn({ environment: { HOOKGATE_STORE: `sqlite:${file}` } });
    const { clientId, clientSecret } = await addClient(server);
    const succeed = () => byBasic({ at: server, clientId, secret: clientSecret });
    expect((await succeed()).status).toBe(200);
    await failTimes(5, { at: server, clientId });
    const witness = new DatabaseSync(file, { readOnly: true });
    const version = () => witness.prepare("PRAGMA data_version").get();
    // The use of the secret is noted once a minute, failures and refusals behind their answers.
    await server.services.secretUses.close();
    await vi.waitFor(() => {
      expect(witness.prepare("SELECT attempts FROM attempts WHERE subject = ?").get(`client ${clientId}`)).toEqual({ attempts: 5 });
      expect(witness.prepare("SELECT count(*) AS refused FROM refused_requests").get()).toEqual({ refused: 5 });
    });
    const before = version();
    for (let count = 0; count < 50; count++) expect((await succeed()).status).toBe(200);
    expect(version()).toEqual(before);
    witness.close();
    await server.close();
  });

  test("holds no more than 30,000 subjects in memory, whoever comes", async () => {
    const counts = new SharedCounts({
      attempts: hookgate.store.attempts,
      clock: hookgate.clock,
      windowLength: MINUTE,
      onFailure: (error) => expect.unreachable(String(error)),
    });
    for (let count = 0; count < 45_000; count++) counts.add(`subject ${count}`);
    const found = Array.from({ length: 45_000 }, (_, count) => counts.find(`subject ${count}`).times);
    expect([found.lastIndexOf(0), found.filter((failures) => failures === 1).length <= 30_000]).toEqual([29_999, true]);
    hookgate.clock.advance(MINUTE);
    counts.add("another");
    expect(counts.find("subject 44999").times).toBe(0);
    hookgate.clock.advance(2 * MINUTE);
    expect(counts.isEmpty).toBe(true);
    await counts.close();
  });
});
