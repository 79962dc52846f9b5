/** What the console shows of customers: the list with its search, and one customer. */
import type { Page } from "../lib/page.ts";
import { ConsolePage } from "../web/layout.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { ConfirmPage } from "../web/parts/confirm-page.tsx";
import { LinkButton } from "../web/parts/form.tsx";
import { SearchForm } from "../web/parts/search-form.tsx";
import { Section } from "../web/parts/section.tsx";
import { EmptyState, Time } from "../web/parts/states.tsx";
import { Facts, Pager, Table, type Column } from "../web/parts/table.tsx";
import { MAX_SEARCHED, type Customer } from "./customer.ts";
import type { FieldDefinition } from "./customer-fields.ts";
import { customerName } from "./customer-name.ts";
import type { FieldCatalogue } from "./field-catalogue.ts";
import { OPTION_FIELDS_PATH } from "./option-field-pages.tsx";

interface CustomersPageProps {
  readonly page: Page<Customer>;
  readonly search: string | null;
  readonly after: string | null;
  /** Whether a search ended before the page was full, because it had looked at enough. */
  readonly looksFurther: boolean;
}

export function CustomersPage({ page, search, after, looksFurther }: CustomersPageProps) {
  const address = search === null ? "/customers" : `/customers?q=${encodeURIComponent(search)}`;
  const noneAtAll = page.rows.length === 0 && search === null && after === null;
  return (
    <ConsolePage
      title="Customers"
      intro="The people whom your webhooks created and updated, newest first."
      action={
        <>
          {!noneAtAll && <LinkButton href={search === null ? "/customers/export" : `/customers/export?q=${encodeURIComponent(search)}`}>Export</LinkButton>}
          <LinkButton href={OPTION_FIELDS_PATH}>Option fields</LinkButton>
        </>
      }
    >
      {noneAtAll ? (
        <EmptyState action={{ href: "/store/webhook", label: "Install a webhook" }}>
          There are no customers yet. A webhook makes the first one when it receives a call and its fields are mapped.
        </EmptyState>
      ) : (
        <>
          <SearchForm action="/customers" label="Search in every field" value={search ?? undefined} />
          {page.rows.length === 0 ? (
            <NothingFound search={search} looksFurther={looksFurther} />
          ) : (
            <Table caption="Customers" columns={CUSTOMER_COLUMNS} rows={page.rows} href={customerHref} />
          )}
          {looksFurther && <p class="hint">A page of a search looks at {MAX_SEARCHED.toLocaleString("en")} customers. The next one looks at older ones.</p>}
          <Pager page={page} after={after} href={address} />
        </>
      )}
    </ConsolePage>
  );
}

function NothingFound({ search, looksFurther }: { readonly search: string | null; readonly looksFurther: boolean }) {
  if (looksFurther) return <EmptyState>None of these customers has such a value. Older ones may.</EmptyState>;
  const action = { href: "/customers", label: "Show all customers" };
  if (search === null) return <EmptyState action={action}>The list ends before this page.</EmptyState>;
  return (
    <EmptyState action={action}>
      No customer has a value that contains “<bdi>{search}</bdi>”.
    </EmptyState>
  );
}

export function customerHref(customer: Pick<Customer, "id">): string {
  return `/customers/${customer.id}`;
}

// Names come from outside and in every script: <bdi> keeps a right-to-left one from turning its neighbours around.
export const CUSTOMER_COLUMNS: readonly Column<Customer>[] = [
  { header: "Name", cell: (customer) => <bdi>{customerName(customer)}</bdi> },
  { header: "E-mail address", cell: ({ fields }) => fields.emailaddress && <bdi>{fields.emailaddress}</bdi> },
  { header: "Company", cell: ({ fields }) => fields.companyname && <bdi>{fields.companyname}</bdi> },
  { header: "Updated", cell: ({ updatedAt }) => <Time at={updatedAt} /> },
];

interface FieldValue {
  readonly field: FieldDefinition;
  readonly value: string;
}

const FIELD_COLUMNS: readonly Column<FieldValue>[] = [
  { header: "Field", cell: ({ field }) => <bdi>{field.label}</bdi> },
  { header: "Name in mappings", cell: ({ field }) => <code>{field.name}</code> },
  { header: "Value", cell: ({ value }) => <bdi class="text-value">{value}</bdi> },
];

interface CustomerPageProps {
  readonly customer: Customer;
  readonly catalogue: FieldCatalogue;
  readonly mayErase: boolean;
}

export function CustomerPage({ customer, catalogue, mayErase }: CustomerPageProps) {
  const values = catalogue.fields.flatMap((field): readonly FieldValue[] => {
    const value = customer.fields[field.name];
    return value === undefined ? [] : [{ field, value }];
  });
  return (
    <ConsolePage
      title={customerName(customer)}
      breadcrumb={{ href: "/customers", label: "Customers" }}
      action={
        <>
          <LinkButton href={`/calls?q=${customer.id}`}>Calls</LinkButton>
          {mayErase && (
            <LinkButton href={`${customerHref(customer)}/erase`} kind="danger">
              Erase
            </LinkButton>
          )}
        </>
      }
    >
      <CopyField label="hookgate_id" value={customer.id} />
      <Facts
        facts={[
          ["Created", <Time at={customer.createdAt} />],
          ["Updated", <Time at={customer.updatedAt} />],
        ]}
      />
      <Section title="Fields" intro="Every field that has a value.">
        {values.length === 0 ? (
          <EmptyState>No field of this customer has a value.</EmptyState>
        ) : (
          <Table caption="Fields with a value" columns={FIELD_COLUMNS} rows={values} />
        )}
      </Section>
    </ConsolePage>
  );
}

export function EraseCustomerPage({ customer }: { readonly customer: Customer }) {
  const path = customerHref(customer);
  const name = customerName(customer);
  return (
    <ConfirmPage
      title={`Erase ${name}?`}
      breadcrumb={{ href: path, label: name }}
      consequences={[
        "The customer is gone with every field. A webhook that gets the same values again makes a new customer.",
        <>
          In the call log, each object that made or updated this customer reads <code>{'{"erased":true}'}</code>. The rest of these calls stays as it is.
        </>,
      ]}
      stays="Bodies of refused calls and of samples are not searched: nothing ties them to a customer. With many calls this can take a minute."
      action={`${path}/erase`}
      verb="Erase customer"
      cancelHref={path}
    />
  );
}
