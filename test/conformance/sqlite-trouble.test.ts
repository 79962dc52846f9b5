import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test, vi } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { SqliteConnection } from "../../src/store/sql/sqlite-connection.ts";
import { addPeople, BRAND_A, closeAtEnd, commitOne, FIRST_PAGE, newPendingCall, newWebhook, walk, writeCustomer } from "./fixture.ts";
import { nextMessage } from "./next-message.ts";
import { temporaryFile } from "./temporary-file.ts";

async function open() {
  const path = temporaryFile();
  // Looks on, to get hold of the connection that writes: how much a database may hold is a setting of the connection.
  const begin = vi.spyOn(SqliteConnection.prototype, "begin");
  const store = closeAtEnd(await openStore({ url: `sqlite:${path}`, migrate: true }));
  const writer = begin.mock.contexts[0] as SqliteConnection;
  begin.mockRestore();
  const { alice } = await addPeople(store);
  const webhook = newWebhook(alice);
  await store.webhooks.insertWebhook(webhook);
  const fillDisk = (freePages: number): void => {
    const [row] = writer.execute("pragma page_count", []).rows;
    writer.execute(`pragma max_page_count = ${Number(row!["page_count"]) + freePages}`, []);
  };
  const freeDisk = (): void => void writer.execute("pragma max_page_count = 1000000", []);
  return { path, store, webhook, fillDisk, freeDisk };
}

test("a full disk rejects the whole batch, nothing of it is written, what was written stays, and all goes on when there is room", async () => {
  const { store, webhook, fillDisk, freeDisk } = await open();
  const set = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
  const before = await writeCustomer(store, webhook, { emailaddress: "before@example.com" }, set.id);
  fillDisk(20);
  const small = newPendingCall(webhook, [{ changes: { emailaddress: "small@example.com" }, deduplicateBy: set.id }]);
  const large = newPendingCall(webhook, null, { body: "x".repeat(1_000_000) });
  await expect(store.calls.commitCalls([small, large])).rejects.toThrow("full");
  expect((await store.customers.listCustomers(BRAND_A, null, FIRST_PAGE)).rows.map((customer) => customer.id)).toEqual([before]);
  expect(await store.calls.findCall(BRAND_A, small.call.id)).toBeUndefined();
  // The lock was given back and no transaction was left open: a smaller write still fits.
  await store.setUp.insertSetUpLink("link", 1);
  freeDisk();
  expect((await store.calls.commitCalls([small, large])).map((outcome) => outcome.kind)).toEqual(["accepted", "sample"]);
});

test("a full disk undoes a transaction over several ports as a whole", async () => {
  const { store, webhook, fillDisk, freeDisk } = await open();
  fillDisk(20);
  const work = store.transaction(async (ports) => {
    await ports.brands.updateBrand(BRAND_A, { name: "Half", timeZone: "UTC" });
    await ports.calls.commitCalls([newPendingCall(webhook, null, { body: "x".repeat(1_000_000) })]);
  });
  await expect(work).rejects.toThrow("full");
  freeDisk();
  expect((await store.brands.findBrand(BRAND_A))?.name).toBe("Default");
  expect(await commitOne(store, webhook, null)).toEqual({ kind: "sample" });
});

test("a field set whose filling broke off is kept by every write meanwhile and filled to the end by the next call", async () => {
  const { store, webhook, fillDisk, freeDisk } = await open();
  const emails = Array.from({ length: 3_000 }, (_, index) => `person-${index}@example.com`);
  const outcome = await commitOne(
    store,
    webhook,
    emails.map((emailaddress) => ({ changes: { emailaddress }, deduplicateBy: null })),
  );
  if (outcome.kind !== "accepted") throw new Error("The call was not accepted.");
  fillDisk(40);
  await expect(store.customers.ensureFieldSet(BRAND_A, ["emailaddress"])).rejects.toThrow("full");
  freeDisk();
  const late = await writeCustomer(store, webhook, { emailaddress: "late@example.com" });
  const younger = await writeCustomer(store, webhook, { emailaddress: emails[2_999]! });
  const set = await store.customers.ensureFieldSet(BRAND_A, ["emailaddress"]);
  for (const index of [0, 1_500, 2_999]) expect(await writeCustomer(store, webhook, { emailaddress: emails[index]! }, set.id)).toBe(outcome.customerIds[index]);
  expect(await writeCustomer(store, webhook, { emailaddress: "late@example.com" }, set.id)).toBe(late);
  expect((await walk((page) => store.customers.listCustomers(BRAND_A, null, page), 1_000)).map((customer) => customer.id)).toContain(younger);
});

test("while another process writes, reads and turns go on, and a write waits until it is through", async () => {
  const { path, store } = await open();
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const other = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const database = new (require("node:sqlite").DatabaseSync)(workerData.path);
     database.exec("begin immediate; update brands set name = 'Other'");
     parentPort.postMessage("holds the lock");
     Atomics.wait(workerData.gate, 0, 0);
     database.exec("commit");
     database.close();`,
    { eval: true, workerData: { path, gate } },
  );
  onTestFinished(async () => void (await other.terminate()));
  await nextMessage(other);
  let written = false;
  const write = store.setUp.insertSetUpLink("link", 10).then(() => (written = true));
  for (let turn = 0; turn < 20; turn++) {
    await nextTurn();
    expect((await store.brands.findBrand(BRAND_A))?.name).toBe("Default");
  }
  expect(written).toBe(false);
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  await write;
  expect(await store.setUp.isSetUpLinkOpen("link", 1)).toBe(true);
  expect((await store.brands.findBrand(BRAND_A))?.name).toBe("Other");
});
