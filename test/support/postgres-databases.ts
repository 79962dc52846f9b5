/** Databases for tests, each one the test's own. */
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { openStore } from "../../src/store/open-store.ts";
import { PostgresServer, runOn } from "./postgres-server.ts";

export class PostgresDatabases {
  readonly #admin: string;
  readonly #server: PostgresServer | null;
  /** A store without anything in it, copied for each test: quicker than making its tables. */
  readonly #template = newName();

  private constructor(admin: string, server: PostgresServer | null) {
    this.#admin = admin;
    this.#server = server;
  }

  /** On the server that HOOKGATE_TEST_POSTGRES names (the URL of a user who may make databases), else on one of its own. */
  static async open(): Promise<PostgresDatabases> {
    const given = process.env["HOOKGATE_TEST_POSTGRES"];
    const server = given ? null : await PostgresServer.start();
    const databases = new PostgresDatabases(given ?? server!.url("postgres"), server);
    try {
      await databases.#make(databases.#template, "template template0");
      await (await openStore({ url: databases.url(databases.#template), migrate: true })).close();
      return databases;
    } catch (error) {
      await databases.remove();
      throw error;
    }
  }

  url(database: string): string {
    const url = new URL(this.#admin);
    url.pathname = `/${database}`;
    return url.href;
  }

  /** The URL of a database with an empty store in it, or with nothing, gone when the test has finished; `settings` are its defaults for every connection, `how` the words of another way to make it. */
  async make(content: "store" | "nothing" = "store", settings: Readonly<Record<string, string>> = {}, how?: string): Promise<string> {
    const name = newName();
    await this.#make(name, how ?? (content === "store" ? `template ${this.#template} strategy file_copy` : "template template0"));
    for (const [setting, value] of Object.entries(settings)) await runOn(this.#admin, `alter database ${name} set ${setting} = '${value}'`);
    onTestFinished(() => this.#drop(name));
    return this.url(name);
  }

  async remove(): Promise<void> {
    if (this.#server) return this.#server.remove();
    await this.#drop(this.#template);
  }

  #make(name: string, how: string): Promise<void> {
    return runOn(this.#admin, `create database ${name} ${how}`);
  }

  #drop(name: string): Promise<void> {
    return runOn(this.#admin, `drop database if exists ${name} with (force)`);
  }
}

function newName(): string {
  return `hookgate_test_${randomUUID().replaceAll("-", "")}`;
}
