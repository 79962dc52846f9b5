/** What every type of webhook authentication must do, over real HTTP. A new type is one more subject. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { User } from "../../../src/identity/user.ts";
import type { AuthenticationSettings, AuthenticationType, Webhook } from "../../../src/webhooks/webhook.ts";
import { addBrand, addUser } from "../../support/records.ts";
import { startHookgate, type TestHookgate } from "../../support/start-hookgate.ts";
import { BY_EMAIL } from "../receiving.ts";
import { sendRaw, type Header, type RawAnswer } from "./send-raw.ts";

/** A webhook of the type, and what a right caller of it knows. */
export interface Scene {
  readonly hookgate: TestHookgate;
  readonly owner: User;
  readonly webhook: Webhook;
  readonly endpoint: string;
  readonly secret: string;
}

/** A call: its headers, and its body and address where they are not the right ones. */
export interface Attempt {
  readonly headers: readonly Header[];
  readonly body?: string;
  readonly endpoint?: string;
}

export interface WrongCase {
  readonly what: string;
  readonly status: number;
  readonly attempt: (scene: Scene, right: readonly Header[]) => Attempt | Promise<Attempt>;
  /** A part of what the call log tells the owner. */
  readonly reason?: string;
}

export interface Subject {
  readonly type: AuthenticationType;
  readonly settings?: AuthenticationSettings;
  /** How each challenge begins. */
  readonly challenge: string;
  /** What callers prove themselves with, where it is not what the webhook makes. */
  readonly secretFor?: (hookgate: TestHookgate, owner: User) => Promise<string>;
  /** The headers that prove a caller to be one who knows the secret. */
  readonly sign: (scene: Pick<Scene, "hookgate" | "secret">, body: string) => readonly Header[];
  readonly wrong: readonly WrongCase[];
}

export const BODY = '{"email":"ada@example.com","firstname":"Ada"}';

export function authenticationSuite(subject: Subject): void {
  let hookgate: TestHookgate;
  beforeAll(async () => {
    hookgate = await startHookgate();
  });
  afterAll(() => hookgate.close());
  const scene = () => newScene(hookgate, subject);
  const call = (at: Scene, secret = at.secret) => sendRaw(at.endpoint, subject.sign({ hookgate, secret }, BODY), BODY);

  describe("right credentials", () => {
    test("are accepted, and the call is in the log as proved", async () => {
      const at = await scene();
      expect((await call(at)).status).toBe(200);
      expect(await customersOf(at)).toBe(1);
      expect((await callsOf(at))[0]).toMatchObject({ authenticated: true, outcome: "accepted" });
    });

    test("are checked from memory: in the steady state no call reads the store", async () => {
      const at = await scene();
      const { webhooks, credentials, users, clients } = hookgate.store;
      await call(at);
      const reads = [
        vi.spyOn(webhooks, "findWebhookById"),
        vi.spyOn(credentials, "listVerifiers"),
        vi.spyOn(users, "findUser"),
        vi.spyOn(clients, "findClient"),
      ];
      for (let index = 0; index < 5; index++) expect((await call(at)).status).toBe(200);
      for (const read of reads) {
        expect(read).not.toHaveBeenCalled();
        read.mockRestore();
      }
    });

    test("work for nobody while the webhook's owner is not active, and again after", async () => {
      const at = await scene();
      await addUser(hookgate, { brandId: at.owner.brandId, role: "admin", name: "Other admin" });
      await call(at);
      await hookgate.store.users.deactivateUser(at.owner.brandId, at.owner.id);
      const refused = await call(at);
      expect(refused.status).toBe(401);
      expect(refused.challenge).toMatch(new RegExp(`^${subject.challenge}`));
      await vi.waitFor(async () => expect((await callsOf(at))[0]?.reason).toMatch(/is not active\.$/));
      await hookgate.services.userService.reactivate(at.owner.brandId, at.owner.id);
      expect((await call(at)).status).toBe(200);
    });

    test("are refused from the moment on that the webhook asks for another authentication", async () => {
      const at = await scene();
      await call(at);
      const other = subject.type === "basic" ? "token" : "basic";
      const settings = other === "basic" ? { userName: "webhook" } : {};
      await hookgate.services.webhooks.chooseAuthentication(actor(at), at.webhook.id, other, settings);
      expect((await call(at)).status).toBe(401);
      // What is deleted does not come back with the type.
      await hookgate.services.webhooks.chooseAuthentication(actor(at), at.webhook.id, subject.type, subject.settings ?? {});
      expect((await call(at)).status).toBe(subject.secretFor ? 200 : 401);
    });

    test("are of no use once the webhook is deleted: 404", async () => {
      const at = await scene();
      await hookgate.services.webhooks.delete(actor(at), at.webhook.id);
      expect((await call(at)).status).toBe(404);
      expect(await hookgate.store.credentials.listVerifiers(at.webhook.id)).toEqual([]);
    });
  });

  if (subject.secretFor === undefined) credentialTests(subject, scene, call);

  describe("wrong credentials", () => {
    test("there are at least twenty", () => expect(subject.wrong.length).toBeGreaterThanOrEqual(20));

    test.each(subject.wrong)("$what: $status", async ({ attempt, status, reason }) => {
      const at = await scene();
      const { headers, body = BODY, endpoint = at.endpoint } = await attempt(at, subject.sign({ hookgate, secret: at.secret }, BODY));
      const answer = await sendRaw(endpoint, headers, body);
      expect({ status: answer.status, challenge: answer.challenge }).toEqual({ status, challenge: expect.stringMatching(new RegExp(`^${subject.challenge}`)) });
      expect(JSON.parse(answer.text)).toMatchObject({
        status,
        type: expect.stringMatching(/^urn:hookgate:problem:(not-authenticated|malformed-credentials)$/),
      });
      expect(answer.text + answer.challenge).not.toContain(at.secret);
      await vi.waitFor(async () => {
        const [logged] = await callsOf(at);
        expect(logged).toMatchObject({ status, outcome: "refused", authenticated: false, body: null });
        expect(logged!.reason).toContain(reason ?? ".");
        expect(logged!.reason).not.toContain(at.secret);
      });
      expect(await customersOf(at)).toBe(0);
      // And it did no harm to those who are right.
      expect((await call(at)).status).toBe(200);
    });
  });
}

