import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { Form, FormActions, SelectField, SubmitButton, type SelectOption } from "../web/parts/form.tsx";
import { Section } from "../web/parts/section.tsx";
import { StatusPill, Time } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import { usePage } from "../web/render.tsx";
import type { ApplicationSecret } from "./application.ts";
import { isLive, MAX_SECRETS } from "./application-service.ts";
import type { ApplicationWithOwner } from "./application-store.ts";

/** In days; empty: never. */
export const SECRET_LIFETIMES: readonly SelectOption[] = [
  { value: "", label: "Never" },
  { value: "30", label: "After 30 days" },
  { value: "90", label: "After 90 days" },
  { value: "180", label: "After 180 days" },
  { value: "365", label: "After a year" },
];

interface SecretsSectionProps {
  readonly application: ApplicationWithOwner;
  /** Newest first. */
  readonly secrets: readonly ApplicationSecret[];
  /** One that was made a moment ago; it is shown this once. */
  readonly newSecret: string | null;
}

/** The secrets of a confidential application: what each is used for still, one more, one less. */
export function SecretsSection({ application, secrets, newSecret }: SecretsSectionProps) {
  const { now } = usePage();
  const full = secrets.filter((secret) => isLive(secret, now)).length >= MAX_SECRETS;
  return (
    <Section
      title="Client secrets"
      intro="To replace a secret without a break: add a second one, give it to your application, and remove the old one when it is not used any more."
    >
      {newSecret !== null && <CopyField label="New client secret" value={newSecret} secret />}
      {secrets.length === 0 ? (
        <p>It has no client secret, so it gets no tokens. Add one.</p>
      ) : (
        <Table caption="Client secrets" columns={columnsOf(application)} rows={secrets} />
      )}
      {full ? (
        <p class="hint">An application has at most {MAX_SECRETS} secrets. Remove one to add another.</p>
      ) : (
        <Form action={`/applications/${application.clientId}/secrets`}>
          <SelectField name="expires" label="A new secret expires" options={SECRET_LIFETIMES} value="" />
          <FormActions>
            <SubmitButton kind="plain">Add a secret</SubmitButton>
          </FormActions>
        </Form>
      )}
    </Section>
  );
}

function columnsOf(application: ApplicationWithOwner): readonly Column<ApplicationSecret>[] {
  return [
    { header: "Made", cell: (secret) => <Time at={secret.createdAt} /> },
    { header: "Last used", cell: (secret) => (secret.lastUsedAt === null ? "Never" : <Time at={secret.lastUsedAt} />) },
    { header: "Expires", cell: (secret) => <Expiry secret={secret} /> },
    { header: "Action", cell: (secret) => <a href={`/applications/${application.clientId}/secrets/${secret.id}/remove`}>Remove</a> },
  ];
}

function Expiry({ secret }: { readonly secret: ApplicationSecret }) {
  const { now } = usePage();
  if (secret.expiresAt === null) return <>Never</>;
  return isLive(secret, now) ? <Time at={secret.expiresAt} /> : <StatusPill kind="bad">Expired</StatusPill>;
}

interface RemoveSecretPageProps {
  readonly application: ApplicationWithOwner;
  readonly secret: ApplicationSecret;
  /** All of the application's. */
  readonly secrets: readonly ApplicationSecret[];
}

export function RemoveSecretPage({ application, secret, secrets }: RemoveSecretPageProps) {
  const { now } = usePage();
  const isLast = !secrets.some((other) => other.id !== secret.id && isLive(other, now));
  const path = `/applications/${application.clientId}`;
  return (
    <ConfirmPage
      title={`Remove a client secret of “${application.name}”?`}
      breadcrumb={{ href: path, label: application.name }}
      consequences={[
        <>
          Whoever uses the secret that was made <Time at={secret.createdAt} /> gets no more tokens with it.{" "}
          {secret.lastUsedAt === null ? (
            "It was never used."
          ) : (
            <>
              It was last used <Time at={secret.lastUsedAt} />.
            </>
          )}
        </>,
        ...(isLast ? ["The application has no other secret: it gets no tokens at all until you add one."] : []),
      ]}
      stays="Access tokens that it got already work until they expire, within the hour."
      action={`${path}/secrets/${secret.id}/remove`}
      verb="Remove the secret"
      cancelHref={path}
    />
  );
}
