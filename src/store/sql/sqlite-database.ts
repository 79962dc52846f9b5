/**
 * A store in one SQLite file, or in memory. A file has two connections: the writer, one piece of work at a time, and a reader
 * that sees the last commit and waits for nobody (docs/adr/0002-reader-and-writer.md). In memory both are the same.
 */
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { Kysely } from "kysely";
import type { Topic } from "../../lib/changes.ts";
import type { SqlDatabase, SqlSession, SqlTransaction } from "./database.ts";
import type { DdlDialect } from "./migrations/migration.ts";
import { isReady, migrate, type MigrateMode } from "./migrations/migrate.ts";
import { runPreparedBy } from "./prepared-query.ts";
import type { Schema } from "./schema.ts";
import { SqliteCallWriter } from "./sqlite-call-writer.ts";
import { SqliteChanges } from "./sqlite-changes.ts";
import { asStoreError, SqliteConnection } from "./sqlite-connection.ts";
import { runOn, sqliteDialect } from "./sqlite-dialect.ts";
import { SqliteLogMover } from "./sqlite-log-mover.ts";
import { SqliteWrites } from "./sqlite-writes.ts";
import { WriteLock } from "./write-lock.ts";

const IN_MEMORY = ":memory:";

const DDL: DdlDialect = { integer: "integer", bytes: "blob", numbered: "integer primary key", clustered: "without rowid" };

export class SqliteDatabase implements SqlDatabase {
  readonly session: SqlSession;
  readonly changes: SqliteChanges;
  readonly #writerConnection: SqliteConnection;
  readonly #readerConnection: SqliteConnection;
  readonly #logMover: SqliteLogMover | null;
  readonly #writer: Kysely<Schema>;
  readonly #writes: SqliteWrites;
  readonly #lock: WriteLock;

  private constructor(path: string, writerConnection: SqliteConnection, readerConnection: SqliteConnection, writer: Kysely<Schema>, lock: WriteLock) {
    this.#writerConnection = writerConnection;
    this.#readerConnection = readerConnection;
    this.#logMover = path === IN_MEMORY ? null : new SqliteLogMover(path, writerConnection);
    this.#writer = writer;
    this.#writes = new SqliteWrites(writerConnection, writer);
    this.#lock = lock;
    this.changes = new SqliteChanges(writerConnection, readerConnection);
    const inMemory = readerConnection === writerConnection;
    this.session = {
      hasLateral: false,
      reader: inMemory ? writer : readerOn(readerConnection),
      write: (work) => this.#tellAfter((run) => this.#writes.write(run), work),
      callWriter: new SqliteCallWriter((work) => this.#exclusively(work)),
    };
  }

  /** Throws StoreUnusable when the file holds something else or a schema that may not be used or brought up to date. */
  static async open(path: string, mode: MigrateMode, now: number): Promise<SqliteDatabase> {
    if (path !== IN_MEMORY) makePrivateFile(path);
    const writerConnection = new SqliteConnection(path, "writer");
    try {
      // A server relies on no log that only the system's memory vouches for (docs/adr/0005-failed-syncs.md). After an orderly end there is none.
      if (mode === true) writerConnection.checkpoint();
      const lock = new WriteLock();
      const writer = new Kysely<Schema>({ dialect: sqliteDialect(writerConnection, lock) });
      // Looked at without a transaction first: a command must not wait for a busy server only to find that all is well.
      if (!(await isReady(writer, mode))) await writer.transaction().execute((transaction) => migrate(transaction, DDL, now));
      const readerConnection = path === IN_MEMORY ? writerConnection : new SqliteConnection(path, "reader");
      return new SqliteDatabase(path, writerConnection, readerConnection, writer, lock);
    } catch (error) {
      writerConnection.close();
      throw error;
    }
  }

  /** By itself: it may be long. */
  transaction<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result> {
    return this.#tellAfter(
      (run) => this.#writer.transaction().execute(run),
      (transaction) =>
        work({
          reader: transaction.db,
          hasLateral: false,
          write: (inner) => inner(transaction),
          callWriter: new SqliteCallWriter(async (inner) => this.#writerConnection.undoable(() => inner(this.#writerConnection))),
        }),
    );
  }

  /** Waits for the work that is under way. */
  async close(): Promise<void> {
    await this.#writes.idle();
    await this.#lock.acquire();
    await this.#logMover?.close();
    if (this.#readerConnection !== this.#writerConnection) this.#readerConnection.close();
    this.#writerConnection.close();
    // Work that still waits shall fail, not hang.
    this.#lock.release();
  }

  /** Tells the listeners of what the work raised. `transact` runs it in a transaction and resolves after the commit. */
  async #tellAfter<Result>(
    transact: (run: (db: Kysely<Schema>) => Promise<Result>) => Promise<Result>,
    work: (transaction: SqlTransaction) => Promise<Result>,
  ): Promise<Result> {
    const raised = new Set<Topic>();
    const result = await transact((db) => work({ db, raise: (topic) => raise(db, raised, topic), lockBrand: async () => {} })).catch((error: unknown) => {
      throw asStoreError(error);
    });
    // After the lock is free again: listeners read the store.
    if (raised.size > 0) await this.changes.committed(raised);
    return result;
  }

  /** For the statements by hand: the work runs in a transaction of its own, without a break. */
  async #exclusively<Result>(work: (connection: SqliteConnection) => Result): Promise<Result> {
    await this.#lock.acquire();
    try {
      return await this.#writerConnection.transact(() => work(this.#writerConnection));
    } catch (error) {
      throw asStoreError(error);
    } finally {
      this.#lock.release();
    }
  }
}

function readerOn(connection: SqliteConnection): Kysely<Schema> {
  const reader = new Kysely<Schema>({ dialect: sqliteDialect(connection, null) });
  runPreparedBy(reader, (query) => runOn(connection, query));
  return reader;
}

async function raise(db: Kysely<Schema>, raised: Set<Topic>, topic: Topic): Promise<void> {
  raised.add(topic);
  await db
    .updateTable("change_counters")
    .set((eb) => ({ counter: eb("counter", "+", 1) }))
    .where("topic", "=", topic)
    .execute();
}

/**
 * Makes an empty file that only this user may read, where there is none: it will hold customers. SQLite gives the files that it
 * makes beside it the same mode. One that is there keeps the mode that its owner gave it.
 */
function makePrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, "a", 0o600));
}
