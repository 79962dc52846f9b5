import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newRandomId } from "../../src/lib/id.ts";
import { decodeEntities, hiddenFields, textOf, type BrowserPage, type HttpBrowser } from "../support/http-browser.ts";
import { collectPages, rowHrefs } from "../support/lists.ts";
import { addSample, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { post, receiving, type Receiving } from "../webhooks/receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

interface Scene extends Receiving {
  /** Owns the webhook. */
  readonly member: HttpBrowser;
  readonly colleague: HttpBrowser;
  readonly admin: HttpBrowser;
  /** The webhook's page. */
  readonly path: string;
}

async function scene(): Promise<Scene> {
  const place = await receiving(hookgate);
  const { brandId, owner, webhook } = place;
  return {
    ...place,
    path: `/webhooks/${webhook.id}`,
    member: await signedIn(hookgate, owner),
    colleague: await signedIn(hookgate, await addUser(hookgate, { brandId, role: "member", name: "Carl Colleague" })),
    admin: await signedIn(hookgate, await addUser(hookgate, { brandId, role: "admin", name: "Ada Admin" })),
  };
}

/** Steps 1 and 2 of the wizard; gives the path of the webhook's page. */
async function installed(browser: HttpBrowser, name = "Shop orders"): Promise<string> {
  await browser.get("/store/webhook");
  await browser.submit("/store/webhook", { name });
  const page = await browser.submit("/webhooks/", {});
  const path = /\/webhooks\/[0-9a-f-]{36}/.exec(page.url)?.[0];
  if (path === undefined) throw new Error(`Not installed: ${page.status} ${page.url}`);
  return path;
}

/** The rows of the mapping form: the path, what stands beside it, the chosen field, and whether it is a key. */
function mappingRows(html: string): readonly { path: string; field: string; isKey: boolean; text: string }[] {
  return [...html.matchAll(/<tr role="row">(?!<th scope="col")[\s\S]*?<\/tr>/g)].map(([row]) => ({
    path: decodeEntities(/name="path-\d+" value="([^"]*)"/.exec(row)?.[1] ?? hiddenFields(row).values().next().value ?? ""),
    field: /<option[^>]*selected[^>]*value="([^"]*)"|<option value="([^"]*)" selected/.exec(row)?.slice(1).find(Boolean) ?? "",
    isKey: /type="checkbox"[^>]*\schecked/.test(row),
    text: textOf(row),
  }));
}

const errorsOf = (page: BrowserPage) => [...page.html.matchAll(/<p class="field-error"[^>]*>([\s\S]*?)<\/p>/g)].map(([, text = ""]) => textOf(text));

