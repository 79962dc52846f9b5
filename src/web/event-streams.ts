/**
 * Tells open pages that what they show has changed, by server-sent events (HTML, section 9.2). A stream carries no content: a page that hears of a
 * change asks for its part anew, so that there is one way to render a row and one place that decides who sees it. What is looked at is the store
 * itself and not what happened in this process, so that a page also hears of what other nodes write, in whatever order they commit.
 */
import { Readable } from "node:stream";
import { setTimeout as pauseFor } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { PageError } from "./page-error.ts";

/** Open streams of one user in this process: a browser has six connections to a host (HTTP/1.1), and pages need some. */
export const MAX_STREAMS_OF_USER = 4;
/** Open streams in this process: each looks at the store once a second. */
export const MAX_STREAMS = 60;

/** Milliseconds between two looks. */
const PAUSE = 1_000;
/** Looks without news after which a comment shows whoever is in between that the stream lives. */
const QUIET_LOOKS = 15;
/** Milliseconds until a stream ends by itself, also one whose reader takes nothing any more; a browser comes again. */
const LONGEST_LIFE = 15 * 60_000;
/** Milliseconds until a browser comes again after a stream has ended. */
const RETRY = 1_000;

/**
 * The mark of what can be seen now, another one whenever that has changed; null when whoever looks may not look any more; undefined when nobody
 * can tell at this moment.
 */
export type Look = () => Promise<string | null | undefined>;

export class EventStreams {
  readonly #ofUser = new Map<string, number>();
  readonly #closing = new AbortController();
  #open = 0;

  /** Ends the streams when the server closes. */
  constructor(scope: FastifyInstance) {
    scope.addHook("preClose", async () => this.#closing.abort());
  }

  /** Answers with a stream of changes since `seen`, or since the change that the browser has heard of last (`Last-Event-ID`). */
  open(request: FastifyRequest, reply: FastifyReply, { userId, seen, look }: { readonly userId: string; readonly seen: string; readonly look: Look }) {
    if (!request.headers.accept?.includes("text/event-stream")) {
      throw new PageError(406, "This address is not a page.", "Open the list that you came from.");
    }
    const ofUser = this.#ofUser.get(userId) ?? 0;
    if (ofUser >= MAX_STREAMS_OF_USER) throw new PageError(429, "You have the live view open too often.", "Close some of the other tabs or windows.");
    if (this.#open >= MAX_STREAMS || this.#closing.signal.aborted) throw new PageError(503, "Too many live views are open.", "Load the page again later.");
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, this.#closing.signal]);
    const lastSeen = request.headers["last-event-id"];
    const pause = () =>
      pauseFor(PAUSE, true, { signal }).catch((error: unknown) => {
        if (signal.aborted) return false;
        throw error;
      });
    // Whoever reads slowly is waited for: then nobody looks either, and no more than an event or two is kept.
    const stream = Readable.from(changes(typeof lastSeen === "string" ? lastSeen : seen, look, pause), { highWaterMark: 1 });
    const end = setTimeout(() => stream.destroy(), LONGEST_LIFE).unref();
    this.#open += 1;
    this.#ofUser.set(userId, ofUser + 1);
    reply.raw.once("close", () => {
      left.abort();
      clearTimeout(end);
      this.#open -= 1;
      const others = this.#ofUser.get(userId)! - 1;
      if (others > 0) this.#ofUser.set(userId, others);
      else this.#ofUser.delete(userId);
    });
    return reply.header("Content-Type", "text/event-stream").header("X-Accel-Buffering", "no").send(stream);
  }
}

/** The text of a stream. `pause` resolves with false when it shall end. */
export async function* changes(seen: string, look: Look, pause: () => Promise<boolean>): AsyncGenerator<string> {
  let known = seen;
  let quiet = 0;
  yield `retry: ${RETRY}\n\n`;
  do {
    const mark = await look();
    if (mark === null) {
      yield "event: end\ndata: signed out\n\n";
      return;
    }
    if (mark !== undefined && mark !== known) {
      known = mark;
      quiet = 0;
      yield `id: ${mark}\nevent: change\ndata: changed\n\n`;
    } else if (++quiet === QUIET_LOOKS) {
      quiet = 0;
      yield ":\n\n";
    }
  } while (await pause());
}
