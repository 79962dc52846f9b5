/** Every statement that the stores of this process send to their databases, with what was being done at that moment. */
import { Client } from "pg";
import { onTestFinished } from "vitest";
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
    const note = (sql: unknown, values: unknown) => this.#note(sql, values);
    const { prototype: sqlite } = SqliteConnection;
    const ends = [listen(sqlite, "execute", note), listen(sqlite, "prepare", note), listen(Client.prototype, "query", note)];
    onTestFinished(() => {
      for (const end of ends) end();
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

/** Tells what every call of a method is given first, and gives the function that ends it. pg's many ways to call it are not ours: a text, and a list of values where there are any. */
function listen(prototype: object, name: string, note: (sql: unknown, values: unknown) => void): () => void {
  const method = Object.getOwnPropertyDescriptor(prototype, name)!;
  const original = method.value as (this: unknown, ...given: readonly unknown[]) => unknown;
  function listening(this: unknown, ...given: readonly unknown[]): unknown {
    note(given[0], given[1]);
    return original.apply(this, [...given]);
  }
  Object.defineProperty(prototype, name, { ...method, value: listening });
  return () => void Object.defineProperty(prototype, name, method);
}
