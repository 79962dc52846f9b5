import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { Clock } from "../lib/clock.ts";
import type { CallHourStore } from "../webhooks/calls/call-hour-store.ts";
import { findCallUsage } from "../webhooks/call-usage.ts";
import type { CallStore } from "../webhooks/webhook-store.ts";
import { refusalsByStatus, totalsByHour, totalsOf } from "./call-statistics.ts";
import { hourLabels, hourMarks, hoursOf, spanOf, type Range } from "./hours.ts";
import { findQuietWebhooks } from "./quiet-webhooks.ts";

export interface DashboardDependencies {
  readonly brands: BrandDirectory;
  readonly calls: CallStore;
  readonly callHours: CallHourStore;
  readonly clock: Clock;
}

const REFUSED_SHOWN = 5;
const QUIET_SHOWN = 10;

/** What the dashboard shows; with `ownerId` of that user's webhooks only. Reads counts and a few rows, never all calls. */
export async function findDashboard(deps: DashboardDependencies, { brandId, ownerId, range }: { brandId: string; ownerId: string | null; range: Range }) {
  const { brands, calls, callHours, clock } = deps;
  const now = clock.now();
  const hours = hoursOf(range, now);
  const newest = (limit: number, filter: { readonly webhookId?: string; readonly outcome: "accepted" | "refused" }) =>
    calls.listCalls(brandId, { webhookId: null, ownerId, ...filter }, { limit, after: null });
  const [brand, counts, usage, quiet, refused] = await Promise.all([
    brands.find(brandId),
    callHours.listCallCounts(brandId, ownerId, spanOf(hours)),
    findCallUsage(deps, brandId, now),
    findQuietWebhooks(callHours, brandId, ownerId, now),
    newest(REFUSED_SHOWN, { outcome: "refused" }),
  ]);
  const timeZone = brand?.timeZone ?? "UTC";
  const labels = hourLabels(hours, timeZone);
  const shown = quiet.slice(0, QUIET_SHOWN);
  const lastAccepted = await Promise.all(shown.map(({ id }) => newest(1, { webhookId: id, outcome: "accepted" })));
  return {
    range,
    timeZone,
    totals: totalsOf(counts),
    hours: totalsByHour(counts, hours).map((totals, index) => ({ label: labels[index]!, totals })),
    marks: hourMarks(hours, timeZone),
    refusals: refusalsByStatus(counts),
    usage,
    quiet: shown.map(({ id, name }, index) => ({ id, name, acceptedAt: lastAccepted[index]!.rows[0]?.receivedAt ?? null })),
    moreQuiet: quiet.length - shown.length,
    newestRefused: refused.rows,
  };
}
