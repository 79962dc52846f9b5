/** The log of calls with its filters. */
import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { FilterForm, SelectFilter } from "../web/parts/search-form.tsx";
import { EmptyState, StatusPill, Time } from "../web/parts/states.tsx";
import { Pager, Table, type Column } from "../web/parts/table.tsx";
import { REFUSED_STATUSES } from "./receiver-answer.ts";
import { CALL_OUTCOMES, type Call, type CallOutcome, type CallWithWebhookName } from "./call.ts";

const OUTCOMES: Readonly<Record<CallOutcome, { readonly label: string; readonly pill: "good" | "neutral" | "bad" }>> = {
  sample: { label: "Sample", pill: "neutral" },
  accepted: { label: "Accepted", pill: "good" },
  repeated: { label: "Repeated", pill: "neutral" },
  refused: { label: "Refused", pill: "bad" },
};

export function OutcomePill({ outcome }: { readonly outcome: CallOutcome }) {
  const { label, pill } = OUTCOMES[outcome];
  return <StatusPill kind={pill}>{label}</StatusPill>;
}

export function callHref(call: Pick<Call, "id">): string {
  return `/calls/${call.id}`;
}

export const CALL_COLUMNS: readonly Column<CallWithWebhookName>[] = [
  { header: "Received", cell: ({ receivedAt }) => <Time at={receivedAt} /> },
  { header: "Webhook", cell: ({ webhookName }) => <bdi>{webhookName}</bdi> },
  { header: "Outcome", cell: ({ outcome }) => <OutcomePill outcome={outcome} /> },
  { header: "Status", numeric: true, cell: ({ status }) => status },
  { header: "Application", cell: ({ applicationName }) => applicationName !== null && <bdi>{applicationName}</bdi> },
  { header: "Reason", cell: ({ reason }) => reason },
];

export interface CallFilter {
  readonly webhookId: string | null;
  readonly outcome: CallOutcome | null;
  /** One of REFUSED_STATUSES. */
  readonly status: number | null;
}

interface CallsPageProps {
  readonly page: Page<CallWithWebhookName>;
  readonly filter: CallFilter;
  readonly after: string | null;
  /** What the filter offers. */
  readonly webhooks: readonly { readonly id: string; readonly name: string }[];
}

export function CallsPage({ page, filter, after, webhooks }: CallsPageProps) {
  const filtered = filter.webhookId !== null || filter.outcome !== null || filter.status !== null;
  const noneAtAll = page.rows.length === 0 && !filtered && after === null;
  return (
    <ConsolePage title="Calls" intro="Every request that your webhooks received, newest first: what it was answered, and why.">
      {noneAtAll ? (
        <EmptyState action={{ href: "/webhooks", label: "Open your webhooks" }}>
          There are no calls yet. Copy a webhook’s endpoint and the request that goes with it, and send the first one.
        </EmptyState>
      ) : (
        <>
          <Filters filter={filter} filtered={filtered} webhooks={webhooks} />
          {page.rows.length === 0 ? (
            <EmptyState action={{ href: "/calls", label: "Show all calls" }}>
              {filtered ? "No call fits this filter." : "The log ends before this page."}
            </EmptyState>
          ) : (
            <Table caption="Calls" columns={CALL_COLUMNS} rows={page.rows} href={callHref} />
          )}
          <Pager page={page} after={after} href={callsHref(filter)} />
        </>
      )}
    </ConsolePage>
  );
}

function Filters({ filter, filtered, webhooks }: Pick<CallsPageProps, "filter" | "webhooks"> & { readonly filtered: boolean }) {
  const known = webhooks.map(({ id, name }) => ({ value: id, label: name }));
  // A deleted webhook, or one beyond those that fit: it must stay chosen, or the next use of the form would drop it.
  const chosen = filter.webhookId !== null && webhooks.every(({ id }) => id !== filter.webhookId) ? [{ value: filter.webhookId, label: "One webhook" }] : [];
  return (
    <FilterForm action="/calls" chosen={filtered}>
      <SelectFilter
        name="webhook"
        label="Webhook"
        value={filter.webhookId ?? undefined}
        options={[{ value: "", label: "Every webhook" }, ...chosen, ...known]}
      />
      <SelectFilter
        name="outcome"
        label="Outcome"
        value={filter.outcome ?? undefined}
        options={[{ value: "", label: "Every outcome" }, ...CALL_OUTCOMES.map((outcome) => ({ value: outcome, label: OUTCOMES[outcome].label }))]}
      />
      <SelectFilter
        name="status"
        label="Reason"
        value={filter.status?.toString()}
        options={[
          { value: "", label: "Every reason" },
          ...Object.entries(REFUSED_STATUSES).map(([status, words]) => ({ value: status, label: `${status} ${words}` })),
        ]}
      />
    </FilterForm>
  );
}

function callsHref({ webhookId, outcome, status }: CallFilter): string {
  const parameters = new URLSearchParams();
  if (webhookId !== null) parameters.set("webhook", webhookId);
  if (outcome !== null) parameters.set("outcome", outcome);
  if (status !== null) parameters.set("status", String(status));
  return parameters.size === 0 ? "/calls" : `/calls?${parameters}`;
}
