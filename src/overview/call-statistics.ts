import { CALL_OUTCOMES, type CallOutcome } from "../webhooks/calls/call.ts";
import type { CallCount } from "../webhooks/calls/call-hours.ts";

/** How long calls took: so many milliseconds at most. */
interface Latency {
  readonly median: number;
  readonly most: number;
}

/** What some calls come to. */
export interface CallTotals {
  readonly calls: number;
  readonly byOutcome: Readonly<Record<CallOutcome, number>>;
  /** Null when of no call it is known. */
  readonly latency: Latency | null;
}

/** The share of calls that are at least as quick as `Latency.most` says. */
const MOST = 0.95;

export function totalsOf(counts: readonly CallCount[]): CallTotals {
  const byOutcome = Object.fromEntries(CALL_OUTCOMES.map((outcome) => [outcome, callsIn(counts.filter((count) => count.outcome === outcome))]));
  const median = withinOf(counts, 0.5);
  const most = withinOf(counts, MOST);
  return { calls: callsIn(counts), byOutcome: byOutcome as Record<CallOutcome, number>, latency: median === null || most === null ? null : { median, most } };
}

/** The totals of each hour, also of those without calls, in the order of the hours. */
export function totalsByHour(counts: readonly CallCount[], hours: readonly number[]): readonly CallTotals[] {
  const byHour = Map.groupBy(counts, ({ hour }) => hour);
  return hours.map((hour) => totalsOf(byHour.get(hour) ?? []));
}

/** Refused calls by the status of their answer, the most frequent first. */
export function refusalsByStatus(counts: readonly CallCount[]): readonly { readonly status: number; readonly calls: number }[] {
  const refused = counts.filter(({ outcome }) => outcome === "refused");
  return [...Map.groupBy(refused, ({ status }) => status)]
    .map(([status, alike]) => ({ status, calls: callsIn(alike) }))
    .toSorted((a, b) => b.calls - a.calls || a.status - b.status);
}

function callsIn(counts: readonly CallCount[]): number {
  return counts.reduce((sum, { calls }) => sum + calls, 0);
}

/** The least limit that this share of the measured calls kept. */
function withinOf(counts: readonly CallCount[], share: number): number | null {
  const measured = counts.filter(({ within }) => within > 0).toSorted((a, b) => a.within - b.within);
  const enough = share * callsIn(measured);
  let kept = 0;
  for (const { within, calls } of measured) {
    kept += calls;
    if (kept >= enough) return within;
  }
  return null;
}
