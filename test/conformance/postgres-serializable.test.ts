import { describe } from "vitest";
import { postgresBackend } from "./postgres-backend.ts";
import { sharedStoreSuites } from "./store-suite.ts";

describe("PostgreSQL with serializable transactions", () => {
  sharedStoreSuites(postgresBackend({ settings: { default_transaction_isolation: "serializable" } }));
});
