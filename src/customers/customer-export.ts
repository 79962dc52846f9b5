import { exportHead, exportRow, type ExportColumn, type ExportFormat, type ExportPart } from "../lib/export-file.ts";
import type { Page, PageRequest } from "../lib/page.ts";
import type { Customer } from "./customer.ts";
import type { FieldCatalogue } from "./field-catalogue.ts";

/** Rows that are asked for and held at once. */
const ROWS_A_PART = 200;

/** Every customer that `list` gives, in its order, with a column for each field that the brand has. */
export async function* exportCustomers(
  format: ExportFormat,
  catalogue: FieldCatalogue,
  list: (page: PageRequest) => Promise<Page<Customer>>,
): AsyncGenerator<ExportPart> {
  const columns: readonly ExportColumn<Customer>[] = [
    { name: "hookgate_id", value: ({ id }) => id },
    { name: "created_at", value: ({ createdAt }) => new Date(createdAt).toISOString() },
    { name: "updated_at", value: ({ updatedAt }) => new Date(updatedAt).toISOString() },
    ...catalogue.fields.map(({ name }) => ({ name, value: ({ fields }: Customer) => fields[name] })),
  ];
  yield { text: exportHead(format, columns), rows: 0 };
  let after: string | null = null;
  do {
    const page: Page<Customer> = await list({ limit: ROWS_A_PART, after });
    yield { text: page.rows.map((customer) => exportRow(format, columns, customer)).join(""), rows: page.rows.length };
    after = page.next;
  } while (after !== null);
}
