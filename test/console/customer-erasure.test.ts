import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { User } from "../../src/identity/user.ts";
import type { HttpBrowser } from "../support/http-browser.ts";
import { textOf } from "../support/http-browser.ts";
import { addBrand, addCustomers, addUser, addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
let ada: User;
let admin: HttpBrowser;
let customerId: string;
let callId: string;

beforeEach(async () => {
  hookgate = await startHookgate();
  ada = await addUser(hookgate, { brandId: hookgate.brandId, name: "Ada", role: "admin" });
  admin = await signedIn(hookgate, ada);
  const webhook = await addWebhook(hookgate, ada, "Orders");
  const customers = [{ firstname: "Ann" }, { firstname: "Bea" }];
  const added = await addCustomers(hookgate, webhook, customers, '[{"firstname":"Ann"},{"firstname":"Bea"}]');
  callId = added.callId;
  customerId = added.customerIds[0]!;
});
afterEach(() => hookgate.close());

const exists = async () => (await hookgate.store.customers.findCustomer(hookgate.brandId, customerId)) !== undefined;

describe("erasing a customer", () => {
  test("is for admins of the brand, with a form of ours", async () => {
    const member = await addUser(hookgate, { brandId: hookgate.brandId, name: "Bob", role: "member" });
    const stranger = await addUser(hookgate, { brandId: await addBrand(hookgate, "Other"), name: "Eve", role: "admin" });
    for (const [user, status] of [
      [member, 403],
      [stranger, 404],
    ] as const) {
      const browser = await signedIn(hookgate, user);
      expect((await browser.get(`/customers/${customerId}/erase`)).status).toBe(status);
      await browser.get("/account");
      expect((await browser.post(`/customers/${customerId}/erase`)).status).toBe(status);
    }
    expect((await (await signedIn(hookgate, member)).get(`/customers/${customerId}`)).html).not.toContain("/erase");
    await admin.get("/account");
    expect((await admin.postOnce(`/customers/${customerId}/erase`, { form_token: "" })).status).toBe(403);
    expect(await exists()).toBe(true);
  });

  test("an id that is none, or of nobody, is 404", async () => {
    for (const id of ["%25", "0197f3a0-0000-7000-8000-000000000000"]) {
      expect((await admin.get(`/customers/${id}/erase`)).status).toBe(404);
      await admin.get("/account");
      expect((await admin.post(`/customers/${id}/erase`)).status).toBe(404);
    }
  });

  test("the page before it says what goes and what stays, and changes nothing", async () => {
    expect((await admin.get(`/customers/${customerId}`)).html).toContain(`href="/customers/${customerId}/erase"`);
    const page = textOf((await admin.get(`/customers/${customerId}/erase`)).html);
    expect(page).toContain("This cannot be undone.");
    expect(page).toContain("Bodies of refused calls and of samples are not searched");
    expect(await exists()).toBe(true);
  });

  test("takes the customer and its object in the call, and nothing of its neighbour", async () => {
    await admin.get(`/customers/${customerId}/erase`);
    const page = await admin.submit(`/customers/${customerId}/erase`);
    expect(textOf(page.html)).toContain("The customer is erased.");
    expect(page.html).not.toContain("Ann");
    expect((await admin.get(`/customers/${customerId}`)).status).toBe(404);
    expect((await hookgate.store.calls.findCall(hookgate.brandId, callId))?.body).toBe('[{"erased":true},{"firstname":"Bea"}]');
    const call = await admin.get(`/calls/${callId}`);
    expect(call.status).toBe(200);
    expect(call.html).not.toContain("Ann");
  });
});
