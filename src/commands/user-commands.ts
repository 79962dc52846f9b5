import { text } from "node:stream/consumers";
import { Option, type Command } from "commander";
import { ROLES, type Role } from "../identity/user.ts";
import type { UserWithStanding } from "../identity/user-service.ts";
import { addUserOwnershipCommands } from "./ownership-commands.ts";
import { CommandFailure, failureOf, JSON_OPTION, printResult, visible } from "./output.ts";
import { findBrand, findUser, withServices } from "./with-services.ts";

interface Options {
  readonly json?: true;
}

interface BrandOptions extends Options {
  readonly brand?: string;
}

interface AddOptions extends BrandOptions {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

const ADDRESS = ["<address>", "e-mail address of the user"] as const;

export function addUserCommands(program: Command): void {
  const user = program.command("user").description("people who sign in to the console");
  user
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
  user
    .command("list")
    .description("list the users of a brand by name")
    .option("--brand <name>", "whose users (default: the first brand's)")
    .option(...JSON_OPTION)
    .action(listUsers);
  user
    .command("deactivate")
    .description("switch a user off with everything that belongs to it; can be undone")
    .argument(...ADDRESS)
    .option(...JSON_OPTION)
    .action(deactivateUser);
  user
    .command("reactivate")
    .description("switch a deactivated or inactive user on again")
    .argument(...ADDRESS)
    .option(...JSON_OPTION)
    .action(reactivateUser);
  user
    .command("password-link")
    .description("print a one-time link by which a user sets a new password; it works for 7 days")
    .argument(...ADDRESS)
    .option(...JSON_OPTION)
    .action(makePasswordLink);
  addUserOwnershipCommands(user);
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

const ROWS_A_PAGE = 500;

async function listUsers(options: BrandOptions): Promise<void> {
  await withServices(async ({ store, userService }) => {
    const brand = await findBrand(store, options.brand);
    const users: UserWithStanding[] = [];
    let after: string | null = null;
    do {
      const page = await userService.list(brand.id, { limit: ROWS_A_PAGE, after });
      users.push(...page.rows);
      after = page.next;
    } while (after !== null);
    printResult(
      options.json,
      { users: users.map(toJson) },
      users.length === 0
        ? `${visible(brand.name)} has no users yet.`
        : users.map(({ email, name, role, standing }) => [visible(email), role, standing.kind, visible(name)].join("  ")).join("\n"),
    );
  });
}

async function deactivateUser(email: string, options: Options): Promise<void> {
  await withServices(async ({ userService }) => {
    const user = await findUser(userService, email);
    const outcome = await userService.deactivate(user.brandId, user.id);
    if (outcome === "not-found") throw noUser(email);
    if (outcome === "last-admin") throw new CommandFailure(`${email} is the last active admin of the brand: add another admin first.`);
    printResult(options.json, toJson(await findUser(userService, email)), `${visible(user.name)} is deactivated.`);
  });
}

async function reactivateUser(email: string, options: Options): Promise<void> {
  await withServices(async ({ userService }) => {
    const user = await findUser(userService, email);
    const reactivated = await userService.reactivate(user.brandId, user.id);
    if (!reactivated && user.standing.kind === "invited") throw new CommandFailure(`${email} has not joined yet: there is nothing to reactivate.`);
    const notice = reactivated ? `${visible(user.name)} is reactivated.` : `${visible(user.name)} was active already.`;
    printResult(options.json, toJson(await findUser(userService, email)), notice);
  });
}

async function makePasswordLink(email: string, options: Options): Promise<void> {
  await withServices(async ({ config, userService }) => {
    const user = await findUser(userService, email);
    const invitation = await userService.renewInvitation(user.brandId, user.id);
    if (!invitation) throw new CommandFailure(`${email} is deactivated: reactivate the user first.`);
    const link = `${config.issuer}/invitation/${invitation.secret}`;
    printResult(
      options.json,
      { link, expires_at: new Date(invitation.expiresAt).toISOString() },
      `${link}\nWhoever opens it first sets the password of ${visible(user.name)}. It works once and for 7 days.`,
    );
  });
}

function toJson({ id, email, name, role, standing, createdAt, signedInAt }: UserWithStanding): object {
  return {
    id,
    email,
    name,
    role,
    status: standing.kind,
    created_at: new Date(createdAt).toISOString(),
    signed_in_at: signedInAt === null ? null : new Date(signedInAt).toISOString(),
  };
}

function noUser(email: string): CommandFailure {
  return new CommandFailure(`There is no user with the e-mail address ${email}.`);
}

/** A password comes on standard input, never as an argument: those can be read by everybody on the machine. One newline at the end is not part of it. */
async function readPassword(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write("Type the password, then Enter and Ctrl-D. It is visible while you type.\n");
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}
