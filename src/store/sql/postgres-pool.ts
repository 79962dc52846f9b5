/**
 * A bounded pool of connections, and the way in which statements and transactions run on it. Nothing here rests on the state of a
 * connection from one transaction to the next (no named statements, no session settings, no session locks), so that a pooler may
 * stand between. docs/adr/0004-postgresql.md has the reasons.
 */
import { setTimeout } from "node:timers/promises";
import type { ClientBase, CustomTypesConfig, Pool, PoolClient } from "pg";
import type { RunStatement, StatementResult } from "./postgres-dialect.ts";
import { asStoreError, CommitUnknown, isConflict, isConnectionLost, isInFailedTransaction, isLostRace, sqlState } from "./postgres-errors.ts";

/** Connections of one process; another one asks for changes. */
const MAX_CONNECTIONS = 10;
/** How long work waits for a connection, in milliseconds. */
const CONNECT_TIMEOUT = 5_000;
/** How long the server works at one statement, in milliseconds; a migration may take its time. */
const STATEMENT_TIMEOUT = 30_000;
/** When an answer is given up that not even the server's own limit has brought: the server or the way to it is gone. */
const ANSWER_TIMEOUT = STATEMENT_TIMEOUT + 5_000;
/** How long a process that stopped in the middle of a transaction may hold its locks, in milliseconds. */
const IDLE_IN_TRANSACTION_TIMEOUT = 10_000;

/** How long work that conflicts with other work is tried again, in milliseconds. */
const CONFLICT_PATIENCE = 10_000;
/** The longest pause between two tries, in milliseconds. Each is random, so that those who met do not meet again. */
const MAX_PAUSE = 50;
/** Tries after a lost race, and on a new connection after a lost one. */
const MAX_RETRIES = 3;

interface TransactionOptions {
  /** As if there were no other transactions; otherwise what the database has as its default, and the statements see to the rest. */
  readonly serializable?: boolean;
  /** Everything is read as it was at the first statement, and nothing is written. */
  readonly snapshot?: boolean;
  readonly statementTimeout?: number;
  readonly idleTimeout?: number;
}

/** One connection during one transaction. */
export interface PostgresTransaction {
  readonly query: RunStatement;
}

export class PostgresPool {
  readonly #pool: Pool;
  readonly #connectTimeout: number;

