import type { Command } from "commander";
import { isId } from "../lib/id.ts";
import type { Transferable } from "../ownership/ownership-store.ts";
import { CommandFailure, JSON_OPTION, printResult, visible } from "./output.ts";
import { findUser, withServices } from "./with-services.ts";
import type { Services } from "../services.ts";

interface Options {
  readonly json?: true;
}

interface TransferOptions extends Options {
  readonly to: string;
}

type FindSubject = (services: Services, named: string) => Promise<{ readonly brandId: string; readonly what: Transferable }>;

/** `user transfer` and `user delete`. */
export function addUserOwnershipCommands(user: Command): void {
  addTransfer(user, "<address>", "give all applications and webhooks of a user to another one", async ({ userService }, address) => {
    const { brandId, id } = await findUser(userService, address);
    return { brandId, what: { ownerId: id } };
  });
  user
    .command("delete")
    .description("delete a user for good, once no application and no webhook belongs to it")
    .argument("<address>", "e-mail address of the user")
    .option(...JSON_OPTION)
    .action(deleteUser);
}

/** `application transfer`. */
export function addApplicationTransfer(application: Command): void {
  addTransfer(application, "<client-id>", "give an application to another user, who must consent anew", async ({ store }, clientId) => {
    const client = isId(clientId) ? await store.clients.findClient(clientId) : undefined;
    if (!client) throw new CommandFailure(`There is no application with the client id ${clientId}.`);
    return { brandId: client.brandId, what: { clientId } };
  });
}

/** `webhook transfer`. */
export function addWebhookTransfer(webhook: Command): void {
  addTransfer(webhook, "<webhook-id>", "give a webhook to another user", async ({ store }, webhookId) => {
    const found = isId(webhookId) ? await store.webhooks.findWebhookById(webhookId) : undefined;
    if (!found) throw new CommandFailure(`There is no webhook with the id ${webhookId}.`);
    return { brandId: found.brandId, what: { webhookId } };
  });
}

function addTransfer(parent: Command, argument: string, description: string, find: FindSubject): void {
  parent
    .command("transfer")
    .description(description)
    .argument(argument)
    .requiredOption("--to <address>", "e-mail address of the new owner, an active user of the same brand")
    .option(...JSON_OPTION)
    .action((named: string, { to, json }: TransferOptions) =>
      withServices(async (services) => {
        const { brandId, what } = await find(services, named);
        const recipient = await findUser(services.userService, to);
        const transferred = await services.ownership.transfer(brandId, what, recipient.id);
        if (transferred.kind === "invalid") throw new CommandFailure(`${to} is no active user of the same brand.`);
        const { applications, webhooks } = transferred;
        printResult(
          json,
          { to: recipient.email, applications, webhooks },
          `${visible(recipient.name)} has got applications: ${applications}, webhooks: ${webhooks}.`,
        );
      }),
    );
}

async function deleteUser(email: string, options: Options): Promise<void> {
  await withServices(async ({ userService, ownership }) => {
    const user = await findUser(userService, email);
    const outcome = await ownership.deleteUser(user.brandId, user.id);
    if (outcome === "owns-things") {
      const { applications, webhooks } = await ownership.listOf(user.brandId, user.id);
      const names = [...applications, ...webhooks].map(({ name }) => visible(name)).join(", ");
      throw new CommandFailure(
        `${email} has applications or webhooks: ${names}. Give them to somebody else with: hookgate user transfer ${email} --to ADDRESS`,
      );
    }
    if (outcome === "last-admin") throw new CommandFailure("No other admin of the brand is active: add another admin first.");
    if (outcome === "not-found") throw new CommandFailure(`There is no user with the e-mail address ${email}.`);
    printResult(options.json, { id: user.id, email: user.email, deleted: true }, `${visible(user.name)} is deleted.`);
  });
}
