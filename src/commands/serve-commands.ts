import { setFlagsFromString } from "node:v8";
import closeWithGrace from "close-with-grace";
import type { Command } from "commander";
import { loadConfig, SETTINGS, type Config } from "../config.ts";
import { systemClock } from "../lib/clock.ts";
import { createLog } from "../log.ts";
import { createHookgate } from "../server.ts";
import { openStore, storeLocation } from "../store/open-store.ts";
import { MIGRATIONS } from "../store/sql/migrations/migrations.ts";
import { CommandFailure, JSON_OPTION, printResult } from "./output.ts";
import { giveUpWorker, isFirstProcess, startWorkers } from "./workers.ts";

/** How long a shutdown may take, in milliseconds: below the ten seconds that container runtimes give before they kill. */
const SHUTDOWN_LIMIT = 8_000;

/**
 * Long-lived objects may grow to twice of what was alive at the last collection before they are collected again. The engine's own limit lets the texts of long bodies
 * pile up to five times as much (docs/performance.md). Set once it runs: given at the start, the flag would make Node compile itself anew.
 */
const HEAP_GROWTH = "--heap-growing-percent=100";

export function addServeCommands(program: Command): void {
  const settings = SETTINGS.map(({ name, description, defaultText }) => `  ${name}\n      ${description}\n      Default: ${defaultText}.`);
  program
    .command("serve")
    .description("run the server")
    .addHelpText("after", `\nSettings, from the environment:\n${settings.join("\n")}`)
    .action(serve);
  program
    .command("migrate")
    .description("bring the store to the schema of this program; the server does so too when it starts")
    .option(...JSON_OPTION)
    .action(migrate);
}

async function serve(): Promise<void> {
  const config = loadConfig();
  if (config.workers > 1) return startWorkers({ config, log: createLog(config.logLevel), shutdownLimit: SHUTDOWN_LIMIT + 1_000 });
  try {
    await serveAlone(config);
  } catch (error) {
    giveUpWorker();
    throw error;
  }
}

async function serveAlone(config: Config): Promise<void> {
  const hookgate = await createHookgate(config, { opensSetUpLink: isFirstProcess() });
  // Before it listens, so that a signal in between ends it in order as well.
  const signals = closeWithGrace({ delay: SHUTDOWN_LIMIT, logger: false }, async ({ err }) => {
    if (err) hookgate.log.fatal({ err }, "an error that nobody caught ends the process");
    await hookgate.close();
  });
  try {
    await hookgate.listen();
  } catch (error) {
    signals.uninstall();
    await hookgate.close();
    throw listenFailure(error, config);
  }
  setFlagsFromString(HEAP_GROWTH);
  if (!isFirstProcess()) return;
  // For the person at the terminal. The set-up link makes an admin, so it must not get into a log.
  const setUp = hookgate.setUpPath === null ? "" : `There is no admin yet. Make the first one here, once:\n  ${hookgate.url}${hookgate.setUpPath}\n`;
  process.stdout.write(`Hookgate listens on ${hookgate.url}\nIts data lies in ${storeLocation(config.store)}\n${setUp}`);
}

async function migrate(options: { readonly json?: true }): Promise<void> {
  const config = loadConfig();
  const store = await openStore({ url: config.store, migrate: true, clock: systemClock });
  await store.close();
  const schema = MIGRATIONS.at(-1)!.schema;
  printResult(options.json, { schema }, `The store ${storeLocation(config.store)} has schema ${schema}.`);
}

const LISTEN_FAILURES: Readonly<Record<string, (setting: string) => string>> = {
  EADDRINUSE: (setting) => `something listens there already; choose another ${setting}`,
  EACCES: (setting) => `this user may not; choose a ${setting} of 1024 or more`,
  EADDRNOTAVAIL: () => "this machine has no such address; change HOOKGATE_HOST",
  ENOTFOUND: () => "this name has no address; change HOOKGATE_HOST",
};

function listenFailure(error: unknown, { host, port, metricsPort }: Config): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  const reason = LISTEN_FAILURES[String(error.code)];
  const isMetrics = "port" in error && error.port === metricsPort;
  if (!reason) return error;
  return new CommandFailure(
    `Cannot listen on ${host}, port ${isMetrics ? metricsPort : port}: ${reason(isMetrics ? "HOOKGATE_METRICS_PORT" : "HOOKGATE_PORT")}.`,
  );
}
