/** The live view of calls in a browser. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsoleBrowser, type TokenWebhook } from "../support/console-browser.ts";

let hookgate: ConsoleBrowser;
let webhook: TokenWebhook;
beforeAll(async () => {
  hookgate = await ConsoleBrowser.start();
  webhook = await hookgate.addWebhook("Orders");
});
afterAll(() => hookgate.stop());

/** A call that is refused. */
async function call(): Promise<void> {
  expect(await webhook.call({}, "unknown")).toBe(401);
}

const rows = (page: Page) => page.locator(".followed-rows tbody tr");
const news = (page: Page) => page.locator(".followed-news");
const liveSwitch = (page: Page) => page.getByRole("button", { name: /^Live/ });

test("the live view puts new calls in without losing the focus, says so, and can be switched off", async () => {
  const page = await hookgate.open("/calls");
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
  await other.goto(`${hookgate.url}/calls`);
  expect(await liveSwitch(other).getAttribute("aria-pressed")).toBe("false");
  expect(await rows(page).count()).toBe(3);
  expect(asked).toEqual([]);
  await liveSwitch(page).click();
  await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBe(4);
  await page.context().close();
});

test("a webhook's page shows its calls as they arrive, and goes to sign-in when the session ends", async () => {
  const page = await hookgate.open(webhook.path);
  const before = await rows(page).count();
  const newest = await rows(page).first().getByRole("link").getAttribute("href");
  await call();
  await expect.poll(async () => (await rows(page).first().getByRole("link").getAttribute("href")) === newest, { timeout: 10_000 }).toBe(false);
  expect(await rows(page).count()).toBe(before + 1);
  const other = await page.context().newPage();
  await other.goto(`${hookgate.url}/account`);
  await other.getByRole("button", { name: "Sign out" }).first().click();
  await page.waitForURL("**/sign-in?return_to=**");
  await page.context().close();
});

test("without scripts the log is just the list", async () => {
  const page = await hookgate.open("/calls", { javaScriptEnabled: false });
  expect(await rows(page).count()).toBeGreaterThan(0);
  expect(await liveSwitch(page).isVisible()).toBe(false);
  await page.context().close();
});
