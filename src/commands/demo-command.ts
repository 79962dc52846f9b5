import closeWithGrace from "close-with-grace";
import type { Command } from "commander";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadConfig } from "../config.ts";
import { createHookgate } from "../server.ts";
import { openDemoScreen } from "./demo/demo-screen.ts";
import { playWalk, type DemoUser } from "./demo/demo-walk.ts";
import { CommandFailure } from "./output.ts";
import { originalStack } from "../lib/original-stack.ts";

interface DemoOptions {
  readonly keep?: string;
  readonly exit?: true;
}

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description("play the walk on a store of its own: both grants, calls, customers; then serve, so that you can look at it")
    .option("--keep <directory>", "where the data lies and stays (default: a temporary directory that is deleted at the end)")
    .option("--exit", "end after the walk instead of serving")
    .addHelpText("after", "\nIt reads no HOOKGATE_* settings and touches no other store.")
    .action(demo);
}

async function demo({ keep, exit }: DemoOptions): Promise<void> {
  const directory = openDirectory(keep);
  const store = join(directory, "hookgate.db");
  // A store of its own whatever the environment says: nobody's customers get mixed with these.
  const config = loadConfig({ HOOKGATE_STORE: `sqlite:${store}`, HOOKGATE_PORT: String(await freePort()), HOOKGATE_LOG_LEVEL: "error" });
  const hookgate = await createHookgate(config);
  let stopped = false;
  const signals = closeWithGrace({ logger: false }, async ({ err }) => {
    stopped = true;
    if (err) process.stderr.write(`hookgate: ${originalStack(err.stack ?? err.message)}\n`);
    await hookgate.close();
  });
  try {
    await hookgate.listen();
    const screen = openDemoScreen(process.stdout);
    screen.begin(`Hookgate plays the walk on ${hookgate.url}`);
    const user = await playWalk(hookgate, screen);
    screen.end([...(exit ? ["Done."] : whereToLook(hookgate.url, user)), ...(keep === undefined ? [] : whereItStays(store))]);
  } catch (error) {
    if (stopped) return; // Somebody broke the walk off: that is no failure.
    signals.uninstall();
    await hookgate.close();
    throw error;
  }
  // Otherwise the server keeps the process alive until a signal.
  if (!exit) return;
  signals.uninstall();
  await hookgate.close();
}

function whereToLook(url: string, { email, password }: DemoUser): readonly string[] {
  return [`Now look at the console: ${url}`, `  E-mail address: ${email}`, `  Password:       ${password}`, "Ctrl-C ends the demo."];
}

function whereItStays(store: string): readonly string[] {
  return [`The data stays. To serve it again: HOOKGATE_STORE=sqlite:${store} bin/hookgate serve`];
}

/** The directory for the data: the given one, without a store in it, or a temporary one that goes with the process, however that ends. */
function openDirectory(keep: string | undefined): string {
  if (keep === undefined) {
    const directory = mkdtempSync(join(tmpdir(), "hookgate-demo-"));
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
    return directory;
  }
  const directory = resolve(keep);
  if (existsSync(join(directory, "hookgate.db"))) {
    throw new CommandFailure(`--keep: ${directory} holds a store already, and the demo writes only to one of its own. Name another directory.`);
  }
  return directory;
}

/** A port on loopback that nobody listens on at this moment: it must be known before listening, because it is part of the issuer. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((open, reject) => probe.on("error", reject).listen(0, "127.0.0.1", open));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
