import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, clientCredentials, errorOf, newCode, postToken, sendRaw, type Body, type TestClient } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let client: TestClient;

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
});
afterAll(() => hookgate.close());

/** A request of this client with other parameters than usual. */
async function post(body: Body, headers: Record<string, string> = {}): ReturnType<typeof postToken> {
  return postToken(hookgate, body, { authorization: basic(client), ...headers });
}

describe("how the token endpoint is spoken to", () => {
  test.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])("6749-20: %s is answered 405 with Allow: POST (RFC 6749 section 3.2)", async (method) => {
    const response = await fetch(`${hookgate.url}/oauth2/token?grant_type=client_credentials`, { method, headers: { authorization: basic(client) } });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test.each(["client_secret", "code", "code_verifier", "refresh_token", "client_assertion", "token", "password", "client%5Fsecret"])(
    "6749-20: %s in the address is refused although the body is right (RFC 6749 section 2.3.1)",
    async (name) => {
      const answer = await postToken(hookgate, { grant_type: "client_credentials" }, { authorization: basic(client) }, `/oauth2/token?${name}=s3cret`);
      expect(errorOf(answer)).toEqual([400, "invalid_request"]);
      expect(answer.text).not.toContain("s3cret");
    },
  );

  test("6749-20: parameters in the address do not count as parameters", async () => {
    const answer = await postToken(hookgate, "", { authorization: basic(client) }, "/oauth2/token?grant_type=client_credentials");
    expect(errorOf(answer)).toEqual([400, "invalid_request"]);
  });

  test.each(["application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencodedx", "garbage", ""])(
    "6749-21: a body of type %j is invalid_request and not parsed in silence (RFC 6749 section 3.2)",
    async (contentType) => {
      expect(errorOf(await post("grant_type=client_credentials", { "content-type": contentType }))).toEqual([400, "invalid_request"]);
      expect(errorOf(await post('{"grant_type":"client_credentials"}', { "content-type": contentType }))).toEqual([400, "invalid_request"]);
    },
  );

  test.each(["application/x-www-form-urlencoded; charset=UTF-8", "APPLICATION/X-WWW-FORM-URLENCODED", "application/x-www-form-urlencoded ;charset=utf-8"])(
    "6749-21: %s is the right type",
    async (contentType) => {
      expect((await post("grant_type=client_credentials", { "content-type": contentType })).status).toBe(200);
    },
  );

  test("21-04: unknown parameters are ignored, empty ones count as absent (RFC 6749 section 3.2)", async () => {
    const answer = await post("grant_type=client_credentials&foo=bar&audience=x&scope=&client_secret=&resource=a&resource=b");
    expect([answer.status, answer.json["scope"]]).toEqual([200, "apps.webhook:execute"]);
  });

  test.each(["grant_type", "scope", "client_id", "client_secret", "foo"])("21-04: %s twice is invalid_request (RFC 6749 section 3.2)", async (name) => {
    expect(errorOf(await post(`grant_type=client_credentials&${name}=a&${name}=a`))).toEqual([400, "invalid_request"]);
    expect(errorOf(await post(`grant_type=client_credentials&${name}=&${name}=a`))).toEqual([400, "invalid_request"]);
  });

  test.each([
    ["nothing", ""],
    ["only an empty grant_type", "grant_type="],
    ["another parameter", "scope=apps.webhook%3Aexecute"],
  ])("6749-31: %s: no grant_type is invalid_request (RFC 6749 section 5.2)", async (_what, body) => {
    expect(errorOf(await post(body))).toEqual([400, "invalid_request"]);
  });

  test.each(["implicit", "urn:ietf:params:oauth:grant-type:device_code", "CLIENT_CREDENTIALS", "client_credentials ", "__proto__", "constructor"])(
    "6749-31: the grant type %j is unsupported_grant_type",
    async (grantType) => {
      expect(errorOf(await post({ grant_type: grantType }))).toEqual([400, "unsupported_grant_type"]);
    },
  );

  test("9700-12: the password grant does not exist (RFC 9700 section 2.4)", async () => {
    expect(errorOf(await post({ grant_type: "password", username: "a", password: "b" }))).toEqual([400, "unsupported_grant_type"]);
  });
});

