/**
 * What is read in front of Node's server must be what Node's server would have read: whoever sends two readings of the same bytes to two servers in a row
 * makes one of them take a body for a request (RFC 9112 section 11.2). Node is the judge here, over everything that is taken.
 */
import { createServer, type IncomingMessage } from "node:http";
import { duplexPair } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPlainRequest, type PlainHead } from "../../src/web/plain-request.ts";

interface Reading {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Every request that Node finds in the bytes; "refused" where it finds something wrong. */
function asNodeReads(bytes: Buffer): Promise<readonly Reading[] | "refused"> {
  const [ours, theirs] = duplexPair();
  const readings: Reading[] = [];
  return new Promise((resolve) => {
    const server = createServer((request: IncomingMessage, response) => {
      let body = "";
      request.setEncoding("latin1").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => {
        readings.push({ method: request.method ?? "", url: request.url ?? "", rawHeaders: request.rawHeaders, body });
        response.end();
      });
    });
    server.on("clientError", () => resolve("refused"));
    server.emit("connection", theirs);
    ours.resume().on("end", () => resolve(readings));
    ours.end(bytes);
  });
}

function asWeRead(bytes: Buffer, last?: PlainHead): Reading | undefined {
  const request = readPlainRequest(bytes, last);
  return request && { method: "POST", url: request.head.url, rawHeaders: request.head.headers.raw, body: request.body.toString("latin1") };
}

const GRANT = "grant_type=client_credentials";
const LINES = ["POST /oauth2/token HTTP/1.1", "Host: x", "Content-Type: application/x-www-form-urlencoded", "Authorization: Basic YTpi"];
const requestOf = (lines: readonly string[], body: string = GRANT) => Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
const withHeaders = (...headers: readonly string[]) => requestOf([...LINES, `Content-Length: ${GRANT.length}`, ...headers]);

/** What turns a request into another one, for one reader or for all of them. */
const BITS: readonly (readonly string[])[] = [
  ["\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", ",", ";", "\0", "\u007f", "\u0080", "é", "0", "1", "29", "+", "-", "_", "?", "#", "%20", "..", "//"],
  ["Content-Length: 29\r\n", "Content-Length: 0\r\n", "content-length : 29\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:chunked\r\n"],
  ["Connection: close\r\n", "Connection: keep-alive\r\n", "Connection: upgrade\r\nUpgrade: h2c\r\n", "Expect: 100-continue\r\n", "Host: y\r\n", "Host:\r\n"],
  [
    " folded: line\r\n",
    "X-A:\r\n",
    "X-A: \r\n",
    "X-A: a \r\n",
    "X-A:a\r\n",
    "Proxy-Connection: close\r\n",
    "Trailer: a\r\n",
    "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
  ],
  ["HTTP/1.0", "HTTP/1.1", "GET", "POST", "http://y/", "*"],
];
interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly bit: string;
}
const edits = fc.array(fc.record({ at: fc.nat({ max: 250 }), cut: fc.constantFrom(0, 0, 0, 1, 2, 10), bit: fc.constantFrom(...BITS.flat()) }), {
  maxLength: 3,
});
const apply = (text: string, { at, cut, bit }: Edit) => text.slice(0, at) + bit + text.slice(at + cut);
const plainHeaders = fc.array(
  fc.tuple(fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/), fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/)).map(([name, value]) => `${name}: ${value}`),
  { maxLength: 6 },
);

