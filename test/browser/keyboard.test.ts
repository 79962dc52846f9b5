/** The walk's forms with a keyboard and nothing else: signing in, consent, and the five steps of the wizard. */
import { createServer, type Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { freePort } from "../support/free-port.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const EMAIL = "ada@acme.example";
const PASSWORD = "Four unrelated words, twice";

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
let page: Page;
let application: Server;
let redirectUri: string;
const credentials = { id: "", secret: "" };

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  application = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end("<h1>Back at the application</h1>"));
  const port = await freePort();
  await new Promise<void>((resolve) => application.listen(port, "127.0.0.1", resolve));
  redirectUri = `http://127.0.0.1:${port}/callback`;
  await installation.run(["user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
  const added = await installation.json<{ readonly client_id: string; readonly client_secret: string }>(
    `application add --name Shop --owner ${EMAIL} --scope apps.webhook:execute --redirect-uri ${redirectUri}`.split(" "),
  );
  Object.assign(credentials, { id: added.client_id, secret: added.client_secret });
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(10_000);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  application?.close();
  installation.remove();
});

interface Stop {
  readonly name: string;
  /** What keeps somebody who looks from seeing where the focus is. */
  readonly problem: string | null;
}

/** What has the focus. Its outline may be that of what it stands for: the row of a link, the tab of a hidden radio button. */
const STOP = `(() => {
  const element = document.activeElement;
  if (element === document.body) return { name: "nothing", problem: null };
  const { labels, innerText, name } = element;
  const text = element.getAttribute("aria-label") ?? labels?.[0]?.innerText ?? (innerText || name);
  const outlined = [];
  for (let one = element; one !== document.body; one = one.parentElement) {
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) outlined.push(one);
  }
  const { top, bottom, width } = (outlined[0] ?? element).getBoundingClientRect();
  const problem = outlined.length === 0 ? "no outline" : top < 0 || bottom > innerHeight || width === 0 ? "out of sight" : null;
  return { name: text.trim().split("\\n")[0], problem };
})()`;

async function stop(): Promise<string> {
  const { name, problem } = await page.evaluate<Stop>(STOP);
  expect(problem, name).toBeNull();
  return name;
}

async function press(key: string): Promise<string> {
  await page.keyboard.press(key);
  return stop();
}

/** Presses Tab until what is named has the focus; gives every stop, that one included. */
async function tabTo(name: string): Promise<readonly string[]> {
  const stops: string[] = [];
  while (stops.at(-1) !== name) {
    stops.push(await press("Tab"));
    if (stops.length > 60 || stops.at(-1) === "nothing") throw new Error(`No stop is called ${name}: ${stops.join(", ")}`);
  }
  return stops;
}

/** As everybody does who knows the page: past the menu. */
async function skipToContent(): Promise<void> {
  expect(await press("Tab")).toBe("Skip to content");
  await page.keyboard.press("Enter");
}

const heading = (name: string | RegExp) => page.getByRole("heading", { name }).first().waitFor();
const request = (more = "") => `${server.url}/oauth2/auth?client_id=${credentials.id}&response_type=code&state=s${more}`;

/** Where the browser arrives at the application. */
async function answerOf(act: () => Promise<unknown>): Promise<URLSearchParams> {
  await Promise.all([page.waitForURL(`${redirectUri}?*`), act()]);
  return new URL(page.url()).searchParams;
}

describe("signing in and consent", () => {
  test("the first field has the focus, the order is that of the page, and a wrong password leads to the field again", async () => {
    await page.goto(request());
    expect(await stop()).toBe("E-mail address");
    await page.keyboard.type(EMAIL);
    expect(await press("Tab")).toBe("Password");
    await page.keyboard.type("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").or(page.locator(".notice-error")).first().waitFor();
    expect(await stop()).toBe("Password");
    await page.keyboard.type(PASSWORD);
    expect((await tabTo("Sign in")).length).toBeLessThanOrEqual(2);
    await page.keyboard.press("Enter");
    await heading(/Shop wants to run webhooks/);
  });

  test("nothing on the consent page has the focus by itself, so that a key meant for another window allows nothing; then Allow, Cancel, Not you?", async () => {
    expect(await stop()).toBe("nothing");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Space");
    expect(page.url()).toBe(request());
    expect(await tabTo("Not you?")).toEqual(["Allow", "Cancel", "Not you?"]);
    expect(await press("Shift+Tab")).toBe("Cancel");
    const denied = await answerOf(() => page.keyboard.press("Enter"));
    expect([denied.get("error"), denied.get("code")]).toEqual(["access_denied", null]);
  });

  test("Allow takes the space bar as soon as it has the focus", async () => {
    await page.goto(request());
    expect(await press("Tab")).toBe("Allow");
    expect((await answerOf(() => page.keyboard.press("Space"))).get("code")).toMatch(/^hgc_/);
  });

  test("what was allowed is withdrawn by keyboard, from the account page", async () => {
    await page.goto(`${server.url}/account`);
    await skipToContent();
    await tabTo("Consents");
    await page.keyboard.press("Enter");
    await heading("Consents");
    await skipToContent();
    await tabTo("Withdraw");
    await page.keyboard.press("Enter");
    await heading(/Withdraw the consent to “Shop”/);
    await skipToContent();
    expect(await tabTo("Withdraw consent")).toEqual(["Consents", "Withdraw consent"]);
    await page.keyboard.press("Enter");
    await page.getByText("You have allowed nothing.").waitFor();
  });
});

test("the wizard: from the store through all five steps to a webhook that is mapped", async () => {
  await page.goto(`${server.url}/store`);
  await skipToContent();
  await tabTo("Install");
  await page.keyboard.press("Enter");
  await heading("Install a webhook");
  expect(await stop()).toBe("Webhook name");
  await page.keyboard.type("Shop orders");
  expect(await tabTo("Cancel")).toEqual(["Continue", "Cancel"]);
  expect(await press("Shift+Tab")).toBe("Continue");
  await page.keyboard.press("Enter");

  await heading("Shop orders");
  await skipToContent();
  await tabTo("OAuth 2.0");
  await page.keyboard.press("Space");
  await tabTo("Continue");
  await page.keyboard.press("Enter");

  await page.waitForURL("**/install/endpoint");
  const endpoint = await page.locator(".copy-value").first().innerText();
  await skipToContent();
  await tabTo("Continue");
  await page.keyboard.press("Enter");

  await page.waitForURL("**/install/first-call");
  await callFromOutside(endpoint);
  await heading("Received JSON");
  await skipToContent();
  await tabTo("Continue");
  await page.keyboard.press("Enter");

  await page.waitForURL("**/install/mapping");
  await skipToContent();
  await tabTo("Customer field of $.email");
  await page.keyboard.type("E-mail address");
  expect(await press("Tab")).toBe("Change the value");
  expect(await press("Tab")).toMatch(/^Deduplicate/);
  await page.keyboard.press("Space");
  await tabTo("Finish");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/webhooks\/[0-9a-f-]{36}$/);
  expect(await page.locator("main").innerText()).toContain("E-mail address");
});

async function callFromOutside(endpoint: string): Promise<void> {
  const token = await fetch(`${server.url}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${credentials.id}:${credentials.secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: accessToken } = (await token.json()) as { readonly access_token: string };
  const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
  const answer = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify({ email: "oauth2@e-village.nl", firstname: "Oauth" }) });
  if (answer.status !== 200) throw new Error(`The call was answered ${answer.status}.`);
}