describe("hostile bodies", () => {
  test.each([
    ["a body longer than 64 KiB", `grant_type=client_credentials&x=${"a".repeat(64 * 1024)}`, 413],
    ["10,000 parameters", `grant_type=client_credentials&${Array.from({ length: 10_000 }, (_, i) => `p${i}=1`).join("&")}`, 413],
    ["5,000 short parameters", `grant_type=client_credentials&${"a&".repeat(5_000)}`, 400],
    ["a NUL byte", "grant_type=client_credentials&x=a%00b", 400],
    ["a NUL byte in the grant type", "grant_type=client_credentials%00", 400],
    ["a broken percent sequence", "grant_type=client_credentials&x=%zz", 400],
    ["a cut percent sequence", "grant_type=client_credentials&x=%e", 400],
    ["an encoded lone surrogate", "grant_type=client_credentials&x=%ED%A0%80", 400],
    ["an overlong encoding", "grant_type=client_credentials&x=%C0%AF", 400],
    ["only separators", "&&&=&=&&", 400],
  ])("6749-40: %s is refused quickly, and the server lives on (RFC 6749 section 10.14)", async (_what, body, status) => {
    expect(errorOf(await post(body))).toEqual([status, "invalid_request"]);
    expect((await clientCredentials(hookgate, client)).status).toBe(200);
  });

  test("6749-40: bytes that are no UTF-8 are refused", async () => {
    const body = Uint8Array.from([...Buffer.from("grant_type=client_credentials&x="), 0xff, 0xed, 0xa0, 0x80]);
    expect(errorOf(await post(body))).toEqual([400, "invalid_request"]);
  });

  test("6749-40: a body without an announced length is measured as it comes", async () => {
    const answer = await sendRaw(`${hookgate.url}/oauth2/token`, {
      headers: { "content-type": "application/x-www-form-urlencoded", "transfer-encoding": "chunked", authorization: basic(client) },
      body: "a".repeat(70_000),
    });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text)).toMatchObject({ error: "invalid_request" });
  });
});

/** One request for each kind of answer. */
async function everyKind(): Promise<readonly Awaited<ReturnType<typeof postToken>>[]> {
  const publicClient = await addClient(hookgate, { type: "public" });
  const stranger = { authorization: basic({ clientId: crypto.randomUUID(), clientSecret: "x" }) };
  return Promise.all([
    clientCredentials(hookgate, client),
    post(""),
    post("grant_type=x&grant_type=y"),
    post({ grant_type: "<script>alert('\"\\')</script>\u00e9" }),
    post({ grant_type: "client_credentials", scope: 'a"b\\c\u0001\u00e9' }),
    post({ grant_type: "authorization_code" }),
    post({ grant_type: "authorization_code", code: 'no"such\\code' }),
    post({ grant_type: "client_credentials", client_id: "another" }),
    post("{}", { "content-type": "application/json" }),
    post("x".repeat(70_000)),
    postToken(hookgate, { grant_type: "client_credentials" }),
    postToken(hookgate, { grant_type: "client_credentials" }, stranger),
    postToken(hookgate, { grant_type: "client_credentials" }, { authorization: 'Bearer "x"' }),
    postToken(hookgate, { grant_type: "client_credentials", client_id: publicClient.clientId }),
  ]);
}

describe("every answer", () => {
  test("6749-22: is JSON, never stored, under a reference of its own (RFC 6749 section 5.1)", async () => {
    const answers = await everyKind();
    for (const { headers } of answers) {
      expect(headers.get("content-type")).toBe("application/json");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("pragma")).toBe("no-cache");
      expect(headers.get("set-cookie")).toBeNull();
    }
    expect(new Set(answers.map(({ headers }) => headers.get("hookgate-reference"))).size).toBe(answers.length);
  });

  test("6749-38: error_description is plain ASCII and echoes nothing of the request (RFC 6749 section 5.2)", async () => {
    const answers = (await everyKind()).filter(({ status }) => status !== 200);
    expect(answers.length).toBeGreaterThan(10);
    for (const { json } of answers) {
      expect(Object.keys(json)).toEqual(["error", "error_description"]);
      // RFC 6749 section 5.2: %x20-21 / %x23-5B / %x5D-7E.
      expect(json["error_description"]).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
      expect(json["error_description"]).not.toMatch(/script|such|alert/i);
    }
  });

  test("6749-23: a success has exactly the four members, expires_in as a number (RFC 6749 section 5.1)", async () => {
    const { json, text } = await clientCredentials(hookgate, client, { scope: "apps.webhook:execute" });
    expect(json).toEqual({
      access_token: expect.stringMatching(/^hga_[A-Za-z0-9_-]+$/),
      expires_in: 3600,
      scope: "apps.webhook:execute",
      token_type: "bearer",
    });
    expect(Object.keys(JSON.parse(text) as object)).toEqual(["access_token", "expires_in", "scope", "token_type"]);
  });

  test("6749-23: HOOKGATE_EXPIRES_IN=string writes expires_in as the seed prints it", async () => {
    const printing = await startHookgate({ HOOKGATE_EXPIRES_IN: "string" });
    const { text } = await clientCredentials(printing, await addClient(printing));
    await printing.close();
    expect(text).toMatch(/^\{"access_token":"hga_[A-Za-z0-9_-]+","expires_in":"3600","scope":"apps.webhook:execute","token_type":"bearer"\}$/);
  });

  test("6749-39: codes and secrets hold 256 bits of chance, 21-08 (RFC 6749 section 10.10, draft-ietf-oauth-v2-1 section 7.7)", async () => {
    const code = await newCode(hookgate, client);
    // 43 characters of base64url: 256 bits.
    expect(code).toMatch(/^hgc_[A-Za-z0-9_-]{43}$/);
    expect(client.clientSecret).toMatch(/^hgs_[A-Za-z0-9_-]{43}$/);
  });
});

