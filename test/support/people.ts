/** People with a real password, for the tests that sign in as people do. */
import type { Role, User } from "../../src/identity/user.ts";
import { HttpBrowser } from "./http-browser.ts";
import type { TestHookgate } from "./start-hookgate.ts";

export const PASSWORD = "Four unrelated words, twice";

export async function addPerson(
  hookgate: TestHookgate,
  person: { readonly email: string; readonly name: string; readonly role: Role; readonly brandId?: string },
): Promise<User> {
  const added = await hookgate.services.userService.addUser({ brandId: hookgate.brandId, password: PASSWORD, ...person });
  if (added.kind !== "added") throw new Error(`Not added: ${JSON.stringify(added.errors)}`);
  return added.user;
}

/** A browser in which the person has signed in by the form. */
export async function signInAs(hookgate: TestHookgate, email: string, password = PASSWORD): Promise<HttpBrowser> {
  const browser = new HttpBrowser(hookgate.url);
  await browser.get("/sign-in");
  const page = await browser.postOnce("/sign-in", { email, password });
  if (page.status !== 303) throw new Error(`Not signed in: ${page.status}`);
  return browser;
}
