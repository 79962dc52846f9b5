/** The brand's option fields: the list with its order, one field as a form, and what deleting it takes away. */
import { ConsolePage } from "../web/layout.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import {
  ChoiceField,
  ErrorSummary,
  Form,
  FormActions,
  LinkButton,
  SubmitButton,
  TextAreaField,
  TextField,
  type Choice,
  type FieldErrors,
} from "../web/parts/form.tsx";
import { EmptyState } from "../web/parts/states.tsx";
import { Facts, Table, type Column } from "../web/parts/table.tsx";
import { MAX_OPTION_FIELDS, OPTION_FIELD_KINDS, type OptionField, type OptionFieldDraft, type OptionFieldKind } from "./option-field.ts";

const TITLE = "Option fields";
export const OPTION_FIELDS_PATH = "/customers/fields";
export const NEW_OPTION_FIELD_PATH = "/customers/new-field";
const BREADCRUMB = { href: OPTION_FIELDS_PATH, label: TITLE };

function optionFieldHref({ name }: Pick<OptionField, "name">): string {
  return `${OPTION_FIELDS_PATH}/${name}`;
}

const KINDS: Readonly<Record<OptionFieldKind, { readonly label: string; readonly hint: string }>> = {
  text: { label: "Text", hint: "Anything, up to 256 characters." },
  number: { label: "Number", hint: "Such as 12.50, kept as it was sent." },
  date: { label: "Date", hint: "Such as 2026-11-24. A mapping can read other ways to write one." },
  "yes-no": { label: "Yes or no", hint: "Y or N." },
  choice: { label: "Drop-down", hint: "One of the values that you list." },
};

export function OptionFieldsPage({ fields, isAdmin }: { readonly fields: readonly OptionField[]; readonly isAdmin: boolean }) {
  const isFull = fields.length >= MAX_OPTION_FIELDS;
  return (
    <ConsolePage
      title={TITLE}
      intro="Customer fields that your brand adds to those that every brand has. Data mappings fill them like any other."
      breadcrumb={{ href: "/customers", label: "Customers" }}
      action={isAdmin && fields.length > 0 && !isFull && <AddButton />}
    >
      {fields.length === 0 ? (
        <EmptyState {...(isAdmin && { action: { href: NEW_OPTION_FIELD_PATH, label: "Add an option field" } })}>
          There are no option fields yet. {isAdmin ? "Add one for each value that no customer field is made for." : "Admins add them."}
        </EmptyState>
      ) : (
        <Table
          caption={TITLE}
          columns={isAdmin ? [...COLUMNS, orderColumn(fields)] : COLUMNS}
          rows={fields}
          {...(isAdmin && { href: (field: OptionField) => `${optionFieldHref(field)}/edit` })}
        />
      )}
      {isFull && <p class="hint">A brand has at most {MAX_OPTION_FIELDS} option fields.</p>}
    </ConsolePage>
  );
}

function AddButton() {
  return (
    <LinkButton href={NEW_OPTION_FIELD_PATH} kind="primary">
      Add option field
    </LinkButton>
  );
}

/** Values of a drop-down that the list shows. */
const SHOWN_CHOICES = 8;

const COLUMNS: readonly Column<OptionField>[] = [
  { header: "Label", cell: ({ label }) => <bdi>{label}</bdi> },
  { header: "Name in mappings", cell: ({ name }) => <code>{name}</code> },
  {
    header: "Takes",
    cell: ({ kind, choices }) => (
      <>
        {KINDS[kind].label}
        {choices.length > 0 && <span class="hint">{shownChoices(choices)}</span>}
      </>
    ),
  },
];

