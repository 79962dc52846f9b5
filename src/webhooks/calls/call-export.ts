import { exportHead, exportRow, type ExportColumn, type ExportFormat, type ExportPart } from "../../lib/export-file.ts";
import type { Page, PageRequest } from "../../lib/page.ts";
import type { CallWithWebhookName } from "./call.ts";
import { shownCall } from "../mapping/sensitive-fields.ts";
import type { CallWithWebhook } from "../webhook-store.ts";

/** Calls that are asked for at once. */
const ROWS_A_PART = 100;
/** Bytes of bodies that are held at once, beyond one body. */
const BYTES_A_PART = 256 * 1024;

const COLUMNS: readonly ExportColumn<CallWithWebhook>[] = [
  { name: "id", value: ({ id }) => id },
  { name: "received_at", value: ({ receivedAt }) => new Date(receivedAt).toISOString() },
  { name: "webhook_id", value: ({ webhookId }) => webhookId },
  { name: "webhook", value: ({ webhookName }) => webhookName },
  { name: "outcome", value: ({ outcome }) => outcome },
  { name: "status", value: ({ status }) => status },
  { name: "reason", value: ({ reason }) => reason },
  { name: "reference", value: ({ reference }) => reference },
  { name: "authenticated", value: ({ authenticated }) => authenticated },
  { name: "client_id", value: ({ clientId }) => clientId },
  { name: "application", value: ({ applicationName }) => applicationName },
  { name: "user", value: ({ fromConsole }) => fromConsole?.userName },
  { name: "replay_of", value: ({ fromConsole }) => fromConsole?.replayOf },
  { name: "repeat_of", value: ({ repeatOf }) => repeatOf },
  { name: "duration_ms", value: ({ duration }) => duration },
  { name: "customer_ids", value: ({ customerIds }) => customerIds },
  { name: "headers", value: ({ headers }) => headers || null },
  { name: "body", value: ({ body }) => body },
];

interface CallList {
  readonly list: (page: PageRequest) => Promise<Page<CallWithWebhookName>>;
  /** As `CallStore.readCalls`. */
  readonly read: (callIds: readonly string[], maxBytes: number) => Promise<readonly CallWithWebhook[]>;
}

/** Every call that `list` gives, in its order, with its body; sensitive values are masked. A call that is deleted meanwhile is left out. */
export async function* exportCalls(format: ExportFormat, { list, read }: CallList): AsyncGenerator<ExportPart> {
  yield { text: exportHead(format, COLUMNS), rows: 0 };
  let after: string | null = null;
  do {
    const page: Page<CallWithWebhookName> = await list({ limit: ROWS_A_PART, after });
    let ids: readonly string[] = page.rows.map(({ id }) => id);
    while (ids.length > 0) {
      const calls = await read(ids, BYTES_A_PART);
      yield { text: calls.map((call) => exportRow(format, COLUMNS, shownCall(call))).join(""), rows: calls.length };
      const last = calls.at(-1)?.id;
      ids = last === undefined ? [] : ids.slice(ids.indexOf(last) + 1);
    }
    // A search gives pages without rows; whoever waits for the file shall see that it goes on.
    if (page.rows.length === 0) yield { text: "", rows: 0 };
    after = page.next;
  } while (after !== null);
}
