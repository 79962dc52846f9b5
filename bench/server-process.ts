/** A server under measurement: a process of its own, on the core that is reserved for servers. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { askOnce } from "./load-connection.ts";
import type { Pinning } from "./machine.ts";

export interface StartOptions {
  readonly pinning: Pinning;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

export class ServerProcess {
  readonly #child: ChildProcess;

  /** From its start to its first answer. */
  readonly startMilliseconds: number;

  readonly #said: () => string;

  private constructor(child: ChildProcess, said: () => string, startMilliseconds: number) {
    this.#child = child;
    this.#said = said;
    this.startMilliseconds = startMilliseconds;
  }

  /** Starts a program that is to listen on the port, and waits for its first answer, whatever it says. */
  static async start({ pinning, command, port, environment = {}, directory }: StartOptions): Promise<ServerProcess> {
    const [program = "", ...args] = [...pinning.server, ...command];
    const startedAt = performance.now();
    const child = spawn(program, args, {
      // Nothing of this environment but the search path: the same for everybody.
      env: { PATH: process.env["PATH"], NODE_ENV: "production", NODE_NO_WARNINGS: "1", ...environment },
      ...(directory !== undefined && { cwd: directory }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Read for ever, so that a server that logs never waits for a full pipe; the end is kept for the error.
    let said = "";
    for (const output of [child.stdout, child.stderr]) output.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-KEPT_OUTPUT)));
    while (!(await answers(port))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${command.join(" ")} ended before it listened: ${said}`);
      if (performance.now() - startedAt > START_LIMIT) {
        child.kill("SIGKILL");
        throw new Error(`${command.join(" ")} does not listen: ${said}`);
      }
      await setTimeout(1);
    }
    return new ServerProcess(child, () => said, performance.now() - startedAt);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** How it ended and what it said last; undefined while it runs. */
  get end(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return undefined;
    return `${signalCode === null ? `It ended by itself with status ${exitCode}` : `It was ended by ${signalCode}`} and said:\n${this.#said()}`;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill("SIGTERM");
    const force = new AbortController();
    void setTimeout(FORCE_AFTER, null, { signal: force.signal }).then(
      () => this.#child.kill("SIGKILL"),
      () => {},
    );
    await closed;
    force.abort();
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    await askOnce(port, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    return true;
  } catch {
    return false;
  }
}

/** In characters. */
const KEPT_OUTPUT = 10_000;
/** In milliseconds: for the first answer, and for the end after a SIGTERM. */
const START_LIMIT = 60_000;
const FORCE_AFTER = 5_000;
