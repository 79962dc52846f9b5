/** Opens the store that HOOKGATE_STORE names. The only place that knows which databases there are. */
import { systemClock, type Clock } from "../lib/clock.ts";
import { StoreUnusable, type MigrateMode } from "./sql/migrations/migrate.ts";
import { SqliteDatabase } from "./sql/sqlite-database.ts";
import { sqlStore } from "./sql/sql-store.ts";
import type { Store } from "./store.ts";

const SQLITE = "sqlite:";

/**
 * `sqlite:PATH` (the directory is made when it is missing) or `sqlite::memory:` (gone when closed).
 * Throws StoreUnusable, with one line for the operator, when the store cannot be used as asked.
 */
export async function openStore(options: {
  readonly url: string;
  /** `serve` and `migrate` bring any store up to date, other commands make the tables of an empty one only. */
  readonly migrate: MigrateMode;
  readonly clock?: Clock;
}): Promise<Store> {
  const path = options.url.startsWith(SQLITE) ? options.url.slice(SQLITE.length) : "";
  if (path === "") throw new StoreUnusable("HOOKGATE_STORE must be sqlite:PATH or sqlite::memory:.");
  try {
    return sqlStore(await SqliteDatabase.open(path, options.migrate, (options.clock ?? systemClock).now()));
  } catch (error) {
    if (error instanceof StoreUnusable) throw error;
    // What the system says names no file ("file is not a database").
    throw new StoreUnusable(`The store ${options.url} cannot be opened: ${(error as Error).message}.`, { cause: error });
  }
}
