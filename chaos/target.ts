/** What the load is aimed at: an application, a webhook that deduplicates, and a person who consents; made by commands, as an operator makes them. */
import { HttpBrowser } from "../test/support/http-browser.ts";
import type { Installation } from "../test/support/program.ts";

const PASSWORD = "Four unrelated words, twice";
const EMAIL = "ada@example.com";
const REDIRECT_URI = "https://shop.example.com/callback";

export interface Target {
  readonly authorization: string;
  readonly clientId: string;
  readonly path: string;
}

export async function makeTarget(installation: Installation): Promise<Target> {
  await installation.run(["migrate"]);
  await installation.run(["user", "add", "--email", EMAIL, "--name", "Ada", "--role", "admin", "--password-stdin"], { stdin: PASSWORD });
  const owner = ["--owner", EMAIL];
  const scopes = ["--scope", "apps.webhook:execute offline_access", "--redirect-uri", REDIRECT_URI];
  const { client_id, client_secret } = await installation.json<{ client_id: string; client_secret: string }>([
    "application",
    "add",
    "--name",
    "Chaos",
    ...owner,
    ...scopes,
  ]);
  const mapping = ["--map", "email=emailaddress", "firstname=firstname", "--dedupe", "emailaddress"];
  const { endpoint } = await installation.json<{ endpoint: string }>(["webhook", "add", "--name", "Chaos", ...owner, "--auth", "oauth2", ...mapping]);
  // The quota of a day would end the load before the time is up.
  await liftQuota(installation);
  const authorization = `Basic ${btoa(`${client_id}:${client_secret}`)}`;
  return { authorization, clientId: client_id, path: new URL(endpoint).pathname };
}

/** The first refresh token of a new family, by way of the pages. Throws while the node cannot answer. */
export async function newRefreshToken(url: string, { authorization, clientId }: Target): Promise<string> {
  const browser = new HttpBrowser(url);
  await browser.get("/sign-in");
  await browser.postOnce("/sign-in", { email: EMAIL, password: PASSWORD });
  const request = new URLSearchParams({ client_id: clientId, response_type: "code", state: "x", scope: "apps.webhook:execute offline_access" });
  const page = await browser.get(`/oauth2/auth?${request}`);
  const redirect = page.status === 303 ? page : await browser.submit("/oauth2/consent", { decision: "allow" });
  const code = new URL(redirect.headers.get("location") ?? "nowhere:").searchParams.get("code");
  if (code === null) throw new Error("No code.");
  const body = new URLSearchParams({ grant_type: "authorization_code", code });
  const answer = await fetch(`${url}/oauth2/token`, { method: "POST", headers: { authorization }, body });
  if (answer.status !== 200) throw new Error(`The code was answered ${answer.status}.`);
  return ((await answer.json()) as { refresh_token: string }).refresh_token;
}

async function liftQuota(installation: Installation): Promise<void> {
  const { openStore } = await import("../src/store/open-store.ts");
  const { DEFAULT_BRAND_ID } = await import("../src/brands/brand.ts");
  const store = await openStore({ url: installation.environment["HOOKGATE_STORE"]!, migrate: false });
  await store.brands.activateModule(DEFAULT_BRAND_ID, "webhook-pro", Date.now());
  await store.close();
}
