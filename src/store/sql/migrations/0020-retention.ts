import type { Migration } from "./migration.ts";

/** How long a brand keeps its calls; brands that are there keep them for ever, as they did. */
export const retention: Migration = {
  schema: 20,
  minimumProgram: 1,
  statements: ({ integer }) => [`alter table brands add column calls_kept_days ${integer}`],
};
