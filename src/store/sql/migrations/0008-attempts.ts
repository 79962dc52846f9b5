import type { Migration } from "./migration.ts";

/** What throttles count, of sign-in and of clients. It takes the place of `sign_in_attempts`, which stays for programs that know no other. */
export const attempts: Migration = {
  schema: 8,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table attempts (subject text primary key, attempts ${integer} not null, window_ends_at ${integer} not null) ${clustered}`,
    `create index attempts_by_end on attempts (window_ends_at)`,
  ],
};
