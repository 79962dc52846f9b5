/** One look at one page, and what several scenes need to get there. */
import type { BrowserContext, Page } from "playwright-core";

export interface Scene {
  /** Also the name of its pictures. */
  readonly name: string;
  readonly path: string;
  /** The cookies of the person who looks; none for a stranger. */
  readonly cookies: Awaited<ReturnType<BrowserContext["cookies"]>>;
  /** What the person does before the page is looked at. */
  readonly act?: (page: Page) => Promise<unknown>;
  /** Opens as a pop-up of 480 x 640, in which nothing needs scrolling. */
  readonly popUp?: boolean;
}

export type Look = (name: string, path: string, more?: Partial<Scene>) => Promise<void>;

/** What a sensitive field holds: in no page, once it is marked. */
export const SENSITIVE_VALUE = "NL91-ABNA-0417";

export const LONG_NAME = `${"Averylongnamewithoutanyspaces".repeat(6)} and an end`.slice(0, 190);
export const RTL_NAME = "مزامنة المتجر (تجريبي)";

export const send = (button: string) => (page: Page) => page.getByRole("button", { name: button, exact: true }).click();

/**
 * Sends the form of a page and does not follow the redirect: gives the path that it leads to, which shows something once. Every
 * view of that scene then still has the cookie that holds it.
 */
export async function postOnly(page: Page, address: string, fields: readonly (readonly [string, string])[], action = address): Promise<string> {
  await page.goto(address);
  const body = new URLSearchParams([["form_token", await page.locator("input[name=form_token]").first().inputValue()]]);
  for (const [name, value] of fields) body.append(name, value);
  const answer = await page.request.post(action, {
    headers: { "content-type": "application/x-www-form-urlencoded", origin: new URL(address).origin },
    data: body.toString(),
    maxRedirects: 0,
  });
  return answer.headers()["location"] ?? "";
}
