import { InvalidArgumentError, Option, type Command } from "commander";
import { AUTHENTICATION_TYPES, type AuthenticationType } from "../webhooks/webhook.ts";
import type { WebhookErrors } from "../webhooks/webhook-service.ts";
import { CommandFailure, failureOf, JSON_OPTION, printResult, visible } from "./output.ts";
import { findOwner, withServices } from "./with-services.ts";

interface MappedLine {
  readonly path: string;
  readonly field: string;
}

interface AddOptions {
  readonly name: string;
  readonly owner: string;
  readonly auth: AuthenticationType;
  readonly map?: readonly MappedLine[];
  readonly dedupe?: readonly string[];
  readonly json?: true;
}

const ADD_EXAMPLE = `
A path is a JSONPath such as $.address.city, or plain names such as address.city. Without --map, calls are kept as samples
until somebody maps them in the console.

Example:
  hookgate webhook add --name Orders --owner ada@example.com --auth oauth2 \\
    --map email=emailaddress name.first=firstname --dedupe emailaddress`;

export function addWebhookCommands(program: Command): void {
  program
    .command("webhook")
    .description("endpoints that turn JSON into customers")
    .command("add")
    .description("install a webhook and activate what its authentication needs; prints its endpoint")
    .requiredOption("--name <name>", "name of the webhook")
    .requiredOption("--owner <address>", "e-mail address of the user whom it belongs to")
    .addOption(new Option("--auth <type>", "how callers prove themselves").choices(AUTHENTICATION_TYPES).makeOptionMandatory())
    .option("--map <path=field...>", "a value of the JSON and the customer field that it goes to", collectLine)
    .option("--dedupe <field...>", "customer fields that find an existing customer")
    .option(...JSON_OPTION)
    .addHelpText("after", ADD_EXAMPLE)
    .action(addWebhook);
}

async function addWebhook(options: AddOptions): Promise<void> {
  const { map: fields = [], dedupe: deduplicateBy = [] } = options;
  if (deduplicateBy.length > 0 && fields.length === 0) throw new CommandFailure("--dedupe needs a --map that fills its fields.");
  await withServices(async ({ config, store, clock, userService, webhooks }) => {
    const owner = await findOwner(userService, options.owner);
    const mapping = fields.length === 0 ? null : { fields, deduplicateBy };
    const added = await webhooks.add({ brandId: owner.brandId, ownerId: owner.id, name: options.name, authentication: options.auth, mapping });
    if (added.kind === "invalid") throw failureOf(namedByLine(added.errors, fields));
    await store.brands.activateModule(owner.brandId, "oauth2-server", clock.now());
    const endpoint = `${config.issuer}/hooks/${added.webhook.id}`;
    printResult(options.json, { id: added.webhook.id, endpoint }, `Installed ${visible(added.webhook.name)}.\nEndpoint: ${endpoint}`);
  });
}

/** One more line of the mapping. The last `=` separates: a path may hold one, a field's name never does. */
function collectLine(text: string, lines: readonly MappedLine[] = []): readonly MappedLine[] {
  const equals = text.lastIndexOf("=");
  if (equals < 1 || equals === text.length - 1) throw new InvalidArgumentError("It must be path=field.");
  return [...lines, { path: text.slice(0, equals), field: text.slice(equals + 1) }];
}

/** The errors of the mapping's lines, each with the line that it is about. */
function namedByLine(errors: WebhookErrors, lines: readonly MappedLine[]): Readonly<Record<string, string>> {
  const entries = Object.entries(errors).map(([name, error]) => {
    const line = lines[Number(/^line-(\d+)$/.exec(name)?.[1] ?? Number.NaN)];
    return [name, line ? `${line.path}=${line.field}: ${error}` : error] as const;
  });
  return Object.fromEntries(entries);
}
