import type { ComponentChildren } from "preact";
import type { FieldCatalogue } from "../../customers/field-catalogue.ts";
import { ConsolePage } from "../../web/layout.tsx";
import { ErrorSummary, FieldError, Form, FormActions, LinkButton, SubmitButton, type FieldErrors } from "../../web/parts/form.tsx";
import { Notice } from "../../web/parts/notice.tsx";
import { Columns } from "../../web/parts/section.tsx";
import { Table, type Column } from "../../web/parts/table.tsx";
import type { MappingRow } from "./mapping-form.ts";
import { LinePreview, PREVIEW_ISLAND, PreviewSummary } from "./mapping-preview-page.tsx";
import type { MappingPreview } from "./mapping-preview.ts";
import type { MappingVersion } from "./mapping-store.ts";
import { savedBy, versionsHref } from "./mapping-versions-page.tsx";
import { NewestPayload } from "./newest-payload-page.tsx";
import type { Sample } from "./sample.ts";
import { isSensitive, MASK } from "./sensitive-fields.ts";
import { TransformControls } from "./transform-controls-page.tsx";
import type { WebhookWithOwner } from "../webhook-store.ts";

export interface MappingProps {
  readonly webhook: WebhookWithOwner;
  readonly catalogue: FieldCatalogue;
  readonly sample: Sample | null;
  readonly rows: readonly MappingRow[];
  readonly errors: FieldErrors;
  readonly preview: MappingPreview | null;
  /** The version that the form began with; what is saved over it meanwhile is a conflict. */
  readonly basedOn: number;
  /** The version that somebody else has saved meanwhile. */
  readonly conflict: MappingVersion | null;
}

/** The mapping of a webhook that is installed. */
export function MappingPage(props: MappingProps) {
  const { webhook, errors } = props;
  const path = `/webhooks/${webhook.id}`;
  return (
    <ConsolePage
      title="Customize data mapping"
      intro="Choose which values of a call go to which customer fields. Changes hold from the next call on."
      breadcrumb={{ href: path, label: webhook.name }}
      islands={[PREVIEW_ISLAND]}
    >
      <ErrorSummary errors={errors} />
      <ConflictNotice {...props} />
      <MappingForm {...props} action={`${path}/mapping`}>
        <SubmitButton>Save mapping</SubmitButton>
        <PreviewButton {...props} />
        <LinkButton href={path}>Cancel</LinkButton>
      </MappingForm>
    </ConsolePage>
  );
}

export function ConflictNotice({ webhook, conflict }: Pick<MappingProps, "webhook" | "conflict">) {
  if (!conflict) return null;
  return (
    <Notice kind="warning">
      <bdi>{savedBy(conflict)}</bdi> has saved <a href={`${versionsHref(webhook)}/${conflict.version}`}>version {conflict.version}</a> while you worked on
      yours. Yours stands below and is not saved: look at the other one first, then save again to put yours in its place.
    </Notice>
  );
}

/** Shows what the form as it stands would write; of no use without a payload. */
export function PreviewButton({ sample }: Pick<MappingProps, "sample">) {
  if (!sample) return null;
  return (
    <SubmitButton kind="plain" name="preview" value="preview">
      Preview
    </SubmitButton>
  );
}

/** The form, with the newest payload beside it. `children`: its buttons. */
export function MappingForm(props: MappingProps & { readonly action: string; readonly children: ComponentChildren }) {
  const { rows, sample, action, preview, basedOn, children } = props;
  const numbered = rows.map((row, index) => Object.assign({ index }, row));
  return (
    <Columns layout="main-aside">
      <Form action={action} class="mapping">
        <input type="hidden" name="basedOn" value={basedOn} />
        <Table caption="Data mapping" columns={columnsOf(props)} rows={numbered} />
        <p class="hint">
          Deduplicate by one field or several: an object whose values there fit a customer updates it. Tick none, and every object makes a new customer.
        </p>
        <p class="hint">
          In an empty row, enter a path such as <code>$.address.city</code>, several with commas between to join their values, or a constant in double quotes
          such as <code>"Web shop"</code>.
        </p>
        {sample?.structure.cut && <p class="hint">The payload holds more values than are listed. Enter the path of another one in an empty row.</p>}
        {sample && <PreviewSummary preview={preview} />}
        <FormActions>{children}</FormActions>
      </Form>
      <NewestPayload {...props} />
    </Columns>
  );
}

type NumberedRow = MappingRow & { readonly index: number };

function columnsOf({ webhook: { sensitivePaths = [] }, errors, catalogue, sample, preview }: MappingProps): readonly Column<NumberedRow>[] {
  const options = catalogue.fields.toSorted((a, b) => a.label.localeCompare(b.label, "en"));
  const columns: readonly Column<NumberedRow>[] = [
    { header: "Value at", cell: (row) => <PathCell {...row} isMasked={isSensitive(row.path, sensitivePaths)} /> },
    { header: "Customer field", cell: (row) => <FieldCell {...row} options={options} error={errors[`field-${row.index}`]} /> },
    { header: "Deduplicate", cell: (row) => <KeyCell {...row} /> },
  ];
  return sample ? [...columns, { header: "Would write", cell: ({ index }) => <LinePreview index={index} preview={preview?.rows.get(index)} /> }] : columns;
}

function PathCell({ index, path, found, typed, isMasked }: NumberedRow & { readonly isMasked: boolean }) {
  const name = `path-${index}`;
  if (typed) {
    return (
      <input
        id={name}
        name={name}
        value={path}
        aria-label="Path of another value, several paths, or a constant"
        placeholder="$.another.value"
        class="monospace"
        autocomplete="off"
        spellcheck={false}
      />
    );
  }
  return (
    <>
      <input type="hidden" name={name} value={path} />
      <code>{path}</code>
      <span class="hint">
        {isMasked ? (
          `Sensitive: ${MASK}`
        ) : found ? (
          <>
            {found.type} {found.example !== "" && <bdi>{found.example}</bdi>}
          </>
        ) : (
          "Not in the newest call"
        )}
      </span>
    </>
  );
}

function FieldCell({ error, options, ...row }: NumberedRow & { readonly error: string | undefined; readonly options: FieldCatalogue["fields"] }) {
  const { index, path, field } = row;
  const name = `field-${index}`;
  return (
    <>
      <select
        id={name}
        name={name}
        class="select"
        aria-label={path === "" ? "Customer field of the other value" : `Customer field of ${path}`}
        aria-invalid={error ? true : undefined}
        aria-describedby={error && `${name}-error`}
      >
        <option value="">Not mapped</option>
        {options.map((option) => (
          <option value={option.name} selected={option.name === field}>
            {option.label}
          </option>
        ))}
      </select>
      <FieldError name={name} error={error} />
      <TransformControls {...row} />
    </>
  );
}

function KeyCell({ index, isKey }: NumberedRow) {
  return (
    <label class="choice">
      <input type="checkbox" name={`key-${index}`} checked={isKey} />
      <span class="visually-hidden">Deduplicate using this field</span>
    </label>
  );
}
