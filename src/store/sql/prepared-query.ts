import type { Compilable, CompiledQuery, Kysely, QueryResult } from "kysely";
import type { Soon } from "../../lib/soon.ts";
import type { Schema } from "./schema.ts";

type Values = Readonly<Record<string, string | number>>;

/** Stands in a query for a value that is given later. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const slots = new Proxy({}, { get: (_, name) => new Slot(String(name)) });

/** Runs a compiled query at once. */
type Run = (query: CompiledQuery) => QueryResult<unknown>;

const runs = new WeakMap<Kysely<Schema>, Run>();

/**
 * Prepared queries on `db` go to the database without Kysely in between from now on, whose connections, plugins and promises cost three times what SQLite takes for a
 * small statement. Only where nobody can be in the middle of something else on the same connection.
 */
export function runPreparedBy(db: Kysely<Schema>, run: Run): void {
  runs.set(db, run);
}

/**
 * Kysely compiles a query anew at each execution, which costs more than to run a small one. What programs cause all the time is compiled once: `build`
 * must make the same query each time, and put each of the values that it gets where the database takes a value. For one database only.
 */
export function preparedQuery<Given extends Values, Row>(
  build: (db: Kysely<Schema>, values: Given) => Compilable<Row>,
): (db: Kysely<Schema>, values: Given) => Soon<QueryResult<Row>> {
  let compiled: CompiledQuery<Row> | undefined;
  return (db, values) => {
    compiled ??= build(db, slots as Given).compile();
    const parameters = compiled.parameters.map((parameter) => (parameter instanceof Slot ? values[parameter.name] : parameter));
    const run = runs.get(db);
    return run ? (run({ ...compiled, parameters }) as QueryResult<Row>) : db.executeQuery({ ...compiled, parameters });
  };
}
