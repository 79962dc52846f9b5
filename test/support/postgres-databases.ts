/** Databases for tests, each one the test's own. */
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { LentDatabases } from "./lent-databases.ts";
import { Pgbouncer } from "./pgbouncer.ts";
import { PostgresServer, runOn } from "./postgres-server.ts";

/** What another process needs to make databases on the same server. */
export interface SharedDatabases {
  readonly admin: string;
  readonly template: string;
  /** A pooler on the way to them. */
  readonly pooled: string | null;
}

interface Programs {
  readonly server: PostgresServer | null;
  readonly pooler: Pgbouncer | null;
}

export class PostgresDatabases {
  readonly shared: SharedDatabases;
  readonly #programs: Programs;
  readonly #lent = new LentDatabases(
    (settings) => this.#madeWith("store", settings),
    (name) => this.#drop(name),
  );

  private constructor(shared: SharedDatabases, programs: Programs) {
    this.shared = shared;
    this.#programs = programs;
  }

  /** On the server that HOOKGATE_TEST_POSTGRES names (the URL of a user who may make databases), else on one of its own. */
  static async open({ isPooled = false } = {}): Promise<PostgresDatabases> {
    const given = process.env["HOOKGATE_TEST_POSTGRES"];
    const server = given ? null : await PostgresServer.start();
    const admin = given ?? server!.url("postgres");
    const pooler = isPooled ? await Pgbouncer.start(admin) : null;
    // A store without anything in it, copied for each test: quicker than making its tables.
    const databases = new PostgresDatabases({ admin, template: newName(), pooled: pooler?.url(admin) ?? null }, { server, pooler });
    try {
      await databases.#make(databases.shared.template, "template template0");
      await (await openStore({ url: urlOf(admin, databases.shared.template), migrate: true })).close();
      return databases;
    } catch (error) {
      await databases.remove();
      throw error;
    }
  }

  /** Those that another process has opened and will remove. */
  static of(shared: SharedDatabases): PostgresDatabases {
    return new PostgresDatabases(shared, { server: null, pooler: null });
  }

  /** The URL of a database of the test's own with an empty store in it, or with nothing, gone when the test has finished; `settings` are its defaults for every connection, `how` the words of another way to make it. */
  async make(content: "store" | "nothing" = "store", settings: Readonly<Record<string, string>> = {}, how?: string): Promise<string> {
    const { name, url } = await this.#madeWith(content, settings, how);
    onTestFinished(() => this.#drop(name));
    return url;
  }

  /** The URL of a database with an empty store in it whose tables and settings the test leaves as they are; another test gets it later. */
  async lend(settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const { url, remove } = await this.#lent.lend(settings);
    onTestFinished(remove);
    return url;
  }

  /** The same, for whoever gives it back. */
  lendUntilRemoved(settings: Readonly<Record<string, string>>): Promise<{ readonly url: string; readonly remove: () => Promise<void> }> {
    return this.#lent.lend(settings);
  }

  async #madeWith(content: "store" | "nothing", settings: Readonly<Record<string, string>>, how?: string) {
    const { admin, template, pooled } = this.shared;
    const name = newName();
    await this.#make(name, how ?? (content === "store" ? `template ${template} strategy file_copy` : "template template0"));
    for (const [setting, value] of Object.entries(settings)) await runOn(admin, `alter database ${name} set ${setting} = '${value}'`);
    return { name, url: urlOf(pooled ?? admin, name), direct: urlOf(admin, name) };
  }

  /** Drops those that were lent. */
  removeLent(): Promise<void> {
    return this.#lent.remove();
  }

  async remove(): Promise<void> {
    const { server, pooler } = this.#programs;
    if (!server) await this.removeLent();
    await pooler?.remove();
    await (server ? server.remove() : this.#drop(this.shared.template));
  }

  #make(name: string, how: string): Promise<void> {
    return runOn(this.shared.admin, `create database ${name} ${how}`);
  }

  #drop(name: string): Promise<void> {
    return runOn(this.shared.admin, `drop database if exists ${name} with (force)`);
  }
}

function urlOf(admin: string, database: string): string {
  const url = new URL(admin);
  url.pathname = `/${database}`;
  return url.href;
}

function newName(): string {
  return `hookgate_test_${randomUUID().replaceAll("-", "")}`;
}
