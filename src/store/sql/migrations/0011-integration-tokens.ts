import type { Migration } from "./migration.ts";

/** Tokens made on a user that open every webhook of the brand which asks for a token. */
export const integrationTokens: Migration = {
  schema: 11,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table integration_tokens (
      id text primary key, brand_id text not null, user_id text not null, name text not null, digest text not null unique,
      created_at ${integer} not null, last_used_at ${integer},
      foreign key (brand_id, user_id) references users (brand_id, id)
    ) ${clustered}`,
    `create index integration_tokens_by_user on integration_tokens (brand_id, user_id)`,
  ],
};
