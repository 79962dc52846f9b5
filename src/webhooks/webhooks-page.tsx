import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { LinkButton } from "../web/parts/form.tsx";
import { EmptyState, StatusPill, Time } from "../web/parts/states.tsx";
import { Pager, Table, type Column } from "../web/parts/table.tsx";
import type { CallUsage } from "./call-usage.ts";
import { UsageMeter, UsageNotice } from "./call-usage-pages.tsx";
import type { WebhookState } from "./webhook-progress.ts";
import type { WebhookAuthentications } from "./authentication/webhook-authentication.ts";
import type { WebhookWithOwner } from "./webhook-store.ts";

export const TITLE = "Webhooks";

const STATES: Readonly<Record<WebhookState, { readonly label: string; readonly pill: "good" | "waiting" | "bad" | "neutral" }>> = {
  installing: { label: "Installing", pill: "neutral" },
  paused: { label: "Paused", pill: "bad" },
  waiting: { label: "Waiting for the first call", pill: "waiting" },
  unmapped: { label: "Waiting for its mapping", pill: "waiting" },
  mapped: { label: "Mapped", pill: "good" },
};

export function StatePill({ state }: { readonly state: WebhookState }) {
  const { label, pill } = STATES[state];
  return <StatusPill kind={pill}>{label}</StatusPill>;
}

export const NOT_CHOSEN = "Not chosen yet";

function authenticationLabel(authentications: WebhookAuthentications, { authentication }: Pick<WebhookWithOwner, "authentication">): string {
  return authentication === null ? NOT_CHOSEN : authentications.get(authentication).label;
}

interface WebhookRow {
  readonly webhook: WebhookWithOwner;
  readonly state: WebhookState;
  readonly lastCallAt: number | null;
}

interface WebhooksPageProps {
  readonly page: Page<WebhookRow>;
  readonly after: string | null;
  readonly authentications: WebhookAuthentications;
  /** Null when calls are not limited. */
  readonly usage: CallUsage | null;
}

/** Every webhook that the viewer may see. */
export function WebhooksPage({ page, after, authentications, usage }: WebhooksPageProps) {
  const columns: readonly Column<WebhookRow>[] = [
    { header: "Name", cell: ({ webhook }) => <bdi>{webhook.name}</bdi> },
    { header: "State", cell: ({ state }) => <StatePill state={state} /> },
    { header: "Authentication", cell: ({ webhook }) => authenticationLabel(authentications, webhook) },
    { header: "Owner", cell: ({ webhook }) => <bdi>{webhook.ownerName}</bdi> },
    { header: "Last call", cell: ({ lastCallAt }) => (lastCallAt === null ? "None yet" : <Time at={lastCallAt} />) },
  ];
  const noneAtAll = page.rows.length === 0 && after === null;
  return (
    <ConsolePage
      title={TITLE}
      intro="Endpoints that take JSON from your applications and turn it into customers."
      action={
        noneAtAll ? undefined : (
          <LinkButton href="/store/webhook" kind="primary">
            Install webhook
          </LinkButton>
        )
      }
    >
      <UsageNotice usage={usage} />
      {noneAtAll ? (
        <EmptyState action={{ href: "/store/webhook", label: "Install webhook" }}>
          There is no webhook yet. Install one in five steps; at the end its endpoint turns JSON into customers.
        </EmptyState>
      ) : (
        <Table caption={TITLE} columns={columns} rows={page.rows} href={({ webhook }) => `/webhooks/${webhook.id}`} />
      )}
      <Pager page={page} after={after} href="/webhooks" />
      {!noneAtAll && <UsageMeter usage={usage} />}
    </ConsolePage>
  );
}
