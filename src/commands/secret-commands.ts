import { InvalidArgumentError, type Command } from "commander";
import { MAX_SECRET_DAYS, MAX_SECRETS, type Actor } from "../applications/application-service.ts";
import { isId } from "../lib/id.ts";
import type { Store } from "../store/store.ts";
import { CommandFailure, JSON_OPTION, printResult } from "./output.ts";
import { withServices } from "./with-services.ts";

interface Options {
  readonly json?: true;
}

interface AddOptions extends Options {
  readonly expiresInDays?: number;
}

const REPLACE_EXAMPLE = `
Example: replace a secret without a break
  hookgate application secret add 5b307596-bc24-46ee-a3c5-e344cdbdb637
  hookgate application secret list 5b307596-bc24-46ee-a3c5-e344cdbdb637
  hookgate application secret remove 5b307596-bc24-46ee-a3c5-e344cdbdb637 <id of the old one>`;

export function addSecretCommands(application: Command): void {
  const secret = application.command("secret").description("client secrets of an application").addHelpText("after", REPLACE_EXAMPLE);
  secret
    .command("list")
    .description("list an application's secrets: when each was made, last used, and expires")
    .argument("<client-id>", "client id of the application")
    .option(...JSON_OPTION)
    .action(listSecrets);
  secret
    .command("add")
    .description(`add a secret beside the one in use, ${MAX_SECRETS} at most; prints it, once`)
    .argument("<client-id>", "client id of the application")
    .option("--expires-in-days <number>", "when it stops to work (default: never)", parseDays)
    .option(...JSON_OPTION)
    .action(addSecret);
  secret
    .command("remove")
    .description("end a secret at once; tokens that it got live on until they expire")
    .argument("<client-id>", "client id of the application")
    .argument("<secret-id>", "id of the secret, as in application secret list")
    .option(...JSON_OPTION)
    .action(removeSecret);
}

async function listSecrets(clientId: string, options: Options): Promise<void> {
  await withServices(async ({ store, applications }) => {
    const secrets = await applications.listSecrets(await operatorOf(store, clientId), clientId);
    printResult(
      options.json,
      {
        secrets: secrets.map(({ id, createdAt, lastUsedAt, expiresAt }) => ({
          id,
          created_at: timeText(createdAt),
          last_used_at: timeText(lastUsedAt),
          expires_at: timeText(expiresAt),
        })),
      },
      secrets.length === 0
        ? "The application has no client secret."
        : secrets
            .map(({ id, createdAt, lastUsedAt, expiresAt }) =>
              [id, `made ${timeText(createdAt)}`, `last used ${timeText(lastUsedAt) ?? "never"}`, `expires ${timeText(expiresAt) ?? "never"}`].join("  "),
            )
            .join("\n"),
    );
  });
}

async function addSecret(clientId: string, options: AddOptions): Promise<void> {
  await withServices(async ({ store, applications }) => {
    const added = await applications.addSecret(await operatorOf(store, clientId), clientId, options.expiresInDays ?? null);
    if (added.kind !== "added") throw refusalOf(added.kind, clientId);
    const { secret, clientSecret } = added;
    printResult(
      options.json,
      { id: secret.id, client_id: clientId, client_secret: clientSecret, expires_at: timeText(secret.expiresAt) },
      `Client secret: ${clientSecret}\nYou see the secret this once. It expires ${timeText(secret.expiresAt) ?? "never"}; its id is ${secret.id}.`,
    );
  });
}

async function removeSecret(clientId: string, secretId: string, options: Options): Promise<void> {
  await withServices(async ({ store, applications }) => {
    const removed = await applications.removeSecret(await operatorOf(store, clientId), clientId, secretId);
    if (!removed) throw new CommandFailure(`The application has no client secret ${secretId}.`);
    printResult(options.json, { id: secretId, removed: true }, `The client secret ${secretId} is removed.`);
  });
}

/** Whoever can run commands may do what an admin of the application's brand may. */
async function operatorOf(store: Store, clientId: string): Promise<Actor> {
  const client = isId(clientId) ? await store.clients.findClient(clientId) : undefined;
  if (!client) throw noApplication(clientId);
  return { brandId: client.brandId, userId: client.ownerId, isAdmin: true };
}

function refusalOf(kind: "too-many" | "public" | "gone", clientId: string): CommandFailure {
  if (kind === "too-many") return new CommandFailure(`The application has ${MAX_SECRETS} secrets already: remove one first.`);
  return kind === "public" ? new CommandFailure("A public application has no client secret.") : noApplication(clientId);
}

function noApplication(clientId: string): CommandFailure {
  return new CommandFailure(`There is no application with the client id ${clientId}.`);
}

function timeText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function parseDays(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > MAX_SECRET_DAYS) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_SECRET_DAYS}.`);
  return days;
}