describe("the wizard", () => {
  test("leads in five steps, without script, from a name to a mapped webhook", async () => {
    const { member, brandId, token } = await scene();
    await member.get("/store/webhook");
    expect(textOf(member.page.html)).toContain("Install a webhook");
    let page = await member.submit("/store/webhook", { name: "  Shop orders " });
    expect(page.url).toMatch(/\/install\/authentication$/);
    expect(page.html).toMatch(/<input[^>]*type="radio"[^>]*value="oauth2"[^>]*checked|<input[^>]*checked[^>]*value="oauth2"/);

    page = await member.submit("/webhooks/");
    expect(page.url).toMatch(/\/install\/endpoint$/);
    const endpoint = /data-copy-source[^>]*>(http[^<]*\/hooks\/[0-9a-f-]{36})</.exec(page.html)?.[1];
    expect(decodeEntities(page.html)).toContain(`curl --location --request POST '${endpoint}' \\\n     --header 'Authorization: Bearer {Access Token}' \\`);

    const path = new URL(page.url).pathname.replace("/install/endpoint", "");
    page = await member.get(`${path}/install/first-call`);
    expect(textOf(page.html)).toContain("Waiting for the first call");
    expect(page.html).toMatch(/<noscript><meta http-equiv="refresh" content="\d+"/);

    const body = { email: "oauth2@e-village.nl", firstname: "Oauth", order: { total: "19.95" } };
    expect((await post(endpoint!, body, { authorization: `Bearer ${token}`, "content-type": "application/json" })).status).toBe(200);
    page = await member.get(`${path}/install/first-call`);
    expect(page.html).not.toContain('http-equiv="refresh"');
    expect(textOf(page.html)).toContain("$.order.total text 19.95");

    page = await member.get(`${path}/install/mapping`);
    expect(mappingRows(page.html).map((row) => [row.path, row.field])).toEqual([
      ["$.email", "emailaddress"],
      ["$.firstname", "firstname"],
      ["$.order.total", ""],
      ["", ""],
      ["", ""],
      ["", ""],
    ]);
    page = await member.submit(`${path}/install/mapping`, { "key-0": "on" });
    expect(new URL(page.url).pathname).toBe(path);
    expect(textOf(page.html)).toContain("Shop orders is installed. Its calls write customers from now on.");

    expect((await post(endpoint!, body, { authorization: `Bearer ${token}`, "content-type": "application/json" })).json).toHaveProperty("hookgate_id");
    const { rows } = await hookgate.store.customers.listCustomers(brandId, null, { limit: 10, after: null });
    expect(rows.map(({ fields }) => [fields.emailaddress, fields.firstname])).toEqual([["oauth2@e-village.nl", "Oauth"]]);
  });

  test("asks for a name, keeps what was typed, and says what is wrong beside the field", async () => {
    const { member } = await scene();
    for (const [name, problem] of [
      ["", "Give the webhook a name."],
      ["x".repeat(201), "Shorten the name to 200 characters; it has 201."],
      ["a\u202eb", "Remove the control characters from the name."],
    ] as const) {
      await member.get("/store/webhook");
      const page = await member.submit("/store/webhook", { name });
      expect(page.status).toBe(422);
      expect(errorsOf(page)).toEqual([problem]);
      expect(decodeEntities(page.html)).toContain(name === "" ? " value " : `value="${name}"`);
    }
  });

  test("going back loses nothing: the name can be changed, the choice stays", async () => {
    const { member } = await scene();
    const path = await installed(member, "First name");
    await member.get(`${path}/install/name`);
    expect(member.page.html).toContain('value="First name"');
    await member.submit(`${path}/install/name`, { name: "Second name" });
    expect(member.page.url).toMatch(/\/install\/authentication$/);
    expect(textOf(member.page.html)).toContain("Second name");
    expect(member.page.html).toMatch(/value="oauth2" checked/);
    const again = await member.submit(`${path}/install/authentication`);
    expect(again.url).toMatch(/\/install\/endpoint$/);
  });

  test("the later steps lead back to the authentication until it is chosen, and the endpoint is not there", async () => {
    const { member, token } = await scene();
    await member.get("/store/webhook");
    const page = await member.submit("/store/webhook", { name: "Draft" });
    const path = new URL(page.url).pathname.replace("/install/authentication", "");
    for (const step of ["endpoint", "first-call", "mapping"]) expect((await member.get(`${path}/install/${step}`)).url).toMatch(/\/install\/authentication$/);
    expect((await member.postOnce(`${path}/install/mapping`, { "path-0": "$.a", "field-0": "city" })).status).toBe(303);
    expect((await post(`${hookgate.url}/hooks/${path.slice(10)}`, {}, { authorization: `Bearer ${token}` })).status).toBe(404);
    expect(textOf((await member.get("/webhooks")).html)).toContain("Draft Installing Not chosen yet");
  });

  test("an authentication that is not offered cannot be chosen", async () => {
    const { member } = await scene();
    await member.get("/store/webhook");
    await member.submit("/store/webhook", { name: "Draft" });
    for (const authentication of ["", "telepathy", "__proto__"]) {
      const page = await member.submit("/webhooks/", { authentication });
      expect(page.status).toBe(422);
      expect(errorsOf(page)).toEqual(["Choose how callers prove themselves."]);
    }
  });

  test("OAuth 2.0 is offered only while the brand's OAuth 2.0 server is active; else the page leads to the store", async () => {
    const { member, brandId, path } = await scene();
    await hookgate.store.brands.deactivateModule(brandId, "oauth2-server");
    const page = await member.get(`${path}/install/authentication`);
    expect(textOf(page.html)).toContain("OAuth 2.0 needs the OAuth 2.0 server, which is not activated.");
    expect(page.html).toContain('href="/store"');
    expect(page.html).not.toContain('value="oauth2"');
    expect((await member.post(`${path}/install/authentication`, { authentication: "oauth2" })).status).toBe(422);
  });

  test("the fourth step shows refused calls with their reasons, so that people see why nothing arrives", async () => {
    const { member, path, send } = await scene();
    await send({}, { authorization: "Bearer nonsense" });
    await send('{"a":', {});
    await send("[1]", {});
    const text = textOf((await member.get(`${path}/install/first-call`)).html);
    expect(text).toContain("The token is not an access token of this server");
    expect(text).toContain("400 A value was expected at line 1, column 6.");
    expect(text).toContain("422 $[0] must be an object.");
    expect(text).toContain("Waiting for the first call");
  });

  test("the fourth step follows the calls of its webhook until the first one has come", async () => {
    const { member, path, send } = await scene();
    const waiting = async () => /data-stream="([^"]*)" data-seen="([^"]*)"/.exec((await member.get(`${path}/install/first-call`)).html);
    const [, stream, seen] = (await waiting())!;
    expect(stream).toBe(`/calls/live?webhook=${path.split("/").at(-1)}`);
    await send({}, { authorization: undefined });
    expect((await waiting())![2]).not.toBe(seen);
    await send({});
    expect(await waiting()).toBeNull();
  });
});

