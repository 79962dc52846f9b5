import type { Migration } from "./migration.ts";

/** Which values of its bodies a webhook's pages and exports mask. */
export const sensitiveFields: Migration = {
  schema: 19,
  minimumProgram: 1,
  statements: () => [`alter table webhooks add column sensitive_paths text`],
};
