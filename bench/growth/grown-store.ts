/**
 * Stores of any size, filled row by row with what calls would have left there, by the statements that a copy uses. Everything but the
 * number of rows is the same in all of them.
 */
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { loadConfig } from "../../src/config.ts";
import { keyDigest } from "../../src/customers/deduplication.ts";
import type { CustomerFields } from "../../src/customers/customer.ts";
import type { User } from "../../src/identity/user.ts";
import { DAY, systemClock } from "../../src/lib/clock.ts";
import { lowestIdAt, newRandomId, newTimeOrderedId } from "../../src/lib/id.ts";
import { digestOf } from "../../src/lib/secret.ts";
import { openServices } from "../../src/services.ts";
import { PAGE_ROWS, type Target } from "../../src/store/copy/copy-sides.ts";
import { fillStore } from "../../src/store/copy/copy-store.ts";
import { readTableShapes, type Row, type TableShape } from "../../src/store/copy/table-shape.ts";
import { openStore } from "../../src/store/open-store.ts";
import { CALL_COLUMNS } from "../../src/store/sql/call-row.ts";
import { searchText } from "../../src/store/sql/customer-row.ts";
import type { Call } from "../../src/webhooks/calls/call.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { addressOfCustomer, REDIRECT_URI, SCOPE } from "../scenarios.ts";

export interface Sizes {
  readonly customers: number;
  readonly calls: number;
  readonly applications: number;
}

export const ADMIN = "admin@grown.example";
/** Owns one webhook with a few calls, long ago. */
export const MEMBER = "member@grown.example";
export const APPLICATION_SECRET = "the secret of every application of a grown store";
/** Every third customer has the one, the oldest customer alone the other. */
export const FREQUENT = "Graz";
export const RARE = "Quetzalcoatl";
const BUSY_WEBHOOKS = 9;
const CALLS_OF_QUIET_WEBHOOK = 3;
/** Every so many calls one was refused. */
const REFUSED_EVERY = 50;
/** First all customers came, then all calls: ids are made in the order of time. */
const PERIOD = 180 * DAY;

export const SECRET_OF_GROWN_STORES = "the secret of stores that are grown to be measured";

export function configOf(store: string): ReturnType<typeof loadConfig> {
  return loadConfig({ HOOKGATE_STORE: store, HOOKGATE_SECRET: SECRET_OF_GROWN_STORES });
}

/** What a caller needs to call the busiest webhook. */
export interface GrownIds {
  /** Its secret is `APPLICATION_SECRET`. */
  readonly clientId: string;
  readonly webhookId: string;
}

/** Fills an empty store. */
export async function growStore(url: string, sizes: Sizes, advance: (table: string, rows: number) => void): Promise<GrownIds> {
  const base = await makeBase(url);
  const clientIds = Array.from({ length: sizes.applications }, newRandomId);
  const tables = new Map((await readTableShapes()).map((shape) => [shape.name, shape]));
  await fillStore(url, async (target) => {
    for (const [name, rows] of rowsOf(base, clientIds, sizes)) await insertAll(target, tables.get(name)!, rows, advance);
    await target.finish([...tables.values()]);
  });
  return { clientId: clientIds[0]!, webhookId: base.webhooks[0]!.id };
}

interface Base {
  readonly admin: User;
  /** The quiet one last. */
  readonly webhooks: readonly Webhook[];
}

/** People and webhooks, by the services. */
async function makeBase(url: string): Promise<Base> {
  const config = configOf(url);
  const store = await openStore({ url, migrate: true, clock: systemClock });
  try {
    const services = await openServices(config, store, systemClock);
    const now = systemClock.now();
    const brandId = DEFAULT_BRAND_ID;
    for (const module of ["oauth2-server", "webhook-pro"] as const) await store.brands.activateModule(brandId, module, now);
    const common = { brandId, status: "active", createdAt: now, signedInAt: null, reactivatedAt: null } as const;
    const admin: User = { ...common, id: newRandomId(), email: ADMIN, name: "Ada Admin", role: "admin" };
    const member: User = { ...common, id: newRandomId(), email: MEMBER, name: "Mel Member", role: "member" };
    for (const user of [admin, member]) if (!(await store.users.insertUser(user, { passwordHash: "none" }))) throw new Error(`${url} is not empty.`);
    const webhooks: Webhook[] = [];
    for (const owner of [...Array.from({ length: BUSY_WEBHOOKS }, () => admin), member]) {
      const fields = [
        { path: "email", field: "emailaddress" },
        { path: "surname", field: "lastname" },
        { path: "city", field: "city" },
      ];
      const mapping = { fields, deduplicateBy: ["emailaddress"] };
      const added = await services.webhooks.add({ brandId, ownerId: owner.id, name: `Webhook ${webhooks.length}`, authentication: "oauth2", mapping });
      if (added.kind !== "added") throw new Error(JSON.stringify(added.errors));
      webhooks.push(added.webhook);
    }
    return { admin, webhooks };
  } finally {
    await store.close();
  }
}

