import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { addBrand, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

let scenes = 0;
/** A brand of its own in which nothing is activated yet. */
async function scene() {
  const brandId = await addBrand(hookgate, `Brand ${scenes++}`);
  const adminUser = await addUser(hookgate, { brandId, role: "admin", name: "Ada Admin" });
  const memberUser = await addUser(hookgate, { brandId, role: "member", name: "Mia Member" });
  return { brandId, adminUser, memberUser, admin: await signedIn(hookgate, adminUser), member: await signedIn(hookgate, memberUser) };
}

async function isActive(brandId: string): Promise<boolean> {
  return (await hookgate.store.brands.findBrand(brandId))?.modules.has("oauth2-server") ?? false;
}

async function activate(admin: HttpBrowser): Promise<void> {
  await admin.get("/store");
  await admin.submit("/store/oauth2-server/activate");
}

const APPLICATIONS_ENTRY = /<a href="\/applications"/;

describe("the store", () => {
  test("names each app, what it does and its state", async () => {
    const { admin } = await scene();
    const text = textOf((await admin.get("/store")).html);
    expect(text).toMatch(/OAuth 2\.0 server .* Not active Activate/);
    expect(text).toMatch(/Webhook .* Not installed Install/);
  });

  test("an admin activates the OAuth 2.0 server, and at once every menu of the brand has the applications", async () => {
    const { admin, member, brandId } = await scene();
    expect((await member.get("/store")).html).not.toMatch(APPLICATIONS_ENTRY);
    await activate(admin);
    expect(await isActive(brandId)).toBe(true);
    expect(textOf(admin.page.html)).toContain("The OAuth 2.0 server is active.");
    expect(textOf(admin.page.html)).toMatch(/OAuth 2\.0 server .* Active Deactivate/);
    expect((await member.get("/store")).html).toMatch(APPLICATIONS_ENTRY);
    expect((await member.get("/applications")).status).toBe(200);
  });

  test("its one primary button is the next step: activate the server, then install the first webhook, then none", async () => {
    const { admin } = await scene();
    const primaries = async () => [...(await admin.get("/store")).html.matchAll(/button-primary"[^>]*>([^<]+)</g)].map(([, label]) => label);
    expect(await primaries()).toEqual(["Activate"]);
    await activate(admin);
    expect(await primaries()).toEqual(["Install"]);
    await admin.get("/store/webhook");
    await admin.submit("/store/webhook", { name: "Orders" });
    expect(await primaries()).toEqual([]);
  });

  test("activating twice changes nothing", async () => {
    const { admin, brandId } = await scene();
    await activate(admin);
    expect((await admin.post("/store/oauth2-server/activate")).status).toBe(200);
    expect(await isActive(brandId)).toBe(true);
  });

  test("a member sees the store, is told whom to ask, and cannot switch anything", async () => {
    const { member, admin, brandId } = await scene();
    const { html } = await member.get("/store");
    expect(textOf(html)).toContain("Ask an admin to activate it.");
    expect(html).not.toContain("/store/oauth2-server/");
    expect((await member.post("/store/oauth2-server/activate")).status).toBe(403);
    expect(await isActive(brandId)).toBe(false);
    await activate(admin);
    await member.get("/store");
    expect((await member.get("/store/oauth2-server/deactivate")).status).toBe(403);
    await member.get("/store");
    expect((await member.post("/store/oauth2-server/deactivate")).status).toBe(403);
    expect(await isActive(brandId)).toBe(true);
  });

  test("what one brand activates is not active in another", async () => {
    const one = await scene();
    const other = await scene();
    await activate(one.admin);
    expect(await isActive(other.brandId)).toBe(false);
    expect((await other.admin.get("/applications")).status).toBe(403);
  });

  test("nobody who is not signed in sees it, and a form of another site switches nothing", async () => {
    const answer = await fetch(`${hookgate.url}/store`, { redirect: "manual" });
    expect(answer.status).toBe(303);
    const { admin, brandId } = await scene();
    await admin.get("/store");
    expect((await admin.post("/store/oauth2-server/activate", {}, { origin: "https://evil.example", "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect(await isActive(brandId)).toBe(false);
  });

  test("says how many webhooks the viewer has: a member's own, an admin's whole brand", async () => {
    const { adminUser, memberUser, admin, member } = await scene();
    for (const name of ["One", "Two"]) await addWebhook(hookgate, adminUser, name);
    await addWebhook(hookgate, memberUser, "Three");
    expect(textOf((await admin.get("/store")).html)).toContain("3 installed");
    expect(textOf((await member.get("/store")).html)).toContain("1 installed");
  });
});

describe("deactivating", () => {
  test("goes over a page that says what stops working and that nothing is deleted", async () => {
    const { admin, brandId } = await scene();
    await activate(admin);
    const text = textOf((await admin.get("/store/oauth2-server/deactivate")).html);
    expect(text).toContain("Deactivate the OAuth 2.0 server?");
    expect(text).toContain("Access tokens that are out are refused");
    expect(text).toContain("Nothing is deleted.");
    expect(text).not.toContain("cannot be undone");
    expect(await isActive(brandId)).toBe(true);
  });

  test("hides the menu entry, refuses the tokens, deletes nothing; activated again, the same token works", async () => {
    const { admin, adminUser, brandId } = await scene();
    await activate(admin);
    const { applications, webhooks } = hookgate.services;
    const registered = await applications.register({
      brandId,
      ownerId: adminUser.id,
      name: "Shop sync",
      description: "",
      type: "confidential",
      scopes: ["apps.webhook:execute"],
      redirectUris: [],
    });
    const added = await webhooks.add({ brandId, ownerId: adminUser.id, name: "Orders", authentication: "oauth2", mapping: null });
    if (registered.kind !== "registered" || added.kind !== "added") throw new Error("Not made.");
    const tokenRequest = () =>
      fetch(`${hookgate.url}/oauth2/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${registered.application.clientId}:${registered.clientSecret}`)}` },
        body: new URLSearchParams({ grant_type: "client_credentials" }),
      });
    const { access_token: accessToken } = (await (await tokenRequest()).json()) as { access_token: string };
    const call = async () =>
      (
        await fetch(`${hookgate.url}/hooks/${added.webhook.id}`, {
          method: "POST",
          headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
          body: "{}",
        })
      ).status;
    expect(await call()).toBe(200);

    await admin.get("/store/oauth2-server/deactivate");
    const page = await admin.submit("/store/oauth2-server/deactivate");
    expect(textOf(page.html)).toContain("Nothing was deleted.");
    expect(page.html).not.toMatch(APPLICATIONS_ENTRY);
    expect(await call()).toBe(401);
    expect((await tokenRequest()).status).toBeGreaterThanOrEqual(400);

    await activate(admin);
    expect(await call()).toBe(200);
    expect((await admin.get("/applications")).html).toContain(registered.application.clientId);
  });
});

describe("the application pages while the OAuth 2.0 server is not active", () => {
  test.each([["/applications"], ["/applications/new"], ["/applications/00000000-0000-4000-8000-000000000009"]])(
    "%s says that it is not active: an admin is led to the store, a member is told whom to ask",
    async (path) => {
      const { admin, member } = await scene();
      const forAdmin = await admin.get(path);
      expect(forAdmin.status).toBe(403);
      expect(textOf(forAdmin.html)).toContain("Activate it in the store");
      expect(forAdmin.html).toContain('href="/store"');
      const forMember = await member.get(path);
      expect(forMember.status).toBe(403);
      expect(textOf(forMember.html)).toContain("Ask an admin to activate it");
    },
  );

  test("nothing can be registered, and posting does not activate it", async () => {
    const { admin, brandId } = await scene();
    await admin.get("/store");
    const page = await admin.post("/applications/new", { name: "Shop sync", type: "confidential", scopes: "apps.webhook:execute" });
    expect(page.status).toBe(403);
    expect(await isActive(brandId)).toBe(false);
    expect((await hookgate.store.applications.listApplications(brandId, null, { limit: 10, after: null })).rows).toEqual([]);
  });
});
