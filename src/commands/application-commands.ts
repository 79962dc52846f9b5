import { Option, type Command } from "commander";
import { parseScope } from "../oauth/scope.ts";
import { addApplicationTransfer } from "./ownership-commands.ts";
import { CommandFailure, failureOf, JSON_OPTION, printResult, visible } from "./output.ts";
import { addSecretCommands } from "./secret-commands.ts";
import { findOwner, withServices } from "./with-services.ts";

interface AddOptions {
  readonly name: string;
  readonly owner: string;
  readonly scope: string;
  readonly redirectUri?: readonly string[];
  readonly description?: string;
  readonly type: "confidential" | "public";
  readonly json?: true;
}

const ADD_EXAMPLE = `
Example:
  hookgate application add --name "Shop sync" --owner ada@example.com \\
    --scope "apps.webhook:execute offline_access" --redirect-uri https://shop.example.com/callback`;

export function addApplicationCommands(program: Command): void {
  const application = program.command("application").description("applications that get access tokens");
  addSecretCommands(application);
  addApplicationTransfer(application);
  application
    .command("add")
    .description("register an application and activate the brand's OAuth 2.0 server; prints the client secret, once")
    .requiredOption("--name <name>", "name that people see when they consent")
    .requiredOption("--owner <address>", "e-mail address of the user who registers it, the only one who can consent")
    .requiredOption("--scope <scopes>", "scopes, separated by spaces")
    .option("--redirect-uri <uri...>", "where the browser may return to; can be given several times")
    .option("--description <text>", "for you and your colleagues")
    .addOption(new Option("--type <type>", "whether it can keep a secret").choices(["confidential", "public"]).default("confidential"))
    .option(...JSON_OPTION)
    .addHelpText("after", ADD_EXAMPLE)
    .action(addApplication);
}

async function addApplication(options: AddOptions): Promise<void> {
  // People may type more spaces than the protocol has.
  const typed = options.scope.trim().replaceAll(/ +/g, " ");
  const scopes = typed === "" ? [] : parseScope(typed);
  if (!scopes) throw new CommandFailure("--scope holds characters that no scope has.");
  await withServices(async ({ userService, applications }) => {
    const owner = await findOwner(userService, options.owner);
    const { name, description = "", type, redirectUri: redirectUris = [] } = options;
    const registered = await applications.register({ brandId: owner.brandId, ownerId: owner.id, name, description, type, scopes, redirectUris });
    if (registered.kind === "invalid") throw failureOf(registered.errors);
    const { application, clientSecret } = registered;
    const secretLine = clientSecret === null ? "A public application has no client secret." : `Client secret: ${clientSecret}\nYou see the secret this once.`;
    printResult(
      options.json,
      { client_id: application.clientId, client_secret: clientSecret },
      `Registered ${visible(application.name)}.\nClient ID:     ${application.clientId}\n${secretLine}`,
    );
  });
}