function shownChoices(choices: readonly string[]): string {
  const more = choices.length - SHOWN_CHOICES;
  return choices.slice(0, SHOWN_CHOICES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** The order in which mappings and customers list the fields. */
function orderColumn(fields: readonly OptionField[]): Column<OptionField> {
  return {
    header: "Order",
    cell: (field) => (
      <Form action={`${optionFieldHref(field)}/move`} class="row-actions">
        {field !== fields[0] && <MoveButton field={field} direction="up" />}
        {field !== fields.at(-1) && <MoveButton field={field} direction="down" />}
      </Form>
    ),
  };
}

function MoveButton({ field, direction }: { readonly field: OptionField; readonly direction: "up" | "down" }) {
  return (
    <SubmitButton kind="plain" name="direction" value={direction}>
      {direction === "up" ? "Up" : "Down"}
      <span class="visually-hidden">: {field.label}</span>
    </SubmitButton>
  );
}

interface FormProps {
  readonly draft: OptionFieldDraft;
  readonly errors: FieldErrors;
}

export function NewOptionFieldPage({ draft, errors }: FormProps) {
  const choices = OPTION_FIELD_KINDS.map((value): Choice => {
    const { label, hint } = KINDS[value];
    return value === "choice" ? { value, label, hint, details: <ChoicesField draft={draft} errors={errors} /> } : { value, label, hint };
  });
  return (
    <ConsolePage
      title="Add an option field"
      intro="Its name in mappings is made from the label and stays, also when you change the label."
      breadcrumb={BREADCRUMB}
    >
      <ErrorSummary errors={errors} />
      <Form action={NEW_OPTION_FIELD_PATH}>
        <LabelField draft={draft} errors={errors} autofocus />
        <ChoiceField
          kind="radio"
          name="kind"
          label="What it takes"
          hint="This cannot be changed later."
          choices={choices}
          chosen={[draft.kind]}
          error={errors["kind"]}
        />
        <FormActions>
          <SubmitButton>Add option field</SubmitButton>
          <LinkButton href={OPTION_FIELDS_PATH}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

export function EditOptionFieldPage({ field, draft, errors }: FormProps & { readonly field: OptionField }) {
  return (
    <ConsolePage
      title={`Edit “${field.label}”`}
      breadcrumb={BREADCRUMB}
      action={
        <LinkButton href={`${optionFieldHref(field)}/delete`} kind="danger">
          Delete
        </LinkButton>
      }
    >
      <ErrorSummary errors={errors} />
      <Facts
        facts={[
          ["Name in mappings", <code>{field.name}</code>],
          ["Takes", KINDS[field.kind].label],
        ]}
      />
      <Form action={`${optionFieldHref(field)}/edit`}>
        <LabelField draft={draft} errors={errors} />
        {field.kind === "choice" && (
          <ChoicesField draft={draft} errors={errors} note="Customers keep a value that you take away; calls can no longer set it." />
        )}
        <FormActions>
          <SubmitButton>Save option field</SubmitButton>
          <LinkButton href={OPTION_FIELDS_PATH}>Cancel</LinkButton>
        </FormActions>
      </Form>
    </ConsolePage>
  );
}

function LabelField({ draft, errors, autofocus = false }: FormProps & { readonly autofocus?: boolean }) {
  return (
    <TextField
      name="label"
      label="Label"
      hint="What people call it, for instance “Loyalty tier”."
      value={draft.label}
      error={errors["label"]}
      autocomplete="off"
      autofocus={autofocus}
    />
  );
}

function ChoicesField({ draft, errors, note = "" }: FormProps & { readonly note?: string }) {
  return (
    <TextAreaField
      name="choices"
      label="Values"
      hint={`One a line. They are kept in capitals, and calls must send them so, or the mapping writes them in capitals. ${note}`.trim()}
      value={draft.choices}
      error={errors["choices"]}
      rows={6}
    />
  );
}

interface DeleteProps {
  readonly field: OptionField;
  readonly writing: readonly { readonly id: string; readonly name: string }[];
}

export function DeleteOptionFieldPage({ field, writing }: DeleteProps) {
  if (writing.length > 0) {
    return (
      <ConsolePage title={`“${field.label}” cannot be deleted yet`} breadcrumb={BREADCRUMB}>
        <p>These webhooks write it. Take it out of their data mappings first; it could otherwise break their next calls.</p>
        <ul>
          {writing.map(({ id, name }) => (
            <li>
              <a href={`/webhooks/${id}/mapping`}>
                <bdi>{name}</bdi>
              </a>
            </li>
          ))}
        </ul>
        <FormActions>
          <LinkButton href={OPTION_FIELDS_PATH}>Back to the option fields</LinkButton>
        </FormActions>
      </ConsolePage>
    );
  }
  return (
    <ConfirmPage
      title={`Delete “${field.label}”?`}
      breadcrumb={BREADCRUMB}
      consequences={[
        "The value that each customer has in this field is lost. With many customers it takes some minutes until all are removed.",
        <>
          Mappings can no longer write <code>{field.name}</code>, and earlier versions of a mapping that wrote it cannot be taken up again as they are.
        </>,
      ]}
      stays="Customers and their other fields stay. Bodies of calls in the log are not changed."
      action={`${optionFieldHref(field)}/delete`}
      verb="Delete option field"
      cancelHref={OPTION_FIELDS_PATH}
    />
  );
}
