import type { Migration } from "./migration.ts";

/** The calls of a whole brand by what became of them, however many webhooks it has. Accepted calls pay nothing for it. */
export const brandCallLog: Migration = {
  schema: 21,
  minimumProgram: 1,
  statements: () => [
    `create index calls_of_brand_not_accepted on calls (brand_id, outcome, id) where outcome <> 'accepted'`,
    `create index calls_of_brand_refused_by_status on calls (brand_id, status, id) where outcome = 'refused'`,
  ],
};
