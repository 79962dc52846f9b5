/**
 * Endpoints that programs call all the time. They read requests and write answers as Node has them: no cookies, no hooks, nothing that
 * costs. The framework routes to them like to everything else; but an address in its usual spelling is looked up in front of it, because the
 * framework's way to an endpoint costs as much as all that a token request does there. Both ways lead to the same code.
 */
import proxyAddr from "@fastify/proxy-addr";
import type { FastifyInstance } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Body } from "../lib/arrived-body.ts";
import { RequestHeaders } from "../lib/request-headers.ts";
import type { Soon } from "../lib/soon.ts";
import type { Overload } from "./overload.ts";
import type { PlainRequest } from "./plain-request.ts";

export interface RawRequest {
  readonly method: string;
  /** Inside of the public URL: without its path. */
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly body: Body;
  /** Network address that it comes from. */
  readonly address: string;
  /** Names the request in its answer and in every log. */
  readonly reference: string;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends the answer to one request. */
export interface Replier {
  reply(answer: RawAnswer): void;
}

interface RawEndpoint {
  /** Must not reject. */
  readonly answer: (request: RawRequest) => Soon<RawAnswer>;
  /** For a request that is not looked at: 503 in the endpoint's own form. */
  readonly notNow: (reference: string) => RawAnswer;
  /** Whether requests are turned away while there are too many of them. */
  readonly isShed: boolean;
}

interface Arrival {
  readonly endpoint: RawEndpoint;
  readonly request: RawRequest;
  readonly replier: Replier;
}

interface RawEndpointsOptions {
  /** The path of the public URL; empty, or without a slash at its end. */
  readonly basePath: string;
  /** Whose `X-Forwarded-For` is believed; null: nobody's. */
  readonly isTrustedProxy: ((address: string) => boolean) | null;
  readonly newReference: () => string;
  readonly overload: Overload;
}

/** The last part of an address that is spelled in one way only: no escapes, no dots, no query. */
const PLAIN_NAME = /^[\w-]+$/;

export class RawEndpoints {
  readonly #basePath: string;
  readonly #isTrustedProxy: RawEndpointsOptions["isTrustedProxy"];
  readonly #newReference: () => string;
  readonly #overload: Overload;
  /** By address, or, for all names below it, by the address up to its last slash. */
  readonly #endpoints = new Map<string, RawEndpoint>();
  #arrived: Arrival[] = [];

  constructor({ basePath, isTrustedProxy, newReference, overload }: RawEndpointsOptions) {
    this.#basePath = basePath;
    this.#isTrustedProxy = isTrustedProxy;
    this.#newReference = newReference;
    this.#overload = overload;
  }

  /** `path` is an address inside, or ends in a slash and stands for every address below it. Every method reaches the endpoint. */
  register(app: FastifyInstance, path: string, endpoint: RawEndpoint): void {
    this.#endpoints.set(this.#basePath + path, endpoint);
    void app.register(async (scope) => {
      // Answered in onRequest: the framework must not read the body, nor judge its type.
      scope.addHook("onRequest", async (request, reply) => {
        reply.hijack();
        const { raw, url, ip: address, id: reference } = request;
        this.#take({ endpoint, request: requestOf(raw, url, address, reference), replier: new NodeReplier(reply.raw) });
      });
      scope.all(path.endsWith("/") ? `${path}*` : path, neverReached);
    });
  }

  /** Answers what is spelled as usual; false for the rest, which is the framework's. */
  takeFromNode(raw: IncomingMessage, response: ServerResponse, isListening: boolean): boolean {
    const target = raw.url ?? "";
    const endpoint = this.#find(target);
    if (!endpoint) return false;
    const request = requestOf(raw, target.slice(this.#basePath.length), this.#addressOf(raw), this.#newReference());
    this.#takeWhileListening({ endpoint, request, replier: new NodeReplier(response) }, isListening);
    return true;
  }

  /** The same for a request that has not been Node's. */
  takePlain({ head, body }: PlainRequest, socket: Socket, replier: Replier, isListening: boolean): boolean {
    const { url: target, headers } = head;
    const endpoint = this.#find(target);
    if (!endpoint) return false;
    const address = this.#isTrustedProxy ? proxyAddr(asIncoming(socket, headers), this.#isTrustedProxy) : (socket.remoteAddress ?? "");
    const request = { method: "POST", url: target.slice(this.#basePath.length), headers, body, address, reference: this.#newReference() };
    this.#takeWhileListening({ endpoint, request, replier }, isListening);
    return true;
  }

  /** Once the server no longer listens, it says so and ends the connection. */
  #takeWhileListening(arrival: Arrival, isListening: boolean): void {
    if (isListening) this.#take(arrival);
    else arrival.replier.reply(goodBye(arrival.endpoint.notNow(arrival.request.reference)));
  }

  #find(target: string): RawEndpoint | undefined {
    const parent = target.lastIndexOf("/") + 1;
    return this.#endpoints.get(target) ?? (PLAIN_NAME.test(target.slice(parent)) ? this.#endpoints.get(target.slice(0, parent)) : undefined);
  }

  /** As the framework finds it. */
  #addressOf(raw: IncomingMessage): string {
    return this.#isTrustedProxy ? proxyAddr(raw, this.#isTrustedProxy) : (raw.socket.remoteAddress ?? "");
  }

  /**
   * Everything that a turn of the event loop brings is parsed first and answered then, one after the other: the processor keeps the code of each
   * step at hand. Most bodies have arrived whole by then and are read without waiting.
   */
  #take(arrival: Arrival): void {
    if (this.#arrived.push(arrival) === 1) setImmediate(() => this.#answerArrived());
  }

  #answerArrived(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const { endpoint, request, replier } of arrived) {
      const isTurnedAway = endpoint.isShed && this.#overload.sheds();
      const answer = isTurnedAway ? endpoint.notNow(request.reference) : endpoint.answer(request);
      if (answer instanceof Promise) void answer.then((known) => replier.reply(known));
      else replier.reply(answer);
    }
  }
}

/** Whoever sends again shall reach another process, or this one when it is back. */
function goodBye({ status, headers, body }: RawAnswer): RawAnswer {
  return { status, headers: { ...headers, Connection: "close" }, body };
}

function neverReached(): never {
  throw new Error("Raw endpoints answer before they are routed to.");
}

class NodeReplier implements Replier {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  reply({ status, headers, body }: RawAnswer): void {
    const length = Buffer.byteLength(body);
    // Head and body in one piece: written apart they cost a tenth more. A text of ASCII only needs no encoding.
    this.#response.writeHead(status, { ...headers, "Content-Length": length }).end(body, length === body.length ? "latin1" : "utf8");
  }
}

function requestOf(raw: IncomingMessage, url: string, address: string, reference: string): RawRequest {
  return { method: raw.method ?? "", url, headers: new RequestHeaders(raw.rawHeaders), body: raw, address, reference };
}

/** As much of a request of Node's as the package looks at that finds the address behind proxies. */
function asIncoming(socket: Socket, headers: RequestHeaders): IncomingMessage {
  return { socket, headers: { "x-forwarded-for": headers.all("x-forwarded-for").join(", ") || undefined } } as unknown as IncomingMessage;
}
