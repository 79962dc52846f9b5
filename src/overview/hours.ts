import { DAY, HOUR } from "../lib/clock.ts";
import { dateFormat } from "../lib/time-zone.ts";
import { hourOf } from "../webhooks/calls/call-hours.ts";
import type { HourSpan } from "../webhooks/calls/call-hour-store.ts";

/** How far back the dashboard looks. */
export const RANGES = {
  "24h": { label: "24 hours", hours: 24 },
  "7d": { label: "7 days", hours: 168 },
} as const;
export type Range = keyof typeof RANGES;

/** The range that an address names; the shortest for anything else. */
export function parseRange(text: string | undefined): Range {
  return text === "7d" ? text : "24h";
}

/** The present hour, which has only begun, and those before it; each by its beginning. Hours of real time: a day whose clocks change has 23 or 25. */
export function hoursOf(range: Range, now: number): readonly number[] {
  const { hours } = RANGES[range];
  return Array.from({ length: hours }, (_, index) => hourOf(now) - (hours - 1 - index) * HOUR);
}

export function spanOf(hours: readonly number[]): HourSpan {
  return { from: hours[0]!, to: hours.at(-1)! + HOUR };
}

/** When each hour began, as clocks in the time zone showed it: `Tue 24 Nov, 14:00`. An hour that the clocks showed twice says which one it is. */
export function hourLabels(hours: readonly number[], timeZone: string): readonly string[] {
  const show = clocksOf(timeZone);
  const labels = hours.map((hour) => {
    const { day, month, clock } = show(hour);
    return `${day} ${month}, ${clock}`;
  });
  const offset = dateFormat(timeZone, { timeZoneName: "shortOffset" });
  const offsetAt = (time: number) => offset.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value;
  return labels.map((label, index) => {
    const isShownTwice = labels[index - 1] === label || labels[index + 1] === label;
    return isShownTwice ? `${label} ${offsetAt(hours[index]!)}` : label;
  });
}

/** Where a chart of these hours is marked. */
interface HourMark {
  /** In hours after the beginning of the first one. */
  readonly at: number;
  readonly label: string;
}

/** Clock times between which no label stands on another. */
const EVERY_SIXTH_HOUR = /^(?:06|12|18):/;
/** Days and hours of every zone begin at a full quarter of an hour of UTC. */
const QUARTERS = [0, 0.25, 0.5, 0.75] as const;

/**
 * The beginning of each day of the time zone, and of short spans also six, twelve and eighteen o'clock. A day may begin within
 * one of the hours, and at one o'clock where clocks go forward at midnight.
 */
export function hourMarks(hours: readonly number[], timeZone: string): readonly HourMark[] {
  const show = clocksOf(timeZone);
  const { from, to } = spanOf(hours);
  const withClock = to - from <= DAY;
  const stampOf = ({ day, clock }: Clocks) => (withClock ? `${day} ${clock.slice(0, 2)}` : day);
  const marks: HourMark[] = [];
  let before = show(from - 1);
  for (const hour of hours) {
    const after = show(hour + HOUR - 1);
    if (stampOf(after) !== stampOf(before)) {
      const part = QUARTERS.find((quarter) => stampOf(show(hour + quarter * HOUR)) !== stampOf(before)) ?? 0;
      const at = (hour - from) / HOUR + part;
      if (after.day !== before.day) marks.push({ at, label: after.day });
      else if (EVERY_SIXTH_HOUR.test(after.clock)) marks.push({ at, label: show(hour + part * HOUR).clock });
    }
    before = after;
  }
  return marks;
}

/** What clocks and calendars show. */
interface Clocks {
  /** `Tue 24` */
  readonly day: string;
  readonly month: string;
  readonly clock: string;
}

function clocksOf(timeZone: string): (time: number) => Clocks {
  const format = dateFormat(timeZone, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, value.replace(/\.$/, "")]));
    return { day: `${parts.get("weekday")} ${parts.get("day")}`, month: parts.get("month")!, clock: `${parts.get("hour")}:${parts.get("minute")}` };
  };
}
