import type { Page } from "../lib/page.ts";
import { REFUSED_REQUESTS_KEPT, type RefusedRequest } from "../oauth/refused-request.ts";
import { ConsolePage } from "../web/layout.tsx";
import { SearchForm } from "../web/parts/search-form.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Pager, Table, type Column } from "../web/parts/table.tsx";
import type { ApplicationWithOwner } from "./application-store.ts";
import { adviceOn, compareRedirectUri } from "./refusal-advice.ts";

function columnsFor({ redirectUris }: ApplicationWithOwner): readonly Column<RefusedRequest>[] {
  return [
    { header: "Refused", cell: ({ refusedAt }) => <Time at={refusedAt} /> },
    { header: "Error", cell: ({ error }) => <code>{error}</code> },
    {
      header: "Why, and what to change",
      cell: (request) => (
        <>
          {request.reason}
          <br />
          <span class="hint">{adviceOn(request)}</span>
          {request.sentRedirectUri !== null && <SentAgainstRegistered uri={request.sentRedirectUri} redirectUris={redirectUris} />}
        </>
      ),
    },
    { header: "Reference", cell: ({ reference }) => <code>{reference}</code> },
  ];
}

/** The redirect URI that came and the registered one that it is most like, both marked from where they part. */
function SentAgainstRegistered({ uri, redirectUris }: { readonly uri: string; readonly redirectUris: readonly string[] }) {
  const { same, sent, registered } = compareRedirectUri(uri, redirectUris);
  return (
    <dl class="comparison">
      <dt>Sent</dt>
      <dd>
        <MarkedUri same={same} rest={sent} />
      </dd>
      <dt>Registered</dt>
      <dd>{registered === null ? "none" : <MarkedUri same={same} rest={registered} />}</dd>
    </dl>
  );
}

function MarkedUri({ same, rest }: { readonly same: string; readonly rest: string }) {
  return (
    <code dir="ltr">
      {same}
      {rest !== "" && <mark>{rest}</mark>}
    </code>
  );
}

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
            <Table caption="Refused requests" columns={columnsFor(application)} rows={page.rows} />
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
