/** Mapping a webhook in a real browser: the preview follows what is typed, and a value of the payload leads to its row. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const EMAIL = "ada@acme.example";
const PASSWORD = "Four unrelated words, twice";
const BODY = { email: "ADA@Example.com", name: { first: "Ada", last: "Lovelace" }, born: "10-12-1815", list: [1, 2, 3, 4, 5] };

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
let path: string;

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  await installation.run(["user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
  const added = await installation.json<{ readonly id: string; readonly token: string }>(`webhook add --name Shop --owner ${EMAIL} --auth token`.split(" "));
  path = `/webhooks/${added.id}/mapping`;
  const answer = await fetch(`${server.url}/hooks/${added.id}`, {
    method: "POST",
    headers: { authorization: `Bearer ${added.token}`, "content-type": "application/json" },
    body: JSON.stringify(BODY),
  });
  expect(answer.status).toBe(200);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  installation.remove();
});

async function openMapping(javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-in?return_to=${encodeURIComponent(path)}`);
  await page.getByLabel("E-mail address").fill(EMAIL);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`**${path}`);
  return page;
}

const row = (page: Page, place: string) => page.getByRole("row").filter({ has: page.locator(`input[value="${place}"]`) });

test("the preview follows each change without the button, with the page's own policy, and keeps the focus", async () => {
  const page = await openMapping();
  const refused: string[] = [];
  page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
  const email = row(page, "$.email");
  expect(await email.locator(".line-preview").textContent()).toBe("ADA@Example.com");
  await email.getByText("Change the value").click();
  await email.getByLabel("Letters").selectOption("lower");
  await expect.poll(() => email.locator(".line-preview").textContent()).toBe("ada@example.com");
  const born = row(page, "$.born");
  await born.getByLabel("Customer field of").selectOption("optin");
  await expect.poll(() => born.locator(".line-preview").textContent()).toBe("$.born must be one of Y, N");
  await expect.poll(() => page.locator("#preview").textContent()).toContain("would be refused");
  const typed = page.getByPlaceholder("$.another.value").first();
  await typed.fill("$.name.first, $.name.last");
  await page.getByLabel("Customer field of the other value").first().selectOption("lastname");
  await typed.focus();
  await typed.press("End");
  await expect.poll(() => page.locator(".line-preview", { hasText: "Ada Lovelace" }).count()).toBe(1);
  expect(await page.evaluate("document.activeElement.name")).toBe(await typed.getAttribute("name"));
  expect(refused).toEqual([]);
  await page.context().close();
});

test("a value of the payload leads to its row, and one that has none into an empty row", async () => {
  const page = await openMapping();
  await page.getByRole("link", { name: "Map $.born" }).click();
  expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe("Customer field of $.born");
  await page.getByRole("link", { name: "Map $.list[4]" }).click();
  expect(await page.getByPlaceholder("$.another.value").first().inputValue()).toBe("$.list[4]");
  expect(await page.evaluate("document.activeElement.tagName")).toBe("SELECT");
  await page.context().close();
});

test("without a script the button previews, the links lead to the rows, and saving writes what the preview said", async () => {
  const page = await openMapping(false);
  const email = row(page, "$.email");
  await email.getByText("Change the value").click();
  await email.getByLabel("Letters").selectOption("lower");
  await page.getByRole("button", { name: "Preview" }).click();
  expect(await row(page, "$.email").locator(".line-preview").textContent()).toBe("ada@example.com");
  expect(await page.getByText("would write one customer").isVisible()).toBe(true);
  await page.getByRole("link", { name: "Map $.born" }).click();
  expect(new URL(page.url()).hash).toMatch(/^#field-\d+$/);
  await page.getByRole("button", { name: "Save mapping" }).click();
  expect(await page.getByText("The mapping is saved.").isVisible()).toBe(true);
  expect(await page.getByText("in all lower case").isVisible()).toBe(true);
  await page.context().close();
});
