import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Pager, Table, type Column } from "../web/parts/table.tsx";
import type { ConsentWithApplication } from "./consent.ts";
import { SCOPE_DESCRIPTIONS, type Scope } from "./scope.ts";

export const CONSENTS_PATH = "/account/consents";

/** Scopes as the consent page says them. */
export function ScopeSentences({ scopes }: { readonly scopes: readonly Scope[] }) {
  return (
    <ul>
      {scopes.map((scope) => (
        <li>{SCOPE_DESCRIPTIONS[scope].consent}</li>
      ))}
    </ul>
  );
}

const COLUMNS: readonly Column<ConsentWithApplication>[] = [
  { header: "Application", cell: (consent) => <bdi>{consent.applicationName}</bdi> },
  { header: "Registered by", cell: (consent) => <bdi>{consent.ownerName}</bdi> },
  { header: "May", cell: (consent) => <ScopeSentences scopes={consent.scopes} /> },
  { header: "Given", cell: (consent) => <Time at={consent.givenAt} /> },
  { header: "Last used", cell: (consent) => <Time at={consent.lastUsedAt} /> },
  { header: "Action", cell: (consent) => <a href={`${CONSENTS_PATH}/${consent.clientId}/withdraw`}>Withdraw</a> },
];

/** Everything that the viewer has allowed. */
export function ConsentsPage({ page, after }: { readonly page: Page<ConsentWithApplication>; readonly after: string | null }) {
  return (
    <ConsolePage
      title="Consents"
      intro="What you have allowed applications to do for you. A consent stands until you withdraw it or the application is deleted."
      breadcrumb={{ href: "/account", label: "Your account" }}
    >
      {page.rows.length === 0 ? (
        <EmptyState action={{ href: "/account", label: "Back to your account" }}>
          You have allowed nothing. When an application asks you and you allow it, it stands here.
        </EmptyState>
      ) : (
        <Table caption="Consents" columns={COLUMNS} rows={page.rows} />
      )}
      <Pager page={page} after={after} href={CONSENTS_PATH} />
    </ConsolePage>
  );
}

interface WithdrawConsentPageProps {
  readonly consent: ConsentWithApplication;
  /** Whether it is the viewer's own consent, or that of a user whom an admin looks after. */
  readonly isViewers: boolean;
  /** Of the page of the application that the viewer comes from; without it, from the list of consents. */
  readonly path?: string;
}

export function WithdrawConsentPage({ consent, isViewers, path }: WithdrawConsentPageProps) {
  const { applicationName, ownerName, clientId } = consent;
  return (
    <ConfirmPage
      title={`Withdraw the consent to “${applicationName}”?`}
      breadcrumb={path === undefined ? { href: CONSENTS_PATH, label: "Consents" } : { href: path, label: applicationName }}
      consequences={[
        "Every access token and refresh token that the consent gave is refused at once, so every call that is made with one fails.",
        <>The application has to send {isViewers ? "you" : <bdi>{ownerName}</bdi>} here again to get new ones, and the question is asked again.</>,
      ]}
      stays="What the application gets with its own client secret, by client credentials, goes on: it needs nobody's consent."
      action={path === undefined ? `${CONSENTS_PATH}/${clientId}/withdraw` : `${path}/consent/withdraw`}
      verb="Withdraw consent"
      cancelHref={path ?? CONSENTS_PATH}
    />
  );
}
