import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { PostgresDatabases } from "../support/postgres-databases.ts";
import { PostgresServer, runOn } from "../support/postgres-server.ts";
import { addPeople, BRAND_A, closeAtEnd, commitOne, FIRST_PAGE, HASH, newPendingCall, newUser, newWebhook, NOW } from "./fixture.ts";

let databases: PostgresDatabases | undefined;
beforeAll(async () => void (databases = await PostgresDatabases.open()), 60_000);
afterAll(() => databases?.remove(), 60_000);

const open = (url: string, migrate: boolean | "if-empty" = true) => openStore({ url, migrate, clock: { now: () => NOW } });

test("of eight nodes that start on an empty database at once one makes the tables, and all can work", async () => {
  const url = await databases!.make("nothing");
  const stores = await Promise.all(Array.from({ length: 8 }, async () => closeAtEnd(await open(url))));
  for (const [index, store] of stores.entries()) await store.setUp.insertSetUpLink(`link ${index}`, NOW);
  expect((await stores[7]!.brands.listBrands()).map((brand) => brand.name)).toEqual(["Default"]);
});

test("an empty database gets its tables from a program that migrates, one of somebody else is refused and left alone, views and other schemas are no matter", async () => {
  const url = await databases!.make("nothing");
  await expect(open(url, false)).rejects.toThrow("The store is empty");
  await runOn(url, "create schema other", "create table other.customers (id integer)", "create view statistics as select 1 as one");
  closeAtEnd(await open(url, "if-empty"));
  const foreign = await databases!.make("nothing");
  await runOn(foreign, "create table customers (id integer)");
  await expect(open(foreign)).rejects.toThrow("not Hookgate's");
  await runOn(foreign, "insert into customers values (1)");
});

test("lists go by bytes, whatever the language of the database", async () => {
  const url = await databases!.make("nothing", {}, "template template0 locale_provider icu icu_locale 'en-US' locale 'C'");
  const store = closeAtEnd(await open(url));
  for (const name of ["b", "a", "B", "ä", "a b", "ab", "_"]) await store.brands.insertBrand({ id: name, name, timeZone: "UTC", createdAt: NOW });
  const names = ["É", "zoe", "z-a", "za", "z b"];
  for (const name of names) await store.users.insertUser(newUser({ name }), { passwordHash: HASH });
  const listed = (await store.users.listUsers(BRAND_A, FIRST_PAGE)).rows.map((user) => user.name);
  expect(listed).toEqual(["z b", "z-a", "za", "zoe", "É"]);
});

test("an error says which store it was, and never its password", async () => {
  const url = "postgres://hookgate:s3cr%40t@127.0.0.1:1/hookgate?password=s3cr%40t";
  const error: Error = await open(url).then(
    () => Promise.reject(new Error("opened")),
    (reason: Error) => reason,
  );
  expect(error.message).toMatch(/^The store postgres:\/\/hookgate@127\.0\.0\.1:1\/hookgate cannot be opened: [^\n]+$/);
  expect(error.message).not.toContain("s3cr");
});

test("a commit that is answered is on the disk, also where the database would not wait", async () => {
  const url = await databases!.make("store", { synchronous_commit: "off" });
  const store = closeAtEnd(await open(url, false));
  await runOn(
    url,
    `create function hold() returns trigger language plpgsql as $$ begin
       if current_setting('synchronous_commit') <> 'on' then raise 'not durable'; end if; return new; end $$`,
    "create trigger hold before insert on calls for each row execute function hold()",
  );
  const { alice } = await addPeople(store);
  const webhook = newWebhook(alice);
  await store.webhooks.insertWebhook(webhook);
  expect(await commitOne(store, webhook, null)).toEqual({ kind: "sample" });
});

test("while the database is away nothing cached is trusted and calls are refused; when it is back all goes on by itself", { timeout: 120_000 }, async () => {
  const server = await PostgresServer.start({ settings: { fsync: "on" } });
  try {
    await runOn(server.url("postgres"), "create database hookgate");
    const store = await open(server.url("hookgate"));
    const { alice } = await addPeople(store);
    const webhook = newWebhook(alice);
    await store.webhooks.insertWebhook(webhook);
    expect(store.changes.current()).toBeUndefined();
    const kept = newPendingCall(webhook, null);
    await store.calls.commitCalls([kept]);

    await server.stop("SIGQUIT");
    const stopped = performance.now();
    // Waits for the steady clock of the store: what was seen last must have become too old.
    while (performance.now() - stopped <= 1_000) await setTimeout(50);
    await expect(Promise.resolve(store.changes.current())).rejects.toThrow();
    await expect(store.calls.commitCalls([newPendingCall(webhook, null)])).rejects.toThrow();

    await server.restart();
    await expect.poll(() => Promise.resolve(store.changes.current()).then(() => "knows"), { timeout: 20_000 }).toBe("knows");
    expect(await store.calls.findCall(BRAND_A, kept.call.id)).toBeDefined();
    expect(await commitOne(store, webhook, null)).toEqual({ kind: "sample" });
    await store.close();
  } finally {
    await server.remove();
  }
});

test("what one node revokes is known to another within a second, without being asked to look", async () => {
  const url = await databases!.make();
  const [here, there] = [closeAtEnd(await open(url, false)), closeAtEnd(await open(url, false))];
  const seen = Promise.withResolvers<number>();
  there.changes.onChange("revocations", () => seen.resolve(performance.now()));
  await here.revocations.insertRevocation({ kind: "token", id: "t", expiresAt: NOW });
  const revoked = performance.now();
  expect((await seen.promise) - revoked).toBeLessThan(1_000);
});
