import type { Migration } from "./migration.ts";

/** The chains of refresh tokens. */
export const refreshFamilies: Migration = {
  schema: 4,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table refresh_families (
      family_id text primary key, brand_id text not null references brands (id), client_id text not null, user_id text not null,
      granted_scopes text not null, generation ${integer} not null, rotated_at ${integer} not null,
      expires_at ${integer} not null, ends_at ${integer} not null
    ) ${clustered}`,
    `create index refresh_families_by_client on refresh_families (client_id)`,
    `create index refresh_families_by_expiry on refresh_families (expires_at)`,
  ],
};
