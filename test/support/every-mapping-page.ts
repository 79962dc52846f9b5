/** The scenes of what a mapping writes and of the mapping itself, for `visitEveryPage`. */
import type { Page } from "playwright-core";
import { LONG_NAME, postOnly, RTL_NAME, send, type Look } from "./scene.ts";

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
