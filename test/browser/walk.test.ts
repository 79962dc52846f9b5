/**
 * The walk that everybody shares, as a person does it in a real browser, on the built program with its real database: set up,
 * activate, register, install with a first call from outside, map, and see the customer. Then a client that nobody here wrote gets
 * its tokens from the same server, the same person signing in and consenting.
 */
import { createServer, type Server } from "node:http";
import * as oauth from "oauth4webapi";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { freePort } from "../support/free-port.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const PASSWORD = "Four unrelated words, twice";
const OWNER = { name: "Ada Lovelace", email: "ada@acme.example" };
const COLLEAGUE = { name: "Grace Hopper", email: "grace@acme.example" };
/** The tests speak http on loopback. */
const INSECURE = { [oauth.allowInsecureRequests]: true } as const;

const installation = new Installation();
let server: ServerProcess;
let browser: Browser;
let person: BrowserContext;
let page: Page;
/** Stands for the application: its redirect URI is a real address on another origin, so that the pages' policies are put to the test. */
let application: Server;
let redirectUri: string;
const credentials = { clientId: "", clientSecret: "" };
let endpoint = "";

beforeAll(async () => {
  server = await installation.serve();
  browser = await launchChromium();
  person = await browser.newContext();
  page = await person.newPage();
  page.setDefaultTimeout(10_000);
  application = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end("<h1>Back at the application</h1>"));
  const port = await freePort();
  await new Promise<void>((resolve) => application.listen(port, "127.0.0.1", resolve));
  redirectUri = `http://127.0.0.1:${port}/callback`;
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  application?.close();
  installation.remove();
});

const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
const follow = (name: string) => page.getByRole("link", { name, exact: true }).first().click();
const heading = (name: string | RegExp) => page.getByRole("heading", { name }).first().waitFor();

test("the set-up link of the first start makes the admin and signs in", async () => {
  await page.goto(/\S+\/setup\/\S+/.exec(server.output.stdout)![0]);
  await page.getByLabel("Your name").fill(OWNER.name);
  await page.getByLabel("E-mail address").fill(OWNER.email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await press("Set up and sign in");
  await page.waitForURL(`${server.url}/`);
  expect(await page.locator(".menu-wide").innerText()).not.toContain("OAuth 2.0 applications");
});

test("activating the OAuth 2.0 server in the store brings the application manager into the menu", async () => {
  await follow("Store");
  await page
    .getByRole("row", { name: /OAuth 2\.0 server/ })
    .getByRole("button", { name: /^Activate/ })
    .click();
  await page.locator(".menu-wide").getByText("OAuth 2.0 applications").waitFor();
});

test("registering an application shows its client id and, once, its secret", async () => {
  await follow("OAuth 2.0 applications");
  await page.getByRole("link", { name: "Register application" }).first().click();
  await page.getByLabel("Application name").fill("Shop sync");
  await page.getByRole("checkbox", { name: /^Webhooks/ }).check();
  await page.getByLabel(/^Redirect URLs/).fill(redirectUri);
  await press("Register application");
  await heading("The application is registered");
  const [clientId, clientSecret] = await page.locator(".copy-value").allInnerTexts();
  Object.assign(credentials, { clientId, clientSecret });
  expect(credentials.clientSecret).toMatch(/^hgs_[A-Za-z0-9_-]{43}$/);
  await page.reload();
  expect(await page.content()).not.toContain(credentials.clientSecret);
});

test("the wizard's fourth step shows a call from outside as it arrives, and the fifth maps it", async () => {
  await follow("Store");
  await page.getByRole("link", { name: "Install" }).first().click();
  await page.getByLabel("Webhook name").fill("Shop orders");
  await press("Continue");
  await page.getByRole("radio", { name: /OAuth 2.0/ }).check();
  await press("Continue");
  endpoint = await page.locator(".copy-value").first().innerText();
  expect(endpoint).toMatch(/\/hooks\/[0-9a-f-]{36}$/);
  await follow("Continue");
  await page.getByText("Waiting", { exact: false }).first().waitFor();

  const sample = await call({ firstname: "Oauth", email: "oauth2@e-village.nl" });
  expect(sample).toEqual({ status: 200, body: { firstname: "Oauth", email: "oauth2@e-village.nl" } });
  // Nobody presses anything: the page shows it by itself.
  await page.getByText("oauth2@e-village.nl").first().waitFor();
  await follow("Continue");
  await page.getByRole("combobox", { name: "Customer field of $.firstname" }).selectOption("firstname");
  await page.getByRole("combobox", { name: "Customer field of $.email" }).selectOption("emailaddress");
  await page
    .getByRole("row", { name: /\$\.email/ })
    .getByRole("checkbox")
    .check();
  await press("Finish");
  await heading("Shop orders");
});

test("a mapped call makes a customer, a second one updates it, and both are in the log", async () => {
  const first = await call({ firstname: "Oauth", email: "oauth2@e-village.nl" });
  const second = await call({ firstname: "Changed", email: "OAUTH2@e-village.nl" });
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.body["hookgate_id"]).toBe(first.body["hookgate_id"]);
  await follow("Customers");
  await page.getByRole("row", { name: /Changed/ }).waitFor();
  expect(await page.locator("tbody tr").count()).toBe(1);
  await page.locator(".row-link").first().click();
  await page.getByText(String(first.body["hookgate_id"])).first().waitFor();
  await follow("Calls");
  expect(await page.locator("tbody tr").count()).toBe(3);
  const { customers } = await installation.json<{ customers: { fields: Record<string, string> }[] }>(["customer", "list"]);
  expect(customers.map(({ fields }) => fields["firstname"])).toEqual(["Changed"]);
});

