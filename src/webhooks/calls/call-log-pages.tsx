/** The log of calls with its filters. */
import type { Page } from "../../lib/page.ts";
import { ConsolePage } from "../../web/layout.tsx";
import { FOLLOW_ISLAND, FollowedList, Waiting } from "../../web/parts/followed.tsx";
import { LinkButton } from "../../web/parts/form.tsx";
import { DayFilter, SearchForm, SelectFilter } from "../../web/parts/search-form.tsx";
import { EmptyState, StatusPill, Time } from "../../web/parts/states.tsx";
import { Pager, Table, type Column } from "../../web/parts/table.tsx";
import { liveCallsHref, markOf } from "./live-calls.ts";
import { REFUSED_STATUSES } from "../receiving/receiver-answer.ts";
import { CALL_OUTCOMES, MAX_SEARCHED, type Call, type CallOutcome, type CallWithWebhookName } from "./call.ts";

const OUTCOMES: Readonly<Record<CallOutcome, { readonly label: string; readonly pill: "good" | "waiting" | "neutral" | "bad" }>> = {
  sample: { label: "Sample", pill: "neutral" },
  accepted: { label: "Accepted", pill: "good" },
  repeated: { label: "Repeated", pill: "neutral" },
  waiting: { label: "Waiting", pill: "waiting" },
  refused: { label: "Refused", pill: "bad" },
};

export function OutcomePill({ outcome }: { readonly outcome: CallOutcome }) {
  const { label, pill } = OUTCOMES[outcome];
  return <StatusPill kind={pill}>{label}</StatusPill>;
}

/** Who sent a call; nothing where nobody knows. */
export function Sender({ call: { applicationName, fromConsole } }: { readonly call: Pick<Call, "applicationName" | "fromConsole"> }) {
  if (fromConsole) {
    return (
      <>
        {fromConsole.replayOf === null ? "Test by" : "Replay by"} <bdi>{fromConsole.userName}</bdi>
      </>
    );
  }
  return applicationName !== null && <bdi>{applicationName}</bdi>;
}

export function callHref(call: Pick<Call, "id">): string {
  return `/calls/${call.id}`;
}

export const CALL_COLUMNS: readonly Column<CallWithWebhookName>[] = [
  { header: "Received", cell: ({ receivedAt }) => <Time at={receivedAt} /> },
  { header: "Webhook", cell: ({ webhookName }) => <bdi>{webhookName}</bdi> },
  { header: "Outcome", cell: ({ outcome }) => <OutcomePill outcome={outcome} /> },
  { header: "Status", numeric: true, cell: ({ status }) => status },
  { header: "Sent by", cell: (call) => <Sender call={call} /> },
  { header: "Reason", cell: ({ reason }) => reason },
];

/** What the address narrows the log to, as it stands there; undefined narrows nothing. */
export interface CallFilter {
  /** A reference, the id of a customer, or a part of the name of who sent the call. */
  readonly q: string | undefined;
  readonly webhook: string | undefined;
  readonly outcome: CallOutcome | undefined;
  /** One of REFUSED_STATUSES. */
  readonly status: number | undefined;
  /** Days in the brand's time zone. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

interface CallsPageProps {
  readonly page: Page<CallWithWebhookName>;
  readonly filter: CallFilter;
  readonly after: string | null;
  /** What the filter offers. */
  readonly webhooks: readonly { readonly id: string; readonly name: string }[];
}

