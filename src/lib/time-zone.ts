/** A format in a time zone; in UTC where this runtime does not know the zone (any more), because a name must stop neither calls nor pages. */
export function dateFormat(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-CA", { ...options, timeZone });
  } catch (error) {
    if (error instanceof RangeError) return new Intl.DateTimeFormat("en-CA", { ...options, timeZone: "UTC" });
    throw error;
  }
}
