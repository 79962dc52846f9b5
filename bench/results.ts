/** What a run has measured, and the numbers that are read off it. This is what the JSON file holds. */
import { quartilesOf, ratioOf, type Quartiles, type Ratio } from "./statistics.ts";

/** One slice of load on one candidate. */
export interface Round {
  readonly requestsPerSecond: number;
  /** Of the server's process, all threads, for one request. */
  readonly cpuMicroseconds: number;
  /** Latency in microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly generatorBusy: number;
}

export interface CandidateResult {
  readonly name: string;
  readonly configuration: string;
  readonly rounds: readonly Round[];
  /** The most that was resident while it was under load, in MB. */
  readonly peakMemory: number;
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly connections: number;
  readonly candidates: readonly CandidateResult[];
  /** The first candidate to which the others are compared, by name. */
  readonly base: string;
  /** CPU time that others used on this machine while this was measured, as a share of all its cores. */
  readonly othersBusy: number;
}

export interface Results {
  readonly command: string;
  readonly startedAt: string;
  readonly commit: string;
  readonly machine: string;
  readonly pinning: string;
  readonly sliceMilliseconds: number;
  readonly scenarios: readonly ScenarioResult[];
  readonly starts: readonly StartResult[];
}

/** Starting a candidate, again and again. */
export interface StartResult {
  readonly name: string;
  /** From the start of the process to the first right answer, in milliseconds. */
  readonly milliseconds: readonly number[];
  /** Resident a second after the first answer, in MB. */
  readonly idleMemory: readonly number[];
}

export interface CandidateSummary {
  readonly name: string;
  readonly requestsPerSecond: Quartiles;
  readonly cpuMicroseconds: Quartiles;
  readonly p50: Quartiles;
  readonly p99: Quartiles;
  /** CPU time a request, against the base of the same rounds. */
  readonly ratio: Ratio;
  readonly peakMemory: number;
  /** The generator had hardly any time left: the server could have answered more. Its CPU time a request counts all the same. */
  readonly generatorWasLimit: boolean;
}

const cpuOf = ({ rounds }: CandidateResult) => rounds.map(({ cpuMicroseconds }) => cpuMicroseconds);

/** Above this share of its core the generator is the bottleneck. */
const GENERATOR_LIMIT = 0.9;

export function summaryOf(scenario: ScenarioResult): readonly CandidateSummary[] {
  const base = scenario.candidates.find(({ name }) => name === scenario.base)!;
  return scenario.candidates.map((candidate) => {
    const of = (member: keyof Round) => quartilesOf(candidate.rounds.map((round) => round[member]));
    return {
      name: candidate.name,
      requestsPerSecond: of("requestsPerSecond"),
      cpuMicroseconds: of("cpuMicroseconds"),
      p50: of("p50"),
      p99: of("p99"),
      ratio: ratioOf(cpuOf(candidate), cpuOf(base)),
      peakMemory: candidate.peakMemory,
      generatorWasLimit: of("generatorBusy").median > GENERATOR_LIMIT,
    };
  });
}
