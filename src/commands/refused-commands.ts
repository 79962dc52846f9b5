import type { Command } from "commander";
import { REFUSED_REQUESTS_KEPT, type RefusedStranger } from "../oauth/refused-request.ts";
import type { UnknownEndpointCall } from "../webhooks/webhook-store.ts";
import { JSON_OPTION, printResult, visible } from "./output.ts";
import { withServices } from "./with-services.ts";

/** All that is kept: both rings are no longer than this. */
const ALL = { limit: REFUSED_REQUESTS_KEPT, after: null };

export function addRefusedCommands(program: Command): void {
  program
    .command("refused")
    .description("what was refused to nobody that this server knows")
    .command("list")
    .description("list OAuth requests that named no known client, and calls at endpoints that no webhook has, newest first")
    .option(...JSON_OPTION)
    .addHelpText("after", `\nThe newest ${REFUSED_REQUESTS_KEPT} of each are kept. What applications were refused stands on their pages in the console.`)
    .action(listRefused);
}

async function listRefused(options: { readonly json?: true }): Promise<void> {
  await withServices(async ({ store }) => {
    const { rows: requests } = await store.refusedRequests.listRefusedStrangers(ALL);
    const { rows: calls } = await store.calls.listUnknownEndpointCalls(ALL);
    const text = [
      requests.length === 0 ? "No OAuth request without a known client." : "OAuth requests without a known client:",
      ...requests.map(requestLine),
      calls.length === 0 ? "No call at an unknown endpoint." : "Calls at unknown endpoints:",
      ...calls.map(({ receivedAt, path }) => `${timeText(receivedAt)}  ${visible(path)}`),
    ];
    printResult(options.json, { requests: requests.map(requestJson), calls: calls.map(callJson) }, text.join("\n"));
  });
}

function requestLine({ refusedAt, path, address, clientId, error, reason, reference }: RefusedStranger): string {
  return [timeText(refusedAt), path, address ?? "a browser", clientId ?? "no client id", error, reason, reference].map(visible).join("  ");
}

function requestJson({ refusedAt, path, address, clientId, error, reason, reference }: RefusedStranger): object {
  return { refused_at: timeText(refusedAt), path, address, client_id: clientId, error, reason, reference };
}

function callJson({ receivedAt, path }: UnknownEndpointCall): object {
  return { received_at: timeText(receivedAt), path };
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}
