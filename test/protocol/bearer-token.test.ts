import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { HOUR } from "../../src/lib/clock.ts";
import { addBrand, addUser, addWebhook } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, clientCredentials, exchange, newCode, postToken, sendRaw, type TestClient } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let owner: User;
let client: TestClient;
let endpoint: string;

beforeAll(async () => {
  hookgate = await startHookgate();
  owner = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Wanda" });
  client = await addClient(hookgate);
  endpoint = `${hookgate.url}/hooks/${(await addWebhook(hookgate, owner, "Orders")).id}`;
});
afterAll(() => hookgate.close());

interface CallAnswer {
  readonly status: number;
  readonly challenge: string | undefined;
}

async function call(authorization: string | string[] | undefined, address = endpoint, contentType = "application/json", body = '{"email":"a@example.com"}') {
  const headers = { "content-type": contentType, ...(authorization !== undefined && { authorization }) };
  const { status, headers: answered } = await sendRaw(address, { headers, body });
  return { status, challenge: answered["www-authenticate"] as string | undefined } satisfies CallAnswer;
}

async function newToken(of = client): Promise<string> {
  return String((await clientCredentials(hookgate, of)).json["access_token"]);
}

/** Fails unless the call is refused with this error in a Bearer challenge. */
function expectRefused(answer: CallAnswer, status: number, error: string): void {
  expect([answer.status, answer.challenge]).toEqual([status, expect.stringMatching(new RegExp(`^Bearer realm="[^"]+", error="${error}"`))]);
}

async function expectInvalidToken(authorization: string): Promise<void> {
  expectRefused(await call(authorization), 401, "invalid_token");
}

