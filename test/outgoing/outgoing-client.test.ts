import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseAddressList } from "../../src/lib/network-address.ts";
import { AddressGuard } from "../../src/outgoing/address-guard.ts";
import { OutgoingClient, type OutgoingLimits } from "../../src/outgoing/outgoing-client.ts";
import { resolveHost, type ResolvedAddress, type ResolveHost } from "../../src/outgoing/resolve-host.ts";
import { CERTIFICATE, PRIVATE_KEY } from "./certificate.ts";
import { rawTarget } from "./target-server.ts";

const LOOPBACK: ResolvedAddress = { address: "127.0.0.1", family: 4 };
const SHORT: OutgoingLimits = { connect: 300, whole: 600 };
/** So long that a test which needs it fails. */
const LONG: OutgoingLimits = { connect: 50_000, whole: 50_000 };

const resolvesTo =
  (...addresses: readonly ResolvedAddress[]): ResolveHost =>
  async () =>
    addresses;

const leadsNowhere: ResolveHost = () => Promise.reject(new Error("ENOTFOUND"));

interface ClientOptions {
  readonly allowed?: string | null;
  readonly resolve?: ResolveHost;
  readonly limits?: OutgoingLimits;
}

function newClient({ allowed = "127.0.0.0/8", resolve = resolvesTo(LOOPBACK), limits = LONG }: ClientOptions = {}): OutgoingClient {
  const parsed = allowed === null ? null : parseAddressList(allowed);
  return new OutgoingClient({ guard: new AddressGuard(parsed?.kind === "list" ? parsed.includes : null), resolveHost: resolve, limits });
}

const post = (client: OutgoingClient, url: string, body = "{}", signal = new AbortController().signal) =>
  client.post({ url: new URL(url), headers: { "content-type": "application/json" }, body: Buffer.from(body), signal });

const answer = (text: string) => (socket: Socket) => socket.end(text.replaceAll("\n", "\r\n"));
const NO_CONTENT = answer("HTTP/1.1 204 No Content\n\n");
const failed = (why: string) => ({ kind: "failed", why });

describe("a request", () => {
  test("arrives as it is, with the body's length, and gets the status of the answer", async () => {
    const target = await rawTarget(NO_CONTENT);
    expect(await post(newClient(), `http://target.example:${target.port}/in?a=1#part`, '{"näme":1}')).toEqual({ kind: "answered", status: 204 });
    const [head = "", body] = target.received[0]!.split("\r\n\r\n");
    expect(head.split("\r\n")[0]).toBe("POST /in?a=1 HTTP/1.1");
    expect(head.toLowerCase()).toContain(`host: target.example:${target.port}`);
    expect(head.toLowerCase()).toContain("content-length: 11");
    expect(head.toLowerCase()).toContain("connection: close");
    expect(Buffer.from(body!, "latin1").toString()).toBe('{"näme":1}');
  });

  test.each([200, 202, 299, 300, 400, 410, 429, 500, 503, 599])("gets %i as it is", async (status) => {
    const target = await rawTarget(answer(`HTTP/1.1 ${status} Whatever\nContent-Length: 2\n\nok`));
    expect(await post(newClient(), `http://target.example:${target.port}/`)).toEqual({ kind: "answered", status });
  });

  test("goes over https where the certificate is good for the name", async () => {
    const before = getCACertificates();
    setDefaultCACertificates([...before, CERTIFICATE]);
    onTestFinished(() => setDefaultCACertificates(before));
    const port = await tlsTarget();
    expect(await post(newClient(), `https://target.test:${port}/`)).toEqual({ kind: "answered", status: 204 });
    expect(await post(newClient(), `https://other.test:${port}/`)).toEqual(failed("no-tls"));
  });
});

