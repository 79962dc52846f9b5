/** One connection on which only plain requests have come so far (`plain-request.ts`), and what is to be known of all of them. */
import { channel } from "node:diagnostics_channel";
import type { Server, Socket } from "node:net";
import { STATUS_CODES } from "../lib/create-server.ts";
import { SECOND, systemClock } from "../lib/clock.ts";
import { readPlainRequest, type PlainHead, type PlainRequest } from "./plain-request.ts";
import type { RawAnswer, Replier } from "./raw-endpoints.ts";

export interface PlainConnectionOptions {
  readonly server: Server;
  /** How long a connection may be idle, in milliseconds. */
  readonly keepAlive: number;
  /** False: the request is for somebody else. True: the replier will be told its answer. */
  readonly take: (request: PlainRequest, socket: Socket, replier: Replier) => boolean;
  /** Takes the connection over for good, with all that was not answered yet still to be read. */
  readonly handOver: (socket: Socket) => void;
  /** It is closed, or handed over. */
  readonly onEnd: (connection: PlainConnection) => void;
}

/** The diagnostics channel on which each answer to a plain request is told, for whoever measures. */
export const PLAIN_ANSWER = "hookgate:plain-answer";

export interface PlainAnswerMessage {
  readonly server: Server;
  readonly url: string;
  readonly status: number;
  /** Since the request had arrived. */
  readonly milliseconds: number;
}

const answers = channel(PLAIN_ANSWER);

/**
 * Answers one request after the other, as Node's server does on a connection of HTTP/1.1, and hands itself over to that with the first bytes that are no
 * plain request. Nothing is read while an answer is owed or waits to be sent, so a client can make it hold no more than it has asked for.
 */
export class PlainConnection implements Replier {
  readonly #socket: Socket;
  readonly #options: PlainConnectionOptions;
  /** What has come while an answer was owed. */
  #held: Buffer | null = null;
  #owed: PlainRequest | null = null;
  #lastHead: PlainHead | undefined;
  #owedSince = 0;
  #hasAnswered = false;
  #hasEnded = false;

  constructor(socket: Socket, options: PlainConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setTimeout(options.keepAlive);
    socket.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose).on("drain", this.#onDrain);
    socket.on("timeout", this.#onTimeout).on("error", this.#onError);
  }

  /** It has had an answer and has not asked since: a new one, whose first request may be on its way, is not. */
  get isIdle(): boolean {
    return this.#hasAnswered && this.#owed === null;
  }

  /** Once everything is sent that was answered. */
  close(): void {
    this.#socket.destroySoon();
  }

  /** At once. */
  destroy(): void {
    this.#socket.destroy();
  }

  reply({ status, headers, body }: RawAnswer): void {
    const socket = this.#socket;
    const { url } = this.#owed!.head;
    const { server, keepAlive } = this.#options;
    this.#owed = null;
    this.#hasAnswered = true;
    if (answers.hasSubscribers) answers.publish({ server, url, status, milliseconds: performance.now() - this.#owedSince } satisfies PlainAnswerMessage);
    if (socket.destroyed) return;
    const isLast = this.#hasEnded || headers["Connection"] === "close";
    const length = Buffer.byteLength(body);
    const head = headOf(status, headers, length, isLast ? "close" : `keep-alive\r\nKeep-Alive: timeout=${keepAlive / SECOND}`);
    // In one piece; a text of ASCII only needs no encoding.
    const isSent = socket.write(head + body, length === body.length ? "latin1" : "utf8");
    if (isLast) this.close();
    else if (isSent) this.#goOn();
    else socket.pause();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#owed !== null) {
      this.#held = this.#held === null ? bytes : Buffer.concat([this.#held, bytes]);
      this.#socket.pause();
      return;
    }
    const request = readPlainRequest(bytes, this.#lastHead);
    if (request === undefined) return this.#handOver(bytes);
    this.#lastHead = request.head;
    this.#owed = request;
    if (answers.hasSubscribers) this.#owedSince = performance.now();
    // The answer may come before this returns.
    if (this.#options.take(request, this.#socket, this)) return;
    this.#owed = null;
    this.#handOver(bytes);
  };

  readonly #onDrain = (): void => {
    if (this.#owed === null) this.#goOn();
  };

  #goOn(): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#onData(held);
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** The client sends no more; it may well wait for its answer. */
  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#owed === null) this.close();
  };

  readonly #onTimeout = (): void => {
    if (this.#owed === null) this.#socket.destroy();
  };

  /** A connection that broke: it is closed, and nobody is left to be told. */
  readonly #onError = (): void => {};

  readonly #onClose = (): void => this.#options.onEnd(this);

  #handOver(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose).off("drain", this.#onDrain);
    socket.off("timeout", this.#onTimeout).off("error", this.#onError);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(bytes);
    this.#options.onEnd(this);
    this.#options.handOver(socket);
    socket.resume();
  }
}

/** What no value of a header may hold (RFC 9110 section 5.5); Node's server refuses it as well. It could be another header, or another answer. */
const FORBIDDEN = /[^\t -~]/;

function headOf(status: number, headers: RawAnswer["headers"], length: number, connection: string): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const name in headers) {
    const value = headers[name]!;
    if (FORBIDDEN.test(value)) throw new TypeError(`The header ${name} holds what no header may.`);
    if (name !== "Connection") head += `${name}: ${value}\r\n`;
  }
  return `${head}Content-Length: ${length}\r\nDate: ${dateOfNow()}\r\nConnection: ${connection}\r\n\r\n`;
}

let date = "";
let dateSecond = 0;

/** For the `Date` header (RFC 9110 section 6.6.1), which every answer of a second has in common. */
function dateOfNow(): string {
  const second = Math.floor(systemClock.now() / SECOND);
  if (second !== dateSecond) {
    dateSecond = second;
    date = new Date(second * SECOND).toUTCString();
  }
  return date;
}
