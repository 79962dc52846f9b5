/** One call: why it failed and what to change, first; then what it sent, what it was answered and what it caused. */
import { ConsolePage } from "../../web/layout.tsx";
import { CopyField } from "../../web/parts/copy.tsx";
import { LinkButton } from "../../web/parts/form.tsx";
import { JsonTree } from "../../web/parts/json-tree.tsx";
import { Notice } from "../../web/parts/notice.tsx";
import { Section } from "../../web/parts/section.tsx";
import { EmptyState, Time } from "../../web/parts/states.tsx";
import { Facts, Table, type Column } from "../../web/parts/table.tsx";
import { CALL_COLUMNS, callHref, OutcomePill, Sender } from "./call-log-pages.tsx";
import { WAITING_STATUS, type Call, type CallWithWebhookName, type ConsoleOrigin } from "./call.ts";
import { parseJson, singleText, type JsonDocument } from "../json/json-document.ts";
import { parsePath, valueAt } from "../json/json-path.ts";
import { readProblem, type Problem } from "../receiving/receiver-answer.ts";
import { MASK } from "../mapping/sensitive-fields.ts";
import type { CallWithWebhook } from "../webhook-store.ts";

interface CallPageProps {
  /** As `shownCall` gave it. */
  readonly call: CallWithWebhook;
  /** Whether the webhook is still there to be opened. */
  readonly webhookExists: boolean;
  readonly canBeReplayed: boolean;
  /** Newest first. */
  readonly replays: readonly CallWithWebhookName[];
  /** Whether the call that this one repeats or replays is still kept. */
  readonly firstCallExists: boolean;
}

/** The longest body that is shown, in UTF-16 units: as a tree when it is whole, else its beginning as text. */
const MAX_SHOWN_BODY = 64 * 1024;

export function CallPage({ call, webhookExists, canBeReplayed, replays, firstCallExists }: CallPageProps) {
  const webhookName = <bdi>{call.webhookName}</bdi>;
  const problem = call.answer === null ? undefined : readProblem(call.answer);
  // A refused call keeps whatever was sent, also what is no JSON.
  const parsed = call.body !== null && call.body.length <= MAX_SHOWN_BODY ? parseJson(call.body) : undefined;
  const document = parsed?.ok ? parsed.document : undefined;
  const idempotencyKey = /^idempotency-key: (.*)$/m.exec(call.headers)?.[1];
  return (
    <ConsolePage
      title={`Call to ${call.webhookName}`}
      breadcrumb={{ href: "/calls", label: "Calls" }}
      action={canBeReplayed && <LinkButton href={`${callHref(call)}/replay`}>Replay</LinkButton>}
    >
      <WhatHappened call={call} problem={problem} firstCallExists={firstCallExists} />
      {problem?.errors && <BrokenRules errors={problem.errors} document={document} />}
      <Facts
        facts={[
          ["Outcome", <OutcomePill outcome={call.outcome} />],
          ["Answered with status", call.status],
          ["Received", <Time at={call.receivedAt} />],
          ...(call.duration === null ? [] : [["Decided after", call.duration === 0 ? "less than 1 ms" : `${call.duration.toLocaleString("en")} ms`] as const]),
          ["Webhook", webhookExists ? <a href={`/webhooks/${call.webhookId}`}>{webhookName}</a> : <>{webhookName} (deleted)</>],
          ["Sent by", <Caller call={call} />],
          ...(idempotencyKey === undefined ? [] : [["Idempotency key", <code>{idempotencyKey}</code>] as const]),
        ]}
      />
      <CopyField label="Reference" value={call.reference} />
      {call.outcome === "accepted" && <WrittenCustomers customerIds={call.customerIds} />}
      <Replays replays={replays} />
      <Body call={call} document={document} />
      <Answer call={call} problem={problem} />
      {call.headers !== "" && (
        <Section title="Headers" intro="Without secrets and network addresses; long values are cut.">
          <SourceText>{call.headers}</SourceText>
        </Section>
      )}
    </ConsolePage>
  );
}

function SourceText({ children }: { readonly children: string }) {
  return (
    <pre class="source-text" tabIndex={0}>
      {children}
    </pre>
  );
}

interface WhatHappenedProps extends Pick<CallPageProps, "firstCallExists"> {
  readonly call: Call;
  readonly problem: Problem | undefined;
}

function WhatHappened({ call, problem, firstCallExists }: WhatHappenedProps) {
  if (call.repeatOf !== null) {
    return (
      <Notice kind="warning">
        A call with the same idempotency key and the same body came before, so this one wrote nothing and got the same answer.{" "}
        <FirstCall id={call.repeatOf} isThere={firstCallExists} />
      </Notice>
    );
  }
  return (
    <>
      {call.fromConsole && <WhatWasReplayed origin={call.fromConsole} firstCallExists={firstCallExists} />}
      {call.status === WAITING_STATUS && <HowItWaited call={call} />}
      <WhyRefused call={call} problem={problem} />
    </>
  );
}

function HowItWaited({ call: { outcome, webhookId } }: { readonly call: Call }) {
  if (outcome === "waiting") {
    return (
      <Notice kind="warning">
        Its webhook was paused when this call came, or earlier calls waited. It has written nothing yet: it is decided in its turn, when the{" "}
        <a href={`/webhooks/${webhookId}`}>webhook</a> is resumed.
      </Notice>
    );
  }
  return outcome === "refused" ? (
    <Notice kind="warning">This call waited while its webhook was paused, and was refused when its turn came. Its caller was answered 202 before that.</Notice>
  ) : (
    <Notice kind="done">This call waited while its webhook was paused, and was written when its turn came.</Notice>
  );
}

