import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseBasic } from "../../src/oauth/client-authentication.ts";
import { basicHeader, encodeBasic } from "../support/arbitraries.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, errorOf, postToken, sendRaw, type TestClient, type TokenAnswer } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let client: TestClient;
let other: TestClient;
let publicClient: TestClient;

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
  other = await addClient(hookgate);
  publicClient = await addClient(hookgate, { type: "public" });
});
afterAll(() => hookgate.close());

const GRANT = { grant_type: "client_credentials" } as const;

async function authenticate(authorization: string | undefined, parameters: Readonly<Record<string, string>> = {}): Promise<TokenAnswer> {
  return postToken(hookgate, { ...GRANT, ...parameters }, authorization === undefined ? {} : { authorization });
}

/** Percent-encodes every byte, which no client does and every server must understand. */
function encodeAll(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

/** As half of the client libraries do (RFC 6749 appendix B). */
function formEncode(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice(2);
}

describe("the right credentials", () => {
  test("client_secret_basic (RFC 6749 section 2.3.1)", async () => {
    expect((await authenticate(basic(client))).status).toBe(200);
  });

  test("21-02: client_secret_post (draft-ietf-oauth-v2-1 section 2.4.1)", async () => {
    expect((await authenticate(undefined, { client_id: client.clientId, client_secret: client.clientSecret })).status).toBe(200);
  });

  test("6749-28: id and secret are form-decoded (RFC 6749 section 2.3.1, appendix B)", async () => {
    expect((await authenticate(encodeBasic(`${encodeAll(client.clientId)}:${encodeAll(client.clientSecret)}`))).status).toBe(200);
  });

  test.each(["basic", "BASIC", "bAsIc"])("the scheme is matched without letter case: %s (RFC 9110 section 11.1)", async (scheme) => {
    expect((await authenticate(basic(client).replace("Basic", scheme))).status).toBe(200);
  });

  test("6749-26: the same client_id in the body as well is accepted (RFC 6749 section 3.2.1)", async () => {
    expect((await authenticate(basic(client), { client_id: client.clientId })).status).toBe(200);
  });
});

describe("contradictory credentials are invalid_request", () => {
  test("6749-25: Basic and a secret in the body, although both are right (RFC 6749 section 2.3)", async () => {
    const answer = await authenticate(basic(client), { client_id: client.clientId, client_secret: client.clientSecret });
    expect(errorOf(answer)).toEqual([400, "invalid_request"]);
  });

  test("6749-25: Basic and an assertion", async () => {
    const assertion = { client_assertion: "x", client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" };
    expect(errorOf(await authenticate(basic(client), assertion))).toEqual([400, "invalid_request"]);
    expect(errorOf(await authenticate(undefined, { client_id: client.clientId, client_secret: client.clientSecret, ...assertion }))).toEqual([
      400,
      "invalid_request",
    ]);
  });

  test("6749-26: a client_id in the body that is another client's (RFC 6749 section 3.2.1)", async () => {
    expect(errorOf(await authenticate(basic(client), { client_id: other.clientId }))).toEqual([400, "invalid_request"]);
  });

  test("two Authorization headers", async () => {
    const answer = await sendRaw(`${hookgate.url}/oauth2/token`, {
      headers: { "content-type": "application/x-www-form-urlencoded", authorization: [basic(client), basic(client)] },
      body: "grant_type=client_credentials",
    });
    expect([answer.status, (JSON.parse(answer.text) as { error: string }).error]).toEqual([400, "invalid_request"]);
  });
});

describe("wrong credentials are invalid_client", () => {
  const refused = [401, "invalid_client"];

  test("6749-24: failed Basic is answered 401 with a Basic challenge (RFC 6749 section 5.2)", async () => {
    const answer = await authenticate(basic({ ...client, clientSecret: "wrong" }));
    expect(errorOf(answer)).toEqual(refused);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Basic realm="[^"]+"/);
  });

  test("6749-24: a failed secret in the body is answered 401 with a challenge too", async () => {
    const answer = await authenticate(undefined, { client_id: client.clientId, client_secret: "wrong" });
    expect(errorOf(answer)).toEqual(refused);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /);
  });

  test("an unknown client, a wrong secret and a secret of somebody else get the same answer", async () => {
    const answers = await Promise.all([
      authenticate(basic({ clientId: crypto.randomUUID(), clientSecret: client.clientSecret })),
      authenticate(basic({ ...client, clientSecret: "wrong" })),
      authenticate(basic({ ...client, clientSecret: other.clientSecret })),
      authenticate(basic({ clientId: "no id at all", clientSecret: "" })),
      authenticate(basic({ ...publicClient, clientSecret: "wrong" })),
    ]);
    for (const answer of answers) expect(errorOf(answer)).toEqual(refused);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  test("no credentials at all, or a confidential client without its secret", async () => {
    expect(errorOf(await authenticate(undefined))).toEqual(refused);
    expect(errorOf(await authenticate(undefined, { client_id: client.clientId }))).toEqual(refused);
    expect(errorOf(await authenticate(undefined, { client_id: client.clientId, client_secret: "" }))).toEqual(refused);
    expect(errorOf(await authenticate(undefined, { client_secret: client.clientSecret }))).toEqual(refused);
    expect(errorOf(await authenticate(basic({ ...client, clientSecret: "" })))).toEqual(refused);
  });

  test("6749-27: a public client that sends a secret, even an empty one by Basic; 8252-07: a secret makes it no other (RFC 6749 section 2.3, RFC 8252 section 8.5)", async () => {
    expect(errorOf(await authenticate(basic(publicClient)))).toEqual(refused);
    expect(errorOf(await authenticate(undefined, { client_id: publicClient.clientId, client_secret: "anything" }))).toEqual(refused);
  });

  test("6749-27: a wrong secret in one place never passes because of the right id in the other", async () => {
    expect(errorOf(await authenticate(basic({ ...client, clientSecret: "wrong" }), { client_id: client.clientId }))).toEqual(refused);
  });

  test("an assertion alone is a method that no client of ours has", async () => {
    expect(errorOf(await authenticate(undefined, { client_id: client.clientId, client_assertion: "x" }))).toEqual(refused);
  });

  test.each([
    ["a broken percent sequence", encodeBasic("%zz:%")],
    ["a percent sequence that is no UTF-8", encodeBasic("%ff:%fe")],
    ["a NUL", encodeBasic("a%00:b")],
    ["no colon", encodeBasic("abc")],
    ["nothing", encodeBasic("")],
    ["bytes that are no UTF-8", encodeBasic(Uint8Array.from([0xff, 0x3a, 0xfe]))],
    ["no base64", "Basic ***"],
    ["base64 with something after it", `${encodeBasic("a:b")} c`],
    ["no credentials", "Basic"],
    ["the scheme Bearer", "Bearer abc"],
    ["an unknown scheme", "Digest abc"],
  ])("6749-28: Basic with %s is refused, not an error of ours", async (_what, authorization) => {
    expect(errorOf(await authenticate(authorization))).toEqual(refused);
  });
});

describe("parsing Basic", () => {
  test("6749-28: whatever id and secret a client encodes arrives as it was; the first colon divides (RFC 6749 section 2.3.1)", () => {
    const text = fc.string({ unit: "binary" }).filter((value) => !value.includes("\0") && value.isWellFormed());
    fc.assert(
      fc.property(text, text, (clientId, clientSecret) => {
        expect(parseBasic(encodeBasic(`${formEncode(clientId)}:${formEncode(clientSecret)}`))).toEqual({ clientId, clientSecret });
      }),
    );
    expect(parseBasic(encodeBasic("a:b:c"))).toEqual({ clientId: "a", clientSecret: "b:c" });
    expect(parseBasic(encodeBasic("a+b:c+d"))).toEqual({ clientId: "a b", clientSecret: "c d" });
  });

  test("6749-28: no header makes it throw", () => {
    fc.assert(
      fc.property(basicHeader, (value) => {
        const parsed = parseBasic(value);
        expect(parsed === undefined || typeof parsed.clientSecret === "string").toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
