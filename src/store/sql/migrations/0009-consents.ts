import type { Migration } from "./migration.ts";

/** What users have allowed clients. */
export const consents: Migration = {
  schema: 9,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table consents (
      brand_id text not null references brands (id), client_id text not null, user_id text not null,
      scopes text not null, redirect_uris text not null, given_at ${integer} not null, last_used_at ${integer} not null,
      primary key (client_id, user_id)
    ) ${clustered}`,
    `create index consents_by_user on consents (brand_id, user_id, given_at, client_id)`,
  ],
};
