import { InvalidArgumentError, Option, type Command } from "commander";
import { readSettings } from "../webhooks/authentication/authentication-field.ts";
import type { WebhookAuthentication } from "../webhooks/authentication/authentication.ts";
import { AUTHENTICATION_TYPES, endpointOf, type AuthenticationSettings, type AuthenticationType } from "../webhooks/webhook.ts";
import type { WebhookErrors } from "../webhooks/webhook-service.ts";
import { addWebhookTransfer } from "./ownership-commands.ts";
import { CommandFailure, failureOf, JSON_OPTION, printResult, visible } from "./output.ts";
import { findOwner, withServices } from "./with-services.ts";

interface MappedLine {
  readonly path: string;
  readonly field: string;
}

/** An answer to a question of the authentication. */
interface SettingLine {
  readonly name: string;
  readonly value: string;
}

interface AddOptions {
  readonly name: string;
  readonly owner: string;
  readonly auth: AuthenticationType;
  readonly set?: readonly SettingLine[];
  readonly map?: readonly MappedLine[];
  readonly dedupe?: readonly string[];
  readonly json?: true;
}

const ADD_EXAMPLE = `
A path is a JSONPath such as $.address.city, or plain names such as address.city; several with commas between are joined with a space, and a
constant stands in double quotes. Without --map, calls are kept as samples until somebody maps them in the console.

Example:
  hookgate webhook add --name Orders --owner ada@example.com --auth oauth2 \\
    --map email=emailaddress name.first=firstname --dedupe emailaddress`;

export function addWebhookCommands(program: Command): void {
  const webhook = program.command("webhook").description("endpoints that turn JSON into customers");
  addWebhookTransfer(webhook);
  webhook
    .command("add")
    .description("install a webhook and activate what its authentication needs; prints its endpoint, and its credential once")
    .requiredOption("--name <name>", "name of the webhook")
    .requiredOption("--owner <address>", "e-mail address of the user whom it belongs to")
    .addOption(new Option("--auth <type>", "how callers prove themselves").choices(AUTHENTICATION_TYPES).makeOptionMandatory())
    .option("--set <name=value...>", "a setting of the authentication, such as userName=shop for basic", collectSetting)
    .option("--map <path=field...>", "a value of the JSON and the customer field that it goes to", collectLine)
    .option("--dedupe <field...>", "customer fields that find an existing customer")
    .option(...JSON_OPTION)
    .addHelpText("after", ADD_EXAMPLE)
    .action(addWebhook);
}

async function addWebhook(options: AddOptions): Promise<void> {
  const { map: fields = [], dedupe: deduplicateBy = [] } = options;
  if (deduplicateBy.length > 0 && fields.length === 0) throw new CommandFailure("--dedupe needs a --map that fills its fields.");
  await withServices(async ({ config, store, clock, userService, webhooks, authentications }) => {
    const owner = await findOwner(userService, options.owner);
    const authentication = authentications.get(options.auth);
    const settings = settingsOf(authentication, options.set ?? []);
    const mapping = fields.length === 0 ? null : { fields, deduplicateBy };
    const added = await webhooks.add({ brandId: owner.brandId, ownerId: owner.id, name: options.name, authentication: options.auth, settings, mapping });
    if (added.kind === "invalid") throw failureOf(namedByLine(added.errors, fields));
    const { requiredModule, credentials } = authentication;
    if (requiredModule) await store.brands.activateModule(owner.brandId, requiredModule, clock.now());
    const { webhook, secret } = added;
    const endpoint = endpointOf(config.issuer, webhook);
    const shown = secret === null || !credentials ? [] : credentials.shown(secret, settings);
    const lines = [`Installed ${visible(webhook.name)}.`, `Endpoint: ${endpoint}`, ...shown.map(({ label, value }) => `${label} (you see it once): ${value}`)];
    printResult(options.json, { id: webhook.id, endpoint, ...(secret !== null && credentials && { [credentials.jsonName]: secret }) }, lines.join("\n"));
  });
}

/** The answers to the questions of an authentication; a name that is none of them is an error, so that no slip of the pen goes unnoticed. */
function settingsOf({ type, fields }: WebhookAuthentication, lines: readonly SettingLine[]): AuthenticationSettings {
  const unknown = lines.find(({ name }) => fields.every((field) => field.name !== name));
  const known = fields.map(({ name }) => name).join(", ");
  if (unknown) throw new CommandFailure(`--auth ${type} has no setting ${unknown.name}. ${known === "" ? "It has none at all." : `It has: ${known}.`}`);
  const read = readSettings(fields, (name) => lines.findLast((line) => line.name === name)?.value);
  if (!read.ok) throw failureOf(read.errors);
  return read.settings;
}

/** One more setting. The first `=` separates: a name holds none. */
function collectSetting(text: string, lines: readonly SettingLine[] = []): readonly SettingLine[] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("It must be name=value.");
  return [...lines, { name: text.slice(0, equals), value: text.slice(equals + 1) }];
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