async function tlsTarget(): Promise<number> {
  const server = createTlsServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, (_request, response) => response.writeHead(204).end());
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe("a target that does not behave", () => {
  test("a certificate that nobody vouches for is refused", async () => {
    expect(await post(newClient(), `https://target.test:${await tlsTarget()}/`)).toEqual(failed("no-tls"));
  });

  test("https to a port that speaks plain text is refused", async () => {
    const target = await rawTarget(answer("HTTP/1.1 200 OK\n\n"), { speaksFirst: true });
    expect(await post(newClient(), `https://target.test:${target.port}/`)).toEqual(failed("no-tls"));
  });

  test.each(["http://127.0.0.1:1/", "/elsewhere", "https://other.example/"])("a redirect to %s is not followed", async (location) => {
    const elsewhere = await rawTarget(NO_CONTENT);
    const target = await rawTarget(
      answer(`HTTP/1.1 307 Temporary Redirect\nLocation: ${location.replace(":1/", `:${elsewhere.port}/`)}\nContent-Length: 0\n\n`),
    );
    expect(await post(newClient(), `http://target.example:${target.port}/`)).toEqual({ kind: "answered", status: 307 });
    expect(elsewhere.connections()).toBe(0);
    expect(target.connections()).toBe(1);
  });

  test("one that hangs after the connection is given up in time", async () => {
    const target = await rawTarget(() => {});
    expect(await post(newClient({ limits: SHORT }), `http://target.example:${target.port}/`)).toEqual(failed("not-in-time"));
  });

  test("one that never shakes hands is given up in the time for connecting", async () => {
    const target = await rawTarget(() => {}, { speaksFirst: true });
    const limits = { connect: 200, whole: LONG.whole };
    expect(await post(newClient({ limits }), `https://target.example:${target.port}/`)).toEqual(failed("not-in-time"));
  });

  test("a name that is looked up for ever is given up in the time for connecting", async () => {
    const limits = { connect: 200, whole: LONG.whole };
    expect(await post(newClient({ limits, resolve: () => new Promise(() => {}) }), "http://target.example/")).toEqual(failed("not-in-time"));
  });

  test("one that answers its head byte by byte for ever is given up in time", async () => {
    const target = await rawTarget((socket) => dribble(socket, "HTTP/1.1 200 OK\r\nX-Slow: "));
    expect(await post(newClient({ limits: SHORT }), `http://target.example:${target.port}/`)).toEqual(failed("not-in-time"));
  });

  test("one that sends its body byte by byte for ever has answered: the status counts, after the time for all of it", async () => {
    const target = await rawTarget((socket) => dribble(socket, "HTTP/1.1 202 Accepted\r\n\r\n"));
    expect(await post(newClient({ limits: SHORT }), `http://target.example:${target.port}/`)).toEqual({ kind: "answered", status: 202 });
  });

  test("one that announces that it goes on for ever is given up in time", async () => {
    const target = await rawTarget((socket) => dribble(socket, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"));
    expect(await post(newClient({ limits: SHORT }), `http://target.example:${target.port}/`)).toEqual(failed("not-in-time"));
  });

  test("of a huge answer no more is read than is thrown away", async () => {
    let sent = 0;
    const target = await rawTarget((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const chunk = Buffer.alloc(65_536);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      socket.on("drain", pour);
      pour();
    });
    expect(await post(newClient(), `http://target.example:${target.port}/`)).toEqual({ kind: "answered", status: 200 });
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  test("a huge head is no answer", async () => {
    const target = await rawTarget((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      for (let line = 0; line < 2_000; line++) socket.write(`X-${line}: ${"a".repeat(50)}\r\n`);
      socket.end("\r\n");
    });
    expect(await post(newClient(), `http://target.example:${target.port}/`)).toEqual(failed("not-http"));
  });

  test.each([
    ["before it has answered", (socket: Socket) => socket.resetAndDestroy()],
    ["without a word", (socket: Socket) => socket.end()],
    ["in the middle of its head", (socket: Socket) => socket.write("HTTP/1.1 200 O", () => socket.resetAndDestroy())],
  ])("one that breaks off %s has not answered", async (_when, onRequest) => {
    const target = await rawTarget(onRequest);
    expect(await post(newClient(), `http://target.example:${target.port}/`)).toEqual(failed("broken-off"));
  });

  test("one that breaks off in the middle of its body has answered", async () => {
    const target = await rawTarget((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", () => socket.resetAndDestroy()));
    expect(await post(newClient(), `http://target.example:${target.port}/`)).toEqual({ kind: "answered", status: 200 });
  });

  test.each(["SSH-2.0-OpenSSH_9\n", "HTTP/1.1 two hundred\n\n", "HTTP/1.1 101 Switching Protocols\nConnection: upgrade\nUpgrade: websocket\n\n"])(
    "one that speaks something else, %j, has not answered",
    async (text) => {
      const target = await rawTarget(answer(text));
      expect(await post(newClient(), `http://target.example:${target.port}/`)).toEqual(failed("not-http"));
    },
  );

  test("nobody listens", async () => {
    const { port } = await rawTarget(NO_CONTENT);
    expect(await post(newClient({ resolve: resolvesTo({ address: "127.0.0.9", family: 4 }) }), `http://target.example:${port}/`)).toEqual(
      failed("no-connection"),
    );
  });
});

function dribble(socket: Socket, beginning: string, more = "a"): void {
  socket.write(beginning);
  const timer = setInterval(() => socket.write(more), 20);
  socket.on("close", () => clearInterval(timer));
}

describe("where a request may go", () => {
  test("a name that leads to an address inside is refused, and nothing is connected to", async () => {
    const target = await rawTarget(NO_CONTENT);
    const client = newClient({ allowed: null });
    for (const scheme of ["http", "https"]) expect(await post(client, `${scheme}://target.example:${target.port}/`)).toEqual(failed("inner-address"));
    expect(target.connections()).toBe(0);
  });

  test("the address that was checked is the one that is connected to, whatever the name leads to afterwards (DNS rebinding)", async () => {
    const inner = await rawTarget(NO_CONTENT);
    let lookups = 0;
    // The operator has let 127.0.0.2 through. The name leads there at first, and to 127.0.0.1 whenever it is asked again.
    const resolve: ResolveHost = async () => [{ address: lookups++ === 0 ? "127.0.0.2" : "127.0.0.1", family: 4 }];
    const client = newClient({ allowed: "127.0.0.2", resolve });
    expect(await post(client, `http://localhost:${inner.port}/`)).toEqual(failed("no-connection"));
    expect(lookups).toBe(1);
    expect(await post(client, `http://localhost:${inner.port}/`)).toEqual(failed("inner-address"));
    expect(inner.connections()).toBe(0);
  });

  test("of several addresses those inside are left out, whatever their order", async () => {
    const target = await rawTarget(NO_CONTENT);
    const inside: ResolvedAddress[] = [
      { address: "10.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ];
    for (const addresses of [
      [LOOPBACK, ...inside],
      [...inside, LOOPBACK],
    ]) {
      const client = newClient({ allowed: "127.0.0.1", resolve: resolvesTo(...addresses), limits: SHORT });
      expect(await post(client, `http://target.example:${target.port}/`)).toEqual({ kind: "answered", status: 204 });
    }
    expect(target.connections()).toBe(2);
  });

  test.each([
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
  ])("%s, an address in the URL itself, is refused without a look-up", async (url) => {
    const client = newClient({
      allowed: null,
      resolve: () => {
        throw new Error("Nothing is to be looked up.");
      },
    });
    expect(client.objectionTo(new URL(url))).toBe("inner-address");
    expect(await post(client, url)).toEqual(failed("inner-address"));
  });

  test("an address in the URL that the operator has named is let through", async () => {
    const target = await rawTarget(NO_CONTENT);
    for (const host of ["127.0.0.1", "[::ffff:127.0.0.1]"]) {
      expect(await post(newClient({ resolve: resolveHost }), `http://${host}:${target.port}/`), host).toEqual({ kind: "answered", status: 204 });
    }
  });

  test("plain http goes to what the operator has named, and never to the public internet", async () => {
    const client = newClient({ resolve: resolvesTo({ address: "1.1.1.1", family: 4 }) });
    expect(await post(client, "http://target.example/")).toEqual(failed("plain-http"));
    expect(await post(client, "http://1.1.1.1/")).toEqual(failed("plain-http"));
    expect(client.objectionTo(new URL("http://1.1.1.1/"))).toBe("plain-http");
    expect(client.objectionTo(new URL("https://1.1.1.1/"))).toBeNull();
    expect(client.objectionTo(new URL("http://127.0.0.1/"))).toBeNull();
  });

  test.each(["ftp://target.example/", "file:///etc/passwd", "javascript:alert(1)", "https://user@target.example/", "https://:word@target.example/"])(
    "%s is no URL to send to",
    async (url) => {
      expect(newClient().objectionTo(new URL(url))).toBe("unusable-url");
      expect(await post(newClient(), url)).toEqual(failed("unusable-url"));
    },
  );

  test("a name that does not exist is told, and one without addresses", async () => {
    for (const resolve of [leadsNowhere, resolvesTo()]) expect(await post(newClient({ resolve }), "https://target.example/")).toEqual(failed("unknown-host"));
    // RFC 6761 section 6.4: no resolver has an answer for this one.
    expect(await post(newClient({ resolve: resolveHost }), "https://no-such-name.invalid/")).toEqual(failed("unknown-host"));
  });

  test("the operating system's own look-up gives every address of a name", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => resolveHost("localhost")));
    for (const addresses of all) for (const { address } of addresses) expect(["127.0.0.1", "::1"]).toContain(address);
  });
});

describe("a request that is broken off by its sender", () => {
  test("ends at once, before or after it was begun", async () => {
    const target = await rawTarget(() => {});
    const url = `http://target.example:${target.port}/`;
    const controller = new AbortController();
    const running = post(newClient(), url, "{}", controller.signal);
    await expect.poll(target.connections, { timeout: 30_000 }).toBe(1);
    controller.abort();
    expect(await running).toEqual(failed("aborted"));
    expect(await post(newClient(), url, "{}", controller.signal)).toEqual(failed("aborted"));
    expect(target.connections()).toBe(1);
  });
});
