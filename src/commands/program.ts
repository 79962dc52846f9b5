/**
 * The command line: one program, its groups of commands, and how they fail. Commands know services and the store; they hold no
 * rules of their own.
 */
import { Command, CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addApplicationCommands } from "./application-commands.ts";
import { addBrandCommands } from "./brand-commands.ts";
import { addCopyCommands } from "./copy-commands.ts";
import { addCustomerCommands } from "./customer-commands.ts";
import { addDemoCommand } from "./demo-command.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addKeyCommands } from "./key-commands.ts";
import { visible } from "./output.ts";
import { addRefusedCommands } from "./refused-commands.ts";
import { addServeCommands } from "./serve-commands.ts";
import { addUserCommands } from "./user-commands.ts";
import { addWebhookCommands } from "./webhook-commands.ts";

const EXAMPLES = `
Every command reads the same HOOKGATE_* settings as the server and may run beside it.

Examples:
  hookgate serve
  hookgate demo
  hookgate user add --email ada@example.com --name Ada --role admin --password-stdin < password.txt
  hookgate application add --name "Shop sync" --owner ada@example.com --scope apps.webhook:execute --json
  hookgate webhook add --name Orders --owner ada@example.com --auth oauth2 --map '$.email=emailaddress' --dedupe emailaddress
  hookgate customer list --limit 10`;

/** Exit status of a command line that could not be understood. */
const USAGE = 2;

/** Runs one command line and gives the exit status: 0, 1 when the command failed, 2 when it was not understood. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE; // It has said what is wrong.
    process.stderr.write(errorLine(error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

function createProgram(): Command {
  const program = new Command("hookgate")
    .description("A self-hosted OAuth 2.0 server for webhooks.")
    .version(packageJson.version)
    .addHelpText("after", EXAMPLES)
    // Both are inherited by every command that is added from here on.
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(errorLine(text.replace(/^error: /, ""))) });
  addServeCommands(program);
  addCopyCommands(program);
  addDoctorCommand(program);
  addDemoCommand(program);
  addUserCommands(program);
  addApplicationCommands(program);
  addWebhookCommands(program);
  addCustomerCommands(program);
  addKeyCommands(program);
  addBrandCommands(program);
  addRefusedCommands(program);
  return program;
}

function errorLine(message: string): string {
  return `hookgate: ${visible(message.trim().replaceAll(/\s*\n\s*/g, " "))}\n`;
}
