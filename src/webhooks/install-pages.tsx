/** The five steps in which a webhook is installed; each is a page of its own, and going back loses nothing. */
import type { ComponentChildren } from "preact";
import { ConsolePage } from "../web/layout.tsx";
import { CodeTabs, CopyField } from "../web/parts/copy.tsx";
import { ChoiceField, ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type FieldErrors } from "../web/parts/form.tsx";
import { JsonTree } from "../web/parts/json-tree.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Section } from "../web/parts/section.tsx";
import { Stepper, Time, Waiting } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import type { WebhookAuthentication } from "./authentication/authentication.ts";
import { callExamples } from "./call-examples.ts";
import { callHref } from "./call-log-pages.tsx";
import type { CallWithWebhookName } from "./call.ts";
import type { StructureLine } from "./json-structure.ts";
import type { MappingRow } from "./mapping-form.ts";
import { MappingForm } from "./mapping-page.tsx";
import type { Sample } from "./sample.ts";
import type { WebhookWithOwner } from "./webhook-store.ts";

const STEPS = [
  { label: "Name", path: "name" },
  { label: "Authentication", path: "authentication" },
  { label: "Endpoint", path: "endpoint" },
  { label: "First call", path: "first-call" },
  { label: "Mapping", path: "mapping" },
] as const;

export type StepPath = (typeof STEPS)[number]["path"];

export function stepHref({ id }: Pick<WebhookWithOwner, "id">, step: StepPath): string {
  return `/webhooks/${id}/install/${step}`;
}

interface StepPageProps {
  readonly step: StepPath;
  readonly title: string;
  readonly intro: ComponentChildren;
  /** Null in the first step of a new one. */
  readonly webhook: WebhookWithOwner | null;
  readonly islands?: readonly string[];
  readonly reloadWithoutScript?: number;
  readonly children: ComponentChildren;
}

function StepPage({ step, webhook, children, ...page }: StepPageProps) {
  const current = STEPS.findIndex(({ path }) => path === step);
  const steps = STEPS.map(({ label, path }, index) => ({
    label,
    // Without authentication the webhook takes no calls, so there is nothing to do in the steps after it.
    href: webhook && (index <= 1 || webhook.authentication !== null) ? stepHref(webhook, path) : null,
    done: webhook !== null && (index < current || (index === 4 && webhook.mapping !== null)),
  }));
  return (
    <ConsolePage {...page}>
      <Stepper steps={steps} current={current} />
      {children}
    </ConsolePage>
  );
}

export function NameStepPage({ webhook, name, errors }: { readonly webhook: WebhookWithOwner | null; readonly name: string; readonly errors: FieldErrors }) {
  return (
    <StepPage step="name" webhook={webhook} title="Install a webhook" intro="First give it a name by which you will know it again.">
      <ErrorSummary errors={errors} />
      <Form action={webhook ? stepHref(webhook, "name") : "/store/webhook"}>
        <TextField
          name="name"
          label="Webhook name"
          hint="For instance where the calls come from: “Shop orders”."
          value={name}
          error={errors["name"]}
          autocomplete="off"
          autofocus
        />
        <FormActions>
          <SubmitButton>Continue</SubmitButton>
          <LinkButton href={webhook ? `/webhooks/${webhook.id}` : "/store"}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </StepPage>
  );
}

interface AuthenticationStepProps {
  readonly webhook: WebhookWithOwner;
  /** Those that work in this brand at present. */
  readonly offered: readonly WebhookAuthentication[];
  /** Those that need an app of the store first. */
  readonly missing: readonly WebhookAuthentication[];
  readonly errors: FieldErrors;
}

export function AuthenticationStepPage({ webhook, offered, missing, errors }: AuthenticationStepProps) {
  const chosen = webhook.authentication ?? offered[0]?.type;
  return (
    <StepPage step="authentication" webhook={webhook} title={webhook.name} intro="Choose how callers prove themselves. Calls that do not are refused.">
      <ErrorSummary errors={errors} />
      {missing.map(({ label }) => (
        <Notice kind="warning">
          {label} needs the OAuth 2.0 server, which is not activated. <a href="/store">Open the store</a> and activate it, or ask an admin to do it; then load
          this page again.
        </Notice>
      ))}
      <Form action={stepHref(webhook, "authentication")}>
        {offered.length > 0 && (
          <ChoiceField
            kind="radio"
            name="authentication"
            label="Authentication"
            choices={offered.map(({ type, label, hint }) => ({ value: type, label, hint }))}
            chosen={chosen === undefined ? [] : [chosen]}
            error={errors["authentication"]}
          />
        )}
        <FormActions>
          {offered.length > 0 && <SubmitButton>Continue</SubmitButton>}
          <LinkButton href={stepHref(webhook, "name")}>Back</LinkButton>
        </FormActions>
      </Form>
    </StepPage>
  );
}