function rowsOf(base: Base, clientIds: readonly string[], sizes: Sizes): readonly (readonly [table: string, rows: Iterable<Row>])[] {
  const since = systemClock.now() - 2 * PERIOD;
  const timeOf = (index: number, count: number) => since + Math.floor((index * PERIOD) / count);
  // Made again each time that it is needed: ten million of them would not fit into the memory of one process.
  const customerIdOf = (index: number) => `${lowestIdAt(timeOf(index, sizes.customers))}-7000-8000-${index.toString(16).padStart(12, "0")}`;
  const every = function* (count: number, row: (index: number, time: number) => Row): Generator<Row> {
    for (let index = 0; index < count; index++) yield row(index, timeOf(index, count));
  };
  return [
    ["applications", every(sizes.applications, (index, time) => applicationRow(base, clientIds[index]!, time))],
    ["client_secrets", every(sizes.applications, (index, time) => secretRow(base, clientIds[index]!, time))],
    ["customers", every(sizes.customers, (index, time) => customerRow(base, customerIdOf(index), index, time))],
    ["customer_keys", keyRows(base, sizes.customers, customerIdOf)],
    ["calls", callRows(base, sizes, customerIdOf)],
  ];
}

function applicationRow({ admin }: Base, clientId: string, time: number): Row {
  return {
    client_id: clientId,
    brand_id: admin.brandId,
    owner_id: admin.id,
    name: "Shop sync",
    description: "",
    type: "confidential",
    scopes: JSON.stringify([SCOPE]),
    redirect_uris: JSON.stringify([REDIRECT_URI]),
    created_at: time,
    updated_at: time,
  };
}

function secretRow({ admin }: Base, clientId: string, time: number): Row {
  const digest = digestOf(APPLICATION_SECRET);
  return { id: newRandomId(), brand_id: admin.brandId, client_id: clientId, digest, created_at: time, last_used_at: null, expires_at: null };
}

function fieldsOf(index: number): CustomerFields {
  const city = index % 3 === 0 ? FREQUENT : `City ${index % 1_000}`;
  return { emailaddress: addressOfCustomer(index), firstname: `Name ${index % 5_000}`, lastname: index === 0 ? RARE : `Example ${index % 7_000}`, city };
}

function customerRow({ admin }: Base, id: string, index: number, time: number): Row {
  const fields = fieldsOf(index);
  return { brand_id: admin.brandId, id, fields: JSON.stringify(fields), search_text: searchText(fields), created_at: time, updated_at: time };
}

const digestAt = (index: number) => keyDigest(["emailaddress"], fieldsOf(index))!;

/** Nearly in the order of their digests: scattered over the tree, each would cost a page of the disk. */
function* keyRows({ admin, webhooks }: Base, count: number, customerIdOf: (index: number) => string): Generator<Row> {
  // The first four characters of the digest above the customer's number.
  const order = BigUint64Array.from(
    { length: count },
    (_, index) => (BigInt(Buffer.from(digestAt(index), "latin1").readUInt32BE()) << 32n) | BigInt(index),
  ).toSorted();
  for (const entry of order) {
    const index = Number(entry & 0xffffffffn);
    yield { brand_id: admin.brandId, field_set_id: webhooks[0]!.fieldSetId!, key_digest: digestAt(index), customer_id: customerIdOf(index) };
  }
}

function* callRows({ webhooks }: Base, { calls: count, customers }: Sizes, customerIdOf: (index: number) => string): Generator<Row> {
  const since = systemClock.now() - PERIOD;
  for (let index = 0; index < count; index++) {
    const webhook = index < CALLS_OF_QUIET_WEBHOOK ? webhooks.at(-1)! : webhooks[index % BUSY_WEBHOOKS]!;
    const time = since + Math.floor((index * PERIOD) / count);
    const isRefused = index % REFUSED_EVERY === 0;
    const customer = index % customers;
    const { emailaddress, lastname, city } = fieldsOf(customer);
    const call: Call = {
      id: newTimeOrderedId(time),
      brandId: webhook.brandId,
      webhookId: webhook.id,
      receivedAt: time,
      duration: 3,
      outcome: isRefused ? "refused" : "accepted",
      status: isRefused ? 422 : 200,
      reason: isRefused ? "The value at $.email is no e-mail address." : null,
      reference: newRandomId(),
      authenticated: true,
      clientId: webhook.ownerId,
      applicationName: "Shop sync",
      headers: "content-type: application/json\nuser-agent: Shop/1.0",
      body: JSON.stringify({ email: emailaddress, surname: lastname, city, cart: { total: 129.9, items: 3 }, source: "checkout" }),
      answer: null,
      repeatOf: null,
      customerIds: isRefused ? [] : [customerIdOf(customer)],
    };
    yield Object.fromEntries(Object.entries(CALL_COLUMNS).map(([name, [, value]]) => [name, value(call)]));
  }
}

async function insertAll(target: Target, table: TableShape, rows: Iterable<Row>, advance: (table: string, rows: number) => void): Promise<void> {
  let page: Row[] = [];
  const flush = async () => {
    if (page.length > 0) await target.insert(table, page);
    advance(table.name, page.length);
    page = [];
  };
  for (const row of rows) if (page.push(row) === PAGE_ROWS) await flush();
  await flush();
}
