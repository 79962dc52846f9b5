import { afterEach, beforeEach, expect, test } from "vitest";
import { addClient, basic, clientCredentials, consent, exchange, postToken, type TestClient } from "../protocol/protocol-kit.ts";
import { textOf, type HttpBrowser } from "../support/http-browser.ts";
import { addPerson, PASSWORD, signInAs } from "../support/people.ts";
import { addWebhook } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const BOB = "bob@example.com";
const NEXT = "an entirely new password";

let hookgate: TestHookgate;
let bob: HttpBrowser;
let client: TestClient;
let endpoint: string;
let consented: Readonly<Record<string, unknown>>;

beforeEach(async () => {
  hookgate = await startHookgate();
  await addPerson(hookgate, { email: "ada@example.com", name: "Ada", role: "admin" });
  const user = await addPerson(hookgate, { email: BOB, name: "Bob", role: "member" });
  endpoint = `${hookgate.url}/hooks/${(await addWebhook(hookgate, user, "Orders")).id}`;
  client = await addClient(hookgate, { owner: user });
  bob = await signInAs(hookgate, BOB);
  const { answer } = await consent(hookgate, client, {}, bob);
  consented = (await exchange(hookgate, client, answer.get("code") ?? "")).json;
  await bob.get("/account");
});
afterEach(() => hookgate.close());

async function call(token: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${String(token)}`, "content-type": "application/json" };
  return (await fetch(endpoint, { method: "POST", headers, body: "{}" })).status;
}

const refresh = async () =>
  (await postToken(hookgate, { grant_type: "refresh_token", refresh_token: String(consented["refresh_token"]) }, { authorization: basic(client) })).status;

test("9700-10: a password change ends refresh tokens and access tokens of the user's consents only where that is ticked (RFC 9700 section 4.14.2)", async () => {
  await bob.submit("/account/password", { present_password: PASSWORD, password: NEXT });
  expect([await call(consented["access_token"]), await refresh()]).toEqual([200, 200]);
  await bob.get("/account");
  await bob.submit("/account/password", { present_password: NEXT, password: PASSWORD, end_grants: "yes" });
  expect([await call(consented["access_token"]), await refresh()]).toEqual([401, 400]);
});

test("a password change that is refused ends nothing, and the tick stays", async () => {
  const page = await bob.submit("/account/password", { present_password: "not the present one", password: NEXT, end_grants: "yes" });
  expect(page.status).toBe(422);
  expect(page.html).toMatch(/name="end_grants"[^>]* checked/);
  expect([await call(consented["access_token"]), await refresh()]).toEqual([200, 200]);
});

test("signing out everywhere ends them only where that is ticked", async () => {
  await bob.submit("/account/sign-out-everywhere");
  expect([await call(consented["access_token"]), await refresh()]).toEqual([200, 200]);
  const again = await signInAs(hookgate, BOB);
  await again.get("/account");
  await again.submit("/account/sign-out-everywhere", { end_all_grants: "yes" });
  expect([await call(consented["access_token"]), await refresh()]).toEqual([401, 400]);
});

test("tokens that an application got for itself go on, and the application may ask for a consent again", async () => {
  const own = (await clientCredentials(hookgate, client)).json["access_token"];
  await bob.submit("/account/password", { present_password: PASSWORD, password: NEXT, end_grants: "yes" });
  expect(await call(own)).toBe(200);
  const { answer } = await consent(hookgate, client, { prompt: "consent" }, bob);
  expect(await call((await exchange(hookgate, client, answer.get("code") ?? "")).json["access_token"])).toBe(200);
});

test("the page says what the boxes do", async () => {
  expect(textOf((await bob.get("/account")).html)).toContain("Also end what you allowed applications");
});
