/** Opens the store that HOOKGATE_STORE names. The only place that knows which databases there are. */
import { resolve } from "node:path";
import { systemClock, type Clock } from "../lib/clock.ts";
import { StoreUnavailable } from "../lib/store-unavailable.ts";
import { StoreUnusable, type MigrateMode } from "./sql/migrations/migrate.ts";
import { PostgresDatabase } from "./sql/postgres-database.ts";
import { SqliteDatabase } from "./sql/sqlite-database.ts";
import type { SqlDatabase } from "./sql/database.ts";
import { sqlStore } from "./sql/sql-store.ts";
import type { Store } from "./store.ts";

const SQLITE = "sqlite:";
const POSTGRES = /^postgres(?:ql)?:\/\//;

/**
 * `sqlite:PATH` (the directory is made when it is missing), `sqlite::memory:` (gone when closed), or `postgres://…`.
 * Throws StoreUnusable, with one line for the operator, when the store cannot be used as asked.
 */
export async function openStore(options: {
  readonly url: string;
  /** `serve` and `migrate` bring any store up to date, other commands make the tables of an empty one only. */
  readonly migrate: MigrateMode;
  readonly clock?: Clock;
}): Promise<Store> {
  try {
    return sqlStore(await openDatabase(options.url, options.migrate, (options.clock ?? systemClock).now()));
  } catch (error) {
    if (error instanceof StoreUnusable) throw error;
    // What the system says names no file ("file is not a database").
    throw new StoreUnusable(`The store ${withoutPassword(options.url)} cannot be opened: ${reasonOf(error)}.`, { cause: error });
  }
}

async function openDatabase(url: string, mode: MigrateMode, now: number): Promise<SqlDatabase> {
  const place = placeOf(url);
  return place.kind === "postgres" ? PostgresDatabase.open(place.url, mode, now) : SqliteDatabase.open(place.path, mode, now);
}

export type StorePlace = { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "postgres"; readonly url: string };

/** Which database a URL names. */
export function placeOf(url: string): StorePlace {
  if (POSTGRES.test(url)) return { kind: "postgres", url };
  const path = url.startsWith(SQLITE) ? url.slice(SQLITE.length) : "";
  if (path === "") throw new StoreUnusable("HOOKGATE_STORE must be sqlite:PATH, sqlite::memory: or postgres://USER@HOST/DATABASE.");
  return { kind: "sqlite", path };
}

/** Where the data lies, for people. */
export function storeLocation(url: string): string {
  if (POSTGRES.test(url)) return withoutPassword(url);
  const path = url.slice(SQLITE.length);
  return path === ":memory:" ? "memory: it is gone when the server stops" : resolve(path);
}

/** A URL of PostgreSQL may hold a password, also among its parameters. */
function withoutPassword(url: string): string {
  if (!POSTGRES.test(url)) return url;
  const { username, host, pathname } = new URL(url);
  return `postgres://${username === "" ? "" : `${username}@`}${host}${pathname}`;
}

/** Several addresses of a host were tried in vain: one line for all. */
export function reasonOf(error: unknown): string {
  if (error instanceof StoreUnavailable) return reasonOf(error.cause);
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return (error as Error).message;
}
