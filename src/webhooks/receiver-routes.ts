import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import { BrandDays } from "./brand-days.ts";
import { BodyReader, BodyRoom, MAX_UNPROVED_BYTES } from "./body-reader.ts";
import type { CredentialStore } from "./credential-store.ts";
import { GroupCommit } from "./group-commit.ts";
import { ReceiveCall, type CallRequest } from "./receive-call.ts";
import { failedAnswer } from "./receiver-answer.ts";
import { RefusalLog } from "./refusal-log.ts";
import type { WebhookAuthentications } from "./webhook-authentication.ts";
import { WebhookDirectory } from "./webhook-directory.ts";
import type { CallStore, WebhookStore } from "./webhook-store.ts";

interface ReceiverDeps {
  readonly webhooks: WebhookStore;
  readonly credentials: CredentialStore;
  readonly calls: CallStore;
  readonly brands: BrandDirectory;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly authentications: WebhookAuthentications;
}

const PREFIX = "/hooks";

/** Every address under `/hooks/`. Calls that wait for their commit are answered before the server closes. */
export async function registerReceiver(app: FastifyInstance, deps: ReceiverDeps): Promise<void> {
  const { webhooks, credentials, calls, brands, changes, clock, authentications } = deps;
  const onFailure = (error: unknown) => app.log.error({ err: error }, "calls could not be written");
  const groupCommit = new GroupCommit({ calls, onFailure });
  const refusals = new RefusalLog({ calls, clock, onFailure });
  const receiveCall = new ReceiveCall({
    directory: new WebhookDirectory({ webhooks, credentials, changes }),
    authentications,
    days: new BrandDays(brands, calls, clock),
    groupCommit,
    refusals,
    clock,
  });
  const room = new BodyRoom();
  const rooms: Rooms = { room, unproved: new BodyRoom(MAX_UNPROVED_BYTES, room) };

  await app.register(
    async (scope) => {
      // Answered in onRequest: Fastify must not read the body, nor judge its type, before the caller has proved itself.
      scope.addHook("onRequest", (request, reply) => answer(receiveCall, rooms, request, reply));
      scope.all("/*", neverReached);
      scope.setNotFoundHandler(neverReached);
    },
    { prefix: PREFIX },
  );
  app.addHook("onClose", async () => {
    await groupCommit.close();
    await refusals.close();
  });
}

function neverReached(): never {
  throw new Error("Calls are answered before they are routed.");
}

/** For bodies: the whole memory, and the part of it for callers who have not proved themselves. */
interface Rooms {
  readonly room: BodyRoom;
  readonly unproved: BodyRoom;
}

/** No answer is kept by anybody on the way, nor taken for anything but the JSON that it is. */
const FIXED_HEADERS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

async function answer(receiveCall: ReceiveCall, { room, unproved }: Rooms, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const body = new BodyReader(request.raw, Number(request.headers["content-length"] ?? 0), room);
  // Sent without Fastify from here on: it would put a charset on the JSON, which has none (RFC 8259 section 11), or write head and
  // body apart, which costs a tenth of a call.
  reply.hijack();
  try {
    const given = await receiveCall.receive(callRequest(request, body, unproved)).catch((error: unknown) => {
      request.log.error({ err: error, reference: request.id }, "a call failed");
      return failedAnswer(request.id);
    });
    reply.raw.writeHead(given.status, { ...FIXED_HEADERS, ...given.headers, "Content-Length": Buffer.byteLength(given.body) }).end(given.body);
    return reply;
  } finally {
    body.release();
  }
}

function callRequest(request: FastifyRequest, body: BodyReader, unproved: BodyRoom): CallRequest {
  const [path = "", query = ""] = request.url.split("?", 2);
  return {
    webhookId: path.slice(PREFIX.length + 1),
    method: request.method,
    path,
    tokenInAddress: /(?:^|&)access_token(?:=|&|$)/.test(query),
    contentType: request.headers["content-type"],
    contentEncoding: request.headers["content-encoding"],
    authorization: request.raw.headersDistinct["authorization"] ?? [],
    idempotencyKey: request.raw.headersDistinct["idempotency-key"] ?? [],
    rawHeaders: request.raw.rawHeaders,
    reference: request.id,
    headers: request.raw.headersDistinct,
    readBody: () => body.read(),
    readUnprovedBody: () => body.read(unproved),
  };
}
