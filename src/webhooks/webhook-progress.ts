import type { CallOutcome, CallWithWebhookName } from "./calls/call.ts";
import type { CallStore, WebhookWithOwner } from "./webhook-store.ts";

/** How far a webhook has come. */
export type WebhookState = "installing" | "paused" | "waiting" | "unmapped" | "mapped";

export async function stateOf(calls: Pick<CallStore, "listCalls">, webhook: WebhookWithOwner): Promise<WebhookState> {
  if (webhook.authentication === null) return "installing";
  if (webhook.pausedAt !== undefined) return "paused";
  if (webhook.mapping !== null) return "mapped";
  return (await newestCalls(calls, webhook, 1, "sample")).length > 0 ? "unmapped" : "waiting";
}

/** The newest calls of a webhook, newest first; with an outcome only those that ended so. */
export async function newestCalls(
  calls: Pick<CallStore, "listCalls">,
  { brandId, id }: WebhookWithOwner,
  limit: number,
  outcome: CallOutcome | null = null,
): Promise<readonly CallWithWebhookName[]> {
  return (await calls.listCalls(brandId, { webhookId: id, ownerId: null, outcome }, { limit, after: null })).rows;
}
