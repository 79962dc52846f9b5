/** One connection to a SQLite database with the settings that Hookgate relies on, and its prepared statements. */
import { setTimeout } from "node:timers/promises";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { StoreUnavailable } from "../../lib/store-unavailable.ts";

/** How long opening waits for another process that is just making or recovering the database, in milliseconds. */
const OPEN_TIMEOUT = 5_000;

/**
 * How long a statement waits for another process afterwards, in milliseconds. Such a wait blocks the whole process, so it is
 * just long enough for an ordinary commit; a transaction that finds the database busy for longer tries again between turns.
 */
const BUSY_TIMEOUT = 10;
/** With the wait above, about 5 seconds until a transaction gives up. */
const BEGIN_ATTEMPTS = 170;
const BEGIN_PAUSE = 20;

/** Prepared statements kept by one connection. The program has some hundred; lists of varying length must not grow it without end. */
const MAX_STATEMENTS = 500;

/**
 * Pages kept in memory by one connection, in KiB: SQLite's own 2 MB do not hold the keys of a brand with a few thousand customers. Twice as much bought nothing that was
 * measured with ten thousand customers, and nothing from 24 to 128 MB with ten million.
 */
const CACHE_SIZE = 16 * 1024;

/**
 * Pages that the write-ahead log gathers before they are moved into the database, 16 MB. Four times SQLite's own measure: a
 * page that many commits touch is then moved once (a third less CPU for an update), and one move still takes milliseconds.
 */
export const CHECKPOINT_PAGES = 4_000;

/** The write-ahead log is cut back to this many bytes after a checkpoint, so that one large batch does not hold the disk for ever. */
const WAL_SIZE_LIMIT = 64 * 1024 * 1024;

const WAL_ATTEMPTS = 10;

export type SqlRow = Record<string, SQLOutputValue>;

interface PreparedStatement {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
}

