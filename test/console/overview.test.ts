import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import { newRandomId } from "../../src/lib/id.ts";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { rowHrefs } from "../support/lists.ts";
import { addBrand, addCustomers, addRefusedCalls, addSample, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

let brands = 0;
async function scene(): Promise<{
  readonly brandId: string;
  readonly admin: User;
  readonly member: User;
  readonly adminBrowser: HttpBrowser;
  readonly memberBrowser: HttpBrowser;
}> {
  const brandId = await addBrand(hookgate, `Brand ${brands++}`);
  const admin = await addUser(hookgate, { brandId, role: "admin", name: "Admin" });
  const member = await addUser(hookgate, { brandId, role: "member", name: "Member" });
  return { brandId, admin, member, adminBrowser: await signedIn(hookgate, admin), memberBrowser: await signedIn(hookgate, member) };
}

async function addApplication(owner: User): Promise<void> {
  const now = hookgate.clock.now();
  const application = {
    clientId: newRandomId(),
    brandId: owner.brandId,
    ownerId: owner.id,
    name: "Shop sync",
    description: "",
    type: "confidential",
    scopes: ["apps.webhook:execute"],
    redirectUris: [],
    createdAt: now,
    updatedAt: now,
  } as const;
  await hookgate.store.applications.insertApplication(application, { id: newRandomId(), digest: newRandomId() });
}

/** The checklist as a person reads it: one letter for each step, `x` done; and where the one button leads. */
function checklist(html: string): { readonly steps: string; readonly button: string | null } | null {
  const list = /<ol class="checklist"[\s\S]*?<\/ol>/.exec(html)?.[0];
  if (list === undefined) return null;
  const steps = [...list.matchAll(/<li[\s\S]*?<\/li>/g)].map(([item]) => (item.includes("(done)") ? "x" : "-")).join("");
  const buttons = [...list.matchAll(/<a class="button[^"]*" href="([^"]*)"/g)].map(([, href]) => href!);
  expect(buttons.length).toBeLessThanOrEqual(1);
  return { steps, button: buttons[0] ?? null };
}

describe("the first page", () => {
  test("guides an admin along the walk, one step after the other, by what is really there", async () => {
    const { brandId, admin, adminBrowser } = await scene();
    const look = async () => checklist((await adminBrowser.get("/")).html);

    expect(await look()).toEqual({ steps: "-----", button: "/store" });
    await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
    expect(await look()).toEqual({ steps: "x----", button: "/applications/new" });
    await addApplication(admin);
    expect(await look()).toEqual({ steps: "xx---", button: "/store/webhook" });
    const webhook = await addWebhook(hookgate, admin, "Sign-ups");
    expect(await look()).toEqual({ steps: "xxx--", button: `/webhooks/${webhook.id}` });
    await addRefusedCalls(hookgate, webhook, [{}]);
    expect(await look(), "a refused call is no step").toEqual({ steps: "xxx--", button: `/webhooks/${webhook.id}` });
    await addSample(hookgate, webhook, "{}");
    expect(await look()).toEqual({ steps: "xxxx-", button: `/webhooks/${webhook.id}` });
    await addCustomers(hookgate, webhook, [{ firstname: "Ada" }]);
    expect(await look()).toBeNull();

    await hookgate.store.webhooks.deleteWebhook(brandId, webhook.id);
    expect(await look(), "deleting the only webhook opens its step again").toEqual({ steps: "xx-xx", button: "/store/webhook" });
  });

  test("every button of the walk leads to a page that is there", async () => {
    const { brandId, adminBrowser } = await scene();
    await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
    for (const path of ["/store", "/applications/new", "/store/webhook", "/webhooks", "/calls", "/customers"]) {
      expect((await adminBrowser.get(path)).status, path).toBe(200);
    }
  });

  test("a member cannot activate the server, so they are told whom to ask", async () => {
    const { memberBrowser } = await scene();
    const { html } = await memberBrowser.get("/");
    expect(checklist(html)).toEqual({ steps: "-----", button: null });
    expect(textOf(html)).toContain("Ask an admin of your brand");
  });

  test("a member's steps are told from what is theirs", async () => {
    const { brandId, admin, member, memberBrowser } = await scene();
    await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
    await addApplication(admin);
    await addCustomers(hookgate, await addWebhook(hookgate, admin, "Of the admin"), [{ firstname: "Ada" }]);
    expect(checklist((await memberBrowser.get("/")).html)?.steps).toBe("x----");
    await addApplication(member);
    await addCustomers(hookgate, await addWebhook(hookgate, member, "Own"), [{ firstname: "Bob" }]);
    expect(checklist((await memberBrowser.get("/")).html)).toBeNull();
  });

  test("shows the five newest calls and customers, of calls only those that the viewer may see", async () => {
    const { admin, adminBrowser, memberBrowser } = await scene();
    const webhook = await addWebhook(hookgate, admin, "Of the admin");
    const { customerIds } = await addCustomers(
      hookgate,
      webhook,
      Array.from({ length: 6 }, (_, index) => ({ firstname: `Person ${index}` })),
    );
    const refused = await addRefusedCalls(
      hookgate,
      webhook,
      Array.from({ length: 6 }, () => ({})),
    );
    const newestCustomers = customerIds
      .toReversed()
      .slice(0, 5)
      .map((id) => `/customers/${id}`);

    const forAdmin = (await adminBrowser.get("/")).html;
    expect(rowHrefs(forAdmin, "/calls/")).toEqual(
      refused
        .toReversed()
        .slice(0, 5)
        .map((id) => `/calls/${id}`),
    );
    expect(rowHrefs(forAdmin, "/customers/")).toEqual(newestCustomers);
    const forMember = (await memberBrowser.get("/")).html;
    expect(rowHrefs(forMember, "/calls/")).toEqual([]);
    expect(rowHrefs(forMember, "/customers/")).toEqual(newestCustomers);
  });

  test("shows nothing of another brand", async () => {
    const other = await scene();
    await addCustomers(hookgate, await addWebhook(hookgate, other.admin, "Unmistakable webhook"), [{ firstname: "Unmistakable customer" }]);
    const { adminBrowser } = await scene();
    expect((await adminBrowser.get("/")).html).not.toContain("Unmistakable");
  });

  test("without a session the browser is sent to the sign-in page", async () => {
    const { adminBrowser } = await scene();
    adminBrowser.setCookie([...adminBrowser.cookies.keys()][0]!, "stranger");
    const { status, headers } = await adminBrowser.getOnce("/");
    expect([status, headers.get("location")]).toEqual([303, "/sign-in"]);
  });
});
