/** The live view of calls in a browser. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const EMAIL = "ada@acme.example";
const PASSWORD = "Four unrelated words, twice";

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
let endpoint: string;
let webhookPath: string;

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  await installation.run(["user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
  const added = await installation.json<{ readonly id: string }>(`webhook add --name Orders --owner ${EMAIL} --auth oauth2`.split(" "));
  endpoint = `${server.url}/hooks/${added.id}`;
  webhookPath = `/webhooks/${added.id}`;
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  installation.remove();
});

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(`${server.url}/sign-in?return_to=${encodeURIComponent(path)}`);
  await page.getByLabel("E-mail address").fill(EMAIL);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`**${path}`);
  return page;
}

/** A call that is refused. */
async function call(): Promise<void> {
  const { status } = await fetch(endpoint, { method: "POST", body: "{}" });
  expect(status).toBe(401);
}

const rows = (page: Page) => page.locator("tbody tr");
const news = (page: Page) => page.locator(".followed-news");
const liveSwitch = (page: Page) => page.getByRole("button", { name: /^Live/ });

test("the live view puts new calls in without losing the focus, says so, and can be switched off", async () => {
  const page = await open("/calls");
  // The empty log waits, and then is a list.
  await page.getByText("Waiting for the first call").waitFor();
  await call();
  await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(1);
  await rows(page).first().getByRole("link").focus();
  const first = await page.evaluate("document.activeElement.getAttribute('href')");
  await call();
  await call();
  await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(3);
  expect(await page.evaluate("document.activeElement.getAttribute('href')")).toBe(first);
  expect(await rows(page).last().getByRole("link").getAttribute("href")).toBe(first);
  await expect.poll(() => news(page).textContent(), { timeout: 15_000 }).toMatch(/^[12] new$/);
  expect(await news(page).getAttribute("role")).toBe("status");

  await liveSwitch(page).click();
  expect(await liveSwitch(page).getAttribute("aria-pressed")).toBe("false");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await call();
  // What another page of the same browser hears, this one would have heard.
  const other = await page.context().newPage();
  await other.goto(`${server.url}/calls`);
  expect(await liveSwitch(other).getAttribute("aria-pressed")).toBe("false");
  expect(await rows(page).count()).toBe(3);
  expect(asked).toEqual([]);
  await liveSwitch(page).click();
  await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(4);
  await page.context().close();
});

test("a webhook's page shows its calls as they arrive, and goes to sign-in when the session ends", async () => {
  const page = await open(webhookPath);
  const before = await rows(page).count();
  const newest = await rows(page).first().getByRole("link").getAttribute("href");
  await call();
  await expect.poll(async () => (await rows(page).first().getByRole("link").getAttribute("href")) === newest, { timeout: 10_000 }).toBe(false);
  expect(await rows(page).count()).toBe(before + 1);
  const other = await page.context().newPage();
  await other.goto(`${server.url}/account`);
  await other.getByRole("button", { name: "Sign out" }).first().click();
  await page.waitForURL("**/sign-in?return_to=**");
  await page.context().close();
});

test("without scripts the log is just the list", async () => {
  const page = await open("/calls", { javaScriptEnabled: false });
  expect(await rows(page).count()).toBeGreaterThan(0);
  expect(await liveSwitch(page).isVisible()).toBe(false);
  await page.context().close();
});
