/** The built program as an operator runs it: a process of its own, its output and its exit status. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

const ROOT = join(import.meta.dirname, "../..");
const LAUNCHER = join(ROOT, "bin/hookgate");

export interface Finished {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly finished: Promise<Finished>;
}

/** Settings and data of one installation, in a directory that is gone after `remove`. */
export class Installation {
  readonly directory: string = mkdtempSync(join(tmpdir(), "hookgate-test-"));
  readonly environment: Readonly<Record<string, string>>;

  constructor(environment: Readonly<Record<string, string>> = {}) {
    this.environment = { HOOKGATE_STORE: `sqlite:${this.databasePath}`, HOOKGATE_LOG_LEVEL: "warn", ...environment };
  }

  get databasePath(): string {
    return join(this.directory, "hookgate.db");
  }

  /** Runs one command to its end. Nothing of this process's environment reaches it but the search path. */
  run(args: readonly string[], options: { readonly stdin?: string; readonly environment?: Readonly<Record<string, string>> } = {}): Promise<Finished> {
    const { child, finished } = this.#spawn(args, options.environment);
    child.stdin?.end(options.stdin ?? "");
    return finished;
  }

  /** Runs one command with `--json` and gives the one object that it printed. Throws when it printed anything else. */
  async json<Result>(args: readonly string[], stdin = ""): Promise<Result> {
    const { status, stdout, stderr } = await this.run([...args, "--json"], { stdin });
    if (status !== 0) throw new Error(`${args.join(" ")} failed with ${status}: ${stderr}`);
    const result = JSON.parse(stdout) as Result;
    if (stdout !== `${JSON.stringify(result)}\n` || stderr !== "") throw new Error(`${args.join(" ")} printed more than one object: ${stdout}${stderr}`);
    return result;
  }

  /** Starts the server and waits until it has said where it listens. */
  async serve(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    return this.start(["serve"], /listens on (\S+)/, { HOOKGATE_PORT: String(await freePort()), ...environment });
  }

  /** Starts a command that goes on serving, and waits until it has printed where: the first group of `said`. */
  async start(args: readonly string[], said: RegExp, environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const running = this.#spawn(args, environment);
    const url = await new Promise<string>((resolve, reject) => {
      running.child.stdout?.on("data", () => {
        const found = said.exec(running.output.stdout)?.[1];
        if (found !== undefined) resolve(found);
      });
      void running.finished.then(({ status, stderr }) => reject(new Error(`The server ended with ${status}: ${stderr}`)));
    });
    return new ServerProcess(running, url);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #spawn(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
    if (!existsSync(join(ROOT, "dist/main.js"))) throw new Error("The program is not built: npm run build.");
    const child = spawn(LAUNCHER, args, {
      cwd: this.directory,
      env: { PATH: process.env["PATH"], ...this.environment, ...environment },
      stdio: "pipe",
    });
    // A command that fails early does not read what it is given.
    child.stdin?.on("error", () => {});
    const output = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    const finished = new Promise<Finished>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (status) => resolve({ status, ...output }));
    });
    return { child, output, finished };
  }
}

export class ServerProcess {
  readonly url: string;
  readonly #running: Running;

  constructor(running: Running, url: string) {
    this.#running = running;
    this.url = url;
  }

  get pid(): number {
    return this.#running.child.pid!;
  }

  /** Resolves when it has ended, whoever ended it. */
  get finished(): Promise<Finished> {
    return this.#running.finished;
  }

  /** Everything that it has printed so far. */
  get output(): { readonly stdout: string; readonly stderr: string } {
    return this.#running.output;
  }

  /** Sends the signal and waits for the end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Finished> {
    this.#running.child.kill(signal);
    return this.#running.finished;
  }
}
