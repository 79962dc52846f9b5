/** Pausing a webhook and resuming it, in a browser. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsoleBrowser } from "../support/console-browser.ts";

let hookgate: ConsoleBrowser;
beforeAll(async () => {
  hookgate = await ConsoleBrowser.start();
});
afterAll(() => hookgate.stop());

test("a webhook is paused and resumed by two buttons, and the page shows what waits become what it is", async () => {
  const webhook = await hookgate.addWebhook("Orders", "email=emailaddress");
  const call = (email: string) => webhook.call({ email });
  const page = await hookgate.open(webhook.path);
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
  await page.goto(`${hookgate.url}/customers`);
  expect(await page.locator("tbody tr").count()).toBe(3);
});
