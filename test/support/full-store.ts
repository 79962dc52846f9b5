/** A store in which no table is empty: what people and programs do over HTTP, and a made-up row where that leaves a table empty. */
import { DatabaseSync } from "node:sqlite";
import { consent, exchange, addClient, type TestClient } from "../protocol/protocol-kit.ts";
import { readSnapshot } from "../../src/store/copy/copy-store.ts";
import type { Snapshot } from "../../src/store/copy/copy-sides.ts";
import { readTableShapes, type TableShape } from "../../src/store/copy/table-shape.ts";
import { BY_EMAIL, receiving } from "../webhooks/receiving.ts";
import { addPerson, PASSWORD } from "./people.ts";
import { startHookgate } from "./start-hookgate.ts";

export const SECRET = "a secret of more than thirty-two characters";

/** What somebody holds in hand who used the store before it moved. */
export interface InHand {
  readonly client: TestClient;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly path: string;
  readonly customerId: string;
  readonly callId: string;
  readonly brandId: string;
  readonly person: { readonly email: string; readonly password: string };
}

/** Two of them are longer than a page, so that a copy must begin another one behind it. */
const LONG_BODY = 3_000_000;

export async function fillStore(url: string): Promise<InHand> {
  const hookgate = await startHookgate({ HOOKGATE_STORE: url, HOOKGATE_SECRET: SECRET });
  try {
    const { brandId, webhook, owner, token, send } = await receiving(hookgate, BY_EMAIL);
    const answer = await send({ email: "ünï@example.com", firstname: "Zoë \u{1F600} \\ \" '" });
    for (let i = 0; i < 3; i++) await send({ email: `long-${i}@example.com`, note: "ä".repeat(10).padEnd(LONG_BODY, "x") });
    await send({ email: "once@example.com" }, { "idempotency-key": "one" });
    await send("no JSON");
    const client = await addClient(hookgate, { owner });
    const { answer: redirect } = await consent(hookgate, client, { scope: "apps.webhook:execute offline_access" });
    const tokens = await exchange(hookgate, client, redirect.get("code")!);
    const person = { email: "person@example.com", password: PASSWORD };
    await addPerson(hookgate, { ...person, name: "Person", role: "admin" });
    await fetch(`${hookgate.url}/hooks/nowhere`, { method: "POST" });
    const call = (await hookgate.store.calls.listCalls(brandId, { webhookId: webhook.id, ownerId: null, outcome: null }, { limit: 100, after: null })).rows;
    return {
      client,
      refreshToken: tokens.json["refresh_token"] as string,
      accessToken: token,
      path: `/hooks/${webhook.id}`,
      customerId: (answer.json as { hookgate_id: string }).hookgate_id,
      callId: call.at(-1)!.id,
      brandId,
      person,
    };
  } finally {
    await hookgate.close();
    await addMissingRows(url);
  }
}

async function addMissingRows(url: string): Promise<void> {
  const database = new DatabaseSync(url.slice("sqlite:".length));
  // What rows refer to.
  const known = { ...database.prepare("select brand_id, owner_id as user_id, id as webhook_id from webhooks").get() };
  for (const { name, columns } of await readTableShapes()) {
    if (database.prepare(`select 1 from ${name}`).get() !== undefined) continue;
    const values = columns.map((column) => {
      if (known[column.name] !== undefined) return known[column.name]!;
      // As large as JavaScript's numbers are exact: further than 32 bits in any case.
      return column.type === "integer" ? Number.MAX_SAFE_INTEGER : column.type === "bytes" ? new Uint8Array([0, 1, 255]) : `${name} "\\"' \t\n é`;
    });
    database.prepare(`insert into ${name} values (${values.map(() => "?").join(", ")})`).run(...values);
  }
  database.close();
}

/** Every row of every table, in the order of the keys. */
export function everyRow(url: string): Promise<Readonly<Record<string, readonly unknown[]>>> {
  return readSnapshot(url, async (snapshot) => {
    const rows: Record<string, readonly unknown[]> = {};
    for (const table of await readTableShapes()) rows[table.name] = await rowsOf(snapshot, table);
    return rows;
  });
}

async function rowsOf(snapshot: Snapshot, table: TableShape): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const page of snapshot.pages(table)) {
    for (const row of page) {
      rows.push(
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value])),
      );
    }
  }
  return rows;
}
