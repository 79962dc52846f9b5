import type { FieldCatalogue } from "../customers/field-catalogue.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { CodeTabs, CopyField } from "../web/parts/copy.tsx";
import { ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type FieldErrors } from "../web/parts/form.tsx";
import { FOLLOW_ISLAND, FollowedList } from "../web/parts/followed.tsx";
import { Section } from "../web/parts/section.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Facts, Table } from "../web/parts/table.tsx";
import { usePage } from "../web/render.tsx";
import { CALL_COLUMNS, callHref } from "./calls/call-log-pages.tsx";
import type { WebhookAuthentication } from "./authentication/authentication.ts";
import type { CallWithWebhookName } from "./calls/call.ts";
import { liveCallsHref, markOf } from "./calls/live-calls.ts";
import { MappingTable } from "./mapping/mapping-table-page.tsx";
import { versionsHref } from "./mapping/mapping-versions-page.tsx";
import { PauseNotice } from "./pausing/pause-pages.tsx";
import { CredentialsSection } from "./authentication/credential-pages.tsx";
import type { WebhookCredential } from "./authentication/webhook-credential.ts";
import type { WebhookWithOwner } from "./webhook-store.ts";
import { sensitiveHref } from "./mapping/sensitive-fields-page.tsx";
import type { WebhookState } from "./webhook-progress.ts";
import { NOT_CHOSEN, StatePill, TITLE } from "./webhooks-page.tsx";

interface WebhookPageProps {
  readonly webhook: WebhookWithOwner;
  readonly catalogue: FieldCatalogue;
  readonly state: WebhookState;
  /** How many calls wait. */
  readonly waiting: number;
  readonly endpoint: string;
  /** Null until it is chosen. */
  readonly authentication: WebhookAuthentication | null;
  readonly credentials: readonly WebhookCredential[];
  /** The credential that was just made, on the one page view that follows. */
  readonly secret: string | null;
  /** Those that the live view follows; the page shows the first of them. */
  readonly newestCalls: readonly CallWithWebhookName[];
}

/** One webhook: where calls go, what becomes of them, and the newest ones. */
export function WebhookPage({ webhook, catalogue, state, waiting, endpoint, authentication, credentials, secret, newestCalls }: WebhookPageProps) {
  const { viewer } = usePage();
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConsolePage
      title={webhook.name}
      breadcrumb={{ href: "/webhooks", label: TITLE }}
      islands={[FOLLOW_ISLAND]}
      action={
        <>
          {state === "installing" ? (
            <LinkButton href={`${path}/install/authentication`} kind="primary">
              Go on installing
            </LinkButton>
          ) : (
            <LinkButton href={`${path}/mapping`} kind="primary">
              Customize data mapping
            </LinkButton>
          )}
          {state !== "installing" && state !== "paused" && <LinkButton href={`${path}/pause`}>Pause</LinkButton>}
          <LinkButton href={`${path}/rename`}>Rename</LinkButton>
          {viewer?.isAdmin && <LinkButton href={`${path}/transfer`}>Transfer</LinkButton>}
          <LinkButton href={`${path}/delete`} kind="danger">
            Delete
          </LinkButton>
        </>
      }
    >
      <PauseNotice webhook={webhook} waiting={waiting} />
      <Facts
        facts={[
          ["State", <StatePill state={state} />],
          ["Authentication", authentication?.label ?? NOT_CHOSEN],
          ["Owner", <bdi>{webhook.ownerName}</bdi>],
          ["Limit", <Limit webhook={webhook} />],
          ["Forwarding", <Forwarding webhook={webhook} />],
          ["Sensitive fields", <SensitiveFields webhook={webhook} />],
          ["Installed", <Time at={webhook.createdAt} />],
        ]}
      />
      {authentication && (
        <>
          <Section title="Endpoint" intro="Your application sends its calls here.">
            <CopyField label="Endpoint URL" value={endpoint} />
            <CodeTabs label="Send a call" tabs={authentication.examples(endpoint, webhook.authenticationSettings, secret)} />
          </Section>
          <CredentialsSection webhook={webhook} authentication={authentication} credentials={credentials} secret={secret} />
        </>
      )}
      <MappingSummary webhook={webhook} catalogue={catalogue} />
      <Section
        title="Newest calls"
        action={
          <>
            {authentication && <a href={`${path}/test`}>Send a test call</a>}
            {newestCalls.length > 0 && (
              <>
                <a href={`${path}/replay`}>Replay refused calls</a>
                <a href={`/calls?webhook=${webhook.id}`}>All calls</a>
              </>
            )}
          </>
        }
      >
        <FollowedList
          stream={liveCallsHref(`webhook=${webhook.id}`)}
          seen={markOf(newestCalls)}
          rows={`${path}/newest-calls`}
          what="new calls show as they arrive"
        >
          <NewestCalls calls={newestCalls.slice(0, NEWEST_CALLS)} />
        </FollowedList>
      </Section>
    </ConsolePage>
  );
}

