import type { Readable } from "node:stream";

/** What is still to be read, or came with its request. `complete`: the request has arrived whole. */
export type Body = Buffer | StreamedBody;
export type StreamedBody = Readable & { readonly complete?: boolean };

const EMPTY = Buffer.alloc(0);

/** The body of a request that Node holds whole; undefined while more of it is to come. It takes no listeners, which for a small body cost more than the body. */
export function readArrivedBody(body: Body): Buffer | undefined {
  if (Buffer.isBuffer(body)) return body;
  if (!body.complete || body.destroyed || body.readableFlowing !== null) return undefined;
  // Without a length it would be one piece of several; of none, it is the end.
  return (body.read(body.readableLength || undefined) as Buffer | null) ?? EMPTY;
}
