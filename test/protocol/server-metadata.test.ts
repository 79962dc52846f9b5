import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, errorOf, postToken, sendRaw } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let address: string;

beforeAll(async () => {
  hookgate = await startHookgate();
  address = `${hookgate.url}/.well-known/oauth-authorization-server`;
});
afterAll(() => hookgate.close());

async function metadata(): Promise<Readonly<Record<string, unknown>>> {
  return (await (await fetch(address)).json()) as Record<string, unknown>;
}

describe("authorization server metadata (RFC 8414)", () => {
  test("8414-03: says what there is, as JSON (RFC 8414 section 3.2)", async () => {
    const response = await fetch(address);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await response.json()).toEqual({
      issuer: hookgate.url,
      authorization_endpoint: `${hookgate.url}/oauth2/auth`,
      token_endpoint: `${hookgate.url}/oauth2/token`,
      revocation_endpoint: `${hookgate.url}/oauth2/revoke`,
      introspection_endpoint: `${hookgate.url}/oauth2/introspect`,
      scopes_supported: ["apps.webhook:execute", "offline_access"],
      response_types_supported: ["code"],
      response_modes_supported: ["query"],
      grant_types_supported: ["client_credentials", "authorization_code", "refresh_token"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
      revocation_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
      introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
    });
  });

  test("8414-03: every grant type that is listed is known, and every listed method of authentication works", async () => {
    const { grant_types_supported: grantTypes } = await metadata();
    const client = await addClient(hookgate);
    for (const grantType of grantTypes as readonly string[]) {
      const answer = await postToken(hookgate, { grant_type: grantType }, { authorization: basic(client) });
      expect(errorOf(answer)[1]).not.toBe("unsupported_grant_type");
    }
    const secret = { client_id: client.clientId, client_secret: client.clientSecret };
    expect((await postToken(hookgate, { grant_type: "client_credentials", ...secret })).status).toBe(200);
    const publicClient = await addClient(hookgate, { type: "public" });
    const none = await postToken(hookgate, { grant_type: "authorization_code", code: "x", client_id: publicClient.clientId });
    expect(errorOf(none)).toEqual([400, "invalid_grant"]);
  });

  test("8414-03: every method that is listed for revocation and introspection works there, and none that is not (RFC 8414 section 2)", async () => {
    const client = await addClient(hookgate);
    const publicClient = await addClient(hookgate, { type: "public" });
    const ways: Readonly<Record<string, (path: string) => ReturnType<typeof postToken>>> = {
      client_secret_basic: (path) => postToken(hookgate, { token: "x" }, { authorization: basic(client) }, path),
      client_secret_post: (path) => postToken(hookgate, { token: "x", client_id: client.clientId, client_secret: client.clientSecret }, {}, path),
      none: (path) => postToken(hookgate, { token: "x", client_id: publicClient.clientId }, {}, path),
    };
    const document = await metadata();
    for (const [name, path] of [
      ["revocation", "/oauth2/revoke"],
      ["introspection", "/oauth2/introspect"],
    ] as const) {
      const listed = document[`${name}_endpoint_auth_methods_supported`] as readonly string[];
      for (const [method, ask] of Object.entries(ways))
        expect([name, method, (await ask(path)).status]).toEqual([name, method, listed.includes(method) ? 200 : 401]);
      expect(listed.every((method) => method in ways)).toBe(true);
    }
  });

  test("8414-03: no array is empty, no member null (RFC 8414 section 3.2)", async () => {
    for (const value of Object.values(await metadata())) expect(value === null || (Array.isArray(value) && value.length === 0)).toBe(false);
  });

  test("8414-04: any site may read it, it may be kept, and an unchanged one is 304", async () => {
    const response = await fetch(address);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("cache-control")).toMatch(/max-age=\d+/);
    const etag = response.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[A-Za-z0-9_-]+"$/);
    for (const known of [etag, `"other", ${etag}`, `W/${etag}`, "*"]) {
      expect((await sendRaw(address, { method: "GET", headers: { "if-none-match": known } })).status).toBe(304);
    }
    expect((await sendRaw(address, { method: "GET", headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("6749-40: a header of 15,000 spaces costs no more than another one (RFC 6749 section 10.14)", async () => {
    const before = process.cpuUsage();
    for (const filling of [" ", "\t", ",", " ,", "W/"]) {
      const headers = { "if-none-match": `"a"${filling.repeat(15_000 / filling.length)}"b"` };
      expect((await sendRaw(address, { method: "GET", headers })).status).toBe(200);
    }
    const { user } = process.cpuUsage(before);
    // In microseconds; a quadratic regular expression took 170,000 for one of these requests alone.
    expect(user).toBeLessThan(120_000);
  });

  test("8414-05: a forged Host or X-Forwarded-* changes no URL (RFC 9700 section 4.13)", async () => {
    const forged = {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      "x-forwarded-for": "1.2.3.4",
      forwarded: "host=evil.example",
    };
    const { text } = await sendRaw(address, { method: "GET", headers: forged });
    expect(text).not.toContain("evil.example");
    expect(JSON.parse(text)).toEqual(await metadata());
  });

  test("8414-02: the issuer has no trailing slash and every endpoint begins with it (RFC 8414 section 3.3)", async () => {
    const { issuer, authorization_endpoint, token_endpoint } = await metadata();
    expect(issuer).toBe(new URL(String(issuer)).origin);
    for (const endpoint of [authorization_endpoint, token_endpoint]) expect(String(endpoint).startsWith(`${String(issuer)}/`)).toBe(true);
  });

  test("7636-03: plain is not listed (RFC 7636 section 4.2)", async () => {
    expect((await metadata())["code_challenge_methods_supported"]).toEqual(["S256"]);
  });
});
