/**
 * Two, then three nodes on one PostgreSQL database under mixed load, while nodes are killed and the database is restarted every few
 * seconds, for ten minutes each: `npm run chaos`, or `npm run chaos -- --minutes 60 --nodes 5`. With `--sqlite` one node on one file, killed 1,000 times or `--kills N`.
 * It prints what happened and ends with status 1 when a promise was broken.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort } from "../test/support/free-port.ts";
import { PostgresServer, runOn } from "../test/support/postgres-server.ts";
import { Installation } from "../test/support/program.ts";
import { checkStore } from "./check.ts";
import { Ledger } from "./ledger.ts";
import { runLoad } from "./load.ts";
import { ChaosNode } from "./node.ts";
import { makeTarget } from "./target.ts";

/** Between two blows, in milliseconds: at least, and how much more at most. */
const QUIET = 1_000;
const MORE_QUIET = 3_000;
/** Of the blows, how many hit the database. */
const DATABASE_SHARE = 0.3;
/** How long the database stays away at most, in milliseconds: also for longer than a second, when nodes must not trust what they know. */
const MAX_OUTAGE = 4_000;
/** After the last blow, how long a node may take until it answers, in milliseconds. */
const RECOVERY = 60_000;
/** Between two kills on SQLite, in milliseconds at most, from when the node listens. */
const MAX_LIFE = 1_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    nodes: { type: "string", multiple: true, default: ["2", "3"] },
    sqlite: { type: "boolean", default: false },
    kills: { type: "string", default: "1000" },
  },
});

/** Control-C ends the blows; what was done until then is checked and told. */
const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());

interface Blows {
  /** Goes on until all is done that was to be done. */
  readonly strike: (nodes: readonly ChaosNode[], ledger: Ledger) => Promise<void>;
}

/** Runs nodes under load and blows, then lets them recover and checks; gives whether every promise was kept. */
async function run(title: string, store: Readonly<Record<string, string>>, nodeCount: number, { strike }: Blows): Promise<boolean> {
  const ports = await Promise.all(Array.from({ length: nodeCount }, () => freePort()));
  const installation = new Installation({ ...store, HOOKGATE_LOG_LEVEL: "error", HOOKGATE_URL: `http://127.0.0.1:${ports[0]}` });
  const ledger = new Ledger();
  try {
    const target = await makeTarget(installation);
    const nodes = ports.map((port) => new ChaosNode(installation, port));
    for (const node of nodes) node.start();
    for (const node of nodes) await node.untilReady(RECOVERY);
    let isOver = false;
    const load = runLoad({ nodes, target, ledger, isOver: () => isOver });
    await strike(nodes, ledger);
    for (const node of nodes) if (!(await node.untilReady(RECOVERY))) ledger.break(`${node.url} is not ready ${RECOVERY / 1_000} seconds after the last blow`);
    isOver = true;
    await load;
    for (const node of nodes) {
      ledger.counts.set("kills of nodes", (ledger.counts.get("kills of nodes") ?? 0) + node.kills);
      ledger.counts.set("starts without database", (ledger.counts.get("starts without database") ?? 0) + node.failedStarts);
      for (const death of node.deaths) ledger.break(`a node ended by itself: ${death}`);
      const status = await node.stop();
      if (status !== 0) ledger.break(`a node ended with ${status} when it was asked to`);
    }
    await checkStore(installation.environment["HOOKGATE_STORE"]!, ledger);
  } finally {
    installation.remove();
  }
  return ledger.report(title);
}

function blowsOn(server: PostgresServer, minutes: number): Blows {
  return {
    async strike(nodes, ledger) {
      for (const end = performance.now() + minutes * 60_000; performance.now() < end && !interruption.signal.aborted;) {
        await setTimeout(QUIET + Math.random() * MORE_QUIET);
        if (Math.random() > DATABASE_SHARE) nodes[Math.floor(Math.random() * nodes.length)]!.kill();
        else {
          await server.stop(Math.random() < 0.5 ? "SIGINT" : "SIGQUIT");
          await setTimeout(Math.random() * MAX_OUTAGE);
          await server.restart();
          ledger.count("restarts of the database");
          // On a slow machine nodes would otherwise be struck down before they ever answered, and nothing would be tried.
          await Promise.race(nodes.map((node) => node.untilReady(RECOVERY)));
        }
      }
    },
  };
}

async function onPostgres(minutes: number, nodeCounts: readonly number[]): Promise<boolean> {
  let allKept = true;
  for (const nodes of nodeCounts) {
    const server = await PostgresServer.start({ settings: { fsync: "on" } });
    try {
      await runOn(server.url("postgres"), "create database chaos");
      const store = { HOOKGATE_STORE: server.url("chaos"), HOOKGATE_SECRET: "one secret for all nodes of the chaos" };
      const title = `${nodes} nodes on one PostgreSQL database, ${minutes} minutes`;
      allKept = (await run(title, store, nodes, blowsOn(server, minutes))) && allKept;
    } finally {
      await server.remove();
    }
  }
  return allKept;
}

function onSqlite(kills: number): Promise<boolean> {
  return run(`One node on an SQLite file, ${kills} times kill -9`, {}, 1, {
    async strike([node]) {
      while (node!.kills < kills && !interruption.signal.aborted) {
        await node!.untilReady(RECOVERY);
        await setTimeout(Math.random() * MAX_LIFE);
        node!.kill();
      }
    },
  });
}

const kept = await (values.sqlite ? onSqlite(Number(values.kills)) : onPostgres(Number(values.minutes), values.nodes.map(Number)));
process.exit(kept ? 0 : 1);
