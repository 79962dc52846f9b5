import type { Migration } from "./migration.ts";

/** What each application was refused at the OAuth endpoints, and why. */
export const refusedRequests: Migration = {
  schema: 3,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    // Clustered by application and time: the one list there is, and the ring that is cut at its end.
    `create table refused_requests (
      brand_id text not null, client_id text not null, id text not null, refused_at ${integer} not null,
      reference text not null, error text not null, reason text not null,
      primary key (brand_id, client_id, id)
    ) ${clustered}`,
  ],
};
