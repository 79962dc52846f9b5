import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { BRAND_A, closeAtEnd, NOW } from "./fixture.ts";
import { nextMessage } from "./next-message.ts";
import { temporaryFile } from "./temporary-file.ts";

const open = (path: string, migrate: boolean | "if-empty") => openStore({ url: `sqlite:${path}`, migrate, clock: { now: () => NOW } });

/** Changes a closed database behind the store's back, as another version of the program would have left it. */
function edit(path: string, sql: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

async function makeStore(path: string): Promise<void> {
  await (await open(path, true)).close();
}

test("a store is made with its directory and keeps what was written", async () => {
  const path = temporaryFile();
  const store = await open(path, true);
  expect((await store.brands.findBrand(BRAND_A))?.createdAt).toBe(NOW);
  await store.brands.updateBrand(BRAND_A, { name: "Kept", timeZone: "UTC" });
  await store.close();
  const again = closeAtEnd(await open(path, true));
  expect((await again.brands.findBrand(BRAND_A))?.name).toBe("Kept");
});

test("only its owner may read a new store and the files beside it; one that is there keeps its mode", async () => {
  const path = temporaryFile();
  const modes = () => ["", "-wal", "-shm"].map((end) => (statSync(path + end).mode & 0o777).toString(8));
  const store = await open(path, true);
  expect(modes()).toEqual(["600", "600", "600"]);
  await store.close();
  chmodSync(path, 0o640);
  closeAtEnd(await open(path, true));
  expect(modes()).toEqual(["640", "640", "640"]);
});

test("a closed store refuses work instead of hanging", async () => {
  const store = await open(temporaryFile(), true);
  await store.close();
  await expect(store.brands.findBrand(BRAND_A)).rejects.toThrow();
  await expect(store.setUp.insertSetUpLink("link", NOW)).rejects.toThrow();
  await expect(store.calls.commitCalls([])).resolves.toEqual([]);
  await expect(store.calls.insertUnknownEndpointCall("/", NOW)).rejects.toThrow();
  await expect(store.changes.current()).rejects.toThrow();
});

test("closing waits for the transaction under way", async () => {
  const path = temporaryFile();
  const store = await open(path, true);
  const begun = Promise.withResolvers<void>();
  const work = store.transaction(async (ports) => {
    await ports.brands.updateBrand(BRAND_A, { name: "Half", timeZone: "UTC" });
    begun.resolve();
    await ports.brands.updateBrand(BRAND_A, { name: "Whole", timeZone: "UTC" });
  });
  await begun.promise;
  await store.close();
  await work;
  const again = closeAtEnd(await open(path, false));
  expect((await again.brands.findBrand(BRAND_A))?.name).toBe("Whole");
});

test("an empty store gets its tables from a program that migrates or makes them if it is empty, and from no other", async () => {
  await expect(open(temporaryFile(), false)).rejects.toThrow("The store is empty");
  closeAtEnd(await open(temporaryFile(), "if-empty"));
  const path = temporaryFile();
  await makeStore(path);
  for (const mode of [false, "if-empty", true] as const) closeAtEnd(await open(path, mode));
});

test("a store with an older schema opens only for a program that migrates", async () => {
  const path = temporaryFile();
  await makeStore(path);
  edit(path, "update meta set value = 0 where name = 'schema'");
  for (const mode of [false, "if-empty"] as const) await expect(open(path, mode)).rejects.toThrow(/schema 0 and this Hookgate needs \d+.*migrate/);
});

test("a store with a newer schema opens as long as this program is new enough for it, and is left as it is", async () => {
  const path = temporaryFile();
  await makeStore(path);
  edit(path, "update meta set value = 1000 where name = 'schema'");
  await makeStore(path);
  edit(path, "update meta set value = 1000 where name = 'minimum_program'");
  for (const mode of [false, "if-empty", true] as const) await expect(open(path, mode)).rejects.toThrow("needs a newer Hookgate");
});

test("a database of somebody else is refused and left alone", async () => {
  const path = temporaryFile();
  edit(path, "create table customers (id integer)");
  await expect(open(path, true)).rejects.toThrow("not Hookgate's");
  edit(path, "insert into customers values (1)");
});

test.each(["", "sqlite:", "mysql://localhost/x", "./data/hookgate.db"])("HOOKGATE_STORE=%s is refused in one line", async (url) => {
  await expect(openStore({ url, migrate: true })).rejects.toThrow(/^HOOKGATE_STORE must be [^\n]+$/);
});

test("what is no database is refused", async () => {
  await expect(open(import.meta.filename, false)).rejects.toThrow("not a database");
});

test("a store in memory leaves no file", async () => {
  closeAtEnd(await openStore({ url: "sqlite::memory:", migrate: true }));
  expect(existsSync(":memory:")).toBe(false);
});

test("of four that open an empty store at the same moment one makes the tables, and all can work", { timeout: 120_000 }, async () => {
  for (let round = 0; round < 5; round++) {
    const path = temporaryFile();
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const workers = Array.from({ length: 4 }, () => new Worker(new URL("open-worker.ts", import.meta.url), { workerData: { url: `sqlite:${path}`, gate } }));
    await Promise.all(workers.map(nextMessage));
    const results = Promise.all(workers.map(nextMessage));
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    expect(await results).toEqual(["Default", "Default", "Default", "Default"]);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
});
