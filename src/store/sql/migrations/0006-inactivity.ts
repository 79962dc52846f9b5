import type { Migration } from "./migration.ts";

/** Inactivity is counted from being switched on again as well. */
export const inactivity: Migration = {
  schema: 6,
  minimumProgram: 1,
  statements: ({ integer }) => [`alter table users add column reactivated_at ${integer}`],
};
