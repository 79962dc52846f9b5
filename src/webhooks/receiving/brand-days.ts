import type { BrandDirectory } from "../../brands/brand-directory.ts";
import type { Brand } from "../../brands/brand.ts";
import { callQuotaOf, type CallQuota } from "../../brands/call-quota.ts";
import { DAY, SECOND, type Clock } from "../../lib/clock.ts";
import { whenKnown, type Soon } from "../../lib/soon.ts";
import type { CallStore } from "../webhook-store.ts";

/**
 * A brand's day and its quota, and what has been used of it as far as this process knows: enough to tell callers, and to turn
 * them away early. The commit itself decides, from what is stored.
 */
export class BrandDay {
  readonly quota: CallQuota;
  readonly #clock: Clock;
  #calls: number;

  constructor(quota: CallQuota, calls: number, clock: Clock) {
    this.quota = quota;
    this.#calls = calls;
    this.#clock = clock;
  }

  get isUsedUp(): boolean {
    return this.#calls >= this.quota.limit;
  }

  /** Seconds until the next day begins, rounded up. */
  get secondsLeft(): number {
    return Math.max(1, Math.ceil((this.quota.endsAt - this.#clock.now()) / SECOND));
  }

  /** What the store has counted. Answers may come in another order than commits: the count of a day only grows. */
  note(calls: number): void {
    this.#calls = Math.max(this.#calls, calls);
  }

  /** One more that will be counted after its answer. */
  noteRefused(): void {
    this.#calls += 1;
  }

  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10). */
  get headers(): Readonly<Record<string, string>> {
    const { limit } = this.quota;
    return {
      "RateLimit-Policy": `"day";q=${limit};w=${DAY / SECOND}`,
      RateLimit: `"day";r=${Math.max(0, limit - this.#calls)};t=${this.secondsLeft}`,
    };
  }
}

/** The present day of each brand that calls come for. */
export class BrandDays {
  readonly #brands: BrandDirectory;
  readonly #store: Pick<CallStore, "countCallsOfDay">;
  readonly #clock: Clock;
  /** The brand as it was when its day was made: another time zone or another app of the store makes it anew. */
  readonly #days = new Map<string, { readonly brand: Brand; readonly day: BrandDay }>();

  constructor(brands: BrandDirectory, calls: Pick<CallStore, "countCallsOfDay">, clock: Clock) {
    this.#brands = brands;
    this.#store = calls;
    this.#clock = clock;
  }

  /** Null when the brand's calls are not counted. */
  find(brandId: string): Soon<BrandDay | null> {
    return whenKnown(this.#brands.find(brandId), (brand) => {
      const known = this.#days.get(brandId);
      if (known && known.brand === brand && this.#clock.now() < known.day.quota.endsAt) return known.day;
      const quota = brand ? callQuotaOf(brand, this.#clock.now()) : null;
      return brand && quota ? this.#begin(brandId, brand, quota) : null;
    });
  }

  async #begin(brandId: string, brand: Brand, quota: CallQuota): Promise<BrandDay> {
    const day = new BrandDay(quota, await this.#store.countCallsOfDay(brandId, quota.day), this.#clock);
    this.#days.set(brandId, { brand, day });
    return day;
  }
}