export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, PreparedStatement>();
  #afterCommit: (() => void) | null = null;

  constructor(path: string, mode: "writer" | "reader") {
    this.#database = new DatabaseSync(path, { timeout: OPEN_TIMEOUT, readOnly: mode === "reader", enableForeignKeyConstraints: true });
    this.#database.exec(`pragma cache_size = -${CACHE_SIZE}`);
    if (mode === "reader") return;
    // FULL: a commit has reached the disk when it returns. That is what a 2xx promises.
    this.#turnOnWriteAheadLog();
    this.#database.exec(`
      pragma synchronous = full;
      pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};
      pragma journal_size_limit = ${WAL_SIZE_LIMIT};
      pragma busy_timeout = ${BUSY_TIMEOUT}`);
  }

  /** The prepared statement, for work that runs the same one many times. */
  prepare(sql: string): StatementSync {
    return this.#prepare(sql).statement;
  }

  execute(sql: string, parameters: readonly unknown[]): { readonly rows: SqlRow[]; readonly changes: bigint } {
    const { statement, returnsRows } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (returnsRows) {
      const rows = statement.all(...values);
      return { rows, changes: BigInt(rows.length) };
    }
    return { rows: [], changes: BigInt(statement.run(...values).changes) };
  }

  /** Runs the work between BEGIN IMMEDIATE and COMMIT without a break: nothing else of this process comes in between. */
  async transact<Result>(work: () => Result): Promise<Result> {
    await this.begin();
    try {
      const result = work();
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Runs the work within a transaction so that, when it throws, what it wrote is undone and the transaction goes on. */
  undoable<Result>(work: () => Result): Result {
    this.setSavepoint();
    try {
      const result = work();
      this.releaseSavepoint();
      return result;
    } catch (error) {
      this.undoToSavepoint();
      throw error;
    }
  }

  /** Marks where `undoToSavepoint` goes back to, until the one or the other ends it. They may be nested. */
  setSavepoint(): void {
    this.prepare("savepoint undoable").run();
  }

  releaseSavepoint(): void {
    this.prepare("release undoable").run();
  }

  /** False when SQLite has undone the whole transaction by itself, so that there is nothing left to go on with. */
  undoToSavepoint(): boolean {
    if (!this.#database.isTransaction) return false;
    this.prepare("rollback to undoable").run();
    this.releaseSavepoint();
    return true;
  }

  /**
   * Begins a transaction once no other process has one; rejects after about 5 seconds. IMMEDIATE: a transaction that begins by
   * reading and only then wants to write could not wait for another process, only fail.
   */
  async begin(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.prepare("begin immediate").run();
        return;
      } catch (error) {
        if (attempt === BEGIN_ATTEMPTS || !isBusy(error)) throw error;
      }
      await setTimeout(BEGIN_PAUSE);
    }
  }

  /** Rejects with an unknown outcome where the disk may hold what was not confirmed (docs/adr/0005-failed-syncs.md). */
  commit(): void {
    try {
      this.prepare("commit").run();
    } catch (error) {
      throw asCommitError(error);
    }
    this.#afterCommit?.();
  }

  /** Moves what the write-ahead log holds into the database, all of it where no other process reads at this moment. */
  checkpoint(): void {
    this.#database.exec("pragma wal_checkpoint(passive)");
  }

  /** From now on somebody else moves it, who is told of each commit. Should it grow to four times its size all the same, SQLite moves it within a commit. */
  handOverLog(afterCommit: () => void): void {
    this.#afterCommit = afterCommit;
    this.#database.exec(`pragma wal_autocheckpoint = ${4 * CHECKPOINT_PAGES}`);
  }

  /** Pages that the write-ahead log holds and the database does not. Throws within a transaction. */
  unmovedPages(): number {
    const { log, checkpointed } = this.prepare("pragma wal_checkpoint(noop)").get() as { readonly log: number; readonly checkpointed: number };
    return log - checkpointed;
  }

  /** SQLite has rolled back by itself after some errors, a full disk among them. */
  rollback(): void {
    if (this.#database.isTransaction) this.prepare("rollback").run();
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  /** Two processes that open a new file at once get in each other's way here, and SQLite then fails without waiting. */
  #turnOnWriteAheadLog(): void {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#database.exec("pragma journal_mode = wal");
        return;
      } catch (error) {
        if (attempt === WAL_ATTEMPTS || !isBusy(error)) throw error;
        // This does wait, for whoever is at it.
        this.#database.exec("begin immediate; rollback");
      }
    }
  }

  #prepare(sql: string): PreparedStatement {
    let prepared = this.#statements.get(sql);
    if (!prepared) {
      const statement = this.#database.prepare(sql);
      prepared = { statement, returnsRows: statement.columns().length > 0 };
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
      this.#statements.set(sql, prepared);
    }
    return prepared;
  }
}

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const BUSY = 5;
const IO_ERROR = 10;
/** Those that the data of one row can cause; all others concern the database or the disk. */
const DATA_ERRORS: ReadonlySet<number> = new Set([18 /* TOOBIG */, 19 /* CONSTRAINT */, 20 /* MISMATCH */, 25 /* RANGE */]);

/** Whether an error is the fault of what was written, so that other rows may still be written. */
export function isDataError(error: unknown): boolean {
  if (error instanceof StoreUnavailable) return false;
  const code = primaryCode(error);
  // Without a code it came from our own code or from binding a value.
  return code === undefined || DATA_ERRORS.has(code);
}

/**
 * The file or the disk below it: LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, and somebody else who writes for too long. A read that fails with EIO
 * is CORRUPT to SQLite, and good again when the disk is.
 */
const OUT_OF_ORDER: ReadonlySet<number> = new Set([BUSY, 6, 8, IO_ERROR, 11, 13, 14]);

/** What the rest of the program is told: whether asking again later can help. */
export function asStoreError(error: unknown): unknown {
  return OUT_OF_ORDER.has(primaryCode(error) ?? 0) ? new StoreUnavailable(error) : error;
}

/** A write failed, https://www.sqlite.org/rescode.html#ioerr_write: the log's last frame, which makes a transaction count, is not in the file. */
const WRITE_FAILED = 778;

/**
 * A commit whose sync failed: its frames are in the log as the system remembers it. The next commit overwrites them; but a process that dies before
 * that leaves them to the next one, which takes them for committed.
 */
export function asCommitError(error: unknown): unknown {
  const isUnknown = primaryCode(error) === IO_ERROR && codeOf(error) !== WRITE_FAILED;
  return isUnknown ? new StoreUnavailable(error, { isOutcomeUnknown: true }) : error;
}

function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

function primaryCode(error: unknown): number | undefined {
  // The bytes above the lowest one tell more about the cause.
  const code = codeOf(error);
  return code === undefined ? undefined : code & 0xff;
}

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return typeof code === "number" ? code : undefined;
}
