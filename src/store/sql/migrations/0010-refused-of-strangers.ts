import type { Migration } from "./migration.ts";

/** What nobody known was refused, for the operator; and of a refused request of an application the redirect URI that it sent. */
export const refusedOfStrangers: Migration = {
  schema: 10,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table refused_strangers (
      id text primary key, refused_at ${integer} not null, reference text not null, path text not null, client_id text, address text,
      error text not null, reason text not null
    ) ${clustered}`,
    `alter table refused_requests add column sent_redirect_uri text`,
  ],
};
