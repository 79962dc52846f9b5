/**
 * The one way in which requests leave Hookgate for addresses that users have entered. Connects only to an address that was checked after the name
 * was looked up, follows no redirect, and gives up after a time, however slowly the other side answers. It must not know what it sends.
 */
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { isIP } from "node:net";
import { SECOND } from "../lib/clock.ts";
import type { AddressGuard } from "./address-guard.ts";
import type { ResolvedAddress, ResolveHost } from "./resolve-host.ts";

export interface OutgoingRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Breaks the request off. */
  readonly signal: AbortSignal;
}

/** Why there is no answer. */
export type OutgoingFailure =
  /** The URL is not http or https, or names a user. */
  | "unusable-url"
  /** Plain http, and not to an address that the operator has named. */
  | "plain-http"
  | "unknown-host"
  /** The name leads to nothing but addresses that the guard refuses. */
  | "inner-address"
  | "no-connection"
  /** No certificate that is good for the name, or no TLS at all. */
  | "no-tls"
  | "not-in-time"
  /** The connection ended before the answer. */
  | "broken-off"
  | "not-http"
  /** By the signal. */
  | "aborted";

/** Of the answer only the status counts. */
export type OutgoingOutcome = { readonly kind: "answered"; readonly status: number } | { readonly kind: "failed"; readonly why: OutgoingFailure };

/** In milliseconds. */
export interface OutgoingLimits {
  /** Until there is a connection, the look-up of the name and the TLS handshake included. */
  readonly connect: number;
  /** Until the answer is there, connecting included. */
  readonly whole: number;
}

const LIMITS: OutgoingLimits = { connect: 5 * SECOND, whole: 15 * SECOND };

/** Of the answer, in bytes: its head, and as much of its body as is read, and thrown away, so that the other side can end in peace. */
const MAX_HEAD = 16_384;
const MAX_DISCARDED = 65_536;

interface OutgoingClientDeps {
  readonly guard: AddressGuard;
  readonly resolveHost: ResolveHost;
  readonly limits?: OutgoingLimits;
}

/** Rejects a promise of a request with the reason that its owner is told. */
class Failure extends Error {
  readonly why: OutgoingFailure;

  constructor(why: OutgoingFailure) {
    super(why);
    this.why = why;
  }
}

export class OutgoingClient {
  readonly #guard: AddressGuard;
  readonly #resolveHost: ResolveHost;
  readonly #limits: OutgoingLimits;

  constructor({ guard, resolveHost, limits = LIMITS }: OutgoingClientDeps) {
    this.#guard = guard;
    this.#resolveHost = resolveHost;
    this.#limits = limits;
  }

