/**
 * Moves what the write-ahead log holds into the database (a checkpoint), in a thread of its own. SQLite would do it within a commit, and everything else in the process would
 * wait for as long as that takes (docs/adr/0006-log-mover.md).
 *
 * The log begins anew only when all of it was moved, and commits go on meanwhile. So each round of the thread finds less than the one before, and what little is left at last is
 * moved right behind a commit, before the next one adds to it.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { CHECKPOINT_PAGES, type SqliteConnection } from "./sqlite-connection.ts";

/** So few pages hold up nothing: they are moved in a few milliseconds. */
const FEW_PAGES = CHECKPOINT_PAGES / 10;
/** Should commits add as fast as the thread moves, the rest is moved behind a commit all the same. */
const MAX_ROUNDS = 8;

export class SqliteLogMover {
  readonly #path: string;
  readonly #connection: SqliteConnection;
  /** Started when there is something to move: most processes never write so much. */
  #thread: Worker | null = null;
  #state: "resting" | "moving" | "at-the-last-step" = "resting";
  #rounds = 0;

  /** Takes the log of this connection over. */
  constructor(path: string, connection: SqliteConnection) {
    this.#path = path;
    this.#connection = connection;
    connection.handOverLog(() => this.#afterCommit());
  }

  /** Resolves when the thread has ended and has let go of the file. */
  async close(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    const ended = once(thread, "exit");
    thread.postMessage("close");
    await ended;
  }

  /** Never throws: what is committed is committed, and what cannot be moved now is moved later. */
  #afterCommit(): void {
    if (this.#state === "moving") return;
    try {
      if (this.#state === "at-the-last-step") {
        this.#state = "resting";
        this.#connection.checkpoint();
      } else if (this.#connection.unmovedPages() >= CHECKPOINT_PAGES) {
        this.#rounds = 0;
        this.#move();
      }
    } catch {
      // The disk, which the next commit will tell of.
    }
  }

  #move(): void {
    this.#state = "moving";
    this.#rounds += 1;
    this.#thread ??= this.#startThread();
    this.#thread.postMessage("move");
  }

  #startThread(): Worker {
    const thread = new Worker(`(${moveWhenAsked.toString()})()`, {
      eval: true,
      workerData: this.#path,
      // It needs next to nothing.
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
    });
    // What stays in the log when the process ends is moved by the connection that closes last.
    thread.unref();
    thread.on("message", (left: number) => {
      if (left > FEW_PAGES && this.#rounds < MAX_ROUNDS) this.#move();
      else this.#state = "at-the-last-step";
    });
    thread.on("error", () => {
      this.#thread = null;
      this.#state = "at-the-last-step";
    });
    return thread;
  }
}

/** The thread's program: it is handed over as text and knows nothing of this file. */
function moveWhenAsked(): void {
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(workerData as string);
  database.exec("pragma synchronous = full; pragma wal_autocheckpoint = 0");
  // Passive: it waits for nobody and nobody waits for it. NOOP: only tells.
  const move = database.prepare("pragma wal_checkpoint(passive)");
  const look = database.prepare("pragma wal_checkpoint(noop)");
  parentPort!.on("message", (message: "move" | "close") => {
    if (message === "close") {
      database.close();
      parentPort!.close();
      return;
    }
    let left = 0;
    try {
      move.get();
      const { log, checkpointed } = look.get() as { log: number; checkpointed: number };
      left = log - checkpointed;
    } catch {
      // The disk. What was not moved stays where it is.
    }
    parentPort!.postMessage(left);
  });
}
