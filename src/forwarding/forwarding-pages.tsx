/** The target of a webhook: setting it, how it does, and what it did not take. */
import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { CodeTabs, CopyField } from "../web/parts/copy.tsx";
import { ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Section } from "../web/parts/section.tsx";
import { EmptyState, StatusPill, Time } from "../web/parts/states.tsx";
import { Facts, Pager, Table, type Column } from "../web/parts/table.tsx";
import type { WebhookWithOwner } from "../webhooks/webhook-store.ts";
import { verifyingExamples } from "./verifying-examples.ts";
import type { TargetState } from "./forwarding-service.ts";
import { MAX_COUNTED, type DeadMessage } from "./target.ts";

export function forwardingHref({ id }: Pick<WebhookWithOwner, "id">): string {
  return `/webhooks/${id}/forwarding`;
}

interface UrlFormProps {
  /** As it was typed, or as it is. */
  readonly url: string;
  readonly error: string | null;
}

interface ForwardingPageProps extends UrlFormProps {
  readonly webhook: WebhookWithOwner;
  readonly state: TargetState;
  /** The signing secret that was just made, on the one page view that follows. */
  readonly secret: string | null;
  readonly dead: Page<DeadMessage>;
  readonly after: string | null;
}

const TITLE = "Forwarding";

