/**
 * Bytes on a connection that two servers in a row could read in two ways (request smuggling, RFC 9112 section 11.2), and requests behind
 * requests. Whatever is sent, no byte of a body is taken for a request, and no credential counts from where none belongs.
 */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addWebhook } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, clientCredentials, type TestClient } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let client: TestClient;
let hook: string;
let bearer: string;

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
  hook = `/hooks/${(await addWebhook(hookgate, client.owner, "Orders")).id}`;
  bearer = `Authorization: Bearer ${String((await clientCredentials(hookgate, client)).json["access_token"])}`;
});
afterAll(() => hookgate.close());

/** Sends the bytes, in one piece or several, and gives all that came back until the server closed or `answers` answers were there. */
async function talk(pieces: readonly string[], answers: number): Promise<string> {
  const socket = connect(Number(new URL(hookgate.url).port), "127.0.0.1").setNoDelay();
  let received = "";
  return new Promise((resolve, reject) => {
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      received += chunk;
      // What follows too many answers is in the same turn or never.
      if (statusesOf(received).length >= answers) setTimeout(() => socket.destroy(), 30);
    });
    socket.on("error", reject).on("close", () => resolve(received));
    for (const piece of pieces) socket.write(piece, "latin1");
  });
}

const statusesOf = (received: string) => [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)).filter((status) => status !== 100);

const GRANT = "grant_type=client_credentials";
/** What an attacker would like to have answered as a request of somebody else on the same connection. */
const SMUGGLED = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

const head = (line: string, ...headers: readonly string[]) => `${[`${line} HTTP/1.1`, "Host: x", ...headers].join("\r\n")}\r\n\r\n`;
const tokenHead = (...headers: readonly string[]) => head("POST /oauth2/token", "Content-Type: application/x-www-form-urlencoded", ...headers);
const authorized = (...headers: readonly string[]) => tokenHead(`Authorization: ${basic(client)}`, ...headers);
const chunked = (...chunks: readonly string[]) => `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("")}0\r\n\r\n`;

describe("a request that can be read in two ways is refused, and the connection closed", () => {
  const length = `Content-Length: ${GRANT.length}`;
  const cases: Readonly<Record<string, () => string>> = {
    "a length and chunks": () => authorized(length, "Transfer-Encoding: chunked") + chunked(GRANT) + SMUGGLED,
    "an unknown coding": () => authorized("Transfer-Encoding: xchunked") + chunked(GRANT) + SMUGGLED,
    "chunked, and then something else": () => authorized("Transfer-Encoding: chunked, identity") + chunked(GRANT) + SMUGGLED,
    "a space before the colon": () => authorized("Transfer-Encoding : chunked") + chunked(GRANT) + SMUGGLED,
    "the length twice": () => authorized(length, length) + GRANT + SMUGGLED,
    "two lengths": () => authorized(length, "Content-Length: 0") + GRANT + SMUGGLED,
    "a list of lengths": () => authorized(`${length}, ${GRANT.length}`) + GRANT + SMUGGLED,
    "a length with a sign": () => authorized(`Content-Length: +${GRANT.length}`) + GRANT + SMUGGLED,
    "a length in hexadecimal": () => authorized(`Content-Length: 0x${GRANT.length.toString(16)}`) + GRANT + SMUGGLED,
    "a length beyond all numbers": () => authorized("Content-Length: 99999999999999999999") + GRANT + SMUGGLED,
    "a header on two lines": () => tokenHead("Authorization: Basic", ` ${basic(client).slice(6)}`, length) + GRANT + SMUGGLED,
    "lines that end without a carriage return": () => (authorized(length) + GRANT + SMUGGLED).replaceAll("\r\n", "\n"),
    "a bare carriage return in a header": () => authorized(`X-A: a\r${length}`) + GRANT + SMUGGLED,
    "a NUL in a header": () => authorized("X-A: a\0b", length) + GRANT + SMUGGLED,
    "a chunk of negative length": () => authorized("Transfer-Encoding: chunked") + `-1\r\n${GRANT}\r\n0\r\n\r\n${SMUGGLED}`,
    "a chunk whose length does not fit any number": () => authorized("Transfer-Encoding: chunked") + `ffffffffffffffff1\r\n${GRANT}\r\n0\r\n\r\n${SMUGGLED}`,
    "chunk lines that end without a carriage return": () => authorized("Transfer-Encoding: chunked") + `1d\n${GRANT}\n0\n\n${SMUGGLED}`,
    "no host": () => (authorized(length) + GRANT).replace("Host: x\r\n", "") + SMUGGLED,
    "a head of 20,000 bytes": () => authorized(`X-A: ${"a".repeat(20_000)}`, length) + GRANT + SMUGGLED,
  };
  test.each(Object.keys(cases))("%s", async (name) => {
    const received = await talk([cases[name]!()], 2);
    expect(statusesOf(received)).toHaveLength(1);
    expect(received).toMatch(/^HTTP\/1\.1 (?:400|431) /);
    expect(received).not.toContain('alive"');
    expect(received).not.toContain("access_token");
  });
});

