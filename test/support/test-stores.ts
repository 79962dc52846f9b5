/** The stores that the protocol and recovery tests run on. HOOKGATE_TEST_STORES chooses some of them, separated by commas, or `all`. */
const TEST_STORES = ["sqlite-memory", "sqlite-file", "postgres", "pgbouncer", "postgres-serializable"] as const;
export type TestStoreName = (typeof TEST_STORES)[number];

/** Alone it stands for all tests: those that choose no store run here only. */
const DEFAULT_STORE: TestStoreName = "sqlite-memory";

/** Which tests run with the store. Those of the command line, pages and the like rest on nothing that stores differ in; conformance shows that. */
export function testsOn(store: TestStoreName): { readonly include: string[]; readonly exclude?: string[] } {
  const protocol = "test/protocol/**/*.test.ts";
  const recovery = "test/recovery/**/*.test.ts";
  switch (store) {
    case "sqlite-memory":
      return { include: ["test/**/*.test.{ts,tsx}"], exclude: [POOLED] };
    case "sqlite-file":
      return { include: [protocol], exclude: [MEASURED] };
    case "pgbouncer":
      return { include: [protocol, recovery, POOLED], exclude: [MEASURED, FAULTS_OF_FILES] };
    default:
      return { include: [protocol, recovery], exclude: [MEASURED, FAULTS_OF_FILES] };
  }
}

/** Needs pgbouncer, which not every machine has. */
const POOLED = "test/conformance/postgres-pooled.test.ts";

/** Measures microseconds: once, and not beside the processes of a database. */
const MEASURED = "test/protocol/refusal-timing.test.ts";
/** What a full disk does to SQLite, whatever store the run is about. */
const FAULTS_OF_FILES = "test/recovery/faults.test.ts";

export function chosenStores(given: string = process.env["HOOKGATE_TEST_STORES"] ?? DEFAULT_STORE): readonly TestStoreName[] {
  if (given === "all") return TEST_STORES;
  return given.split(",").map(testStoreNamed);
}

export function testStoreNamed(name: string = DEFAULT_STORE): TestStoreName {
  const store = TEST_STORES.find((known) => known === name);
  if (!store) throw new Error(`${name} is no store for tests; there are ${TEST_STORES.join(", ")}.`);
  return store;
}