describe("the mapping", () => {
  const ORDER = { email: "a@example.com", "first-name": "Ada", Gender: "WOMAN", tags: ["x"], paid: true, nothing: null };

  test("lists each place of the newest payload with its example, beside the payload", async () => {
    const { member, path, webhook } = await scene();
    await addSample(hookgate, webhook, "{}");
    await addSample(hookgate, webhook, JSON.stringify([ORDER, { "it's": "<script>alert(1)</script>" }]));
    const page = await member.get(`${path}/mapping`);
    const rows = mappingRows(page.html);
    expect(rows.map((row) => row.path).slice(0, 7)).toEqual(["$.email", "$['first-name']", "$.Gender", "$.tags[0]", "$.paid", "$.nothing", "$['it\\'s']"]);
    expect(rows.map((row) => row.field).slice(0, 4)).toEqual(["emailaddress", "firstname", "gender", ""]);
    expect(rows[0]?.text).toContain("$.email text a@example.com");
    expect(page.html).not.toContain("<script>alert");
    expect(page.html).toContain('aria-label="Newest payload"');
  });

  test("is saved as it was ticked, and comes back so", async () => {
    const { member, path, webhook } = await scene();
    await addSample(hookgate, webhook, JSON.stringify(ORDER));
    await member.get(`${path}/mapping`);
    const page = await member.submit(`${path}/mapping`, { "key-0": "on", "field-2": "", "path-6": "shop.id", "field-6": "externalid", "key-6": "on" });
    expect(page.status).toBe(200);
    expect(textOf(page.html)).toContain("The mapping is saved.");
    expect(textOf(page.html)).toContain("$.shop.id Customer number Customers are found by it");
    const saved = await hookgate.store.webhooks.findWebhookById(webhook.id);
    expect(saved?.mapping).toEqual({
      fields: [
        { path: "$.email", field: "emailaddress" },
        { path: "$['first-name']", field: "firstname" },
        { path: "$.shop.id", field: "externalid" },
      ],
      deduplicateBy: ["emailaddress", "externalid"],
    });
    expect((await hookgate.store.customers.findFieldSet(webhook.brandId, saved!.fieldSetId!))?.fields).toEqual(["emailaddress", "externalid"]);
    const again = mappingRows((await member.get(`${path}/mapping`)).html).filter(({ field }) => field !== "");
    expect(again.map(({ path: at, field, isKey }) => [at, field, isKey])).toEqual([
      ["$.email", "emailaddress", true],
      ["$['first-name']", "firstname", false],
      ["$.shop.id", "externalid", true],
    ]);
    expect(again[2]?.text).toContain("Not in the newest call");
  });

  test("can be entered before any call has come", async () => {
    const { member, path, webhook } = await scene();
    await member.get(`${path}/install/mapping`);
    expect(textOf(member.page.html)).toContain("No call has arrived yet");
    await member.submit(`${path}/install/mapping`, { "path-0": "email", "field-0": "emailaddress" });
    expect((await hookgate.store.webhooks.findWebhookById(webhook.id))?.mapping?.fields).toEqual([{ path: "$.email", field: "emailaddress" }]);
  });

  test.each([
    ["nothing at all", {}, "Map at least one value to a customer field."],
    ["a field twice", { "field-0": "city", "field-1": "city" }, "City is mapped already, from $.a. A field takes one value."],
    ["a key without a field", { "field-0": "city", "key-1": "on" }, "Choose the field to deduplicate by, or untick the box."],
    ["a path without a field", { "path-2": "$.c", "field-0": "city" }, "Choose the field that this value goes to."],
    [
      "a path that finds several values",
      { "path-2": "$..c", "field-2": "city" },
      "This path can find several values. Name one: no *, no .., no filters, no slices.",
    ],
    ["a path that is none", { "path-2": "$[", "field-2": "city" }, "This is no JSONPath. Write it like $.email, $.address.city or $['first name']."],
    [
      "several things wrong",
      { "field-0": "city", "field-1": "city", "key-2": "on" },
      "City is mapped already, from $.a. A field takes one value.|Choose the field to deduplicate by, or untick the box.",
    ],
    ["a field that there is not", { "field-0": "nothing" }, "There is no customer field nothing."],
  ])("with %s comes back with the error beside the row and all that was chosen", async (_what, fields: Record<string, string>, problem) => {
    const { member, path, webhook } = await scene();
    await addSample(hookgate, webhook, '{"a":"1","b":"2"}');
    await member.get(`${path}/mapping`);
    const page = await member.submit(`${path}/mapping`, fields);
    expect(page.status).toBe(422);
    expect(errorsOf(page)).toEqual(problem.split("|"));
    for (const [name, value] of Object.entries(fields)) {
      const index = Number(name.slice(name.indexOf("-") + 1));
      const row = mappingRows(page.html)[index];
      if (name.startsWith("path")) expect(row?.path).toBe(value);
      if (name.startsWith("field") && value !== "nothing") expect(row?.field).toBe(value);
      if (name.startsWith("key")) expect(row?.isKey).toBe(true);
    }
    expect((await hookgate.store.webhooks.findWebhookById(webhook.id))?.mapping).toBeNull();
  });
});