/** For types that make their credentials themselves. */
function credentialTests(subject: Subject, scene: () => Promise<Scene>, call: (at: Scene, secret?: string) => Promise<RawAnswer>): void {
  describe("credentials", () => {
    test("are not in the store as they are", async () => {
      const at = await scene();
      const [stored] = await at.hookgate.store.credentials.listVerifiers(at.webhook.id);
      const core = at.secret.slice(at.secret.indexOf("_") + 1);
      expect(stored!.verifier.length).toBeGreaterThan(40);
      expect(stored!.verifier).not.toContain(core);
      expect(Buffer.from(stored!.verifier, "base64url").includes(core)).toBe(false);
    });

    test("two are good at once, so that one can be replaced without a break; a removed one is refused", async () => {
      const at = await scene();
      const { webhooks } = at.hookgate.services;
      const added = await webhooks.addCredential(actor(at), at.webhook.id);
      if (added.kind !== "added") throw new Error(added.kind);
      expect(added.secret).not.toBe(at.secret);
      expect((await call(at)).status).toBe(200);
      expect((await call(at, added.secret)).status).toBe(200);
      expect(await webhooks.addCredential(actor(at), at.webhook.id)).toEqual({ kind: "too-many" });
      const [newer, older] = await webhooks.listCredentials(actor(at), at.webhook.id);
      expect(await webhooks.removeCredential(actor(at), at.webhook.id, older!.id)).toBe(true);
      expect(await webhooks.removeCredential(actor(at), at.webhook.id, older!.id)).toBe(false);
      const statuses = [(await call(at)).status, (await call(at, added.secret)).status];
      expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401]);
      await webhooks.removeCredential(actor(at), at.webhook.id, newer!.id);
      expect((await call(at)).status).toBe(401);
      expect((await call(at, added.secret)).status).toBe(401);
    });

    test("of twenty that are added at once, one is, because one is there already", async () => {
      const at = await scene();
      const added = await Promise.all(Array.from({ length: 20 }, () => at.hookgate.services.webhooks.addCredential(actor(at), at.webhook.id)));
      expect(added.filter(({ kind }) => kind === "added")).toHaveLength(1);
      expect(await at.hookgate.store.credentials.listVerifiers(at.webhook.id)).toHaveLength(2);
    });

    test("know when they were used last, to the minute", async () => {
      const at = await scene();
      const used = async () => (await at.hookgate.services.webhooks.listCredentials(actor(at), at.webhook.id)).map(({ lastUsedAt }) => lastUsedAt);
      expect(await used()).toEqual([null]);
      await call(at);
      await vi.waitFor(async () => expect(await used()).toEqual([at.hookgate.clock.now()]));
      const first = at.hookgate.clock.now();
      at.hookgate.clock.advance(59_000);
      await call(at);
      await at.hookgate.services.credentialUses.close();
      expect(await used()).toEqual([first]);
      at.hookgate.clock.advance(1_000);
      await call(at);
      await vi.waitFor(async () => expect(await used()).toEqual([first + 60_000]));
    });

    test("are refused once the webhook's owner has not signed in for 60 days, and work again when an admin reactivates the owner", async () => {
      const at = await scene();
      await addUser(at.hookgate, { brandId: at.owner.brandId, role: "admin", name: "Admin" });
      at.hookgate.clock.advance(60 * 24 * 3_600_000);
      expect((await call(at)).status).toBe(401);
      await at.hookgate.services.userService.reactivate(at.owner.brandId, at.owner.id);
      expect((await call(at)).status).toBe(200);
    });

    test("choosing again what is chosen makes none and ends none", async () => {
      const at = await scene();
      const { webhooks } = at.hookgate.services;
      const again = await webhooks.chooseAuthentication(actor(at), at.webhook.id, subject.type, subject.settings ?? {});
      expect(again).toEqual({ kind: "chosen", secret: null });
      expect((await call(at)).status).toBe(200);
    });

    test("nobody but the owner and the brand's admins can make, see or remove one", async () => {
      const at = await scene();
      const { webhooks } = at.hookgate.services;
      const colleague = { brandId: at.owner.brandId, userId: "00000000-0000-4000-8000-00000000000c", isAdmin: false };
      const elsewhere = { brandId: at.hookgate.brandId, userId: at.owner.id, isAdmin: true };
      const [credential] = await webhooks.listCredentials(actor(at), at.webhook.id);
      for (const other of [colleague, elsewhere]) {
        expect(await webhooks.addCredential(other, at.webhook.id)).toEqual({ kind: "gone" });
        expect(await webhooks.listCredentials(other, at.webhook.id)).toEqual([]);
        expect(await webhooks.removeCredential(other, at.webhook.id, credential!.id)).toBe(false);
        expect(await webhooks.chooseAuthentication(other, at.webhook.id, "oauth2", {})).toEqual({ kind: "gone" });
      }
      expect((await call(at)).status).toBe(200);
    });
  });
}

