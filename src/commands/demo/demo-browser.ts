/**
 * As much of a browser as the authorization code grant needs: it keeps cookies, reads the hidden fields of a form and posts it as
 * its page would. The walk goes through the real pages with it, and no page knows.
 */
import { exchange, type Answer, type Tell } from "./exchange.ts";

export class DemoBrowser {
  readonly #tell: Tell;
  readonly #cookies = new Map<string, string>();
  #page = "";

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  async open(url: string): Promise<void> {
    this.#page = (await this.#exchange(url, "GET", undefined, 200)).text;
  }

  /** Posts the page's form with this action, filled in, and gives the address that the answer redirects to. */
  async submit(action: string, typed: Readonly<Record<string, string>>, base: string): Promise<string> {
    const form = this.#page.split("<form").find((part) => part.includes(`action="${action}"`));
    if (form === undefined) throw new Error(`the page has no form that posts to ${action}`);
    const body = new URLSearchParams([...hiddenFields(form), ...Object.entries(typed)]);
    // RFC 9700 section 4.12: 303, so that what was posted here is never posted to where it leads.
    const { headers } = await this.#exchange(base + action, "POST", body.toString(), 303);
    return new URL(headers.get("location") ?? "", base).href;
  }

  async #exchange(url: string, method: "GET" | "POST", body: string | undefined, expectedStatus: number): Promise<Answer> {
    // The browser's own headers are not told: they would hide what the form holds.
    const unseen = {
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      "sec-fetch-site": method === "GET" ? "none" : "same-origin",
      ...(body !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
    };
    const answer = await exchange(this.#tell, url, { method, unseen, ...(body !== undefined && { body }) }, expectedStatus);
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.#cookies.set(name, value);
    }
    return answer;
  }
}

/** Name and value of each; ours are sealed base64url, so nothing in them is escaped. */
function hiddenFields(form: string): readonly [string, string][] {
  return [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]);
}