const previews = (page: BrowserPage) =>
  new Map([...page.html.matchAll(/<div id="preview-(\d+)"[^>]*>([\s\S]*?)<\/div>/g)].map(([, index, html = ""]) => [Number(index), textOf(html)]));

describe("the preview of a mapping", () => {
  test("stands beside each line from the start, and changes with the button, which saves nothing", async () => {
    const { member, path, webhook } = await scene();
    await addSample(hookgate, webhook, JSON.stringify([{ email: " A@Example.com", born: "24-11-2026", city: null }, { email: "b@example.com" }]));
    let page = await member.get(`${path}/mapping`);
    expect([...previews(page)]).toEqual([
      [0, "A@Example.com"],
      [1, ""],
      [2, "Clears the field"],
      [3, ""],
      [4, ""],
      [5, ""],
    ]);
    expect(textOf(page.html)).toContain("The newest payload would write 2 customers; beside the lines stands what the first of them gets.");
    const typed = {
      "trim-0": "on",
      "case-0": "lower",
      "field-1": "birthday",
      "read-1": "day-month-year",
      "default-2": "Delft & <more",
      "path-3": '"x", ',
      "field-3": "title",
    };
    page = await member.submit(`${path}/mapping`, { ...typed, preview: "preview" });
    expect(page.status).toBe(200);
    expect(previews(page).get(0)).toBe("a@example.com");
    expect(previews(page).get(1)).toBe("2026-11-24");
    expect(previews(page).get(2)).toBe("Delft & <more");
    expect(page.html).not.toContain("<more");
    expect(previews(page).get(3)).toBe("");
    expect(errorsOf(page)).toContain('Write a constant in double quotes, as JSON does: "Web shop".');
    expect(page.html).toContain('name="trim-0" checked');
    expect((await hookgate.store.webhooks.findWebhookById(webhook.id))?.mapping).toBeNull();

    page = await member.submit(`${path}/mapping`, { "path-3": "email, born", "separator-3": "", "field-3": "title" });
    expect(textOf(page.html)).toContain("$.email without spaces around it; in all lower case");
    expect((await hookgate.store.webhooks.findWebhookById(webhook.id))?.mapping?.fields).toEqual([
      { path: "$.email", field: "emailaddress", transforms: { trim: true, letterCase: "lower" } },
      { path: "$.born", field: "birthday", transforms: { readAs: "day-month-year" } },
      { path: "$.city", field: "city", transforms: { defaultValue: "Delft & <more" } },
      { paths: ["$.email", "$.born"], separator: "", field: "title" },
    ]);
    const again = await member.get(`${path}/mapping`);
    expect(previews(again).get(3)).toBe("A@Example.com24-11-2026");
  });

  test("names the values that would be refused beside the line that they belong to, and says that the call would be", async () => {
    const { member, path, webhook } = await scene();
    await addSample(
      hookgate,
      webhook,
      JSON.stringify([
        { a: "MAN", b: "x" },
        { a: "man", b: {} },
      ]),
    );
    await member.get(`${path}/install/mapping`);
    const page = await member.submit(`${path}/install/mapping`, { "field-0": "gender", "field-1": "city", preview: "preview" });
    expect(previews(page).get(0)).toBe("$[1].a must be one of MAN, WOMAN, FAMILY, NONBINARY, UNKNOWN");
    expect(previews(page).get(1)).toBe("$[1].b must be a single value, not an object or an array");
    expect(textOf(page.html)).toContain("The newest payload would be refused (422).");
  });

  test("is not offered before a call has come", async () => {
    const { member, path } = await scene();
    const { html } = await member.get(`${path}/mapping`);
    expect(html).not.toContain('name="preview"');
    expect(html).not.toContain("Would write");
  });
});

