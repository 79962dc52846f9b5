/**
 * What a database that speaks PostgreSQL's language must be able to do. Each is tried with the forms that Hookgate uses, on a table that is made in a
 * transaction and rolled back; a database that is read-only, or forbids it, is told apart from one that cannot.
 */
import type { Client } from "pg";
import type { StoredKey } from "../../keys/key-store.ts";
import { SECOND, systemClock } from "../../lib/clock.ts";
import { reasonOf } from "../open-store.ts";
import { PROGRAM_SCHEMA } from "../sql/migrations/migrate.ts";
import { sqlState } from "../sql/postgres-errors.ts";
import { PROBES, PROBE_TABLE } from "./postgres-probes.ts";
import { advice, missing, ok, schemaCheck, type Check, type Examination } from "./check.ts";

const OLDEST_VERSION = 15;
/** Of one node: its pool, and one that looks for changes. */
const CONNECTIONS = 11;
const CONNECT_TIMEOUT = 5_000;
/** Clocks that are further apart, in milliseconds, are worth a word: Hookgate goes by its own. */
const MAX_SKEW = 2 * SECOND;
/** From here on, in milliseconds, the way to the database decides how fast everything is. */
const SLOW_ANSWER = 20;

export async function examinePostgres(url: string): Promise<Examination> {
  const connected = await connect(url);
  if (connected.kind === "refused") {
    return { checks: [missing("connection", connected.reason, "mend the address, the password or the way to the database")], keys: [] };
  }
  const { client, passesSettings } = connected;
  const look = new Look(client);
  try {
    const settings = await look.settings();
    const checks: Check[] = [
      await engineCheck(look),
      await answerCheck(look),
      poolerCheck(passesSettings, settings),
      ...settingChecks(settings),
      connectionsCheck(settings),
      await isolationCheck(look, "serializable"),
      await isolationCheck(look, "repeatable read"),
      await timeoutCheck(look),
      await skewCheck(look),
      ...(await tableChecks(look)),
      await storedSchema(look),
    ];
    return { checks, keys: await keysIn(look) };
  } finally {
    await client.end().catch(() => {});
  }
}

type Connected =
  | { readonly kind: "connected"; readonly client: Client; readonly passesSettings: boolean }
  | { readonly kind: "refused"; readonly reason: string };

/** As a node connects: with its settings, or without them where a pooler takes none. */
async function connect(url: string): Promise<Connected> {
  const { Client } = await import("pg");
  for (const passesSettings of [true, false]) {
    const settings = passesSettings ? { statement_timeout: 30_000 } : {};
    const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT, application_name: "hookgate doctor", ...settings });
    client.on("error", () => {});
    try {
      await client.connect();
      return { kind: "connected", client, passesSettings };
    } catch (error) {
      await client.end().catch(() => {});
      const reason = reasonOf(error);
      if (!passesSettings || !reason.includes("unsupported startup parameter")) return { kind: "refused", reason };
    }
  }
  throw new Error("Every way to connect was tried.");
}

/** Values as the database writes them. */
const AS_TEXT = { getTypeParser: () => String };

/** Asks one thing at a time, each in a transaction that is rolled back. */
class Look {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** The first value of the first row of the last statement as text; null without one. Rejects like the statement that fails. */
  async within(begin: string, statements: readonly string[]): Promise<string | null> {
    await this.#client.query(begin);
    try {
      let last: string | null = null;
      for (const text of statements) {
        const { rows } = await this.#client.query<Record<string, string | null>>({ text, types: AS_TEXT });
        last = Object.values(rows[0] ?? {})[0] ?? null;
      }
      return last;
    } finally {
      await this.#client.query("rollback");
    }
  }

  ask(statement: string): Promise<string | null> {
    return this.within("begin", [statement]);
  }

  /** The same, and the reason in place of an answer. */
  async try(statement: string): Promise<{ readonly value: string | null } | { readonly reason: string }> {
    return this.ask(statement).then(
      (value) => ({ value }),
      (error: unknown) => ({ reason: reasonOf(error) }),
    );
  }

