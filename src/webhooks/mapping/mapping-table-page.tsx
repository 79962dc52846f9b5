import type { FieldCatalogue } from "../../customers/field-catalogue.ts";
import { Table, type Column } from "../../web/parts/table.tsx";
import { spelledSource } from "./mapping-source.ts";
import { stepsInWords } from "./transform-controls-page.tsx";
import type { FieldMapping, MappedField } from "../webhook.ts";

/** The lines of a mapping as they are, to be read. */
export function MappingTable({ mapping, catalogue }: { readonly mapping: FieldMapping; readonly catalogue: FieldCatalogue }) {
  const columns: readonly Column<MappedField>[] = [
    { header: "Value at", cell: (line) => <LineSource line={line} /> },
    { header: "Customer field", cell: ({ field }) => <bdi>{catalogue.labelOf(field)}</bdi> },
    { header: "Deduplicate", cell: ({ field }) => mapping.deduplicateBy.includes(field) && "Customers are found by it" },
  ];
  return <Table caption="Data mapping" columns={columns} rows={mapping.fields} />;
}

function LineSource({ line }: { readonly line: MappedField }) {
  const steps = line.transforms && stepsInWords(line.transforms);
  return (
    <>
      <code>{spelledSource(line)}</code>
      {steps && <span class="hint">{steps}</span>}
    </>
  );
}
