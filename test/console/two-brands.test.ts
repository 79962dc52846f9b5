/**
 * A member and an admin of brand B request every route of the program with the ids of brand A's things in its parameters. No
 * answer may hold a text of brand A, and nothing of brand A may change. A route with a parameter that is not known here
 * fails the test, so that nobody adds one without saying what it names.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Brand } from "../../src/brands/brand.ts";
import type { User } from "../../src/identity/user.ts";
import { DAY } from "../../src/lib/clock.ts";
import { newRandomId, newTimeOrderedId } from "../../src/lib/id.ts";
import type { Page } from "../../src/lib/page.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import { HttpBrowser, type BrowserPage } from "../support/http-browser.ts";
import { addBrand, addCustomers, addRefusedCalls, addSample, addUser, addWebhook, signedIn } from "../support/records.ts";
import { addressesOf } from "../support/route-addresses.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

/** Stands in every text of brand A and nowhere else. */
const MARKER = "Zebrafish";
/** Finds the marker without being it, because a search page repeats what was searched. */
const SEARCH = MARKER.slice(1, -1);
const APPLICATION_NAME = `${MARKER} application`;

/** What the parameter after a path segment names, among the things of one brand. */
interface Things extends Readonly<Record<string, readonly string[]>> {
  readonly applications: readonly string[];
  readonly secrets: readonly string[];
  /** By their application. */
  readonly consents: readonly string[];
  readonly webhooks: readonly string[];
  readonly credentials: readonly string[];
  /** Of the mapping. */
  readonly versions: readonly string[];
  readonly hooks: readonly string[];
  readonly customers: readonly string[];
  /** Names of option fields. */
  readonly fields: readonly string[];
  readonly calls: readonly string[];
  readonly users: readonly string[];
  readonly "integration-tokens": readonly string[];
  /** Positions of dead messages. */
  readonly dead: readonly string[];
  /** Secrets of links: nobody has them but who was sent them. */
  readonly invitation: readonly string[];
  readonly setup: readonly string[];
}

let hookgate: TestHookgate;
let thingsOfA: Things;
let adminOfA: User;
let memberOfA: User;
let usersOfB: readonly User[];

beforeAll(async () => {
  hookgate = await startHookgate();
  const brandA = await addBrand(hookgate, `${MARKER} brand`);
  const brandB = await addBrand(hookgate, "Brand B");
  for (const brandId of [brandA, brandB]) await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
  adminOfA = await addUser(hookgate, { brandId: brandA, role: "admin", name: `${MARKER} admin` });
  memberOfA = await addUser(hookgate, { brandId: brandA, role: "member", name: `${MARKER} member` });
  usersOfB = [
    await addUser(hookgate, { brandId: brandB, role: "member", name: "Member of B" }),
    await addUser(hookgate, { brandId: brandB, role: "admin", name: "Admin of B" }),
  ];
  const webhook = await addWebhook(hookgate, adminOfA, `${MARKER} webhook`);
  const tokenId = newRandomId();
  const token = { id: tokenId, brandId: brandA, userId: memberOfA.id, name: `${MARKER} token`, createdAt: hookgate.clock.now() };
  await hookgate.store.integrationTokens.insertIntegrationToken(token, "none", 1);
  const credentialId = newRandomId();
  const choice = { authentication: "token", settings: {}, updatedAt: webhook.updatedAt } as const;
  await hookgate.store.credentials.chooseAuthentication(brandA, webhook.id, choice, { id: credentialId, verifier: "none", createdAt: webhook.createdAt });
  const { callId, customerIds } = await addCustomers(
    hookgate,
    webhook,
    [{ firstname: MARKER, emailaddress: `${MARKER}@example.com` }],
    `[{"name":"${MARKER}"}]`,
  );
  const refused = await addRefusedCalls(hookgate, webhook, [
    { reason: `${MARKER} reason`, reference: `${MARKER}-reference`, body: MARKER, applicationName: MARKER },
  ]);
  // No marker: whoever types this address reads it on the way.
  const optionField = "option.tier";
  await hookgate.store.optionFields.insertOptionField({ brandId: brandA, name: optionField, label: `${MARKER} tier`, kind: "text", choices: [] }, 10);
  const application = await addApplication(adminOfA);
  await addTarget(webhook);
  const sample = await addSample(hookgate, webhook, `{"name":"${MARKER}"}`);
  thingsOfA = {
    applications: [application.clientId],
    secrets: [application.secretId],
    consents: [application.clientId],
    webhooks: [webhook.id],
    credentials: [credentialId],
    versions: ["1"],
    hooks: [webhook.id],
    customers: customerIds,
    fields: [optionField],
    calls: [callId, ...refused, sample],
    users: [adminOfA.id, memberOfA.id],
    "integration-tokens": [tokenId],
    dead: ["1"],
    invitation: ["unknown"],
    setup: ["unknown"],
  };
});
afterAll(() => hookgate.close());

