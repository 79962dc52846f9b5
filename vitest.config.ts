import { defineConfig } from "vitest/config";
import { chosenStores, testsOn } from "./test/support/test-stores.ts";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: process.env["CI"] ? ["dot", ["json", { outputFile: "coverage/results.json" }]] : ["default"],
    projects: chosenStores().map((store) => ({
      extends: true,
      test: {
        name: store,
        ...testsOn(store),
        env: { HOOKGATE_TEST_STORE: store },
        globalSetup: store.startsWith("sqlite") ? [] : ["test/support/postgres-for-run.ts"],
      },
    })),
  },
});
