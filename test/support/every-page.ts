/**
 * Every page of the console in the states that people meet it in: before set-up, empty, full, with long and right-to-left names,
 * with a form that came back, and as the pages for one moment. A walk through a fresh installation visits them in order.
 */
import type { Browser, Page } from "playwright-core";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { DAY, systemClock } from "../../src/lib/clock.ts";
import { openStore } from "../../src/store/open-store.ts";
import { visitMapping, visitOptionFields, visitSensitiveFields } from "./every-mapping-page.ts";
import type { Installation, ServerProcess } from "./program.ts";
import { LONG_NAME, postOnly, RTL_NAME, send, type Look, type Scene } from "./scene.ts";

export type Visit = (scene: Scene) => Promise<void>;

const PASSWORD = "Four unrelated words, twice";
const ADMIN = { name: "Ada Lovelace", email: "ada@acme.example" };
const MEMBER = { name: "Grace Hopper", email: "grace@acme.example" };
const REDIRECT_URI = "https://shop.example.com/oauth/callback";

/** Visits every page. `server` is a fresh installation's own, not set up yet. */
export async function visitEveryPage(installation: Installation, server: ServerProcess, browser: Browser, visit: Visit): Promise<void> {
  const setUpLink = /\S+\/setup\/\S+/.exec(server.output.stdout)?.[0];
  if (!setUpLink) throw new Error("The server printed no set-up link.");
  const admin = await browser.newContext();
  const page = await admin.newPage();
  let shownFlash: string | undefined;
  const look = async (name: string, path: string, more: Partial<Scene> = {}) => {
    const cookies = await admin.cookies();
    const flash = cookies.find((cookie) => cookie.name.endsWith("hookgate_flash"))?.value;
    // What a form left behind is of the scene after it alone, also where this browser never opened that page itself.
    await visit({ name, path, cookies: cookies.filter(({ value }) => value !== shownFlash), ...more });
    shownFlash = flash;
  };
  const stranger = (name: string, path: string, more: Partial<Scene> = {}) => visit({ name, path, cookies: [], ...more });

  await visitBeforeSetUp(stranger, new URL(setUpLink).pathname);
  await page.goto(setUpLink);
  await page.getByLabel("Your name").fill(ADMIN.name);
  await page.getByLabel("E-mail address").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await send("Set up and sign in")(page);
  await page.waitForURL(`${server.url}/`);

  await visitSignIn(stranger);
  await visitEmpty(look);
  await page.goto(`${server.url}/store`);
  await page
    .getByRole("row", { name: /^OAuth 2.0 server/ })
    .getByRole("button", { name: "Activate" })
    .click();
  await page.waitForLoadState();
  await look("applications-empty", "/applications");
  const application = await visitApplications(look, page, server.url, installation);
  await visitWebhooks(look, page, server.url, application);
  await visitFull(look, page, installation, server.url, application);
  await visitUsers(look, stranger, page, server.url, installation, browser, visit, application.clientId);
  await admin.close();
}

async function visitBeforeSetUp(stranger: Look, setUpPath: string): Promise<void> {
  await stranger("sign-in-before-set-up", "/sign-in");
  await stranger("set-up", setUpPath);
  await stranger("set-up-wrong", setUpPath, { act: send("Set up and sign in") });
  await stranger("set-up-unknown-link", "/setup/unknown");
}

async function visitSignIn(stranger: Look): Promise<void> {
  await stranger("sign-in", "/sign-in");
  await stranger("sign-in-wrong", "/sign-in", { act: send("Sign in") });
  await stranger("invitation-unknown", "/invitation/unknown");
}

async function visitEmpty(look: Look): Promise<void> {
  await look("overview-empty", "/");
  await look("store", "/store");
  await look("webhooks-empty", "/webhooks");
  await look("customers-empty", "/customers");
  await look("option-fields-empty", "/customers/fields");
  await look("calls-empty", "/calls");
  await look("users-one", "/users");
  await look("settings", "/settings");
  await look("settings-keep-calls", "/settings", {
    act: async (form) => {
      await form.getByLabel("Calls are kept").selectOption("90");
      await send("Save settings")(form);
    },
  });
  await look("account", "/account");
  await look("account-wrong", "/account", { act: send("Change password") });
  await look("consents-empty", "/account/consents");
  await look("applications-not-activated", "/applications");
  await look("not-found", "/no-such-page");
}

interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

async function visitApplications(look: Look, page: Page, url: string, installation: Installation): Promise<Credentials> {
  await look("application-new", "/applications/new");
  await look("application-new-wrong", "/applications/new", {
    act: async (form) => {
      await form.getByLabel("Redirect URLs").fill("shop.example.com");
      await send("Register application")(form);
    },
  });
  const registered = await postOnly(page, `${url}/applications/new`, [
    ["name", "Shop sync"],
    ["description", "Sends the orders of the shop."],
    ["type", "confidential"],
    ["scopes", "apps.webhook:execute"],
    ["scopes", "offline_access"],
    ["redirectUris", REDIRECT_URI],
  ]);
  await look("application-registered", registered);
  await page.goto(url + registered);
  const [clientId = "", clientSecret = ""] = await page.locator(".copy-value").allTextContents();
  const path = `/applications/${clientId}`;
  await look("application-registered-again", registered);
  await look("application", path);
  await accessTokenOf(url, { clientId, clientSecret: "hgs_wrong" }).catch(() => {});
  await page.goto(`${url}/oauth2/auth?client_id=${clientId}&response_type=code&redirect_uri=${encodeURIComponent(`${REDIRECT_URI.toUpperCase()}?shop=1`)}`);
  await page.goto(`${url}/oauth2/auth?client_id=${clientId}&response_type=code&redirect_uri=${encodeURIComponent(`${REDIRECT_URI}s/`)}`);
  await look("application-refused-requests", `${path}/refused-requests`);
  await look("application-postman", `${path}/postman`);
  await look("application-edit", `${path}/edit`);
  await look("application-delete", `${path}/delete`);
  await look("application-transfer-nobody", `${path}/transfer`);
  await look("store-deactivate", "/store/oauth2-server/deactivate");
  await look("store-deactivate-pro", "/store/webhook-pro/deactivate");
  for (const name of [RTL_NAME, LONG_NAME, "Import of leads"]) {
    await installation.json(["application", "add", "--name", name, "--owner", ADMIN.email, "--scope", "apps.webhook:execute"]);
  }
  await look("applications", "/applications");
  return { clientId, clientSecret };
}

async function visitWebhooks(look: Look, page: Page, url: string, application: Credentials): Promise<void> {
  await look("install-1-name", "/store/webhook");
  await look("install-1-name-wrong", "/store/webhook", { act: send("Continue") });
  await page.goto(`${url}/store/webhook`);
  await page.getByLabel("Webhook name").fill("Shop orders");
  await send("Continue")(page);
  const path = new URL(page.url()).pathname.replace(/\/install\/.*$/, "");
  await look("install-2-authentication", `${path}/install/authentication`);
  await send("Continue")(page);
  await look("install-3-endpoint", `${path}/install/endpoint`);
  await look("install-4-waiting", `${path}/install/first-call`);
  const endpoint = `${url}/hooks/${path.slice(path.lastIndexOf("/") + 1)}`;
  await fetch(endpoint, { method: "POST", headers: { authorization: "Bearer expired", "content-type": "application/json" }, body: "{}" });
  await look("install-4-refused", `${path}/install/first-call`);
  const accessToken = await accessTokenOf(url, application);
  await call(endpoint, accessToken, { ...ORDER, notes: [], address: { street: "1 Main Street", city: "Utrecht", geo: { lat: 52.09, lon: 5.12 } } });
  await look("install-4-arrived", `${path}/install/first-call`);
  await look("install-5-mapping", `${path}/install/mapping`);
  await look("install-5-mapping-wrong", `${path}/install/mapping`, {
    act: async (form) => {
      await form.getByLabel("Customer field of $.firstname").selectOption({ label: "E-mail address" });
      await form.locator(".form-actions button").first().click();
    },
  });
  await look("webhook-not-mapped", path);
  await look("webhook-rename", `${path}/rename`);
  await look("webhook-delete", `${path}/delete`);
  await visitAuthentications(look, page, url);
}

