/** What holds when the machine's clock is set: an hour back, a year ahead, and back again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { SignInThrottle } from "../../src/identity/sign-in-throttle.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/lib/clock.ts";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import { addClient, basic, clientCredentials, consent, errorOf, exchange, newCode, postToken, type TestClient } from "../protocol/protocol-kit.ts";
import { signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving } from "../webhooks/receiving.ts";

const YEAR = 365 * DAY;
const SCOPE = "apps.webhook:execute offline_access";
const ANN = { email: "ann@example.com" };

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate({ HOOKGATE_INACTIVITY_DAYS: "0" });
});
afterAll(() => hookgate.close());

const refresh = (client: TestClient, token: unknown) =>
  postToken(hookgate, { grant_type: "refresh_token", refresh_token: String(token) }, { authorization: basic(client) });

async function sweepAll(): Promise<void> {
  while ((await hookgate.store.sweep(hookgate.clock.now())) > 0);
}

test("an hour back: tokens go on working and new ones are issued, revoked ones stay revoked, rotated refresh tokens stay single", async () => {
  const at = await receiving(hookgate, BY_EMAIL);
  const client = await addClient(hookgate);
  const { json: first } = await exchange(hookgate, client, await newCode(hookgate, client, { scope: SCOPE }));
  const { json: second } = await refresh(client, first["refresh_token"]);
  const { json: third } = await refresh(client, second["refresh_token"]);
  const { json: revoked } = await clientCredentials(hookgate, client);
  const revocation = await fetch(`${hookgate.url}/oauth2/revoke`, {
    method: "POST",
    headers: { authorization: basic(client) },
    body: new URLSearchParams({ token: String(revoked["access_token"]) }),
  });
  expect(revocation.status).toBe(200);
  hookgate.clock.advance(-HOUR);
  expect((await at.send(ANN)).status).toBe(200);
  expect((await at.send(ANN, { authorization: `Bearer ${await at.tokenFor(at.clientId)}` })).status).toBe(200);
  expect((await at.send(ANN, { authorization: `Bearer ${String(revoked["access_token"])}` })).status).toBe(401);
  // A new key of the ring would be of the future now; the present one goes on.
  await hookgate.services.keyRing.rotate();
  expect((await clientCredentials(hookgate, client)).status).toBe(200);
  expect((await refresh(client, third["refresh_token"])).status).toBe(200);
  // Two generations back is a copy, whatever the clock says: the family ends.
  expect(errorOf(await refresh(client, first["refresh_token"]))).toEqual([400, "invalid_grant"]);
  expect(errorOf(await refresh(client, third["refresh_token"]))).toEqual([400, "invalid_grant"]);
  hookgate.clock.advance(HOUR);
});

test("an hour back: what was swept with the right time is gone, and nothing else goes", async () => {
  const client = await addClient(hookgate);
  const code = await newCode(hookgate, client, { scope: SCOPE });
  hookgate.clock.advance(-HOUR);
  await sweepAll();
  expect((await exchange(hookgate, client, code)).status).toBe(200);
  hookgate.clock.advance(HOUR);
  await sweepAll();
  // A code that was used stays marked as used as long as anything it gave may live.
  expect(errorOf(await exchange(hookgate, client, code))).toEqual([400, "invalid_grant"]);
});

test("an hour back: calls come in the order in which they arrived, and count for the day that the clock says", async () => {
  const at = await receiving(hookgate, BY_EMAIL);
  const references: string[] = [];
  const send = async () => void references.unshift((await at.send(ANN)).headers.get("hookgate-reference")!);
  await send();
  hookgate.clock.advance(-HOUR);
  for (let sent = 0; sent < 5; sent++) await send();
  hookgate.clock.advance(HOUR);
  await send();
  expect((await at.calls()).map(({ reference }) => reference)).toEqual(references);
});

test("an hour back: nobody is shut out for longer than two windows by what was counted before", async () => {
  const at = await receiving(hookgate, BY_EMAIL);
  const actor = { brandId: at.brandId, userId: at.owner.id, isAdmin: false };
  await hookgate.services.webhooks.limitCalls(actor, at.webhook.id, "1");
  expect([(await at.send(ANN)).status, (await at.send(ANN)).status]).toEqual([200, 429]);
  const throttle = new SignInThrottle(hookgate.store.attempts, hookgate.clock);
  const signIn = async () => (await throttle.admit("clock@example.com", "192.0.2.77")).kind;
  for (let tried = 0; tried < 10; tried++) expect(await signIn()).toBe("admitted");
  expect(await signIn()).toBe("throttled");
  hookgate.clock.advance(-HOUR);
  expect((await at.send(ANN)).status).toBe(200);
  expect(await signIn()).toBe("admitted");
  // And the limits are the same again.
  expect((await at.send(ANN)).status).toBe(429);
  for (let tried = 0; tried < 9; tried++) expect(await signIn()).toBe("admitted");
  expect(await signIn()).toBe("throttled");
  hookgate.clock.advance(HOUR);
});

test("seconds back, as between two machines, reset no limit", async () => {
  const throttle = new SignInThrottle(hookgate.store.attempts, hookgate.clock);
  const signIn = async () => (await throttle.admit("seconds@example.com", "192.0.2.78")).kind;
  for (let tried = 0; tried < 10; tried++) await signIn();
  hookgate.clock.advance(-30 * SECOND);
  expect(await signIn()).toBe("throttled");
  hookgate.clock.advance(30 * SECOND);
  expect(await signIn()).toBe("throttled");
});

test("an hour back: a lease of a holder who is gone keeps nobody waiting, and a minute back takes it from nobody", async () => {
  const { leases } = hookgate.store;
  const now = hookgate.clock.now();
  const lease = (holder: string, at: number) => leases.takeLease({ name: "clock jump", holder, until: at + 3 * MINUTE }, at);
  expect(await lease("one", now)).toBe(true);
  expect(await lease("two", now - MINUTE)).toBe(false);
  expect(await lease("two", now - HOUR)).toBe(true);
  expect(await lease("one", now - HOUR + MINUTE)).toBe(false);
});

test("a year ahead: everything has expired and is swept, what does not expire stays, and all begins anew", async () => {
  const at = await receiving(hookgate, BY_EMAIL);
  const client = await addClient(hookgate);
  const { json: old } = await exchange(hookgate, client, await newCode(hookgate, client, { scope: SCOPE }));
  const browser = await signedIn(hookgate, client.owner);
  const unused = await newCode(hookgate, client, { scope: SCOPE });
  const before = await at.send(ANN);
  hookgate.clock.advance(YEAR);
  expect((await at.send(ANN)).status).toBe(401);
  expect(errorOf(await refresh(client, old["refresh_token"]))).toEqual([400, "invalid_grant"]);
  expect(errorOf(await exchange(hookgate, client, unused))).toEqual([400, "invalid_grant"]);
  expect((await browser.getOnce("/applications")).status).toBe(303);
  await sweepAll();
  expect([...(await hookgate.store.countExpired(hookgate.clock.now())).values()].every((rows) => rows === 0)).toBe(true);
  expect((await at.customers()).map(({ fields }) => fields.emailaddress)).toEqual([ANN.email]);
  expect((await clientCredentials(hookgate, client)).status).toBe(200);
  const answer = await at.send(ANN, { authorization: `Bearer ${await at.tokenFor(at.clientId)}` });
  expect(answer.json).toEqual({ ...ANN, hookgate_id: (before.json as { hookgate_id: string }).hookgate_id });
  // And back: what was revoked or used up meanwhile does not come to life.
  hookgate.clock.advance(-YEAR);
  expect(errorOf(await refresh(client, old["refresh_token"]))).toEqual([400, "invalid_grant"]);
  expect(errorOf(await exchange(hookgate, client, unused))).toEqual([400, "invalid_grant"]);
  expect((await consent(hookgate, client, { scope: SCOPE })).answer.has("code")).toBe(true);
  expect((await at.send(ANN)).status).toBe(200);
  const ids = [newTimeOrderedId(hookgate.clock.now()), newTimeOrderedId(hookgate.clock.now())];
  expect((await at.calls())[0]!.id < ids[0]!).toBe(true);
  expect(ids[0]! < ids[1]!).toBe(true);
});