export const NEWEST_CALLS = 10;

/** What the live view renders anew. */
export function NewestCalls({ calls }: { readonly calls: readonly CallWithWebhookName[] }) {
  if (calls.length === 0) return <EmptyState>No call has arrived yet.</EmptyState>;
  return <Table caption="Newest calls" columns={CALL_COLUMNS.filter(({ header }) => header !== "Webhook")} rows={calls} href={callHref} />;
}

function MappingSummary({ webhook, catalogue }: Pick<WebhookPageProps, "webhook" | "catalogue">) {
  const { mapping } = webhook;
  if (!mapping) {
    return (
      <Section title="Data mapping">
        <EmptyState>Nothing is mapped yet: calls are kept as samples, are answered with what they sent, and write no customers.</EmptyState>
      </Section>
    );
  }
  return (
    <Section
      title="Data mapping"
      intro={
        mapping.deduplicateBy.length === 0
          ? "Every object that is sent makes a new customer."
          : "An object that fits a customer updates it, any other makes a new one."
      }
      action={<a href={versionsHref(webhook)}>Versions</a>}
    >
      <MappingTable mapping={mapping} catalogue={catalogue} />
    </Section>
  );
}

function Limit({ webhook: { id, callsAMinute } }: { readonly webhook: WebhookWithOwner }) {
  return (
    <>
      {callsAMinute === undefined ? "None but the brand’s quota" : `${callsAMinute.toLocaleString("en")} calls a minute`}{" "}
      <a href={`/webhooks/${id}/limit`}>Change</a>
    </>
  );
}

function SensitiveFields({ webhook }: { readonly webhook: WebhookWithOwner }) {
  const marked = webhook.sensitivePaths?.length ?? 0;
  return (
    <>
      {marked === 0 ? "None marked" : `${marked} marked`} <a href={sensitiveHref(webhook)}>Change</a>
    </>
  );
}

function Forwarding({ webhook: { id, targetId } }: { readonly webhook: WebhookWithOwner }) {
  return (
    <>
      {targetId === undefined ? "None" : "Each call to a target"} <a href={`/webhooks/${id}/forwarding`}>{targetId === undefined ? "Set up" : "Show"}</a>
    </>
  );
}

export function LimitPage({ webhook, text, errors }: { readonly webhook: WebhookWithOwner; readonly text: string; readonly errors: FieldErrors }) {
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConsolePage
      title="Limit the calls"
      breadcrumb={{ href: path, label: webhook.name }}
      intro="Keeps one busy application from using up the calls of the day. Calls beyond the limit are answered 429 with the seconds to wait, and do not count for the quota."
    >
      <ErrorSummary errors={errors} />
      <Form action={`${path}/limit`}>
        <TextField
          name="callsAMinute"
          label="Calls a minute"
          hint="Nothing: no limit but the brand’s quota. Where several servers take calls, a few more can get through."
          value={text}
          error={errors["callsAMinute"]}
          autocomplete="off"
          optional
        />
        <FormActions>
          <SubmitButton>Save limit</SubmitButton>
          <LinkButton href={path}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

export function RenamePage({ webhook, name, errors }: { readonly webhook: WebhookWithOwner; readonly name: string; readonly errors: FieldErrors }) {
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConsolePage title="Rename the webhook" breadcrumb={{ href: path, label: webhook.name }}>
      <ErrorSummary errors={errors} />
      <Form action={`${path}/rename`}>
        <TextField name="name" label="Webhook name" hint="Its endpoint stays the same." value={name} error={errors["name"]} autocomplete="off" />
        <FormActions>
          <SubmitButton>Rename webhook</SubmitButton>
          <LinkButton href={path}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

export function DeleteWebhookPage({ webhook, endpoint }: { readonly webhook: WebhookWithOwner; readonly endpoint: string }) {
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConfirmPage
      title={`Delete “${webhook.name}”?`}
      breadcrumb={{ href: path, label: webhook.name }}
      consequences={[
        <>
          Calls to <code>{endpoint}</code> are answered 404 and write nothing.
        </>,
        "Calls that wait, if it is paused, are refused.",
        "Its data mapping is gone, with all its versions. A webhook that you install later gets another endpoint.",
      ]}
      stays="Its calls stay in the log, and the customers that they wrote stay too."
      action={`${path}/delete`}
      verb="Delete webhook"
      cancelHref={path}
    />
  );
}
