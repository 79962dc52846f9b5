/** Holds what callers were told against what the store has. */
import { DEFAULT_BRAND_ID } from "../src/brands/brand.ts";
import { openStore } from "../src/store/open-store.ts";
import type { Page, PageRequest } from "../src/lib/page.ts";
import type { Ledger } from "./ledger.ts";

const PAGE = 500;

export async function checkStore(url: string, ledger: Ledger): Promise<void> {
  const store = await openStore({ url, migrate: false });
  try {
    const stored = new Map<string, string>();
    for await (const { id, fields } of rowsOf((page) => store.customers.listCustomers(DEFAULT_BRAND_ID, null, page))) {
      const email = fields.emailaddress ?? "";
      if (email !== "" && stored.has(email)) ledger.break(`two customers: ${email}`);
      stored.set(email, id);
    }
    for (const [email, id] of ledger.customers) {
      ledger.count("acknowledged customers");
      if (stored.get(email) !== id) ledger.break(`lost: ${email}, customer ${id}`);
    }
    const references = new Set<string>();
    const all = { webhookId: null, ownerId: null, outcome: null };
    for await (const { reference } of rowsOf((page) => store.calls.listCalls(DEFAULT_BRAND_ID, all, page))) references.add(reference);
    for (const reference of ledger.references) {
      ledger.count("acknowledged calls");
      if (!references.has(reference)) ledger.break(`lost: the call ${reference}`);
    }
  } finally {
    await store.close();
  }
}

async function* rowsOf<Row>(list: (page: PageRequest) => Promise<Page<Row>>): AsyncIterable<Row> {
  let after: string | null = null;
  do {
    const page: Page<Row> = await list({ limit: PAGE, after });
    yield* page.rows;
    after = page.next;
  } while (after !== null);
}