/** Before there is a target. */
export function NewTargetPage({ webhook, url, error }: UrlFormProps & { readonly webhook: WebhookWithOwner }) {
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConsolePage
      title={TITLE}
      breadcrumb={{ href: path, label: webhook.name }}
      intro="Each call that the webhook takes can be sent on to a program of yours, signed, in order for each customer, and again until it arrives. Customers are written as before."
    >
      <ErrorSummary errors={error === null ? {} : { url: error }} />
      <Form action={forwardingHref(webhook)}>
        <UrlField url={url} error={error} />
        <FormActions>
          <SubmitButton>Forward calls</SubmitButton>
          <LinkButton href={path}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

function UrlField({ url, error }: UrlFormProps) {
  return (
    <TextField
      name="url"
      label="Target URL"
      hint="It gets each body as it was received, by POST. Any answer of 2xx within 15 seconds says that it has taken the call; redirects are not followed."
      value={url}
      error={error ?? undefined}
      autocomplete="off"
      monospace
    />
  );
}

export function ForwardingPage({ webhook, state, secret, url, error, dead, after }: ForwardingPageProps) {
  const path = forwardingHref(webhook);
  const { counts } = state;
  return (
    <ConsolePage
      title={TITLE}
      breadcrumb={{ href: `/webhooks/${webhook.id}`, label: webhook.name }}
      intro="Each call that the webhook takes is sent on to the target."
      action={
        <LinkButton href={`${path}/remove`} kind="danger">
          Stop forwarding
        </LinkButton>
      }
    >
      <ErrorSummary errors={error === null ? {} : { url: error }} />
      <Health webhook={webhook} state={state} />
      <Section title="Target">
        <Form action={path}>
          <UrlField url={url} error={error} />
          <FormActions>
            <SubmitButton kind="plain">Save URL</SubmitButton>
          </FormActions>
        </Form>
      </Section>
      <Section
        title="Signature"
        intro="Messages are signed by Standard Webhooks. The header webhook-id stays the same when a message is sent again, so that the target can tell what it has had already."
        action={<a href={`${path}/secret`}>Make a new secret</a>}
        id="secret"
      >
        {secret !== null && <CopyField label="Signing secret" value={secret} secret="Keep it where only the target can read it." />}
        <CodeTabs label="Verify a message" tabs={verifyingExamples(secret)} />
      </Section>
      <Section
        title="Dead messages"
        intro="Messages that are tried no more, because the target did not take them for about a day or refused them as they are. They are kept for 30 days."
        action={
          counts.dead > 0 && (
            <Form action={`${path}/dead`}>
              <SubmitButton kind="plain">Send all again</SubmitButton>
            </Form>
          )
        }
      >
        {dead.rows.length === 0 ? (
          <EmptyState>No message is dead.</EmptyState>
        ) : (
          <>
            <Table caption="Dead messages" columns={columnsOf(path)} rows={dead.rows} />
            <Pager page={dead} after={after} href={path} />
          </>
        )}
      </Section>
    </ConsolePage>
  );
}

/** Failing: the last attempt of all has failed, and something still waits for it. */
function isFailing({ target: { health }, counts }: TargetState): boolean {
  return counts.waiting > 0 && health.lastFailureAt !== null && health.lastFailureAt > (health.lastSuccessAt ?? 0);
}

function Health({ webhook, state }: { readonly webhook: WebhookWithOwner; readonly state: TargetState }) {
  const { target, counts, oldest } = state;
  const { health } = target;
  const failing = isFailing(state);
  return (
    <>
      {failing && (
        <Notice kind="warning">The last attempt failed. {health.lastFailure} Nothing is lost: messages wait and are tried again for about a day.</Notice>
      )}
      <Facts
        facts={[
          ["State", <State failing={failing} state={state} />],
          ["Waiting", counted(counts.waiting)],
          ["Dead", counted(counts.dead)],
          ["Set up", <Time at={target.createdAt} />],
          ["Delivered", health.delivered.toLocaleString("en")],
          ["Last success", health.lastSuccessAt === null ? "Never" : <Time at={health.lastSuccessAt} />],
          ["Last failure", <LastFailure state={state} failing={failing} />],
          ...(failing && oldest && oldest.dueAt > 0 ? [["Next attempt", <Time at={oldest.dueAt} />] as const] : []),
        ]}
      />
      {failing && (
        <Form action={`${forwardingHref(webhook)}/retry`}>
          <FormActions>
            <SubmitButton kind="plain">Try now</SubmitButton>
          </FormActions>
        </Form>
      )}
    </>
  );
}

function State({ failing, state: { counts, target } }: { readonly failing: boolean; readonly state: TargetState }) {
  if (failing) return <StatusPill kind="bad">Failing</StatusPill>;
  if (counts.waiting > 0) return <StatusPill kind="waiting">Sending</StatusPill>;
  if (target.health.delivered === 0) return <StatusPill kind="neutral">Nothing sent yet</StatusPill>;
  return <StatusPill kind="good">Up to date</StatusPill>;
}

function LastFailure({ state: { target }, failing }: { readonly state: TargetState; readonly failing: boolean }) {
  const { lastFailureAt, lastFailure } = target.health;
  if (lastFailureAt === null) return <>Never</>;
  return (
    <>
      <Time at={lastFailureAt} />
      {!failing && <> ({lastFailure})</>}
    </>
  );
}

function counted(count: number): string {
  return count >= MAX_COUNTED ? `${MAX_COUNTED.toLocaleString("en")} or more` : count.toLocaleString("en");
}

function columnsOf(path: string): readonly Column<DeadMessage>[] {
  return [
    { header: "Call", cell: ({ callId }) => <a href={`/calls/${callId}`}>{callId}</a> },
    { header: "Died", cell: ({ diedAt }) => <Time at={diedAt} /> },
    { header: "Attempts", numeric: true, cell: ({ attempts }) => attempts },
    { header: "Why", cell: ({ failure }) => failure },
    {
      header: "Action",
      cell: ({ position }) => (
        <Form action={`${path}/dead/${position}`} class="row-actions">
          <SubmitButton kind="plain">Send again</SubmitButton>
        </Form>
      ),
    },
  ];
}

export function NewSecretPage({ webhook }: { readonly webhook: WebhookWithOwner }) {
  const path = forwardingHref(webhook);
  return (
    <ConfirmPage
      title="Make a new signing secret?"
      breadcrumb={{ href: path, label: TITLE }}
      consequences={[
        "Messages are signed with the new secret. The target refuses them until it has that one.",
        "What the target refuses meanwhile waits and is sent again.",
      ]}
      action={`${path}/secret`}
      verb="Make a new secret"
      cancelHref={path}
    />
  );
}

export function RemoveTargetPage({ webhook, state: { target, counts } }: { readonly webhook: WebhookWithOwner; readonly state: TargetState }) {
  const path = forwardingHref(webhook);
  return (
    <ConfirmPage
      title={`Stop forwarding calls of “${webhook.name}”?`}
      breadcrumb={{ href: path, label: TITLE }}
      consequences={[
        <>
          Nothing is sent to <code>{target.url}</code> any more.
        </>,
        ...(counts.waiting + counts.dead > 0
          ? [`${counted(counts.waiting)} waiting and ${counted(counts.dead)} dead messages are thrown away. They are never sent.`]
          : []),
        "Its signing secret is gone. A target that you set later gets another one.",
      ]}
      stays="The webhook takes calls and writes customers as before, and its calls stay in the log."
      action={`${path}/remove`}
      verb="Stop forwarding"
      cancelHref={path}
    />
  );
}
