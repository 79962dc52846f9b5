import type { BrandDirectory } from "../brands/brand-directory.ts";
import { callQuotaOf, type CallQuota } from "../brands/call-quota.ts";
import type { CallStore } from "./webhook-store.ts";

/** What the brand's webhooks took of the day's quota. */
export interface CallUsage extends CallQuota {
  readonly timeZone: string;
  readonly calls: number;
}

/** From this share of the quota on, people are warned. */
const WARNING = 0.8;

/** Null when the brand's calls are not limited. */
export async function findCallUsage(
  { brands, calls }: { readonly brands: BrandDirectory; readonly calls: Pick<CallStore, "countCallsOfDay"> },
  brandId: string,
  now: number,
): Promise<CallUsage | null> {
  const brand = await brands.find(brandId);
  const quota = brand ? callQuotaOf(brand, now) : null;
  return brand && quota ? { ...quota, timeZone: brand.timeZone, calls: await calls.countCallsOfDay(brandId, quota.day) } : null;
}

export function usageState({ calls, limit }: Pick<CallUsage, "calls" | "limit">): "usual" | "nearly" | "used-up" {
  if (calls >= limit) return "used-up";
  return calls >= limit * WARNING ? "nearly" : "usual";
}
