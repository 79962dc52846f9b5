import type { Customer } from "../customers/customer.ts";
import { CUSTOMER_COLUMNS, customerHref } from "../customers/customer-pages.tsx";
import { ConsolePage } from "../web/layout.tsx";
import { Checklist } from "../web/parts/checklist.tsx";
import { Section } from "../web/parts/section.tsx";
import { Table } from "../web/parts/table.tsx";
import { CALL_COLUMNS, callHref } from "../webhooks/call-log-pages.tsx";
import type { CallWithWebhookName } from "../webhooks/call.ts";
import type { WalkStep } from "./walk.ts";

interface OverviewPageProps {
  readonly walk: readonly WalkStep[];
  readonly newestCalls: readonly CallWithWebhookName[];
  readonly newestCustomers: readonly Customer[];
}

export function OverviewPage({ walk, newestCalls, newestCustomers }: OverviewPageProps) {
  const left = walk.filter((step) => !step.done).length;
  return (
    <ConsolePage
      title="Overview"
      intro={left === 0 ? "What came in last." : `${left === 1 ? "One step is" : `${left} steps are`} left until webhook calls make customers.`}
    >
      {left > 0 && <Checklist label="From nothing to the first customer" items={walk} />}
      {newestCalls.length > 0 && (
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
