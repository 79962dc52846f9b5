import type { CallCount } from "./call-hours.ts";

/** From one full hour on and before another. */
export interface HourSpan {
  readonly from: number;
  readonly to: number;
}

/** The counts that the commits of calls keep; an erased customer and a deleted webhook change nothing in them. */
export interface CallHourStore {
  /** All calls of the hours, those of several webhooks together; with `ownerId` only of that user's webhooks. */
  listCallCounts(brandId: string, ownerId: string | null, span: HourSpan): Promise<readonly CallCount[]>;
  /** Those webhooks that are not deleted and took at least one call in these hours: a refused call is not taken. In no order. */
  listTakingWebhooks(brandId: string, ownerId: string | null, span: HourSpan): Promise<readonly { readonly id: string; readonly name: string }[]>;
}