/** A target of the webhook with a message that is dead, and one that waits. */
async function addTarget({ id: webhookId, brandId }: Webhook): Promise<void> {
  const { store, clock } = hookgate;
  const now = clock.now();
  const target = { id: newRandomId(), brandId, webhookId, url: `https://${MARKER}.example/`, sealedSecret: "none", createdAt: now, updatedAt: now };
  await store.targets.insertTarget(target);
  for (let position = 1; position <= 2; position++) {
    const id = newTimeOrderedId(now);
    const call = {
      id,
      brandId,
      webhookId,
      receivedAt: now,
      duration: 1,
      reference: id,
      authenticated: true,
      clientId: null,
      applicationName: null,
      headers: "",
      body: "{}",
    };
    await store.calls.commitCalls([{ call, writes: null, forwardTo: target.id }]);
  }
  // Its secret cannot be opened, so nothing is sent. After that the clock stands still, and nothing is tried again.
  await vi.waitFor(async () => expect((await store.targets.findOldestMessage(brandId, target.id))?.attempts).toBe(1), { timeout: 30_000 });
  const outcome = { kind: "dead", failure: `${MARKER} failure`, attempts: 1, expiresAt: now + DAY } as const;
  await store.outbox.recordAttempts((await store.outbox.listMessages(target.id, 0, 1)).map((message) => ({ message, at: now, outcome })));
}

async function addApplication(owner: User): Promise<{ readonly clientId: string; readonly secretId: string }> {
  const clientId = newRandomId();
  const secretId = newRandomId();
  const now = hookgate.clock.now();
  await hookgate.store.applications.insertApplication(
    {
      clientId,
      brandId: owner.brandId,
      ownerId: owner.id,
      name: APPLICATION_NAME,
      description: `${MARKER} description`,
      type: "confidential",
      scopes: ["apps.webhook:execute"],
      // No marker: by the protocol, whoever knows the client id can have a browser sent there.
      redirectUris: ["https://shop.example/callback"],
      createdAt: now,
      updatedAt: now,
    },
    { id: secretId, digest: newRandomId() },
  );
  await consentTo(clientId, owner);
  return { clientId, secretId };
}

/** As the owner's answer on the consent page stores it. */
async function consentTo(clientId: string, { brandId, id: userId }: User): Promise<void> {
  const now = hookgate.clock.now();
  const scopes = ["apps.webhook:execute"] as const;
  const id = newRandomId();
  const code = { brandId, clientId, userId, digest: id, flowId: id, grantId: id, redirectUri: "https://shop.example/callback", redirectUriRequested: true };
  const consent = { brandId, clientId, userId, scopes, redirectUris: [code.redirectUri], givenAt: now, lastUsedAt: now };
  await hookgate.store.authorizationCodes.insertAuthorizationCode(
    { ...code, grantedScopes: scopes, codeChallenge: null, issuedAt: now, expiresAt: now, redeemedAt: null },
    { kind: "allowed", consent },
  );
}

