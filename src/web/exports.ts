/**
 * Files that are made while they are sent: nothing is ever held but the part that is under way. A reader who is slow is waited for, one who is gone ends
 * the work, and between two parts whatever else the process has to do gets its turn. Owns the limits and how far each file is; it must not know
 * what stands in it.
 */
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import { MINUTE, type Clock } from "../lib/clock.ts";
import { CONTENT_TYPES, type ExportFormat, type ExportPart } from "../lib/export-file.ts";
import { PageError } from "./page-error.ts";

/** Files that one process makes at once: each keeps the store busy. */
export const MAX_EXPORTS = 4;
/** Of them, for one user. */
export const MAX_EXPORTS_OF_USER = 2;
/** Milliseconds until whoever takes no part any more is given up. */
const LONGEST_STALL = 5 * MINUTE;
/** Milliseconds for which it is told how a file ended. */
const TOLD_FOR = MINUTE;

export interface Progress {
  readonly rows: number;
  readonly state: "under-way" | "done" | "broken-off";
}

export interface ExportFile {
  readonly userId: string;
  /** By which whoever waits asks how far it is; made by the page that offers the file. */
  readonly exportId: string;
  /** Without day and ending. */
  readonly name: string;
  readonly format: ExportFormat;
  /** An error in between breaks the connection, so that nobody takes half a file for a whole one. */
  readonly parts: AsyncIterable<ExportPart>;
}

interface ExportsDeps {
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

export class Exports {
  readonly #deps: ExportsDeps;
  readonly #underWay = new Set<ExportFile>();
  readonly #progress = new Map<string, Progress>();

  constructor(deps: ExportsDeps) {
    this.#deps = deps;
  }

  /** Answers with the file. */
  send(reply: FastifyReply, file: ExportFile): FastifyReply {
    const { userId, format, name } = file;
    const ofUser = [...this.#underWay].filter((other) => other.userId === userId).length;
    if (ofUser >= MAX_EXPORTS_OF_USER) throw new PageError(429, "Your other exports are still under way.", "Wait until one of them is complete.");
    if (this.#underWay.size >= MAX_EXPORTS) throw new PageError(503, "Too many exports are under way.", "Wait until one is complete, and try again.");
    const stream = Readable.from(
      this.#textOf(file, () => stream.destroy()),
      { objectMode: true, highWaterMark: 1 },
    );
    const key = keyOf(file);
    this.#underWay.add(file);
    this.#progress.set(key, { rows: 0, state: "under-way" });
    stream.once("close", () => {
      this.#underWay.delete(file);
      const { rows, state } = this.#progress.get(key) ?? { rows: 0, state: "broken-off" };
      if (state === "under-way") this.#progress.set(key, { rows, state: "broken-off" });
      setTimeout(() => this.#progress.delete(key), TOLD_FOR).unref();
    });
    const day = new Date(this.#deps.clock.now()).toISOString().slice(0, 10);
    // Foreign text from our own origin is never shown as a page: attachment, nosniff and the console's policy hold together.
    return reply
      .header("Content-Type", CONTENT_TYPES[format])
      .header("Content-Disposition", `attachment; filename="${name}-${day}.${format}"`)
      .header("X-Accel-Buffering", "no")
      .send(stream);
  }

  /** How far a file is that this process makes, or has made a moment ago, for this user. */
  find(userId: string, exportId: string): Progress | undefined {
    return this.#progress.get(keyOf({ userId, exportId }));
  }

  async *#textOf(file: ExportFile, giveUp: () => void): AsyncGenerator<string> {
    const key = keyOf(file);
    let rows = 0;
    try {
      for await (const part of file.parts) {
        if (part.text !== "") {
          const stalled = setTimeout(giveUp, LONGEST_STALL).unref();
          yield part.text;
          clearTimeout(stalled);
        }
        rows += part.rows;
        this.#progress.set(key, { rows, state: "under-way" });
        await nextTurn();
      }
      this.#progress.set(key, { rows, state: "done" });
    } catch (error) {
      this.#deps.onFailure(error);
      throw error;
    }
  }
}

function keyOf({ userId, exportId }: Pick<ExportFile, "userId" | "exportId">): string {
  return `${userId} ${exportId}`;
}