  /** Why a request to this URL would fail whatever its name leads to; null when it may be tried. */
  objectionTo(url: URL): OutgoingFailure | null {
    if (!["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "") return "unusable-url";
    const host = hostOf(url);
    if (isIP(host) === 0) return null;
    const judged = this.#guard.judge(host);
    if (judged === "inner") return "inner-address";
    return judged === "public" && url.protocol === "http:" ? "plain-http" : null;
  }

  /** Posts the body once. Never rejects. */
  async post(request: OutgoingRequest): Promise<OutgoingOutcome> {
    const cutOff = new AbortController();
    const fail = (why: OutgoingFailure) => () => cutOff.abort(new Failure(why));
    const connectTimer = setTimeout(fail("not-in-time"), this.#limits.connect);
    const wholeTimer = setTimeout(fail("not-in-time"), this.#limits.whole);
    const onAbort = fail("aborted");
    request.signal.addEventListener("abort", onAbort);
    if (request.signal.aborted) onAbort();
    try {
      const objection = this.objectionTo(request.url);
      if (objection) throw new Failure(objection);
      const addresses = await orCutOff(this.#addressesOf(request.url), cutOff.signal);
      const status = await exchange(request, addresses, cutOff.signal, () => clearTimeout(connectTimer));
      return { kind: "answered", status };
    } catch (error) {
      return { kind: "failed", why: whyOf(error) };
    } finally {
      clearTimeout(connectTimer);
      clearTimeout(wholeTimer);
      request.signal.removeEventListener("abort", onAbort);
    }
  }

  /** Those that the request may go to: whatever the name leads to a moment later, the connection is made to one of these. */
  async #addressesOf(url: URL): Promise<readonly ResolvedAddress[]> {
    const host = hostOf(url);
    const family = isIP(host);
    const found = family === 0 ? await this.#resolveHost(host).catch(() => []) : [{ address: host, family: family as 4 | 6 }];
    if (found.length === 0) throw new Failure("unknown-host");
    const reachable = found.filter(({ address }) => this.#guard.judge(address) !== "inner");
    if (reachable.length === 0) throw new Failure("inner-address");
    const usable = url.protocol === "https:" ? reachable : reachable.filter(({ address }) => this.#guard.judge(address) === "chosen");
    if (usable.length === 0) throw new Failure("plain-http");
    return usable;
  }
}

/** IPv6 without its brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function orCutOff<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    work.then(resolve, reject);
  });
}

/** One request over a connection of its own. Gives the status of the answer when its body has ended, or enough of it has been thrown away. */
function exchange(
  { url, headers, body }: OutgoingRequest,
  addresses: readonly ResolvedAddress[],
  signal: AbortSignal,
  onConnected: () => void,
): Promise<number> {
  const isTls = url.protocol === "https:";
  const options: RequestOptions = {
    method: "POST",
    protocol: url.protocol,
    host: hostOf(url),
    port: url.port || (isTls ? 443 : 80),
    path: url.pathname + url.search,
    headers: { ...headers, "content-length": body.byteLength },
    agent: false,
    maxHeaderSize: MAX_HEAD,
    lookup: (_hostname, { all }, callback) => {
      if (all) callback(null, [...addresses]);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    },
  };
  return new Promise((resolve, reject) => {
    // Got in this way because an import would make each start slower, and most installations forward nothing.
    const { request: open } = process.getBuiltinModule(isTls ? "node:https" : "node:http");
    const request: ClientRequest = open(options);
    let status: number | undefined;
    /** Once the status is known it counts, however the rest ends. */
    const end = (error: unknown) => {
      if (status === undefined) reject(error);
      else resolve(status);
      request.destroy();
    };
    if (signal.aborted) end(signal.reason);
    signal.addEventListener("abort", () => end(signal.reason));
    request.on("socket", (socket) => socket.once(isTls ? "secureConnect" : "connect", onConnected));
    request.on("error", end);
    request.on("response", (response) => {
      status = response.statusCode!;
      discard(response, () => end(null));
    });
    // Without a listener such a connection would be broken off as if by the network.
    request.on("upgrade", () => end(new Failure("not-http")));
    request.end(body);
  });
}

/** Reads on so that the other side can end in peace, and tells once when the body has ended in any way, or enough of it was thrown away. */
function discard(response: IncomingMessage, onEnd: () => void): void {
  let read = 0;
  response.on("data", (chunk: Buffer) => {
    read += chunk.byteLength;
    if (read > MAX_DISCARDED) onEnd();
  });
  response.on("error", onEnd);
  response.on("close", onEnd);
}

const NO_CONNECTION: ReadonlySet<string> = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "EADDRNOTAVAIL", "ETIMEDOUT"]);
const BROKEN_OFF: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

function whyOf(error: unknown): OutgoingFailure {
  if (error instanceof Failure) return error.why;
  if (error instanceof AggregateError) return whyOf(error.errors[0]);
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (NO_CONNECTION.has(code)) return "no-connection";
  if (BROKEN_OFF.has(code)) return "broken-off";
  if (code.startsWith("HPE_")) return "not-http";
  return /^(?:EPROTO$|ERR_TLS|ERR_SSL|UNABLE_TO)|CERT/.test(code) ? "no-tls" : "broken-off";
}
