/**
 * A server whose public URL has a path: a browser that follows every link, form, script, style sheet, font and redirect never leaves the
 * path and never meets an address that is not there.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressInside } from "../../src/web/base-path.ts";
import { createCookies } from "../../src/web/cookies.ts";
import { addClient, authorizationPath, goodRequest, postToken, basic } from "../protocol/protocol-kit.ts";
import { freePort } from "../support/free-port.ts";
import { decodeEntities, HttpBrowser, type BrowserPage } from "../support/http-browser.ts";
import { addCustomers, addRefusedCalls, addSample, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const PATH = "/some/deep-path";
const ADMIN = { name: "Ada", email: "ada@example.com", password: "Four unrelated words, twice" };

let hookgate: TestHookgate;
let origin: string;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  hookgate = await startHookgate({ HOOKGATE_PORT: String(port), HOOKGATE_URL: origin + PATH });
  await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
});
afterAll(() => hookgate.close());

/** Everything on the page that a browser would load or go to by itself or by these attributes, other sites left out. */
function addressesOn(page: BrowserPage, attributes: string): readonly string[] {
  const found = [...page.html.matchAll(new RegExp(`\\s(?:${attributes})="([^"]*)"`, "g"))].map(([, address = ""]) => decodeEntities(address));
  const styles = page.headers.get("content-type")?.startsWith("text/css") ? [...page.html.matchAll(/url\("?([^)"]+)"?\)/g)].map(([, url = ""]) => url) : [];
  return [...found, ...styles]
    .filter((address) => !address.startsWith("#"))
    .map((address) => new URL(address, page.url))
    .filter((url) => url.origin === origin)
    .map((url) => url.pathname + url.search);
}

const isUnder = (address: string) => address === PATH || address.startsWith(`${PATH}/`) || address.startsWith(`${PATH}?`);

/** Follows everything from the given addresses on; gives what was met. */
async function crawl(browser: HttpBrowser, starts: readonly string[]) {
  const waiting = [...starts];
  const met = new Map<string, number>();
  const forms = new Set<string>();
  const strays: string[] = [];
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    if (met.has(address)) continue;
    const page = await browser.getOnce(address);
    met.set(address, page.status);
    const location = page.headers.get("location");
    const ways = [...addressesOn(page, "href|src|data-stream|data-rows"), ...(location === null ? [] : [location])];
    const actions = addressesOn(page, "action|formaction");
    for (const next of [...ways, ...actions]) if (!isUnder(next)) strays.push(`${address} leads to ${next}`);
    waiting.push(...ways);
    for (const action of actions) forms.add(action);
  }
  return { met, forms: [...forms], strays };
}

