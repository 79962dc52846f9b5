import { createGunzip } from "node:zlib";
import { readArrivedBody, type Body, type StreamedBody } from "../../lib/arrived-body.ts";
import type { Soon } from "../../lib/soon.ts";

/** Longest body of a call, in bytes: 6 MB. Of one that came compressed, before and after. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;
/** Bodies in flight, in bytes all together: 64 MB. */
const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** The part of it that callers may take before they have proved themselves, in bytes: 16 MB. */
export const MAX_UNPROVED_BYTES = 16 * 1024 * 1024;
/** What is read and thrown away after a body was refused, in bytes. */
const MAX_DISCARDED_BYTES = 16 * 1024 * 1024;

/** Memory for the bodies of all calls that are being read or wait for their commit. */
export class BodyRoom {
  readonly #within: BodyRoom | null;
  #free: number;

  /** `bytes`: how much there is of it. `within`: a larger room that it is a part of. */
  constructor(bytes = MAX_BYTES_IN_FLIGHT, within: BodyRoom | null = null) {
    this.#free = bytes;
    this.#within = within;
  }

  take(bytes: number): boolean {
    if (bytes > this.#free || this.#within?.take(bytes) === false) return false;
    this.#free -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#free += bytes;
    this.#within?.give(bytes);
  }
}

/** `gone`: the caller went away before the end. */
export type ReadBody = { readonly kind: "read"; readonly bytes: Buffer } | { readonly kind: "too-long" | "no-room" | "gone" };

/** `malformed`: it is not gzip, or ends too early. */
export type UnzippedBody = ReadBody | { readonly kind: "malformed" };

/** Reads the body of one call, only when asked, and keeps its memory taken until `release`. */
export class BodyReader {
  readonly #body: Body;
  readonly #announcedLength: number;
  #room: BodyRoom;
  #reading: Soon<ReadBody> | undefined;
  #taken = 0;
  #ended = false;

  /** `announcedLength`: from `Content-Length`; 0 when there is none. */
  constructor(body: Body, announcedLength: number, room: BodyRoom) {
    this.#body = body;
    this.#announcedLength = announcedLength;
    this.#room = room;
  }

  /** The whole body, or as soon as it is known why there is none; the rest is then not read. Asked again, it is the same. `room`: another one to take the memory from. */
  read(room: BodyRoom = this.#room): Soon<ReadBody> {
    this.#reading ??= this.#readInto(room);
    return this.#reading;
  }

  #readInto(room: BodyRoom): Soon<ReadBody> {
    this.#room = room;
    if (this.#announcedLength > MAX_BODY_BYTES) return { kind: "too-long" };
    const arrived = readArrivedBody(this.#body);
    return arrived ? this.#take(arrived) : this.#readAsItArrives(this.#body as StreamedBody);
  }

  #take(bytes: Buffer): ReadBody {
    if (bytes.length > MAX_BODY_BYTES) return { kind: "too-long" };
    if (!this.#room.take(bytes.length)) return { kind: "no-room" };
    this.#taken = bytes.length;
    this.#ended = true;
    return { kind: "read", bytes };
  }

  #readAsItArrives(stream: StreamedBody): Promise<ReadBody> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const settle = (outcome: ReadBody) => {
        stream.off("data", onData).off("end", onEnd).off("close", onGone).off("error", onGone).pause();
        resolve(outcome);
      };
      const onData = (chunk: Buffer) => {
        if (this.#taken + chunk.length > MAX_BODY_BYTES) settle({ kind: "too-long" });
        // Room is taken for what has arrived, not for what was announced: announcing costs a caller nothing.
        else if (!this.#room.take(chunk.length)) settle({ kind: "no-room" });
        else {
          this.#taken += chunk.length;
          chunks.push(chunk);
        }
      };
      const onEnd = () => {
        this.#ended = true;
        settle({ kind: "read", bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) });
      };
      const onGone = () => settle({ kind: "gone" });
      stream.on("data", onData).on("end", onEnd).on("close", onGone).on("error", onGone);
    });
  }

  /** What was compressed into these bytes (RFC 1952), a piece at a time: a small body that would become a huge one is given up when it passes the limit. */
  unzip(bytes: Buffer): Promise<UnzippedBody> {
    return new Promise((resolve) => {
      const gunzip = createGunzip();
      const chunks: Buffer[] = [];
      let length = 0;
      const settle = (outcome: UnzippedBody) => {
        // Nothing that is still on its way may take room that nobody would give back.
        gunzip
          .removeAllListeners()
          .on("error", () => {})
          .destroy();
        resolve(outcome);
      };
      gunzip.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_BODY_BYTES) return settle({ kind: "too-long" });
        if (!this.#room.take(chunk.length)) return settle({ kind: "no-room" });
        this.#taken += chunk.length;
        chunks.push(chunk);
      });
      gunzip.on("end", () => settle({ kind: "read", bytes: Buffer.concat(chunks) }));
      gunzip.on("error", () => settle({ kind: "malformed" }));
      gunzip.end(bytes);
    });
  }

  /**
   * Gives the memory back, once the call is answered. A body that was not read to its end is thrown away as it arrives, so that
   * a caller who is still sending gets to read the answer: closing the connection at once would reset it. That has an end too.
   */
  release(): void {
    this.#room.give(this.#taken);
    this.#taken = 0;
    const stream = this.#body;
    if (this.#ended || Buffer.isBuffer(stream) || stream.destroyed) return;
    let discarded = 0;
    stream.on("data", (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded > MAX_DISCARDED_BYTES) stream.destroy();
    });
    stream.on("error", () => {});
    stream.resume();
  }
}
