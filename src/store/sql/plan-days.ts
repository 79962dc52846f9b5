/** How many calls the days of brands have, as one batch counts them. */
import type { CallQuota } from "../../brands/call-quota.ts";
import { DAY } from "../../lib/clock.ts";

interface StoredDays {
  /** How many counted calls the day has; zero when there is no row. */
  countCalls(brandId: string, day: string): number;
}

/** How long the count of a day is kept after it. */
const KEPT = 31 * DAY;

interface CountedDay {
  readonly brandId: string;
  readonly day: string;
  readonly expiresAt: number;
  calls: number;
}

/** The counts of the days that one transaction touches. */
export class CallDays {
  readonly #stored: StoredDays;
  readonly #days = new Map<string, CountedDay>();

  constructor(stored: StoredDays) {
    this.#stored = stored;
  }

  /** As they shall be stored. */
  get counted(): readonly Readonly<CountedDay>[] {
    return [...this.#days.values()];
  }

  /** Whether the day has room for one more call. */
  hasRoom(brandId: string, quota: CallQuota | undefined): boolean {
    return !quota || this.#dayOf(brandId, quota).calls < quota.limit;
  }

  /** Counts one call and gives the day's number with it; nothing where calls are not counted. */
  count(brandId: string, quota: CallQuota | undefined): number | undefined {
    return quota && (this.#dayOf(brandId, quota).calls += 1);
  }

  #dayOf(brandId: string, { day, endsAt }: CallQuota): CountedDay {
    const key = `${brandId} ${day}`;
    let counted = this.#days.get(key);
    if (!counted) this.#days.set(key, (counted = { brandId, day, expiresAt: endsAt + KEPT, calls: this.#stored.countCalls(brandId, day) }));
    return counted;
  }
}
