/** One PostgreSQL server for all tests of a run, with a pooler before it where the store is called so. */
import type { TestProject } from "vitest/node";
import { PostgresDatabases, type SharedDatabases } from "./postgres-databases.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly postgres: SharedDatabases;
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const databases = await PostgresDatabases.open({ isPooled: project.name === "pgbouncer" });
  project.provide("postgres", databases.shared);
  return () => databases.remove();
}
