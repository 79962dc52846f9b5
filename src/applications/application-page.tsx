import type { ComponentChildren } from "preact";
import type { Consent } from "../oauth/consent.ts";
import { ScopeSentences } from "../oauth/consents-page.tsx";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { CodeTabs, CopyField } from "../web/parts/copy.tsx";
import { FormActions, LinkButton } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Section } from "../web/parts/section.tsx";
import { Time } from "../web/parts/states.tsx";
import { Facts } from "../web/parts/table.tsx";
import { usePage } from "../web/render.tsx";
import type { ApplicationSecret } from "./application.ts";
import type { ApplicationWithOwner } from "./application-store.ts";
import { refusedRequestsPath } from "./refused-requests-page.tsx";
import { Scopes, TITLE, TYPE_LABELS } from "./applications-page.tsx";
import { SecretsSection } from "./client-secrets-pages.tsx";
import type { TokenExamples } from "./token-examples.ts";

interface ApplicationPageProps {
  readonly application: ApplicationWithOwner;
  readonly examples: TokenExamples;
}

/** One application: its facts and everything that goes elsewhere. `newSecret` was made a moment ago and is shown this once. */
export function ApplicationPage({
  application,
  examples,
  secrets,
  newSecret,
  consent,
}: ApplicationPageProps & {
  readonly secrets: readonly ApplicationSecret[];
  readonly newSecret: string | null;
  readonly consent: Consent | undefined;
}) {
  const { viewer } = usePage();
  const path = `/applications/${application.clientId}`;
  return (
    <ConsolePage
      title={application.name}
      breadcrumb={{ href: "/applications", label: TITLE }}
      action={
        <>
          <LinkButton href={`${path}/edit`}>Change</LinkButton>
          {viewer?.isAdmin && <LinkButton href={`${path}/transfer`}>Transfer</LinkButton>}
          <LinkButton href={`${path}/delete`} kind="danger">
            Delete
          </LinkButton>
        </>
      }
    >
      {application.description !== "" && (
        <p>
          <bdi class="text-value">{application.description}</bdi>
        </p>
      )}
      <Facts
        facts={[
          ["Type", TYPE_LABELS[application.type]],
          ["Scopes", <Scopes of={application} />],
          ["Registered by", <bdi>{application.ownerName}</bdi>],
          ["Registered", <Time at={application.createdAt} />],
          ["Changed", <Time at={application.updatedAt} />],
        ]}
      />
      <CopyField label="Client ID" value={application.clientId} />
      {application.type === "confidential" && <SecretsSection application={application} secrets={secrets} newSecret={newSecret} />}
      {application.redirectUris.length > 0 && (
        <Section title="Redirect URLs">
          {application.redirectUris.map((uri, index) => (
            <CopyField label={`Redirect URL ${index + 1}`} value={uri} />
          ))}
        </Section>
      )}
      <TokenSections application={application} examples={examples} secretKnown={newSecret !== null} />
      <ConsentSection application={application} consent={consent} />
      <PostmanSection application={application} />
      <Section title="When a request is refused" intro="The answer says no more than the standard asks. Here you see why, and what to change.">
        <LinkButton href={refusedRequestsPath(application.clientId)}>Refused requests</LinkButton>
      </Section>
    </ConsolePage>
  );
}

/** What the owner has allowed, and the way to end it. An application without a redirect URL cannot ask. */
function ConsentSection({ application, consent }: { readonly application: ApplicationWithOwner; readonly consent: Consent | undefined }) {
  const { clientId, ownerName, redirectUris } = application;
  if (!consent && redirectUris.length === 0) return null;
  return (
    <Section title="Consent" intro="While it stands, a confidential application gets a new code for the same without asking again.">
      {consent ? (
        <>
          <Facts
            facts={[
              ["Given by", <bdi>{ownerName}</bdi>],
              ["Allowed", <ScopeSentences scopes={consent.scopes} />],
              ["Given", <Time at={consent.givenAt} />],
              ["Last used", <Time at={consent.lastUsedAt} />],
            ]}
          />
          <LinkButton href={`/applications/${clientId}/consent/withdraw`} kind="danger">
            Withdraw consent
          </LinkButton>
        </>
      ) : (
        <p>
          <bdi>{ownerName}</bdi> has not consented to it, or has withdrawn the consent.
        </p>
      )}
    </Section>
  );
}

