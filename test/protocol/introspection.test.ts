import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOUR, MINUTE } from "../../src/lib/clock.ts";
import { temporaryFile } from "../conformance/temporary-file.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, clientCredentials, postToken, sendRaw, type TestClient } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let client: TestClient;

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
});
afterAll(() => hookgate.close());

async function introspect(parameters: Record<string, string>, headers: Record<string, string> = { authorization: basic(client) }) {
  const response = await fetch(`${hookgate.url}/oauth2/introspect`, { method: "POST", headers, body: new URLSearchParams(parameters) });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Record<string, unknown> };
}

async function newToken(of = client): Promise<string> {
  return String((await clientCredentials(hookgate, of)).json["access_token"]);
}

const isActive = async (token: string) => (await introspect({ token })).json["active"];

describe("token introspection (RFC 7662)", () => {
  test("7662-06: says of an active token what it grants, in the types that the RFC names (RFC 7662 section 2.2)", async () => {
    const { status, headers, json } = await introspect({ token: await newToken() });
    const now = Math.floor(hookgate.clock.now() / 1_000);
    expect(status).toBe(200);
    expect(json).toEqual({
      active: true,
      aud: hookgate.url,
      client_id: client.clientId,
      exp: now + 3_600,
      iat: now,
      iss: hookgate.url,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      scope: "apps.webhook:execute",
      sub: client.clientId,
      token_type: "bearer",
    });
    expect(headers.get("content-type")).toBe("application/json");
  });

  test("7662-01: without authentication of the caller 401, never a token's state (RFC 7662 sections 2.1 and 4)", async () => {
    const token = await newToken();
    const publicClient = await addClient(hookgate, { type: "public" });
    for (const [parameters, headers] of [
      [{ token }, {}],
      [{ token }, { authorization: `Bearer ${token}` }],
      [{ token }, { authorization: basic({ ...client, clientSecret: "wrong" }) }],
      [{ token, client_id: client.clientId }, {}],
      // A public client proves nothing.
      [{ token, client_id: publicClient.clientId }, {}],
    ] as const) {
      const answer = await introspect(parameters, headers);
      expect([answer.status, answer.json["error"]]).toEqual([401, "invalid_client"]);
      expect(answer.json).not.toHaveProperty("active");
    }
  });

  test("7662-02: whatever makes a token inactive, the answer is {active: false} and nothing else (RFC 7662 section 2.2)", async () => {
    const token = await newToken();
    for (const text of ["nonsense", `${token}x`, token.slice(4), "hgr_x", client.clientSecret]) {
      expect(await introspect({ token: text })).toMatchObject({ status: 200 });
      expect((await introspect({ token: text })).json).toEqual({ active: false });
    }
  });

  test("7662-03: another client's token is inactive to the caller (RFC 7662 section 2.2)", async () => {
    const token = await newToken();
    const stranger = await addClient(hookgate);
    expect((await introspect({ token }, { authorization: basic(stranger) })).json).toEqual({ active: false });
    expect(await isActive(token)).toBe(true);
  });

  test("7662-04: expiry, revocation, the module and the owner switched off: inactive at once, and active again where that is reversible (RFC 7662 section 4)", async () => {
    const token = await newToken();
    const { store, clock, brandId } = hookgate;
    await store.brands.deactivateModule(brandId, "oauth2-server");
    expect((await introspect({ token })).json).toEqual({ active: false });
    await store.brands.activateModule(brandId, "oauth2-server", clock.now());
    expect(await isActive(token)).toBe(true);
    await store.users.deactivateUser(brandId, client.owner.id);
    expect((await introspect({ token })).json).toEqual({ active: false });
    await store.users.reactivateUser(brandId, client.owner.id, hookgate.clock.now());
    expect(await isActive(token)).toBe(true);
    await fetch(`${hookgate.url}/oauth2/revoke`, { method: "POST", headers: { authorization: basic(client) }, body: new URLSearchParams({ token }) });
    expect((await introspect({ token })).json).toEqual({ active: false });
    const expiring = await newToken();
    clock.advance(HOUR - 1);
    expect(await isActive(expiring)).toBe(true);
    clock.advance(1);
    expect((await introspect({ token: expiring })).json).toEqual({ active: false });
  });

  test("7662-04: a deleted application's tokens are dead, and it can ask no more (RFC 7662 section 4)", async () => {
    const deleted = await addClient(hookgate);
    const token = await newToken(deleted);
    const now = hookgate.clock.now();
    await hookgate.store.applications.deleteApplication(hookgate.brandId, deleted.clientId, now + HOUR);
    expect((await introspect({ token }, { authorization: basic(deleted) })).status).toBe(401);
  });

  test("7662-05: GET is 405, and a token in the address is refused and not looked at (RFC 7662 section 2.1)", async () => {
    const address = `${hookgate.url}/oauth2/introspect`;
    const token = await newToken();
    const get = await sendRaw(`${address}?token=${token}`, { method: "GET", headers: { authorization: basic(client) } });
    expect([get.status, get.headers["allow"]]).toEqual([405, "POST"]);
    expect(get.text).not.toContain("active");
    const headers = { authorization: basic(client), "content-type": "application/x-www-form-urlencoded" };
    expect((await sendRaw(`${address}?token=${token}`, { headers, body: "" })).status).toBe(400);
    expect((await introspect({})).json["error"]).toBe("invalid_request");
  });

  test("7662-07: no answer may be kept, in either state (RFC 7662 section 4)", async () => {
    const token = await newToken();
    const { headers } = await introspect({ token });
    expect([headers.get("cache-control"), headers.get("pragma")]).toEqual(["no-store", "no-cache"]);
    expect((await introspect({ token: "nonsense" })).headers.get("cache-control")).toBe("no-store");
  });

  test("7662-07: asking writes nothing: another connection to the same file sees no commit (RFC 7662 section 4)", async () => {
    const file = temporaryFile();
    const onFile = await startHookgate({ HOOKGATE_STORE: `sqlite:${file}` });
    const asking = await addClient(onFile);
    const token = String((await clientCredentials(onFile, asking)).json["access_token"]);
    const ask = () => postToken(onFile, { token }, { authorization: basic(asking) }, "/oauth2/introspect");
    expect((await ask()).json["active"]).toBe(true);
    // The use of the secret is noted once a minute, after the answer.
    await onFile.services.secretUses.close();
    const witness = new DatabaseSync(file, { readOnly: true });
    const version = () => witness.prepare("PRAGMA data_version").get();
    const before = version();
    for (let count = 0; count < 50; count++) await ask();
    await onFile.services.secretUses.close();
    expect(version()).toEqual(before);
    onFile.clock.advance(2 * MINUTE);
    await ask();
    await onFile.services.secretUses.close();
    expect(version()).not.toEqual(before);
    witness.close();
    await onFile.close();
  });
});
