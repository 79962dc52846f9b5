import type { Migration } from "./migration.ts";

/** How many calls a webhook received in an hour, by what became of them and how long that took. */
export const callHours: Migration = {
  schema: 13,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table call_hours (
      brand_id text not null, webhook_id text not null, hour ${integer} not null, outcome text not null, status ${integer} not null,
      within_ms ${integer} not null, calls ${integer} not null, expires_at ${integer} not null,
      primary key (brand_id, webhook_id, hour, outcome, status, within_ms)
    ) ${clustered}`,
    `create index call_hours_by_expiry on call_hours (expires_at)`,
  ],
};
