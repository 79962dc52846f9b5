import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { FieldCatalogues } from "../customers/field-catalogue.ts";
import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import { StoreUnavailable } from "../lib/store-unavailable.ts";
import { valuesOf, type RawAnswer, type RawEndpoints, type RawRequest } from "../web/raw-endpoints.ts";
import { BrandDays } from "./brand-days.ts";
import { BodyReader, BodyRoom, MAX_UNPROVED_BYTES } from "./body-reader.ts";
import type { CredentialStore } from "./credential-store.ts";
import { GroupCommit } from "./group-commit.ts";
import { ReceiveCall, type CallRequest } from "./receive-call.ts";
import { failedAnswer, notNowAnswer } from "./receiver-answer.ts";
import { RefusalLog } from "./refusal-log.ts";
import type { WebhookAuthentications } from "./webhook-authentication.ts";
import { WebhookDirectory } from "./webhook-directory.ts";
import type { CallStore, WebhookStore } from "./webhook-store.ts";

interface ReceiverDeps {
  readonly webhooks: WebhookStore;
  readonly credentials: CredentialStore;
  readonly calls: CallStore;
  readonly catalogues: FieldCatalogues;
  readonly brands: BrandDirectory;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly authentications: WebhookAuthentications;
}

const PREFIX = "/hooks/";

/** Every address under `/hooks/`. Calls that wait for their commit are answered before the server closes. */
export function registerReceiver(app: FastifyInstance, endpoints: RawEndpoints, deps: ReceiverDeps): void {
  const { webhooks, credentials, calls, catalogues, brands, changes, clock, authentications } = deps;
  const onFailure = (error: unknown) => app.log.error({ err: error }, "calls could not be written");
  const groupCommit = new GroupCommit({ calls, onFailure });
  const refusals = new RefusalLog({ calls, clock, onFailure });
  const receiveCall = new ReceiveCall({
    directory: new WebhookDirectory({ webhooks, credentials, catalogues, changes }),
    authentications,
    days: new BrandDays(brands, calls, clock),
    groupCommit,
    refusals,
    clock,
  });
  const room = new BodyRoom();
  const rooms: Rooms = { room, unproved: new BodyRoom(MAX_UNPROVED_BYTES, room) };

  endpoints.register(app, PREFIX, (request) => answer(receiveCall, rooms, request, app.log));
  app.addHook("onClose", async () => {
    await groupCommit.close();
    await refusals.close();
  });
}

/** For bodies: the whole memory, and the part of it for callers who have not proved themselves. */
interface Rooms {
  readonly room: BodyRoom;
  readonly unproved: BodyRoom;
}

/** No answer is kept by anybody on the way, nor taken for anything but the JSON that it is. */
const FIXED_HEADERS = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };

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
    return { ...given, headers: { ...FIXED_HEADERS, ...given.headers } };
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
    readUnprovedBody: () => body.read(unproved),
  };
}
