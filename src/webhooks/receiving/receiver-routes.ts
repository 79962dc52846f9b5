import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { RequestHeaders } from "../../lib/request-headers.ts";
import type { Soon } from "../../lib/soon.ts";
import { StoreUnavailable } from "../../lib/store-unavailable.ts";
import type { RawAnswer, RawEndpoints, RawRequest } from "../../web/raw-endpoints.ts";
import { BodyReader, BodyRoom, MAX_UNPROVED_BYTES, type ReadBody, type UnzippedBody } from "./body-reader.ts";
import type { ReceiveCall, CallRequest } from "./receive-call.ts";
import type { Receiver } from "./receiver.ts";
import { failedAnswer, notNowAnswer, type ReceiverAnswer } from "./receiver-answer.ts";

const PREFIX = "/hooks/";

/** Every address under `/hooks/`. Calls that wait for their commit are answered before the server closes. */
export function registerReceiver(app: FastifyInstance, endpoints: RawEndpoints, { receiveCall, close }: Receiver): void {
  const room = new BodyRoom();
  const rooms: Rooms = { room, unproved: new BodyRoom(MAX_UNPROVED_BYTES, room) };

  endpoints.register(app, PREFIX, {
    answer: (request) => answer(receiveCall, rooms, request, app.log),
    notNow: (reference) => fixed(notNowAnswer("The server is too busy or is about to end. Nothing of this call was written. Send it again.", reference)),
    isShed: true,
  });
  app.addHook("onClose", close);
}

/** For bodies: the whole memory, and the part of it for callers who have not proved themselves. */
interface Rooms {
  readonly room: BodyRoom;
  readonly unproved: BodyRoom;
}

/** No answer is kept by anybody on the way, nor taken for anything but the JSON that it is. */
const FIXED_HEADERS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

function fixed(answer: ReceiverAnswer): ReceiverAnswer {
  return { ...answer, headers: { ...FIXED_HEADERS, ...answer.headers } };
}

function answer(receiveCall: ReceiveCall, { room, unproved }: Rooms, request: RawRequest, log: FastifyBaseLogger): Promise<RawAnswer> {
  const { headers, reference } = request;
  const body = new BodyReader(request.body, Number(headers.all("content-length")[0] ?? 0), room);
  const finish = (given: ReceiverAnswer): RawAnswer => {
    body.release();
    return fixed(given);
  };
  return receiveCall.receive(new HttpCall(request, body, unproved)).then(finish, (error: unknown) => {
    if (error instanceof StoreUnavailable) {
      log.warn({ err: error, reference }, "the store cannot be asked");
      return finish(notNowAnswer("Nothing of this call was written. Send it again.", reference));
    }
    log.error({ err: error, reference }, "a call failed");
    return finish(failedAnswer(reference));
  });
}

class HttpCall implements CallRequest {
  readonly webhookId: string;
  readonly method: string;
  readonly path: string;
  readonly headers: RequestHeaders;
  readonly reference: string;
  readonly #query: string;
  readonly #body: BodyReader;
  readonly #unproved: BodyRoom;

  constructor({ method, url, headers, reference }: RawRequest, body: BodyReader, unproved: BodyRoom) {
    const question = url.indexOf("?");
    this.path = question === -1 ? url : url.slice(0, question);
    this.webhookId = this.path.slice(PREFIX.length);
    this.method = method;
    this.headers = headers;
    this.reference = reference;
    this.#query = question === -1 ? "" : url.slice(question + 1);
    this.#body = body;
    this.#unproved = unproved;
  }

  get tokenInAddress(): boolean {
    return this.#query !== "" && /(?:^|&)access_token(?:=|&|$)/.test(this.#query);
  }

  readBody(): Soon<ReadBody> {
    return this.#body.read();
  }

  unzipBody(bytes: Buffer): Promise<UnzippedBody> {
    return this.#body.unzip(bytes);
  }

  readUnprovedBody(): Soon<ReadBody> {
    return this.#body.read(this.#unproved);
  }
}