let brands = 0;

/** In a brand of its own, with customers found by e-mail address. */
export async function newScene(hookgate: TestHookgate, subject: Pick<Subject, "type" | "settings" | "secretFor">, owner?: User): Promise<Scene> {
  const brandId = owner?.brandId ?? (await addBrand(hookgate, `Authentication brand ${brands++}`));
  await hookgate.store.brands.activateModule(brandId, "oauth2-server", hookgate.clock.now());
  const user = owner ?? (await addUser(hookgate, { brandId, role: "member", name: "Owner" }));
  const { type: authentication, settings = {} } = subject;
  const added = await hookgate.services.webhooks.add({ brandId, ownerId: user.id, name: "Orders", authentication, settings, mapping: BY_EMAIL });
  if (added.kind !== "added") throw new Error(JSON.stringify(added.errors));
  const secret = (await subject.secretFor?.(hookgate, user)) ?? added.secret;
  if (secret === null) throw new Error("The type makes no secret.");
  return { hookgate, owner: user, webhook: added.webhook, endpoint: `${hookgate.url}/hooks/${added.webhook.id}`, secret };
}

function actor({ owner }: Scene) {
  return { brandId: owner.brandId, userId: owner.id, isAdmin: false };
}

/** A second secret of the webhook that was good until now. */
export async function removedSecret(at: Scene): Promise<string> {
  const { webhooks } = at.hookgate.services;
  const before = new Set((await webhooks.listCredentials(actor(at), at.webhook.id)).map(({ id }) => id));
  const added = await webhooks.addCredential(actor(at), at.webhook.id);
  const credential = (await webhooks.listCredentials(actor(at), at.webhook.id)).find(({ id }) => !before.has(id));
  if (added.kind !== "added" || !credential) throw new Error("No credential was added.");
  await webhooks.removeCredential(actor(at), at.webhook.id, credential.id);
  return added.secret;
}

async function callsOf({ hookgate, webhook }: Scene) {
  const filter = { webhookId: webhook.id, ownerId: null, outcome: null };
  const { rows } = await hookgate.store.calls.listCalls(webhook.brandId, filter, { limit: 10, after: null });
  return Promise.all(rows.map(async ({ id }) => (await hookgate.store.calls.findCall(webhook.brandId, id))!));
}

async function customersOf({ hookgate, webhook }: Scene): Promise<number> {
  return (await hookgate.store.customers.listCustomers(webhook.brandId, null, { limit: 10, after: null })).rows.length;
}
