/** The authorization code grant in a window that the client opens with `window.open` and hears from by `opener`, as Postman and many sites do it. */
import { createServer, type Server } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { freePort } from "../support/free-port.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const OWNER = "ada@acme.example";
const COLLEAGUE = "grace@acme.example";
const PASSWORD = "Four unrelated words, twice";
const WIDTH = 480;
const HEIGHT = 640;

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
let client: Server;
let clientUrl: string;
let request: string;

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  clientUrl = `http://127.0.0.1:${await freePort()}`;
  client = createServer((asked, response) => response.setHeader("Content-Type", "text/html").end(asked.url === "/" ? pageOfClient() : CALLBACK));
  await new Promise<void>((resolve) => client.listen(Number(new URL(clientUrl).port), "127.0.0.1", resolve));
  for (const [email, name] of [
    [OWNER, "Ada Lovelace"],
    [COLLEAGUE, "Grace Hopper"],
  ] as const) {
    await installation.run(["user", "add", "--email", email, "--name", name, "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
  }
  const { client_id: clientId } = await installation.json<{ readonly client_id: string }>([
    ..."application add --name Postman --redirect-uri".split(" "),
    `${clientUrl}/callback`,
    ...`--owner ${OWNER} --scope`.split(" "),
    "apps.webhook:execute offline_access",
  ]);
  request = `${server.url}/oauth2/auth?client_id=${clientId}&response_type=code&state=Example12345&scope=apps.webhook:execute%20offline_access`;
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  client?.close();
  installation.remove();
});

const pageOfClient = () => `<!doctype html><title>Client</title>
  <button onclick="window.open(${JSON.stringify(request).replaceAll('"', "&quot;").replaceAll("&response", "&amp;response")}, 'authorize', 'popup,width=${WIDTH},height=${HEIGHT}')">Connect</button>
  <output></output>
  <script>addEventListener("message", ({ origin, data }) => { if (origin === location.origin) document.querySelector("output").textContent = data; });</script>`;
const CALLBACK = `<!doctype html><title>Callback</title><script>window.opener.postMessage(location.search, location.origin); window.close();</script>`;

async function connect(page: Page): Promise<Page> {
  const [popUp] = await Promise.all([page.waitForEvent("popup"), page.getByRole("button", { name: "Connect" }).click()]);
  return popUp;
}

async function openClient(): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${clientUrl}/`);
  return { context, page };
}

/** What the client has heard from its window; the next look hears only what comes after. */
async function heard(page: Page): Promise<URLSearchParams> {
  await expect.poll(() => page.locator("output").textContent(), { timeout: 10_000 }).toContain("state=Example12345");
  const query = (await page.locator("output").textContent()) ?? "";
  await page.evaluate("document.querySelector('output').textContent = ''");
  return new URLSearchParams(query);
}

async function signIn(popUp: Page, email: string): Promise<void> {
  await popUp.getByLabel("E-mail address").fill(email);
  await popUp.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await popUp.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function expectToFit(popUp: Page): Promise<void> {
  const [width, height, scrollWidth, scrollHeight] = await popUp.evaluate<number[]>(
    "[innerWidth, innerHeight, document.documentElement.scrollWidth, document.documentElement.scrollHeight]",
  );
  expect([width, height]).toEqual([WIDTH, HEIGHT]);
  expect([scrollWidth! <= WIDTH, scrollHeight! <= HEIGHT]).toEqual([true, true]);
}

test("sign-in and consent fit the pop-up, and the client hears the code; the next time it hears it without a question", async () => {
  const { context, page } = await openClient();
  const popUp = await connect(page);
  await popUp.getByRole("heading", { name: "Sign in to continue to Postman" }).waitFor();
  await expectToFit(popUp);
  await signIn(popUp, OWNER);
  await popUp.getByRole("heading", { name: /Postman wants to run webhooks/ }).waitFor();
  await expectToFit(popUp);
  await Promise.all([popUp.waitForEvent("close"), popUp.getByRole("button", { name: "Allow" }).click()]);
  const first = await heard(page);
  expect([first.get("code")?.slice(0, 4), first.get("iss")]).toEqual(["hgc_", server.url]);

  await connect(page);
  const second = await heard(page);
  expect(second.get("code")).toMatch(/^hgc_/);
  expect(second.get("code")).not.toBe(first.get("code"));
  await context.close();
});

test("somebody who is not the owner sees why in the pop-up, and the client hears that it was denied", async () => {
  const { context, page } = await openClient();
  const popUp = await connect(page);
  await signIn(popUp, COLLEAGUE);
  await popUp.getByRole("heading", { name: /cannot consent for Postman/ }).waitFor();
  await expectToFit(popUp);
  await Promise.all([popUp.waitForEvent("close"), popUp.getByRole("link", { name: /Return to/ }).click()]);
  expect((await heard(page)).get("error")).toBe("access_denied");
  await context.close();
});
