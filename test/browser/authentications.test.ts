/** The wizard with each type of authentication that makes credentials, as a person does it in a real browser, and a caller with what the page showed. */
import { createHmac, randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const PASSWORD = "Four unrelated words, twice";
const BODY = '{"firstname":"Oauth","email":"oauth2@e-village.nl"}';

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(/\S+\/setup\/\S+/.exec(server.output.stdout)![0]);
  await page.getByLabel("Your name").fill("Ada Lovelace");
  await page.getByLabel("E-mail address").fill("ada@acme.example");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Set up and sign in" }).click();
  await page.waitForURL(`${server.url}/`);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  installation.remove();
});

const press = (name: string) => page.getByRole("button", { name, exact: true }).click();

interface Way {
  readonly type: string;
  /** The choice of the second step. */
  readonly label: RegExp;
  /** What is filled in below it. */
  readonly fill?: (page: Page) => Promise<void>;
  /** What the third step shows, in order, as the headers of a call. */
  readonly headers: (shown: readonly string[]) => Record<string, string>;
}

const WAYS: readonly Way[] = [
  { type: "token", label: /^Token/, headers: ([, token]) => ({ authorization: `Bearer ${token}` }) },
  {
    type: "basic",
    label: /^Basic authentication/,
    fill: (form) => form.getByLabel("User name", { exact: true }).fill("shop"),
    headers: ([, , hash]) => ({ authorization: `Basic ${hash}` }),
  },
  {
    type: "signature, Standard Webhooks",
    label: /^Signature/,
    headers: ([, secret = ""]) => {
      const id = `msg_${randomUUID()}`;
      const time = String(Math.floor(Date.now() / 1_000));
      const mac = createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`${id}.${time}.${BODY}`);
      return { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": `v1,${mac.digest("base64")}` };
    },
  },
  {
    type: "signature, X-Hub-Signature-256",
    label: /^Signature/,
    fill: (form) => form.getByRole("radio", { name: /^X-Hub-Signature-256/ }).check(),
    headers: ([, secret = ""]) => ({ "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(BODY).digest("hex")}` }),
  },
];

test.each(WAYS)("$type: chosen, shown once, called with what was shown, replaced on the webhook's page", async ({ label, fill, headers }) => {
  await page.goto(`${server.url}/store/webhook`);
  await page.getByLabel("Webhook name").fill("Shop orders");
  await press("Continue");
  // What belongs to the other choices is not there.
  expect(await page.getByLabel("User name", { exact: true }).isVisible()).toBe(false);
  await page.getByRole("radio", { name: label }).check();
  await fill?.(page);
  await press("Continue");
  const shown = await page.locator(".copy-value").allInnerTexts();
  const endpoint = shown[0]!;
  const call = (values: readonly string[]) =>
    fetch(endpoint, { method: "POST", headers: { "content-type": "application/json", ...headers(values) }, body: BODY });

  await page.getByRole("link", { name: "Continue", exact: true }).click();
  await page.getByText("Waiting", { exact: false }).first().waitFor();
  expect((await fetch(endpoint, { method: "POST", body: BODY })).status).toBe(401);
  expect((await call(shown)).status).toBe(200);
  // Nobody presses anything: the page shows it by itself.
  await page.getByText("oauth2@e-village.nl").first().waitFor();

  await page.goto(`${server.url}/webhooks/${endpoint.slice(endpoint.lastIndexOf("/") + 1)}`);
  expect(await page.content()).not.toContain(shown[1]);
  await page.getByRole("button", { name: /^Add a / }).click();
  const replaced = await page.locator(".copy-value").allInnerTexts();
  expect((await call(replaced)).status).toBe(200);
  // The newer one stands first.
  await page.getByRole("link", { name: "Remove", exact: true }).last().click();
  await page.getByRole("button", { name: /^Remove the / }).click();
  await page.getByText(" is removed.").waitFor();
  expect([(await call(shown)).status, (await call(replaced)).status]).toEqual([401, 200]);
});