describe("bearer tokens at a webhook's endpoint", () => {
  test("6750-01: without credentials, or with those of another scheme: 401, a challenge and no error (RFC 6750 section 3.1)", async () => {
    for (const authorization of [undefined, "Basic YTpi", "Digest x", ""]) {
      const answer = await call(authorization);
      expect(answer.status).toBe(401);
      expect(answer.challenge).toMatch(/^Bearer realm="[^"]+"$/);
    }
  });

  test.each(["Bearer", "bearer", "BEARER", "bEaReR"])("6750-03: the scheme %s is matched without letter case (RFC 6750 section 2.1)", async (scheme) => {
    expect((await call(`${scheme} ${await newToken()}`)).status).toBe(200);
  });

  test("6750-03: one run of spaces, then a b64token and nothing else", async () => {
    const token = await newToken();
    expect((await call(`Bearer   ${token}`)).status).toBe(200);
    for (const header of [
      "Bearer",
      `Bearer\t${token}`,
      `Bearer ${token} x`,
      `Bearer ${token},x`,
      `Bearer "${token}"`,
      "Bearer a=b",
      "Bearer =",
      "Bearer tök",
    ]) {
      const answer = await call(Buffer.from(header).toString("latin1"));
      expect([header, answer.status >= 400]).toEqual([header, true]);
      if (header.startsWith("Bearer ")) expectRefused(answer, 400, "invalid_request");
    }
  });

  test("6750-08: two Authorization headers are 400 invalid_request, even with the same right token (RFC 6750 section 3.1)", async () => {
    const token = await newToken();
    expectRefused(await call([`Bearer ${token}`, `Bearer ${token}`]), 400, "invalid_request");
    expectRefused(await call([`Bearer ${token}`, "Basic YTpi"]), 400, "invalid_request");
  });

  test("6750-04: a token in the header and one in the address are 400 (RFC 6750 section 2)", async () => {
    const token = await newToken();
    expectRefused(await call(`Bearer ${token}`, `${endpoint}?access_token=${token}`), 400, "invalid_request");
  });

  test("6750-05: a token in the address alone is no credential here (RFC 6750 section 2.3, draft-ietf-oauth-v2-1 section 5.1: 21-05)", async () => {
    const answer = await call(undefined, `${endpoint}?access_token=${await newToken()}`);
    expect([answer.status, answer.challenge]).toEqual([401, expect.stringMatching(/^Bearer realm="[^"]+"$/)]);
  });

  test("6750-06: a token in a form body is no credential here (RFC 6750 section 2.2)", async () => {
    const form = await call(undefined, endpoint, "application/x-www-form-urlencoded", `access_token=${await newToken()}`);
    expect([form.status, form.challenge]).toEqual([401, expect.stringMatching(/^Bearer realm="[^"]+"$/)]);
    const json = await call(undefined, endpoint, "application/json", JSON.stringify({ access_token: await newToken() }));
    expect(json.status).toBe(401);
  });

  test("6750-07: a challenge holds nothing of the request (RFC 6750 section 3)", async () => {
    const answer = await call('Bearer x"\\, error="invalid_token');
    expect(answer.challenge).not.toContain("\\");
    expectRefused(answer, 400, "invalid_request");
  });
});

describe("tokens that are no good", () => {
  test("6750-02: unknown, cut and changed ones are 401 invalid_token (RFC 6750 section 3.1)", async () => {
    const token = await newToken();
    for (const wrong of ["x", "hga_", token.slice(0, -1), `${token}A`, token.replace(/.$/, (last) => (last === "A" ? "B" : "A")), "hga_".padEnd(5_000, "A")]) {
      await expectInvalidToken(`Bearer ${wrong}`);
    }
  });

  test("6750-09: a code, a client secret or a session is no access token", async () => {
    for (const wrong of [await newCode(hookgate, client), client.clientSecret, client.clientId]) await expectInvalidToken(`Bearer ${wrong}`);
  });

  test("6750-02: after 3,600 seconds, and not one earlier, it is 401 invalid_token", async () => {
    const token = await newToken();
    hookgate.clock.advance(HOUR - 1);
    expect((await call(`Bearer ${token}`)).status).toBe(200);
    hookgate.clock.advance(1);
    await expectInvalidToken(`Bearer ${token}`);
  });

  test("6750-02: a revoked one is 401 invalid_token at once (RFC 6750 section 3.1)", async () => {
    const token = await newToken();
    expect((await call(`Bearer ${token}`)).status).toBe(200);
    await postToken(hookgate, { token }, { authorization: basic(client) }, "/oauth2/revoke");
    await expectInvalidToken(`Bearer ${token}`);
  });

  test("6750-02: too little scope is 403 and names the scope (RFC 6750 section 3.1)", async () => {
    const narrow = await addClient(hookgate);
    const answered = await exchange(hookgate, narrow, await newCode(hookgate, narrow, { scope: "offline_access" }));
    const answer = await call(`Bearer ${String(answered.json["access_token"])}`);
    expectRefused(answer, 403, "insufficient_scope");
    expect(answer.challenge).toContain('scope="apps.webhook:execute"');
  });

  test("a revoked key's tokens are refused at once", async () => {
    const token = await newToken();
    const active = (await hookgate.services.keyRing.list()).find((key) => key.state === "active");
    await hookgate.services.keyRing.revoke(active!.id);
    await expectInvalidToken(`Bearer ${token}`);
    expect((await call(`Bearer ${await newToken()}`)).status).toBe(200);
  });

  test("a deleted application's tokens are refused at once", async () => {
    const gone = await addClient(hookgate);
    const token = await newToken(gone);
    expect((await call(`Bearer ${token}`)).status).toBe(200);
    await hookgate.services.applications.delete({ brandId: hookgate.brandId, userId: gone.owner.id, isAdmin: false }, gone.clientId);
    await expectInvalidToken(`Bearer ${token}`);
  });

  test("while the application's owner is deactivated its tokens are refused, and the same ones work again afterwards", async () => {
    const owned = await addClient(hookgate);
    const own = await newToken(owned);
    const ofUser = String((await exchange(hookgate, owned, await newCode(hookgate, owned))).json["access_token"]);
    await hookgate.store.users.deactivateUser(hookgate.brandId, owned.owner.id);
    await expectInvalidToken(`Bearer ${own}`);
    await expectInvalidToken(`Bearer ${ofUser}`);
    await hookgate.store.users.reactivateUser(hookgate.brandId, owned.owner.id, hookgate.clock.now());
    expect([(await call(`Bearer ${own}`)).status, (await call(`Bearer ${ofUser}`)).status]).toEqual([200, 200]);
  });

  test("while the module is switched off, tokens are refused, and the same ones work again afterwards", async () => {
    const token = await newToken();
    await hookgate.store.brands.deactivateModule(hookgate.brandId, "oauth2-server");
    expect((await call(`Bearer ${token}`)).status).toBe(401);
    await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
    expect((await call(`Bearer ${token}`)).status).toBe(200);
  });

  test("9700-11: a token carries what was asked for and no more, and has one audience (RFC 9700 section 2.3)", async () => {
    const { json } = await exchange(hookgate, client, await newCode(hookgate, client, { scope: "apps.webhook:execute" }));
    expect(json["scope"]).toBe("apps.webhook:execute");
    const { json: told } = await postToken(hookgate, { token: String(json["access_token"]) }, { authorization: basic(client) }, "/oauth2/introspect");
    expect([told["scope"], told["aud"]]).toEqual(["apps.webhook:execute", hookgate.url]);
  });

  test("9700-11: another brand's application is 401 invalid_token, although its token is right at home (RFC 9700 section 2.3)", async () => {
    const brandId = await addBrand(hookgate, "Another brand");
    const stranger = await addUser(hookgate, { brandId, role: "admin", name: "Nora" });
    await expectInvalidToken(`Bearer ${await newToken(await addClient(hookgate, { owner: stranger }))}`);
  });
});
