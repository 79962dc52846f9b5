import { sql } from "kysely";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SqlTransaction } from "../../src/store/sql/database.ts";
import { SqliteConnection } from "../../src/store/sql/sqlite-connection.ts";
import { SqliteDatabase } from "../../src/store/sql/sqlite-database.ts";
import { temporaryFile } from "./temporary-file.ts";

async function open() {
  const database = await SqliteDatabase.open(temporaryFile(), true, 0);
  onTestFinished(() => database.close());
  const commit = vi.spyOn(SqliteConnection.prototype, "commit");
  onTestFinished(() => commit.mockRestore());
  const written = async () =>
    (await database.session.reader.selectFrom("set_up_links").select("digest").orderBy("expires_at").execute()).map((row) => row.digest);
  return { database, session: database.session, commit, written };
}

/** A write that is complete in itself; `order` tells later which came first. */
const insert =
  (digest: string, order = 0) =>
  async ({ db }: SqlTransaction): Promise<string> => {
    await db.insertInto("set_up_links").values({ digest, expires_at: order }).execute();
    return digest;
  };

const states = async (writes: readonly Promise<unknown>[]) => (await Promise.allSettled(writes)).map(({ status }) => status);

test("writes of one turn share one commit and happen in the order in which they were asked for", async () => {
  const { session, commit, written } = await open();
  const digests = Array.from({ length: 50 }, (_, index) => `link ${index}`);
  const seen: number[] = [];
  const writes = digests.map((digest, index) =>
    session.write(async (transaction) => {
      seen.push((await transaction.db.selectFrom("set_up_links").select("digest").execute()).length);
      return insert(digest, index)(transaction);
    }),
  );
  expect(await Promise.all(writes)).toEqual(digests);
  expect(commit).toHaveBeenCalledTimes(1);
  // Each sees what those before it wrote.
  expect(seen).toEqual(digests.map((_, index) => index));
  expect(await written()).toEqual(digests);
});

test("none of them has its answer before the commit, and until then nobody reads what they wrote", async () => {
  const { session, commit, written } = await open();
  const events: string[] = [];
  commit.mockImplementationOnce(function (this: SqliteConnection) {
    events.push("commit");
    this.prepare("commit").run();
  });
  const first = session.write(insert("first")).then(() => events.push("first"));
  const second = session.write(async (transaction) => {
    events.push(`read ${(await written()).length}`);
    return insert("second")(transaction);
  });
  await Promise.all([first, second.then(() => events.push("second"))]);
  expect(events).toEqual(["read 0", "commit", "first", "second"]);
});

test("one that rejects is undone alone, with everything that it had written, and rejects with its own error", async () => {
  const { session, commit, written } = await open();
  const failing = async (transaction: SqlTransaction) => {
    await insert("half", 2)(transaction);
    throw new Error("Changed my mind.");
  };
  const writes = [session.write(insert("a", 1)), session.write(failing), session.write(insert("b", 3)), session.write(insert("a", 4))];
  expect(await states(writes)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
  await expect(writes[1]).rejects.toThrow("Changed my mind.");
  await expect(writes[3]).rejects.toThrow("UNIQUE");
  expect(commit).toHaveBeenCalledTimes(1);
  expect(await written()).toEqual(["a", "b"]);
});

test("when the disk is full in the middle of a group nothing of it is written and all of them reject; the next group is written", async () => {
  const { session, written } = await open();
  const limitPages = (of: (pages: number) => number) =>
    session.write(async ({ db }) => {
      const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
      await sql.raw(`pragma max_page_count = ${of(rows[0]!.page_count)}`).execute(db);
    });
  await limitPages((pages) => pages + 4);
  const writes = [session.write(insert("before")), session.write(insert("x".repeat(1_000_000))), session.write(insert("after"))];
  expect(await states(writes)).toEqual(["rejected", "rejected", "rejected"]);
  await expect(writes[0]).rejects.toThrow("full");
  expect(await written()).toEqual([]);
  await limitPages(() => 1_000_000);
  expect(await states([session.write(insert("before"))])).toEqual(["fulfilled"]);
});

test("when the commit fails all of them reject and nothing is written", async () => {
  const { session, commit, written } = await open();
  commit.mockImplementationOnce(() => {
    throw new Error("The disk is gone.");
  });
  expect(await states([session.write(insert("a")), session.write(insert("b"))])).toEqual(["rejected", "rejected"]);
  expect(await written()).toEqual([]);
  expect(await states([session.write(insert("a"))])).toEqual(["fulfilled"]);
});

test("listeners run after the commit and before the write resolves, for what was written only", async () => {
  const { database, session, written } = await open();
  const told: string[] = [];
  for (const topic of ["webhooks", "users"] as const)
    database.changes.onChange(topic, async () => void told.push(`${topic} at ${(await written()).join(", ")}`));
  const good = session.write(async (transaction) => {
    await transaction.raise("webhooks");
    return insert("a", 1)(transaction);
  });
  const bad = session.write(async (transaction) => {
    await transaction.raise("users");
    throw new Error("No.");
  });
  const plain = session.write(insert("b", 2));
  await good;
  expect(told).toEqual(["webhooks at a, b"]);
  expect(await states([bad, plain])).toEqual(["rejected", "fulfilled"]);
  expect(told).toHaveLength(1);
});

test("closing waits for the writes that have not begun yet", async () => {
  const path = temporaryFile();
  const database = await SqliteDatabase.open(path, true, 0);
  const write = database.session.write(insert("late"));
  await database.close();
  expect(await write).toBe("late");
  await expect(database.session.write(insert("too late"))).rejects.toThrow("not open");
});
