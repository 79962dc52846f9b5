/** Runs one scenario: all candidates are up at once, and short slices of load go to one after the other, round by round. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Candidate, Running, StartContext } from "./candidates/candidate.ts";
import { PLAIN_FLOOR } from "./candidates/floors.ts";
import type { Generator } from "./generator.ts";
import type { RequestPlan, SliceResult } from "./load.ts";
import { askOnce, type Answer } from "./load-connection.ts";
import { cpuTimeOf, forgetPeakOf, machineCpuTime, memoryOf, type Pinning } from "./machine.ts";
import { takeSample } from "./request-plan.ts";
import type { CandidateResult, Round, ScenarioResult } from "./results.ts";
import type { Fixture, Scenario } from "./scenarios.ts";

export interface RunOptions {
  readonly rounds: number;
  readonly sliceMilliseconds: number;
  /**
   * Before the first round: a server runs for weeks, so what is measured is what it costs when its caches are filled and its code is compiled, which takes
   * Node some ten thousand requests.
   */
  readonly warmUpMilliseconds: number;
  readonly pinning: Pinning;
  readonly generator: Generator;
  readonly profiles: string | null;
  /** Hookgate first: the floors answer what it answers. */
  readonly candidates: readonly Candidate[];
  /** Told of every round as soon as it is over. */
  readonly onRound: (scenario: string, candidate: string, round: Round) => void;
}

/** A candidate that is up, has been tried and has its connections. */
interface Ready {
  readonly candidate: Candidate;
  readonly running: Running;
  readonly connectionsOf: number;
  /** Requests a second in a paced scenario. */
  readonly rate: number | null;
  readonly rounds: Round[];
  /** CPU time of its process that rounds have counted, or that was before them, in microseconds. */
  cpuCounted: number;
}

/** Slices before the first round, at most, where requests are counted. */
const WARM_UP_SLICES = 10;
/** What a connection tells at once, the end of the process behind it tells so much later, in milliseconds. */
const OBITUARY = 200;
/** After a slice, in milliseconds: what a server does after its answers shall not get into the next one's way. */
const SETTLE = 20;
/** For seeing many applications, in milliseconds. */
const PATIENCE = 600_000;
const CORES = availableParallelism();

export async function runScenario(scenario: Scenario, options: RunOptions): Promise<ScenarioResult> {
  const directory = makeDirectory();
  const started: Running[] = [];
  try {
    const context: StartContext = { pinning: options.pinning, scenario, directory, profiles: options.profiles };
    const tried: { readonly candidate: Candidate; readonly running: Running; readonly plan: RequestPlan }[] = [];
    let reference: { readonly fixture: Fixture; readonly answer: Answer } | undefined;
    for (const candidate of options.candidates.filter((one) => one.takesPart(scenario))) {
      const running = await candidate.start({ ...context, ...(reference && { answer: reference.answer }) });
      started.push(running);
      const fixture = running.fixture ?? reference!.fixture;
      const { request, rest } = takeSample(scenario.plan(fixture));
      const answer = await askOnce(running.port, request);
      checkAnswer(candidate, scenario, rest, answer);
      reference ??= { fixture, answer };
      tried.push({ candidate, running, plan: rest });
    }
    // Only when all are up: one that fills a large store takes longer than another one keeps a connection on which nothing comes.
    const ready: Ready[] = [];
    for (const { candidate, running, plan } of tried) ready.push(await warmUp(candidate, running, plan, scenario, options));
    return await runRounds(scenario, ready, options);
  } catch (error) {
    await setTimeout(OBITUARY);
    for (const { server } of started) if (server.end !== undefined) throw new Error(`A server is gone. ${server.end}`, { cause: error });
    throw error;
  } finally {
    for (const { server, database } of started) {
      await server.stop();
      await database?.remove();
    }
    rmSync(directory, { recursive: true, force: true });
  }
}

/** On the disk that the program is on: what else is temporary may be kept in memory, where a commit costs nothing. */
export function makeDirectory(): string {
  const root = join(import.meta.dirname, "../.bench");
  mkdirSync(root, { recursive: true });
  return mkdtempSync(join(root, "run-"));
}

function checkAnswer({ name }: Candidate, scenario: Scenario, { status }: RequestPlan, answer: Answer): void {
  const body = answer.body.toString();
  if (answer.status === status && body.includes(scenario.holds)) return;
  throw new Error(`${name} answers ${scenario.name} wrongly:\n${answer.head}\n\n${body.slice(0, 1_000)}`);
}

async function warmUp(candidate: Candidate, running: Running, plan: RequestPlan, scenario: Scenario, options: RunOptions): Promise<Ready> {
  const { generator, warmUpMilliseconds } = options;
  const { connections, slowConnections, load, requestsPerSlice, needs } = scenario;
  const connectionsOf = await generator.open({ port: running.port, plan, connections, slowConnections });
  // Each of many applications has been seen once before it counts. A floor knows none.
  const applications = running.fixture && needs.applications > 1 ? needs.applications : 0;
  const milliseconds = applications > 0 ? PATIENCE : warmUpMilliseconds;
  const requests = applications > 0 ? applications : requestsPerSlice * WARM_UP_SLICES;
  const { requests: answered, seconds } = await generator.run(connectionsOf, { milliseconds, requests, rate: null });
  forgetPeakOf(running.server.pid);
  return { candidate, running, connectionsOf, rate: load === null ? null : (answered / seconds) * load, rounds: [], cpuCounted: 0 };
}

async function runRounds(scenario: Scenario, ready: readonly Ready[], options: RunOptions): Promise<ScenarioResult> {
  const { generator, rounds, sliceMilliseconds } = options;
  for (const one of ready) one.cpuCounted = cpuTimeOf(one.running.server.pid);
  const before = { at: performance.now(), machine: machineCpuTime() };
  let ours = 0;
  for (let round = 0; round < rounds; round++) {
    // Everybody comes first equally often.
    const order = ready.map((_, index) => ready[(index + round) % ready.length]!);
    for (const one of order) {
      const { candidate, running, connectionsOf, rate, rounds } = one;
      const result = await generator.run(connectionsOf, { milliseconds: sliceMilliseconds, requests: scenario.requestsPerSlice, rate });
      await setTimeout(SETTLE);
      // Since the end of its slice before: what it has put off then, and did while others had their turn, is part of what its requests cost.
      const cpu = cpuTimeOf(running.server.pid);
      const used = cpu - one.cpuCounted;
      one.cpuCounted = cpu;
      ours += used + result.generatorBusy * result.seconds * 1e6;
      const done = roundOf(result, used);
      rounds.push(done);
      options.onRound(scenario.name, candidate.name, done);
    }
  }
  const passed = (performance.now() - before.at) * 1_000;
  const others = machineCpuTime() - before.machine - ours;
  for (const { connectionsOf } of ready) await generator.close(connectionsOf);
  const { name, title, connections } = scenario;
  return { name, title, connections, base: PLAIN_FLOOR, candidates: ready.map(resultOf), othersBusy: Math.max(0, others / passed / CORES) };
}

function roundOf({ requests, seconds, p50, p99, generatorBusy }: SliceResult, cpu: number): Round {
  return { requestsPerSecond: requests / seconds, cpuMicroseconds: cpu / requests, p50, p99, generatorBusy };
}

function resultOf({ candidate: { name, configuration }, running, rounds }: Ready): CandidateResult {
  return { name, configuration, rounds, peakMemory: memoryOf(running.server.pid).peak };
}
