import { DAY, HOUR } from "../lib/clock.ts";
import { hourOf } from "../webhooks/calls/call-hours.ts";
import type { CallHourStore } from "../webhooks/calls/call-hour-store.ts";

const WEEKS_LOOKED_AT = [1, 2, 3] as const;
/** One week may have been out of the ordinary. */
const WEEKS_WITH_CALLS = 2;

/** The rule in words, for the page. */
export const QUIET_RULE =
  "Here stands a webhook that took no call in the last 24 hours, although it did in the same 24 hours of two of the three weeks before. A refused call is not taken.";

export interface QuietWebhook {
  readonly id: string;
  readonly name: string;
}

/**
 * The webhooks that went quiet, by name. Compared with the same hours of past weeks, so that a webhook which never has calls on a Sunday is
 * not quiet on Sundays.
 */
export async function findQuietWebhooks(store: CallHourStore, brandId: string, ownerId: string | null, now: number): Promise<readonly QuietWebhook[]> {
  const to = hourOf(now) + HOUR;
  const takingIn = (weeksAgo: number) => store.listTakingWebhooks(brandId, ownerId, { from: to - DAY - weeksAgo * 7 * DAY, to: to - weeksAgo * 7 * DAY });
  const [lately, ...before] = await Promise.all([0, ...WEEKS_LOOKED_AT].map(takingIn));
  const takesCalls = new Set(lately!.map(({ id }) => id));
  return [...Map.groupBy(before.flat(), ({ id }) => id).values()]
    .filter((weeks) => weeks.length >= WEEKS_WITH_CALLS && !takesCalls.has(weeks[0]!.id))
    .map(([webhook]) => webhook!)
    .toSorted((a, b) => a.name.localeCompare(b.name, "en"));
}
