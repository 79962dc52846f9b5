import type { Customer } from "../customers/customer.ts";
import { CUSTOMER_COLUMNS, customerHref } from "../customers/customer-pages.tsx";
import { ConsolePage } from "../web/layout.tsx";
import { Checklist } from "../web/parts/checklist.tsx";
import { Section } from "../web/parts/section.tsx";
import { Table } from "../web/parts/table.tsx";
import { CALL_COLUMNS, callHref } from "../webhooks/calls/call-log-pages.tsx";
import { UsageNotice } from "../webhooks/call-usage-pages.tsx";
import type { CallWithWebhookName } from "../webhooks/calls/call.ts";
import { Dashboard, type DashboardProps } from "./dashboard-page.tsx";
import type { WalkStep } from "./walk.ts";

interface OverviewPageProps {
  readonly walk: readonly WalkStep[];
  /** Null until a call has made a customer: before that there is nothing to watch. */
  readonly dashboard: DashboardProps | null;
  readonly newestCalls: readonly CallWithWebhookName[];
  readonly newestCustomers: readonly Customer[];
}

export function OverviewPage({ walk, dashboard, newestCalls, newestCustomers }: OverviewPageProps) {
  const left = walk.filter((step) => !step.done).length;
  return (
    <ConsolePage
      title="Overview"
      intro={
        left === 0
          ? "What your webhooks received, and what became of it."
          : `${left === 1 ? "One step is" : `${left} steps are`} left until webhook calls make customers.`
      }
    >
      {left > 0 && <Checklist label="From nothing to the first customer" items={walk} />}
      {dashboard && <UsageNotice usage={dashboard.usage} />}
      {dashboard && <Dashboard {...dashboard} />}
      {!dashboard && newestCalls.length > 0 && (
        <Section title="Newest calls" action={<a href="/calls">All calls</a>}>
          <Table caption="Newest calls" columns={CALL_COLUMNS} rows={newestCalls} href={callHref} />
        </Section>
      )}
      {newestCustomers.length > 0 && (
        <Section title="Newest customers" action={<a href="/customers">All customers</a>}>
          <Table caption="Newest customers" columns={CUSTOMER_COLUMNS} rows={newestCustomers} href={customerHref} />
        </Section>
      )}
    </ConsolePage>
  );
}
