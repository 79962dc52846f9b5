import type { Migration } from "./migration.ts";

/** What people look for in the call log. Accepted calls pay nothing for it. */
export const callSearch: Migration = {
  schema: 16,
  minimumProgram: 1,
  statements: () => [
    `create index calls_refused_by_status on calls (brand_id, webhook_id, status, id) where outcome = 'refused'`,
    `create index calls_by_reference on calls (brand_id, reference) where outcome <> 'accepted'`,
  ],
};
