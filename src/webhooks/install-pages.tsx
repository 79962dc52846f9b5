/** The five steps in which a webhook is installed; each is a page of its own, and going back loses nothing. */
import type { ComponentChildren } from "preact";
import { ConsolePage } from "../web/layout.tsx";
import { CodeTabs, CopyField } from "../web/parts/copy.tsx";
import { ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextField, type FieldErrors } from "../web/parts/form.tsx";
import { JsonTree } from "../web/parts/json-tree.tsx";
import { Section } from "../web/parts/section.tsx";
import { FOLLOW_ISLAND, Waiting } from "../web/parts/followed.tsx";
import { Stepper, Time } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import type { WebhookAuthentication } from "./authentication/authentication.ts";
import { callHref } from "./calls/call-log-pages.tsx";
import { WhatCallersSend } from "./authentication/credential-pages.tsx";
import type { CallWithWebhookName } from "./calls/call.ts";
import type { StructureLine } from "./json/json-structure.ts";
import { liveCallsHref } from "./calls/live-calls.ts";
import { ConflictNotice, MappingForm, PreviewButton, type MappingProps } from "./mapping/mapping-page.tsx";
import { PREVIEW_ISLAND } from "./mapping/mapping-preview-page.tsx";
import type { Sample } from "./mapping/sample.ts";
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

export function StepPage({ step, webhook, children, ...page }: StepPageProps) {
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

interface EndpointStepProps {
  readonly webhook: WebhookWithOwner;
  readonly endpoint: string;
  readonly authentication: WebhookAuthentication;
  /** The credential that was just made, on the one page view that follows. */
  readonly secret: string | null;
}

export function EndpointStepPage({ webhook, endpoint, authentication, secret }: EndpointStepProps) {
  return (
    <StepPage step="endpoint" webhook={webhook} title={webhook.name} intro="Give this address to your application. It takes calls from now on.">
      <CopyField label="Endpoint URL" value={endpoint} />
      <WhatCallersSend webhook={webhook} authentication={authentication} secret={secret} />
      <CodeTabs label="Send the first call" tabs={authentication.examples(endpoint, webhook.authenticationSettings, secret)} />
      <FormActions>
        <LinkButton href={stepHref(webhook, "first-call")} kind="primary">
          Continue
        </LinkButton>
        <LinkButton href={stepHref(webhook, "authentication")}>Back</LinkButton>
      </FormActions>
    </StepPage>
  );
}

interface FirstCallStepProps {
  readonly webhook: WebhookWithOwner;
  readonly endpoint: string;
  readonly authentication: WebhookAuthentication;
  readonly sample: Sample | null;
  readonly refused: readonly CallWithWebhookName[];
  /** The mark of the newest calls that this page knows of. */
  readonly seen: string;
}

/** Seconds between two loads of the page in a browser without scripts. */
const RELOAD_SECONDS = 5;

export function FirstCallStepPage({ webhook, endpoint, authentication, sample, refused, seen }: FirstCallStepProps) {
  const waits = sample ? {} : { islands: [FOLLOW_ISLAND], reloadWithoutScript: RELOAD_SECONDS };
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
          <Waiting stream={liveCallsHref(`webhook=${webhook.id}`)} seen={seen}>
            Waiting for the first call …
          </Waiting>
          <CopyField label="Endpoint URL" value={endpoint} />
          <CodeTabs label="Send the first call" tabs={authentication.examples(endpoint, webhook.authenticationSettings, null)} />
          <RefusedCalls calls={refused} />
          {authentication.credentials === null && <WhatCallersSend webhook={webhook} authentication={authentication} secret={null} />}
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

export function MappingStepPage(props: MappingProps) {
  const { webhook, errors } = props;
  return (
    <StepPage
      step="mapping"
      webhook={webhook}
      title={webhook.name}
      intro="Choose which values go to which customer fields. From then on calls write customers."
      islands={[PREVIEW_ISLAND]}
    >
      <ErrorSummary errors={errors} />
      <ConflictNotice {...props} />
      <MappingForm {...props} action={stepHref(webhook, "mapping")}>
        <SubmitButton>Finish</SubmitButton>
        <PreviewButton {...props} />
        <LinkButton href={stepHref(webhook, "first-call")}>Back</LinkButton>
        <LinkButton href={`/webhooks/${webhook.id}`}>Do this later</LinkButton>
      </MappingForm>
    </StepPage>
  );
}
