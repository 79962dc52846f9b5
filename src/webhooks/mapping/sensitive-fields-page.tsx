import { ConsolePage } from "../../web/layout.tsx";
import { ErrorSummary, Form, FormActions, LinkButton, SubmitButton, TextAreaField, type FieldErrors } from "../../web/parts/form.tsx";
import { Table, type Column } from "../../web/parts/table.tsx";
import type { StructureLine } from "../json/json-structure.ts";
import type { Sample } from "./sample.ts";
import { MASK } from "./sensitive-fields.ts";
import type { WebhookWithOwner } from "../webhook-store.ts";
import type { Webhook } from "../webhook.ts";

export function sensitiveHref({ id }: Pick<Webhook, "id">): string {
  return `/webhooks/${id}/sensitive`;
}

interface SensitiveFieldsPageProps {
  readonly webhook: WebhookWithOwner;
  readonly sample: Sample | null;
  /** Paths that are ticked or typed. */
  readonly chosen: ReadonlySet<string>;
  /** Paths that the newest payload does not list, one a line. */
  readonly typed: string;
  readonly errors: FieldErrors;
}

/** Which values of a body are masked: a tick beside each place of the newest payload, and lines for all others. */
export function SensitiveFieldsPage({ webhook, sample, chosen, typed, errors }: SensitiveFieldsPageProps) {
  const path = `/webhooks/${webhook.id}`;
  const columns: readonly Column<StructureLine>[] = [
    { header: "Sensitive", cell: (line) => <Mark path={line.path} marked={chosen.has(line.path)} /> },
    { header: "Type", cell: ({ type, example }) => (example === MASK ? "Masked" : type) },
    { header: "Newest payload", cell: ({ example }) => <bdi>{example}</bdi> },
  ];
  return (
    <ConsolePage
      title="Sensitive fields"
      breadcrumb={{ href: path, label: webhook.name }}
      intro={`Their values read ${MASK} on every page that shows a call, in the preview of the mapping and in exports, also those of calls that came before.`}
    >
      <ErrorSummary errors={errors} />
      <Form action={sensitiveHref(webhook)}>
        {sample && sample.structure.lines.length > 0 && <Table caption="Values of the newest payload" columns={columns} rows={sample.structure.lines} />}
        <TextAreaField
          name="paths"
          label={sample ? "Other paths" : "Paths"}
          hint="One a line, within one object of a body: $.payment.card. An object or a list is masked whole, so $.payment masks all that is in it."
          value={typed}
          error={errors["paths"]}
          rows={4}
          monospace
          optional
        />
        <p class="hint">
          The values are stored whole, because replaying a call writes them once more, and sent on whole where the webhook has a target. Customers keep what the
          mapping writes into their fields, and their pages and exports show it. Whoever may change this page can take a mark away.
        </p>
        <FormActions>
          <SubmitButton>Save sensitive fields</SubmitButton>
          <LinkButton href={path}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

function Mark({ path, marked }: { readonly path: string; readonly marked: boolean }) {
  return (
    <label class="choice">
      <input type="checkbox" name="marked" value={path} checked={marked} />
      <code>{path}</code>
    </label>
  );
}