describe("scopes", () => {
  test("6749-32: asking for more than is registered is invalid_scope, never narrowed in silence (RFC 6749 section 3.3)", async () => {
    const narrow = await addClient(hookgate, { scopes: ["offline_access"] });
    expect(errorOf(await clientCredentials(hookgate, narrow, { scope: "apps.webhook:execute" }))).toEqual([400, "invalid_scope"]);
    expect(errorOf(await clientCredentials(hookgate, client, { scope: "apps.webhook:execute admin" }))).toEqual([400, "invalid_scope"]);
    expect(errorOf(await clientCredentials(hookgate, client, { scope: "APPS.WEBHOOK:EXECUTE" }))).toEqual([400, "invalid_scope"]);
  });

  test.each([
    '"',
    "\\",
    "\u0001",
    "\u007f",
    "é",
    "apps.webhook:execute\t",
    "apps.webhook:execute\n",
    "apps.webhook:execute,offline_access",
    " ",
    " apps.webhook:execute",
    "apps.webhook:execute ",
    "apps.webhook:execute  offline_access",
  ])("6749-33: the scope %j is invalid_scope (RFC 6749 appendix A.4)", async (scope) => {
    expect(errorOf(await clientCredentials(hookgate, client, { scope }))).toEqual([400, "invalid_scope"]);
  });

  test("6749-32: without scope the registered ones that fit the grant are granted, and the answer says which", async () => {
    expect((await clientCredentials(hookgate, client)).json["scope"]).toBe("apps.webhook:execute");
  });

  test("6749-34: offline_access never applies to client credentials: left out, and alone invalid_scope (RFC 6749 section 4.4.3)", async () => {
    const both = await clientCredentials(hookgate, client, { scope: "offline_access apps.webhook:execute" });
    expect(both.json).toEqual({ access_token: expect.any(String), expires_in: 3600, scope: "apps.webhook:execute", token_type: "bearer" });
    expect(errorOf(await clientCredentials(hookgate, client, { scope: "offline_access" }))).toEqual([400, "invalid_scope"]);
    const offlineOnly = await addClient(hookgate, { scopes: ["offline_access"] });
    expect(errorOf(await clientCredentials(hookgate, offlineOnly))).toEqual([400, "invalid_scope"]);
  });

  test("a scope that is asked for twice counts once", async () => {
    const answer = await clientCredentials(hookgate, client, { scope: "apps.webhook:execute apps.webhook:execute" });
    expect(answer.json["scope"]).toBe("apps.webhook:execute");
  });
});

describe("who may use a grant", () => {
  test("6749-35: a public client gets unauthorized_client for client credentials (RFC 6749 section 4.4)", async () => {
    const publicClient = await addClient(hookgate, { type: "public" });
    const answer = await postToken(hookgate, { grant_type: "client_credentials", client_id: publicClient.clientId });
    expect(errorOf(answer)).toEqual([400, "unauthorized_client"]);
  });

  test("a client whose owner is deactivated gets nothing, and the same secret works again afterwards", async () => {
    const owned = await addClient(hookgate);
    const { brandId, id } = owned.owner;
    await hookgate.store.users.deactivateUser(brandId, id);
    expect(errorOf(await clientCredentials(hookgate, owned))).toEqual([400, "unauthorized_client"]);
    // A stranger learns nothing of it: the secret comes first.
    expect(errorOf(await clientCredentials(hookgate, { ...owned, clientSecret: "wrong" }))).toEqual([401, "invalid_client"]);
    await hookgate.store.users.reactivateUser(brandId, id, hookgate.clock.now());
    expect((await clientCredentials(hookgate, owned)).status).toBe(200);
  });

  test("while the module is switched off for the brand, its clients get nothing", async () => {
    await hookgate.store.brands.deactivateModule(hookgate.brandId, "oauth2-server");
    expect(errorOf(await clientCredentials(hookgate, client))).toEqual([400, "unauthorized_client"]);
    await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
    expect((await clientCredentials(hookgate, client)).status).toBe(200);
  });

  test("a deleted application is a client that never was", async () => {
    const gone = await addClient(hookgate);
    await hookgate.services.applications.delete({ brandId: gone.owner.brandId, userId: gone.owner.id, isAdmin: false }, gone.clientId);
    expect(errorOf(await clientCredentials(hookgate, gone))).toEqual([401, "invalid_client"]);
  });
});
