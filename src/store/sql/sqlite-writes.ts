/**
 * Writes of one turn of the event loop share a commit (docs/adr/0021-group-commit.md): they run one after the other in one transaction, what one wrote is
 * undone alone when it rejects, and all are told after the commit.
 */
import type { Kysely } from "kysely";
import { TurnGroups } from "../../lib/turn-groups.ts";
import { runPreparedBy } from "./prepared-query.ts";
import type { Schema } from "./schema.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { runOn } from "./sqlite-dialect.ts";

/** Runs within the group's transaction; gives what is to be told once that is durable. */
interface WaitingWrite {
  readonly run: (db: Kysely<Schema>) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
}

const MAX_GROUP = 256;

export class SqliteWrites {
  readonly #connection: SqliteConnection;
  readonly #writer: Kysely<Schema>;
  readonly #groups = new TurnGroups<WaitingWrite>({ limit: MAX_GROUP, run: (group) => this.#commit(group) });

  constructor(connection: SqliteConnection, writer: Kysely<Schema>) {
    this.#connection = connection;
    this.#writer = writer;
  }

  /** Resolves once what the work wrote is durable, in the order of these calls. The work must not wait for another write. */
  write<Result>(work: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const run = async (db: Kysely<Schema>) => {
        const result = await work(db);
        return () => resolve(result);
      };
      this.#groups.add({ run, reject });
    });
  }

  /** Resolves when everything that waits is written. */
  idle(): Promise<void> {
    return this.#groups.idle();
  }

  async #commit(group: readonly WaitingWrite[]): Promise<void> {
    try {
      const tellings = await this.#writer.transaction().execute(async (db) => {
        runPreparedBy(db, (query) => runOn(this.#connection, query));
        const told: (() => void)[] = [];
        for (const write of group) told.push(await this.#runAlone(write, db));
        return told;
      });
      for (const tell of tellings) tell();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** Rejects only when the whole transaction is lost: SQLite undoes everything by itself after some errors, a full disk among them. */
  async #runAlone({ run, reject }: WaitingWrite, db: Kysely<Schema>): Promise<() => void> {
    this.#connection.setSavepoint();
    try {
      const tell = await run(db);
      this.#connection.releaseSavepoint();
      return tell;
    } catch (error) {
      if (!this.#connection.undoToSavepoint()) throw error;
      return () => reject(error);
    }
  }
}
