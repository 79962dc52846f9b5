import type { Call, ConsoleOrigin } from "../../webhooks/calls/call.ts";

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

export interface ConsoleCall extends ConsoleOrigin {
  readonly brandId: string;
  readonly callId: string;
}

/** Every column of `console_calls`. */
export const CONSOLE_CALL_COLUMNS: Columns<ConsoleCall> = {
  brand_id: ["text", (call) => call.brandId],
  call_id: ["text", (call) => call.callId],
  user_id: ["text", (call) => call.userId],
  user_name: ["text", (call) => call.userName],
  replay_of: ["text", (call) => call.replayOf],
};

/** Those of the calls that no caller sent. */
export function consoleCallsOf(calls: readonly Call[]): readonly ConsoleCall[] {
  return calls.flatMap(({ id, brandId, fromConsole }) => (fromConsole ? [{ ...fromConsole, brandId, callId: id }] : []));
}
