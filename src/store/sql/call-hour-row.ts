import type { CallHour } from "../../webhooks/calls/call-hours.ts";
import type { Columns } from "./call-row.ts";

/** Every column of `call_hours`. */
export const CALL_HOUR_COLUMNS: Columns<CallHour> = {
  brand_id: ["text", (count) => count.brandId],
  webhook_id: ["text", (count) => count.webhookId],
  hour: ["bigint", (count) => count.hour],
  outcome: ["text", (count) => count.outcome],
  status: ["bigint", (count) => count.status],
  within_ms: ["bigint", (count) => count.within],
  calls: ["bigint", (count) => count.calls],
  expires_at: ["bigint", (count) => count.expiresAt],
};

/** Ends an insert: what the row counts is added to what was counted. */
export const ADD_TO_COUNT = "on conflict (brand_id, webhook_id, hour, outcome, status, within_ms) do update set calls = call_hours.calls + excluded.calls";
