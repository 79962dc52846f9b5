/** Kysely on a SqliteConnection. Why not the dialect that comes with Kysely: docs/adr/0001-own-kysely-driver.md. */
import {
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
} from "kysely";
import { asStoreError, type SqliteConnection } from "./sqlite-connection.ts";
import type { WriteLock } from "./write-lock.ts";

/** A lock is held from a query's or transaction's first statement to its last; a connection without one runs whatever comes at once. */
export function sqliteDialect(connection: SqliteConnection, lock: WriteLock | null): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new SqliteDriver(connection, lock),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Throws what `asStoreError` makes of an error. */
export function runOn<Row>(connection: SqliteConnection, { sql, parameters }: CompiledQuery): QueryResult<Row> {
  try {
    const { rows, changes } = connection.execute(sql, parameters);
    return { rows: rows as Row[], numAffectedRows: changes };
  } catch (error) {
    throw asStoreError(error);
  }
}

class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  readonly #lock: WriteLock | null;
  readonly #queries: DatabaseConnection;

  constructor(connection: SqliteConnection, lock: WriteLock | null) {
    this.#connection = connection;
    this.#lock = lock;
    this.#queries = new SqliteQueries(connection);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#lock?.acquire();
    return this.#queries;
  }

  async releaseConnection(): Promise<void> {
    this.#lock?.release();
  }

  beginTransaction(): Promise<void> {
    return this.#connection.begin();
  }

  async commitTransaction(): Promise<void> {
    this.#connection.commit();
  }

  async rollbackTransaction(): Promise<void> {
    this.#connection.rollback();
  }

  /** The database that opened the connection closes it. */
  async destroy(): Promise<void> {}
}

class SqliteQueries implements DatabaseConnection {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return runOn(this.#connection, query);
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    yield await this.executeQuery<Row>(query);
  }
}