/** The second and third step of the wizard and the webhook's page with each type of authentication that makes credentials. */
async function visitAuthentications(look: Look, page: Page, url: string): Promise<void> {
  for (const [type, setting] of [
    ["token", ["", ""]],
    ["basic", ["basic-userName", "shop"]],
    ["signature", ["signature-form", "standard"]],
  ] as const) {
    await page.goto(`${url}/store/webhook`);
    await page.getByLabel("Webhook name").fill(`Orders by ${type}`);
    await send("Continue")(page);
    const path = new URL(page.url()).pathname.replace(/\/install\/.*$/, "");
    const choose = (form: Page) => form.locator(`input[name=authentication][value=${type}]`).check();
    await look(`webhook-auth-${type}-2-chosen`, `${path}/install/authentication`, { act: choose });
    await look(`webhook-auth-${type}-3-shown`, await postOnly(page, `${url}${path}/install/authentication`, [["authentication", type], setting]));
    await page.goto(`${url}${path}/install/endpoint`);
    await look(`webhook-auth-${type}-3-not-shown`, `${path}/install/endpoint`);
    await look(`webhook-auth-${type}-page`, path);
    if (type !== "basic") continue;
    const wrong = async (form: Page) => {
      await choose(form);
      await form.locator("[name=basic-userName]").fill("a:b");
      await send("Continue")(form);
    };
    await look("webhook-auth-basic-2-wrong", `${path}/install/authentication`, { act: wrong });
    await look("webhook-auth-basic-added", await postOnly(page, `${url}${path}`, [], `${url}${path}/credentials`));
    await page.goto(url + path);
    await look("webhook-auth-basic-full", path);
    await look("webhook-auth-basic-remove", (await page.locator("a[href$='/remove']").first().getAttribute("href"))!);
  }
}

const ORDER = { email: "oauth2@e-village.nl", firstname: "Oauth", lastname: "Tester", optin: "Y", order: { id: 10_001, paid: true, total: 19.95 } };

/** A webhook that is paused, and what waits and has waited for it. */
async function visitPause(
  look: Look,
  page: Page,
  url: string,
  { id, endpoint }: { readonly id: string; readonly endpoint: string },
  token: string,
): Promise<void> {
  await look("webhook-pause", `/webhooks/${id}/pause`);
  await page.goto(`${url}/webhooks/${id}/pause`);
  await send("Pause webhook")(page);
  await look("webhook-paused-empty", `/webhooks/${id}`);
  for (let index = 0; index < 3; index++) await call(endpoint, token, { email: `waiting-${index}@example.com`, optin: index === 1 ? "maybe" : "Y" });
  await look("webhook-paused", `/webhooks/${id}`);
  await look("webhooks-paused", "/webhooks");
  await look("overview-waiting", "/", { act: (page) => page.getByText("The numbers as a table").click() });
  await look("calls-waiting", "/calls?outcome=waiting");
  await look("call-waiting", "/calls?outcome=waiting", { act: followFirstRow });
  await look("webhook-test-waiting", `/webhooks/${id}/test`, { act: send("Send test call") });
  await page.goto(`${url}/webhooks/${id}`);
  await send("Resume webhook")(page);
  while (
    await page
      .goto(`${url}/calls?outcome=waiting`)
      .then(() => page.locator(".row-link").count())
      .then((count) => count > 0)
  );
  await look("call-refused-after-waiting", "/calls?outcome=refused&status=202", { act: followFirstRow });
  await look("call-accepted-after-waiting", `/calls?webhook=${id}&outcome=accepted`, { act: followFirstRow });
}

