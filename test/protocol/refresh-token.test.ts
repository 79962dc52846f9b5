import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY, HOUR, SECOND } from "../../src/lib/clock.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { addUser, addWebhook } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, errorOf, exchange, newCode, newPkce, postToken, REDIRECT_URI, type TestClient, type TokenAnswer } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let webhook: Webhook;
let client: TestClient;

beforeAll(async () => {
  hookgate = await startHookgate({ HOOKGATE_INACTIVITY_DAYS: "0" });
  webhook = await addWebhook(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Ada" }), "Orders");
  client = await addClient(hookgate);
});
afterAll(() => hookgate.close());

const SCOPE = "apps.webhook:execute offline_access";

function refresh(token: unknown, parameters: Record<string, string> = {}, by = client): Promise<TokenAnswer> {
  const body = { grant_type: "refresh_token", refresh_token: String(token), ...parameters };
  return by.clientSecret === "" ? postToken(hookgate, { ...body, client_id: by.clientId }) : postToken(hookgate, body, { authorization: basic(by) });
}

async function newTokens(of = client): Promise<{ readonly access: string; readonly refresh: string }> {
  const { json } = await exchange(hookgate, of, await newCode(hookgate, of, { scope: SCOPE }));
  return { access: String(json["access_token"]), refresh: String(json["refresh_token"]) };
}

async function callWith(token: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${String(token)}`, "content-type": "application/json" };
  return (await fetch(`${hookgate.url}/hooks/${webhook.id}`, { method: "POST", headers, body: '{"email":"a@example.com"}' })).status;
}

function revoke(token: string, by = client): Promise<Response> {
  return fetch(`${hookgate.url}/oauth2/revoke`, { method: "POST", headers: { authorization: basic(by) }, body: new URLSearchParams({ token }) });
}

async function introspect(token: string): Promise<unknown> {
  const init = { method: "POST", headers: { authorization: basic(client) }, body: new URLSearchParams({ token }) };
  return (await fetch(`${hookgate.url}/oauth2/introspect`, init)).json();
}

describe("refresh tokens (RFC 6749 section 6)", () => {
  test("come with offline_access only, and only from a user's consent", async () => {
    const without = await exchange(hookgate, client, await newCode(hookgate, client, { scope: "apps.webhook:execute" }));
    expect(Object.keys(without.json)).toEqual(["access_token", "expires_in", "scope", "token_type"]);
    const granted = await exchange(hookgate, client, await newCode(hookgate, client, { scope: SCOPE }));
    expect(Object.keys(granted.json)).toEqual(["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    expect(granted.json["refresh_token"]).toMatch(/^hgr_[A-Za-z0-9_-]{76}$/);
  });

  test("21-07: a refresh gives a new access token and a new refresh token of the same scope (draft-ietf-oauth-v2-1 section 4.3.3)", async () => {
    const first = await newTokens();
    const second = await refresh(first.refresh);
    expect(second.status).toBe(200);
    expect(second.json["scope"]).toBe(SCOPE);
    expect(second.json["access_token"]).not.toBe(first.access);
    expect(second.json["refresh_token"]).not.toBe(first.refresh);
    expect(await callWith(second.json["access_token"])).toBe(200);
    expect(await callWith(first.access)).toBe(200);
    expect((await refresh(second.json["refresh_token"])).status).toBe(200);
  });

  test("6749-36: a wider scope is invalid_scope and uses nothing up; a narrower one narrows the access token only (RFC 6749 section 6)", async () => {
    const narrow = await addClient(hookgate, { scopes: ["apps.webhook:execute", "offline_access"] });
    const { json } = await exchange(hookgate, narrow, await newCode(hookgate, narrow, { scope: "offline_access" }));
    expect(errorOf(await refresh(json["refresh_token"], { scope: SCOPE }, narrow))).toEqual([400, "invalid_scope"]);
    expect(errorOf(await refresh(json["refresh_token"], { scope: "no.such:scope" }, narrow))).toEqual([400, "invalid_scope"]);
    expect((await refresh(json["refresh_token"], {}, narrow)).json["scope"]).toBe("offline_access");

    const { refresh: wide } = await newTokens();
    const narrowed = await refresh(wide, { scope: "apps.webhook:execute" });
    expect(narrowed.json["scope"]).toBe("apps.webhook:execute");
    expect((await refresh(narrowed.json["refresh_token"])).json["scope"]).toBe(SCOPE);
  });

  test("6749-37: another client's attempt is invalid_grant, and the token survives it (RFC 6749 sections 6 and 10.4)", async () => {
    const { refresh: token } = await newTokens();
    const stranger = await addClient(hookgate);
    expect(errorOf(await refresh(token, {}, stranger))).toEqual([400, "invalid_grant"]);
    expect((await refresh(token)).status).toBe(200);
  });

  test("a public client refreshes by its client_id", async () => {
    const pkce = newPkce();
    const publicClient = await addClient(hookgate, { type: "public" });
    const code = await newCode(hookgate, publicClient, { scope: SCOPE, code_challenge: pkce.challenge, code_challenge_method: "S256" });
    const { json } = await exchange(hookgate, publicClient, code, { code_verifier: pkce.verifier, redirect_uri: REDIRECT_URI });
    expect((await refresh(json["refresh_token"], {}, publicClient)).status).toBe(200);
  });

  test("6750-09: a refresh token is no bearer token, and an access token no refresh token", async () => {
    const tokens = await newTokens();
    expect(await callWith(tokens.refresh)).toBe(401);
    expect(errorOf(await refresh(tokens.access))).toEqual([400, "invalid_grant"]);
    expect(errorOf(await postToken(hookgate, { grant_type: "refresh_token" }, { authorization: basic(client) }))).toEqual([400, "invalid_request"]);
  });
});

describe("rotation and reuse (RFC 9700 section 4.14.2)", () => {
  test("9700-09: a token used again after its successor was used ends the whole family, its access tokens too", async () => {
    const first = await newTokens();
    const second = await refresh(first.refresh);
    const third = await refresh(second.json["refresh_token"]);
    expect(third.status).toBe(200);
    expect(errorOf(await refresh(first.refresh))).toEqual([400, "invalid_grant"]);
    expect(errorOf(await refresh(third.json["refresh_token"]))).toEqual([400, "invalid_grant"]);
    expect([await callWith(first.access), await callWith(second.json["access_token"]), await callWith(third.json["access_token"])]).toEqual([401, 401, 401]);
  });

  test("9700-09: a lost answer: within 30 seconds the same successor comes again, later the family ends", async () => {
    const { refresh: token } = await newTokens();
    const lost = await refresh(token);
    hookgate.clock.advance(30 * SECOND);
    const again = await refresh(token);
    expect(again.status).toBe(200);
    expect(again.json["refresh_token"]).toBe(lost.json["refresh_token"]);
    expect(again.json["access_token"]).not.toBe(lost.json["access_token"]);
    hookgate.clock.advance(1);
    expect(errorOf(await refresh(token))).toEqual([400, "invalid_grant"]);
    expect(errorOf(await refresh(again.json["refresh_token"]))).toEqual([400, "invalid_grant"]);
  });

  test("two tabs refresh at once: both are answered, with one and the same successor", async () => {
    for (let round = 0; round < 20; round++) {
      const { refresh: token } = await newTokens();
      const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(token)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      expect(new Set(answers.map(({ json }) => json["refresh_token"])).size).toBe(1);
    }
  });

  test("9700-19: a token with any bit flipped is invalid_grant and ends nobody's family", async () => {
    const { refresh: token } = await newTokens();
    const bytes = Buffer.from(token.slice(4), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(errorOf(await refresh(`hgr_${flipped.toString("base64url")}`))).toEqual([400, "invalid_grant"]);
    }
    for (const text of ["", "hgr_", `${token}A`, `${token}=`, token.slice(0, -1), token.toUpperCase()]) {
      expect((await refresh(text)).status).toBe(400);
    }
    expect((await refresh(token)).status).toBe(200);
  });

  test("9700-10: a family ends 30 days after its last use, and 365 days after the consent however often it is used", async () => {
    const idle = await newTokens();
    let used: unknown = (await newTokens()).refresh;
    hookgate.clock.advance(30 * DAY - 1);
    used = (await refresh(used)).json["refresh_token"];
    expect(used).toBeDefined();
    hookgate.clock.advance(1);
    expect(errorOf(await refresh(idle.refresh))).toEqual([400, "invalid_grant"]);
    for (let month = 2; month <= 12; month++) {
      hookgate.clock.advance(30 * DAY - 2);
      const { status, json } = await refresh(used);
      expect([month, status]).toEqual([month, 200]);
      used = json["refresh_token"];
    }
    hookgate.clock.advance(5 * DAY + 21);
    expect((await introspect(String(used))) as object).toMatchObject({ active: true });
    hookgate.clock.advance(1);
    expect(errorOf(await refresh(used))).toEqual([400, "invalid_grant"]);
    for (let swept = 1; swept > 0;) swept = await hookgate.store.sweep(hookgate.clock.now());
  });

  test("6749-09: a replayed code ends the family that it began (RFC 6749 section 4.1.2)", async () => {
    const code = await newCode(hookgate, client, { scope: SCOPE });
    const { json } = await exchange(hookgate, client, code);
    const { json: next } = await refresh(json["refresh_token"]);
    hookgate.clock.advance(HOUR - 1);
    expect(errorOf(await exchange(hookgate, client, code))).toEqual([400, "invalid_grant"]);
    expect(errorOf(await refresh(next["refresh_token"]))).toEqual([400, "invalid_grant"]);
  });

  test("9700-10: deleting the application, or taking a scope from it, ends what it had", async () => {
    const doomed = await addClient(hookgate);
    const { refresh: token } = await newTokens(doomed);
    const draft = { name: "Shop sync", description: "", type: "confidential", redirectUris: [REDIRECT_URI] };
    const actor = { brandId: hookgate.brandId, userId: doomed.owner.id, isAdmin: false };
    await hookgate.services.applications.update(actor, doomed.clientId, { ...draft, scopes: ["apps.webhook:execute"] });
    expect(errorOf(await refresh(token, {}, doomed))).toEqual([400, "invalid_grant"]);
    await hookgate.services.applications.update(actor, doomed.clientId, { ...draft, scopes: ["apps.webhook:execute", "offline_access"] });
    expect((await refresh(token, {}, doomed)).status).toBe(200);
    await hookgate.services.applications.delete(actor, doomed.clientId);
    expect((await refresh(token, {}, doomed)).status).toBe(401);
  });

  test("a user who is switched off gets nothing, and the same token works again when the user is back", async () => {
    const paused = await addClient(hookgate);
    const { refresh: token } = await newTokens(paused);
    await hookgate.store.users.deactivateUser(hookgate.brandId, paused.owner.id);
    expect((await refresh(token, {}, paused)).status).toBe(400);
    await hookgate.store.users.reactivateUser(hookgate.brandId, paused.owner.id, hookgate.clock.now());
    expect((await refresh(token, {}, paused)).status).toBe(200);
  });
});

describe("refresh tokens at the other endpoints", () => {
  test("7009-04: revoking a refresh token ends its access tokens; revoking an access token leaves the refresh token (RFC 7009 section 2.1)", async () => {
    const kept = await newTokens();
    await revoke(kept.access);
    expect(await callWith(kept.access)).toBe(401);
    const next = await refresh(kept.refresh);
    expect(next.status).toBe(200);

    const ended = await newTokens();
    // Another client can end nothing.
    expect((await revoke(ended.refresh, await addClient(hookgate))).status).toBe(200);
    expect(await callWith(ended.access)).toBe(200);
    expect((await revoke(ended.refresh)).status).toBe(200);
    expect(await callWith(ended.access)).toBe(401);
    expect(errorOf(await refresh(ended.refresh))).toEqual([400, "invalid_grant"]);
  });

  test("7009-07: refresh against revoke, 100 times: after the 200 of the revocation nothing works", async () => {
    for (let round = 0; round < 100; round++) {
      const tokens = await newTokens();
      const [refreshed, revoked] = await Promise.all([refresh(tokens.refresh), revoke(tokens.refresh)]);
      expect(revoked.status).toBe(200);
      expect(await callWith(tokens.access)).toBe(401);
      if (refreshed.status !== 200) continue;
      expect(await callWith(refreshed.json["access_token"])).toBe(401);
      expect((await refresh(refreshed.json["refresh_token"])).status).toBe(400);
    }
  });

  test("introspection tells of the present refresh token only", async () => {
    const { refresh: token } = await newTokens();
    expect(await introspect(token)).toMatchObject({ active: true, client_id: client.clientId, scope: SCOPE, sub: client.owner.id });
    const { json } = await refresh(token);
    expect(await introspect(token)).toEqual({ active: false });
    await revoke(String(json["refresh_token"]));
    expect(await introspect(String(json["refresh_token"]))).toEqual({ active: false });
  });
});