export function EndpointStepPage({ webhook, endpoint }: { readonly webhook: WebhookWithOwner; readonly endpoint: string }) {
  return (
    <StepPage step="endpoint" webhook={webhook} title={webhook.name} intro="Give this address to your application. It takes calls from now on.">
      <CopyField label="Endpoint URL" value={endpoint} />
      <CodeTabs label="Send the first call" tabs={callExamples(endpoint)} />
      <WhereTokensAre />
      <FormActions>
        <LinkButton href={stepHref(webhook, "first-call")} kind="primary">
          Continue
        </LinkButton>
        <LinkButton href={stepHref(webhook, "authentication")}>Back</LinkButton>
      </FormActions>
    </StepPage>
  );
}

function WhereTokensAre() {
  return (
    <Section title="Get an access token" intro="Calls carry an access token of one of your applications, with the scope apps.webhook:execute.">
      <p>
        Open one of your <a href="/applications">applications</a>: its page has the token request ready to copy. Put the token in place of{" "}
        <code>{"{Access Token}"}</code>.
      </p>
    </Section>
  );
}

interface FirstCallStepProps {
  readonly webhook: WebhookWithOwner;
  readonly endpoint: string;
  readonly sample: Sample | null;
  readonly refused: readonly CallWithWebhookName[];
  /** The newest call that this page knows of; null when there is none. */
  readonly newestCallId: string | null;
}

/** Seconds between two loads of the page in a browser without scripts. */
const RELOAD_SECONDS = 5;

export function FirstCallStepPage({ webhook, endpoint, sample, refused, newestCallId }: FirstCallStepProps) {
  const waits = sample ? {} : { islands: ["wait-for-call.js"], reloadWithoutScript: RELOAD_SECONDS };
  return (
    <StepPage
      step="first-call"
      webhook={webhook}
      title={webhook.name}
      intro={sample ? "A call has arrived. This is what it brought." : "Send the first call, and its JSON shows here."}
      {...waits}
    >
      {sample ? (
        <ArrivedSample sample={sample} />
      ) : (
        <>
          <Waiting pollUrl={`${stepHref(webhook, "first-call")}/arrived?after=${newestCallId ?? ""}`}>Waiting for the first call …</Waiting>
          <CopyField label="Endpoint URL" value={endpoint} />
          <CodeTabs label="Send the first call" tabs={callExamples(endpoint)} />
          <RefusedCalls calls={refused} />
          <WhereTokensAre />
        </>
      )}
      <FormActions>
        <LinkButton href={stepHref(webhook, "mapping")} kind={sample ? "primary" : "plain"}>
          {sample ? "Continue" : "Skip this step"}
        </LinkButton>
        <LinkButton href={stepHref(webhook, "endpoint")}>Back</LinkButton>
      </FormActions>
    </StepPage>
  );
}

const STRUCTURE_COLUMNS: readonly Column<StructureLine>[] = [
  { header: "Value at", cell: ({ path }) => <code>{path}</code> },
  { header: "Type", cell: ({ type }) => type },
  { header: "Example", cell: ({ example }) => <bdi>{example}</bdi> },
];

function ArrivedSample({ sample }: { readonly sample: Sample }) {
  return (
    <>
      <Section title="Received JSON" intro={<Time at={sample.receivedAt} />}>
        <JsonTree label="Received JSON" value={sample.document.value} />
      </Section>
      <Section title="Its structure" intro="In the next step you choose where each value goes.">
        <Table caption="Structure of the received JSON" columns={STRUCTURE_COLUMNS} rows={sample.structure.lines} />
      </Section>
    </>
  );
}

const REFUSED_COLUMNS: readonly Column<CallWithWebhookName>[] = [
  { header: "Received", cell: ({ receivedAt }) => <Time at={receivedAt} /> },
  { header: "Status", numeric: true, cell: ({ status }) => status },
  { header: "Why it was refused", cell: ({ reason }) => reason },
];

/** People who see nothing arrive must see why. */
function RefusedCalls({ calls }: { readonly calls: readonly CallWithWebhookName[] }) {
  if (calls.length === 0) return null;
  return (
    <Section title="Refused calls" intro="These calls reached the endpoint but were not taken.">
      <Table caption="Refused calls" columns={REFUSED_COLUMNS} rows={calls} href={callHref} />
    </Section>
  );
}

interface MappingStepProps {
  readonly webhook: WebhookWithOwner;
  readonly sample: Sample | null;
  readonly rows: readonly MappingRow[];
  readonly errors: FieldErrors;
}

export function MappingStepPage({ webhook, sample, rows, errors }: MappingStepProps) {
  return (
    <StepPage
      step="mapping"
      webhook={webhook}
      title={webhook.name}
      intro="Choose which values go to which customer fields. From then on calls write customers."
    >
      <ErrorSummary errors={errors} />
      <MappingForm webhook={webhook} sample={sample} rows={rows} errors={errors} action={stepHref(webhook, "mapping")}>
        <SubmitButton>Finish</SubmitButton>
        <LinkButton href={stepHref(webhook, "first-call")}>Back</LinkButton>
        <LinkButton href={`/webhooks/${webhook.id}`}>Do this later</LinkButton>
      </MappingForm>
    </StepPage>
  );
}
