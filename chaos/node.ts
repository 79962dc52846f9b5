/** One node that is started again whenever it has ended, as systemd does it. Nothing else is ever done for it. */
import { setTimeout } from "node:timers/promises";
import type { Installation, ServerProcess } from "../test/support/program.ts";

/** Before a node that has ended is started again, in milliseconds at most. */
const RESTART_PAUSE = 500;

export class ChaosNode {
  readonly url: string;
  readonly #installation: Installation;
  readonly #port: number;
  #process: ServerProcess | null = null;
  #running: Promise<void> | null = null;
  #isStopping = false;
  #wasKilled = false;
  /** Of the last end. */
  #status: number | null = null;
  kills = 0;
  /** Starts that ended before the node listened: the database was away. */
  failedStarts = 0;
  /** Ends that nobody had asked for after it listened: there must be none. */
  readonly deaths: string[] = [];

  constructor(installation: Installation, port: number) {
    this.#installation = installation;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Begins to keep it running. */
  start(): void {
    this.#isStopping = false;
    this.#running = this.#keepRunning();
  }

  /** Of the process that runs; null while none is up. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Whether it says within this many milliseconds that it may get traffic. */
  async untilReady(milliseconds: number): Promise<boolean> {
    for (const begun = performance.now(); performance.now() - begun < milliseconds;) {
      const status = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 200) return true;
      await setTimeout(100);
    }
    return false;
  }

  /** As if the machine had lost it; false while it is not up. */
  kill(): boolean {
    if (!this.#process) return false;
    this.#wasKilled = true;
    this.kills += 1;
    process.kill(this.#process.pid, "SIGKILL");
    this.#process = null;
    return true;
  }

  /** Ends it in order; gives its exit status. */
  async stop(): Promise<number | null> {
    this.#isStopping = true;
    void this.#process?.stop();
    await this.#running;
    return this.#status;
  }

  async #keepRunning(): Promise<void> {
    while (!this.#isStopping) {
      this.#wasKilled = false;
      try {
        this.#process = await this.#installation.serve({ HOOKGATE_PORT: String(this.#port) });
      } catch {
        this.failedStarts += 1;
        await setTimeout(RESTART_PAUSE);
        continue;
      }
      // It answers before it has said that it listens, so it may be asked to end in between.
      if (this.#isStopping) void this.#process.stop();
      const { status, stderr } = await this.#process.finished;
      this.#status = status;
      this.#process = null;
      if (!this.#wasKilled && !this.#isStopping) this.deaths.push(`status ${status}: ${stderr.slice(-500)}`);
      await setTimeout(Math.random() * RESTART_PAUSE);
    }
  }
}
