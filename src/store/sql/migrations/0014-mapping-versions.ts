import type { Migration } from "./migration.ts";

/** Every mapping that was saved, with the present ones as the first of their webhooks. */
export const mappingVersions: Migration = {
  schema: 14,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table mapping_versions (
      brand_id text not null references brands (id), webhook_id text not null, version ${integer} not null,
      mapping text not null, saved_at ${integer} not null, saved_by text,
      primary key (brand_id, webhook_id, version)
    ) ${clustered}`,
    `alter table webhooks add column mapping_version ${integer} not null default 0`,
    `insert into mapping_versions (brand_id, webhook_id, version, mapping, saved_at)
      select brand_id, id, 1, mapping, updated_at from webhooks where mapping is not null and deleted = 0`,
    `update webhooks set mapping_version = 1 where mapping is not null and deleted = 0`,
  ],
};
