import type { Migration } from "./migration.ts";

/** What else is kept of a call, and the idempotency keys that calls have claimed. */
export const callDetail: Migration = {
  schema: 5,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `alter table calls add column headers text`,
    `alter table calls add column answer text`,
    `alter table calls add column repeat_of text`,
    `alter table calls add column duration ${integer}`,
    `create table idempotency_keys (
      brand_id text not null, webhook_id text not null, digest text not null, body_digest text not null, call_id text not null,
      expires_at ${integer} not null,
      primary key (brand_id, webhook_id, digest)
    ) ${clustered}`,
    `create index idempotency_keys_by_expiry on idempotency_keys (expires_at)`,
  ],
};
