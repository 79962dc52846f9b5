/**
 * Databases that are emptied after a test and used by the next one: to make a database and to drop it takes many times longer than most tests do.
 * For tests that write rows and leave tables and settings as they are.
 */
import { Client, escapeIdentifier, escapeLiteral } from "pg";

export interface LentDatabase {
  readonly name: string;
  readonly url: string;
  /** Where it is without a pooler on the way. */
  readonly direct: string;
  /** Brings its tables back to how they were when they were made. */
  readonly emptying: string;
}

interface Making {
  readonly name: string;
  readonly url: string;
  readonly direct: string;
}

export class LentDatabases {
  readonly #make: (settings: Readonly<Record<string, string>>) => Promise<Making>;
  readonly #drop: (name: string) => Promise<void>;
  readonly #free = new Map<string, LentDatabase[]>();
  readonly #all = new Set<string>();

  constructor(make: (settings: Readonly<Record<string, string>>) => Promise<Making>, drop: (name: string) => Promise<void>) {
    this.#make = make;
    this.#drop = drop;
  }

  async lend(settings: Readonly<Record<string, string>>): Promise<{ readonly url: string; readonly remove: () => Promise<void> }> {
    const kind = JSON.stringify(settings);
    const database = this.#free.get(kind)?.pop() ?? (await this.#made(settings));
    return { url: database.url, remove: () => this.#takeBack(kind, database) };
  }

  async remove(): Promise<void> {
    for (const name of this.#all) await this.#drop(name);
    this.#all.clear();
    this.#free.clear();
  }

  async #made(settings: Readonly<Record<string, string>>): Promise<LentDatabase> {
    const making = await this.#make(settings);
    this.#all.add(making.name);
    return { ...making, emptying: await on(making.direct, emptyingOf) };
  }

  async #takeBack(kind: string, database: LentDatabase): Promise<void> {
    await on(database.direct, async (client) => {
      // Of a program that was killed, or is just ending: what it was doing must not come after. A pooler keeps idle connections, and may.
      const isPooled = database.url !== database.direct;
      await client.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'${isPooled ? " and state <> 'idle'" : ""}`,
      );
      await client.query(database.emptying);
    });
    this.#free.set(kind, [...(this.#free.get(kind) ?? []), database]);
  }
}

/** Says how many steps of the schema were run: no test changes it. */
const LEFT_ALONE = "meta";

async function emptyingOf(client: Client): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = current_schema() and tablename <> $1",
    [LEFT_ALONE],
  );
  const statements = ["begin", "set local session_replication_role = replica"];
  for (const { name } of tables) statements.push(`delete from ${escapeIdentifier(name)}`);
  for (const { name } of tables) {
    const table = escapeIdentifier(name);
    const { rows } = await client.query<{ content: string | null }>(`select json_agg(t)::text as content from ${table} t`);
    const content = rows[0]?.content;
    if (content) statements.push(`insert into ${table} select * from json_populate_recordset(null::${table}, ${escapeLiteral(content)})`);
  }
  return [...statements, "commit"].join(";\n");
}

async function on<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
