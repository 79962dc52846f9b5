import type { ExportFormat } from "../lib/export-file.ts";
import { ConsolePage } from "./layout.tsx";
import { ChoiceField, FormActions, LinkButton, SubmitButton, type Choice } from "./parts/form.tsx";

const CHOICES: readonly (Choice & { readonly value: ExportFormat })[] = [
  { value: "csv", label: "CSV", hint: "For Excel and other spreadsheets. Text that a spreadsheet would take for a formula begins with an apostrophe." },
  { value: "jsonl", label: "JSON lines", hint: "For programs: one JSON object a line, each value as it is." },
];

interface ExportPageProps {
  /** What is exported: "calls". */
  readonly what: string;
  /** Where the list is. */
  readonly listPath: string;
  readonly path: string;
  /** What narrows the list at present, as it stands in the address. */
  readonly parameters: URLSearchParams;
  readonly exportId: string;
  /** What the file holds of sensitive values. */
  readonly hint: string;
}

/** A file of all that a list shows. Without a script it is a plain download; with one the page says how far it is. */
export function ExportPage({ what, listPath, path, parameters, exportId, hint }: ExportPageProps) {
  const isNarrowed = parameters.size > 0;
  const listHref = isNarrowed ? `${listPath}?${parameters}` : listPath;
  return (
    <ConsolePage
      title={`Export ${what}`}
      breadcrumb={{ href: listHref, label: `${what[0]!.toUpperCase()}${what.slice(1)}` }}
      intro={
        isNarrowed
          ? `One file with all ${what} that fit the present search and filter of the list, newest first.`
          : `One file with all ${what} that the list shows, newest first.`
      }
      islands={["export-progress.js"]}
    >
      <form method="get" action={`${path}/file`} data-progress={`${path}/progress?export=${exportId}`}>
        {[...parameters].map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <input type="hidden" name="export" value={exportId} />
        <ChoiceField kind="radio" name="format" label="Format" choices={CHOICES} chosen={["csv"]} />
        <p class="hint">{hint}</p>
        <FormActions>
          <SubmitButton>Download</SubmitButton>
          <LinkButton href={listHref}>Back to the list</LinkButton>
        </FormActions>
        <p class="export-progress" role="status" />
      </form>
    </ConsolePage>
  );
}
