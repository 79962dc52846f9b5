/** The ISO 8601 spelling of a day of the years 1 to 9999, or undefined when the calendar has no such day. */
export function calendarDay(year: number, month: number, day: number): string | undefined {
  if (!(year >= 1 && year <= 9_999)) return undefined;
  const date = new Date(0);
  // `Date.UTC` would take the years below 100 for those of the twentieth century.
  date.setUTCFullYear(year, month - 1, day);
  const isThere = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isThere ? date.toISOString().slice(0, 10) : undefined;
}
