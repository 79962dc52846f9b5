import type { FieldCatalogue } from "../../customers/field-catalogue.ts";
import { JsonTree } from "../../web/parts/json-tree.tsx";
import { Section } from "../../web/parts/section.tsx";
import { EmptyState, Time } from "../../web/parts/states.tsx";
import type { MappingRow } from "./mapping-form.ts";
import type { Sample } from "./sample.ts";
import { sensitiveHref } from "./sensitive-fields-page.tsx";
import type { Webhook } from "../webhook.ts";

interface NewestPayloadProps {
  readonly webhook: Pick<Webhook, "id">;
  readonly sample: Sample | null;
  readonly rows: readonly MappingRow[];
  readonly catalogue: FieldCatalogue;
}

/** The newest payload; each of its values leads to the row that maps it, or with a script into an empty one. */
export function NewestPayload({ webhook, sample, rows, catalogue }: NewestPayloadProps) {
  if (!sample) {
    return (
      <Section title="Newest payload">
        <EmptyState>No call has arrived yet, so there are no values to list. You can enter the paths that you expect.</EmptyState>
      </Section>
    );
  }
  const rowByPath = new Map(rows.map(({ path, field }, index) => [path, { index, field }]));
  const firstTyped = rows.findIndex(({ typed }) => typed);
  const isArray = Array.isArray(sample.document.value);
  const besideOf = (place: string) => {
    // The paths of a mapping begin at one object.
    const path = isArray ? place.replace(/^\$\[\d+\]/, "$") : place;
    if (path === "$") return null;
    const row = rowByPath.get(path);
    const label = row?.field ? catalogue.labelOf(row.field) : "Map";
    return (
      <a href={row ? `#field-${row.index}` : `#path-${firstTyped}`} data-path={path}>
        {label}
        {!row?.field && <span class="visually-hidden"> {path}</span>}
      </a>
    );
  };
  return (
    <div class="newest-payload">
      <Section title="Newest payload" intro={<Time at={sample.receivedAt} />} action={<a href={sensitiveHref(webhook)}>Sensitive fields</a>}>
        <JsonTree label="Newest payload" value={sample.document.value} beside={besideOf} />
      </Section>
    </div>
  );
}