/** The confirmation after registering, the only page that ever shows the secret; loaded again, it says what to do without. */
export function RegisteredPage({ application, examples, clientSecret }: ApplicationPageProps & { readonly clientSecret: string | null }) {
  const path = `/applications/${application.clientId}`;
  const secretGone = application.type === "confidential" && clientSecret === null;
  return (
    <ConsolePage
      title={secretGone ? "The client secret is not shown again" : "The application is registered"}
      intro={<bdi>{application.name}</bdi>}
      breadcrumb={{ href: "/applications", label: TITLE }}
    >
      {secretGone && (
        <Notice kind="warning">
          The client secret was shown once and is stored nowhere. If you did not keep it, open <a href={path}>the application</a>, add a new secret and remove
          this one.
        </Notice>
      )}
      <CopyField label="Client ID" value={application.clientId} />
      {clientSecret !== null && <CopyField label="Client secret" value={clientSecret} secret />}
      {application.type === "public" && <p>A public application has no client secret: it proves itself with PKCE.</p>}
      <TokenSections application={application} examples={examples} secretKnown={clientSecret !== null} />
      <PostmanSection application={application} keepSecretFirst={clientSecret !== null} />
      <FormActions>
        <LinkButton href={path} kind="primary">
          {clientSecret === null ? "Open the application" : "I have kept the secret"}
        </LinkButton>
      </FormActions>
    </ConsolePage>
  );
}

function PostmanSection({ application, keepSecretFirst = false }: Pick<ApplicationPageProps, "application"> & { readonly keepSecretFirst?: boolean }) {
  return (
    <Section title="Try it in Postman" intro="A collection with the values of this application, and what to enter in Postman’s own form.">
      {keepSecretFirst && <p>Keep the client secret first: the next page does not show it.</p>}
      <LinkButton href={`/applications/${application.clientId}/postman`}>Use Postman</LinkButton>
    </Section>
  );
}

/** How to get a token, by each grant that this application can use. */
function TokenSections({ application, examples, secretKnown }: ApplicationPageProps & { readonly secretKnown: boolean }) {
  const { tokenUrl, clientCredentials, authorizationCode } = examples;
  const confidential = application.type === "confidential";
  return (
    <>
      <Section title="Get a token with client credentials" intro="For an application that acts by itself, without a browser.">
        <CopyField label="Token URL" value={tokenUrl} />
        {clientCredentials ? (
          <>
            <CodeTabs label="Token request" tabs={clientCredentials} />
            <SecretHint secretKnown={secretKnown} />
          </>
        ) : (
          <NotPossible application={application}>
            {confidential
              ? "Of its scopes, none applies to this grant. Add apps.webhook:execute to use it."
              : "A public application has no secret, so it cannot use this grant."}
          </NotPossible>
        )}
      </Section>
      <Section
        title="Get a token with an authorization code"
        intro={
          <>
            For an application that asks its user first. Only <bdi>{application.ownerName}</bdi>, who registered it, can consent.
          </>
        }
      >
        {authorizationCode ? (
          <>
            <CopyField label="Authorization URL" value={authorizationCode.url} />
            <p class="hint">
              Open it in a browser; your application puts a fresh random value into state{!confidential && ", and makes a PKCE pair of its own"}. After consent
              the browser returns to the redirect URL with a code, which is valid for a limited time and works once.
            </p>
            <CodeTabs label="Token request with the code" tabs={authorizationCode.exchange} />
            <p class="hint">Put the code in place of {"{authorization_code}"}.</p>
            {confidential && <SecretHint secretKnown={secretKnown} />}
          </>
        ) : (
          <NotPossible application={application}>It has no redirect URL to return to. Add one to use this grant.</NotPossible>
        )}
      </Section>
    </>
  );
}

/** Where the client secret stands in the lines, or goes. */
function SecretHint({ secretKnown }: { readonly secretKnown: boolean }) {
  return (
    <p class="hint">
      {!secretKnown && "In the curl lines, put the client secret in place of {client_secret}. "}
      JavaScript, Python and PHP read the secret from the environment variable <code>CLIENT_SECRET</code>.
    </p>
  );
}

function NotPossible({ application, children }: { readonly application: ApplicationWithOwner; readonly children: ComponentChildren }) {
  return (
    <p>
      {children}
      {application.type === "confidential" && (
        <>
          {" "}
          <a href={`/applications/${application.clientId}/edit`}>Change the application</a>
        </>
      )}
    </p>
  );
}

export function DeleteApplicationPage({ application }: { readonly application: ApplicationWithOwner }) {
  const path = `/applications/${application.clientId}`;
  return (
    <ConfirmPage
      title={`Delete “${application.name}”?`}
      breadcrumb={{ href: path, label: application.name }}
      consequences={[
        "Its client ID and client secret get no more tokens.",
        "Its access tokens are refused at once, so every call that it makes to a webhook fails.",
        "Whoever consented to it must consent anew to an application that replaces it.",
      ]}
      stays="The calls that it made stay in the call log, with its name."
      action={`${path}/delete`}
      verb="Delete application"
      cancelHref={path}
    />
  );
}
