/** What scripts add to a page, and what the page does without them. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const EMAIL = "ada@acme.example";
const PASSWORD = "Four unrelated words, twice";

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
let applicationPath: string;
let clientId: string;

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  await installation.run(["user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
  const added = await installation.json<{ readonly client_id: string }>(
    `application add --name Shop --owner ${EMAIL} --scope apps.webhook:execute --redirect-uri https://shop.example.com/cb`.split(" "),
  );
  clientId = added.client_id;
  applicationPath = `/applications/${clientId}`;
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  installation.remove();
});

async function openApplication(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-in?return_to=${encodeURIComponent(applicationPath)}`);
  await page.getByLabel("E-mail address").fill(EMAIL);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`**${applicationPath}`);
  return page;
}

test("a copy button copies exactly its value, says so to eyes and ears, and goes back to its label", async () => {
  const page = await openApplication({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.clock.install();
  const button = page.getByRole("button", { name: "Copy: Client ID" });
  await button.click();
  await expect.poll(() => button.textContent()).toBe("Copied");
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(clientId);
  await page.clock.runFor(100);
  expect(await page.getByRole("status").last().textContent()).toBe("Copied");
  await page.clock.runFor(2_000);
  expect(await button.textContent()).toBe("Copy");
  await page.context().close();
});

test("where the clipboard is refused, the value is selected instead", async () => {
  const page = await openApplication();
  await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'))");
  await page.getByRole("button", { name: "Copy: Client ID" }).click();
  await expect.poll(() => page.evaluate("getSelection().toString()")).toBe(clientId);
  await page.context().close();
});

test("code tabs change with the arrow keys and need no script; copy buttons without script are not there", async () => {
  const page = await openApplication({ javaScriptEnabled: false });
  const tabs = page.getByRole("group", { name: "Token request", exact: true });
  await tabs.getByRole("radio", { name: "curl", exact: true }).focus();
  expect(await tabs.locator("pre:visible").textContent()).toContain("curl -u");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  expect(await tabs.getByRole("radio", { name: "JavaScript" }).isChecked()).toBe(true);
  expect(await tabs.locator("pre:visible").textContent()).toContain("fetch(");
  expect(await page.getByRole("button", { name: /^Copy/ }).count()).toBe(0);
  await page.context().close();
});

test("on a narrow screen the menu opens without script and leads on", async () => {
  const page = await openApplication({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const entry = page.getByRole("link", { name: "Customers" });
  expect(await entry.isVisible()).toBe(false);
  await page.getByText("Menu", { exact: true }).click();
  await entry.click();
  await page.waitForURL("**/customers");
  await page.context().close();
});

test("the keyboard comes first to the way past the menu, and a row of a table is one stop", async () => {
  const page = await openApplication();
  await page.goto(`${server.url}/applications`);
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab"); // Register application
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**${applicationPath}`);
  await page.context().close();
});

test("a click that comes with the consent page, or with its window, does not allow; a later one does (RFC 6749 section 10.13)", async () => {
  const page = await openApplication();
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  const address = `${server.url}/oauth2/auth?client_id=${clientId}&response_type=code&state=s`;
  const allow = page.getByRole("button", { name: "Allow" });
  /** As the second click of a double click: at a place, whatever is there. */
  const clickAtOnce = async () => {
    const { x, y, width, height } = (await allow.boundingBox())!;
    await page.mouse.click(x + width / 2, y + height / 2);
  };

  await page.goto(address);
  await expect.poll(() => allow.getAttribute("aria-disabled")).toBe("true");
  await clickAtOnce();
  expect(page.url()).toBe(address);

  // The page lies ready below another window, which closes.
  await page.clock.runFor(5_000);
  expect(await allow.getAttribute("aria-disabled")).toBeNull();
  await page.evaluate("window.dispatchEvent(new Event('focus'))");
  await clickAtOnce();
  expect(page.url()).toBe(address);

  await page.clock.runFor(1_000);
  const answer = page.waitForRequest("https://shop.example.com/cb?code=*");
  await clickAtOnce();
  await answer;
  await page.context().close();
});