async function visitFull(look: Look, page: Page, installation: Installation, url: string, application: Credentials): Promise<void> {
  const add = async (name: string) => {
    const { id } = await installation.json<{ readonly id: string }>([
      ...`webhook add --owner ${ADMIN.email} --auth oauth2 --dedupe emailaddress`.split(" "),
      ...`--map email=emailaddress firstname=firstname company=companyname optin=optin address=address`.split(" "),
      `--name=${name}`,
    ]);
    return { id, endpoint: `${url}/hooks/${id}` };
  };
  const { id, endpoint } = await add("Newsletter");
  const long = await add(LONG_NAME);
  const sensitive = await add(RTL_NAME);
  const token = await accessTokenOf(url, application);
  const people = Array.from({ length: 500 }, (_, index) => ({ email: `person-${index}@example.com`, firstname: `Person ${index}`, company: "Example" }));
  await call(endpoint, token, people);
  await call(endpoint, token, [
    { email: "long@example.com", firstname: LONG_NAME, company: LONG_NAME },
    { email: "rtl@example.com", firstname: "منى", company: RTL_NAME },
    { email: "grace@example.com", firstname: "Grace", company: "Navy", optin: "N", address: "1 Main Street\nSecond floor" },
  ]);
  for (let index = 0; index < 60; index++) await call(index % 3 === 0 ? long.endpoint : endpoint, token, { email: `order-${index}@example.com` });
  await call(endpoint, token, { email: "x@example.com", optin: "maybe" });
  for (let sent = 0; sent < 2; sent++) await call(endpoint, token, { email: "sent-twice@example.com" }, { "idempotency-key": '"order-10001"' });
  await call(endpoint, "expired", {});
  await visitOptionFields(look, page, url);
  await look("overview", "/");
  await look("overview-week", "/?range=7d");
  await look("overview-table", "/", { act: (page) => page.getByText("The numbers as a table").click() });
  await look("webhooks", "/webhooks");
  await look("webhook", `/webhooks/${id}`);
  await look("webhook-mapping", `/webhooks/${id}/mapping`);
  await visitMapping(look, page, url, `/webhooks/${long.id}`);
  await visitSensitiveFields(look, page, url, `/webhooks/${sensitive.id}`, (body) => call(sensitive.endpoint, token, body));
  await visitForwarding(look, page, installation, url, long, token);
  await look("webhook-limit", `/webhooks/${id}/limit`);
  await look("webhook-limit-wrong", `/webhooks/${id}/limit`, {
    act: async (form) => {
      await form.getByLabel("Calls a minute").fill("many");
      await send("Save limit")(form);
    },
  });
  await look("webhook-test", `/webhooks/${id}/test`);
  await look("webhook-test-accepted", `/webhooks/${id}/test`, { act: send("Send test call") });
  await look("webhook-test-refused", `/webhooks/${id}/test`, {
    act: async (form) => {
      await form.getByLabel("JSON").fill('{"email": "x@example.com", "optin": "maybe"}');
      await send("Send test call")(form);
    },
  });
  await look("webhook-replay", `/webhooks/${id}/replay`);
  await visitPause(look, page, url, { id, endpoint }, token);
  await look("webhook-replay-finished", `/webhooks/${id}/replay`, { act: send("Replay refused calls") });
  await look("customers", "/customers");
  await look("customers-found", "/customers?q=long");
  await look("customers-none-found", "/customers?q=nobody-like-this");
  await look("customer", "/customers?q=Second", { act: followFirstRow });
  await look("customer-erase", "/customers?q=Second", {
    act: async (page) => {
      await followFirstRow(page);
      await page.getByRole("link", { name: "Erase", exact: true }).click();
    },
  });
  await look("customer-long-name", "/customers?q=long", { act: followFirstRow });
  await look("calls", "/calls");
  await look("calls-export", "/calls/export?outcome=refused");
  await look("customers-export", "/customers/export");
  await look("calls-refused", "/calls?outcome=refused");
  await look("calls-refused-by-reason", "/calls?outcome=refused&status=401");
  await look("calls-found", "/calls?q=shop&outcome=accepted&from=2026-01-01");
  await look("calls-none-found", "/calls?q=nobody-like-this&status=413");
  await look("call-refused", "/calls?q=shop&outcome=refused&status=422", { act: followFirstRow });
  await look("call-accepted", "/calls?q=shop&outcome=accepted", { act: followFirstRow });
  await look("call-replay", "/calls?outcome=refused&status=422", { act: askToReplay });
  await look("call-replayed", "/calls?outcome=refused&status=422", {
    act: async (page) => {
      await askToReplay(page);
      await send("Replay call")(page);
    },
  });
  await look("call-repeated", "/calls?outcome=repeated", { act: followFirstRow });
  await look("call-unauthenticated", "/calls?outcome=refused&status=401", { act: followFirstRow });
  await look("call-sample", "/calls?outcome=sample", { act: followFirstRow });
}

