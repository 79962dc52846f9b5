/** The day's quota on pages. */
import { Notice } from "../web/parts/notice.tsx";
import { ShareBar } from "../web/parts/chart.tsx";
import { usageState, type CallUsage } from "./call-usage.ts";

/** A warning when the calls of the day are nearly or wholly used up; nothing before. */
export function UsageNotice({ usage }: { readonly usage: CallUsage | null }) {
  const state = usage ? usageState(usage) : "usual";
  if (!usage || state === "usual") return null;
  const { calls, limit, timeZone } = usage;
  return (
    <Notice kind="warning">
      {state === "used-up"
        ? `All ${limit.toLocaleString("en")} calls of today are used up: further ones are refused with 429 until midnight in ${timeZone}.`
        : `${Math.floor((calls / limit) * 100)} % of today’s calls are used, ${calls.toLocaleString("en")} of ${limit.toLocaleString("en")}. Beyond them calls are refused with 429 until midnight in ${timeZone}.`}{" "}
      Webhook Pro in the <a href="/store">store</a> lifts the limit.
    </Notice>
  );
}

/** How much of the day's quota is used, as a bar and in words. */
export function UsageMeter({ usage }: { readonly usage: CallUsage | null }) {
  if (!usage) return <p class="hint">Webhook Pro is active: calls are not limited.</p>;
  const { calls, limit, timeZone } = usage;
  return (
    <div class="meter">
      <ShareBar part={calls} whole={limit} kind={usageState(usage) === "usual" ? "usual" : "warning"} />
      <p class="hint">
        Today the webhooks of this brand took {calls.toLocaleString("en")} of {limit.toLocaleString("en")} calls. The next day begins at midnight in {timeZone}.
        Webhook Pro in the <a href="/store">store</a> lifts the limit.
      </p>
    </div>
  );
}
