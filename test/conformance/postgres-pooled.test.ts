import { describe } from "vitest";
import { postgresBackend } from "./postgres-backend.ts";
import { sharedStoreSuites } from "./store-suite.ts";

describe("PostgreSQL through pgbouncer, which pools by transaction", () => {
  sharedStoreSuites(postgresBackend({ isPooled: true }));
});