test("a signed-in colleague who did not register the application is told whom to ask, and nothing is sent to the application", async () => {
  await installation.run(["user", "add", "--email", COLLEAGUE.email, "--name", COLLEAGUE.name, "--password-stdin"], { stdin: PASSWORD });
  const colleague = await browser.newContext();
  const other = await colleague.newPage();
  await other.goto(`${server.url}/oauth2/auth?client_id=${credentials.clientId}&response_type=code&state=Example12345`);
  await other.getByLabel("E-mail address").fill(COLLEAGUE.email);
  await other.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await other.getByRole("button", { name: "Sign in", exact: true }).click();
  await other.getByRole("heading", { name: /cannot consent for Shop sync/ }).waitFor();
  expect(await other.locator("main").innerText()).toContain(OWNER.name);
  expect(new URL(other.url()).origin).toBe(server.url);
  await colleague.close();
});

test("oauth4webapi, unmodified, gets a token by client credentials that the webhook accepts", async () => {
  const { as, client, authentication } = await discovered();
  const parameters = new URLSearchParams({ scope: "apps.webhook:execute" });
  const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, parameters, INSECURE);
  const raw = (await response.clone().json()) as object;
  expect(Object.keys(raw)).toEqual(["access_token", "expires_in", "scope", "token_type"]);
  const token = await oauth.processClientCredentialsResponse(as, client, response);
  expect(token).toMatchObject({ expires_in: 3600, scope: "apps.webhook:execute", token_type: "bearer" });
  expect((await call({ email: "cc@example.com" }, token.access_token)).status).toBe(200);
});

test("oauth4webapi, unmodified, completes the authorization code grant with PKCE while a person signs in and consents in Chromium", async () => {
  const { as, client, authentication } = await discovered();
  const verifier = oauth.generateRandomCodeVerifier();
  const state = `${oauth.generateRandomState()} &=+%é`;
  const address = new URL(as.authorization_endpoint!);
  address.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "apps.webhook:execute",
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  }).toString();
  const fresh = await browser.newContext({ viewport: { width: 480, height: 640 } });
  const popUp = await fresh.newPage();
  await popUp.goto(address.href);
  await popUp.getByLabel("E-mail address").fill(OWNER.email);
  await popUp.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await popUp.keyboard.press("Enter");
  await popUp.getByRole("heading", { name: /Shop sync wants to run webhooks/ }).waitFor();
  await popUp.getByRole("button", { name: "Allow" }).click();
  await popUp.getByRole("heading", { name: "Back at the application" }).waitFor();

  const parameters = oauth.validateAuthResponse(as, client, new URL(popUp.url()), state);
  const exchange = () => oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, redirectUri, verifier, INSECURE);
  const token = await oauth.processAuthorizationCodeResponse(as, client, await exchange());
  expect(token).toMatchObject({ expires_in: 3600, scope: "apps.webhook:execute", token_type: "bearer" });
  expect((await call({ email: "code@example.com" }, token.access_token)).status).toBe(200);
  // RFC 6749 section 4.1.2: a replay is refused, and what the code gave stops working.
  expect((await exchange()).status).toBe(400);
  expect((await call({ email: "code@example.com" }, token.access_token)).status).toBe(401);
  await fresh.close();
});

async function discovered() {
  const issuer = new URL(server.url);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...INSECURE }));
  const client: oauth.Client = { client_id: credentials.clientId };
  return { as, client, authentication: oauth.ClientSecretBasic(credentials.clientSecret) };
}

async function call(body: object, accessToken?: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { authorization: `Bearer ${accessToken ?? (await clientCredentialsToken())}`, "content-type": "application/json" };
  const response = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** By the seed's first form: `curl -u`. */
async function clientCredentialsToken(): Promise<string> {
  const response = await fetch(`${server.url}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${credentials.clientId}:${credentials.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "apps.webhook:execute" }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}
