/**
 * What growing costs: `npm run grow -- fill` makes a store of any size, `npm run grow -- measure` sends the same requests to a small and a
 * large one, `npm run grow -- compare` tells whether two stores hold the same rows. Docs/performance.md has what they printed.
 */
import { createHash } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import type { Snapshot } from "../src/store/copy/copy-sides.ts";
import { readSnapshot } from "../src/store/copy/copy-store.ts";
import { readTableShapes, type TableShape } from "../src/store/copy/table-shape.ts";
import { growStore, type Sizes } from "./growth/grown-store.ts";
import { measureGrowth } from "./growth/measure-growth.ts";
import { describeMachine } from "./machine.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);

const program = new Command("npm run grow --").description("Fills stores of any size and measures what that costs.");
program
  .command("fill")
  .description("customers, calls and applications as use would have left them")
  .argument("<url>", "an empty store, as in HOOKGATE_STORE")
  .requiredOption("--customers <number>", "at least 10000, which calls update while it is measured", parseNumber)
  .requiredOption("--calls <number>", "accepted ones, and every fiftieth refused", parseNumber)
  .requiredOption("--applications <number>", "of one owner", parseNumber)
  .action(fill);
program
  .command("measure")
  .description("how long the same requests take on two stores, in turns; the calls among them write to both")
  .argument("<small>", "a filled store")
  .argument("<large>", "a larger one")
  .option("--rounds <number>", "requests of each kind to each store", parseNumber, 20)
  .action(measure);
program
  .command("compare")
  .description("whether two stores hold the same rows, value by value")
  .argument("<one>", "a store")
  .argument("<other>", "another one")
  .action(compare);
await program.parseAsync();

function parseNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1 to 999999999.");
  return Number(text);
}

async function fill(url: string, sizes: Sizes): Promise<void> {
  const begun = performance.now();
  const counts = new Map<string, number>();
  await growStore(url, sizes, (table, rows) => counts.set(table, (counts.get(table) ?? 0) + rows));
  for (const [table, rows] of counts) say(`${table}: ${rows}`);
  say(`In ${seconds(begun)} s.`);
}

async function measure(small: string, large: string, { rounds }: { readonly rounds: number }): Promise<void> {
  const results = await measureGrowth(small, large, rounds);
  say(`${describeMachine()}. ${rounds} rounds, in turns; medians.\n`);
  say("| request | small, ms | large, ms | ratio |\n|---|--:|--:|--:|");
  for (const { request, ...row } of results) say(`| ${request} | ${row.small.toFixed(1)} | ${row.large.toFixed(1)} | ${row.ratio.toFixed(2)} |`);
}

async function compare(one: string, other: string): Promise<void> {
  const [first, second] = [await digestsOf(one), await digestsOf(other)];
  for (const [table, digest] of first) say(`${digest === second.get(table) ? "same " : "OTHER"} ${table} ${digest}`);
  process.exitCode = [...first].every(([table, digest]) => digest === second.get(table)) ? 0 : 1;
}

/** By table, over every value of every row in the order of the key. */
function digestsOf(url: string): Promise<ReadonlyMap<string, string>> {
  return readSnapshot(url, async (snapshot) => {
    const digests = new Map<string, string>();
    for (const table of await readTableShapes()) digests.set(table.name, await digestOf(snapshot, table));
    return digests;
  });
}

async function digestOf(snapshot: Snapshot, table: TableShape): Promise<string> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const page of snapshot.pages(table)) {
    count += page.length;
    for (const row of page) {
      hash.update(JSON.stringify(table.columns.map(({ name }) => (row[name] instanceof Uint8Array ? Buffer.from(row[name]).toString("hex") : row[name]))));
    }
  }
  return `${count} rows, ${hash.digest("hex").slice(0, 16)}`;
}

function seconds(begun: number): string {
  return ((performance.now() - begun) / 1_000).toFixed(1);
}
