/** Starts candidates again and again: how long until the first answer, and how much memory they hold when nobody asks. */
import { rmSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { memoryOf } from "./machine.ts";
import type { StartResult } from "./results.ts";
import { makeDirectory, type RunOptions } from "./run-scenario.ts";
import type { Scenario } from "./scenarios.ts";
import type { Answer } from "./load-connection.ts";

/** After the first answer, in milliseconds: what was only needed to start has been collected. */
const IDLE = 1_000;

/** Tried with what a token request needs; a floor answers with nothing. */
const ANSWER: Answer = { status: 200, head: "", body: Buffer.alloc(0) };

export async function runStarts(scenario: Scenario, { rounds, pinning, candidates }: RunOptions): Promise<readonly StartResult[]> {
  const taking = candidates.filter((candidate) => candidate.takesPart(scenario));
  const results = taking.map(({ name }) => ({ name, milliseconds: [] as number[], idleMemory: [] as number[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, candidate] of taking.entries()) {
      const directory = makeDirectory();
      const { server, database } = await candidate.start({ pinning, scenario, directory, profiles: null, answer: ANSWER });
      await setTimeout(IDLE);
      results[index]!.milliseconds.push(server.startMilliseconds);
      results[index]!.idleMemory.push(memoryOf(server.pid).now);
      await server.stop();
      await database?.remove();
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return results;
}