async function twoVersions() {
  const here = await scene();
  const { member, path, webhook } = here;
  await addSample(hookgate, webhook, '{"a":"1","b":"2"}');
  for (const field of ["city", "country"]) {
    await member.get(`${path}/mapping`);
    await member.submit(`${path}/mapping`, { "field-0": field });
  }
  return { ...here, fieldsOf: async () => (await hookgate.store.webhooks.findWebhookById(webhook.id))?.mapping?.fields.map(({ field }) => field) };
}

describe("the versions of a mapping", () => {
  test("are listed with who saved them, can be looked at, and taken up again as a new version", async () => {
    const { member, path, fieldsOf } = await twoVersions();
    let page = await member.get(path);
    expect(page.html).toContain(`href="${path}/mapping/versions"`);
    page = await member.get(`${path}/mapping/versions`);
    expect(textOf(page.html)).toContain("Version 2 just now Owner 1 In use Version 1 just now Owner 1");
    expect(textOf((await member.get(`${path}/mapping/versions/2`)).html)).toContain("This version is in use.");
    page = await member.get(`${path}/mapping/versions/1`);
    expect(textOf(page.html)).toContain("$.a City");
    page = await member.submit(`${path}/mapping/versions/1`);
    expect(textOf(page.html)).toContain("The mapping is that of version 1 again.");
    expect(textOf(page.html)).toContain("Version 3 just now Owner 1 In use");
    expect(await fieldsOf()).toEqual(["city"]);
  });

  test("what is no version is 404", async () => {
    const { member, path } = await twoVersions();
    for (const version of ["0", "3", "01", "-1", "1e0", "999999999999", "x"])
      expect((await member.get(`${path}/mapping/versions/${version}`)).status, version).toBe(404);
  });

  test("a version that writes an option field which is gone is not taken up, and says why", async () => {
    const { member, path, webhook, fieldsOf } = await twoVersions();
    const { brandId } = webhook;
    await hookgate.store.optionFields.insertOptionField({ brandId, name: "option.tier", label: "Tier", kind: "text", choices: [] }, 10);
    for (const field of ["option.tier", "city"]) {
      await member.get(`${path}/mapping`);
      await member.submit(`${path}/mapping`, { "field-0": field });
    }
    expect(await hookgate.store.optionFields.deleteOptionField(brandId, "option.tier")).toBe("deleted");
    expect(textOf((await member.get(`${path}/mapping/versions/3`)).html)).toContain("option.tier");
    const page = await member.submit(`${path}/mapping/versions/3`);
    expect(page.status).toBe(422);
    expect(textOf(page.html)).toContain("There is no customer field option.tier.");
    expect(await fieldsOf()).toEqual(["city"]);
  });

  test("of two people who change one mapping the second is told, keeps what was chosen, and may save it after all", async () => {
    const { member, admin, path, fieldsOf } = await twoVersions();
    await member.get(`${path}/mapping`);
    await admin.get(`${path}/mapping`);
    await admin.submit(`${path}/mapping`, { "field-0": "state" });
    await member.submit(`${path}/mapping`, { "field-0": "title", preview: "preview" });
    let page = await member.submit(`${path}/mapping`, { "field-1": "jobtitle" });
    expect(page.status).toBe(409);
    expect(textOf(page.html)).toContain("has saved version 3 while you worked on yours.");
    expect(await fieldsOf()).toEqual(["state"]);
    page = await member.submit(`${path}/mapping`);
    expect(textOf(page.html)).toContain("The mapping is saved.");
    expect(await fieldsOf()).toEqual(["title", "jobtitle"]);
  });

  test("going back is refused too when somebody has saved another one meanwhile", async () => {
    const { member, admin, path, fieldsOf } = await twoVersions();
    await member.get(`${path}/mapping/versions/1`);
    await admin.get(`${path}/mapping`);
    await admin.submit(`${path}/mapping`, { "field-0": "state" });
    const page = await member.submit(`${path}/mapping/versions/1`);
    expect(page.status).toBe(409);
    expect(await fieldsOf()).toEqual(["state"]);
  });
});

