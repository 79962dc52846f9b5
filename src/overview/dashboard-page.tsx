/** The dashboard: what the webhooks received lately, and what became of it. Every number of a chart also stands in a table. */
import type { CallOutcome, CallWithWebhookName } from "../webhooks/calls/call.ts";
import { CALL_COLUMNS, callHref } from "../webhooks/calls/call-log-pages.tsx";
import type { CallUsage } from "../webhooks/call-usage.ts";
import { UsageMeter } from "../webhooks/call-usage-pages.tsx";
import { REFUSED_STATUSES } from "../webhooks/receiving/receiver-answer.ts";
import { BarChart, Legend, LineChart, LineLegend, ShareBar, type Ink, type Mark } from "../web/parts/chart.tsx";
import { ChoiceLinks } from "../web/parts/choice-links.tsx";
import { LinkButton } from "../web/parts/form.tsx";
import { Columns, Section } from "../web/parts/section.tsx";
import { Time } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import type { CallTotals } from "./call-statistics.ts";
import { RANGES, type Range } from "./hours.ts";
import { QUIET_RULE, type QuietWebhook } from "./quiet-webhooks.ts";

/** One bar of the chart and one row of its table. */
interface HourTotals {
  /** When it began. */
  readonly label: string;
  readonly totals: CallTotals;
}

export interface DashboardProps {
  readonly range: Range;
  readonly timeZone: string;
  readonly totals: CallTotals;
  readonly hours: readonly HourTotals[];
  readonly marks: readonly Mark[];
  readonly refusals: readonly { readonly status: number; readonly calls: number }[];
  readonly usage: CallUsage | null;
  readonly quiet: readonly (QuietWebhook & { readonly acceptedAt: number | null })[];
  /** Those that went quiet and are not among `quiet`. */
  readonly moreQuiet: number;
  readonly newestRefused: readonly CallWithWebhookName[];
}

export function Dashboard(props: DashboardProps) {
  const { refusals, usage, quiet, moreQuiet, newestRefused } = props;
  return (
    <>
      <Calls {...props} />
      <Columns>
        <Section title="Refused calls by reason" intro={`Of the last ${RANGES[props.range].label}.`}>
          {refusals.length === 0 ? <p>No call was refused.</p> : <Refusals refusals={refusals} />}
        </Section>
        <Section title="Quota of today" intro="Calls of callers who proved themselves, of all webhooks of the brand.">
          <UsageMeter usage={usage} />
        </Section>
      </Columns>
      <Section title="Webhooks that went quiet" intro={QUIET_RULE}>
        {quiet.length === 0 ? <p>None did.</p> : <Table caption="Webhooks that went quiet" columns={QUIET_COLUMNS} rows={quiet} href={webhookHref} />}
        {moreQuiet > 0 && (
          <p>
            And {moreQuiet.toLocaleString("en")} more. <a href="/webhooks">All webhooks</a>
          </p>
        )}
      </Section>
      {newestRefused.length > 0 && (
        <Section title="Newest refused calls" action={<a href="/calls?outcome=refused">All refused calls</a>}>
          <Table caption="Newest refused calls" columns={CALL_COLUMNS} rows={newestRefused} href={callHref} />
        </Section>
      )}
    </>
  );
}

/** Bottom to top. */
const SERIES: readonly { readonly outcome: CallOutcome; readonly name: string; readonly ink: Ink }[] = [
  { outcome: "accepted", name: "Accepted", ink: "solid" },
  { outcome: "repeated", name: "Repeated", ink: "light" },
  { outcome: "sample", name: "Sample", ink: "dots" },
  { outcome: "waiting", name: "Waiting", ink: "open" },
  { outcome: "refused", name: "Refused", ink: "stripes" },
];
/** Most of the time no call waits: then nobody need read of it. */
const seriesOf = ({ waiting }: CallTotals["byOutcome"]) => SERIES.filter(({ outcome }) => outcome !== "waiting" || waiting > 0);

