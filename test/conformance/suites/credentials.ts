import { expect, test } from "vitest";
import { BRAND_A, BRAND_B, newWebhook, NOW, openTwoBrands, type Backend } from "../fixture.ts";

const TOKEN = { authentication: "token", settings: {} } as const;
const BASIC = { authentication: "basic", settings: { userName: "shop" } } as const;
const made = (id: string, createdAt = NOW) => ({ id, verifier: `verifier of ${id}`, createdAt });

async function openWithWebhook(backend: Backend) {
  const { store, alice } = await openTwoBrands(backend);
  const webhook = newWebhook(alice, { authentication: null });
  await store.webhooks.insertWebhook(webhook);
  return { store, credentials: store.credentials, webhook };
}

export function credentialSuite(backend: Backend): void {
  test("a webhook is inserted with its settings and its first credential, which only its own brand sees", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const webhook = newWebhook(alice, { authentication: "basic", authenticationSettings: { userName: "shop" } });
    await store.webhooks.insertWebhook(webhook, made("first"));
    expect(await store.webhooks.findWebhookById(webhook.id)).toEqual(webhook);
    expect(await store.credentials.listVerifiers(webhook.id)).toEqual([{ id: "first", verifier: "verifier of first" }]);
    expect(await store.credentials.listCredentials(BRAND_A, webhook.id)).toEqual([{ id: "first", createdAt: NOW, lastUsedAt: null }]);
    expect(await store.credentials.listCredentials(BRAND_B, webhook.id)).toEqual([]);
  });

  test("choosing an authentication stores its settings and one credential, whatever is chosen again, in the own brand only", async () => {
    const { store, credentials, webhook } = await openWithWebhook(backend);
    const choice = { ...BASIC, updatedAt: NOW + 1 };
    expect(await credentials.chooseAuthentication(BRAND_B, webhook.id, choice, made("stolen"))).toBe("no-webhook");
    expect(await credentials.chooseAuthentication(BRAND_A, "unknown", choice, made("none"))).toBe("no-webhook");
    expect(await store.webhooks.findWebhookById(webhook.id)).toEqual(webhook);
    expect(await credentials.chooseAuthentication(BRAND_A, webhook.id, choice, made("first"))).toBe("chosen");
    expect(await credentials.chooseAuthentication(BRAND_A, webhook.id, choice, made("second"))).toBe("kept");
    expect(await credentials.listVerifiers(webhook.id)).toEqual([{ id: "first", verifier: "verifier of first" }]);
    const { settings: authenticationSettings } = BASIC;
    expect(await store.webhooks.findWebhookById(webhook.id)).toEqual({ ...webhook, authentication: "basic", authenticationSettings, updatedAt: NOW + 1 });
  });

  test("of twenty first choices at once one makes the credential", async () => {
    const { credentials, webhook } = await openWithWebhook(backend);
    const choose = (_: unknown, index: number) => credentials.chooseAuthentication(BRAND_A, webhook.id, { ...TOKEN, updatedAt: NOW }, made(`c${index}`));
    const outcomes = await Promise.all(Array.from({ length: 20 }, choose));
    expect(outcomes.filter((outcome) => outcome === "chosen")).toHaveLength(1);
    expect(await credentials.listVerifiers(webhook.id)).toHaveLength(1);
  });

  test("another type, and other settings of the same type, end the credentials of before", async () => {
    const { credentials, webhook } = await openWithWebhook(backend);
    const choices = [TOKEN, BASIC, { ...BASIC, settings: { userName: "other" } }, TOKEN];
    for (const [index, choice] of choices.entries()) {
      expect(await credentials.chooseAuthentication(BRAND_A, webhook.id, { ...choice, updatedAt: NOW }, made(`c${index}`))).toBe("chosen");
      expect((await credentials.listVerifiers(webhook.id)).map(({ id }) => id)).toEqual([`c${index}`]);
    }
    expect(await credentials.chooseAuthentication(BRAND_A, webhook.id, { authentication: "oauth2", settings: {}, updatedAt: NOW }, null)).toBe("chosen");
    expect(await credentials.listVerifiers(webhook.id)).toEqual([]);
  });

  test("settings are the same in any order", async () => {
    const { credentials, webhook } = await openWithWebhook(backend);
    const choose = (settings: Readonly<Record<string, string>>, id: string) =>
      credentials.chooseAuthentication(BRAND_A, webhook.id, { authentication: "basic", settings, updatedAt: NOW }, made(id));
    expect(await choose({ a: "1", b: "2" }, "first")).toBe("chosen");
    expect(await choose({ b: "2", a: "1" }, "second")).toBe("kept");
  });

  test("a credential is added for the authentication that it was made for, up to the limit, however many at once", async () => {
    const { credentials, webhook } = await openWithWebhook(backend);
    await credentials.chooseAuthentication(BRAND_A, webhook.id, { ...TOKEN, updatedAt: NOW }, made("first"));
    expect(await credentials.insertCredential(BRAND_A, webhook.id, BASIC, made("of another type"), 2)).toBe("no-webhook");
    expect(await credentials.insertCredential(BRAND_B, webhook.id, TOKEN, made("of another brand"), 2)).toBe("no-webhook");
    expect(await credentials.insertCredential(BRAND_A, "unknown", TOKEN, made("of none"), 2)).toBe("no-webhook");
    const insert = (_: unknown, index: number) => credentials.insertCredential(BRAND_A, webhook.id, TOKEN, made(`c${index}`, NOW + 1), 2);
    const outcomes = await Promise.all(Array.from({ length: 20 }, insert));
    expect(outcomes.filter((outcome) => outcome === "added")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "too-many")).toHaveLength(19);
    expect((await credentials.listCredentials(BRAND_A, webhook.id)).map(({ createdAt }) => createdAt)).toEqual([NOW + 1, NOW]);
  });

  test("a removed credential is gone, and another brand or webhook cannot remove it", async () => {
    const { store, credentials, webhook } = await openWithWebhook(backend);
    await credentials.chooseAuthentication(BRAND_A, webhook.id, { ...TOKEN, updatedAt: NOW }, made("first"));
    const other = newWebhook({ ...(await store.users.findUser(BRAND_A, webhook.ownerId))! });
    await store.webhooks.insertWebhook(other, made("other"));
    expect(await credentials.deleteCredential(BRAND_B, webhook.id, "first")).toBe(false);
    expect(await credentials.deleteCredential(BRAND_A, other.id, "first")).toBe(false);
    expect(await credentials.deleteCredential(BRAND_A, webhook.id, "first")).toBe(true);
    expect(await credentials.deleteCredential(BRAND_A, webhook.id, "first")).toBe(false);
    expect(await credentials.listVerifiers(webhook.id)).toEqual([]);
    expect(await credentials.listVerifiers(other.id)).toHaveLength(1);
  });

  test("notes of use keep the latest moment, and unknown credentials are no error", async () => {
    const { credentials, webhook } = await openWithWebhook(backend);
    await credentials.chooseAuthentication(BRAND_A, webhook.id, { ...TOKEN, updatedAt: NOW }, made("first"));
    const record = (usedAt: number) =>
      credentials.recordCredentialUses([
        { secretId: "first", usedAt },
        { secretId: "unknown", usedAt },
      ]);
    await record(NOW + 5);
    await record(NOW + 3);
    expect(await credentials.listCredentials(BRAND_A, webhook.id)).toMatchObject([{ lastUsedAt: NOW + 5 }]);
    await record(NOW + 6);
    expect(await credentials.listCredentials(BRAND_A, webhook.id)).toMatchObject([{ lastUsedAt: NOW + 6 }]);
  });

  test("deleting the webhook deletes its credentials, and none can be added after", async () => {
    const { store, credentials, webhook } = await openWithWebhook(backend);
    await credentials.chooseAuthentication(BRAND_A, webhook.id, { ...TOKEN, updatedAt: NOW }, made("first"));
    expect(await store.webhooks.deleteWebhook(BRAND_A, webhook.id)).toBe(true);
    expect(await credentials.listVerifiers(webhook.id)).toEqual([]);
    expect(await credentials.insertCredential(BRAND_A, webhook.id, TOKEN, made("late"), 2)).toBe("no-webhook");
    expect(await credentials.chooseAuthentication(BRAND_A, webhook.id, { ...BASIC, updatedAt: NOW }, made("late"))).toBe("no-webhook");
  });
}

