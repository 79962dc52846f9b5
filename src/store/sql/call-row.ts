import type { Call } from "../../webhooks/call.ts";

/** By name: a column's type and its value in a row. Both in the words of PostgreSQL; SQLite takes them too. */
export type Columns<Row> = Readonly<Record<string, readonly [type: "text" | "bigint", value: (row: Row) => string | number | null]>>;

/** Every column of `calls`. */
export const CALL_COLUMNS: Columns<Call> = {
  id: ["text", (call) => call.id],
  brand_id: ["text", (call) => call.brandId],
  webhook_id: ["text", (call) => call.webhookId],
  received_at: ["bigint", (call) => call.receivedAt],
  outcome: ["text", (call) => call.outcome],
  status: ["bigint", (call) => call.status],
  reason: ["text", (call) => call.reason],
  reference: ["text", (call) => call.reference],
  authenticated: ["bigint", (call) => (call.authenticated ? 1 : 0)],
  client_id: ["text", (call) => call.clientId],
  application_name: ["text", (call) => call.applicationName],
  customer_ids: ["text", (call) => JSON.stringify(call.customerIds)],
  body: ["text", (call) => call.body],
  headers: ["text", (call) => call.headers],
  answer: ["text", (call) => call.answer],
  repeat_of: ["text", (call) => call.repeatOf],
  duration: ["bigint", (call) => call.duration],
};