function Calls({ range, timeZone, totals, hours, marks }: DashboardProps) {
  const { calls, byOutcome, latency } = totals;
  const series = seriesOf(byOutcome);
  const label = `Calls by hour of the last ${RANGES[range].label}: ${count(calls)} in all, ${count(byOutcome.refused)} of them refused.`;
  return (
    <Section
      title="Calls"
      intro={`Of the last ${RANGES[range].label}, by hour, as clocks show it in ${timeZone}.`}
      action={
        <>
          <ChoiceLinks
            label="How far back"
            links={(Object.keys(RANGES) as Range[]).map((each) => ({ href: `/?range=${each}`, label: RANGES[each].label, isCurrent: each === range }))}
          />
          <LinkButton href="/calls">All calls</LinkButton>
        </>
      }
    >
      <dl class="numbers">
        <BigNumber name="Calls" value={count(calls)} />
        <BigNumber name="Refused" value={byOutcome.refused === 0 ? "0" : `${count(byOutcome.refused)} (${share(byOutcome.refused, calls)})`} />
        <BigNumber name="Half decided within" value={milliseconds(latency?.median)} />
        <BigNumber name="95 % decided within" value={milliseconds(latency?.most)} />
      </dl>
      {calls === 0 ? (
        <p>No call came in.</p>
      ) : (
        <>
          <BarChart
            label={label}
            series={series}
            bars={hours.map((hour) => ({ title: titleOf(hour), values: series.map(({ outcome }) => hour.totals.byOutcome[outcome]) }))}
            marks={marks}
          />
          <Legend entries={series.map(({ outcome, name, ink }) => ({ name, ink, value: count(byOutcome[outcome]) }))} />
          <LineChart
            label={`Time to decide by hour: half of the calls within ${milliseconds(latency?.median)}, 95 % within ${milliseconds(latency?.most)}.`}
            unit=" ms"
            lines={[
              { line: "dashed", values: hours.map((hour) => hour.totals.latency?.median ?? null) },
              { line: "full", values: hours.map((hour) => hour.totals.latency?.most ?? null) },
            ]}
            marks={marks}
          />
          <LineLegend
            entries={[
              { name: "95 % decided within", line: "full", value: milliseconds(latency?.most) },
              { name: "Half", line: "dashed", value: milliseconds(latency?.median) },
            ]}
          />
          <p class="hint">From a call’s head to the decision what to answer; writing it down comes on top.</p>
          <details class="disclosure">
            <summary>The numbers as a table</summary>
            <Table caption="Calls by hour" columns={hourColumns(series)} rows={hours.filter((hour) => hour.totals.calls > 0).toReversed()} />
          </details>
        </>
      )}
    </Section>
  );
}

function BigNumber({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function titleOf({ label, totals: { calls, byOutcome } }: HourTotals): string {
  const parts = SERIES.filter(({ outcome }) => byOutcome[outcome] > 0).map(({ outcome, name }) => `${count(byOutcome[outcome])} ${name.toLowerCase()}`);
  return `${label}: ${calls === 0 ? "no calls" : parts.join(", ")}`;
}

const hourColumns = (series: typeof SERIES): readonly Column<HourTotals>[] => [
  { header: "Hour that began", cell: ({ label }) => label },
  ...series.map(({ outcome, name }): Column<HourTotals> => ({ header: name, numeric: true, cell: ({ totals }) => count(totals.byOutcome[outcome]) })),
  { header: "Half within", numeric: true, cell: ({ totals }) => milliseconds(totals.latency?.median) },
  { header: "95 % within", numeric: true, cell: ({ totals }) => milliseconds(totals.latency?.most) },
];

interface RefusalRow {
  readonly status: number;
  readonly calls: number;
}

function Refusals({ refusals }: Pick<DashboardProps, "refusals">) {
  const all = refusals.reduce((sum, { calls }) => sum + calls, 0);
  const columns: readonly Column<RefusalRow>[] = [
    { header: "Reason", cell: ({ status }) => wordsOf(status) },
    { header: "Status", numeric: true, cell: ({ status }) => status },
    { header: "Calls", numeric: true, cell: ({ calls }) => count(calls) },
    { header: "Share", cell: ({ calls }) => <ShareBar part={calls} whole={all} kind="warning" /> },
  ];
  return <Table caption="Refused calls by reason" columns={columns} rows={refusals} href={({ status }) => `/calls?outcome=refused&status=${status}`} />;
}

function wordsOf(status: number): string {
  return (REFUSED_STATUSES as Readonly<Record<number, string>>)[status] ?? "Another reason";
}

const QUIET_COLUMNS: readonly Column<DashboardProps["quiet"][number]>[] = [
  { header: "Webhook", cell: ({ name }) => <bdi>{name}</bdi> },
  { header: "Last accepted call", cell: ({ acceptedAt }) => (acceptedAt === null ? "None is left in the log" : <Time at={acceptedAt} />) },
];

function webhookHref({ id }: QuietWebhook): string {
  return `/webhooks/${id}`;
}

function count(calls: number): string {
  return calls.toLocaleString("en");
}

/** Rounded so that only nothing is 0 and only everything is 100. */
function share(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 1) return "under 1 %";
  return `${percent > 99 && percent < 100 ? 99 : Math.round(percent)} %`;
}

function milliseconds(time: number | undefined): string {
  return time === undefined ? "–" : `${time.toLocaleString("en")} ms`;
}