describe("a public URL with a path", () => {
  test("set-up, signing in and out lead to addresses under the path, and so do their cookies", async () => {
    const browser = new HttpBrowser(hookgate.url);
    const page = await browser.get(hookgate.setUpPath ?? "");
    expect(new URL(page.url).pathname).toBe(PATH + hookgate.setUpPath);
    const done = await browser.submit("/setup/", { name: ADMIN.name, email: ADMIN.email, password: ADMIN.password, repeated: ADMIN.password });
    expect([done.status, new URL(done.url).pathname]).toEqual([200, `${PATH}/`]);
    const out = await browser.submit("/sign-out");
    expect(new URL(out.url).pathname).toBe(`${PATH}/sign-in`);

    const asked = await browser.getOnce(`${PATH}/webhooks?after=x`);
    expect([asked.status, asked.headers.get("location")]).toEqual([303, `${PATH}/sign-in?return_to=%2Fwebhooks%3Fafter%3Dx`]);
    await browser.get(asked.headers.get("location") ?? "");
    const form = { email: ADMIN.email, password: ADMIN.password, return_to: "/webhooks" };
    const signedInAnswer = await browser.postOnce("/sign-in", form);
    expect([signedInAnswer.status, signedInAnswer.headers.get("location")]).toEqual([303, `${PATH}/webhooks`]);
    for (const cookie of signedInAnswer.headers.getSetCookie()) expect(cookie).toContain(`; Path=${PATH};`);
    expect(signedInAnswer.headers.getSetCookie()).not.toEqual([]);
  });

  test("no link, form, script, picture or redirect of any page leaves the path or is broken", async () => {
    const admin = await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Olga" });
    const webhook = await addWebhook(hookgate, admin, "Orders");
    await addCustomers(hookgate, webhook, [{ emailaddress: "a@example.com" }], '[{"email":"a@example.com"}]');
    await addSample(hookgate, webhook, '{"email":"b@example.com"}');
    await addRefusedCalls(hookgate, webhook, [{ reason: "No." }]);
    const client = await addClient(hookgate, { owner: admin, name: '" href="/trap' });
    await postToken(hookgate, { grant_type: "client_credentials", scope: "nonsense" }, { authorization: basic(client) });
    const browser = await signedIn(hookgate, admin);
    const { met, forms, strays } = await crawl(browser, [`${PATH}/`, PATH, PATH + authorizationPath(goodRequest(client))]);
    expect(strays).toEqual([]);
    // A stream of changes is for scripts, which ask for one.
    expect([...met].filter(([address, status]) => ![200, 303].includes(status) && !address.includes("/calls/live"))).toEqual([]);
    expect([...met].filter(([address, status]) => address.includes("/calls/live") && status !== 406)).toEqual([]);
    expect(met.size).toBeGreaterThan(30);
    const targets = hookgate.routes.filter(({ method }) => method === "POST").map(({ url }) => new RegExp(`^${PATH}${url.replaceAll(/:\w+/g, "[^/]+")}$`));
    // What nothing is posted to is asked for: a list, or a file.
    const asked = forms.filter((form) => !met.has(form) && !targets.some((target) => target.test(form)));
    for (const form of asked) expect([form, (await browser.getOnce(`${form}?format=csv`)).status]).toEqual([form, 200]);
    expect(forms.length).toBeGreaterThan(10);
    // A style sheet's own fonts are among them.
    expect([...met.keys()].some((address) => address.endsWith(".woff2"))).toBe(true);
    const stranger = await crawl(new HttpBrowser(hookgate.url), [
      `${PATH}/no-such-page`,
      `${PATH}/setup`,
      `${PATH}/invitation/x`,
      PATH + authorizationPath(goodRequest(client)),
    ]);
    expect(stranger.strays).toEqual([]);
  });

  test("what pages say to copy has the path, and works: token URL, endpoint, invitation", async () => {
    const admin = await addUser(hookgate, { brandId: hookgate.brandId, role: "admin", name: "Olga" });
    const client = await addClient(hookgate, { owner: admin });
    const webhook = await addWebhook(hookgate, admin, "Orders");
    const browser = await signedIn(hookgate, admin);
    expect((await browser.get(`/applications/${client.clientId}`)).html).toContain(`${hookgate.url}/oauth2/token`);
    expect((await browser.get(`/webhooks/${webhook.id}`)).html).toContain(`${hookgate.url}/hooks/${webhook.id}`);
    await browser.get("/users/new");
    const invited = await browser.post("/users/new", { name: "Ida", email: "ida@example.com", role: "member" });
    const link = new RegExp(`${hookgate.url}/invitation/[\\w-]+`).exec(invited.html)?.[0] ?? "";
    expect((await fetch(link)).status).toBe(200);

    const issued = await postToken(hookgate, { grant_type: "client_credentials" }, { authorization: basic(client) });
    expect(issued.status).toBe(200);
    const call = await fetch(`${hookgate.url}/hooks/${webhook.id}`, {
      method: "POST",
      headers: { authorization: `Bearer ${String(issued.json["access_token"])}`, "content-type": "application/json" },
      body: '{"email":"c@example.com"}',
    });
    expect(call.status).toBe(200);
  });

  test("beside the path there is nothing but the probes", async () => {
    for (const probe of ["/livez", "/readyz", `${PATH}/livez`]) expect((await fetch(origin + probe)).status).toBe(200);
    const outside = ["/", "/sign-in", "/oauth2/token", "/oauth2/auth", "/hooks/x", `${PATH}x/sign-in`, "/some", "/SOME/deep-path/", "//some/deep-path/"];
    for (const path of outside) {
      expect([path, (await fetch(origin + path, { redirect: "manual" })).status]).toEqual([path, 404]);
      expect([path, (await fetch(origin + path, { method: "POST", body: "grant_type=x", redirect: "manual" })).status]).toEqual([path, 404]);
    }
  });
});

describe("addressInside", () => {
  test.each([
    ["/a/b", "/a/b", "/"],
    ["/a/b", "/a/b/", "/"],
    ["/a/b", "/a/b?x=/a/b", "/?x=/a/b"],
    ["/a/b", "/a/b/a/b", "/a/b"],
    ["/a/b", "/a/b//evil.example", "//evil.example"],
    ["/a/b", "/.well-known/oauth-authorization-server/a/b", "/.well-known/oauth-authorization-server"],
    ["/a/b", "/a/b/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"],
    ["", "/sign-in?x=1", "/sign-in?x=1"],
    ["", "http://host/sign-in?x=1", "/sign-in?x=1"],
    ["", "http://host?x=1", "/?x=1"],
    ["", "HTTPS://host", "/"],
    ["/a/b", "http://host/a/b/c?x=http://y/", "/c?x=http://y/"],
  ])("under %j, %s is %s", (basePath, target, inside) => expect(addressInside(basePath, target)).toBe(inside));

  test.each(["/a", "/a/bc", "/A/b", "/a/b%2fc", "/a%2fb", "*", "http://host/a/", "a/b", "//a/b", "/.well-known/oauth-authorization-server", "/x/../a/b"])(
    "under /a/b, %s is not ours",
    (target) => expect(addressInside("/a/b", target)).toMatch(/^\/outside/),
  );
});

test("over https the cookies of a path are for that path, and those of a whole host for nobody else", () => {
  const { session, options } = createCookies(new URL("https://host.example/some/path"));
  expect([session, options.path, options.secure]).toEqual(["__Secure-hookgate_session", "/some/path", true]);
  const whole = createCookies(new URL("https://host.example/"));
  expect([whole.session, whole.options.path]).toEqual(["__Host-hookgate_session", "/"]);
});
