import type { Migration } from "./migration.ts";

/** How many calls a minute a webhook takes. */
export const rateLimit: Migration = {
  schema: 17,
  minimumProgram: 1,
  statements: ({ integer }) => [`alter table webhooks add column calls_a_minute ${integer}`],
};
