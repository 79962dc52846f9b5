import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { HOUR } from "../../src/lib/clock.ts";
import { addUser, addWebhook } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, clientCredentials, sendRaw, type TestClient } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let webhook: Webhook;
let client: TestClient;

beforeAll(async () => {
  hookgate = await startHookgate();
  webhook = await addWebhook(hookgate, await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Ada" }), "Orders");
  client = await addClient(hookgate);
});
afterAll(() => hookgate.close());

const FORM = { "content-type": "application/x-www-form-urlencoded" };

async function revoke(parameters: Record<string, string>, headers: Record<string, string> = { authorization: basic(client) }) {
  const response = await fetch(`${hookgate.url}/oauth2/revoke`, { method: "POST", headers, body: new URLSearchParams(parameters) });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function newToken(of = client): Promise<string> {
  return String((await clientCredentials(hookgate, of)).json["access_token"]);
}

async function callWith(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return (await fetch(`${hookgate.url}/hooks/${webhook.id}`, { method: "POST", headers, body: '{"email":"a@example.com"}' })).status;
}

describe("token revocation (RFC 7009)", () => {
  test("after the 200 the token is refused, and only that token (section 2.1)", async () => {
    const [revoked, other] = [await newToken(), await newToken()];
    expect([await callWith(revoked), await callWith(other)]).toEqual([200, 200]);
    const answer = await revoke({ token: revoked });
    expect([answer.status, answer.text]).toEqual([200, "{}"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect([await callWith(revoked), await callWith(other)]).toEqual([401, 200]);
  });

  test("7009-01: an unknown, expired or already revoked token is 200 and an empty object (RFC 7009 section 2.2)", async () => {
    const token = await newToken();
    const expired = await newToken();
    for (const unknown of ["nonsense", "hga_", `${token}x`, token.slice(0, -2), "hga_" + "A".repeat(200)]) {
      expect(await revoke({ token: unknown })).toMatchObject({ status: 200, text: "{}" });
    }
    expect(await callWith(token)).toBe(200);
    await revoke({ token });
    expect(await revoke({ token })).toMatchObject({ status: 200, text: "{}" });
    hookgate.clock.advance(HOUR);
    expect(await revoke({ token: expired })).toMatchObject({ status: 200, text: "{}" });
    // Nothing is kept for a token that is dead anyway: the one entry is that of the first.
    expect(await hookgate.store.revocations.listRevocations(hookgate.clock.now())).toEqual([]);
  });

  test("7009-02: a wrong or unknown token_type_hint still revokes: it is only a hint (RFC 7009 section 2.1)", async () => {
    for (const hint of ["refresh_token", "access_token", "nonsense"]) {
      const token = await newToken();
      expect((await revoke({ token, token_type_hint: hint })).status).toBe(200);
      expect(await callWith(token)).toBe(401);
    }
  });

  test("7009-03: another client's token is untouched, and the answer is that for an unknown one (RFC 7009 section 2.1)", async () => {
    const stranger = await addClient(hookgate);
    const token = await newToken();
    const [foreign, unknown] = [
      await revoke({ token }, { authorization: basic(stranger) }),
      await revoke({ token: "nonsense" }, { authorization: basic(stranger) }),
    ];
    expect([foreign.status, foreign.text]).toEqual([unknown.status, unknown.text]);
    expect([...foreign.headers.keys()]).toEqual([...unknown.headers.keys()]);
    expect(await callWith(token)).toBe(200);
  });

  test("7009-05: a missing token is invalid_request, a bad client 401 with a challenge (RFC 7009 section 2.2.1)", async () => {
    const token = await newToken();
    expect(await revoke({})).toMatchObject({ status: 400, text: expect.stringContaining('"invalid_request"') as string });
    expect(await revoke({ token: "" })).toMatchObject({ status: 400 });
    const bad = await revoke({ token }, { authorization: basic({ ...client, clientSecret: "wrong" }) });
    expect([bad.status, bad.headers.get("www-authenticate")]).toEqual([401, expect.stringMatching(/^Basic /)]);
    expect((await revoke({ token }, {})).status).toBe(401);
    expect(await callWith(token)).toBe(200);
  });

  test("7009-06: a public client names itself by client_id (RFC 7009 section 2.1)", async () => {
    const publicClient = await addClient(hookgate, { type: "public" });
    expect((await revoke({ token: "nonsense", client_id: publicClient.clientId }, {})).status).toBe(200);
    // It cannot revoke in the name of a confidential one.
    const token = await newToken();
    expect((await revoke({ token, client_id: client.clientId }, {})).status).toBe(401);
    expect((await revoke({ token, client_id: publicClient.clientId }, {})).status).toBe(200);
    expect(await callWith(token)).toBe(200);
  });

  test("7009-08: no JSONP, and no other site's script reads the answer (RFC 7009 section 2.3)", async () => {
    const token = await newToken();
    const headers = { authorization: basic(client), origin: "https://elsewhere.example.com" };
    const answer = await revoke({ token, callback: "package.steal" }, headers);
    expect([answer.status, answer.headers.get("content-type"), answer.text]).toEqual([200, "application/json", "{}"]);
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
    const preflight = await sendRaw(`${hookgate.url}/oauth2/revoke`, {
      method: "OPTIONS",
      headers: { origin: "https://elsewhere.example.com", "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });
    expect(preflight.status).toBe(405);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  test("only POST, only a form, nothing secret in the address, no parameter twice", async () => {
    const address = `${hookgate.url}/oauth2/revoke`;
    const token = await newToken();
    const get = await sendRaw(address, { method: "GET", headers: {} });
    expect([get.status, get.headers["allow"]]).toEqual([405, "POST"]);
    const authorization = basic(client);
    const statuses = [
      await sendRaw(`${address}?token=${token}`, { headers: { ...FORM, authorization }, body: `token=${token}` }),
      await sendRaw(address, { headers: { "content-type": "application/json", authorization }, body: JSON.stringify({ token }) }),
      await sendRaw(address, { headers: { ...FORM, authorization }, body: `token=${token}&token=${token}` }),
      await sendRaw(address, { headers: { ...FORM, authorization: [authorization, authorization] }, body: `token=${token}` }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([400, 400, 400, 400]);
    expect(await callWith(token)).toBe(200);
  });

  test("fifty revocations at once, and calls at the same time: after a 200 of the revocation no call gets through", async () => {
    for (let round = 0; round < 20; round++) {
      const token = await newToken();
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, () => revoke({ token }).then(() => callWith(token))),
        ...Array.from({ length: 5 }, () => callWith(token).then(() => 401)),
      ]);
      expect(new Set(answers)).toEqual(new Set([401]));
    }
  });
});