async function all<Row>(list: (after: string | null) => Promise<Page<Row>>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  do {
    const page: Page<Row> = await list(after);
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return rows;
}

/** Everything that brand A owns, as its ports give it. */
async function stateOfA(): Promise<Readonly<Record<string, unknown>>> {
  const { store } = hookgate;
  const { brandId } = adminOfA;
  const limit = 200;
  const calls = await all((after) => store.calls.listCalls(brandId, { webhookId: null, ownerId: null, outcome: null }, { limit, after }));
  const brand: Brand | undefined = await store.brands.findBrand(brandId);
  return {
    brand,
    users: await all((after) => store.users.listUsers(brandId, { limit, after })),
    applications: await all((after) => store.applications.listApplications(brandId, null, { limit, after })),
    clients: await Promise.all(thingsOfA.applications.map((clientId) => store.clients.findClient(clientId))),
    secrets: await Promise.all(thingsOfA.applications.map((clientId) => store.applications.listSecrets(brandId, clientId))),
    consents: await all((after) => store.consents.listConsents(brandId, adminOfA.id, { limit, after })),
    webhooks: await all((after) => store.webhooks.listWebhooks(brandId, null, { limit, after })),
    integrationTokens: await store.integrationTokens.listVerifiers(brandId),
    targets: await Promise.all(thingsOfA.webhooks.map((webhookId) => store.targets.findTarget(brandId, webhookId))),
    messages: await store.outbox.countAllMessages(),
    credentials: await Promise.all(thingsOfA.webhooks.map((webhookId) => store.credentials.listCredentials(brandId, webhookId))),
    optionFields: await store.optionFields.listOptionFields(brandId),
    customers: await all((after) => store.customers.listCustomers(brandId, null, { limit, after })),
    // Anybody may knock at a webhook; what is refused there leaves a line, and nothing else.
    calls: calls.filter((call) => call.authenticated),
    revocations: await store.revocations.listRevocations(hookgate.clock.now()),
  };
}

/** Names that forms have for things, each with an id of brand A: none may be looked up without the brand. */
function fieldsOfA(): Record<string, string> {
  const [application = "", webhook = "", user = ""] = [thingsOfA.applications[0], thingsOfA.webhooks[0], thingsOfA.users[1]];
  const named = {
    id: webhook,
    client_id: application,
    clientId: application,
    webhook,
    webhookId: webhook,
    user,
    userId: user,
    owner: user,
    ownerId: user,
    to: user,
  };
  return {
    ...named,
    name: "Taken over by B",
    email: "taken-over@example.com",
    role: "admin",
    description: "Taken over",
    redirectUris: "https://b.example/",
    scopes: "apps.webhook:execute",
    timeZone: "UTC",
  };
}

/** What a page request could carry in its address. */
const queryOfA = () => `?${new URLSearchParams({ ...fieldsOfA(), q: SEARCH, outcome: "refused" })}`;

/** As if it were the first request: among the routes are signing out and switching the module off. */
async function request(user: User, method: string, address: string): Promise<BrowserPage> {
  await hookgate.store.brands.activateModule(user.brandId, "oauth2-server", hookgate.clock.now());
  const browser = await signedIn(hookgate, user);
  if (method === "GET") return browser.get(address);
  // The form token is that of a page of their own, so that the request gets past the check against foreign forms.
  await browser.get("/customers");
  const page = await browser.post(address, fieldsOfA());
  expect(page.html).not.toContain("This form is not valid");
  return page;
}

function expectNothingOfA({ html, headers, url }: BrowserPage, what: string): void {
  // Whoever starts an authorization request sees which application asks: its name is there to be shown.
  const shown = new URL(url).pathname === "/oauth2/auth" ? html.replaceAll(APPLICATION_NAME, "") : html;
  const whole = [shown, url, ...[...headers].map(([name, value]) => `${name}: ${value}`)].join("\n");
  expect(whole.toLowerCase(), what).not.toContain(MARKER.toLowerCase());
}

/** These answer every method themselves: 405 to all but POST. */
const ALL_METHODS = /^\/(oauth2\/(token|revoke|introspect)$|hooks\/)/;

const routes = () => hookgate.routes.filter(({ method, url }) => method !== "HEAD" && (["GET", "POST"].includes(method) || !ALL_METHODS.test(url)));

describe("two brands", () => {
  test("every route of the program takes GET or POST and only parameters that this test knows", () => {
    expect(routes().length).toBeGreaterThan(30);
    for (const { method, url } of routes()) {
      expect(["GET", "POST"], url).toContain(method);
      expect(addressesOf(url, thingsOfA).length, url).toBeGreaterThan(0);
    }
  });

  test("a parameter that nobody has told this test about fails it", () => {
    for (const pattern of ["/invoices/:invoiceId", "/customers/:customerId/notes/:noteId", "/:page", "/files/*"]) {
      expect(() => addressesOf(pattern, thingsOfA), pattern).toThrow("does not know");
    }
    expect(addressesOf("/webhooks/:id/edit", thingsOfA)).toEqual([`/webhooks/${thingsOfA.webhooks[0]}/edit`]);
  });

  test("brand A's own admin sees its things at these addresses, so that the next tests look for something", async () => {
    const browser = await signedIn(hookgate, adminOfA);
    for (const kind of ["applications", "webhooks", "customers", "calls"] as const) {
      for (const id of thingsOfA[kind]) {
        const { status, html } = await browser.get(`/${kind}/${id}`);
        expect(status, kind).toBe(200);
        expect(html, kind).toContain(MARKER);
      }
    }
    for (const list of ["/", "/account/consents", "/applications", "/webhooks", "/customers", "/calls", "/users", "/settings"])
      expect((await browser.get(list)).html, list).toContain(MARKER);
  });

  test.each(["GET", "POST"])("no route answers brand B with anything of brand A: %s", async (method) => {
    const before = await stateOfA();
    for (const user of usersOfB) {
      for (const { url: pattern } of routes().filter((route) => route.method === method)) {
        for (const address of addressesOf(pattern, thingsOfA)) {
          const what = `${method} ${pattern} as ${user.role} of brand B`;
          const answer = await request(user, method, address);
          expectNothingOfA(answer, what);
          if (/[:*]/.test(pattern)) expect(Math.floor(answer.status / 100), what).toBe(4);
        }
      }
    }
    expect(await stateOfA()).toEqual(before);
  });

  test("nor does any page when the ids stand in the address's parameters", async () => {
    const before = await stateOfA();
    for (const user of usersOfB) {
      for (const { url: pattern } of routes().filter(({ method, url }) => method === "GET" && !url.includes(":"))) {
        expectNothingOfA(await request(user, "GET", pattern + queryOfA()), `GET ${pattern} with parameters`);
      }
    }
    expect(await stateOfA()).toEqual(before);
  });

  test("somebody who is not signed in gets nothing either", async () => {
    const before = await stateOfA();
    for (const { method, url: pattern } of routes()) {
      for (const address of addressesOf(pattern, thingsOfA)) {
        const stranger = new HttpBrowser(hookgate.url);
        expectNothingOfA(method === "GET" ? await stranger.get(address) : await stranger.post(address, fieldsOfA()), `${method} ${pattern} as a stranger`);
      }
    }
    expect(await stateOfA()).toEqual(before);
  });
});

test("within one brand, another owner's applications, webhooks and calls do not exist for a member on any route", async () => {
  await signedIn(hookgate, memberOfA); // So that the time of signing in is not what changes.
  const before = await stateOfA();
  const owned = routes().filter(({ url }) => /^\/(applications|account\/consents|webhooks|calls)\/:/.test(url));
  expect(owned.length).toBeGreaterThan(15);
  for (const { method, url: pattern } of owned) {
    for (const address of addressesOf(pattern, thingsOfA)) {
      const { status } = await request(memberOfA, method, address);
      expect(status, `${method} ${pattern} as another member`).toBe(404);
    }
  }
  expect(await stateOfA()).toEqual(before);
});
