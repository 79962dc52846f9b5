import type { Migration } from "./migration.ts";

/** Which process does a job that one at a time does for all; and replays that nobody works on are found without those that have ended. */
export const leases: Migration = {
  schema: 18,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table leases (name text primary key, holder text not null, held_until ${integer} not null) ${clustered}`,
    `create index replays_by_lease on replays (leased_until, id) where finished_at is null`,
  ],
};
