/**
 * Endpoints that programs call all the time. They read requests and write answers as Node has them: no cookies, no hooks, nothing that
 * costs. The framework routes to them like to everything else; but an address in its usual spelling is looked up in front of it, because the
 * framework's way to an endpoint costs as much as all that a token request does there. Both ways lead to the same code.
 */
import proxyAddr from "@fastify/proxy-addr";
import type { FastifyInstance } from "fastify";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Soon } from "../lib/soon.ts";
import type { Overload } from "./overload.ts";

export interface RawRequest {
  readonly raw: IncomingMessage;
  /** Inside of the public URL: without its path. */
  readonly url: string;
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
  readonly response: ServerResponse;
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
  readonly #answers = new AnswersOfTurn();
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
        this.#take({ endpoint, request: { raw: request.raw, url: request.url, address: request.ip, reference: request.id }, response: reply.raw });
      });
      scope.all(path.endsWith("/") ? `${path}*` : path, neverReached);
    });
  }

  /** Answers what is spelled as usual and leaves the rest to the framework. Once the server no longer listens, it says so and ends the connection. */
  inFrontOf(framework: RequestListener, isListening: () => boolean): RequestListener {
    return (raw, response) => {
      const target = raw.url ?? "";
      const endpoint = this.#find(target);
      if (!endpoint) framework(raw, response);
      else if (!isListening()) this.#answers.add(response, goodBye(endpoint.notNow(this.#newReference())));
      else {
        const request = { raw, url: target.slice(this.#basePath.length), address: this.#addressOf(raw), reference: this.#newReference() };
        this.#take({ endpoint, request, response });
      }
    };
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
    for (const { endpoint, request, response } of arrived) {
      const isTurnedAway = endpoint.isShed && this.#overload.sheds();
      const answer = isTurnedAway ? endpoint.notNow(request.reference) : endpoint.answer(request);
      if (answer instanceof Promise) void answer.then((known) => this.#answers.add(response, known));
      else this.#answers.add(response, answer);
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

/**
 * Writes the answers of one turn of the event loop together at its end. A client that waits for several is woken once, and its next
 * requests arrive together as well: a third less CPU time a request under load, and nothing lost for one that comes alone.
 */
class AnswersOfTurn {
  #waiting: (readonly [ServerResponse, RawAnswer])[] = [];

  add(response: ServerResponse, answer: RawAnswer): void {
    if (this.#waiting.push([response, answer]) === 1) setImmediate(() => this.#write());
  }

  #write(): void {
    const answers = this.#waiting;
    this.#waiting = [];
    for (const [response, { status, headers, body }] of answers) {
      const length = Buffer.byteLength(body);
      // Head and body in one piece: written apart they cost a tenth more. A text of ASCII only needs no encoding.
      response.writeHead(status, { ...headers, "Content-Length": length }).end(body, length === body.length ? "latin1" : "utf8");
    }
  }
}

/**
 * Every value of a header that may come once, in order; `name` in lower case. Node keeps only the first of several in `headers`, and makes
 * that of all headers when it is first asked for one.
 */
export function valuesOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index]!;
    if (given.length === name.length && given.toLowerCase() === name) values.push(rawHeaders[index + 1]!);
  }
  return values;
}
