import type { Page } from "../lib/page.ts";
import { SCOPE_DESCRIPTIONS } from "../oauth/scope.ts";
import { ConsolePage } from "../web/layout.tsx";
import { LinkButton } from "../web/parts/form.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Pager, Table, type Column } from "../web/parts/table.tsx";
import type { ApplicationWithOwner } from "./application-store.ts";

export const TITLE = "OAuth 2.0 applications";

const COLUMNS: readonly Column<ApplicationWithOwner>[] = [
  { header: "Name", cell: (application) => <bdi>{application.name}</bdi> },
  { header: "Client ID", cell: (application) => <code>{application.clientId}</code> },
  { header: "Type", cell: (application) => TYPE_LABELS[application.type] },
  { header: "Scopes", cell: (application) => application.scopes.map((scope) => SCOPE_DESCRIPTIONS[scope].title).join(", ") },
  { header: "Registered by", cell: (application) => <bdi>{application.ownerName}</bdi> },
  { header: "Registered", cell: (application) => <Time at={application.createdAt} /> },
];

export const TYPE_LABELS = { confidential: "Confidential", public: "Public" } as const;

export function Scopes({ of }: { readonly of: Pick<ApplicationWithOwner, "scopes"> }) {
  return (
    <ul>
      {of.scopes.map((scope) => (
        <li>
          <code>{scope}</code>
        </li>
      ))}
    </ul>
  );
}

/** Every application that the viewer may see. */
export function ApplicationsPage({ page, after }: { readonly page: Page<ApplicationWithOwner>; readonly after: string | null }) {
  const empty = page.rows.length === 0;
  return (
    <ConsolePage
      title={TITLE}
      intro="Applications get access tokens here, and call webhooks with them."
      action={
        empty ? undefined : (
          <LinkButton href="/applications/new" kind="primary">
            Register application
          </LinkButton>
        )
      }
    >
      {empty ? (
        <EmptyState action={{ href: "/applications/new", label: "Register application" }}>
          There is no application yet. Register the one that will call your webhooks: it gets a client ID and a client secret.
        </EmptyState>
      ) : (
        <Table caption={TITLE} columns={COLUMNS} rows={page.rows} href={(application) => `/applications/${application.clientId}`} />
      )}
      <Pager page={page} after={after} href="/applications" />
    </ConsolePage>
  );
}

/** In place of all these pages while the brand's OAuth 2.0 server is not active. */
export function NotActivatedPage({ isAdmin }: { readonly isAdmin: boolean }) {
  return (
    <ConsolePage title={TITLE}>
      <EmptyState action={isAdmin ? { href: "/store", label: "Open the store" } : { href: "/store", label: "See the store" }}>
        {isAdmin
          ? "The OAuth 2.0 server is not activated for this brand. Activate it in the store to register applications."
          : "The OAuth 2.0 server is not activated for this brand. Ask an admin to activate it in the store."}
      </EmptyState>
    </ConsolePage>
  );
}
