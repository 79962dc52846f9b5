import { afterAll, beforeAll } from "vitest";
import { PostgresDatabase } from "../../src/store/sql/postgres-database.ts";
import { sqlStore } from "../../src/store/sql/sql-store.ts";
import type { Store } from "../../src/store/store.ts";
import { PostgresDatabases } from "../support/postgres-databases.ts";
import { closeAtEnd, NOW, type SharedBackend } from "./fixture.ts";

interface PostgresBackendOptions {
  /** What the database has as its defaults. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly isPooled?: boolean;
}

/** To be called where the suites are described. */
export function postgresBackend({ settings = {}, isPooled = false }: PostgresBackendOptions = {}): SharedBackend {
  let databases: PostgresDatabases | undefined;
  beforeAll(async () => void (databases = await PostgresDatabases.open({ isPooled })), 60_000);
  afterAll(() => databases?.remove(), 60_000);

  const opened = new WeakMap<Store, PostgresDatabase>();
  const open = async (url: string): Promise<Store> => {
    const database = await PostgresDatabase.open(url, false, NOW);
    const store = closeAtEnd(sqlStore(database));
    opened.set(store, database);
    return store;
  };
  return {
    openEmpty: async () => open(await databases!.lend(settings)),
    openTwo: async () => {
      const url = await databases!.lend(settings);
      return [await open(url), await open(url)];
    },
    look: (store) => opened.get(store)!.changes.look(),
  };
}
