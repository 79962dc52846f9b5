import { digestOf } from "../../lib/secret.ts";
import type { CallWithWebhookName } from "./call.ts";

/** How many calls from the newest on a live view follows. More than these in one second are shown all the same: the list then begins anew. */
export const FOLLOWED_CALLS = 50;

/** Names these calls as they are listed: another mark means that something came in between, or that one of them has changed. */
export function markOf(calls: readonly CallWithWebhookName[]): string {
  return digestOf(calls.map(({ id, outcome, status }) => `${id} ${outcome} ${status}`).join("\n")).slice(0, 16);
}

/** The stream that tells of changes among the newest calls; with parameters only of those that a filter lets through. */
export function liveCallsHref(parameters: string): string {
  return `/calls/live${parameters === "" ? "" : `?${parameters}`}`;
}
