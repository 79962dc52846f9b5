/** Integration tokens: made on a user, good at every webhook of the brand that asks for a token. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newSecret } from "../../../src/lib/secret.ts";
import type { User } from "../../../src/identity/user.ts";
import { addUser } from "../../support/records.ts";
import { startHookgate, type TestHookgate } from "../../support/start-hookgate.ts";
import { authorizationCases } from "./authorization-cases.ts";
import { sendRaw } from "./send-raw.ts";
import { authenticationSuite, BODY, newScene, type Scene, type Subject } from "./suite.ts";

const base: Pick<Subject, "type" | "sign" | "secretFor"> = {
  type: "token",
  secretFor: issued,
  sign: ({ secret }) => [["Authorization", `Bearer ${secret}`]],
};

async function issued({ services }: TestHookgate, { brandId, id }: Pick<User, "brandId" | "id">): Promise<string> {
  const token = await services.integrationTokens.issue(brandId, id, "Shop");
  if (token.kind !== "issued") throw new Error(token.kind);
  return token.secret;
}

authenticationSuite({
  ...base,
  challenge: 'Bearer realm="Hookgate"',
  wrong: [
    ...authorizationCases(base),
    { what: "one that nobody made", status: 401, attempt: ({ hookgate }) => ({ headers: base.sign({ hookgate, secret: newSecret("hgi_") }, "") }) },
    {
      what: "one that was revoked",
      status: 401,
      reason: "was revoked",
      attempt: async ({ hookgate, owner }) => {
        const secret = await issued(hookgate, owner);
        const { integrationTokens } = hookgate.services;
        // Keeps the one that the scene has.
        const kept = new Set((await hookgate.store.integrationTokens.listVerifiers(owner.brandId)).map(({ id }) => id));
        const another = await issued(hookgate, owner);
        const made = (await integrationTokens.list(owner.brandId, owner.id)).find(({ id }) => !kept.has(id));
        await integrationTokens.revoke(owner.brandId, owner.id, made!.id);
        expect(secret).not.toBe(another);
        return { headers: base.sign({ hookgate, secret: another }, "") };
      },
    },
    {
      what: "one of a colleague who was deactivated",
      status: 401,
      reason: "was made is not active",
      attempt: async ({ hookgate, owner }) => {
        const colleague = await addUser(hookgate, { brandId: owner.brandId, role: "member", name: "Colleague" });
        const secret = await issued(hookgate, colleague);
        await hookgate.store.users.deactivateUser(colleague.brandId, colleague.id);
        return { headers: base.sign({ hookgate, secret }, "") };
      },
    },
  ],
});

describe("an integration token", () => {
  let hookgate: TestHookgate;
  beforeAll(async () => {
    hookgate = await startHookgate();
  });
  afterAll(() => hookgate.close());
  const call = ({ endpoint }: Pick<Scene, "endpoint">, secret: string) => sendRaw(endpoint, base.sign({ hookgate, secret }, ""), BODY);

  test("opens every webhook of token type in the brand, whoever owns it, and none of another type", async () => {
    const first = await newScene(hookgate, base);
    const colleague = await addUser(hookgate, { brandId: first.owner.brandId, role: "member", name: "Colleague" });
    const second = await newScene(hookgate, base, colleague);
    for (const at of [first, second]) expect((await call(at, first.secret)).status).toBe(200);
    const oauth = await newScene(hookgate, { type: "oauth2", secretFor: () => Promise.resolve("") }, colleague);
    const basic = await newScene(hookgate, { type: "basic", settings: { userName: "a" } }, colleague);
    for (const at of [oauth, basic]) expect((await call(at, first.secret)).status).toBe(401);
    const { rows } = await hookgate.store.calls.listCalls(
      first.owner.brandId,
      { webhookId: first.webhook.id, ownerId: null, outcome: null },
      { limit: 1, after: null },
    );
    expect(rows[0]).toMatchObject({ authenticated: true, clientId: null, applicationName: "Integration token Shop" });
  });

  test("stops with its user and works again when the user is reactivated; the webhook's own token goes on", async () => {
    const at = await newScene(hookgate, { type: "token" });
    const { brandId } = at.owner;
    const apiUser = await addUser(hookgate, { brandId, role: "member", name: "API user" });
    await addUser(hookgate, { brandId, role: "admin", name: "Admin" });
    const secret = await issued(hookgate, apiUser);
    expect((await call(at, secret)).status).toBe(200);
    await hookgate.store.users.deactivateUser(brandId, apiUser.id);
    expect((await call(at, secret)).status).toBe(401);
    expect((await call(at, at.secret)).status).toBe(200);
    await hookgate.services.userService.reactivate(brandId, apiUser.id);
    expect((await call(at, secret)).status).toBe(200);
    hookgate.clock.advance(60 * 24 * 3_600_000);
    expect((await call(at, secret)).status).toBe(401);
    await hookgate.services.userService.reactivate(brandId, apiUser.id);
    await hookgate.services.userService.reactivate(brandId, at.owner.id);
    expect((await call(at, secret)).status).toBe(200);
  });

  test("is noted when it is used, and a guess reads nothing from the store", async () => {
    const at = await newScene(hookgate, base);
    await call(at, at.secret);
    const used = async () => (await hookgate.services.integrationTokens.list(at.owner.brandId, at.owner.id))[0]?.lastUsedAt;
    await vi.waitFor(async () => expect(await used()).toBe(hookgate.clock.now()));
    const read = vi.spyOn(hookgate.store.integrationTokens, "listVerifiers");
    for (let guess = 0; guess < 20; guess++) expect((await call(at, newSecret("hgi_"))).status).toBe(401);
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
  });

  test("shares no Idempotency-Key with another caller of the same webhook", async () => {
    const at = await newScene(hookgate, base);
    const other = await issued(hookgate, at.owner);
    const send = (secret: string, body: string) => sendRaw(at.endpoint, [...base.sign({ hookgate, secret }, ""), ["Idempotency-Key", "one"]], body);
    expect((await send(at.secret, BODY)).status).toBe(200);
    expect((await send(at.secret, '{"email":"b@example.com"}')).status).toBe(422);
    expect((await send(other, '{"email":"b@example.com"}')).status).toBe(200);
  });
});
