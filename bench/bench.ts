/**
 * What a request costs, against the least that it can cost: `npm run bench`. Docs/performance.md says how it measures and how to read
 * it. Writes `.bench/results.json` and `.bench/chart.svg`; all traffic stays on loopback.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { Candidate } from "./candidates/candidate.ts";
import { CANDIDATES } from "./candidates/candidates.ts";
import { otherBuild } from "./candidates/hookgate.ts";
import { chartOf } from "./chart.ts";
import { writeDocument } from "./document.ts";
import { Generator } from "./generator.ts";
import { choosePinning, describeMachine } from "./machine.ts";
import { notesOf, startsTable, tableOf } from "./report.ts";
import type { Results, ScenarioResult } from "./results.ts";
import { runScenario, type RunOptions } from "./run-scenario.ts";
import { runStarts } from "./run-starts.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { MIN_ROUNDS } from "./statistics.ts";

interface Options {
  readonly quick?: true;
  readonly scenario?: readonly string[];
  readonly candidate?: readonly string[];
  readonly rounds?: number;
  readonly slice?: number;
  readonly profile?: string;
  readonly before?: string;
  readonly document?: true;
}

const ROOT = join(import.meta.dirname, "..");
const OUTPUT = join(ROOT, ".bench");
/** Every round of the run, a line each, from the moment at which it is over. */
const ROUNDS = join(OUTPUT, "rounds.jsonl");
const FULL = { rounds: 30, slice: 250, warmUp: 5_000 };
/** The scenario that is no load. */
const COLD_START = "cold-start";
const QUICK = { rounds: MIN_ROUNDS, slice: 100, warmUp: 1_000 };

function readOptions(): Options {
  const program = new Command("npm run bench --")
    .description("Measures what a request costs, against the least that it can cost.")
    .option("--quick", "the most important scenarios without the peers, in less than two minutes")
    .option("--scenario <name...>", `only these: ${[...SCENARIOS.map(({ name }) => name), COLD_START].join(", ")}`)
    .option("--candidate <name...>", `only these, and the plain floor: ${CANDIDATES.map(({ name }) => name).join(", ")}`)
    .option("--rounds <number>", `rounds of slices; ratios need ${MIN_ROUNDS}`, parseNumber)
    .option("--slice <milliseconds>", "length of a slice", parseNumber)
    .option("--profile <directory>", "write a profile of Hookgate's processor use there, for the developer tools of a browser")
    .option("--before <directory>", "measure another build beside this one: a copy of dist, made within this directory")
    .option("--document", "write the results into docs/performance.md");
  program.parse();
  return program.opts<Options>();
}

function parseNumber(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value < 1) throw new InvalidArgumentError("It must be a whole number from 1 to 99999.");
  return value;
}

function chooseScenarios({ quick, scenario: names }: Options): readonly Scenario[] {
  if (!names) return SCENARIOS.filter(({ isQuick }) => !quick || isQuick);
  return names
    .filter((name) => name !== COLD_START)
    .map((name) => {
      const found = SCENARIOS.find((scenario) => scenario.name === name);
      if (!found) throw new Error(`There is no scenario ${name}.`);
      return found;
    });
}

function chooseCandidates({ quick, candidate: names, before }: Options): readonly Candidate[] {
  const [reference, base, ...others] = CANDIDATES;
  const chosen = others.filter(({ name, isPeer }) => (names ? names.includes(name) : !quick || !isPeer));
  return [reference!, base!, ...(before === undefined ? [] : [otherBuild(before)]), ...chosen];
}

function commitOfThis(): string {
  return execFileSync("git", ["describe", "--always", "--dirty"], { cwd: ROOT, encoding: "utf8" }).trim();
}

const options = readOptions();
const { rounds, slice: sliceMilliseconds, warmUp: warmUpMilliseconds } = { ...(options.quick ? QUICK : FULL), ...options };
const pinning = choosePinning();
const run: RunOptions = {
  rounds,
  sliceMilliseconds,
  warmUpMilliseconds,
  pinning,
  generator: new Generator(pinning.generator),
  profiles: options.profile === undefined ? null : resolve(options.profile),
  candidates: chooseCandidates(options),
  onRound: (scenario, candidate, round) => appendFileSync(ROUNDS, `${JSON.stringify({ scenario, candidate, ...round })}\n`),
};
const startedAt = new Date().toISOString();
/** Before anything is written: results in the document would make it another one. */
const commit = commitOfThis();
const say = (line: string) => process.stdout.write(`${line}\n`);
say(`${describeMachine()}. ${pinning.description}`);

mkdirSync(OUTPUT, { recursive: true });
rmSync(ROUNDS, { force: true });
const scenarios: ScenarioResult[] = [];
let starts: Results["starts"] = [];
const unmeasured: string[] = [];

/** What is known so far: a run that is cut short leaves what it has found. */
function publish(): void {
  const command = ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" ");
  const machine = describeMachine();
  const results: Results = { command, startedAt, commit, machine, pinning: pinning.description, sliceMilliseconds, scenarios, starts };
  writeFileSync(join(OUTPUT, "results.json"), JSON.stringify(results, null, 1));
  writeFileSync(join(OUTPUT, "chart.svg"), chartOf(results));
  if (options.document) writeDocument(results);
}

/** One scenario that cannot be measured does not cost the others. */
async function measure(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    publish();
  } catch (error) {
    unmeasured.push(name);
    say(`Not measured: ${(error as Error).message}`);
  }
}

for (const scenario of chooseScenarios(options)) {
  say(`\n## ${scenario.title} (${scenario.name})\n`);
  await measure(scenario.name, async () => {
    const result = await runScenario(scenario, run);
    scenarios.push(result);
    say(`${tableOf(result)}\n\n${notesOf(result).join("\n")}`);
  });
}
if (options.scenario ? options.scenario.includes(COLD_START) : !options.quick) {
  say(`\n## Start and idle memory (${COLD_START})\n`);
  await measure(COLD_START, async () => {
    starts = await runStarts(SCENARIOS[0]!, run);
    say(startsTable(starts));
  });
}
run.generator.end();
say("\nWritten: .bench/results.json, .bench/rounds.jsonl and .bench/chart.svg");
if (unmeasured.length > 0) {
  say(`Not measured: ${unmeasured.join(", ")}.`);
  process.exitCode = 1;
}
