/** The built program with an admin, and a real browser in which this admin is signed in. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { Installation, type ServerProcess } from "./program.ts";

const ADMIN_EMAIL = "ada@acme.example";
const PASSWORD = "Four unrelated words, twice";

/** A webhook whose callers send a token. */
export interface TokenWebhook {
  readonly path: string;
  /** Sends a call and gives the status of the answer. */
  call(body: unknown, token?: string): Promise<number>;
}

export class ConsoleBrowser {
  readonly #installation: Installation;
  readonly #server: ServerProcess;
  readonly #browser: Browser;

  private constructor(installation: Installation, server: ServerProcess, browser: Browser) {
    this.#installation = installation;
    this.#server = server;
    this.#browser = browser;
  }

  static async start(): Promise<ConsoleBrowser> {
    const installation = new Installation();
    const server = await installation.serve();
    await installation.run(["user", "add", "--email", ADMIN_EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
    return new ConsoleBrowser(installation, server, await launchChromium());
  }

  get url(): string {
    return this.#server.url;
  }

  /** `map` holds a path and a field each, `email=emailaddress`. */
  async addWebhook(name: string, ...map: readonly string[]): Promise<TokenWebhook> {
    const command = ["webhook", "add", "--name", name, "--owner", ADMIN_EMAIL, "--auth", "token"];
    if (map.length > 0) command.push("--map", ...map);
    const added = await this.#installation.json<{ readonly id: string; readonly token: string }>(command);
    return {
      path: `/webhooks/${added.id}`,
      call: async (body, token = added.token) => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        return (await fetch(`${this.url}/hooks/${added.id}`, { method: "POST", headers, body: JSON.stringify(body) })).status;
      },
    };
  }

  /** Signs in, in a browser without cookies, and opens a page of the console. */
  async open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await this.#browser.newContext(options)).newPage();
    await page.goto(`${this.url}/sign-in?return_to=${encodeURIComponent(path)}`);
    await page.getByLabel("E-mail address").fill(ADMIN_EMAIL);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`**${path}`);
    return page;
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    this.#installation.remove();
  }
}
