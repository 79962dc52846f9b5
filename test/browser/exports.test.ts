/** A file that somebody takes with them, with a script that says how far it is and without. */
import { readFileSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { parseCsv } from "../support/parse-csv.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const EMAIL = "ada@acme.example";
const PASSWORD = "Four unrelated words, twice";
const CUSTOMERS = 700;

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  await installation.run(["user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
  const owner = ["--owner", EMAIL];
  const application = await installation.json<{ readonly client_id: string; readonly client_secret: string }>([
    "application",
    "add",
    "--name",
    "Shop",
    ...owner,
    "--scope",
    "apps.webhook:execute",
  ]);
  const { endpoint } = await installation.json<{ readonly endpoint: string }>([
    "webhook",
    "add",
    "--name",
    "Orders",
    ...owner,
    "--auth",
    "oauth2",
    "--map",
    "email=emailaddress",
    "name=lastname",
  ]);
  const tokens = await fetch(`${server.url}/oauth2/token`, { method: "POST", body: new URLSearchParams({ ...application, grant_type: "client_credentials" }) });
  const { access_token: token } = (await tokens.json()) as { access_token: string };
  const people = Array.from({ length: CUSTOMERS }, (_, index) => ({ email: `p${index}@example.com`, name: index % 2 === 0 ? "=1+1" : 'Zoë "Z"\nLine' }));
  const answer = await fetch(server.url + new URL(endpoint).pathname, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(people),
  });
  expect(answer.status).toBe(200);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  installation.remove();
});

async function openCustomers(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(`${server.url}/sign-in?return_to=/customers`);
  await page.getByLabel("E-mail address").fill(EMAIL);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/customers");
  return page;
}

/** Presses the button, and gives the name and the text of what the browser has saved. */
async function download(page: Page): Promise<{ readonly name: string; readonly text: string }> {
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  return { name: saved.suggestedFilename(), text: readFileSync(await saved.path(), "utf8") };
}

test("the customers that were searched are saved as CSV, and the page says that the file is complete", async () => {
  const page = await openCustomers();
  await page.getByRole("searchbox").fill("p1");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: "Export" }).click();
  const { name, text } = await download(page);
  expect(name).toMatch(/^customers-\d{4}-\d\d-\d\d\.csv$/);
  const [head = [], ...rows] = parseCsv(text.replace(/^\ufeff/, ""));
  const wanted = Array.from({ length: CUSTOMERS }, (_, index) => index).filter((index) => `p${index}@`.startsWith("p1"));
  expect(rows.map((row) => row[head.indexOf("emailaddress")])).toEqual(wanted.map((index) => `p${index}@example.com`).toReversed());
  expect(new Set(rows.map((row) => row[head.indexOf("lastname")]))).toEqual(new Set(["'=1+1", 'Zoë "Z"\nLine']));
  await expect.poll(() => page.getByRole("status").textContent()).toBe(`The file is complete: ${wanted.length} rows.`);
  // The page is still there, for another format.
  await page.getByLabel("JSON lines").check();
  const lines = (await download(page)).text.trimEnd().split("\n");
  expect(lines).toHaveLength(wanted.length);
  expect(JSON.parse(lines[0]!)).toMatchObject({ emailaddress: `p${wanted.at(-1)}@example.com` });
  await page.context().close();
});

test("without a script it is a plain download, and the calls are there too", async () => {
  const page = await openCustomers({ javaScriptEnabled: false });
  await page.goto(`${server.url}/calls?outcome=accepted`);
  await page.getByRole("link", { name: "Export" }).click();
  const { name, text } = await download(page);
  expect(name).toMatch(/^calls-.*\.csv$/);
  expect(parseCsv(text.replace(/^\ufeff/, ""))).toHaveLength(2);
  await page.context().close();
});
