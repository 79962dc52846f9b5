/** What the newest payload would write, beside each line and in sum. An island puts it in again while somebody changes the form. */
import { Sign } from "../../web/parts/icon.tsx";
import { Notice } from "../../web/parts/notice.tsx";
import type { MappingPreview, RowPreview } from "./mapping-preview.ts";

/** Elements with `data-live` are what it puts in again, each by its id. */
export const PREVIEW_ISLAND = "mapping-preview.js";

export function LinePreview({ index, preview }: { readonly index: number; readonly preview: RowPreview | undefined }) {
  return (
    <div id={`preview-${index}`} class="line-preview" data-live>
      {preview && <Outcome preview={preview} />}
    </div>
  );
}

/** Broken rules that one line lists; the others are of the same kind. */
const MAX_SHOWN = 3;

function Outcome({ preview }: { readonly preview: RowPreview }) {
  if (preview.kind === "value") {
    const { value } = preview;
    if (value === undefined) return <span class="hint">Left as it is</span>;
    return value === null || value === "" ? <span class="hint">Clears the field</span> : <bdi class="text-value">{value}</bdi>;
  }
  return (
    <>
      {preview.problems.slice(0, MAX_SHOWN).map(({ path, rule }) => (
        <p class="field-error">
          <Sign name="alert" />
          <span>
            <code>{path}</code> {rule}
          </span>
        </p>
      ))}
    </>
  );
}

export function PreviewSummary({ preview }: { readonly preview: MappingPreview | null }) {
  return (
    <div id="preview" data-live>
      <Summary preview={preview} />
    </div>
  );
}

function Summary({ preview }: { readonly preview: MappingPreview | null }) {
  if (!preview) return <Notice kind="warning">Map a value, and the preview shows what the newest payload would write.</Notice>;
  if (preview.isRefused) return <Notice kind="warning">The newest payload would be refused (422). What is wrong stands beside the lines.</Notice>;
  const { objects } = preview;
  if (objects === 0) return <Notice kind="warning">The newest payload is an empty list: it would write nothing.</Notice>;
  const customers = objects === 1 ? "one customer" : `${objects.toLocaleString("en")} customers; beside the lines stands what the first of them gets`;
  return <Notice kind="done">The newest payload would write {customers}.</Notice>;
}
