import type { ComponentChildren } from "preact";
import type { FieldCatalogue } from "../customers/field-catalogue.ts";
import { ConsolePage } from "../web/layout.tsx";
import { ErrorSummary, FieldError, Form, FormActions, LinkButton, SubmitButton, type FieldErrors } from "../web/parts/form.tsx";
import { JsonTree } from "../web/parts/json-tree.tsx";
import { Columns, Section } from "../web/parts/section.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Table, type Column } from "../web/parts/table.tsx";
import type { MappingRow } from "./mapping-form.ts";
import type { Sample } from "./sample.ts";
import type { WebhookWithOwner } from "./webhook-store.ts";

export interface MappingProps {
  readonly webhook: WebhookWithOwner;
  readonly catalogue: FieldCatalogue;
  readonly sample: Sample | null;
  readonly rows: readonly MappingRow[];
  readonly errors: FieldErrors;
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
    >
      <ErrorSummary errors={errors} />
      <MappingForm {...props} action={`${path}/mapping`}>
        <SubmitButton>Save mapping</SubmitButton>
        <LinkButton href={path}>Cancel</LinkButton>
      </MappingForm>
    </ConsolePage>
  );
}

/** The form, with the newest payload beside it. `children`: its buttons. */
export function MappingForm({
  catalogue,
  sample,
  rows,
  errors,
  action,
  children,
}: MappingProps & { readonly action: string; readonly children: ComponentChildren }) {
  const numbered = rows.map((row, index) => ({ ...row, index }));
  return (
    <Columns layout="main-aside">
      <Form action={action}>
        <Table caption="Data mapping" columns={columnsOf(errors, catalogue)} rows={numbered} />
        <p class="hint">
          Deduplicate by one field or several: an object whose values there fit a customer updates it. Tick none, and every object makes a new customer.
        </p>
        {sample?.structure.cut && <p class="hint">The payload holds more values than are listed. Enter the path of another one in an empty row.</p>}
        <FormActions>{children}</FormActions>
      </Form>
      <NewestPayload sample={sample} />
    </Columns>
  );
}

type NumberedRow = MappingRow & { readonly index: number };

function columnsOf(errors: FieldErrors, catalogue: FieldCatalogue): readonly Column<NumberedRow>[] {
  const options = catalogue.fields.toSorted((a, b) => a.label.localeCompare(b.label, "en"));
  return [
    { header: "Value at", cell: (row) => <PathCell {...row} /> },
    { header: "Example", cell: ({ found, typed }) => (found ? <bdi>{found.example}</bdi> : !typed && "Not in the newest call") },
    { header: "Customer field", cell: (row) => <FieldCell {...row} options={options} error={errors[`field-${row.index}`]} /> },
    { header: "Deduplicate", cell: (row) => <KeyCell {...row} /> },
  ];
}

function PathCell({ index, path, found, typed }: NumberedRow) {
  const name = `path-${index}`;
  if (typed) {
    return (
      <input
        name={name}
        value={path}
        aria-label="Path of another value"
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
      {found && <span class="hint">{found.type}</span>}
    </>
  );
}

function FieldCell({ index, path, field, error, options }: NumberedRow & { readonly error: string | undefined; readonly options: FieldCatalogue["fields"] }) {
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

function NewestPayload({ sample }: Pick<MappingProps, "sample">) {
  return (
    <Section title="Newest payload" intro={sample && <Time at={sample.receivedAt} />}>
      {sample ? (
        <JsonTree label="Newest payload" value={sample.document.value} />
      ) : (
        <EmptyState>No call has arrived yet, so there are no values to list. You can enter the paths that you expect.</EmptyState>
      )}
    </Section>
  );
}
