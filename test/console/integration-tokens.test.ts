import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeEntities, textOf } from "../support/http-browser.ts";
import { addBrand, addUser, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

let hookgate: TestHookgate;
beforeAll(async () => {
  hookgate = await startHookgate();
});
afterAll(() => hookgate.close());

let brands = 0;

async function scene() {
  const brandId = await addBrand(hookgate, `Tokens brand ${brands++}`);
  const adminUser = await addUser(hookgate, { brandId, role: "admin", name: "Ada Admin" });
  const user = await addUser(hookgate, { brandId, role: "member", name: "API user" });
  return { brandId, user, admin: await signedIn(hookgate, adminUser), member: await signedIn(hookgate, user), path: `/users/${user.id}/integration-tokens` };
}

test("an admin makes a named token on a user; it is shown once and listed from then on", async () => {
  const { admin, user, path } = await scene();
  expect((await admin.get(`/users/${user.id}`)).html).toContain(`href="${path}"`);
  expect(textOf((await admin.get(path)).html)).toContain("There is no integration token on this user yet.");
  const page = await admin.submit(path, { name: " Shop " });
  const token = /hgi_[A-Za-z0-9_-]{43}/.exec(page.html)?.[0] ?? "none";
  expect(textOf(page.html)).toContain("You see this once.");
  const again = await admin.get(path);
  expect(again.html).not.toContain(token);
  expect(textOf(again.html)).toContain("Shop just now Never Revoke");
  const [stored] = await hookgate.store.integrationTokens.listVerifiers(user.brandId);
  expect(JSON.stringify(stored)).not.toContain(token.slice(4));
});

test.each([
  ["", "Enter a name."],
  ["x".repeat(201), "Enter a name of at most 200 characters."],
  ["a\u202eb", "Enter a name without invisible control characters."],
])("the name %j is refused beside the field, and stays", async (name, problem) => {
  const { admin, path } = await scene();
  await admin.get(path);
  const page = await admin.submit(path, { name });
  expect(page.status).toBe(422);
  expect(textOf(page.html)).toContain(problem);
  expect(decodeEntities(page.html)).toContain(name === "" ? 'name="name"' : `value="${name}"`);
});

test("revoking asks first, says when the token was used last, and ends it", async () => {
  const { admin, user, path } = await scene();
  await admin.get(path);
  await admin.submit(path, { name: "Shop" });
  const [token] = await hookgate.store.integrationTokens.listIntegrationTokens(user.brandId, user.id);
  const page = await admin.get(`${path}/${token!.id}/revoke`);
  expect(textOf(page.html)).toContain("Revoke the integration token “Shop”?");
  expect(textOf(page.html)).toContain("It was never used.");
  const revoked = await admin.submit(`${path}/${token!.id}/revoke`);
  expect(textOf(revoked.html)).toContain("The integration token Shop is revoked.");
  expect((await admin.get(`${path}/${token!.id}/revoke`)).status).toBe(404);
});

test("a user has at most 50, and the page says so", async () => {
  const { admin, user, path } = await scene();
  for (let index = 0; index < 49; index++) await hookgate.services.integrationTokens.issue(user.brandId, user.id, `Token ${index}`);
  await admin.get(path);
  await admin.submit(path, { name: "The fiftieth" });
  expect(textOf(admin.page.html)).toContain("A user has at most 50 integration tokens.");
  await admin.get(`/users/${user.id}`);
  expect((await admin.post(path, { name: "One more" })).status).toBe(409);
});

test("the page of a user who is not active says that the tokens are refused", async () => {
  const { admin, user, path } = await scene();
  await hookgate.store.users.deactivateUser(user.brandId, user.id);
  expect(textOf((await admin.get(path)).html)).toContain("This user is not active, so these tokens are refused.");
});

test("a member cannot make one, not even for itself: it would open the webhooks of others", async () => {
  const { member, user, path } = await scene();
  expect((await member.get(path)).status).toBe(403);
  await member.get("/account");
  expect((await member.post(path, { name: "Mine" })).status).toBe(403);
  expect(await hookgate.store.integrationTokens.listVerifiers(user.brandId)).toEqual([]);
});