/** A target on an address inside, so that nothing leaves this machine: everything fails. */
async function visitForwarding(
  look: Look,
  page: Page,
  installation: Installation,
  url: string,
  webhook: { id: string; endpoint: string },
  token: string,
): Promise<void> {
  const path = `/webhooks/${webhook.id}/forwarding`;
  await look("forwarding-new", path);
  await look("forwarding-new-wrong", path, {
    act: async (form) => {
      await form.getByLabel("Target URL").fill("http://1.1.1.1/orders");
      await send("Forward calls")(form);
    },
  });
  await look("forwarding-set", await postOnly(page, url + path, [["url", "https://localhost:9/orders"]]));
  await page.goto(url + path);
  for (let index = 0; index < 3; index++) await call(webhook.endpoint, token, { email: `forwarded-${index}@example.com` });
  await killOneMessage(installation, webhook.id);
  await look("forwarding-failing", path);
  await look("forwarding-secret", `${path}/secret`);
  await look("forwarding-remove", `${path}/remove`);
}

/** As if a day had passed for it. */
async function killOneMessage(installation: Installation, webhookId: string): Promise<void> {
  const store = await openStore({ url: installation.environment["HOOKGATE_STORE"]!, migrate: false });
  const target = (await store.targets.findTarget(DEFAULT_BRAND_ID, webhookId))!;
  for (let health = target.health; health.lastFailure === null;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    ({ health } = (await store.targets.findTarget(DEFAULT_BRAND_ID, webhookId))!);
  }
  const at = systemClock.now();
  const outcome = { kind: "dead", failure: "It answered 500.", attempts: 32, expiresAt: at + DAY } as const;
  const [message] = await store.outbox.listMessages(target.id, 0, 1);
  await store.outbox.recordAttempts([{ message: message!, at, outcome }]);
  await store.close();
}