describe("the list and the page", () => {
  test("an empty list says what to do next, with one button", async () => {
    const { colleague } = await scene();
    const { html } = await colleague.get("/webhooks");
    expect(textOf(html)).toContain("There is no webhook yet.");
    expect(html.match(/class="button[^"]*" href="\/store\/webhook"/g)).toHaveLength(1);
  });

  test("show name, state, authentication, owner and the last call", async () => {
    const { member, webhook, send } = await scene();
    expect(textOf((await member.get("/webhooks")).html)).toContain("Orders Waiting for the first call OAuth 2.0 Owner None yet");
    await send({ email: "a@example.com" });
    expect(textOf((await member.get("/webhooks")).html)).toContain("Orders Waiting for its mapping OAuth 2.0 Owner just now");
    await hookgate.services.webhooks.setMapping({ brandId: webhook.brandId, userId: webhook.ownerId, isAdmin: false }, webhook.id, {
      fields: [{ path: "email", field: "emailaddress" }],
      deduplicateBy: [],
    });
    expect(textOf((await member.get("/webhooks")).html)).toContain("Orders Mapped OAuth 2.0 Owner just now");
  });

  test("the list is paged, each webhook once", async () => {
    const { member, owner } = await scene();
    for (let count = 0; count < 60; count++) await addWebhook(hookgate, owner, `Webhook ${count}`);
    const pages = await collectPages(member, "/webhooks", "/webhooks/");
    expect(pages.map(({ length }) => length)).toEqual([25, 25, 11]);
    expect(new Set(pages.flat()).size).toBe(61);
  });

  test("the page has the endpoint and a call to copy, the mapping, and the newest calls with what was refused", async () => {
    const { member, path, endpoint, send } = await scene();
    await send({}, { authorization: undefined });
    const { html } = await member.get(path);
    expect(html).toContain(endpoint);
    expect(textOf(html)).toContain("Nothing is mapped yet");
    expect(textOf(html)).toContain("The call has no Authorization header.");
    expect(html).toContain(`href="${path}/mapping"`);
    expect(html).toContain(`href="/calls?webhook=${path.slice(10)}"`);
  });

  test("renaming changes the name and nothing else", async () => {
    const { member, path, webhook } = await scene();
    await member.get(`${path}/rename`);
    expect((await member.submit(`${path}/rename`, { name: " " })).status).toBe(422);
    const page = await member.submit(`${path}/rename`, { name: 'Bestellungen "Nord" <b>' });
    expect(new URL(page.url).pathname).toBe(path);
    expect(textOf(page.html)).toContain('Bestellungen "Nord" <b>');
    expect(await hookgate.store.webhooks.findWebhookById(webhook.id)).toEqual({ ...webhook, name: 'Bestellungen "Nord" <b>' });
  });

  test("deleting says what stops working, and the endpoint is gone at once", async () => {
    const { member, path, endpoint, send } = await scene();
    const { html } = await member.get(`${path}/delete`);
    expect(textOf(html)).toContain("Delete “Orders”?");
    expect(textOf(html)).toContain(`Calls to ${endpoint} are answered 404`);
    expect((await send({})).status).toBe(200);
    const page = await member.submit(`${path}/delete`);
    expect(new URL(page.url).pathname).toBe("/webhooks");
    expect(textOf(page.html)).toContain("Orders is deleted.");
    expect((await send({})).status).toBe(404);
    expect((await member.get(path)).status).toBe(404);
    expect(rowHrefs((await member.get("/calls")).html, "/calls/")).toHaveLength(1);
  });
});

describe("who sees what", () => {
  const GET_PATHS = [
    "",
    "/rename",
    "/delete",
    "/mapping",
    "/newest-calls",
    ...["name", "authentication", "endpoint", "first-call", "mapping"].map((step) => `/install/${step}`),
  ];
  const POST_PATHS = ["/rename", "/delete", "/mapping", "/install/name", "/install/authentication", "/install/mapping"];

  test("to another member and to another brand's admin the webhook does not exist, on no route", async () => {
    const [mine, theirs] = [await scene(), await scene()];
    for (const browser of [mine.colleague, theirs.admin, theirs.member]) {
      for (const path of GET_PATHS) expect((await browser.get(`${mine.path}${path}`)).status).toBe(404);
      for (const path of POST_PATHS) {
        await browser.get("/store/webhook");
        const page = await browser.post(`${mine.path}${path}`, { name: "Taken", authentication: "oauth2", "path-0": "$.a", "field-0": "city" });
        expect(page.status).toBe(404);
      }
      expect((await browser.get("/webhooks")).html).not.toContain(mine.webhook.id);
    }
    expect(await hookgate.store.webhooks.findWebhookById(mine.webhook.id)).toEqual(mine.webhook);
  });

  test("an admin reaches every webhook of the brand, and changing one leaves its owner", async () => {
    const { admin, path, webhook, owner } = await scene();
    expect(rowHrefs((await admin.get("/webhooks")).html, "/webhooks/")).toEqual([path]);
    for (const one of GET_PATHS) expect((await admin.get(`${path}${one}`)).status).toBe(200);
    await admin.get(`${path}/rename`);
    await admin.submit(`${path}/rename`, { name: "Renamed by the admin" });
    expect(await hookgate.store.webhooks.findWebhookById(webhook.id)).toMatchObject({ name: "Renamed by the admin", ownerId: owner.id });
  });

  test("who is not signed in is sent to sign in, and nothing happens", async () => {
    const { path, webhook } = await scene();
    for (const one of ["/webhooks", "/store/webhook", ...GET_PATHS.map((end) => `${path}${end}`)]) {
      const response = await fetch(`${hookgate.url}${one}`, { redirect: "manual" });
      expect(response.status).toBe(303);
      expect(response.headers.get("location")).toBe(`/sign-in?return_to=${encodeURIComponent(one)}`);
    }
    for (const one of POST_PATHS) {
      const response = await fetch(`${hookgate.url}${path}${one}`, { method: "POST", redirect: "manual", body: new URLSearchParams({ name: "x" }) });
      expect([303, 403]).toContain(response.status);
    }
    expect(await hookgate.store.webhooks.findWebhookById(webhook.id)).toEqual(webhook);
  });

  test("an id that there is not, or that is none, is 404", async () => {
    const { admin } = await scene();
    for (const id of [newRandomId(), "nonsense", "..", "%00"]) expect((await admin.get(`/webhooks/${id}/mapping`)).status).toBe(404);
  });
});
