/** Results as text: tables for the terminal and the document. */
import { summaryOf, type CandidateSummary, type Results, type ScenarioResult } from "./results.ts";
import { MIN_ROUNDS, quartilesOf, type Quartiles, type Ratio } from "./statistics.ts";

const COLUMNS = ["candidate", "CPU µs a request", "× plain floor", "requests/s", "p50 ms", "p99 ms", "peak MB"] as const;

export function tableOf(scenario: ScenarioResult): string {
  return tableOfRows([COLUMNS, ...summaryOf(scenario).map(rowOf)]);
}

function rowOf(summary: CandidateSummary): readonly string[] {
  return [
    summary.name,
    spread(summary.cpuMicroseconds, 1),
    ratioText(summary.ratio),
    `${summary.generatorWasLimit ? "≥ " : ""}${spread(summary.requestsPerSecond, 0)}`,
    spread(summary.p50, 2, 1_000),
    spread(summary.p99, 2, 1_000),
    summary.peakMemory.toFixed(0),
  ];
}

export function startsTable(starts: Results["starts"]): string {
  const rows = starts.map(({ name, milliseconds, idleMemory }) => [name, spread(quartilesOf(milliseconds), 0), spread(quartilesOf(idleMemory), 0)]);
  return tableOfRows([["candidate", "ms to the first answer", "idle MB"], ...rows]);
}

export function notesOf(scenario: ScenarioResult): readonly string[] {
  const limited = summaryOf(scenario).filter(({ generatorWasLimit }) => generatorWasLimit);
  const rounds = scenario.candidates[0]?.rounds.length ?? 0;
  return [
    `${rounds} rounds; other work took ${(scenario.othersBusy * 100).toFixed(0)} % of the machine.`,
    ...(rounds < MIN_ROUNDS ? [`No ratio is given from fewer than ${MIN_ROUNDS} rounds.`] : []),
    ...(limited.length > 0 ? [`The load generator was the bottleneck (≥) for: ${limited.map(({ name }) => name).join(", ")}.`] : []),
  ];
}

function ratioText(ratio: Ratio): string {
  return ratio.kind === "ratio" ? spread(ratio, 2) : "–";
}

/** The median with the quartiles behind it. */
function spread({ lower, median, upper }: Quartiles, digits: number, divisor = 1): string {
  const text = (value: number) => (value / divisor).toFixed(digits);
  return `${text(median)} (${text(lower)}–${text(upper)})`;
}

/** In Markdown, with the columns below each other: it is read as text too. */
function tableOfRows(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...body.map(line)].join("\n");
}
