import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { StoreUnavailable } from "../lib/store-unavailable.ts";
import { valuesOf, type RawAnswer, type RawEndpoints, type RawRequest } from "../web/raw-endpoints.ts";
import { BodyReader, BodyRoom, MAX_UNPROVED_BYTES } from "./body-reader.ts";
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

async function answer(receiveCall: ReceiveCall, { room, unproved }: Rooms, request: RawRequest, log: FastifyBaseLogger): Promise<RawAnswer> {
  const { raw, reference } = request;
  const body = new BodyReader(raw, Number(raw.headers["content-length"] ?? 0), room);
  try {
    const given = await receiveCall.receive(callRequest(request, body, unproved)).catch((error: unknown) => {
      if (error instanceof StoreUnavailable) {
        log.warn({ err: error, reference }, "the store cannot be asked");
        return notNowAnswer("Nothing of this call was written. Send it again.", reference);
      }
      log.error({ err: error, reference }, "a call failed");
      return failedAnswer(reference);
    });
    return fixed(given);
  } finally {
    body.release();
  }
}

function callRequest({ raw, url, reference }: RawRequest, body: BodyReader, unproved: BodyRoom): CallRequest {
  const [path = "", query = ""] = url.split("?", 2);
  return {
    webhookId: path.slice(PREFIX.length),
    method: raw.method ?? "",
    path,
    tokenInAddress: /(?:^|&)access_token(?:=|&|$)/.test(query),
    contentType: raw.headers["content-type"],
    contentEncoding: raw.headers["content-encoding"],
    authorization: valuesOf(raw, "authorization"),
    idempotencyKey: valuesOf(raw, "idempotency-key"),
    rawHeaders: raw.rawHeaders,
    reference,
    // Put together only when somebody asks.
    get headers() {
      return raw.headersDistinct;
    },
    readBody: () => body.read(),
    unzipBody: (bytes) => body.unzip(bytes),
    readUnprovedBody: () => body.read(unproved),
  };
}
