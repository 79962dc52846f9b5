import type { Compilable, CompiledQuery, Kysely, QueryResult } from "kysely";
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

/**
 * Kysely compiles a query anew at each execution, which costs more than to run a small one. What programs cause all the time is compiled once: `build`
 * must make the same query each time, and put each of the values that it gets where the database takes a value. For one database only.
 */
export function preparedQuery<Given extends Values, Row>(
  build: (db: Kysely<Schema>, values: Given) => Compilable<Row>,
): (db: Kysely<Schema>, values: Given) => Promise<QueryResult<Row>> {
  let compiled: CompiledQuery<Row> | undefined;
  return (db, values) => {
    compiled ??= build(db, slots as Given).compile();
    const parameters = compiled.parameters.map((parameter) => (parameter instanceof Slot ? values[parameter.name] : parameter));
    return db.executeQuery({ ...compiled, parameters });
  };
}
