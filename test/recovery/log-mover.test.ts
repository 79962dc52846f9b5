/** SQLite's log is moved into the database by a thread while commits go on: it begins anew, loses nothing, and nobody waits for it. */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { CHECKPOINT_PAGES, SqliteConnection } from "../../src/store/sql/sqlite-connection.ts";
import { SqliteLogMover } from "../../src/store/sql/sqlite-log-mover.ts";

const PAGE = 4_096;
/** Of one commit. */
const ROWS = 100;
/** Each row fills a page. */
const TEXT = "x".repeat(3_900);

function openFile() {
  const directory = mkdtempSync(join(tmpdir(), "hookgate-log-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "hookgate.db");
  const connection = new SqliteConnection(path, "writer");
  connection.execute("create table notes (id integer primary key, text text not null)", []);
  const mover = new SqliteLogMover(path, connection);
  let written = 0;
  return {
    path,
    connection,
    written: () => written,
    pagesOfLog: () => statSync(`${path}-wal`).size / PAGE,
    async commit(count: number): Promise<void> {
      for (let commits = 0; commits < count; commits++) {
        await connection.transact(() => {
          for (let row = 0; row < ROWS; row++) connection.execute("insert into notes (text) values (?)", [TEXT]);
        });
        written += ROWS;
        // As between two turns of a server.
        await setImmediate();
      }
    },
    async close(): Promise<void> {
      await mover.close();
      connection.close();
    },
  };
}

function countIn(path: string): unknown {
  const reader = new SqliteConnection(path, "reader");
  try {
    return reader.execute("select count(*) as count, sum(length(text)) as length from notes", []).rows[0];
  } finally {
    reader.close();
  }
}

const all = (rows: number) => ({ count: rows, length: rows * TEXT.length });

describe("the log", () => {
  test("begins anew while commits go on without a pause", async () => {
    const file = openFile();
    await file.commit(600);
    // Written one behind the other these were sixty thousand pages and more.
    expect(file.pagesOfLog()).toBeLessThan(4 * CHECKPOINT_PAGES);
    expect(countIn(file.path)).toEqual(all(file.written()));
    await file.close();
    expect(countIn(file.path)).toEqual(all(60_000));
  });

  test("is not there after an orderly end, also when it was just being moved", async () => {
    const file = openFile();
    await file.commit(Math.ceil(CHECKPOINT_PAGES / ROWS) + 1);
    await file.close();
    expect(existsSync(`${file.path}-wal`)).toBe(false);
    expect(countIn(file.path)).toEqual(all(file.written()));
  });

  test("waits for whoever reads an older state, and begins anew when they have read", async () => {
    const file = openFile();
    await file.commit(1);
    const reader = new SqliteConnection(file.path, "reader");
    reader.execute("begin", []);
    expect(reader.execute("select count(*) as count from notes", []).rows).toEqual([{ count: ROWS }]);
    await file.commit(100);
    expect(file.pagesOfLog()).toBeGreaterThan(2 * CHECKPOINT_PAGES);
    expect(reader.execute("select count(*) as count from notes", []).rows).toEqual([{ count: ROWS }]);
    reader.execute("commit", []);
    reader.close();
    await expect
      .poll(async () => {
        await file.commit(1);
        return file.connection.unmovedPages();
      })
      .toBeLessThan(CHECKPOINT_PAGES / 2);
    await file.close();
    expect(countIn(file.path)).toEqual(all(file.written()));
  });

  test("of a process that writes little starts no thread", async () => {
    const file = openFile();
    const threads = process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
    await file.commit(10);
    expect(process.getActiveResourcesInfo().filter((name) => name === "MessagePort")).toHaveLength(threads);
    await file.close();
  });
});
