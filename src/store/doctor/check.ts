import type { StoredKey } from "../../keys/key-store.ts";

/** One thing that was looked at. `advice`: it works, and something may go wrong later. `missing`: Hookgate does not work here, or not as it promises. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "advice" | "missing";
  /** What was found. */
  readonly found: string;
  /** What to change, where something is to be changed. */
  readonly change?: string;
}

export interface Examination {
  readonly checks: readonly Check[];
  /** Of a store that has any. */
  readonly keys: readonly StoredKey[];
}

export const ok = (name: string, found: string): Check => ({ name, state: "ok", found });
export const advice = (name: string, found: string, change: string): Check => ({ name, state: "advice", found, change });
export const missing = (name: string, found: string, change: string): Check => ({ name, state: "missing", found, change });

/** What the program needs of a store's tables; `meta` holds what the table of that name does, null when there is no such table. */
export function schemaCheck(tables: number, meta: ReadonlyMap<string, number> | null, programSchema: number): Check {
  if (tables === 0) return ok("schema", "empty; the first start makes the tables");
  const schema = meta?.get("schema");
  if (schema === undefined) return missing("schema", "the tables of something else", "give Hookgate a database of its own");
  if ((meta?.get("minimum_program") ?? 0) > programSchema) {
    return missing("schema", `${schema}; this Hookgate has ${programSchema}`, "run the newer Hookgate that made it, or restore a backup");
  }
  if (schema < programSchema)
    return advice("schema", `${schema}; this Hookgate has ${programSchema}`, "start the server or run `hookgate migrate`; back up before");
  return ok("schema", String(schema));
}
