import type { CallQuota } from "../../brands/call-quota.ts";
import { DAY } from "../../lib/clock.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** How long the count of a day is kept after it. */
const KEPT = 31 * DAY;

/** The counts of the days that one transaction touches; written once, at its end. */
export class CallDays {
  readonly #connection: SqliteConnection;
  readonly #days = new Map<string, { readonly brandId: string; readonly quota: CallQuota; calls: number }>();

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  /** Whether the day has room for one more call. */
  hasRoom(brandId: string, quota: CallQuota | undefined): boolean {
    return !quota || this.#dayOf(brandId, quota).calls < quota.limit;
  }

  /** Counts one call and gives the day's number with it; nothing where calls are not counted. */
  count(brandId: string, quota: CallQuota | undefined): number | undefined {
    return quota && (this.#dayOf(brandId, quota).calls += 1);
  }

  store(): void {
    const put = this.#connection.prepare(
      "insert into call_days (brand_id, day, calls, expires_at) values (?, ?, ?, ?) on conflict do update set calls = excluded.calls",
    );
    for (const { brandId, quota, calls } of this.#days.values()) put.run(brandId, quota.day, calls, quota.endsAt + KEPT);
  }

  #dayOf(brandId: string, quota: CallQuota) {
    const key = `${brandId} ${quota.day}`;
    let day = this.#days.get(key);
    if (!day) {
      const row = this.#connection.prepare("select calls from call_days where brand_id = ? and day = ?").get(brandId, quota.day);
      this.#days.set(key, (day = { brandId, quota, calls: (row?.["calls"] as number | undefined) ?? 0 }));
    }
    return day;
  }
}
