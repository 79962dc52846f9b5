import { dateFormat } from "../lib/time-zone.ts";
import type { Brand } from "./brand.ts";

/** How many calls a brand's webhooks take in one of the brand's days. */
export interface CallQuota {
  /** The day in the brand's time zone, `2026-11-24`. */
  readonly day: string;
  /** When the next day begins there. */
  readonly endsAt: number;
  readonly limit: number;
}

/** Calls a day; the store's Webhook Pro lifts it. */
export const CALLS_A_DAY = 50_000;

/** Longer than any day is, also one that gains an hour. */
const LONGEST_DAY = 26 * 60 * 60 * 1_000;

/** The quota that holds for a brand at this moment; null when the brand has none. */
export function callQuotaOf(brand: Pick<Brand, "timeZone" | "modules">, now: number): CallQuota | null {
  return brand.modules.has("webhook-pro") ? null : { ...dayOf(brand.timeZone, now), limit: CALLS_A_DAY };
}

/** The day that it is in a time zone, and when it ends. */
function dayOf(timeZone: string, now: number): { readonly day: string; readonly endsAt: number } {
  const format = dateFormat(timeZone, { year: "numeric", month: "2-digit", day: "2-digit" });
  const day = format.format(now);
  // By bisection, because a day may have 23 or 25 hours, or begin at one o'clock where clocks go forward at midnight.
  let inside = now;
  let outside = now + LONGEST_DAY;
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (format.format(middle) === day) inside = middle;
    else outside = middle;
  }
  return { day, endsAt: outside };
}
