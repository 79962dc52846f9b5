/**
 * The tables as Kysely sees them, the same on every database. Times are epoch milliseconds given by the caller's clock, flags
 * are 0 or 1, JSON is text. docs/storage.md tells what each table is for and who writes it.
 */
import type { Generated } from "kysely";
import type { Topic } from "../../lib/changes.ts";

export interface Schema {
  meta: { name: "schema" | "minimum_program"; value: number };
  change_counters: { topic: Topic; counter: number };
  keys: { id: number; sealed: Uint8Array; created_at: number; activates_at: number; revoked_at: number | null };
  brands: {
    id: string;
    name: string;
    name_key: string;
    time_zone: string;
    /** Null: for ever. */
    calls_kept_days: number | null;
    created_at: number;
    /** Whether one of its webhooks is paused or has waiting calls. */
    holds_calls: Generated<number>;
  };
  brand_modules: { brand_id: string; module: string; activated_at: number };
  users: {
    id: string;
    brand_id: string;
    email: string;
    name: string;
    /** The name in lower case: what the list is sorted by. */
    name_key: string;
    role: string;
    status: string;
    password_hash: string | null;
    created_at: number;
    signed_in_at: number | null;
    reactivated_at: number | null;
  };
  invitations: { brand_id: string; user_id: string; digest: string; expires_at: number };
  set_up_links: { digest: string; expires_at: number };
  sessions: { digest: string; brand_id: string; user_id: string; created_at: number; expires_at: number };
  attempts: { subject: string; attempts: number; window_ends_at: number };
  applications: {
    client_id: string;
    brand_id: string;
    owner_id: string;
    name: string;
    description: string;
    type: string;
    /** JSON array. */
    scopes: string;
    /** JSON array. */
    redirect_uris: string;
    created_at: number;
    updated_at: number;
  };
  client_secrets: {
    id: string;
    brand_id: string;
    client_id: string;
    digest: string;
    created_at: number;
    last_used_at: number | null;
    expires_at: number | null;
  };
  authorization_codes: {
    digest: string;
    brand_id: string;
    client_id: string;
    user_id: string;
    flow_id: string;
    grant_id: string;
    redirect_uri: string;
    redirect_uri_requested: number;
    /** JSON array. */
    granted_scopes: string;
    code_challenge: string | null;
    issued_at: number;
    expires_at: number;
    redeemed_at: number | null;
    /** When the sweeper may take the row: the code's expiry, or once redeemed that of the last token it gave. */
    keep_until: number;
  };
  consents: {
    brand_id: string;
    client_id: string;
    user_id: string;
    /** JSON array. */
    scopes: string;
    /** JSON array. */
    redirect_uris: string;
    given_at: number;
    /** When it last gave a code; refreshes are in the families. */
    last_used_at: number;
  };
  revocations: { kind: string; id: string; expires_at: number };
  refresh_families: {
    family_id: string;
    brand_id: string;
    client_id: string;
    user_id: string;
    /** JSON array. */
    granted_scopes: string;
    generation: number;
    rotated_at: number;
    expires_at: number;
    ends_at: number;
  };
  refused_requests: {
    brand_id: string;
    client_id: string;
    id: string;
    refused_at: number;
    reference: string;
    error: string;
    reason: string;
    sent_redirect_uri: string | null;
  };
  refused_strangers: {
    id: string;
    refused_at: number;
    reference: string;
    path: string;
    client_id: string | null;
    address: string | null;
    error: string;
    reason: string;
  };
  field_sets: {
    id: string;
    brand_id: string;
    /** Canonical: sorted names, comma-separated. */
    fields: string;
    /** The last customer whose key was filled in; the empty text before the first. */
    filled_through: string;
    filled: number;
  };
  option_fields: {
    brand_id: string;
    name: string;
    label: string;
    kind: string;
    /** JSON array. */
    choices: string;
    position: number;
    /** The row of a deleted field stays until a sweep has taken its values from every customer. */
    deleted: number;
    /** Of a deleted one: the last customer that the sweep has looked at. */
    swept_through: string;
  };
  customers: {
    brand_id: string;
    id: string;
    /** JSON object of the fields that have a value. */
    fields: string;
    /** The values in lower case, one a line: what the search looks at. */
    search_text: string;
    created_at: number;
    updated_at: number;
  };
  customer_keys: { brand_id: string; field_set_id: string; key_digest: string; customer_id: string };
  /** Customers that carry a key which an older customer owns. */
  duplicate_customers: { brand_id: string; field_set_id: string; key_digest: string; customer_id: string };
  webhooks: {
    id: string;
    brand_id: string;
    owner_id: string;
    name: string;
    authentication: string | null;
    /** JSON object; null: no settings. */
    authentication_settings: string | null;
    /** JSON. */
    mapping: string | null;
    field_set_id: string | null;
    /** The newest of its mapping versions; 0 before the first. */
    mapping_version: Generated<number>;
    /** Null: not limited. */
    calls_a_minute: number | null;
    /** JSON array; null: none. */
    sensitive_paths: string | null;
    /** The forwarding target that its accepted calls go to; null: none. */
    target_id: string | null;
    /** Since when its calls wait; null while it is not paused. */
    paused_at: Generated<number | null>;
    created_at: number;
    updated_at: number;
    /** The row of a deleted webhook stays, because its calls go on naming it and its owner. */
    deleted: number;
  };
  integration_tokens: { id: string; brand_id: string; user_id: string; name: string; digest: string; created_at: number; last_used_at: number | null };
  mapping_versions: {
    brand_id: string;
    webhook_id: string;
    version: number;
    /** JSON. */
    mapping: string;
    saved_at: number;
    saved_by: string | null;
  };
  webhook_credentials: { id: string; brand_id: string; webhook_id: string; verifier: string; created_at: number; last_used_at: number | null };
  calls: {
    id: string;
    brand_id: string;
    webhook_id: string;
    received_at: number;
    outcome: string;
    status: number;
    reason: string | null;
    reference: string;
    authenticated: number;
    client_id: string | null;
    application_name: string | null;
    /** JSON array, by index of the object in the body. */
    customer_ids: string;
    /** What comes before it is read without the pages that a body of up to 6 MB overflows to; what comes behind it is read only with it. */
    body: string | null;
    headers: string | null;
    answer: string | null;
    repeat_of: string | null;
    duration: number | null;
  };
  /** Beside the row of a call that no caller sent. */
  console_calls: { brand_id: string; call_id: string; user_id: string; user_name: string; replay_of: string | null };
  replays: {
    id: string;
    brand_id: string;
    webhook_id: string;
    user_id: string;
    user_name: string;
    /** Replayed are calls with ids from `after_id` up to and with `through_id`. */
    after_id: string;
    through_id: string;
    accepted: number;
    refused: number;
    started_at: number;
    finished_at: number | null;
    stopped: number;
    /** Whoever works on it, and until when nobody else may. */
    lease: string | null;
    leased_until: number;
  };
  /** Calls that are answered and not decided yet, by webhook in the order of their commits; positions have no gaps. */
  waiting_calls: { brand_id: string; webhook_id: string; position: number; call_id: string; claim_digest: string | null };
  /** Idempotency keys that a call has claimed; the digest is of who calls and of the key. */
  idempotency_keys: { brand_id: string; webhook_id: string; digest: string; body_digest: string; call_id: string; expires_at: number };
  /** Counted calls by day of the brand, `2026-11-24`. */
  call_days: { brand_id: string; day: string; calls: number; expires_at: number };
  /** Calls that are alike, by the full hour of UTC in which they came; `within_ms` is a limit of their duration, or 0. */
  call_hours: {
    brand_id: string;
    webhook_id: string;
    hour: number;
    outcome: string;
    status: number;
    within_ms: number;
    calls: number;
    expires_at: number;
  };
  /** Who does a job that one process at a time does for all. */
  leases: { name: string; holder: string; held_until: number };
  forwarding_targets: {
    id: string;
    brand_id: string;
    webhook_id: string;
    url: string;
    sealed_secret: string;
    created_at: number;
    updated_at: number;
    delivered: number;
    last_success_at: number | null;
    last_failure_at: number | null;
    last_failure: string | null;
  };
  /** Beside each target: the position of the last message that was put into its outbox. */
  outbox_positions: { target_id: string; brand_id: string; webhook_id: string; last_position: number };
  outbox_messages: {
    target_id: string;
    position: number;
    brand_id: string;
    call_id: string;
    /** A customer's id; the empty text is ordered with all. */
    order_key: string;
    attempts: number;
    due_at: number;
  };
  dead_messages: {
    target_id: string;
    position: number;
    brand_id: string;
    call_id: string;
    order_key: string;
    attempts: number;
    failure: string;
    died_at: number;
    expires_at: number;
  };
  unknown_endpoint_calls: { id: Generated<number>; path: string; received_at: number };
}