async function visitUsers(
  look: Look,
  stranger: Look,
  page: Page,
  url: string,
  installation: Installation,
  browser: Browser,
  visit: Visit,
  clientId: string,
): Promise<void> {
  await look("user-new", "/users/new");
  await look("user-new-wrong", "/users/new", { act: send("Add user") });
  const invited = await postOnly(page, `${url}/users/new`, [
    ["name", RTL_NAME],
    ["email", "invited@acme.example"],
    ["role", "member"],
  ]);
  await look("user-invited", invited);
  await page.goto(url + invited);
  const invitation = new URL(await page.locator(".copy-value").first().innerText()).pathname;
  await look("user", invited);
  await look("user-deactivate", `${invited}/deactivate`);
  await look("integration-tokens", `${invited}/integration-tokens`);
  await look("integration-tokens-wrong", `${invited}/integration-tokens`, { act: send("Make token") });
  await look("integration-tokens-made", await postOnly(page, `${url}${invited}/integration-tokens`, [["name", LONG_NAME]]));
  await page.goto(`${url}${invited}/integration-tokens`);
  await look("integration-token-revoke", (await page.locator("a[href$='/revoke']").first().getAttribute("href"))!);
  await stranger("invitation", invitation);
  await stranger("invitation-wrong", invitation, { act: (form) => form.locator("button[type=submit]").last().click() });
  await installation.run(["user", "add", "--email", MEMBER.email, "--name", MEMBER.name, "--role", "member", "--password-stdin"], { stdin: PASSWORD });
  await look("users", "/users");
  await page.goto(`${url}/users`);
  const own = new URL(
    await page
      .getByRole("link", { name: ADMIN.name, exact: true })
      .first()
      .evaluate((link: HTMLAnchorElement) => link.href),
  ).pathname;
  await look("user-transfer", `${own}/transfer`);
  await look("user-transfer-wrong", `${own}/transfer`, { act: send("Transfer everything") });
  await look("user-delete-not-yet", `${own}/delete`);
  await look("user-transfer-nothing", `${invited}/transfer`);
  await look("user-delete", `${invited}/delete`);
  await look("application-transfer", `/applications/${clientId}/transfer`);

  const request = `/oauth2/auth?client_id=${clientId}&response_type=code&state=Example12345&scope=apps.webhook:execute%20offline_access`;
  const popUp = { popUp: true };
  await stranger("authorize-sign-in", request, popUp);
  await look("authorize-consent", request, popUp);
  await visitConsents(look, page, url, installation, request);
  await stranger("authorize-unknown-application", "/oauth2/auth?client_id=unknown&response_type=code", popUp);
  const member = await browser.newContext();
  const memberPage = await member.newPage();
  await memberPage.goto(`${url}/sign-in`);
  await memberPage.getByLabel("E-mail address").fill(MEMBER.email);
  await memberPage.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await send("Sign in")(memberPage);
  await memberPage.waitForURL(`${url}/`);
  const cookies = await member.cookies();
  await visit({ name: "authorize-wrong-user", path: request, cookies, ...popUp });
  await visit({ name: "member-overview", path: "/", cookies });
  await visit({ name: "member-store", path: "/store", cookies });
  await visit({ name: "member-settings", path: "/settings", cookies });
  await visit({ name: "member-users", path: "/users", cookies });
  await member.close();
}

async function visitConsents(look: Look, page: Page, url: string, installation: Installation, request: string): Promise<void> {
  const clientId = new URL(url + request).searchParams.get("client_id") ?? "";
  await allow(page, url, request);
  for (const name of [RTL_NAME, LONG_NAME]) {
    const added = await installation.json<{ readonly client_id: string }>([
      ...`application add --owner ${ADMIN.email} --scope apps.webhook:execute --redirect-uri ${REDIRECT_URI}`.split(" "),
      `--name=${name}`,
    ]);
    await allow(page, url, `/oauth2/auth?client_id=${added.client_id}&response_type=code`);
  }
  await look("consents", "/account/consents");
  await look("consent-withdraw", `/account/consents/${clientId}/withdraw`);
  await look("application-consented", `/applications/${clientId}`);
  await look("application-consent-withdraw", `/applications/${clientId}/consent/withdraw`);
}

/** Answers the consent page of the request, and does not go where that leads. */
async function allow(page: Page, url: string, request: string): Promise<void> {
  await page.goto(url + request);
  const valueOf = (name: string) => page.locator(`input[name=${name}]`).first().inputValue();
  const form = { form_token: await valueOf("form_token"), flow: await valueOf("flow"), decision: "allow" };
  await page.request.post(`${url}/oauth2/consent`, { form, headers: { origin: url }, maxRedirects: 0 });
}

const askToReplay = async (page: Page) => {
  await page.locator("tr", { hasText: "optin" }).last().locator(".row-link").click();
  await page.getByRole("link", { name: "Replay", exact: true }).click();
};

const followFirstRow = (page: Page) => page.locator(".row-link").first().click();

async function accessTokenOf(url: string, { clientId, clientSecret }: Credentials): Promise<string> {
  const answer = await fetch(`${url}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: accessToken } = (await answer.json()) as { readonly access_token?: string };
  if (accessToken === undefined) throw new Error(`No access token: ${answer.status}`);
  return accessToken;
}

async function call(endpoint: string, accessToken: string, body: unknown, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json", ...more };
  await (await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(body) })).arrayBuffer();
}
