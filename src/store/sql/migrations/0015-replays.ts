import type { Migration } from "./migration.ts";

/** Calls that users of the console have caused, and the replays of many at once. */
export const replays: Migration = {
  schema: 15,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table console_calls (
      brand_id text not null, call_id text not null, user_id text not null, user_name text not null, replay_of text,
      primary key (brand_id, call_id)
    ) ${clustered}`,
    `create index console_calls_by_replayed on console_calls (brand_id, replay_of, call_id) where replay_of is not null`,
    `create table replays (
      id text primary key, brand_id text not null references brands (id), webhook_id text not null, user_id text not null, user_name text not null,
      after_id text not null, through_id text not null, accepted ${integer} not null, refused ${integer} not null,
      started_at ${integer} not null, finished_at ${integer}, stopped ${integer} not null, lease text, leased_until ${integer} not null
    ) ${clustered}`,
    `create index replays_by_webhook on replays (brand_id, webhook_id, started_at, id)`,
    // One at a time for each webhook.
    `create unique index replays_unfinished on replays (brand_id, webhook_id) where finished_at is null`,
  ],
};
