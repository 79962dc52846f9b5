import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { addClient, basic, clientCredentials, consent, errorOf, exchange, postToken, type TestClient } from "../protocol/protocol-kit.ts";
import { HttpBrowser, textOf } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { addBrand, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";

let hookgate: TestHookgate;
let ada: User;
let bob: User;
let carl: User;
let admin: HttpBrowser;
let application: TestClient;
let webhook: Webhook;

beforeEach(async () => {
  hookgate = await startHookgate();
  ada = await addUser(hookgate, { brandId: hookgate.brandId, name: "Ada", role: "admin" });
  bob = await addUser(hookgate, { brandId: hookgate.brandId, name: "Bob", role: "member" });
  carl = await addUser(hookgate, { brandId: hookgate.brandId, name: "Carl", role: "member" });
  admin = await signedIn(hookgate, ada);
  application = await addClient(hookgate, { owner: bob });
  webhook = await addWebhook(hookgate, bob, "Orders");
});
afterEach(() => hookgate.close());

const applicationPath = () => `/applications/${application.clientId}`;
const ownerOfApplication = async () => (await hookgate.store.clients.findClient(application.clientId))?.ownerId;
const ownerOfWebhook = async () => (await hookgate.store.webhooks.findWebhookById(webhook.id))?.ownerId;

async function call(token: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${String(token)}`, "content-type": "application/json" };
  return (await fetch(`${hookgate.url}/hooks/${webhook.id}`, { method: "POST", headers, body: "{}" })).status;
}

async function transfer(path: string, to: string, browser = admin) {
  await browser.get("/account");
  return browser.post(`${path}/transfer`, { to });
}

const remove = async (user: User, browser = admin) => {
  await browser.get("/account");
  return browser.post(`/users/${user.id}/delete`);
};
const exists = async (user: User) => (await hookgate.store.users.findUser(user.brandId, user.id)) !== undefined;

describe("transferring", () => {
  test("is for admins: to the owner it is refused, and for another member there is nothing", async () => {
    for (const path of [applicationPath(), `/webhooks/${webhook.id}`]) {
      for (const [user, status] of [
        [bob, 403],
        [carl, 404],
      ] as const) {
        const browser = await signedIn(hookgate, user);
        expect((await browser.get(`${path}/transfer`)).status).toBe(status);
        expect((await transfer(path, carl.id, browser)).status).toBe(status);
      }
    }
    for (const user of [bob, carl]) expect((await transfer(`/users/${bob.id}`, carl.id, await signedIn(hookgate, user))).status).toBe(403);
    expect([await ownerOfApplication(), await ownerOfWebhook()]).toEqual([bob.id, bob.id]);
  });

  test("goes to active users of the brand only: others are not offered, and are refused with what to change", async () => {
    const brandId = await addBrand(hookgate, "Other");
    const stranger = await addUser(hookgate, { brandId, name: "Stranger", role: "admin" });
    const off = await addUser(hookgate, { brandId: hookgate.brandId, name: "Otto", role: "member" });
    await hookgate.services.userService.deactivate(hookgate.brandId, off.id);
    const page = await admin.get(`${applicationPath()}/transfer`);
    for (const name of ["Stranger", "Otto"]) expect(page.html).not.toContain(name);
    for (const to of ["", "nobody", stranger.id, off.id]) {
      for (const path of [applicationPath(), `/webhooks/${webhook.id}`, `/users/${bob.id}`]) {
        const refused = await transfer(path, to);
        expect(refused.status).toBe(422);
        expect(refused.html).toContain("Choose an active user of this brand.");
      }
    }
    expect([await ownerOfApplication(), await ownerOfWebhook()]).toEqual([bob.id, bob.id]);
  });

  test("a form without token is refused with 403", async () => {
    await admin.get("/account");
    expect((await admin.postOnce(`${applicationPath()}/transfer`, { to: carl.id, form_token: "" })).status).toBe(403);
    expect(await ownerOfApplication()).toBe(bob.id);
  });

  test("where nobody else could have it the page says so and leads on", async () => {
    for (const user of [carl, bob]) await hookgate.services.userService.deactivate(hookgate.brandId, user.id);
    const own = await addWebhook(hookgate, ada, "Own");
    const page = await admin.get(`/webhooks/${own.id}/transfer`);
    expect(textOf(page.html)).toContain("There is no other active user of this brand to whom it could belong.");
    expect(page.html).toContain('href="/users/new"');
  });

  test("a webhook: the new owner sees it with its calls, the owner before does not, and its endpoint goes on", async () => {
    const { json } = await clientCredentials(hookgate, application);
    expect(await call(json["access_token"])).toBe(200);
    const page = await transfer(`/webhooks/${webhook.id}`, carl.id);
    expect(textOf(page.html)).toContain("Orders belongs to Carl now.");
    expect((await (await signedIn(hookgate, bob)).get(`/webhooks/${webhook.id}`)).status).toBe(404);
    const ofCarl = await signedIn(hookgate, carl);
    expect((await ofCarl.get(`/webhooks/${webhook.id}`)).status).toBe(200);
    expect((await ofCarl.get("/calls")).html).toContain("Orders");
    expect(await call(json["access_token"])).toBe(200);
    await hookgate.services.userService.deactivate(hookgate.brandId, carl.id);
    expect(await call(json["access_token"])).toBe(401);
  });

  test("an application: what the owner before consented to ends at once, its own tokens and its secret go on, and the new owner consents", async () => {
    const own = (await clientCredentials(hookgate, application)).json["access_token"];
    const { answer } = await consent(hookgate, application);
    const consented = (await exchange(hookgate, application, answer.get("code") ?? "")).json;
    const waiting = (await consent(hookgate, application, { prompt: "consent" })).answer.get("code") ?? "";
    expect([await call(own), await call(consented["access_token"])]).toEqual([200, 200]);

    expect(textOf((await transfer(applicationPath(), carl.id)).html)).toContain("Shop sync belongs to Carl now.");
    expect([await call(own), await call(consented["access_token"])]).toEqual([200, 401]);
    const refresh = { grant_type: "refresh_token", refresh_token: String(consented["refresh_token"]) };
    expect(errorOf(await postToken(hookgate, refresh, { authorization: basic(application) }))).toEqual([400, "invalid_grant"]);
    expect(errorOf(await exchange(hookgate, application, waiting))).toEqual([400, "invalid_grant"]);
    for (const token of ["access_token", "refresh_token"]) {
      const told = await postToken(hookgate, { token: String(consented[token]) }, { authorization: basic(application) }, "/oauth2/introspect");
      expect(told.json).toEqual({ active: false });
    }
    await expect(consent(hookgate, { ...application, owner: bob })).rejects.toThrow();
    const anew = await consent(hookgate, { ...application, owner: carl });
    const { json } = await exchange(hookgate, application, anew.answer.get("code") ?? "");
    expect(await call(json["access_token"])).toBe(200);
  });

  test("an application that comes back to its first owner revives nothing of before", async () => {
    const { answer } = await consent(hookgate, application);
    const consented = (await exchange(hookgate, application, answer.get("code") ?? "")).json;
    for (const to of [carl.id, bob.id]) await transfer(applicationPath(), to);
    expect(await ownerOfApplication()).toBe(bob.id);
    expect(await call(consented["access_token"])).toBe(401);
    const refresh = { grant_type: "refresh_token", refresh_token: String(consented["refresh_token"]) };
    expect(errorOf(await postToken(hookgate, refresh, { authorization: basic(application) }))).toEqual([400, "invalid_grant"]);
  });

  test("everything of a user at once, from the user's page, which lists it with links", async () => {
    expect((await admin.get(`/users/${bob.id}`)).html).toContain(`href="/users/${bob.id}/transfer"`);
    const page = await admin.get(`/users/${bob.id}/transfer`);
    for (const href of [applicationPath(), `/webhooks/${webhook.id}`]) expect(page.html).toContain(`href="${href}"`);
    expect(textOf((await transfer(`/users/${bob.id}`, carl.id)).html)).toContain("1 application and 1 webhook belong to Carl now.");
    expect([await ownerOfApplication(), await ownerOfWebhook()]).toEqual([carl.id, carl.id]);
    expect(textOf((await admin.get(`/users/${bob.id}/transfer`)).html)).toContain("Nothing belongs to this user");
  });
});

describe("deleting a user", () => {
  test("is for admins of the brand, with a form of ours", async () => {
    const stranger = await addUser(hookgate, { brandId: await addBrand(hookgate, "Other"), name: "Stranger", role: "admin" });
    for (const [user, status] of [
      [bob, 403],
      [stranger, 404],
    ] as const) {
      const browser = await signedIn(hookgate, user);
      expect((await browser.get(`/users/${carl.id}/delete`)).status).toBe(status);
      expect((await remove(carl, browser)).status).toBe(status);
    }
    await admin.get("/account");
    expect((await admin.postOnce(`/users/${carl.id}/delete`, { form_token: "" })).status).toBe(403);
    expect(await exists(carl)).toBe(true);
  });

  test("is refused until each application and webhook is transferred or deleted; the page lists them with links", async () => {
    const page = await admin.get(`/users/${bob.id}/delete`);
    expect(textOf(page.html)).toContain("Bob cannot be deleted yet");
    for (const href of [applicationPath(), `/webhooks/${webhook.id}`, `/users/${bob.id}/transfer`]) expect(page.html).toContain(`href="${href}"`);
    expect((await remove(bob)).status).toBe(422);
    await hookgate.store.webhooks.deleteWebhook(hookgate.brandId, webhook.id);
    expect((await remove(bob)).status).toBe(422);
    expect(await exists(bob)).toBe(true);
    await transfer(applicationPath(), carl.id);
    expect(textOf((await admin.get(`/users/${bob.id}/delete`)).html)).toContain("This cannot be undone.");
    expect(textOf((await remove(bob)).html)).toContain("Bob is deleted.");
    expect(await exists(bob)).toBe(false);
    expect((await admin.get(`/users/${bob.id}`)).status).toBe(404);
  });

  test("ends the user's sessions at once; the address is free again and whoever gets it has nothing of before", async () => {
    const dora = await addPerson(hookgate, { email: "dora@example.com", name: "Dora", role: "member" });
    const atWork = await signInAs(hookgate, "dora@example.com");
    const old = await addWebhook(hookgate, dora, "Old");
    await hookgate.store.webhooks.deleteWebhook(hookgate.brandId, old.id);
    await remove(dora);
    expect((await atWork.getOnce("/account")).status).toBe(303);
    await expect(signInAs(hookgate, "dora@example.com")).rejects.toThrow("422");
    await addPerson(hookgate, { email: "dora@example.com", name: "Another Dora", role: "member" });
    expect(await signInAs(hookgate, "dora@example.com", PASSWORD)).toBeDefined();
  });

  test("forgets failed sign-ins at the address", async () => {
    const dora = await addPerson(hookgate, { email: "dora@example.com", name: "Dora", role: "member" });
    const browser = new HttpBrowser(hookgate.url);
    await browser.get("/sign-in");
    for (let attempt = 0; attempt < 11; attempt++) await browser.post("/sign-in", { email: "dora@example.com", password: "not it at all" });
    await remove(dora);
    await addPerson(hookgate, { email: "dora@example.com", name: "Another Dora", role: "member" });
    expect(await signInAs(hookgate, "dora@example.com")).toBeDefined();
  });

  test("takes back an invitation: its link stops working", async () => {
    const invited = await hookgate.services.userService.inviteUser({ brandId: hookgate.brandId, email: "new@example.com", name: "New", role: "member" });
    if (invited.kind !== "invited") throw new Error("Not invited.");
    await remove(invited.user);
    expect((await new HttpBrowser(hookgate.url).get(`/invitation/${invited.invitation.secret}`)).status).toBe(410);
  });

  test("never takes the last active admin, also when two delete each other at once", async () => {
    const refused = await remove(ada);
    expect(refused.status).toBe(422);
    expect(textOf(refused.html)).toContain("No other admin of the brand is active.");
    const grace = await addUser(hookgate, { brandId: hookgate.brandId, name: "Grace", role: "admin" });
    const graceAtWork = await signedIn(hookgate, grace);
    await Promise.all([admin.get("/account"), graceAtWork.get("/account")]);
    await Promise.all([admin.postOnce(`/users/${grace.id}/delete`), graceAtWork.postOnce(`/users/${ada.id}/delete`)]);
    expect(await hookgate.store.users.listActiveAdmins(hookgate.brandId)).toHaveLength(1);
  });

  test("an admin who is not the last may delete oneself, and is out at once", async () => {
    await addUser(hookgate, { brandId: hookgate.brandId, name: "Grace", role: "admin" });
    expect(new URL((await remove(ada)).url).pathname).toBe("/sign-in");
  });

  test("calls and refused requests of transferred things keep their names", async () => {
    await postToken(hookgate, { grant_type: "client_credentials", scope: "unknown" }, { authorization: basic(application) });
    const { json } = await clientCredentials(hookgate, application);
    await call(json["access_token"]);
    await transfer(`/users/${bob.id}`, carl.id);
    await remove(bob);
    const ofCarl = await signedIn(hookgate, carl);
    expect(textOf((await ofCarl.get("/calls")).html)).toContain("Shop sync");
    expect(textOf((await ofCarl.get(`${applicationPath()}/refused-requests`)).html)).toContain("invalid_scope");
  });
});