describe("the body of a request that is refused early is no request", () => {
  const body = SMUGGLED + SMUGGLED;
  const length = `Content-Length: ${body.length}`;
  const cases: Readonly<Record<string, readonly [send: () => string, status: number]>> = {
    "a call without credentials": [() => head(`POST ${hook}`, length) + body, 401],
    "a call without credentials, in chunks": [() => head(`POST ${hook}`, "Transfer-Encoding: chunked") + chunked(SMUGGLED, SMUGGLED), 401],
    "a call of no webhook": [() => head("POST /hooks/none", length) + body, 404],
    "a call by GET": [() => head(`GET ${hook}`, length) + body, 405],
    "a call that is no JSON": [() => head(`POST ${hook}`, bearer, "Content-Type: application/json", length) + body, 400],
    "a token request by PUT": [() => head("PUT /oauth2/token", length) + body, 405],
    "a token request by GET": [() => head("GET /oauth2/token", length) + body, 405],
    "a token request of no form": [() => head("POST /oauth2/token", "Content-Type: text/plain", length) + body, 400],
    "an authorization request with a body": [() => head("GET /oauth2/auth", length) + body, 400],
    "metadata with a body": [() => head("GET /.well-known/oauth-authorization-server", length) + body, 200],
  };
  test.each(Object.keys(cases))("%s", async (name) => {
    const [send, status] = cases[name]!;
    // The request behind it is answered, and nothing of the body is.
    const received = await talk([send(), head("GET /readyz")], 2);
    expect(statusesOf(received)).toEqual([status, 200]);
    expect(received).toContain('"ready"');
    expect(received).not.toContain('"alive"');
  });

  test.each([
    ["a token request", () => tokenHead(`Content-Length: 999999`)],
    ["a form of the console", () => head("POST /sign-in", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 999999999")],
  ])("%s that announces too much is answered at once, and the connection closed", async (_what, send) => {
    const received = await talk([send() + SMUGGLED], 2);
    expect(statusesOf(received)).toEqual([413]);
  });
});

const request = () => authorized(`Content-Length: ${GRANT.length}`) + GRANT;

describe("requests behind requests", () => {
  test("are answered each, in order, however the bytes are cut", async () => {
    const all = request() + head(`POST ${hook}`, bearer, "Content-Type: application/json", "Content-Length: 2") + "{}" + SMUGGLED + request();
    for (const pieces of [[all], all.split(""), [all.slice(0, 150), all.slice(150)]]) {
      const received = await talk(pieces, 4);
      expect(statusesOf(received)).toEqual([200, 200, 200, 200]);
      expect(received.indexOf("access_token")).toBeLessThan(received.indexOf('"alive"'));
      expect(received.match(/hga_[\w-]+/g)).toHaveLength(2);
    }
  });

  test("one request's credentials are not the next one's", async () => {
    const received = await talk([request() + tokenHead(`Content-Length: ${GRANT.length}`) + GRANT], 2);
    expect(statusesOf(received)).toEqual([200, 401]);
  });

  test("credentials behind the body are none (RFC 9110 section 6.5.1)", async () => {
    const trailer = `${GRANT.length.toString(16)}\r\n${GRANT}\r\n0\r\nAuthorization: ${basic(client)}\r\n\r\n`;
    const received = await talk([tokenHead("Transfer-Encoding: chunked", "Trailer: Authorization") + trailer], 1);
    expect(statusesOf(received)).toEqual([401]);
    const call = head(`POST ${hook}`, "Content-Type: application/json", "Transfer-Encoding: chunked") + `2\r\n{}\r\n0\r\n${bearer}\r\n\r\n`;
    expect(statusesOf(await talk([call], 1))).toEqual([401]);
  });
});
