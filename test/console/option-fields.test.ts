import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenRule, SYSTEM_FIELD_NAMES } from "../../src/customers/customer-fields.ts";
import { MAX_OPTION_FIELDS, definitionOf, suggestedName, type OptionField, type OptionFieldKind } from "../../src/customers/option-field.ts";
import { textOf, type BrowserPage } from "../support/http-browser.ts";
import { addBrand, addCustomers, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { receiving, type Problem } from "../webhooks/receiving.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

let brands = 0;

async function scene() {
  const brandId = await addBrand(hookgate, `Option brand ${brands++}`);
  const adminUser = await addUser(hookgate, { brandId, role: "admin", name: "Admin" });
  const member = await signedIn(hookgate, await addUser(hookgate, { brandId, role: "member", name: "Member" }));
  const admin = await signedIn(hookgate, adminUser);
  return { brandId, adminUser, admin, member, list: () => hookgate.store.optionFields.listOptionFields(brandId) };
}

const errorsOf = (page: BrowserPage) => [...page.html.matchAll(/<p class="field-error"[^>]*>([\s\S]*?)<\/p>/g)].map(([, text = ""]) => textOf(text));

describe("the option fields of a brand", () => {
  test("an empty list says what to do: admins get one button, members are told whom to ask", async () => {
    const { admin, member } = await scene();
    const { html } = await admin.get("/customers/fields");
    expect(textOf(html)).toContain("There are no option fields yet.");
    expect(html.match(/class="button[^"]*" href="\/customers\/new-field"/g)).toHaveLength(1);
    const seen = await member.get("/customers/fields");
    expect(textOf(seen.html)).toContain("Admins add them.");
    expect(seen.html).not.toContain("/customers/new-field");
  });

  test("an admin adds one of each kind, without script; members see them and can change nothing", async () => {
    const { admin, member, list } = await scene();
    for (const [kind, label] of Object.entries({ text: "Nickname", number: "Visits", date: "Member since", "yes-no": "Has a car", choice: "Loyalty tier" })) {
      await admin.get("/customers/new-field");
      const page = await admin.submit("/customers/new-field", { label: ` ${label} `, kind, choices: "Gold\r\n silver \n\nGOLD" });
      expect(new URL(page.url).pathname).toBe("/customers/fields");
    }
    expect((await list()).map(({ name, label, kind, choices }) => [name, label, kind, choices])).toEqual([
      ["option.nickname", "Nickname", "text", []],
      ["option.visits", "Visits", "number", []],
      ["option.member_since", "Member since", "date", []],
      ["option.has_a_car", "Has a car", "yes-no", []],
      ["option.loyalty_tier", "Loyalty tier", "choice", ["GOLD", "SILVER"]],
    ]);
    const { html } = await member.get("/customers/fields");
    expect(textOf(html)).toContain("Loyalty tier option.loyalty_tier Drop-down GOLD, SILVER");
    expect(html).not.toContain("/delete");
    expect(html).not.toContain('<button type="submit" class="button button-plain" name="direction"');
    for (const path of ["/customers/new-field", "/customers/fields/option.visits/edit", "/customers/fields/option.visits/delete"]) {
      expect((await member.get(path)).status, path).toBe(403);
      await member.get("/customers");
      expect((await member.post(path, { label: "Mine", kind: "text" })).status, path).toBe(403);
    }
    expect((await member.post("/customers/fields/option.visits/move", { direction: "up" })).status).toBe(403);
    expect((await list()).map(({ label }) => label)).toEqual(["Nickname", "Visits", "Member since", "Has a car", "Loyalty tier"]);
  });

  test.each([
    ["no label", { label: " ", kind: "text" }, "Give the field a label."],
    ["a long label", { label: "x".repeat(101), kind: "text" }, "Shorten the label to 100 characters; it has 101."],
    ["a label that turns the text around", { label: "a\u202eb", kind: "text" }, "Remove the control characters from the label."],
    ["the label of a system field", { label: "first NAME", kind: "text" }, "There is a field with this label already. Choose another one."],
    ["no kind", { label: "Tier" }, "Choose what the field takes."],
    ["a kind that there is not", { label: "Tier", kind: "__proto__" }, "Choose what the field takes."],
    ["a drop-down without values", { label: "Tier", kind: "choice", choices: " \n " }, "Enter at least one value, one a line."],
    ["too long a value", { label: "Tier", kind: "choice", choices: "x".repeat(257) }, `Shorten ${"X".repeat(30)}… to 256 characters.`],
    [
      "too many values",
      { label: "Tier", kind: "choice", choices: Array.from({ length: 201 }, (_, index) => index).join("\n") },
      "A drop-down takes at most 200 values; these are 201.",
    ],
    ["a value with a control character", { label: "Tier", kind: "choice", choices: "a\u0007b" }, "Remove the control characters from the values."],
  ])("with %s is not added: the form comes back with the error and what was typed", async (_what, fields: Record<string, string>, problem) => {
    const { admin, list } = await scene();
    await admin.get("/customers/new-field");
    const page = await admin.post("/customers/new-field", fields);
    expect(page.status).toBe(422);
    expect(errorsOf(page)).toEqual([problem]);
    if (fields["label"]?.trim()) expect(page.html).toContain(`value="${fields["label"]}"`);
    expect(await list()).toEqual([]);
  });

  test("a label can change and be taken once; name, kind and customers' values stay", async () => {
    const { admin, adminUser, list } = await scene();
    await admin.get("/customers/new-field");
    for (const label of ["Tier", "Rank"]) await admin.post("/customers/new-field", { label, kind: "choice", choices: "GOLD\nSILVER" });
    const webhook = await addWebhook(hookgate, adminUser, "Orders");
    const { customerIds } = await addCustomers(hookgate, webhook, [{ "option.tier": "SILVER" }]);
    await admin.get("/customers/fields/option.tier/edit");
    const taken = await admin.submit("/customers/fields/option.tier/edit", { label: "rank" });
    expect(errorsOf(taken)).toEqual(["There is a field with this label already. Choose another one."]);
    await admin.submit("/customers/fields/option.tier/edit", { label: "Loyalty <b>", choices: "gold", kind: "text" });
    expect((await list())[0]).toMatchObject({ name: "option.tier", label: "Loyalty <b>", kind: "choice", choices: ["GOLD"] });
    const { html } = await admin.get(`/customers/${customerIds[0]}`);
    expect(textOf(html)).toContain("Loyalty <b> option.tier SILVER");
    expect(html).not.toContain("<b>");
  });

  test("they move up and down", async () => {
    const { admin, list } = await scene();
    await admin.get("/customers/new-field");
    for (const label of ["A", "B", "C"]) await admin.post("/customers/new-field", { label, kind: "text" });
    await admin.get("/customers/fields");
    const page = await admin.submit("/customers/fields/option.c/move", { direction: "up" });
    expect(new URL(page.url).pathname).toBe("/customers/fields");
    for (const direction of ["sideways", ""]) await admin.post("/customers/fields/option.c/move", { direction });
    expect((await list()).map(({ label }) => label)).toEqual(["A", "C", "B"]);
  });

  test("deleting says what is lost, and is refused with the names of the webhooks while mappings write the field", async () => {
    const { admin, adminUser, brandId, list } = await scene();
    await admin.get("/customers/new-field");
    await admin.post("/customers/new-field", { label: "Tier", kind: "text" });
    const actor = { brandId, userId: adminUser.id, isAdmin: true };
    const webhook = await addWebhook(hookgate, adminUser, "Orders & more");
    await hookgate.services.webhooks.setMapping(actor, webhook.id, { fields: [{ path: "tier", field: "option.tier" }], deduplicateBy: [] });
    let page = await admin.get("/customers/fields/option.tier/delete");
    expect(textOf(page.html)).toContain("Orders & more");
    expect(page.html).not.toContain("Delete option field");
    page = await admin.post("/customers/fields/option.tier/delete");
    expect(page.status).toBe(409);
    expect(await list()).toHaveLength(1);
    await hookgate.services.webhooks.setMapping(actor, webhook.id, { fields: [{ path: "tier", field: "city" }], deduplicateBy: [] });
    page = await admin.get("/customers/fields/option.tier/delete");
    expect(textOf(page.html)).toContain("The value that each customer has in this field is lost.");
    await admin.submit("/customers/fields/option.tier/delete");
    expect(await list()).toEqual([]);
    expect((await admin.get("/customers/fields/option.tier/delete")).status).toBe(404);
  });

  test("the list ends at its limit", async () => {
    const { admin, brandId } = await scene();
    for (let index = 0; index < MAX_OPTION_FIELDS; index++) {
      await hookgate.store.optionFields.insertOptionField({ brandId, name: "option.x", label: `Field ${index}`, kind: "text", choices: [] }, MAX_OPTION_FIELDS);
    }
    const { html } = await admin.get("/customers/fields");
    expect(textOf(html)).toContain("A brand has at most 200 option fields.");
    expect(html).not.toContain("/customers/new-field");
    expect(errorsOf(await admin.post("/customers/new-field", { label: "One more", kind: "text" }))).toEqual([
      "A brand has at most 200 option fields. Delete one first.",
    ]);
  });
});

describe("the name that a label gives", () => {
  test.each([
    ["Loyalty tier", "option.loyalty_tier"],
    ["Été 2026!", "option.ete_2026"],
    ["منى", "option.field"],
    ["__proto__", "option.proto"],
    ["x".repeat(100), `option.${"x".repeat(50)}`],
  ])("%s: %s", (label, name) => {
    expect(suggestedName(label)).toBe(name);
  });

  test("is that of no system field, whatever the label", () => {
    for (const name of SYSTEM_FIELD_NAMES) expect(SYSTEM_FIELD_NAMES).not.toContain(suggestedName(name));
    expect(SYSTEM_FIELD_NAMES.filter((name) => /[.,"\\]/.test(name))).toEqual([]);
  });
});

function broken(kind: OptionFieldKind, value: string): string | undefined {
  const field: OptionField = { brandId: "b", name: "option.x", label: "X", kind, choices: kind === "choice" ? ["GOLD"] : [] };
  return brokenRule(definitionOf(field), value);
}

describe("the rule of each kind", () => {
  test.each([
    ["text", ["", "anything", "x".repeat(256)], ["x".repeat(257), "a\u0000", "\ud800"]],
    ["number", ["0", "-1", "12.50", "1e400", "007", "9".repeat(256)], ["", " 1", "1,5", "0x10", "NaN", "Infinity", ".5", "5.", "٣", "1_000", "9".repeat(257)]],
    [
      "date",
      ["2026-11-24", "2024-02-29", "0001-01-01"],
      ["", "2023-02-29", "2026-13-01", "2026-00-10", "2026-11-31", "0000-01-01", "24-11-2026", "2026-1-1", "2026-11-24T10:00", " 2026-11-24"],
    ],
    ["yes-no", ["Y", "N"], ["", "y", "true", "1", "yes"]],
    ["choice", ["GOLD"], ["", "gold", "GOLD ", "SILVER"]],
  ] as const)("%s", (kind, good, bad) => {
    for (const value of good) expect(broken(kind, value), value).toBeUndefined();
    for (const value of bad) expect(broken(kind, value), value).toMatch(/^must /);
  });
});

async function receivingTiers() {
  const here = await receiving(hookgate);
  const { brandId, owner, webhook } = here;
  const insert = (name: OptionField["name"], kind: OptionFieldKind, choices: readonly string[] = []) =>
    hookgate.store.optionFields.insertOptionField({ brandId, name, label: `Label of ${name}`, kind, choices }, 10);
  await insert("option.tier", "choice", ["GOLD", "SILVER"]);
  await insert("option.number", "text");
  const actor = { brandId, userId: owner.id, isAdmin: false };
  const fields = [
    { path: "$.tier", field: "option.tier" },
    { path: "$.member.number", field: "option.number" },
  ];
  expect(await hookgate.services.webhooks.setMapping(actor, webhook.id, { fields, deduplicateBy: ["option.number"] })).toEqual({ kind: "updated" });
  return { ...here, actor };
}

describe("a call to a webhook that writes option fields", () => {
  test("finds customers by them and stores them beside the others", async () => {
    const { send, customers } = await receivingTiers();
    const first = await send({ tier: "GOLD", member: { number: 17 } });
    expect(first.status).toBe(200);
    const second = await send({ tier: "SILVER", member: { number: " 17 " } });
    expect(second.json).toMatchObject({ hookgate_id: (first.json as { hookgate_id: string }).hookgate_id });
    expect((await customers()).map(({ fields }) => fields)).toEqual([
      { optin: "Y", smsoptin: "Y", status: "PROSPECT", "option.tier": "SILVER", "option.number": " 17 " },
    ]);
  });

  test("is refused with path and rule when one is broken, and follows a changed rule from the next call on", async () => {
    const { send, customers, brandId } = await receivingTiers();
    const refused = await send([{ tier: "gold", member: { number: "x".repeat(257) } }, { member: {} }]);
    expect(refused.status).toBe(422);
    expect((refused.json as Problem).errors).toEqual([
      { path: "$[0].tier", rule: "must be one of GOLD, SILVER" },
      { path: "$[0].member.number", rule: "must be at most 256 characters long" },
      { path: "$[1].member.number", rule: "must be there and not be empty, because customers are found by it" },
    ]);
    expect((await send({ tier: "SILVER", member: { number: 1 } })).status).toBe(200);
    await hookgate.store.optionFields.updateOptionField(brandId, "option.tier", { label: "Tier", choices: ["GOLD"] });
    expect((await send({ tier: "SILVER", member: { number: 1 } })).status).toBe(422);
    expect(await customers()).toHaveLength(1);
  });

  test("a mapping to another brand's option field is none", async () => {
    await receivingTiers();
    const other = await receiving(hookgate);
    const actor = { brandId: other.brandId, userId: other.owner.id, isAdmin: true };
    expect(await hookgate.services.webhooks.setMapping(actor, other.webhook.id, { fields: [{ path: "a", field: "option.tier" }], deduplicateBy: [] })).toEqual({
      kind: "invalid",
      errors: { "line-0": "There is no customer field option.tier." },
    });
  });
});
