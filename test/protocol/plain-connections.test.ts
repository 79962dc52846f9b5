/** A connection before Node's server has it: in order, in bounded memory, and whole when it is handed over. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { PlainConnection } from "../../src/web/plain-connection.ts";
import type { PlainRequest } from "../../src/web/plain-request.ts";
import type { RawAnswer, Replier } from "../../src/web/raw-endpoints.ts";
import { startHookgate } from "../support/start-hookgate.ts";

const OK: RawAnswer = { status: 200, headers: { "Content-Type": "text/plain" }, body: "ok" };
const requestTo = (path: string) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;

interface Taken {
  readonly request: PlainRequest;
  readonly replier: Replier;
}

/** A server that takes plain requests to anywhere but `/node/…`, answers those to `/at-once` and keeps the others for the test to answer. */
async function listening({ keepAlive = 60_000 } = {}) {
  const taken: Taken[] = [];
  const handedOver: Socket[] = [];
  const connections: PlainConnection[] = [];
  let ended = 0;
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections.push(
      new PlainConnection(socket, {
        server,
        keepAlive,
        take: (request, _socket, replier) => {
          if (request.head.url.startsWith("/node/")) return false;
          if (request.head.url === "/at-once") {
            replier.reply(OK);
            return true;
          }
          taken.push({ request, replier });
          return true;
        },
        handOver: (given) => handedOver.push(given),
        onEnd: () => (ended += 1),
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).setNoDelay();
  let received = "";
  let closed = false;
  client.setEncoding("latin1").on("data", (text: string) => (received += text));
  client.on("error", () => {}).on("end", () => (closed = true));
  await once(client, "connect");
  onTestFinished(() => {
    client.destroy();
    for (const socket of handedOver) socket.destroy();
    for (const connection of connections) connection.destroy();
    server.close();
  });
  return {
    client,
    taken,
    handedOver,
    connection: () => connections[0]!,
    ended: () => ended,
    received: () => received,
    closed: () => closed,
    urls: () => taken.map(({ request }) => request.head.url),
    isTaken: (count: number) => expect.poll(() => taken.length).toBe(count),
  };
}

const statuses = (received: string) => [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

describe("a plain connection", () => {
  test("answers as Node's server does", async () => {
    const { client, taken, isTaken, received } = await listening();
    client.write(requestTo("/a"));
    await isTaken(1);
    taken[0]!.replier.reply({ status: 429, headers: { "Retry-After": "1" }, body: "später" });
    await expect.poll(received).toMatch(/ter$/);
    const [head, body] = received().split("\r\n\r\n");
    expect(head).toMatch(
      /^HTTP\/1\.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 7\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60$/,
    );
    expect(Buffer.from(body!, "latin1").toString()).toBe("später");
  });

  test("takes the next request when it has answered the one before", async () => {
    const { client, taken, urls, isTaken, received } = await listening();
    client.write(requestTo("/a"));
    await isTaken(1);
    for (const path of ["/b", "/c"]) {
      client.write(requestTo(path));
      await setTimeout(20);
    }
    expect(urls()).toEqual(["/a"]);
    taken[0]!.replier.reply(OK);
    await isTaken(2);
    await expect.poll(() => statuses(received())).toEqual([200]);
    taken[1]!.replier.reply({ ...OK, status: 400 });
    await isTaken(3);
    taken[2]!.replier.reply({ ...OK, status: 401 });
    await expect.poll(() => statuses(received())).toEqual([200, 400, 401]);
    expect(urls()).toEqual(["/a", "/b", "/c"]);
  });

  test.each([
    ["that is for somebody else", requestTo("/node/a")],
    ["that is not plain", "GET / HTTP/1.1\r\n\r\n"],
    ["that has not arrived whole", requestTo("/b").slice(0, 30)],
    ["behind another one in the same bytes", requestTo("/b") + requestTo("/c")],
  ])("is handed over with a request %s, after what is owed was answered", async (_what, bytes) => {
    const { client, taken, handedOver, isTaken, received, ended } = await listening();
    client.write(requestTo("/a"));
    await isTaken(1);
    client.write(bytes);
    await setTimeout(20);
    expect(handedOver).toEqual([]);
    taken[0]!.replier.reply(OK);
    await expect.poll(() => handedOver.length).toBe(1);
    let rest = "";
    handedOver[0]!.setEncoding("latin1").on("data", (text: string) => (rest += text));
    await expect.poll(() => rest).toBe(bytes);
    client.write("and more");
    await expect.poll(() => rest).toBe(`${bytes}and more`);
    handedOver[0]!.end("an answer of its own");
    await expect.poll(received).toMatch(/ok.*an answer of its own$/s);
    expect(ended()).toBe(1);
    expect(taken).toHaveLength(1);
    for (const event of ["timeout", "drain", "close"]) expect(handedOver[0]!.listenerCount(event)).toBe(0);
  });

  test("takes nothing from a client that does not read its answers, until it does", async () => {
    const { client, taken, isTaken } = await listening();
    client.pause();
    const answer = { ...OK, body: "x".repeat(16 * 1024 * 1024) };
    client.write(requestTo("/a"));
    await isTaken(1);
    taken[0]!.replier.reply(answer);
    client.write(requestTo("/b"));
    await setTimeout(100);
    expect(taken).toHaveLength(1);
    client.resume();
    await isTaken(2);
  });

  test("answers a client that has closed its side, and closes then", async () => {
    const { client, taken, isTaken, received, closed, ended } = await listening();
    client.end(requestTo("/a"));
    await isTaken(1);
    await setTimeout(20);
    expect(ended()).toBe(0);
    taken[0]!.replier.reply(OK);
    await expect.poll(closed).toBe(true);
    expect(received()).toMatch(/Connection: close\r\n\r\nok$/);
    await expect.poll(ended).toBe(1);
  });

  test("takes an answer that is known at once, and the requests behind it", async () => {
    const { client, taken, isTaken, received } = await listening();
    client.write(requestTo("/at-once"));
    await expect.poll(() => statuses(received())).toEqual([200]);
    client.write(requestTo("/a"));
    await isTaken(1);
    client.write(requestTo("/at-once"));
    await setTimeout(20);
    taken[0]!.replier.reply({ ...OK, status: 400 });
    await expect.poll(() => statuses(received())).toEqual([200, 400, 200]);
  });

  test("that is destroyed does not wait for a client that does not read", async () => {
    const { client, taken, isTaken, connection, ended } = await listening();
    client.pause();
    client.write(requestTo("/a"));
    await isTaken(1);
    taken[0]!.replier.reply({ ...OK, body: "x".repeat(16 * 1024 * 1024) });
    connection().close();
    await setTimeout(50);
    expect(ended()).toBe(0);
    connection().destroy();
    await expect.poll(ended).toBe(1);
  });

  test("closes after an answer that says so", async () => {
    const { client, taken, isTaken, received, closed } = await listening();
    client.write(requestTo("/a"));
    await isTaken(1);
    taken[0]!.replier.reply({ ...OK, headers: { Connection: "close" } });
    await expect.poll(closed).toBe(true);
    expect(received().match(/Connection/g)).toHaveLength(1);
    expect(received()).toContain("\r\nConnection: close\r\n");
  });

  test("that was broken off is over, and its answer goes nowhere", async () => {
    const { client, taken, isTaken, ended } = await listening();
    client.write(requestTo("/a"));
    await isTaken(1);
    client.resetAndDestroy();
    await expect.poll(ended).toBe(1);
    taken[0]!.replier.reply(OK);
    expect(ended()).toBe(1);
  });

  test("is given up when nothing comes, and not while its answer is being made", async () => {
    const { client, taken, isTaken, received, closed } = await listening({ keepAlive: 100 });
    client.write(requestTo("/a"));
    await isTaken(1);
    await setTimeout(300);
    expect(closed()).toBe(false);
    taken[0]!.replier.reply(OK);
    await expect.poll(received).toMatch(/ok$/);
    await expect.poll(closed).toBe(true);
  });

  test("is idle only between an answer and the next request", async () => {
    const { client, taken, isTaken, connection, received } = await listening();
    client.write(requestTo("/a"));
    await isTaken(1);
    expect(connection().isIdle).toBe(false);
    taken[0]!.replier.reply(OK);
    expect(connection().isIdle).toBe(true);
    client.write(requestTo("/b"));
    await isTaken(2);
    expect(connection().isIdle).toBe(false);
    taken[1]!.replier.reply(OK);
    await expect.poll(() => statuses(received())).toEqual([200, 200]);
  });

  test.each(["a\r\nSet-Cookie: b=c", "a\nb", "a\0b", "\u00e9"])("sends no header that is %j", async (value) => {
    const { client, taken, isTaken, received } = await listening();
    client.write(requestTo("/a"));
    await isTaken(1);
    expect(() => taken[0]!.replier.reply({ ...OK, headers: { "X-A": value } })).toThrow(TypeError);
    expect(received()).toBe("");
  });
});

describe("while the server ends", () => {
  test("a request on a connection that had none is turned away, and the connection closed", async () => {
    const hookgate = await startHookgate();
    const port = Number(new URL(hookgate.url).port);
    const client = connect(port, "127.0.0.1").setEncoding("latin1");
    await once(client, "connect");
    let received = "";
    client.on("data", (text: string) => (received += text));
    const ended = once(client, "close");
    const closing = hookgate.close();
    await expect.poll(() => fetch(`${hookgate.url}/livez`).then(String, String)).toContain("TypeError");
    client.write(requestTo("/oauth2/token"));
    await ended;
    await closing;
    expect(received).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[^]*\r\nConnection: close\r\n\r\n\{"error":"temporarily_unavailable"/);
  });
});
