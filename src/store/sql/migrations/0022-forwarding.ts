import type { Migration } from "./migration.ts";

/** Targets that calls are sent on to, and what waits for them. */
export const forwarding: Migration = {
  schema: 22,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `alter table webhooks add column target_id text`,
    `create table forwarding_targets (
      id text primary key, brand_id text not null references brands (id), webhook_id text not null, url text not null, sealed_secret text not null,
      created_at ${integer} not null, updated_at ${integer} not null, delivered ${integer} not null,
      last_success_at ${integer}, last_failure_at ${integer}, last_failure text
    ) ${clustered}`,
    `create unique index forwarding_targets_by_webhook on forwarding_targets (brand_id, webhook_id)`,
    // Beside the target, so that the commits of calls, which count it up, and what is written of health and changes do not wait for each other.
    `create table outbox_positions (
      target_id text primary key, brand_id text not null, webhook_id text not null, last_position ${integer} not null
    ) ${clustered}`,
    `create table outbox_messages (
      target_id text not null, position ${integer} not null, brand_id text not null, call_id text not null, order_key text not null,
      attempts ${integer} not null, due_at ${integer} not null, primary key (target_id, position)
    ) ${clustered}`,
    `create index outbox_messages_by_key on outbox_messages (target_id, order_key, position) where order_key <> ''`,
    `create table dead_messages (
      target_id text not null, position ${integer} not null, brand_id text not null, call_id text not null, order_key text not null,
      attempts ${integer} not null, failure text not null, died_at ${integer} not null, expires_at ${integer} not null, primary key (target_id, position)
    ) ${clustered}`,
    `create index dead_messages_by_expiry on dead_messages (expires_at)`,
  ],
};
