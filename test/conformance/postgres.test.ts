import { describe } from "vitest";
import { postgresBackend } from "./postgres-backend.ts";
import { sharedStoreSuites } from "./store-suite.ts";

describe("PostgreSQL", () => {
  sharedStoreSuites(postgresBackend());
});
