import type { Migration } from "./migration.ts";

/** How many calls a brand's webhooks took, by the brand's day. */
export const callQuota: Migration = {
  schema: 2,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table call_days (
      brand_id text not null, day text not null, calls ${integer} not null, expires_at ${integer} not null,
      primary key (brand_id, day)
    ) ${clustered}`,
    `create index call_days_by_expiry on call_days (expires_at)`,
  ],
};
