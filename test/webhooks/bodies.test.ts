import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { BY_EMAIL, receiving, type Problem, type Receiving } from "./receiving.ts";

let hookgate: TestHookgate;
let scene: Receiving;
beforeAll(async () => {
  hookgate = await startHookgate();
  scene = await receiving(hookgate, BY_EMAIL);
});
afterAll(() => hookgate.close());

const MB = 1024 * 1024;
const deep = (levels: number, inner = "1") => `{"email":"a@example.com","deep":${"[".repeat(levels)}${inner}${"]".repeat(levels)}}`;

describe("hostile bodies get the documented answer, no 5xx, and write nothing", () => {
  test.each<[what: string, body: string | Uint8Array<ArrayBuffer>, status: number, reason: RegExp]>([
    ["nothing", "", 400, /value was expected at line 1, column 1/],
    ["white space only", " \r\n\t", 400, /value was expected/],
    ["NUL bytes", new Uint8Array(20), 400, /value was expected/],
    ["bytes that are no UTF-8", Buffer.from('{"email":"\xff\xfe"}', "latin1"), 400, /not UTF-8/],
    ["UTF-8 that is too long for its character", Buffer.from("7b22656d61696c223a22c0af227d", "hex"), 400, /not UTF-8/],
    ["a surrogate as UTF-8", Buffer.from("7b22656d61696c223a22eda080227d", "hex"), 400, /not UTF-8/],
    ["UTF-8 that is cut off", Buffer.from("7b2261223a22e282", "hex"), 400, /not UTF-8/],
    ["UTF-16 with a byte order mark", Buffer.from("\ufeff{}", "utf16le"), 400, /not UTF-8/],
    ["UTF-16 without one", Buffer.from('{"email":"a@example.com"}', "utf16le"), 400, /name in double quotes/],
    ["UTF-32", Buffer.from("7b0000007d000000", "hex"), 400, /name in double quotes/],
    ["two byte order marks", "\ufeff\ufeff{}", 400, /value was expected/],
    ["an object that is cut off", '{"email":"a@example.com"', 400, /"," or "}" was expected/],
    ["a string that is cut off", '{"email":"a@exam', 400, /string has no end/],
    ["an escape that is cut off", '{"email":"\\', 400, /string has no end/],
    ["an array that is cut off", '[{"email":"a@example.com"},', 400, /value was expected/],
    ["a comma at the end", '{"email":"a@example.com",}', 400, /name in double quotes/],
    ["a comment", '{"email":"a@example.com"} // hello', 400, /Nothing more was expected/],
    ["a comment inside", '{/* hello */"email":"a@example.com"}', 400, /name in double quotes/],
    ["two objects", '{"email":"a@example.com"}{"email":"b@example.com"}', 400, /Nothing more was expected/],
    ["lines of objects", '{"email":"a@example.com"}\n{"email":"b@example.com"}', 400, /Nothing more was expected at line 2, column 1/],
    ["NaN", '{"email":NaN}', 400, /value was expected/],
    ["Infinity", '{"email":-Infinity}', 400, /digit was expected/],
    ["undefined", '{"email":undefined}', 400, /value was expected/],
    ["a hexadecimal number", '{"email":0x10}', 400, /"," or "}" was expected/],
    ["a leading zero", '{"email":007}', 400, /"," or "}" was expected/],
    ["single quotes", "{'email':'a@example.com'}", 400, /name in double quotes/],
    ["a line break in a string", '{"email":"a@\nexample.com"}', 400, /control character/],
    ["an escape that there is not", String.raw`{"email":"\x41"}`, 400, /escape/],
    ["a form", "email=a%40example.com", 400, /value was expected/],
    ["XML", "<email>a@example.com</email>", 400, /value was expected/],
    ["HTML", "<!doctype html><script>alert(1)</script>", 400, /value was expected/],
    ["gzip", gzipSync('{"email":"a@example.com"}'), 400, /not UTF-8/],
    ["a doubled name", '{"email":"a@example.com","email":"b@example.com"}', 400, /stands again/],
    ["a name doubled by an escape", String.raw`{"email":"a@example.com","\u0065mail":"b@example.com"}`, 400, /stands again/],
    ["a doubled __proto__", '{"__proto__":1,"__proto__":2}', 400, /stands again/],
    ["a doubled name inside", '{"email":"a@example.com","x":{"y":1,"y":2}}', 400, /stands again/],
    ["a doubled hookgate_id", '{"email":"a@example.com","hookgate_id":1,"hookgate_id":2}', 400, /stands again/],
    ["200 levels of nesting", deep(200), 400, /levels of nesting/],
    ["3,000,000 levels of nesting", "[".repeat(3_000_000), 400, /levels of nesting/],
    ["objects nested 5,000,000 characters deep", '{"a":'.repeat(1_000_000), 400, /levels of nesting/],
    ["6 MB of quotes", '"'.repeat(6 * MB), 400, /Nothing more was expected/],
    ["6 MB of backslashes", `"${"\\".repeat(6 * MB - 1)}`, 400, /string has no end/],
    ["a number", "42", 422, /\$ must be an object/],
    ["a text", '"a@example.com"', 422, /\$ must be an object/],
    ["null", "null", 422, /\$ must be an object/],
    ["an array of arrays", '[[{"email":"a@example.com"}]]', 422, /\$\[0\] must be an object/],
    ["an object and a number", '[{"email":"a@example.com"},1]', 422, /\$\[1\] must be an object/],
    ["a key in __proto__", '{"__proto__":{"email":"a@example.com"}}', 422, /\$\.email must be there/],
    ["a key in constructor.prototype", '{"constructor":{"prototype":{"email":"a@example.com"}}}', 422, /\$\.email must be there/],
    ["half of a surrogate pair as key", String.raw`{"email":"\ud800@example.com"}`, 422, /surrogate/],
    ["a NUL character as key", String.raw`{"email":"a\u0000@example.com"}`, 422, /NUL/],
    ["an object as key", '{"email":{"$ne":null}}', 422, /single value/],
    ["an array as key", '{"email":["a@example.com"]}', 422, /single value/],
    ["a key of 6 MB", `{"email":"${"a".repeat(6 * MB - 12)}"}`, 422, /1,?000 characters/],
    ["a number of 2 MB as key", `{"email":${"9".repeat(2 * MB)}}`, 422, /1,?000 characters/],
    ["2,000,000 empty objects", `[${"{},".repeat(2_000_000).slice(0, -1)}]`, 422, /at most 10000 objects/],
    ["2,000,000 broken elements", `[${"1,".repeat(9_999).slice(0, -1)}]`, 422, /\$\[19\] must be an object\.$/],
  ])("%s", async (_what, body, status, reason) => {
    const answer = await scene.send(body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const { detail, errors = [] } = answer.json as Problem;
    expect(errors.length).toBeLessThanOrEqual(20);
    expect(status === 400 ? detail : `${errors.map(({ path, rule }) => `${path} ${rule}`).join("; ")}.`).toMatch(reason);
    expect(await scene.customers()).toEqual([]);
    const [call] = await scene.calls();
    expect(call).toMatchObject({ outcome: "refused", status, customerIds: [], authenticated: true });
    expect(call?.reason).toMatch(reason);
  });

  test.each<[what: string, body: string]>([
    ["99 levels of nesting", deep(98)],
    ["huge numbers", '{"email":"a@example.com","n":[1e999999,-0,1E-400,99999999999999999999999999999999]}'],
    ["half of a surrogate pair where nothing is mapped", String.raw`{"email":"a@example.com","note":"\udc00"}`],
    ["names of JavaScript's own", '{"email":"a@example.com","__proto__":{"x":1},"constructor":{"prototype":{}},"toString":1,"hasOwnProperty":false}'],
    ["100,000 names", `{"email":"a@example.com",${Array.from({ length: 100_000 }, (_, index) => `"${index}":0`).join(",")}}`],
    ["a name of 1 MB", `{"email":"a@example.com","${"n".repeat(MB)}":1}`],
  ])("but %s are fine", async (_what, body) => {
    const { send, customers } = await receiving(hookgate, BY_EMAIL);
    expect((await send(body)).status).toBe(200);
    expect(await customers()).toHaveLength(1);
  });

  test("what is refused is logged whole, unless it cannot be kept as text", async () => {
    await scene.send('{"email":');
    expect((await scene.calls())[0]?.body).toBe('{"email":');
    await scene.send(Buffer.from("\xff", "latin1"));
    expect((await scene.calls())[0]?.body).toBeNull();
    await scene.send("\u0000");
    expect((await scene.calls())[0]?.body).toBeNull();
  });
});

const bodyOf = (bytes: number) => `{"email":"a@example.com","pad":"${"x".repeat(bytes - 34)}"}`;

describe("the length of a body", () => {
  test("6 MB are taken, one byte more is not: 413", async () => {
    const { send, customers, calls } = await receiving(hookgate, BY_EMAIL);
    expect(Buffer.byteLength(bodyOf(6 * MB))).toBe(6 * MB);
    expect((await send(bodyOf(6 * MB + 1))).status).toBe(413);
    expect(await customers()).toEqual([]);
    expect((await calls())[0]).toMatchObject({ status: 413, authenticated: true, body: null });
    expect((await send(bodyOf(6 * MB))).status).toBe(200);
    expect(await customers()).toHaveLength(1);
  });

  test("413 comes before the body does, when its length is announced", async () => {
    const { answer, outgoing } = rawCall(scene, { "content-length": String(5_000 * MB) });
    outgoing.flushHeaders();
    expect((await answer).statusCode).toBe(413);
    outgoing.destroy();
  });

  test("413 while it still comes, when its length is not announced", async () => {
    const { answer, outgoing } = rawCall(scene, { "transfer-encoding": "chunked" });
    const chunk = "x".repeat(MB);
    const answered = answer.then(() => "answered" as const);
    for (let sent = 0; sent < 64; sent++) {
      const free = outgoing.write(chunk) ? Promise.resolve() : once(outgoing, "drain");
      if ((await Promise.race([answered, free])) === "answered") break;
    }
    expect((await answer).statusCode).toBe(413);
    outgoing.destroy();
  });

  test("a caller who sends on after 413 can read the answer and use the connection again", async () => {
    const { send } = await receiving(hookgate);
    for (let round = 0; round < 5; round++) expect((await send(bodyOf(8 * MB))).status).toBe(413);
    expect((await send("{}")).status).toBe(200);
  });

  test("strangers are answered before their body is read", async () => {
    const { answer, outgoing } = rawCall(scene, { authorization: "Bearer nonsense", "content-length": "1000" });
    outgoing.flushHeaders();
    expect((await answer).statusCode).toBe(401);
    outgoing.destroy();
  });
});

describe("a body that comes in pieces", () => {
  test("is taken when it is whole, also when a character is cut in two", async () => {
    const own = await receiving(hookgate, BY_EMAIL);
    const { answer, outgoing } = rawCall(own, { "transfer-encoding": "chunked" });
    for (const byte of Buffer.from('{"email":"é😀@example.com"}')) outgoing.write(Uint8Array.of(byte));
    outgoing.end();
    const response = await answer;
    response.resume();
    expect(response.statusCode).toBe(200);
    expect((await own.customers())[0]?.fields.emailaddress).toBe("é😀@example.com");
  });

  test("writes nothing when the caller goes away in the middle, and the log says so", async () => {
    const own = await receiving(hookgate, BY_EMAIL);
    const { outgoing } = rawCall(own, { "content-length": "100" });
    outgoing.write('{"email":"a@example.com"');
    await new Promise((resolve) => outgoing.write(",", resolve));
    outgoing.destroy();
    await expect.poll(async () => (await own.calls())[0]?.reason).toBe("The connection ended before the whole body had arrived.");
    expect(await own.customers()).toEqual([]);
  });
});

describe("the kind of a body", () => {
  test.each([
    ["application/json"],
    ["application/json; charset=utf-8"],
    ["application/json;charset=UTF-8"],
    ['application/json; charset="utf-8"'],
    ["Application/JSON; Charset=utf8"],
    ["application/json; profile=x; charset=utf-8"],
    ["application/ld+json"],
    ["application/vnd.shop.order+json; version=2"],
  ])("%s is taken", async (contentType) => {
    const { send } = await receiving(hookgate);
    expect((await send("{}", { "content-type": contentType })).status).toBe(200);
  });

  test.each([
    [undefined],
    ["text/plain"],
    ["text/json"],
    ["application/x-www-form-urlencoded"],
    ["multipart/form-data; boundary=x"],
    ["application/xml"],
    ["application/jsonp"],
    ["application/json-patch"],
    ["application/+json"],
    ["application/json, text/plain"],
    ["application/json; charset=iso-8859-1"],
    ["application/json; charset=utf-16"],
    ["json"],
    ["/"],
    ["nonsense; ; ="],
  ])("%s is not: 415, and the log shows what was sent", async (contentType) => {
    const { send, calls } = await receiving(hookgate, BY_EMAIL);
    const answer = await send(Buffer.from("{}"), { "content-type": contentType });
    expect(answer.status).toBe(415);
    expect(answer.json).toMatchObject({ type: "urn:hookgate:problem:unsupported-content" });
    expect((await calls())[0]).toMatchObject({
      status: 415,
      authenticated: true,
      body: "{}",
      reason: expect.stringContaining(contentType ?? "none") as string,
    });
  });

  test.each([[""], ["deflate"], ["br"], ["identity, gzip"], ["gzip, gzip"], ["gzip;q=1"], ["gzipped"]])(
    "Content-Encoding %s is not taken: 415 with what is (RFC 9110 section 15.5.16)",
    async (contentEncoding) => {
      const { send } = await receiving(hookgate);
      const answer = await send("{}", { "content-encoding": contentEncoding });
      expect(answer.status).toBe(415);
      expect(answer.headers.get("accept-encoding")).toBe("gzip, identity");
    },
  );

  test("Content-Encoding identity is taken", async () => {
    const { send } = await receiving(hookgate);
    expect((await send("{}", { "content-encoding": "Identity" })).status).toBe(200);
  });
});

const zipped = (body: string | Uint8Array) => new Uint8Array(gzipSync(body));

describe("Content-Encoding: gzip", () => {
  const ann = { email: "zip@example.com", firstname: "Ann" };
  const GZIP = { "content-encoding": "gzip" };

  test.each(["gzip", "GZIP", "x-gzip"])("%s: the body is what was compressed, in the log too, and the answer comes as it is", async (contentEncoding) => {
    const { send, calls } = await receiving(hookgate, BY_EMAIL);
    const answer = await send(zipped(JSON.stringify(ann)), { "content-encoding": contentEncoding });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject(ann);
    expect((await calls())[0]).toMatchObject({ outcome: "accepted", body: JSON.stringify(ann) });
  });

  const whole = zipped(JSON.stringify(ann));
  test.each<[what: string, body: Uint8Array<ArrayBuffer>, status: number, type: string]>([
    ["nothing", new Uint8Array(), 400, "malformed-encoding"],
    ["what is not gzip", new Uint8Array(Buffer.from(JSON.stringify(ann))), 400, "malformed-encoding"],
    ["gzip that is cut off", whole.slice(0, -9), 400, "malformed-encoding"],
    ["gzip without its checksum", whole.slice(0, -8), 400, "malformed-encoding"],
    ["gzip with another checksum", Uint8Array.from(whole, (byte, index) => (index === whole.length - 6 ? byte ^ 1 : byte)), 400, "malformed-encoding"],
    ["gzip with a bit turned over", Uint8Array.from(whole, (byte, index) => (index === 14 ? byte ^ 0x10 : byte)), 400, "malformed-encoding"],
    ["gzip of gzip", zipped(whole), 400, "not-json"],
    ["gzip of no JSON", zipped("hello"), 400, "not-json"],
    ["gzip of a broken rule", zipped('{"email":""}'), 422, "rule-broken"],
    ["6 MB and 1 byte", zipped(`"${"x".repeat(6 * MB - 1)}"`), 413, "body-too-long"],
    ["a bomb: 200 MB in 200 KB", zipped(Buffer.alloc(200 * MB, " ")), 413, "body-too-long"],
    ["a bomb of many members", new Uint8Array(Buffer.concat(Array.from({ length: 300 }, () => zipped(Buffer.alloc(MB, " "))))), 413, "body-too-long"],
  ])("%s is refused, and nothing is written", async (_what, body, status, type) => {
    const { send, customers, calls } = await receiving(hookgate, BY_EMAIL);
    const answer = await send(body, GZIP);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ type: `urn:hookgate:problem:${type}` });
    expect(await customers()).toEqual([]);
    await expect.poll(async () => (await calls()).length).toBe(1);
  });

  test("6 MB are taken, however short they come", async () => {
    const { send } = await receiving(hookgate, BY_EMAIL);
    const body = `{"email":"zip@example.com","x":"`;
    expect((await send(zipped(`${body}${"x".repeat(6 * MB - body.length - 2)}"}`), GZIP)).status).toBe(200);
  });

  test("a stranger's is not unpacked", async () => {
    const { send } = await receiving(hookgate, BY_EMAIL);
    expect((await send(zipped(Buffer.alloc(200 * MB, " ")), { ...GZIP, authorization: undefined })).status).toBe(401);
  });

  test("a repeat may come compressed where the first call did not: it is the same body", async () => {
    const { send } = await receiving(hookgate, BY_EMAIL);
    const key = { "idempotency-key": "zip" };
    expect((await send(JSON.stringify(ann), key)).status).toBe(200);
    expect((await send(whole, { ...GZIP, ...key })).headers.get("idempotent-replayed")).toBe("true");
  });
});

test("6750-08: two Authorization headers are one too many: 400 invalid_request", async () => {
  const { token, endpoint } = await receiving(hookgate);
  const { host, pathname, port } = new URL(endpoint);
  const socket = connect(Number(port), "127.0.0.1");
  const header = `Authorization: Bearer ${token}\r\n`;
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${header}${header}Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
  );
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk as string;
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(text).toMatch(/www-authenticate: Bearer .*error="invalid_request"/i);
});

/** A POST whose body the test writes itself. */
function rawCall({ endpoint, token }: Receiving, headers: Record<string, string>) {
  const outgoing = httpRequest(endpoint, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers } });
  const answer = new Promise<IncomingMessage>((resolve, reject) => outgoing.on("response", resolve).on("error", reject));
  answer.catch(() => {});
  return { outgoing, answer };
}
