import { text } from "node:stream/consumers";
import { Option, type Command } from "commander";
import { ROLES, type Role } from "../identity/user.ts";
import { failureOf, JSON_OPTION, printResult, visible } from "./output.ts";
import { findBrand, withServices } from "./with-services.ts";

interface AddOptions {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly brand?: string;
  readonly json?: true;
}

export function addUserCommands(program: Command): void {
  program
    .command("user")
    .description("people who sign in to the console")
    .command("add")
    .description("add an active user")
    .requiredOption("--email <address>", "e-mail address to sign in with")
    .requiredOption("--name <name>", "name that others see")
    .addOption(new Option("--role <role>", "what the user may do").choices(ROLES).default("member"))
    .option("--brand <name>", "brand that the user belongs to (default: the first one)")
    .requiredOption("--password-stdin", "read the password from standard input")
    .option(...JSON_OPTION)
    .addHelpText("after", "\nExample:\n  hookgate user add --email ada@example.com --name Ada --role admin --password-stdin < password.txt")
    .action(addUser);
}

async function addUser(options: AddOptions): Promise<void> {
  const password = await readPassword();
  await withServices(async ({ store, userService }) => {
    const brand = await findBrand(store, options.brand);
    const { email, name, role } = options;
    const added = await userService.addUser({ brandId: brand.id, email, name, role, password });
    if (added.kind === "invalid") throw failureOf(added.errors);
    const { user } = added;
    printResult(
      options.json,
      { id: user.id, email: user.email, name: user.name, role: user.role, brand: brand.name },
      `Added ${visible(user.name)} <${visible(user.email)}> to ${visible(brand.name)} as ${user.role}.`,
    );
  });
}

/** A password comes on standard input, never as an argument: those can be read by everybody on the machine. One newline at the end is not part of it. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write("Type the password, then Enter and Ctrl-D. It is visible while you type.\n");
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}
