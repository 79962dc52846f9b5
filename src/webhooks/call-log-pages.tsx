/** What the console shows of calls: the log with its filters, and one call with what it sent and what it caused. */
import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { JsonTree } from "../web/parts/json-tree.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { FilterForm, SelectFilter } from "../web/parts/search-form.tsx";
import { Section } from "../web/parts/section.tsx";
import { EmptyState, StatusPill, Time } from "../web/parts/states.tsx";
import { Facts, Pager, Table, type Column } from "../web/parts/table.tsx";
import { CALL_OUTCOMES, type Call, type CallOutcome, type CallWithWebhookName } from "./call.ts";
import { parseJson } from "./json-document.ts";
import type { CallWithWebhook } from "./webhook-store.ts";

const OUTCOMES: Readonly<Record<CallOutcome, { readonly label: string; readonly pill: "good" | "neutral" | "bad" }>> = {
  sample: { label: "Sample", pill: "neutral" },
  accepted: { label: "Accepted", pill: "good" },
  repeated: { label: "Repeated", pill: "neutral" },
  refused: { label: "Refused", pill: "bad" },
};

function OutcomePill({ outcome }: { readonly outcome: CallOutcome }) {
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
}

interface CallsPageProps {
  readonly page: Page<CallWithWebhookName>;
  readonly filter: CallFilter;
  readonly after: string | null;
  /** What the filter offers. */
  readonly webhooks: readonly { readonly id: string; readonly name: string }[];
}

export function CallsPage({ page, filter, after, webhooks }: CallsPageProps) {
  const filtered = filter.webhookId !== null || filter.outcome !== null;
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
    </FilterForm>
  );
}

function callsHref({ webhookId, outcome }: CallFilter): string {
  const parameters = new URLSearchParams();
  if (webhookId !== null) parameters.set("webhook", webhookId);
  if (outcome !== null) parameters.set("outcome", outcome);
  return parameters.size === 0 ? "/calls" : `/calls?${parameters}`;
}

interface CallPageProps {
  readonly call: CallWithWebhook;
  /** Whether the webhook is still there to be opened. */
  readonly webhookExists: boolean;
}

export function CallPage({ call, webhookExists }: CallPageProps) {
  const webhookName = <bdi>{call.webhookName}</bdi>;
  return (
    <ConsolePage title={`Call to ${call.webhookName}`} breadcrumb={{ href: "/calls", label: "Calls" }}>
      {call.reason !== null && <Notice kind="error">{call.reason}</Notice>}
      <Facts
        facts={[
          ["Outcome", <OutcomePill outcome={call.outcome} />],
          ["Answered with status", call.status],
          ["Received", <Time at={call.receivedAt} />],
          ["Webhook", webhookExists ? <a href={`/webhooks/${call.webhookId}`}>{webhookName}</a> : <>{webhookName} (deleted)</>],
          ["Application", <Caller call={call} />],
        ]}
      />
      <CopyField label="Reference" value={call.reference} />
      {call.outcome === "accepted" && <WrittenCustomers customerIds={call.customerIds} />}
      <Body call={call} />
    </ConsolePage>
  );
}

function Caller({ call }: { readonly call: Call }) {
  if (call.applicationName !== null) return <bdi>{call.applicationName}</bdi>;
  return <>{call.authenticated ? "Unknown" : "Unknown: the caller did not prove itself"}</>;
}

/** Links on one page; a call of 6 MB can write tens of thousands of customers. */
const MAX_CUSTOMER_LINKS = 100;

function WrittenCustomers({ customerIds }: Pick<Call, "customerIds">) {
  const shown = customerIds.slice(0, MAX_CUSTOMER_LINKS);
  return (
    <Section title="Customers" intro="Created or updated by this call, one for each object that it sent, in order.">
      {customerIds.length === 0 ? (
        <EmptyState>The call sent an empty list, so it wrote no customer.</EmptyState>
      ) : (
        <ol class="id-list">
          {shown.map((id) => (
            <li>
              <a href={`/customers/${id}`}>
                <code>{id}</code>
              </a>
            </li>
          ))}
        </ol>
      )}
      {customerIds.length > shown.length && <p class="hint">{customerIds.length - shown.length} more are not shown.</p>}
    </Section>
  );
}

/** The longest body that is shown, in UTF-16 units: as a tree when it is whole, else its beginning as text. */
const MAX_SHOWN_BODY = 64 * 1024;

function Body({ call }: { readonly call: Call }) {
  if (call.body === null) {
    return (
      <Section title="Body">
        <EmptyState>
          {call.applicationName === null
            ? "The body was not kept: calls that do not prove themselves leave only this line."
            : "The body of this call was not kept."}
        </EmptyState>
      </Section>
    );
  }
  const whole = call.body.length <= MAX_SHOWN_BODY;
  // A refused call keeps whatever was sent, also what is no JSON.
  const parsed = whole ? parseJson(call.body) : null;
  return (
    <Section
      title="Body"
      intro={whole ? "As it was received." : `The first ${MAX_SHOWN_BODY / 1024} thousand characters of what was received.`}
      action={<a href={`${callHref(call)}/body`}>Download</a>}
    >
      {parsed?.ok ? (
        <JsonTree label="Body of the call" value={parsed.document.value} />
      ) : (
        <pre class="source-text" tabIndex={0}>
          {call.body.slice(0, MAX_SHOWN_BODY)}
        </pre>
      )}
    </Section>
  );
}
