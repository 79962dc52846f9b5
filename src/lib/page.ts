/** One page of a list, newest first. `next` is the cursor of the page after it, or null on the last one. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/** Which page of a list is asked for: at most `limit` rows that come after the row named by `after` (a cursor of an earlier page). */
export interface PageRequest {
  readonly limit: number;
  readonly after: string | null;
}