  private constructor(pool: Pool, connectTimeout: number) {
    this.#connectTimeout = connectTimeout;
    this.#pool = pool;
    // A connection that breaks tells whoever waits on it; without a listener the event itself would end the process.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  /** Rejects when there is no database. */
  static async open(url: string, { connections = MAX_CONNECTIONS, answerTimeout = ANSWER_TIMEOUT } = {}): Promise<PostgresPool> {
    // Loaded here: who runs on SQLite does not wait for it at each start.
    const { Pool, types } = await import("pg");
    const connectTimeout = Math.min(CONNECT_TIMEOUT, answerTimeout);
    const config = {
      connectionString: url,
      max: connections,
      connectionTimeoutMillis: connectTimeout,
      query_timeout: answerTimeout,
      keepAlive: true,
      // Statements that do not need each other's answers are sent together.
      pipeline: true,
      application_name: "hookgate",
      types: withSafeIntegers(types),
    };
    const pool = new PostgresPool(new Pool({ ...config, statement_timeout: STATEMENT_TIMEOUT }), connectTimeout);
    try {
      await pool.query("select 1", []);
      return pool;
    } catch (error) {
      await pool.close();
      // A pooler passes no settings on. The answer's own limit holds then, and whatever limit the pooler or the role has.
      if (error instanceof Error && error.message.includes("unsupported startup parameter")) return new PostgresPool(new Pool(config), connectTimeout);
      throw error;
    }
  }

  /** One statement outside a transaction that may be run twice. */
  readonly query: RunStatement = (text, values) => this.#retrying(() => run(this.#pool, text, values));

  /**
   * Runs the work in a transaction, again from its beginning when it met with another one or its connection was lost before the commit:
   * it must not leave anything outside the transaction. Throws StoreUnavailable when the database is away; when it went away during the commit, the outcome is unknown.
   */
  transact<Result>(work: (transaction: PostgresTransaction) => Promise<Result>, options: TransactionOptions = {}): Promise<Result> {
    return this.#retrying(() => this.transactOnce(work, options));
  }

  /** The same without another try: for work that reaches outside the transaction. */
  async transactOnce<Result>(work: (transaction: PostgresTransaction) => Promise<Result>, options: TransactionOptions): Promise<Result> {
    const client = await this.#pool.connect();
    let isBroken = false;
    try {
      await client.query(beginning(options));
      const result = await work({ query: tellingCause((text, values) => run(client, text, values)) });
      await commit(client);
      return result;
    } catch (error) {
      isBroken = error instanceof CommitUnknown || isConnectionLost(error) || !(await rollBack(client));
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  /** Waits for the work that is under way. */
  close(): Promise<void> {
    return this.#pool.end();
  }

  async #retrying<Result>(work: () => Promise<Result>): Promise<Result> {
    const begun = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        const elapsed = performance.now() - begun;
        const isWorthIt = isConflict(error)
          ? elapsed < CONFLICT_PATIENCE
          : attempt <= MAX_RETRIES && (isLostRace(error) || (isConnectionLost(error) && elapsed < this.#connectTimeout));
        if (!isWorthIt) throw asStoreError(error);
      }
      await setTimeout(Math.random() * Math.min(MAX_PAUSE, 2 ** attempt));
    }
  }
}

/** In one message, and for this transaction only. Whoever has set a stricter synchronous_commit keeps it. */
function beginning(options: TransactionOptions): string {
  const { statementTimeout = STATEMENT_TIMEOUT, idleTimeout = IDLE_IN_TRANSACTION_TIMEOUT } = options;
  const isolation = options.snapshot ? " isolation level repeatable read read only" : options.serializable ? " isolation level serializable" : "";
  return `begin${isolation};
    set local statement_timeout = ${statementTimeout};
    set local idle_in_transaction_session_timeout = ${idleTimeout};
    select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')`;
}

/**
 * Waits for statements that are sent without waiting for each other. When it rejects, with the error of the first that failed, all have ended: nothing of
 * them comes behind the rollback that follows.
 */
export async function together<const Statements extends readonly unknown[]>(
  statements: Statements,
): Promise<{ -readonly [Place in keyof Statements]: Awaited<Statements[Place]> }> {
  await Promise.allSettled(statements);
  return Promise.all(statements);
}

/** Of statements that were sent together the first may fail, and then all behind it do because it has: each is told why. */
function tellingCause(query: RunStatement): RunStatement {
  let cause: unknown;
  return async (text, values) => {
    try {
      return await query(text, values);
    } catch (error) {
      if (!isInFailedTransaction(error)) cause = error;
      throw cause ?? error;
    }
  };
}

async function commit(client: PoolClient): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query("commit"));
  } catch (error) {
    if (isConflict(error)) throw error;
    throw new CommitUnknown(error);
  }
  // What the server answers when a statement had failed and nobody told: nothing was committed.
  if (command !== "COMMIT") throw new Error("A transaction in which a statement had failed was not committed.");
}

async function rollBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query("rollback");
    return true;
  } catch {
    return false;
  }
}

async function run(on: Pick<ClientBase, "query">, text: string, values: readonly unknown[]): Promise<StatementResult> {
  try {
    return await on.query(text, storable(values));
  } catch (error) {
    // What the server tells beside the message shows rows with their values, and errors end up in logs.
    if (sqlState(error) !== undefined) Object.assign(error as Error, { detail: undefined, where: undefined });
    throw error;
  }
}

/** PostgreSQL's text holds no NUL. It becomes what a decoder makes of bytes that are no text, in what is written and in what is looked for. */
function storable(values: readonly unknown[]): unknown[] {
  return values.map((value) => {
    if (Array.isArray(value)) return storable(value);
    return typeof value === "string" && value.includes("\u0000") ? value.replaceAll("\u0000", "\uFFFD") : value;
  });
}

const INT8 = 20;

function withSafeIntegers(types: CustomTypesConfig): CustomTypesConfig {
  return { getTypeParser: (oid: number, format?: "text" | "binary") => (oid === INT8 ? parseInteger : types.getTypeParser(oid, format)) as never };
}

/** Times and counters: what JavaScript's numbers cannot hold is a broken row. */
function parseInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`The database holds ${text}, which is no safe integer.`);
  return value;
}
