import { InvalidArgumentError, type Command } from "commander";
import { CommandFailure, JSON_OPTION, printResult } from "./output.ts";
import { withServices } from "./with-services.ts";

interface Options {
  readonly json?: true;
}

export function addKeyCommands(program: Command): void {
  const key = program.command("key").description("keys that sign tokens and seal sessions' forms");
  key
    .command("list")
    .description("list the keys and what each is used for")
    .option(...JSON_OPTION)
    .action(listKeys);
  key
    .command("rotate")
    .description("add a key that signs from ten seconds on; no token dies, no restart is needed")
    .option(...JSON_OPTION)
    .action(rotateKey);
  key
    .command("revoke")
    .description("end a key and every token signed with it, at once and for good")
    .argument("<id>", "number of the key, as in key list", parseKeyId)
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample: end everything that an old key signed\n  hookgate key rotate\n  hookgate key revoke 1")
    .action(revokeKey);
}

async function listKeys(options: Options): Promise<void> {
  await withServices(async ({ keyRing }) => {
    const keys = await keyRing.list();
    printResult(
      options.json,
      { keys: keys.map(({ id, state, createdAt }) => ({ id, state, created_at: new Date(createdAt).toISOString() })) },
      keys.map(({ id, state, createdAt }) => `${id}  ${state.padEnd("verifying".length)}  made ${new Date(createdAt).toISOString()}`).join("\n"),
    );
  });
}

async function rotateKey(options: Options): Promise<void> {
  await withServices(async ({ keyRing }) => {
    const id = await keyRing.rotate();
    printResult(options.json, { id }, `Key ${id} is made and signs from ten seconds on. Older keys go on verifying.`);
  });
}

async function revokeKey(id: number, options: Options): Promise<void> {
  await withServices(async ({ keyRing }) => {
    if (!(await keyRing.revoke(id))) throw new CommandFailure(`There is no key ${id}, or it is revoked already.`);
    printResult(options.json, { id, state: "revoked" }, `Key ${id} is revoked. Every token signed with it is refused from now on.`);
  });
}

function parseKeyId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("It must be the number of a key.");
  return Number(text);
}