export function CallsPage({ page, filter, after, webhooks }: CallsPageProps) {
  const parameters = parametersOf(filter);
  const filtered = parameters !== "";
  const noneAtAll = page.rows.length === 0 && !filtered && after === null;
  const live = { stream: liveCallsHref(parameters), seen: markOf(page.rows) };
  // What was searched, or has ended, does not move.
  const isFollowed = after === null && filter.q === undefined && filter.to === undefined;
  return (
    <ConsolePage
      title="Calls"
      intro="Every request that your webhooks received, newest first: what it was answered, and why."
      action={!noneAtAll && <LinkButton href={`/calls/export${filtered ? `?${parameters}` : ""}`}>Export</LinkButton>}
      islands={isFollowed ? [FOLLOW_ISLAND] : []}
    >
      {noneAtAll ? (
        <>
          <EmptyState action={{ href: "/webhooks", label: "Open your webhooks" }}>
            There are no calls yet. Copy a webhook’s endpoint and the request that goes with it, and send the first one.
          </EmptyState>
          <Waiting {...live}>Waiting for the first call …</Waiting>
        </>
      ) : (
        <>
          <Filters filter={filter} filtered={filtered} webhooks={webhooks} />
          {isFollowed ? (
            <FollowedList {...live} rows={`/calls/rows${filtered ? `?${parameters}` : ""}`} what="new calls show as they arrive">
              <CallRows page={page} filter={filter} after={after} />
            </FollowedList>
          ) : (
            <CallRows page={page} filter={filter} after={after} />
          )}
        </>
      )}
    </ConsolePage>
  );
}

/** What the live view renders anew. */
export function CallRows({ page, filter, after }: Omit<CallsPageProps, "webhooks">) {
  const href = callsHref(filter);
  const looksFurther = page.next !== null && (filter.q !== undefined || page.rows.length === 0);
  return (
    <>
      {page.rows.length === 0 ? (
        <NoneHere filtered={href !== "/calls"} looksFurther={looksFurther} />
      ) : (
        <Table caption="Calls" columns={CALL_COLUMNS} rows={page.rows} href={callHref} />
      )}
      {looksFurther && (
        <p class="hint">
          A page of a search looks at {MAX_SEARCHED.toLocaleString("en")} calls at most. The next one looks at older calls; a day or a webhook narrows it.
        </p>
      )}
      <Pager page={page} after={after} href={href} />
    </>
  );
}

function NoneHere({ filtered, looksFurther }: { readonly filtered: boolean; readonly looksFurther: boolean }) {
  if (looksFurther) return <EmptyState>None of these calls fits. Older ones may.</EmptyState>;
  return (
    <EmptyState action={{ href: "/calls", label: "Show all calls" }}>{filtered ? "No call fits this filter." : "The log ends before this page."}</EmptyState>
  );
}

function Filters({ filter, filtered, webhooks }: Pick<CallsPageProps, "filter" | "webhooks"> & { readonly filtered: boolean }) {
  const known = webhooks.map(({ id, name }) => ({ value: id, label: name }));
  // A deleted webhook, or one beyond those that fit: it must stay chosen, or the next use of the form would drop it.
  const chosen = filter.webhook !== undefined && webhooks.every(({ id }) => id !== filter.webhook) ? [{ value: filter.webhook, label: "One webhook" }] : [];
  return (
    <SearchForm action="/calls" label="Reference, customer id or sender" value={filter.q} chosen={filtered}>
      <SelectFilter name="webhook" label="Webhook" value={filter.webhook} options={[{ value: "", label: "Every webhook" }, ...chosen, ...known]} />
      <SelectFilter
        name="outcome"
        label="Outcome"
        value={filter.outcome}
        options={[{ value: "", label: "Every outcome" }, ...CALL_OUTCOMES.map((outcome) => ({ value: outcome, label: OUTCOMES[outcome].label }))]}
      />
      <SelectFilter
        name="status"
        label="Reason"
        value={filter.status === undefined ? undefined : String(filter.status)}
        options={[
          { value: "", label: "Every reason" },
          ...Object.entries(REFUSED_STATUSES).map(([status, words]) => ({ value: status, label: `${status} ${words}` })),
        ]}
      />
      <DayFilter name="from" label="From" value={filter.from} />
      <DayFilter name="to" label="To" value={filter.to} />
    </SearchForm>
  );
}

function parametersOf(filter: CallFilter): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(filter) as [string, string | number | undefined][]) if (value !== undefined) parameters.set(name, String(value));
  return parameters.toString();
}

function callsHref(filter: CallFilter): string {
  const parameters = parametersOf(filter);
  return parameters === "" ? "/calls" : `/calls?${parameters}`;
}
