/** Whoever is measured: how it is started, and for which scenarios. */
import { PostgresServer } from "../../test/support/postgres-server.ts";
import type { Pinning } from "../machine.ts";
import type { Answer } from "../load-connection.ts";
import type { ServerProcess } from "../server-process.ts";
import type { Fixture, Scenario } from "../scenarios.ts";

export interface StartContext {
  readonly pinning: Pinning;
  readonly scenario: Scenario;
  /** Of this run only; gone after it. */
  readonly directory: string;
  /** Where profiles of the processor go; null: none are made. */
  readonly profiles: string | null;
  /** What Hookgate answered to the scenario's request; undefined for Hookgate itself. */
  readonly answer?: Answer;
}

export interface Running {
  readonly server: ServerProcess;
  readonly port: number;
  /** Undefined: whatever it is asked, so it is asked the same as Hookgate. */
  readonly fixture?: Fixture;
  /** What was started for it beside its own process, and is not measured. */
  readonly database?: PostgresServer;
}

export interface Candidate {
  readonly name: string;
  /** In one sentence, for whoever doubts the number. */
  readonly configuration: string;
  /** Somebody else's program. */
  readonly isPeer: boolean;
  takesPart(scenario: Scenario): boolean;
  start(context: StartContext): Promise<Running>;
}

/** Starts something on a PostgreSQL server of its own, on which what was committed is on the disk; `url` is one of an empty database. */
export async function withDatabase(start: (url: string) => Promise<Running>): Promise<Running> {
  const database = await PostgresServer.start({ settings: { fsync: "on" } });
  try {
    return { ...(await start(database.url("postgres"))), database };
  } catch (error) {
    await database.remove();
    throw error;
  }
}
