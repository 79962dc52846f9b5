import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { ErrorSummary, Form, FormActions, SubmitButton, TextField, type FieldErrors } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Section } from "../web/parts/section.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import { MAX_INTEGRATION_TOKENS, type IntegrationToken } from "./integration-token.ts";
import type { User } from "./user.ts";

interface IntegrationTokensPageProps {
  readonly user: User;
  readonly isActive: boolean;
  readonly tokens: readonly IntegrationToken[];
  /** The one that was just made, on the one page view that follows. */
  readonly newToken: string | null;
  readonly name: string;
  readonly errors: FieldErrors;
}

/** The integration tokens of one user. */
export function IntegrationTokensPage({ user, isActive, tokens, newToken, name, errors }: IntegrationTokensPageProps) {
  const path = pathOf(user);
  return (
    <ConsolePage
      title="Integration tokens"
      breadcrumb={{ href: `/users/${user.id}`, label: user.name }}
      intro="Each opens every webhook of the brand whose authentication is Token, in the header Authorization: Bearer, for as long as this user is active."
    >
      {!isActive && <Notice kind="warning">This user is not active, so these tokens are refused. They work again when the user is reactivated.</Notice>}
      <ErrorSummary errors={errors} />
      {newToken !== null && <CopyField label="New integration token" value={newToken} secret="Keep it where only the integration can read it." />}
      {tokens.length === 0 ? (
        <EmptyState>There is no integration token on this user yet. Best make them on a user of their own, whom nobody deactivates by mistake.</EmptyState>
      ) : (
        <Table caption="Integration tokens" columns={columnsOf(path)} rows={tokens} />
      )}
      {tokens.length < MAX_INTEGRATION_TOKENS ? (
        <Section title="Make a token">
          <Form action={path}>
            <TextField
              name="name"
              label="Name"
              hint="For instance the software that will use it: “Shop”. One token each, so that you can revoke one alone."
              value={name}
              error={errors["name"]}
              autocomplete="off"
            />
            <FormActions>
              <SubmitButton>Make token</SubmitButton>
            </FormActions>
          </Form>
        </Section>
      ) : (
        <p class="hint">A user has at most {MAX_INTEGRATION_TOKENS} integration tokens. Revoke one to make another.</p>
      )}
    </ConsolePage>
  );
}

export function pathOf({ id }: Pick<User, "id">): string {
  return `/users/${id}/integration-tokens`;
}

function columnsOf(path: string): readonly Column<IntegrationToken>[] {
  return [
    { header: "Name", cell: ({ name }) => <bdi>{name}</bdi> },
    { header: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
    { header: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt === null ? "Never" : <Time at={lastUsedAt} />) },
    { header: "Action", cell: ({ id }) => <a href={`${path}/${id}/revoke`}>Revoke</a> },
  ];
}

export function RevokeIntegrationTokenPage({ user, token }: { readonly user: User; readonly token: IntegrationToken }) {
  const path = pathOf(user);
  return (
    <ConfirmPage
      title={`Revoke the integration token “${token.name}”?`}
      breadcrumb={{ href: path, label: "Integration tokens" }}
      consequences={[
        <>
          Calls with it are refused by every webhook.{" "}
          {token.lastUsedAt === null ? (
            "It was never used."
          ) : (
            <>
              It was last used <Time at={token.lastUsedAt} />.
            </>
          )}
        </>,
      ]}
      stays="The tokens of the webhooks themselves, and other integration tokens, go on working."
      action={`${path}/${token.id}/revoke`}
      verb="Revoke token"
      cancelHref={path}
    />
  );
}
