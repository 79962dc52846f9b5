/** A file that somebody takes with them, with a script that says how far it is and without. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsoleBrowser } from "../support/console-browser.ts";
import { parseCsv } from "../support/parse-csv.ts";

const CUSTOMERS = 700;

let hookgate: ConsoleBrowser;
beforeAll(async () => {
  hookgate = await ConsoleBrowser.start();
  const webhook = await hookgate.addWebhook("Orders", "email=emailaddress", "name=lastname");
  const people = Array.from({ length: CUSTOMERS }, (_, index) => ({ email: `p${index}@example.com`, name: index % 2 === 0 ? "=1+1" : 'Zoë "Z"\nLine' }));
  expect(await webhook.call(people)).toBe(200);
});
afterAll(() => hookgate.stop());

/** Presses the button, and gives the name and the text of what the browser has saved. */
async function download(page: Page): Promise<{ readonly name: string; readonly text: string }> {
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  return { name: saved.suggestedFilename(), text: readFileSync(await saved.path(), "utf8") };
}

test("the customers that were searched are saved as CSV, and the page says that the file is complete", async () => {
  const page = await hookgate.open("/customers");
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
  const page = await hookgate.open("/customers", { javaScriptEnabled: false });
  await page.goto(`${hookgate.url}/calls?outcome=accepted`);
  await page.getByRole("link", { name: "Export" }).click();
  const { name, text } = await download(page);
  expect(name).toMatch(/^calls-.*\.csv$/);
  expect(parseCsv(text.replace(/^\ufeff/, ""))).toHaveLength(2);
  await page.context().close();
});
