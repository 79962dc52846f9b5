/** Puts the tables of a run into docs/performance.md, between two marks; what people wrote around them stays. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartOf } from "./chart.ts";
import { notesOf, startsTable, tableOf } from "./report.ts";
import type { Results } from "./results.ts";

const DOCS = join(import.meta.dirname, "../docs");
const BEGIN = "<!-- results: written by the command, do not edit -->";
const END = "<!-- end of results -->";

/** The scenarios of the README's chart. */
const IN_README: ReadonlySet<string> = new Set(["client-credentials", "introspection", "refresh", "webhook-update"]);

export function writeDocument(results: Results): void {
  const path = join(DOCS, "performance.md");
  const written = readFileSync(path, "utf8");
  const begin = written.indexOf(BEGIN);
  const end = written.indexOf(END);
  if (begin === -1 || end === -1) throw new Error(`${path} has no place for results: ${BEGIN} and ${END}.`);
  writeFileSync(path, `${written.slice(0, begin + BEGIN.length)}\n${sectionsOf(results)}\n${written.slice(end)}`);
  writeFileSync(join(DOCS, "images/performance.svg"), chartOf(results));
  const summary = results.scenarios.filter(({ name }) => IN_README.has(name));
  writeFileSync(join(DOCS, "images/performance-summary.svg"), chartOf({ ...results, scenarios: summary }));
}

function sectionsOf(results: Results): string {
  const { command, startedAt, commit, machine, pinning, sliceMilliseconds, scenarios, starts } = results;
  const configurations = new Map(scenarios.flatMap(({ candidates }) => candidates.map(({ name, configuration }) => [name, configuration])));
  return [
    `\`${command}\` on ${startedAt.slice(0, 10)}, commit \`${commit}\`: ${machine}. ${pinning} Slices of ${sliceMilliseconds} ms.`,
    "![CPU time a request of every candidate in every scenario, as a multiple of the plain floor's](images/performance.svg)",
    ...[...configurations].map(([name, configuration]) => `- **${name}**: ${configuration}`),
    ...scenarios.flatMap((scenario) => [`### ${scenario.title}`, tableOf(scenario), notesOf(scenario).join(" ")]),
    ...(starts.length > 0 ? ["### Start and idle memory", startsTable(starts)] : []),
  ]
    .map((part) => `\n${part}`)
    .join("\n")
    .replaceAll(/\n\n(- \*\*)/g, "\n$1");
}
