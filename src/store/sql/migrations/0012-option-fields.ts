import type { Migration } from "./migration.ts";

/** Customer fields of a brand's own. */
export const optionFields: Migration = {
  schema: 12,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `create table option_fields (
      brand_id text not null references brands (id), name text not null, label text not null, kind text not null, choices text not null,
      position ${integer} not null, deleted ${integer} not null, swept_through text not null,
      primary key (brand_id, name)
    ) ${clustered}`,
    `create index deleted_option_fields on option_fields (deleted, brand_id, name)`,
    // A store that is made now has it from the first step on.
    `insert into change_counters (topic, counter) values ('option_fields', 0) on conflict (topic) do nothing`,
  ],
};
