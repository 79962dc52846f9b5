import type { UserWithStanding } from "../identity/user-service.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { LinkButton } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import type { Possessions } from "./ownership.ts";

interface Possession {
  readonly name: string;
  readonly kind: "Application" | "Webhook";
  readonly href: string;
}

const COLUMNS: readonly Column<Possession>[] = [
  { header: "Name", cell: ({ name }) => <bdi>{name}</bdi> },
  { header: "What", cell: ({ kind }) => kind },
];

/** What belongs to a user, each with the way to it. */
export function PossessionsTable({ of }: { readonly of: Possessions }) {
  const rows: readonly Possession[] = [
    ...of.applications.map(({ name, clientId }) => ({ name, kind: "Application" as const, href: `/applications/${clientId}` })),
    ...of.webhooks.map(({ name, id }) => ({ name, kind: "Webhook" as const, href: `/webhooks/${id}` })),
  ];
  return (
    <>
      <Table caption="Applications and webhooks" columns={COLUMNS} rows={rows} href={({ href }) => href} />
      {of.more && <p class="hint">More are not shown.</p>}
    </>
  );
}

export function hasAny({ applications, webhooks }: Possessions): boolean {
  return applications.length + webhooks.length > 0;
}

interface DeleteUserPageProps {
  readonly user: UserWithStanding;
  readonly isViewer: boolean;
  readonly possessions: Possessions;
  readonly isLastAdmin?: boolean;
}

export function DeleteUserPage({ user, isViewer, possessions, isLastAdmin = false }: DeleteUserPageProps) {
  const path = `/users/${user.id}`;
  const breadcrumb = { href: path, label: user.name };
  if (hasAny(possessions)) {
    return (
      <ConsolePage
        title={`${user.name} cannot be deleted yet`}
        intro="Applications and webhooks belong to this user. Transfer them to somebody else, or delete them one by one."
        breadcrumb={breadcrumb}
        action={
          <LinkButton href={`${path}/transfer`} kind="primary">
            Transfer everything
          </LinkButton>
        }
      >
        <PossessionsTable of={possessions} />
      </ConsolePage>
    );
  }
  return (
    <ConfirmPage
      title={`Delete ${user.name}?`}
      breadcrumb={breadcrumb}
      consequences={[
        isViewer ? "You are signed out, and you cannot sign in." : "The user is signed out everywhere and cannot sign in. Links for a password stop working.",
        "Integration tokens that were made on the user are refused by every webhook.",
        "The name, the e-mail address and the password are gone. Somebody new may be added with the same address, and has nothing of this user.",
      ]}
      stays="The call log keeps the calls to webhooks that the user had before; those of deleted webhooks are seen by admins only."
      action={`${path}/delete`}
      verb="Delete user"
      cancelHref={path}
    >
      {isLastAdmin && <Notice kind="error">No other admin of the brand is active. Add another admin first, who can then do this.</Notice>}
    </ConfirmPage>
  );
}
