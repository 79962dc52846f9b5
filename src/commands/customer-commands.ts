import { once } from "node:events";
import { spinner } from "@clack/prompts";
import { InvalidArgumentError, Option, type Command } from "commander";
import { exportCustomers } from "../customers/customer-export.ts";
import type { Customer } from "../customers/customer.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../lib/export-file.ts";
import { isId } from "../lib/id.ts";
import type { PageRequest } from "../lib/page.ts";
import type { CustomerStore } from "../customers/customer-store.ts";
import { CommandFailure, JSON_OPTION, printResult, visible } from "./output.ts";
import { findBrand, withServices } from "./with-services.ts";

interface ListOptions {
  readonly limit: number;
  readonly brand?: string;
  readonly json?: true;
}

const MAX_LIMIT = 1_000_000;
/** Rows that are asked for at once. */
const ROWS_A_PAGE = 500;

export function addCustomerCommands(program: Command): void {
  const customer = program.command("customer").description("customers that webhook calls made");
  customer
    .command("list")
    .description("list customers, newest first")
    .option("--limit <number>", "how many at most", parseLimit, 100)
    .option("--brand <name>", "whose customers (default: the first brand's)")
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  hookgate customer list --limit 10 --json")
    .action(listCustomers);
  customer
    .command("export")
    .description("write every customer to standard output, newest first, with each of its fields")
    .addOption(new Option("--format <format>", "CSV for spreadsheets, or one JSON object a line").choices(EXPORT_FORMATS).makeOptionMandatory())
    .option("--search <text>", "only customers with a value that contains this")
    .option("--brand <name>", "whose customers (default: the first brand's)")
    .addHelpText("after", "\nExample:\n  hookgate customer export --format csv > customers.csv")
    .action(writeCustomers);
  customer
    .command("erase")
    .description("delete a customer for good, also what calls in the log hold of it")
    .argument("<id>", "hookgate_id of the customer")
    .option("--brand <name>", "whose customer (default: the first brand's)")
    .option(...JSON_OPTION)
    .action(eraseCustomer);
}

async function listCustomers(options: ListOptions): Promise<void> {
  await withServices(async ({ store }) => {
    const brand = await findBrand(store, options.brand);
    const customers = await newestCustomers(store.customers, brand.id, options.limit);
    printResult(
      options.json,
      { customers: customers.map(toJson) },
      customers.length === 0 ? `${visible(brand.name)} has no customers yet.` : customers.map(toLine).join("\n"),
    );
  });
}

interface ExportOptions {
  readonly format: ExportFormat;
  readonly search?: string;
  readonly brand?: string;
}

async function writeCustomers({ format, search, brand: wanted }: ExportOptions): Promise<void> {
  const { stdout, stderr } = process;
  // On the terminal the rows themselves show how far it is.
  const progress = stderr.isTTY && !stdout.isTTY ? spinner({ output: stderr }) : undefined;
  await withServices(async ({ store, catalogues }) => {
    const brand = await findBrand(store, wanted);
    const list = (page: PageRequest) => store.customers.listCustomers(brand.id, search?.trim() || null, page);
    let rows = 0;
    progress?.start("Customers");
    for await (const part of exportCustomers(format, await catalogues.of(brand.id), list)) {
      if (!stdout.write(part.text)) await once(stdout, "drain");
      rows += part.rows;
      progress?.message(`${rows.toLocaleString("en")} customers`);
    }
    progress?.stop(`${rows.toLocaleString("en")} customers`);
  });
}

async function eraseCustomer(id: string, options: Pick<ListOptions, "brand" | "json">): Promise<void> {
  await withServices(async ({ store }) => {
    const brand = await findBrand(store, options.brand);
    if (!isId(id) || !(await store.calls.eraseCustomer(brand.id, id))) throw new CommandFailure(`${brand.name} has no customer with the id ${id}.`);
    printResult(options.json, { hookgate_id: id, erased: true }, "The customer is erased.");
  });
}

async function newestCustomers(store: CustomerStore, brandId: string, limit: number): Promise<readonly Customer[]> {
  const customers: Customer[] = [];
  let after: string | null = null;
  do {
    const page = await store.listCustomers(brandId, null, { limit: Math.min(ROWS_A_PAGE, limit - customers.length), after });
    customers.push(...page.rows);
    after = page.next;
  } while (after !== null && customers.length < limit);
  return customers;
}

function toJson(customer: Customer): object {
  return {
    hookgate_id: customer.id,
    created_at: new Date(customer.createdAt).toISOString(),
    updated_at: new Date(customer.updatedAt).toISOString(),
    fields: customer.fields,
  };
}

function toLine(customer: Customer): string {
  const fields = Object.entries(customer.fields).map(([name, value]) => `${name}=${visible(value)}`);
  return [customer.id, new Date(customer.updatedAt).toISOString(), ...fields].join("  ");
}

function parseLimit(text: string): number {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}
