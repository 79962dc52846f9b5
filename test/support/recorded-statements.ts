/** Every statement that the stores of this process send to their databases, with what was being done at that moment. */
import { Client } from "pg";
import { onTestFinished, vi } from "vitest";
import { SqliteConnection } from "../../src/store/sql/sqlite-connection.ts";

export interface Statement {
  readonly doing: string;
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Of one text: its values may matter, but most differ in nothing that does. */
const KEPT_OF_EACH = 3;

export class RecordedStatements {
  readonly #bySql = new Map<string, Statement[]>();
  #doing: string | null = null;

  constructor() {
    const { execute, prepare } = SqliteConnection.prototype;
    // pg's many ways to call it are not ours: a text, and a list of values where there are any.
    const query = Client.prototype.query as (...given: unknown[]) => unknown;
    const note = (sql: unknown, values: unknown) => this.#note(sql, values);
    const spies = [
      vi.spyOn(SqliteConnection.prototype, "execute").mockImplementation(function (this: SqliteConnection, sql, parameters) {
        note(sql, parameters);
        return execute.call(this, sql, parameters);
      }),
      vi.spyOn(SqliteConnection.prototype, "prepare").mockImplementation(function (this: SqliteConnection, sql) {
        note(sql, []);
        return prepare.call(this, sql);
      }),
      vi.spyOn(Client.prototype, "query").mockImplementation(function (this: Client, ...given: unknown[]) {
        note(given[0], given[1]);
        return query.apply(this, given) as never;
      } as never),
    ];
    onTestFinished(() => {
      for (const spy of spies) spy.mockRestore();
    });
  }

  /** Keeps what is sent while the work is done. */
  async during<Result>(doing: string, work: () => Promise<Result>): Promise<Result> {
    this.#doing = doing;
    try {
      return await work();
    } finally {
      this.#doing = null;
    }
  }

  get statements(): readonly Statement[] {
    return [...this.#bySql.values()].flat();
  }

  #note(sql: unknown, values: unknown): void {
    if (this.#doing === null || typeof sql !== "string" || !/^\s*(select|with|insert|update|delete)\b/i.test(sql)) return;
    const known = this.#bySql.get(sql) ?? [];
    if (known.length >= KEPT_OF_EACH) return;
    this.#bySql.set(sql, [...known, { doing: this.#doing, sql, values: Array.isArray(values) ? values : [] }]);
  }
}
