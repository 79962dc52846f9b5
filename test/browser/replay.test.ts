/** Writing refused calls once more, in a browser: the mapping is mended, one call is replayed, then all that are left. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsoleBrowser } from "../support/console-browser.ts";

let hookgate: ConsoleBrowser;
beforeAll(async () => {
  hookgate = await ConsoleBrowser.start();
});
afterAll(() => hookgate.stop());

test("calls that broke a rule are replayed, one by one or all, once the mapping is mended, and make their customers once", async () => {
  const webhook = await hookgate.addWebhook("Orders", "email=emailaddress", "agreed=optin");
  for (const name of ["a", "b", "c"]) expect(await webhook.call({ email: `${name}@example.com`, agreed: "maybe" })).toBe(422);
  const page = await hookgate.open("/calls?outcome=refused");
  const rows = page.locator("tbody tr");
  const replayNewest = async () => {
    await page.goto(`${hookgate.url}/calls?outcome=refused`);
    await rows.first().getByRole("link").first().click();
    await page.getByRole("link", { name: "Replay", exact: true }).click();
    await page.getByRole("button", { name: "Replay call" }).click();
  };
  const customers = async () => {
    await page.goto(`${hookgate.url}/customers`);
    return (await rows.allTextContents()).map((text) => /\w@example\.com/.exec(text)?.[0] ?? text).toSorted((a, b) => a.localeCompare(b));
  };

  // With the mapping as it is, nothing comes of it, and the page says why.
  await replayNewest();
  await page.getByText("The body breaks a rule, so nothing was written.").waitFor();
  expect(await page.getByText("The call is replayed.").count()).toBe(0);
  expect(await customers()).toEqual([]);

  await page.goto(`${hookgate.url}${webhook.path}/mapping`);
  const line = page.getByRole("row").filter({ has: page.locator('input[value="$.agreed"]') });
  await line.getByLabel("Customer field of").selectOption({ label: "Not mapped" });
  await page.getByRole("button", { name: "Save mapping" }).click();
  await page.getByText("The mapping is saved.").waitFor();

  await page.goto(`${hookgate.url}/calls?outcome=refused`);
  await rows.last().getByRole("link").first().click();
  await page.getByRole("link", { name: "Replay", exact: true }).click();
  await page.getByRole("button", { name: "Replay call" }).click();
  await page.getByText("The call is replayed.").waitFor();
  expect(await customers()).toEqual(["a@example.com"]);

  await page.goto(`${hookgate.url}${webhook.path}/replay`);
  await page.getByRole("button", { name: "Replay refused calls" }).click();
  await expect.poll(customers, { timeout: 20_000 }).toEqual(["a@example.com", "b@example.com", "c@example.com"]);
});
