import { DEFAULT_BRAND_ID } from "../../../brands/brand.ts";
import { TOPICS } from "../../../lib/changes.ts";
import type { Migration } from "./migration.ts";

/** The tables of the first release. */
export const start: Migration = {
  schema: 1,
  minimumProgram: 1,
  statements: ({ integer, bytes, numbered, clustered }, now) => [
    `create table change_counters (topic text primary key, counter ${integer} not null) ${clustered}`,
    `insert into change_counters (topic, counter) values ${TOPICS.map((topic) => `('${topic}', 0)`).join(", ")}`,

    `create table keys (
      id ${integer} primary key, sealed ${bytes} not null,
      created_at ${integer} not null, activates_at ${integer} not null, revoked_at ${integer}
    )`,

    `create table brands (
      id text primary key, name text not null, name_key text not null unique, time_zone text not null, created_at ${integer} not null
    ) ${clustered}`,
    `insert into brands (id, name, name_key, time_zone, created_at) values ('${DEFAULT_BRAND_ID}', 'Default', 'default', 'UTC', ${now})`,
    `create table brand_modules (
      brand_id text not null references brands (id), module text not null, activated_at ${integer} not null,
      primary key (brand_id, module)
    ) ${clustered}`,

    // The key begins with the brand, so that whoever refers to a user (an owner, a session) can only refer to one of the same brand.
    `create table users (
      id text not null unique, brand_id text not null references brands (id), email text not null unique,
      name text not null, name_key text not null, role text not null, status text not null, password_hash text,
      created_at ${integer} not null, signed_in_at ${integer},
      primary key (brand_id, id)
    ) ${clustered}`,
    `create index users_by_name on users (brand_id, name_key, id)`,
    `create index users_by_role on users (role, status)`,
    `create table invitations (
      brand_id text not null, user_id text not null, digest text not null unique, expires_at ${integer} not null,
      primary key (brand_id, user_id), foreign key (brand_id, user_id) references users (brand_id, id)
    ) ${clustered}`,
    `create index invitations_by_expiry on invitations (expires_at)`,
    `create table set_up_links (digest text primary key, expires_at ${integer} not null) ${clustered}`,
    `create table sessions (
      digest text primary key, brand_id text not null, user_id text not null, created_at ${integer} not null, expires_at ${integer} not null,
      foreign key (brand_id, user_id) references users (brand_id, id)
    ) ${clustered}`,
    `create index sessions_by_user on sessions (brand_id, user_id)`,
    `create index sessions_by_expiry on sessions (expires_at)`,
    `create table sign_in_attempts (subject text primary key, attempts ${integer} not null, window_ends_at ${integer} not null) ${clustered}`,
    `create index sign_in_attempts_by_end on sign_in_attempts (window_ends_at)`,

    `create table applications (
      client_id text primary key, brand_id text not null, owner_id text not null, name text not null, description text not null,
      type text not null, scopes text not null, redirect_uris text not null, created_at ${integer} not null, updated_at ${integer} not null,
      foreign key (brand_id, owner_id) references users (brand_id, id)
    ) ${clustered}`,
    `create index applications_by_age on applications (brand_id, created_at, client_id)`,
    `create index applications_by_owner on applications (brand_id, owner_id, created_at, client_id)`,
    `create table client_secrets (
      id text primary key, brand_id text not null, client_id text not null references applications (client_id), digest text not null,
      created_at ${integer} not null, last_used_at ${integer}, expires_at ${integer}
    ) ${clustered}`,
    `create index client_secrets_by_client on client_secrets (client_id)`,
    `create table authorization_codes (
      digest text primary key, brand_id text not null references brands (id), client_id text not null, user_id text not null,
      flow_id text not null unique, grant_id text not null, redirect_uri text not null, redirect_uri_requested ${integer} not null,
      granted_scopes text not null, code_challenge text, issued_at ${integer} not null, expires_at ${integer} not null,
      redeemed_at ${integer}, keep_until ${integer} not null
    )`,
    `create index authorization_codes_by_client on authorization_codes (client_id)`,
    `create index authorization_codes_by_end on authorization_codes (keep_until)`,
    `create table revocations (
      kind text not null, id text not null, expires_at ${integer} not null,
      primary key (kind, id)
    ) ${clustered}`,
    `create index revocations_by_expiry on revocations (expires_at)`,

    `create table field_sets (
      id text not null, brand_id text not null references brands (id), fields text not null,
      filled_through text not null, filled ${integer} not null,
      primary key (brand_id, id), unique (brand_id, fields)
    ) ${clustered}`,
    // No foreign keys on the tables that every call writes: brands and field sets are never deleted, and checking costs more than the insert.
    `create table customers (
      brand_id text not null, id text not null, fields text not null, search_text text not null,
      created_at ${integer} not null, updated_at ${integer} not null,
      primary key (brand_id, id)
    ) ${clustered}`,
    `create table customer_keys (
      brand_id text not null, field_set_id text not null, key_digest text not null, customer_id text not null,
      primary key (brand_id, field_set_id, key_digest)
    ) ${clustered}`,
    `create table duplicate_customers (
      brand_id text not null, field_set_id text not null, key_digest text not null, customer_id text not null,
      primary key (brand_id, field_set_id, key_digest, customer_id)
    ) ${clustered}`,

    `create table webhooks (
      id text primary key, brand_id text not null, owner_id text not null, name text not null, authentication text, mapping text,
      field_set_id text, created_at ${integer} not null, updated_at ${integer} not null, deleted ${integer} not null,
      foreign key (brand_id, owner_id) references users (brand_id, id),
      foreign key (brand_id, field_set_id) references field_sets (brand_id, id)
    ) ${clustered}`,
    `create index webhooks_by_age on webhooks (brand_id, created_at, id)`,
    `create index webhooks_by_owner on webhooks (brand_id, owner_id, created_at, id)`,

    // Rows in order of arrival and not clustered: docs/adr/0003-calls-table.md.
    `create table calls (
      id text not null, brand_id text not null, webhook_id text not null, received_at ${integer} not null, outcome text not null,
      status ${integer} not null, reason text, reference text not null, authenticated ${integer} not null,
      client_id text, application_name text, customer_ids text not null, body text
    )`,
    `create unique index calls_by_id on calls (brand_id, id)`,
    // The outcome last: a filter by outcome reads the index alone.
    `create index calls_by_webhook on calls (brand_id, webhook_id, id, outcome)`,
    // Few among many, and what people look for; an accepted call pays nothing for it.
    `create index calls_not_accepted on calls (brand_id, webhook_id, outcome, id) where outcome <> 'accepted'`,
    `create index calls_unauthenticated on calls (brand_id, webhook_id, id) where authenticated = 0`,
    `create table unknown_endpoint_calls (id ${numbered}, path text not null, received_at ${integer} not null)`,
  ],
};
