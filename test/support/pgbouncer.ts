/** Debian's pgbouncer before a PostgreSQL server, giving each transaction whichever connection is free: the pooler that most installations have. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "./free-port.ts";
import { answers, unprivileged } from "./postgres-server.ts";

export class Pgbouncer {
  readonly #directory: string;
  readonly #process: ChildProcess;
  readonly #port: number;

  private constructor(directory: string, process: ChildProcess, port: number) {
    this.#directory = directory;
    this.#process = process;
    this.#port = port;
  }

  /** In front of every database of the server whose admin has this URL. */
  static async start(admin: string): Promise<Pgbouncer> {
    const { hostname, port, username } = new URL(admin);
    const directory = mkdtempSync(join(tmpdir(), "hookgate-pgbouncer-"));
    const own = await freePort();
    const file = join(directory, "pgbouncer.ini");
    const settings = {
      listen_addr: "127.0.0.1",
      listen_port: own,
      unix_socket_dir: "",
      auth_type: "any",
      pool_mode: "transaction",
      max_client_conn: 1_000,
      default_pool_size: 8,
      // Databases come and go with the tests.
      server_idle_timeout: 5,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
    writeFileSync(file, `[databases]\n* = host=${hostname} port=${port} user=${username}\n[pgbouncer]\n${lines.join("\n")}\n`);
    const user = unprivileged();
    for (const path of [directory, file]) if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
    const pooler = new Pgbouncer(directory, spawn(findProgram(), ["-q", file], { ...user, stdio: "ignore" }), own);
    process.once("exit", pooler.#kill);
    await answers(pooler.url(admin), () => pooler.#process.exitCode === null);
    return pooler;
  }

  /** The same database through the pooler. */
  url(direct: string): string {
    const url = new URL(direct);
    url.hostname = "127.0.0.1";
    url.port = String(this.#port);
    return url.href;
  }

  async remove(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#kill();
    if (this.#process.exitCode === null) await ended;
    process.off("exit", this.#kill);
  }

  readonly #kill = (): void => {
    this.#process.kill("SIGQUIT");
    rmSync(this.#directory, { recursive: true, force: true });
  };
}

function findProgram(): string {
  const places = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  const found = places.map((place) => join(place, "pgbouncer")).find((path) => existsSync(path));
  if (!found) throw new Error("pgbouncer is not installed: apt-get install pgbouncer.");
  return found;
}
