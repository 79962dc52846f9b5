import type { Migration } from "./migration.ts";

/** Webhooks that are paused, and their calls that wait, each queue in the order in which they were committed. */
export const waitingCalls: Migration = {
  schema: 23,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `alter table webhooks add column paused_at ${integer}`,
    // Whether a webhook of the brand is paused or has waiting calls: every commit of calls looks here first, at a row that it locks anyway.
    `alter table brands add column holds_calls ${integer} not null default 0`,
    `create table waiting_calls (
      brand_id text not null, webhook_id text not null, position ${integer} not null, call_id text not null, claim_digest text,
      primary key (brand_id, webhook_id, position)
    ) ${clustered}`,
  ],
};
