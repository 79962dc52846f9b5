/**
 * A browser without scripts and without pixels: keeps cookies, follows redirects only when told, and fills in forms as they stand on
 * the page. For most page tests; the few that need a real browser use Chromium.
 */
export interface BrowserPage {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly url: string;
}

export class HttpBrowser {
  readonly #base: string;
  /** Empty, or the path that the server's public URL has. */
  readonly #basePath: string;
  readonly #cookies = new Map<string, string>();
  #page: BrowserPage | undefined;

  constructor(base: string) {
    this.#base = base;
    this.#basePath = new URL(base).pathname.replace(/\/$/, "");
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  /** The page that was loaded last. */
  get page(): BrowserPage {
    if (!this.#page) throw new Error("No page was loaded yet.");
    return this.#page;
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  /** Loads an address and follows redirects within the server; one that leads elsewhere is given back as it is (with `Location`). */
  async get(path: string, headers: Record<string, string> = {}): Promise<BrowserPage> {
    return this.#follow(await this.#send("GET", path, undefined, { "sec-fetch-site": "none", ...headers }));
  }

  /** Loads an address and does not follow a redirect. */
  async getOnce(path: string, headers: Record<string, string> = {}): Promise<BrowserPage> {
    return this.#send("GET", path, undefined, headers);
  }

  /**
   * Posts the fields with the form token of the page that was loaded last (or the given one) and follows redirects within the
   * server. A value may be a list: the name then comes once for each.
   */
  async post(path: string, fields: Record<string, string | readonly string[]> = {}, headers: Record<string, string> = {}): Promise<BrowserPage> {
    return this.#follow(await this.postOnce(path, fields, headers));
  }

  async postOnce(path: string, fields: Record<string, string | readonly string[]> = {}, headers: Record<string, string> = {}): Promise<BrowserPage> {
    const body = new URLSearchParams();
    const token = this.#page && hiddenFields(this.#page.html).get("form_token");
    if (token !== undefined && !("form_token" in fields)) body.append("form_token", token);
    for (const [name, value] of Object.entries(fields)) for (const one of typeof value === "string" ? [value] : value) body.append(name, one);
    return this.#send("POST", path, body.toString(), {
      "content-type": "application/x-www-form-urlencoded",
      origin: new URL(this.#base).origin,
      "sec-fetch-site": "same-origin",
      ...headers,
    });
  }

  /**
   * Sends the form on the present page whose action is (or starts with) the given one, with all its hidden fields and what is
   * chosen and typed in it, overlaid with the given fields.
   */
  async submit(action: string, fields: Record<string, string | readonly string[]> = {}): Promise<BrowserPage> {
    const form = formOf(this.page.html, this.#addressOf(action));
    return this.post(form.action, { ...form.fields, ...fields });
  }

  async #follow(page: BrowserPage): Promise<BrowserPage> {
    let current = page;
    for (let hops = 0; hops < 10 && current.status >= 300 && current.status < 400; hops++) {
      const target = new URL(current.headers.get("location") ?? "", current.url);
      if (target.origin !== new URL(this.#base).origin) return current;
      current = await this.#send("GET", target.pathname + target.search, undefined, { "sec-fetch-site": "same-origin" });
    }
    return current;
  }

  /** Tests may name an address as it is inside the program, or as pages have it. */
  #addressOf(path: string): string {
    return path.startsWith("/") && !`${path}/`.startsWith(`${this.#basePath}/`) ? this.#basePath + path : path;
  }

  async #send(method: string, path: string, body: string | undefined, headers: Record<string, string>): Promise<BrowserPage> {
    const url = new URL(this.#addressOf(path), this.#base);
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { method, body: body ?? null, redirect: "manual", headers: { ...(cookie && { cookie }), ...headers } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const name = pair.slice(0, pair.indexOf("="));
      const expired = attributes.some((attribute) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(attribute));
      if (expired) this.#cookies.delete(name);
      else this.#cookies.set(name, pair.slice(pair.indexOf("=") + 1));
    }
    const page = { status: response.status, headers: response.headers, html: await response.text(), url: url.href };
    if (page.html.includes("<html")) this.#page = page;
    return page;
  }
}

/** The text of an HTML attribute or node as a person reads it. */
export function decodeEntities(html: string): string {
  return html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}

/** The page without tags, white space folded. */
export function textOf(html: string): string {
  return decodeEntities(html.replace(/<(script|style|head)[\s\S]*?<\/\1>/g, " ").replace(/<[^>]+>/g, " "))
    .replace(/\s+/g, " ")
    .trim();
}

export function hiddenFields(html: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = attribute(tag, "name");
    if (name !== undefined) fields.set(name, attribute(tag, "value") ?? "");
  }
  return fields;
}

function formOf(html: string, action: string): { action: string; fields: Record<string, string | string[]> } {
  for (const [whole, tag, inside] of html.matchAll(/(<form[^>]*>)([\s\S]*?)<\/form>/g)) {
    const found = whole === undefined ? undefined : attribute(tag ?? "", "action");
    if (found === undefined || !found.startsWith(action)) continue;
    const fields: Record<string, string | string[]> = {};
    const add = (name: string, value: string) => {
      const known = fields[name];
      fields[name] = known === undefined ? value : [...(typeof known === "string" ? [known] : known), value];
    };
    for (const [input] of (inside ?? "").matchAll(/<input[^>]*>/g)) {
      const name = attribute(input, "name");
      const type = attribute(input, "type") ?? "text";
      if (name === undefined || ((type === "checkbox" || type === "radio") && !/\schecked(\s|>|=|\/)/.test(input))) continue;
      add(name, attribute(input, "value") ?? (type === "checkbox" ? "on" : ""));
    }
    for (const [, tagText, text] of (inside ?? "").matchAll(/(<textarea[^>]*>)([\s\S]*?)<\/textarea>/g)) {
      const name = attribute(tagText ?? "", "name");
      if (name !== undefined) add(name, decodeEntities(text ?? ""));
    }
    for (const [, tagText, options] of (inside ?? "").matchAll(/(<select[^>]*>)([\s\S]*?)<\/select>/g)) {
      const name = attribute(tagText ?? "", "name");
      const all = [...(options ?? "").matchAll(/<option[^>]*>/g)].map(([option]) => option);
      const chosen = all.find((option) => /\sselected(\s|>|=|\/)/.test(option)) ?? all[0];
      if (name !== undefined && chosen !== undefined) add(name, attribute(chosen, "value") ?? "");
    }
    return { action: found, fields };
  }
  throw new Error(`The page has no form whose action starts with ${action}.`);
}

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? (new RegExp(`\\s${name}(\\s|>|/)`).test(tag) ? "" : undefined);
  return found === undefined ? undefined : decodeEntities(found);
}
