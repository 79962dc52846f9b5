/** Mapping a webhook in a real browser: the preview follows what is typed, and a value of the payload leads to its row. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsoleBrowser } from "../support/console-browser.ts";

const BODY = { email: "ADA@Example.com", name: { first: "Ada", last: "Lovelace" }, born: "10-12-1815", list: [1, 2, 3, 4, 5] };

let hookgate: ConsoleBrowser;
let path: string;
beforeAll(async () => {
  hookgate = await ConsoleBrowser.start();
  const webhook = await hookgate.addWebhook("Shop");
  path = `${webhook.path}/mapping`;
  expect(await webhook.call(BODY)).toBe(200);
});
afterAll(() => hookgate.stop());

const openMapping = (javaScriptEnabled = true): Promise<Page> => hookgate.open(path, { javaScriptEnabled });

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
