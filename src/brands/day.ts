import { HOUR } from "../lib/clock.ts";

/** When a day, `2026-11-24`, begins in a time zone: mostly at midnight there. Undefined for what is no day. */
export function startOfDay(day: string, timeZone: string): number | undefined {
  const noon = Date.parse(`${day}T12:00:00Z`);
  if (!/^[12]\d{3}-\d\d-\d\d$/.test(day) || Number.isNaN(noon) || new Date(noon).toISOString().slice(0, 10) !== day) return undefined;
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  // By bisection, because clocks may go forward at midnight; no zone is further than 14 hours from UTC.
  let before = noon - 30 * HOUR;
  let reached = noon + 30 * HOUR;
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (format.format(middle) < day) before = middle;
    else reached = middle;
  }
  return reached;
}

/** When it ends there. */
export function endOfDay(day: string, timeZone: string): number | undefined {
  const noon = Date.parse(`${day}T12:00:00Z`);
  return Number.isNaN(noon) || startOfDay(day, timeZone) === undefined
    ? undefined
    : startOfDay(new Date(noon + 24 * HOUR).toISOString().slice(0, 10), timeZone);
}
