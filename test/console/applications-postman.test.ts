import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { addClient } from "../protocol/protocol-kit.ts";
import { textOf, type BrowserPage, type HttpBrowser } from "../support/http-browser.ts";
import { addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const DESKTOP = "https://oauth.pstmn.io/v1/callback";
const WEB = "https://oauth.pstmn.io/v1/browser-callback";
const OWN = "https://shop.example/callback";

let hookgate: TestHookgate;
let owner: User;
let browser: HttpBrowser;
beforeAll(async () => {
  hookgate = await startHookgate();
  owner = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" });
  browser = await signedIn(hookgate, owner);
});
afterAll(() => hookgate.close());

type Draft = Partial<Parameters<typeof addClient>[1]>;
const addApplication = async (draft: Draft = {}) => addClient(hookgate, { owner, ...draft });

interface Part {
  readonly name: string;
  readonly item?: readonly Part[];
  readonly auth?: { readonly type: string; readonly oauth2?: readonly { readonly key: string; readonly value: unknown }[] };
}

interface Collection {
  readonly info: { readonly name: string; readonly schema: string };
  readonly variable: readonly { readonly key: string; readonly value: string }[];
  readonly item: readonly Part[];
}

const download = async (clientId: string, kind: string): Promise<BrowserPage> => browser.get(`/applications/${clientId}/postman/${kind}`);

async function collectionOf(clientId: string): Promise<Collection> {
  return JSON.parse((await download(clientId, "collection")).html) as Collection;
}

const variableOf = (collection: Collection, name: string) => collection.variable.find(({ key }) => key === name)?.value;
const namesOf = (parts: readonly Part[]): readonly string[] => parts.flatMap(({ name, item }) => (item ? [name, ...namesOf(item)] : [name]));

async function redirectUrisOf(clientId: string): Promise<readonly string[]> {
  return (await hookgate.store.applications.findApplication(hookgate.brandId, clientId))?.redirectUris ?? [];
}

describe("the files to import", () => {
  test("both are downloads named after the application, in the formats of Postman", async () => {
    const { clientId } = await addApplication({ name: 'Shop "sync" / Größe' });
    const collection = await download(clientId, "collection");
    expect(collection.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(collection.headers.get("content-disposition")).toBe('attachment; filename="shop-sync-gr-e.postman_collection.json"');
    expect(collection.headers.get("cache-control")).toContain("no-store");
    expect((JSON.parse(collection.html) as Collection).info.schema).toBe("https://schema.getpostman.com/json/collection/v2.1.0/collection.json");
    const environment = await download(clientId, "environment");
    expect(environment.headers.get("content-disposition")).toContain("shop-sync-gr-e.postman_environment.json");
    expect(environment.html).toContain('"_postman_variable_scope": "environment"');
  });

  test("a name without a letter of ASCII gives a file name all the same", async () => {
    const { clientId } = await addApplication({ name: "مزامنة" });
    expect((await download(clientId, "collection")).headers.get("content-disposition")).toBe('attachment; filename="application.postman_collection.json"');
  });

  test("the secret is in neither file, not even right after registering; its place in the environment is empty and of type secret", async () => {
    await browser.get("/applications/new");
    const page = await browser.postOnce("/applications/new", {
      name: "Fresh",
      description: "",
      type: "confidential",
      scopes: "apps.webhook:execute",
      redirectUris: OWN,
    });
    const clientId = /applications\/([0-9a-f-]+)\/registered/.exec(page.headers.get("location") ?? "")?.[1] ?? "";
    for (const kind of ["collection", "environment"]) expect((await download(clientId, kind)).html, kind).not.toMatch(/hgs_/);
    const { values } = JSON.parse((await download(clientId, "environment")).html) as { readonly values: readonly object[] };
    expect(values).toContainEqual({ key: "clientSecret", value: "", type: "secret", enabled: true });
    // The downloads are no pages: the confirmation after them still shows it.
    expect((await browser.get(`/applications/${clientId}/registered`)).html).toMatch(/hgs_/);
  });

  test("the collection holds this application's values, and the endpoint of its owner's newest webhook with OAuth 2.0", async () => {
    const { clientId } = await addApplication({ redirectUris: [DESKTOP, OWN] });
    const collection = await collectionOf(clientId);
    expect(variableOf(collection, "clientId")).toBe(clientId);
    expect(variableOf(collection, "tokenUrl")).toBe(`${hookgate.url}/oauth2/token`);
    expect(variableOf(collection, "scope")).toBe("apps.webhook:execute offline_access");
    // Postman's page would hand the code to Postman's form.
    expect(variableOf(collection, "redirectUri")).toBe(OWN);
    expect(variableOf(collection, "webhookUrl")).toBe("");
    const stranger = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Not the owner" });
    await addWebhook(hookgate, stranger, "Somebody else's");
    expect(variableOf(await collectionOf(clientId), "webhookUrl")).toBe("");
    const { id } = await addWebhook(hookgate, owner, "Orders");
    expect(variableOf(await collectionOf(clientId), "webhookUrl")).toBe(`${hookgate.url}/hooks/${id}`);
  });

  test("it has the requests that the application can send and no other", async () => {
    const all = namesOf((await collectionOf((await addApplication()).clientId)).item);
    expect(all).toContain("Client credentials");
    expect(all).toContain("4. Refresh the access token");
    expect(all).toContain("Introspect the access token");
    const publicOne = namesOf((await collectionOf((await addApplication({ type: "public", scopes: ["apps.webhook:execute"] })).clientId)).item);
    for (const name of ["Client credentials", "4. Refresh the access token", "Introspect the access token"]) expect(publicOne).not.toContain(name);
    expect(publicOne).toContain("2. Exchange the code");
    const withoutBrowser = namesOf((await collectionOf((await addApplication({ redirectUris: [] })).clientId)).item);
    expect(withoutBrowser).not.toContain("2. Exchange the code");
  });

  test("Postman's own form is filled in with what the help page says, field by field", async () => {
    const { clientId } = await addApplication();
    const folder = (await collectionOf(clientId)).item.find(({ auth }) => auth?.type === "oauth2");
    const form = Object.fromEntries(folder?.auth?.oauth2?.map(({ key, value }) => [key, value]) ?? []);
    expect(form).toMatchObject({
      grant_type: "authorization_code_with_pkce",
      redirect_uri: DESKTOP,
      authUrl: `${hookgate.url}/oauth2/auth`,
      accessTokenUrl: `${hookgate.url}/oauth2/token`,
      refreshTokenUrl: `${hookgate.url}/oauth2/token`,
      clientId,
      clientSecret: "{{clientSecret}}",
      challengeAlgorithm: "S256",
      scope: "apps.webhook:execute offline_access",
      client_authentication: "header",
    });
    const { html } = await browser.get(`/applications/${clientId}/postman`);
    for (const value of [form["redirect_uri"], form["authUrl"], form["accessTokenUrl"], form["clientId"], form["scope"], form["state"]]) {
      expect(html).toContain(`>${String(value)}</code>`);
    }
  });
});

describe("the help page", () => {
  test("is linked from the application's page and from the confirmation", async () => {
    const { clientId } = await addApplication();
    for (const path of [`/applications/${clientId}`, `/applications/${clientId}/registered`]) {
      expect((await browser.get(path)).html, path).toContain(`href="/applications/${clientId}/postman"`);
    }
  });

  test("has the fields of both grants in the order of Postman's form, and the note on pop-ups", async () => {
    const { clientId } = await addApplication();
    const { html } = await browser.get(`/applications/${clientId}/postman`);
    const labels = [...html.matchAll(/<span class="copy-label">([^<]*)<\/span>/g)].map(([, label = ""]) => label.replace(/ \(.*/, ""));
    const clientCredentials = "Token Name, Grant type, Access Token URL, Client ID, Client Secret, Scope, Client Authentication";
    const code =
      "Token Name, Grant type, Callback URL, Auth URL, Access Token URL, Client ID, Client Secret, Code Challenge Method, Scope, State, Client Authentication";
    expect(labels.slice(2).join(", ")).toBe(`${clientCredentials}, ${code}`);
    expect(textOf(html)).toContain("Allow pop-ups");
  });

  test("of a public application asks for no secret anywhere", async () => {
    const { clientId } = await addApplication({ type: "public" });
    const { html } = await browser.get(`/applications/${clientId}/postman`);
    expect(html).not.toContain("clientSecret");
    expect(html).not.toContain(">Client Secret<");
    expect(html).toContain("Send client credentials in body");
  });
});

describe("Postman's return URLs", () => {
  test("one click on the help page adds both, and the button goes", async () => {
    const { clientId } = await addApplication({ redirectUris: [OWN] });
    const path = `/applications/${clientId}/postman`;
    expect(textOf((await browser.get(path)).html)).toContain("every authorization request must name its redirect_uri");
    const page = await browser.post(path);
    expect(page.status).toBe(200);
    expect(page.html).not.toContain("return URLs</button>");
    expect(page.html).not.toContain('<button type="submit" class="button button-primary">Add Postman');
    await browser.post(path);
    expect(await redirectUrisOf(clientId)).toEqual([OWN, DESKTOP, WEB]);
  });

  test("an application that is full of redirect URLs keeps them, and the page says what to do", async () => {
    const redirectUris = Array.from({ length: 19 }, (_, index) => `https://shop.example/${index}`);
    const { clientId } = await addApplication({ redirectUris });
    await browser.get(`/applications/${clientId}/postman`);
    const page = await browser.post(`/applications/${clientId}/postman`);
    expect(page.status).toBe(409);
    expect(textOf(page.html)).toContain("at most 20 redirect URLs; these are 21");
    expect(await redirectUrisOf(clientId)).toEqual(redirectUris);
  });

  test("the form for a new application adds them by a box, also when it comes back", async () => {
    await browser.get("/applications/new");
    const fields = { name: "", description: "", type: "confidential", scopes: "apps.webhook:execute", redirectUris: OWN, postman: "yes" };
    const back = await browser.post("/applications/new", fields);
    expect(back.status).toBe(422);
    expect(back.html).toContain(`${OWN}\n${DESKTOP}\n${WEB}</textarea>`);
    expect(back.html).not.toContain('name="postman"');
    const page = await browser.post("/applications/new", { ...fields, name: "With Postman" });
    const clientId = /applications\/([0-9a-f-]+)\/registered/.exec(page.url)?.[1] ?? "";
    expect(await redirectUrisOf(clientId)).toEqual([OWN, DESKTOP, WEB]);
  });

  test("without the form token nothing is added (RFC 6749 section 10.12)", async () => {
    const { clientId } = await addApplication({ redirectUris: [OWN] });
    const page = await browser.post(`/applications/${clientId}/postman`, { form_token: "" });
    expect(page.status).toBe(403);
    expect(await redirectUrisOf(clientId)).toEqual([OWN]);
  });
});
