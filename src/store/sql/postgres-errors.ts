/** What PostgreSQL's errors mean for us, by SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html. */

import { StoreUnavailable } from "../../lib/store-unavailable.ts";

/** Two transactions got in each other's way, one was undone, and would go through when run again. */
const CONFLICTS: ReadonlySet<string> = new Set(["40001" /* serialization_failure */, "40P01" /* deadlock_detected */]);

/** Somebody else wrote the same row, or made the same table, between a look and a write; another look will see it. */
const LOST_RACES: ReadonlySet<string> = new Set(["23505" /* unique_violation */, "23503" /* foreign_key_violation */, "42P07" /* duplicate_table */]);

const CONNECTION_LOST: ReadonlySet<string> = new Set([
  "57P01" /* admin_shutdown */,
  "57P02" /* crash_shutdown */,
  "57P03" /* cannot_connect_now */,
  "53300" /* too_many_connections */,
]);

/** The transaction was begun, and whether it was committed nobody can tell: the connection broke while it was being committed. */
export class CommitUnknown extends Error {
  override readonly name = "CommitUnknown";

  constructor(cause: unknown) {
    super("The connection to the database broke during a commit.", { cause });
  }
}

/** Undefined for what the server did not say. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // The codes of the operating system ("ECONNRESET") have another shape.
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) ? code : undefined;
}

export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(sqlState(error) ?? "");
}

/** The statement was not even tried: one before it in its transaction has failed. */
export function isInFailedTransaction(error: unknown): boolean {
  return sqlState(error) === "25P02";
}

export function isLostRace(error: unknown): boolean {
  return LOST_RACES.has(sqlState(error) ?? "");
}

/** How the driver says that a connection broke, or that none could be had in time. */
const CONNECTION_MESSAGES = /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client (?:has encountered|was closed))/;

/** Whether the connection is gone or was never made. Nothing that it had not committed has happened. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith("08") || CONNECTION_LOST.has(state);
  return error instanceof Error && ("syscall" in error || CONNECTION_MESSAGES.test(error.message));
}

/** The server answers and cannot work: its disk is full or failing, its memory used up, it stands by for another one, it was too slow. */
const OUT_OF_ORDER = /^(?:53|58)|^(?:25006|57014|25P03|40001|40P01)$/;

/** What the rest of the program is told: whether asking again later can help. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof CommitUnknown) return new StoreUnavailable(error, { isOutcomeUnknown: true });
  return isConnectionLost(error) || OUT_OF_ORDER.test(sqlState(error) ?? "") ? new StoreUnavailable(error) : error;
}

/** Whether an error is the fault of what was written, so that other rows may still be written. */
export function isDataError(error: unknown): boolean {
  const state = sqlState(error);
  // 22: data exception, 23: integrity constraint violation, 54: program limit exceeded. Without a state it came from our own code.
  return state === undefined ? !isConnectionLost(error) : /^(?:22|23|54)/.test(state);
}
