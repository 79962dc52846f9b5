/**
 * The seam between the ports and a database. A port is written once against a `SqlSession`; a database brings its connections,
 * its way to hold transactions and to notice changes, and the few hottest statements in its own dialect. Nothing above this
 * file may know which database it is.
 */
import type { Kysely } from "kysely";
import type { Changes, Topic } from "../../lib/changes.ts";
import type { CallStore } from "../../webhooks/webhook-store.ts";
import type { Schema } from "./schema.ts";

/** Where the statements of a port go: to the database at large, or into one transaction. */
export interface SqlSession {
  /** For reading. Outside a transaction it sees every commit whose promise has resolved, and nothing uncommitted. */
  readonly reader: Kysely<Schema>;
  /** Whether a query can be run once for each row of another, which it names, by LATERAL. */
  readonly hasLateral: boolean;
  /**
   * Runs the work in a transaction: durable when this resolves, undone when it rejects. Within a surrounding transaction it
   * becomes a part of that one. Every listener of a topic that was raised has run before this resolves.
   */
  write<Result>(work: (transaction: SqlTransaction) => Promise<Result>): Promise<Result>;
  readonly callWriter: CallWriter;
}

export interface SqlTransaction {
  readonly db: Kysely<Schema>;
  /**
   * Tells every process that the topic's rows change with this transaction. The topic's counter stays locked until the end,
   * so work that must look before it writes raises first and is then alone with the topic on any database.
   */
  readonly raise: (topic: Topic) => Promise<void>;
  /** From here to its end the transaction is alone with the brand's customers, their keys and its field sets. To be called before they are looked at. */
  readonly lockBrand: (brandId: string) => Promise<void>;
}

/** The hot writes, by hand in each database's dialect. */
export type CallWriter = Pick<CallStore, "commitCalls" | "insertRefusedCalls">;

export interface SqlDatabase {
  readonly session: SqlSession;
  readonly changes: Changes;
  transaction<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
