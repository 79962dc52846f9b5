/** The scenes of what a mapping writes and of the mapping itself, for `visitEveryPage`. */
import type { Page } from "playwright-core";
import { LONG_NAME, postOnly, RTL_NAME, send, SENSITIVE_VALUE, type Look } from "./scene.ts";

/** A mapping with nothing mapped, with thirty lines and long names, with steps, and with a payload that it would refuse. `path`: the webhook's. */
export async function visitMapping(look: Look, page: Page, url: string, path: string): Promise<void> {
  const mapping = `${path}/mapping`;
  await look("webhook-mapping-long", mapping);
  await look("webhook-mapping-steps", mapping, {
    act: async (form) => {
      const row = form.getByRole("row").filter({ has: form.locator('input[value="$.email"]') });
      await row.getByText("Change the value").click();
      await row.getByLabel("Letters").selectOption("lower");
      await row.getByLabel("When there is no value").fill("nobody@example.com");
      await form.locator(".mapping .choice input").nth(1).check();
      await form.getByRole("button", { name: "Preview" }).click();
    },
  });
  await look("webhook-mapping-refused", mapping, {
    act: async (form) => {
      await form.getByLabel("Customer field of $.email").selectOption("gender");
      await form.getByRole("button", { name: "Preview" }).click();
    },
  });
  const lines = Array.from(
    { length: 30 },
    (_, index) => [`path-${index}`, `$.answers.question_${index}`, `field-${index}`, `option.survey_answer_${index + 1}`] as const,
  );
  const fields = lines.slice(0, 26).flatMap(([path, source, field, name]): (readonly [string, string])[] => [
    [path, source],
    [field, name],
  ]);
  await postOnly(page, url + mapping, [
    ...fields,
    ["path-26", "$.name.first, $.name.last"],
    ["field-26", "lastname"],
    ["trim-26", "on"],
    ["path-27", '"Web shop"'],
    ["field-27", "companyname"],
    ["path-28", `$['${LONG_NAME}']`],
    ["field-28", "jobtitle"],
    ["case-28", "upper"],
    ["read-28", "day-month-year"],
    ["default-28", LONG_NAME],
    ["path-29", "$.email"],
    ["field-29", "emailaddress"],
    ["key-29", "on"],
  ]);
  await look("webhook-mapping-many", mapping);
  await look("webhook-mapped-many", path);
  await look("webhook-mapping-versions", `${mapping}/versions`);
  await look("webhook-mapping-version", `${mapping}/versions/1`);
  await look("webhook-mapping-conflict", mapping, {
    act: async (form) => {
      await form.locator("input[name=basedOn]").evaluate((input) => input.setAttribute("value", "1"));
      await form.getByRole("button", { name: "Save mapping" }).click();
    },
  });
}

/** A webhook with a sensitive value in its newest payload, and what shows its calls. `sendCall` sends one to it. */
export async function visitSensitiveFields(look: Look, page: Page, url: string, path: string, sendCall: (body: object) => Promise<unknown>): Promise<void> {
  const sensitive = `${path}/sensitive`;
  await look("webhook-sensitive-empty", sensitive);
  await postOnly(page, url + sensitive, [["paths", "$.iban\n$.bank"]]);
  await sendCall({ email: "masked@example.com", iban: SENSITIVE_VALUE, bank: { accounts: [SENSITIVE_VALUE] }, note: "Shown" });
  await look("webhook-sensitive", sensitive);
  await look("webhook-sensitive-wrong", sensitive, {
    act: async (form) => {
      await form.getByLabel("Other paths").fill("$..iban");
      await send("Save sensitive fields")(form);
    },
  });
  await look("webhook-sensitive-mapping", `${path}/mapping`, {
    act: async (form) => {
      await form.getByLabel("Customer field of $.iban").selectOption("lastname");
      await form.getByRole("button", { name: "Preview" }).click();
    },
  });
  await look("webhook-sensitive-test", `${path}/test`);
  await look("webhook-sensitive-marked", path);
  await look("call-masked", path, { act: (form) => form.locator(".row-link").first().click() });
}

export async function visitOptionFields(look: Look, page: Page, url: string): Promise<void> {
  const add = (label: string, kind: string, choices = "") =>
    postOnly(page, `${url}/customers/new-field`, [
      ["label", label],
      ["kind", kind],
      ["choices", choices],
    ]);
  await look("option-field-new", "/customers/new-field");
  await look("option-field-new-wrong", "/customers/new-field", {
    act: async (form) => {
      await form.getByLabel("Drop-down").check();
      await send("Add option field")(form);
    },
  });
  await add("Loyalty tier", "choice", ["Gold", "Silver", ...Array.from({ length: 10 }, (_, index) => `Tier ${index}`)].join("\n"));
  await add(RTL_NAME, "yes-no");
  await add(LONG_NAME.slice(0, 100), "text");
  await add("Member since", "date");
  await look("option-fields", "/customers/fields");
  await look("option-field-edit", "/customers/fields/option.loyalty_tier/edit");
  await look("option-field-delete", "/customers/fields/option.loyalty_tier/delete");
  for (let index = 0; index < 26; index++) await add(`Survey answer ${index + 1}`, "number");
  await look("option-fields-many", "/customers/fields");
}
