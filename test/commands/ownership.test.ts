import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation, type Finished } from "../support/program.ts";

const PASSWORD = "Four unrelated words, twice";
const ADA = "ada@example.com";
const BOB = "bob@example.com";
const STRANGER = "stranger@example.com";
const NOBODY = "0197f3a0-0000-4000-8000-000000000000";

let installation: Installation;
let clientId: string;
let webhookId: string;

beforeAll(async () => {
  installation = new Installation();
  await installation.json(["brand", "add", "--name", "Other"]);
  for (const [email, role, brand] of [
    [ADA, "admin", "Default"],
    [BOB, "member", "Default"],
    [STRANGER, "admin", "Other"],
  ] as const) {
    await installation.json(["user", "add", "--email", email, "--name", email, "--role", role, "--brand", brand, "--password-stdin"], PASSWORD);
  }
  const application = ["application", "add", "--name", "Shop sync", "--owner", BOB, "--scope", "apps.webhook:execute"];
  clientId = (await installation.json<{ client_id: string }>(application)).client_id;
  webhookId = (await installation.json<{ id: string }>(["webhook", "add", "--name", "Orders", "--owner", BOB, "--auth", "oauth2"])).id;
});
afterAll(() => installation.remove());

function expectFailure({ status, stdout, stderr }: Finished, text: string): void {
  expect(stderr).toMatch(/^hookgate: [^\n]+\n$/);
  expect(stderr).toContain(text);
  expect([status, stdout]).toEqual([1, ""]);
}

describe("transferring and deleting by command", () => {
  test.each<[what: string, args: (ids: { clientId: string; webhookId: string }) => readonly string[], text: string]>([
    ["an unknown application", () => ["application", "transfer", NOBODY, "--to", ADA], `There is no application with the client id ${NOBODY}.`],
    ["an unknown webhook", () => ["webhook", "transfer", "orders", "--to", ADA], "There is no webhook with the id orders."],
    ["an unknown user", () => ["user", "transfer", "nobody@example.com", "--to", ADA], "There is no user with the e-mail address nobody@example.com."],
    ["an unknown new owner", (ids) => ["application", "transfer", ids.clientId, "--to", "nobody@example.com"], "There is no user"],
    ["a new owner of another brand", (ids) => ["webhook", "transfer", ids.webhookId, "--to", STRANGER], `${STRANGER} is no active user of the same brand.`],
    ["deleting a user who has things", () => ["user", "delete", BOB], "has applications or webhooks: Shop sync, Orders."],
    ["deleting the last admin", () => ["user", "delete", STRANGER], "add another admin first"],
  ])("%s is refused", async (_what, args, text) => {
    expectFailure(await installation.run(args({ clientId, webhookId })), text);
  });

  test("one thing, then the rest, then the user", async () => {
    expect(await installation.json(["application", "transfer", clientId, "--to", ADA])).toEqual({ to: ADA, applications: 1, webhooks: 0 });
    expect(await installation.json(["user", "transfer", BOB, "--to", ADA])).toEqual({ to: ADA, applications: 0, webhooks: 1 });
    expect(await installation.json(["webhook", "transfer", webhookId, "--to", ADA])).toEqual({ to: ADA, applications: 0, webhooks: 0 });
    expect(await installation.json(["user", "delete", BOB])).toMatchObject({ email: BOB, deleted: true });
    expectFailure(await installation.run(["user", "delete", BOB]), "There is no user");
    await installation.json(["user", "add", "--email", BOB, "--name", "Another Bob", "--role", "member", "--password-stdin"], PASSWORD);
  });
});
