import type { Migration } from "./migration.ts";

/** What the callers of webhooks prove themselves with, beside OAuth 2.0. */
export const webhookCredentials: Migration = {
  schema: 7,
  minimumProgram: 1,
  statements: ({ integer, clustered }) => [
    `alter table webhooks add column authentication_settings text`,
    `create table webhook_credentials (
      id text primary key, brand_id text not null references brands (id), webhook_id text not null references webhooks (id),
      verifier text not null, created_at ${integer} not null, last_used_at ${integer}
    ) ${clustered}`,
    `create index webhook_credentials_by_webhook on webhook_credentials (webhook_id)`,
  ],
};
