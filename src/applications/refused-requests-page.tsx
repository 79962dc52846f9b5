import type { Page } from "../lib/page.ts";
import type { OAuthErrorCode } from "../oauth/oauth-error.ts";
import { REFUSED_REQUESTS_KEPT, type RefusedRequest } from "../oauth/refused-request.ts";
import { ConsolePage } from "../web/layout.tsx";
import { SearchForm } from "../web/parts/search-form.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Pager, Table, type Column } from "../web/parts/table.tsx";
import type { ApplicationWithOwner } from "./application-store.ts";

/** What to change, for each error that a client can be answered. */
const ADVICE: Readonly<Record<OAuthErrorCode, string>> = {
  invalid_request: "Compare the request with the curl lines of the application’s page: a parameter is missing, doubled or malformed.",
  invalid_client: "Check client ID and client secret. If the secret is lost, add a new one and remove the old one.",
  invalid_grant:
    "Start the authorization again. A code works once and for a limited time, with the same redirect URL and PKCE verifier; a refresh token is replaced at each use.",
  invalid_scope: "Ask for scopes that the application is registered for, or change the application.",
  unauthorized_client: "Use another grant type, or look whether the OAuth 2.0 server and the application’s owner are active.",
  unsupported_grant_type: "Use client_credentials, authorization_code or refresh_token.",
  unsupported_response_type: "Use response_type=code.",
  access_denied: "The user cancelled. Nothing needs to change, unless it was a mistake.",
  temporarily_unavailable: "Put the right client secret in place, then wait a minute. If it is in place, somebody else at the same network address is failing.",
  server_error: "The fault is ours. Give the reference to whoever runs this server.",
};

const COLUMNS: readonly Column<RefusedRequest>[] = [
  { header: "Refused", cell: ({ refusedAt }) => <Time at={refusedAt} /> },
  { header: "Error", cell: ({ error }) => <code>{error}</code> },
  {
    header: "Why, and what to change",
    cell: ({ error, reason }) => (
      <>
        {reason}
        <br />
        <span class="hint">{ADVICE[error]}</span>
      </>
    ),
  },
  { header: "Reference", cell: ({ reference }) => <code>{reference}</code> },
];

interface RefusedRequestsPageProps {
  readonly application: ApplicationWithOwner;
  readonly page: Page<RefusedRequest>;
  readonly reference: string | null;
  readonly after: string | null;
}

/** The error log of one application. */
export function RefusedRequestsPage({ application, page, reference, after }: RefusedRequestsPageProps) {
  const path = refusedRequestsPath(application.clientId);
  return (
    <ConsolePage
      title="Refused requests"
      intro="Token and authorization requests of this application that were refused, newest first. The reference is in the answer that it got, or on the page that its user saw."
      breadcrumb={{ href: `/applications/${application.clientId}`, label: application.name }}
    >
      {page.rows.length === 0 && reference === null && after === null ? (
        <EmptyState>Nothing was refused so far.</EmptyState>
      ) : (
        <>
          <SearchForm action={path} label="Find by reference" name="reference" value={reference ?? undefined} />
          {page.rows.length === 0 ? (
            <EmptyState action={{ href: path, label: "Show all" }}>
              {reference === null ? "The log ends before this page." : "No refused request of this application has this reference."}
            </EmptyState>
          ) : (
            <Table caption="Refused requests" columns={COLUMNS} rows={page.rows} />
          )}
          <Pager page={page} after={after} href={path} />
          <p class="hint">The newest {REFUSED_REQUESTS_KEPT} are kept.</p>
        </>
      )}
    </ConsolePage>
  );
}

export function refusedRequestsPath(clientId: string): string {
  return `/applications/${clientId}/refused-requests`;
}
