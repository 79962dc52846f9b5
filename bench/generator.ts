/** The load generator as the benchmark sees it: orders go out one at a time, replies come back. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { GeneratorOrder, GeneratorReply, Slice, SliceResult, Target } from "./load.ts";

export class Generator {
  readonly #process: ChildProcess;

  /** `pinnedBy`: what stands before its command line. */
  constructor(pinnedBy: readonly string[]) {
    const [program, ...args] = [...pinnedBy, process.execPath, join(import.meta.dirname, "load-generator.ts")];
    this.#process = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }

  /** Opens connections and names them. */
  async open(target: Target): Promise<number> {
    const reply = await this.#order({ order: "open", target });
    if (reply.reply !== "opened") throw new Error(`The load generator replied ${reply.reply}.`);
    return reply.connectionsOf;
  }

  /** Rejects when an answer is not what the plan expects. */
  async run(connectionsOf: number, slice: Slice): Promise<SliceResult> {
    const reply = await this.#order({ order: "run", connectionsOf, slice });
    if (reply.reply !== "ran") throw new Error(`The load generator replied ${reply.reply}.`);
    return reply.result;
  }

  async close(connectionsOf: number): Promise<void> {
    await this.#order({ order: "close", connectionsOf });
  }

  end(): void {
    this.#process.disconnect();
  }

  async #order(order: GeneratorOrder): Promise<GeneratorReply> {
    const replied = once(this.#process, "message");
    this.#process.send(order);
    const [reply] = (await replied) as [GeneratorReply];
    if (reply.reply === "failed") throw new Error(reply.problem);
    return reply;
  }
}
