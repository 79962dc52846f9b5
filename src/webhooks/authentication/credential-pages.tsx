/** What callers of a webhook prove themselves with, on the webhook's page and in the wizard. */
import { ConfirmPage } from "../../web/parts/confirm-page.tsx";
import { CopyField } from "../../web/parts/copy.tsx";
import { Form, FormActions, SubmitButton } from "../../web/parts/form.tsx";
import { Section } from "../../web/parts/section.tsx";
import { Time } from "../../web/parts/states.tsx";
import { Table, type Column } from "../../web/parts/table.tsx";
import type { CredentialMaker, WebhookAuthentication } from "./authentication.ts";
import { MAX_CREDENTIALS, type WebhookCredential } from "./webhook-credential.ts";
import type { WebhookWithOwner } from "../webhook-store.ts";

interface WhatCallersSendProps {
  readonly webhook: WebhookWithOwner;
  readonly authentication: WebhookAuthentication;
  /** The credential that was just made, on the one page view that follows. */
  readonly secret: string | null;
}

/** In the wizard: the new credential, or where to get one. */
export function WhatCallersSend({ webhook, authentication, secret }: WhatCallersSendProps) {
  const { credentials } = authentication;
  if (credentials === null) return <WhereAccessTokensAre />;
  if (secret !== null) return <ShownOnce maker={credentials} webhook={webhook} secret={secret} />;
  return (
    <Section title={`The ${credentials.noun}`} intro={`The ${credentials.noun} was shown once, when it was made.`}>
      <p>
        Lost it? Make a new one on <a href={`/webhooks/${webhook.id}#credentials`}>the webhook's page</a>.
      </p>
    </Section>
  );
}

function WhereAccessTokensAre() {
  return (
    <Section title="Get an access token" intro="Calls carry an access token of one of your applications, with the scope apps.webhook:execute.">
      <p>
        Open one of your <a href="/applications">applications</a>: its page has the token request ready to copy. Put the token in place of{" "}
        <code>{"{Access Token}"}</code>.
      </p>
    </Section>
  );
}

function ShownOnce({ maker, webhook, secret }: { readonly maker: CredentialMaker; readonly webhook: WebhookWithOwner; readonly secret: string }) {
  return (
    <>
      {maker.shown(secret, webhook.authenticationSettings).map(({ label, value }) => (
        <CopyField label={label} value={value} secret />
      ))}
    </>
  );
}

interface CredentialsSectionProps extends WhatCallersSendProps {
  readonly credentials: readonly WebhookCredential[];
}

/** On the webhook's page: its credentials, one more, one less. */
export function CredentialsSection({ webhook, authentication, credentials, secret }: CredentialsSectionProps) {
  const path = `/webhooks/${webhook.id}`;
  const maker = authentication.credentials;
  const change = <a href={`${path}/install/authentication`}>Change the authentication</a>;
  if (maker === null) {
    return (
      <Section title="Authentication" intro={authentication.hint} action={change} id="credentials">
        <p>
          Callers get their access tokens with the client id and secret of one of the brand's <a href="/applications">applications</a>.
        </p>
      </Section>
    );
  }
  return (
    <Section title="Authentication" intro={authentication.hint} action={change} id="credentials">
      {secret !== null && <ShownOnce maker={maker} webhook={webhook} secret={secret} />}
      {credentials.length === 0 ? (
        <p>It has no {maker.noun}, so every call is refused. Add one.</p>
      ) : (
        <Table caption={`Every ${maker.noun} of the webhook`} columns={columnsOf(path)} rows={credentials} />
      )}
      {credentials.length >= MAX_CREDENTIALS ? (
        <p class="hint">
          A webhook has at most {MAX_CREDENTIALS} {maker.noun}s. Remove one to add another.
        </p>
      ) : (
        <Form action={`${path}/credentials`}>
          <p class="hint">
            To replace a {maker.noun} without a break: add a second one, give it to your application, and remove the old one when it is not used any more.
          </p>
          <FormActions>
            <SubmitButton kind="plain">Add a {maker.noun}</SubmitButton>
          </FormActions>
        </Form>
      )}
    </Section>
  );
}

function columnsOf(path: string): readonly Column<WebhookCredential>[] {
  return [
    { header: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
    { header: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt === null ? "Never" : <Time at={lastUsedAt} />) },
    { header: "Action", cell: ({ id }) => <a href={`${path}/credentials/${id}/remove`}>Remove</a> },
  ];
}

interface RemoveCredentialPageProps {
  readonly webhook: WebhookWithOwner;
  readonly noun: string;
  readonly credential: WebhookCredential;
  readonly isLast: boolean;
}

export function RemoveCredentialPage({ webhook, noun, credential, isLast }: RemoveCredentialPageProps) {
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConfirmPage
      title={`Remove a ${noun} of “${webhook.name}”?`}
      breadcrumb={{ href: path, label: webhook.name }}
      consequences={[
        <>
          Calls with the {noun} that was made <Time at={credential.createdAt} /> are refused.{" "}
          {credential.lastUsedAt === null ? (
            "It was never used."
          ) : (
            <>
              It was last used <Time at={credential.lastUsedAt} />.
            </>
          )}
        </>,
        ...(isLast ? [`The webhook has no other ${noun} of its own: add one for callers to go on.`] : []),
      ]}
      action={`${path}/credentials/${credential.id}/remove`}
      verb={`Remove the ${noun}`}
      cancelHref={path}
    />
  );
}
