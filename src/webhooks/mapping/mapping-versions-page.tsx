/** The versions of a mapping: the list, and one of them with the way back to it. */
import type { FieldCatalogue } from "../../customers/field-catalogue.ts";
import { ConsolePage } from "../../web/layout.tsx";
import { ErrorSummary, Form, FormActions, LinkButton, SubmitButton, type FieldErrors } from "../../web/parts/form.tsx";
import { EmptyState, StatusPill, Time } from "../../web/parts/states.tsx";
import { Facts, Table, type Column } from "../../web/parts/table.tsx";
import type { MappingVersion } from "./mapping-store.ts";
import { MappingTable } from "./mapping-table-page.tsx";
import type { WebhookWithOwner } from "../webhook-store.ts";

const TITLE = "Versions of the mapping";

export function versionsHref({ id }: Pick<WebhookWithOwner, "id">): string {
  return `/webhooks/${id}/mapping/versions`;
}

/** Who saved a version. */
export function savedBy({ savedByName }: Pick<MappingVersion, "savedByName">): string {
  return savedByName ?? "Nobody that is still known";
}

export function MappingVersionsPage({ webhook, versions }: { readonly webhook: WebhookWithOwner; readonly versions: readonly MappingVersion[] }) {
  const columns: readonly Column<MappingVersion>[] = [
    { header: "Version", cell: ({ version }) => `Version ${version}` },
    { header: "Saved", cell: ({ savedAt }) => <Time at={savedAt} /> },
    { header: "By", cell: (version) => <bdi>{savedBy(version)}</bdi> },
    { header: "Fields", numeric: true, cell: ({ mapping }) => mapping.fields.length },
    { header: "State", cell: ({ version }) => version === webhook.mappingVersion && <StatusPill kind="good">In use</StatusPill> },
  ];
  return (
    <ConsolePage
      title={TITLE}
      intro="Each time somebody saves the mapping it is a version. The newest one is in use; the newest hundred are kept."
      breadcrumb={{ href: `/webhooks/${webhook.id}`, label: webhook.name }}
    >
      {versions.length === 0 ? (
        <EmptyState action={{ href: `/webhooks/${webhook.id}/mapping`, label: "Customize data mapping" }}>Nothing is mapped yet.</EmptyState>
      ) : (
        <Table caption={TITLE} columns={columns} rows={versions} href={({ version }) => `${versionsHref(webhook)}/${version}`} />
      )}
    </ConsolePage>
  );
}

interface VersionProps {
  readonly webhook: WebhookWithOwner;
  readonly version: MappingVersion;
  readonly catalogue: FieldCatalogue;
  /** Why it could not be taken up again. */
  readonly errors: FieldErrors;
}

export function MappingVersionPage({ webhook, version, catalogue, errors }: VersionProps) {
  const isInUse = version.version === webhook.mappingVersion;
  const list = versionsHref(webhook);
  return (
    <ConsolePage title={`Version ${version.version} of the mapping`} breadcrumb={{ href: list, label: TITLE }}>
      <ErrorSummary errors={errors} />
      <Facts
        facts={[
          ["Webhook", <bdi>{webhook.name}</bdi>],
          ["Saved", <Time at={version.savedAt} />],
          ["By", <bdi>{savedBy(version)}</bdi>],
        ]}
      />
      <MappingTable mapping={version.mapping} catalogue={catalogue} />
      {isInUse ? (
        <p>This version is in use.</p>
      ) : (
        <Form action={`${list}/${version.version}`}>
          <input type="hidden" name="basedOn" value={webhook.mappingVersion} />
          <p>Going back makes a new version with these lines, which holds from the next call on. The versions between stay.</p>
          <FormActions>
            <SubmitButton>Go back to this version</SubmitButton>
            <LinkButton href={list}>Cancel</LinkButton>
          </FormActions>
        </Form>
      )}
    </ConsolePage>
  );
}