function FirstCall({ id, isThere }: { readonly id: string; readonly isThere: boolean }) {
  return isThere ? <a href={callHref({ id })}>Open the first call</a> : <>The first call is no longer kept.</>;
}

function WhatWasReplayed({ origin: { userName, replayOf }, firstCallExists }: Pick<CallPageProps, "firstCallExists"> & { readonly origin: ConsoleOrigin }) {
  if (replayOf === null) return null;
  return (
    <Notice kind="warning">
      <bdi>{userName}</bdi> had an earlier call written once more, with the data mapping of that moment. <FirstCall id={replayOf} isThere={firstCallExists} />
    </Notice>
  );
}

function WhyRefused({ call, problem }: { readonly call: Call; readonly problem: Problem | undefined }) {
  if (call.reason === null) return null;
  // The table below names each place, and the reason would say it all over again.
  const reason = problem?.errors ? "The body breaks a rule, so nothing was written. Change what the table names and send the call again." : call.reason;
  return (
    <Notice kind="error">
      <p>{reason}</p>
      {problem && !problem.errors && problem.detail !== reason && call.status !== WAITING_STATUS && <p>The caller was told: {problem.detail}</p>}
    </Notice>
  );
}

interface BrokenRulesProps {
  readonly errors: NonNullable<Problem["errors"]>;
  readonly document: JsonDocument | undefined;
}

/** Each place with its rule and, because the owner may see the body anyway, what stood there. */
function BrokenRules({ errors, document }: BrokenRulesProps) {
  const columns: readonly Column<BrokenRulesProps["errors"][number]>[] = [
    { header: "Place in the body", cell: ({ path }) => <code>{path}</code> },
    { header: "Sent", cell: ({ path }) => document && <SentValue document={document} path={path} /> },
    { header: "Rule", cell: ({ rule }) => rule },
  ];
  return (
    <Section title="What to change">
      <Table caption="Places of the body that break a rule" columns={columns} rows={errors} />
    </Section>
  );
}

/** Characters of a value that are shown beside its rule. */
const MAX_SENT_VALUE = 100;

function SentValue({ document, path }: { readonly document: JsonDocument; readonly path: string }) {
  const parsed = parsePath(path);
  const value = parsed.ok ? valueAt(document.value, parsed.steps) : document.value;
  if (value === undefined) return <>Nothing</>;
  const text = value === null ? "null" : singleText(value);
  if (text === undefined || text === null) return <>{Array.isArray(value) ? "A list" : "An object"}</>;
  if (text === "") return <>An empty text</>;
  return <code>{text.length > MAX_SENT_VALUE ? `${text.slice(0, MAX_SENT_VALUE)}…` : text}</code>;
}

function Caller({ call }: { readonly call: Call }) {
  if (call.applicationName !== null || call.fromConsole) return <Sender call={call} />;
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

const REPLAY_COLUMNS = CALL_COLUMNS.filter(({ header }) => header !== "Webhook");

function Replays({ replays }: Pick<CallPageProps, "replays">) {
  if (replays.length === 0) return null;
  return (
    <Section title="Replays" intro="When its body was written once more, by whom, and what came of it.">
      <Table caption="Replays of this call" columns={REPLAY_COLUMNS} rows={replays} href={callHref} />
    </Section>
  );
}

function Body({ call, document }: { readonly call: CallWithWebhook; readonly document: JsonDocument | undefined }) {
  if (call.body === null) return <Section title="Body" intro={whyNoBody(call)} />;
  const whole = call.body.length <= MAX_SHOWN_BODY;
  return (
    <Section
      title="Body"
      intro={
        <>
          {whole ? "As it was received." : `The first ${MAX_SHOWN_BODY / 1024} thousand characters of what was received.`}
          {call.sensitivePaths.length > 0 && ` Sensitive values read ${MASK}; they are stored whole, so that a replay writes them.`}
        </>
      }
      action={<a href={`${callHref(call)}/body`}>Download</a>}
    >
      {document ? <JsonTree label="Body of the call" value={document.value} /> : <SourceText>{call.body.slice(0, MAX_SHOWN_BODY)}</SourceText>}
    </Section>
  );
}

function whyNoBody(call: Call): string {
  if (call.repeatOf !== null || call.fromConsole?.replayOf) return "The same as that of the first call, and kept with it.";
  if (call.applicationName !== null || call.authenticated) return "The body of this call was not kept.";
  return "The body was not kept: calls that do not prove themselves leave only their headers.";
}

const ANSWERS = {
  sample: "The JSON of the body came back as it was.",
  accepted: "The JSON of the body came back, each object with the hookgate_id of its customer as its last member.",
  repeated: "The same as that of the first call.",
  waiting: null,
  refused: null,
} as const;

function Answer({ call, problem }: { readonly call: Call; readonly problem: Problem | undefined }) {
  const sentence = call.status === WAITING_STATUS ? "202, and the JSON of the body as it was." : ANSWERS[call.outcome];
  if (sentence !== null) return <Section title="Answer" intro={sentence} />;
  if (!problem) return null;
  return (
    <Section title="Answer" intro="What the caller got, as problem details (RFC 9457).">
      <SourceText>{JSON.stringify(problem, null, 2)}</SourceText>
    </Section>
  );
}
