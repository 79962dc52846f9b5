/** A store for a server under test, of the kind that the run is about (HOOKGATE_TEST_STORE). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, inject } from "vitest";
import { PostgresDatabases } from "./postgres-databases.ts";
import { testStoreNamed } from "./test-stores.ts";
import "./postgres-for-run.ts";

export interface TestStore {
  /** The settings that name it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly remove: () => Promise<void>;
}

/** Of one file of tests. */
let databases: PostgresDatabases | undefined;
afterAll(() => databases?.removeLent());

export async function newTestStore(): Promise<TestStore> {
  return testStoreNamed(process.env["HOOKGATE_TEST_STORE"]) === "sqlite-memory"
    ? { environment: { HOOKGATE_STORE: "sqlite::memory:" }, remove: async () => {} }
    : newSharedStore();
}

/** One that several processes can open. */
export async function newSharedStore(): Promise<TestStore> {
  const store = testStoreNamed(process.env["HOOKGATE_TEST_STORE"]);
  if (store.startsWith("sqlite")) {
    const directory = mkdtempSync(join(tmpdir(), "hookgate-store-"));
    return {
      environment: { HOOKGATE_STORE: `sqlite:${directory}/hookgate.db` },
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  }
  databases ??= PostgresDatabases.of(inject("postgres"));
  const settings: Record<string, string> = store === "postgres-serializable" ? { default_transaction_isolation: "serializable" } : {};
  const { url, remove } = await databases.lendUntilRemoved(settings);
  return { environment: { HOOKGATE_STORE: url, HOOKGATE_SECRET: "the secret of the servers under test" }, remove };
}
