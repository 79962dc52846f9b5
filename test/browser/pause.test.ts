/** Pausing a webhook and resuming it, in a browser. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const EMAIL = "ada@acme.example";
const PASSWORD = "Four unrelated words, twice";

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  await installation.run(["user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  installation.remove();
});

test("a webhook is paused and resumed by two buttons, and the page shows what waits become what it is", async () => {
  const owner = ["--owner", EMAIL];
  const { client_id, client_secret } = await installation.json<{ client_id: string; client_secret: string }>([
    "application",
    "add",
    "--name",
    "Shop",
    ...owner,
    "--scope",
    "apps.webhook:execute",
  ]);
  const { id } = await installation.json<{ id: string }>(["webhook", "add", "--name", "Orders", ...owner, "--auth", "oauth2", "--map", "email=emailaddress"]);
  const body = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
  const issued = (await (await fetch(`${server.url}/oauth2/token`, { method: "POST", body })).json()) as { access_token: string };
  const call = async (email: string) => {
    const headers = { authorization: `Bearer ${issued.access_token}`, "content-type": "application/json" };
    return (await fetch(`${server.url}/hooks/${id}`, { method: "POST", headers, body: JSON.stringify({ email }) })).status;
  };

  const page = await (await browser.newContext()).newPage();
  await page.goto(`${server.url}/sign-in?return_to=${encodeURIComponent(`/webhooks/${id}`)}`);
  await page.getByLabel("E-mail address").fill(EMAIL);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Pause", exact: true }).click();
  await page.getByText("Each is kept and answered 202").waitFor();
  await page.getByRole("button", { name: "Pause webhook" }).click();
  await page.getByText("The webhook is paused. Its calls wait.").waitFor();
  expect(await page.getByRole("link", { name: "Pause", exact: true }).count()).toBe(0);

  expect([await call("a@example.com"), await call("b@example.com")]).toEqual([202, 202]);
  const outcomes = () => page.locator("tbody tr .pill").allTextContents();
  // The live view has brought them.
  await expect.poll(outcomes, { timeout: 10_000 }).toEqual(["Waiting", "Waiting"]);
  await page.reload();
  await page.getByText("2 calls wait").waitFor();
  await page.getByRole("button", { name: "Resume webhook" }).click();
  await page.getByText("The webhook is resumed.").waitFor();
  // And shows what has become of them.
  await expect.poll(outcomes, { timeout: 10_000 }).toEqual(["Accepted", "Accepted"]);
  expect(await call("c@example.com")).toBe(200);
  await page.goto(`${server.url}/customers`);
  expect(await page.locator("tbody tr").count()).toBe(3);
});
