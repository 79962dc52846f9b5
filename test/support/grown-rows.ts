/** Fills the tables that grow with use, each by one statement that every database understands: rows like one that is there, but for what tells them apart. */
import { readTableShapes } from "../../src/store/copy/table-shape.ts";

/** Runs a statement on the database. */
export type Run = (sql: string) => Promise<void>;

/** Who and what rows belong to that are not like another one. */
export interface Owners {
  readonly brand_id: string;
  readonly user_id: string;
  readonly owner_id: string;
  readonly client_id: string;
  readonly webhook_id: string;
}

const GROWN_WEBHOOKS = 420;
/** More than a page of a search looks at. */
const GROWN_CUSTOMERS = 205_000;
const GROWN_CALLS = 100_000;

/** The id of the row with this number, an expression over `i`. */
const idOf = (number = "i") => `'01980000-0000-7000-8000-' || cast(100000000000 + ${number} as text)`;
export const grownId = (number: number) => `01980000-0000-7000-8000-${100_000_000_000 + number}`;
const webhook = idOf(`i % ${GROWN_WEBHOOKS}`);
const FAR = "cast(4000000000000 as bigint) + i";

interface Growth {
  readonly table: string;
  readonly rows: number;
  /** Expressions over `i`, the number of the row, and `t`, the row that is there. */
  readonly set: Readonly<Record<string, string>>;
  /** Which row is there, where one must be. */
  readonly like?: string;
}

const text = (name: string) => `'${name} ' || i`;

const GROWTHS: readonly Growth[] = [
  {
    table: "users",
    rows: 1_000,
    set: { id: idOf(), email: text("mail"), name_key: text("name"), role: "'member'", created_at: "t.created_at + i" },
    like: "role = 'member'",
  },
  { table: "sessions", rows: 3_000, set: { digest: text("digest"), expires_at: FAR } },
  { table: "invitations", rows: 1_000, set: { user_id: idOf(), digest: text("digest"), expires_at: FAR } },
  { table: "applications", rows: 3_000, set: { client_id: idOf(), created_at: "t.created_at + i" }, like: "1 = 1" },
  { table: "client_secrets", rows: 3_000, set: { id: idOf(), client_id: idOf(), digest: text("digest"), expires_at: "null", last_used_at: "null" } },
  { table: "authorization_codes", rows: 3_000, set: { digest: text("digest"), flow_id: text("flow"), keep_until: FAR }, like: "1 = 1" },
  { table: "refresh_families", rows: 3_000, set: { family_id: text("family"), expires_at: FAR, client_id: idOf() }, like: "1 = 1" },
  { table: "consents", rows: 2_000, set: { client_id: idOf("i + 1"), given_at: "t.given_at + i" }, like: "1 = 1" },
  { table: "refused_requests", rows: 3_000, set: { id: idOf() } },
  { table: "attempts", rows: 5_000, set: { subject: text("subject"), window_ends_at: FAR } },
  { table: "webhooks", rows: GROWN_WEBHOOKS, set: { id: idOf("i - 1"), name: text("Webhook"), created_at: "t.created_at + i" }, like: "1 = 1" },
  { table: "mapping_versions", rows: 5 * GROWN_WEBHOOKS, set: { webhook_id: webhook, version: "i + 1" }, like: "1 = 1" },
  { table: "webhook_credentials", rows: 2 * GROWN_WEBHOOKS, set: { id: idOf(), webhook_id: webhook } },
  { table: "customers", rows: GROWN_CUSTOMERS, set: { id: idOf(), search_text: "case when i = 1 then 'quetzalcoatl' else 'graz' end" }, like: "1 = 1" },
  { table: "customer_keys", rows: 50_000, set: { key_digest: text("key"), customer_id: idOf() }, like: "1 = 1" },
  { table: "duplicate_customers", rows: 2_000, set: { field_set_id: "'set'", key_digest: text("key"), customer_id: idOf() } },
  {
    table: "calls",
    rows: GROWN_CALLS,
    set: {
      id: idOf(),
      webhook_id: webhook,
      outcome: "case when i % 50 = 0 then 'refused' when i % 1000 = 1 then 'sample' else 'accepted' end",
      status: "case when i % 50 = 0 then 422 else 200 end",
      reference: text("reference"),
      // The first was refused, and nothing was written by those that were.
      customer_ids: "case when i % 50 = 0 then '[]' else '[\"' || " + idOf() + " || '\"]' end",
    },
    like: "outcome = 'accepted'",
  },
  { table: "console_calls", rows: 2_000, set: { call_id: idOf("i * 50"), replay_of: idOf("i") } },
  { table: "replays", rows: 3_000, set: { id: idOf(), webhook_id: webhook, finished_at: "i", leased_until: "0" } },
  { table: "forwarding_targets", rows: GROWN_WEBHOOKS, set: { id: idOf("i - 1"), webhook_id: idOf("i - 1") } },
  { table: "outbox_positions", rows: GROWN_WEBHOOKS, set: { target_id: idOf("i - 1"), webhook_id: idOf("i - 1"), last_position: "1000000" } },
  // None is due, so that nothing is sent.
  { table: "outbox_messages", rows: 20_000, set: { target_id: webhook, call_id: idOf(), due_at: FAR } },
  { table: "dead_messages", rows: 5_000, set: { target_id: webhook, call_id: idOf(), expires_at: FAR } },
  { table: "waiting_calls", rows: 20_000, set: { webhook_id: webhook, position: "i", call_id: idOf(), claim_digest: "null" } },
  { table: "idempotency_keys", rows: 20_000, set: { webhook_id: webhook, digest: text("digest"), call_id: idOf(), expires_at: FAR } },
  { table: "call_days", rows: 1_000, set: { day: text("day"), expires_at: FAR } },
];

/**
 * Tables that use does not grow: what people set up, a few rows for each node, the counts of 35 days, and the operator's rings of 1,000. Integration tokens and live
 * revocations are read whole, into memory.
 */
export const SMALL_TABLES: ReadonlySet<string> = new Set([
  "keys",
  "brands",
  "brand_modules",
  "set_up_links",
  "sign_in_attempts",
  "field_sets",
  "option_fields",
  "leases",
  "integration_tokens",
  "revocations",
  "call_hours",
  "refused_strangers",
  "unknown_endpoint_calls",
]);

export async function growRows(run: Run, owners: Owners): Promise<void> {
  const shapes = await readTableShapes();
  const unknown = shapes.map(({ name }) => name).filter((name) => !SMALL_TABLES.has(name) && GROWTHS.every(({ table }) => table !== name));
  if (unknown.length > 0) throw new Error(`Does the table ${unknown.join(", ")} grow with use? Say so in grown-rows.ts.`);
  for (const { table, rows, set, like } of GROWTHS) {
    const { columns } = shapes.find(({ name }) => name === table)!;
    const values = columns.map(({ name, type }) => {
      if (set[name] !== undefined) return set[name];
      if (like !== undefined) return `t.${name}`;
      const owner = owners[name as keyof Owners];
      return owner !== undefined ? `'${owner}'` : type === "integer" ? "i" : `'${name} ' || i`;
    });
    const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})`;
    const from = like === undefined ? "n" : `n cross join (select * from ${table} where ${like} limit 1) as t`;
    const names = columns.map(({ name }) => name).join(", ");
    await run(`insert into ${table} (${names}) ${numbers} select ${values.join(", ")} from ${from}`);
  }
  // Some of its calls are older than that.
  await run("update brands set calls_kept_days = 30");
}