  async rows(statement: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#client.query<Record<string, unknown>>(statement)).rows;
  }

  /** Those that there are, by name. */
  async settings(): Promise<ReadonlyMap<string, string>> {
    const names = ["server_encoding", "synchronous_commit", "fsync", "full_page_writes", "statement_timeout", "max_connections", "transaction_read_only"];
    const found = new Map<string, string>();
    for (const name of names) {
      const shown = await this.try(`select current_setting('${name}')`);
      if ("value" in shown && shown.value !== null) found.set(name, shown.value);
    }
    return found;
  }
}

async function engineCheck(look: Look): Promise<Check> {
  const version = (await look.ask("select version()")) ?? "";
  const number = await look.try("select current_setting('server_version_num')");
  const major = "value" in number ? Math.floor(Number(number.value) / 10_000) : 0;
  const citus = await look.try("select extversion from pg_extension where extname = 'citus'");
  const name = version.split(/ on |,| \(/, 1)[0]! + ("value" in citus && citus.value !== null ? `, Citus ${citus.value}` : "");
  if (major < OLDEST_VERSION) return missing("engine", name, `Hookgate is written for PostgreSQL ${OLDEST_VERSION} and newer`);
  const isOther = /cockroach|yugabyte|-YB-|redshift|greenplum/i.test(version);
  return isOther ? advice("engine", name, "Hookgate is tested on PostgreSQL itself; try what you need before you rely on it") : ok("engine", name);
}

async function answerCheck(look: Look): Promise<Check> {
  const times: number[] = [];
  for (let asked = 0; asked < 5; asked++) {
    const begun = performance.now();
    await look.rows("select 1");
    times.push(performance.now() - begun);
  }
  const least = Math.min(...times);
  const found = `${least.toFixed(1)} ms there and back`;
  return least > SLOW_ANSWER ? advice("distance", found, "put nodes and database into one place: a call takes several of these") : ok("distance", found);
}

function poolerCheck(passesSettings: boolean, settings: ReadonlyMap<string, string>): Check {
  if (passesSettings) return ok("pooler", "none, or one that passes settings on");
  const limit = settings.get("statement_timeout") ?? "0";
  const found = "one stands between and passes no settings on";
  return limit === "0"
    ? advice("pooler", found, "alter role … set statement_timeout = '30s', so that no statement runs for ever")
    : ok("pooler", `${found}; the role's statement_timeout is ${limit}`);
}

function settingChecks(settings: ReadonlyMap<string, string>): readonly Check[] {
  const encoding = settings.get("server_encoding") ?? "unknown";
  const synchronous = settings.get("synchronous_commit") ?? "unknown";
  const weak = ["fsync", "full_page_writes"].filter((name) => settings.get(name) === "off");
  return [
    encoding === "UTF8" ? ok("encoding", encoding) : missing("encoding", encoding, "create database … encoding 'UTF8' template template0"),
    // Hookgate turns it on in each of its transactions.
    ["off", "local", "remote_write"].includes(synchronous)
      ? ok("synchronous_commit", `${synchronous}; Hookgate sets it to on for its own transactions`)
      : ok("synchronous_commit", synchronous),
    weak.length === 0
      ? ok("durability", "fsync and full_page_writes are on")
      : missing("durability", `${weak.join(" and ")} off`, "turn on: what was answered is lost when the machine stops"),
    settings.get("transaction_read_only") === "on"
      ? missing(
          "writing",
          "the database is read-only: a standby, or default_transaction_read_only",
          "name the primary, for instance with target_session_attrs=read-write",
        )
      : ok("writing", "allowed"),
  ];
}

function connectionsCheck(settings: ReadonlyMap<string, string>): Check {
  const most = Number(settings.get("max_connections") ?? Number.NaN);
  if (Number.isNaN(most)) return ok("connections", `a process takes up to ${CONNECTIONS}`);
  const found = `${most}, of which a process takes up to ${CONNECTIONS}`;
  return most < 2 * CONNECTIONS ? advice("connections", found, "raise max_connections, or put a pooler between") : ok("connections", found);
}

async function isolationCheck(look: Look, level: "serializable" | "repeatable read"): Promise<Check> {
  const name = `isolation level ${level}`;
  try {
    const given = await look.within(`begin isolation level ${level}`, ["select current_setting('transaction_isolation')"]);
    return given === level || given === "serializable" ? ok(name, given) : missing(name, String(given), "use a database that has it");
  } catch (error) {
    return missing(name, reasonOf(error), "use a database that has it");
  }
}

/** The code of a statement that was given up (`query_canceled`). */
const CANCELLED = "57014";

async function timeoutCheck(look: Look): Promise<Check> {
  const name = "statement_timeout";
  try {
    await look.within("begin", ["set local statement_timeout = 20", "select pg_sleep(1)"]);
    return missing(name, "a statement ran on beyond it", "use a database that has it: one statement could hold up all others");
  } catch (error) {
    if (sqlState(error) === CANCELLED) return ok(name, "ends statements");
    return missing(name, reasonOf(error), "use a database that has it: one statement could hold up all others");
  }
}

async function skewCheck(look: Look): Promise<Check> {
  const before = systemClock.now();
  const there = Number(await look.ask("select extract(epoch from clock_timestamp()) * 1000"));
  const skew = Math.round(there - (before + systemClock.now()) / 2);
  const found = `the database's is ${Math.abs(skew)} ms ${skew < 0 ? "behind" : "ahead"}`;
  return Math.abs(skew) > MAX_SKEW
    ? advice("clocks", found, "let all machines keep time (chrony, systemd-timesyncd): expiry and leases go by the nodes' clocks")
    : ok("clocks", found);
}

/** Of a user who may make no table nothing of this can be tried. */
async function tableChecks(look: Look): Promise<readonly Check[]> {
  const create = `create table ${PROBE_TABLE} (id bigint generated by default as identity primary key, name text not null unique, value bigint)`;
  const made = await look.try(create);
  if ("reason" in made)
    return [missing("tables", made.reason, "grant create on the schema, or name the user that owns the tables: migrations make and change them")];
  const checks: Check[] = [ok("tables", "may be made, with identity columns")];
  for (const { name, statements, gives } of PROBES) {
    const done = await look.within("begin", [create, ...statements]).then(
      (value) => ({ value }),
      (error: unknown) => ({ reason: reasonOf(error) }),
    );
    if ("reason" in done) checks.push(missing(name, done.reason, "use a database that has it"));
    else if (gives !== null && done.value !== gives)
      checks.push(missing(name, `gave ${done.value} in place of ${gives}`, "use a database that does as PostgreSQL does"));
    else checks.push(ok(name, "works"));
  }
  const isLeft = (await look.ask(`select count(*) from information_schema.tables where table_name = '${PROBE_TABLE}'`)) !== "0";
  if (isLeft) await look.rows(`drop table ${PROBE_TABLE}`);
  checks.push(
    isLeft
      ? missing(
          "tables made in a transaction",
          "stay when it is rolled back",
          "use a database that takes them back: a migration that breaks off would leave half a schema",
        )
      : ok("tables made in a transaction", "go when it is rolled back"),
  );
  return checks;
}

async function storedSchema(look: Look): Promise<Check> {
  const rows = await look.rows("select table_name as name from information_schema.tables where table_schema = current_schema()");
  const hasMeta = rows.some(({ name }) => name === "meta");
  const meta = hasMeta ? await look.rows("select name, value from meta").catch(() => []) : [];
  return schemaCheck(rows.length, hasMeta ? new Map(meta.map(({ name, value }) => [String(name), Number(value)])) : null, PROGRAM_SCHEMA);
}

async function keysIn(look: Look): Promise<readonly StoredKey[]> {
  const rows = await look.rows("select id, sealed, created_at, activates_at, revoked_at from keys").catch(() => []);
  return rows.map((row) => ({
    id: Number(row["id"]),
    sealed: row["sealed"] as Uint8Array,
    createdAt: Number(row["created_at"]),
    activatesAt: Number(row["activates_at"]),
    revokedAt: row["revoked_at"] === null ? null : Number(row["revoked_at"]),
  }));
}