describe("a plain request", () => {
  test("is what Node reads in the same bytes, and nothing else is in them", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(plainHeaders, fc.string({ unit: "binary", maxLength: 60 }), edits, fc.nat({ max: 3 }), async (headers, body, edits, place) => {
        const length = Buffer.byteLength(body, "latin1");
        const lines = [...LINES, ...headers];
        lines.splice(1 + place, 0, `Content-Length: ${length}`);
        const bytes = Buffer.from(edits.reduce(apply, requestOf(lines, body).toString("latin1")), "latin1");
        const ours = asWeRead(bytes);
        if (!ours) return;
        taken += 1;
        expect(await asNodeReads(bytes)).toStrictEqual([ours]);
      }),
      { numRuns: 10_000 },
    );
    // The edits leave enough of them plain that this test means something.
    expect(taken).toBeGreaterThan(1_000);
  });

  test.each([
    ["as programs send it", withHeaders()],
    ["with a connection that is kept", withHeaders("Connection: keep-alive")],
    ["with names in any letters", withHeaders("CONNECTION: Keep-Alive", "x-a: b")],
    ["with an empty body", requestOf([...LINES, "Content-Length: 0"], "")],
    ["with bytes in its body that are no text", requestOf([...LINES, "Content-Length: 3"], "\0\xff\r")],
    ["with a request in its body", requestOf([...LINES, "Content-Length: 31"], "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".slice(0, 31))],
  ])("is taken %s", async (_how, bytes) => {
    expect(await asNodeReads(bytes)).toStrictEqual([asWeRead(bytes)]);
  });

  const length = `Content-Length: ${GRANT.length}`;
  test.each([
    ["another method", requestOf(["GET /oauth2/token HTTP/1.1", "Host: x", "Content-Length: 0"], "")],
    ["another version", requestOf(["POST /oauth2/token HTTP/1.0", "Host: x", length])],
    ["an absolute address", requestOf(["POST http://x/oauth2/token HTTP/1.1", "Host: x", length])],
    ["a query", requestOf(["POST /oauth2/token?a=b HTTP/1.1", "Host: x", length])],
    ["an escape in the address", requestOf(["POST /oauth2/%74oken HTTP/1.1", "Host: x", length])],
    ["dots in the address", requestOf(["POST /a/../oauth2/token HTTP/1.1", "Host: x", length])],
    ["no host", requestOf(["POST /oauth2/token HTTP/1.1", length])],
    ["two hosts", withHeaders("Host: y")],
    ["no length", requestOf(LINES)],
    ["two lengths", withHeaders(length)],
    ["two lengths that differ", withHeaders("Content-Length: 0")],
    ["a list of lengths", requestOf([...LINES, `${length}, ${GRANT.length}`])],
    ["a length with a sign", requestOf([...LINES, `Content-Length: +${GRANT.length}`])],
    ["a length with a zero before it", requestOf([...LINES, `Content-Length: 0${GRANT.length}`])],
    ["a length in hexadecimal", requestOf([...LINES, "Content-Length: 0x1d"])],
    ["a length that is too short", requestOf([...LINES, `Content-Length: ${GRANT.length - 1}`])],
    ["a length that is too long", requestOf([...LINES, `Content-Length: ${GRANT.length + 1}`])],
    ["a second request behind it", Buffer.concat([withHeaders(), withHeaders()])],
    ["a head that is not whole", withHeaders().subarray(0, 60)],
    ["a coding", withHeaders("Transfer-Encoding: chunked")],
    ["a coding of no meaning", withHeaders("Transfer-Encoding: identity")],
    ["a connection that ends", withHeaders("Connection: close")],
    ["a connection with a list", withHeaders("Connection: keep-alive, Transfer-Encoding")],
    ["a connection of a proxy", withHeaders("Proxy-Connection: close")],
    ["an upgrade", withHeaders("Upgrade: h2c")],
    ["an expectation", withHeaders("Expect: 100-continue")],
    ["a trailer", withHeaders("Trailer: x")],
    ["a space before a colon", withHeaders("X-A : b")],
    ["no space behind a colon", withHeaders("X-A:b")],
    ["a space at the end of a value", withHeaders("X-A: b ")],
    ["a tab in a value", withHeaders("X-A: b\tc")],
    ["an empty value", withHeaders("X-A: ")],
    ["an underscore in a name", withHeaders("X_A: b")],
    ["a header on two lines", withHeaders("X-A: b", " c")],
    ["a bare carriage return", withHeaders("X-A: b\rc")],
    ["a bare line feed", withHeaders("X-A: b\nc")],
    ["a NUL", withHeaders("X-A: b\0c")],
    ["a letter beyond ASCII", withHeaders("X-A: \u00e9")],
    ["an empty line before it", Buffer.concat([Buffer.from("\r\n"), withHeaders()])],
    ["a head of 5,000 bytes", withHeaders(`X-A: ${"a".repeat(5_000)}`)],
  ])("is none with %s", (_what, bytes) => {
    expect(readPlainRequest(bytes, undefined)).toBeUndefined();
    // Nor where the connection has brought a plain one before.
    expect(readPlainRequest(bytes, readPlainRequest(withHeaders(), undefined)!.head)).toBeUndefined();
  });

  test("is the same one whatever came before it on the connection", () => {
    let repeated = 0;
    fc.assert(
      fc.property(plainHeaders, fc.string({ unit: "binary", maxLength: 60 }), edits, fc.boolean(), (headers, body, edits, isCut) => {
        const lines = [...LINES, `Content-Length: ${Buffer.byteLength(body, "latin1")}`, ...headers];
        const before = requestOf(lines, body);
        const head = readPlainRequest(before, undefined)?.head;
        const edited = edits.reduce(apply, before.toString("latin1"));
        const bytes = Buffer.from(isCut ? edited.slice(0, -1) : edited, "latin1");
        expect(asWeRead(bytes, head)).toStrictEqual(asWeRead(bytes));
        if (head && readPlainRequest(bytes, head)?.head === head) repeated += 1;
      }),
      { numRuns: 10_000 },
    );
    expect(repeated).toBeGreaterThan(1_000);
  });

  test("is the same one after what it came in was overwritten", () => {
    const came = withHeaders();
    const { head } = readPlainRequest(came, undefined)!;
    came.fill("x");
    expect(asWeRead(withHeaders(), head)).toStrictEqual(asWeRead(withHeaders()));
    expect(readPlainRequest(withHeaders(), head)!.head).toBe(head);
    expect(readPlainRequest(withHeaders("X-A: b"), head)!.head).not.toBe(head);
  });

  test("is found out in time that grows with its length", () => {
    const before = process.cpuUsage();
    for (const piece of ["X-A: b\r\n", "X-A: b \r\n", "X-A:  ", "- ", "X", "\r\n", " "]) {
      for (let round = 0; round < 200; round++)
        readPlainRequest(Buffer.from(`POST /a HTTP/1.1\r\n${piece.repeat(20_000 / piece.length)}`, "latin1"), undefined);
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_400).toBeLessThan(1_000);
  });
});