const newToken = (user: { readonly brandId: string; readonly id: string }, id: string, createdAt = NOW) => ({
  id,
  brandId: user.brandId,
  userId: user.id,
  name: `Token ${id}`,
  createdAt,
});

export function integrationTokenSuite(backend: Backend): void {
  test("a token is listed on its user, newest first, and its verifier in its brand, and never in another one", async () => {
    const { store, alice, adam, bob } = await openTwoBrands(backend);
    const { integrationTokens } = store;
    expect(await integrationTokens.insertIntegrationToken(newToken(alice, "1"), "digest 1", 5)).toBe("added");
    expect(await integrationTokens.insertIntegrationToken(newToken(alice, "2", NOW + 1), "digest 2", 5)).toBe("added");
    expect(await integrationTokens.insertIntegrationToken(newToken(adam, "3"), "digest 3", 5)).toBe("added");
    expect(await integrationTokens.insertIntegrationToken(newToken({ ...bob, brandId: BRAND_A }, "4"), "digest 4", 5)).toBe("no-user");
    expect(await integrationTokens.listIntegrationTokens(BRAND_A, alice.id)).toEqual([
      { ...newToken(alice, "2", NOW + 1), lastUsedAt: null },
      { ...newToken(alice, "1"), lastUsedAt: null },
    ]);
    expect(await integrationTokens.listIntegrationTokens(BRAND_B, alice.id)).toEqual([]);
    const verifiers = await integrationTokens.listVerifiers(BRAND_A);
    expect(verifiers.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: "1", userId: alice.id, name: "Token 1", digest: "digest 1" },
      { id: "2", userId: alice.id, name: "Token 2", digest: "digest 2" },
      { id: "3", userId: adam.id, name: "Token 3", digest: "digest 3" },
    ]);
    expect(await integrationTokens.listVerifiers(BRAND_B)).toEqual([]);
  });

  test("of many that are made at once a user has only as many as allowed", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const insert = (_: unknown, index: number) => store.integrationTokens.insertIntegrationToken(newToken(alice, `${index}`), `digest ${index}`, 3);
    const outcomes = await Promise.all(Array.from({ length: 20 }, insert));
    expect(outcomes.filter((outcome) => outcome === "added")).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === "too-many")).toHaveLength(17);
  });

  test("a token is revoked on its own user in its own brand only, once", async () => {
    const { store, alice, adam } = await openTwoBrands(backend);
    const { integrationTokens } = store;
    await integrationTokens.insertIntegrationToken(newToken(alice, "1"), "digest 1", 5);
    expect(await integrationTokens.deleteIntegrationToken(BRAND_B, alice.id, "1")).toBe(false);
    expect(await integrationTokens.deleteIntegrationToken(BRAND_A, adam.id, "1")).toBe(false);
    expect(await integrationTokens.deleteIntegrationToken(BRAND_A, alice.id, "1")).toBe(true);
    expect(await integrationTokens.deleteIntegrationToken(BRAND_A, alice.id, "1")).toBe(false);
    expect(await integrationTokens.listVerifiers(BRAND_A)).toEqual([]);
  });

  test("notes of use keep the latest moment", async () => {
    const { store, alice } = await openTwoBrands(backend);
    const { integrationTokens } = store;
    await integrationTokens.insertIntegrationToken(newToken(alice, "1"), "digest 1", 5);
    for (const usedAt of [NOW + 5, NOW + 3]) await integrationTokens.recordIntegrationTokenUses([{ secretId: "1", usedAt }]);
    expect(await integrationTokens.listIntegrationTokens(BRAND_A, alice.id)).toMatchObject([{ lastUsedAt: NOW + 5 }]);
  });

  test("the tokens of a user are gone with the user", async () => {
    const { store, adam } = await openTwoBrands(backend);
    await store.integrationTokens.insertIntegrationToken(newToken(adam, "1"), "digest 1", 5);
    expect(await store.ownership.deleteUser(BRAND_A, adam.id)).toBe("deleted");
    expect(await store.integrationTokens.listVerifiers(BRAND_A)).toEqual([]);
    expect(await store.integrationTokens.insertIntegrationToken(newToken(adam, "2"), "digest 2", 5)).toBe("no-user");
  });
}
