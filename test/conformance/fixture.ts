/** What the conformance suites share: how a store is opened anew for each test, and two brands with people in them. */
import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { Application } from "../../src/applications/application.ts";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import type { CustomerWrite } from "../../src/customers/customer.ts";
import type { User } from "../../src/identity/user.ts";
import { newTimeOrderedId } from "../../src/lib/id.ts";
import type { AuthorizationCode } from "../../src/oauth/oauth-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { Call } from "../../src/webhooks/calls/call.ts";
import type { PendingCall } from "../../src/webhooks/webhook-store.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";

/** A database that the suites run on. */
export interface Backend {
  /** An empty store of its own for one test, removed with everything in it when the test has finished. */
  openEmpty(): Promise<Store>;
}

/** A database that several processes can open at once. */
export interface SharedBackend extends Backend {
  /** Two stores on the same empty database, as two processes would have them. */
  openTwo(): Promise<readonly [Store, Store]>;
  /** Resolves when the store has looked for commits of others, as it does by itself all the time. */
  look(store: Store): Promise<void>;
}

export const NOW = Date.UTC(2026, 0, 1);
export const BRAND_A = DEFAULT_BRAND_ID;
export const BRAND_B = "00000000-0000-4000-8000-00000000000b";
export const HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA";

export interface TwoBrands {
  readonly store: Store;
  /** An active admin of brand A. */
  readonly alice: User;
  /** An active member of brand A. */
  readonly adam: User;
  /** An active admin of brand B. */
  readonly bob: User;
}

/** A store with an admin and a member in the default brand and an admin in a second one. */
export async function openTwoBrands(backend: Backend): Promise<TwoBrands> {
  const store = await backend.openEmpty();
  return { store, ...(await addPeople(store)) };
}

export async function addPeople(store: Store): Promise<Omit<TwoBrands, "store">> {
  await store.brands.insertBrand({ id: BRAND_B, name: "Beta", timeZone: "Europe/Amsterdam", createdAt: NOW });
  const alice = newUser({ name: "Alice", role: "admin" });
  const adam = newUser({ name: "Adam" });
  const bob = newUser({ name: "Bob", role: "admin", brandId: BRAND_B });
  for (const user of [alice, adam, bob]) await store.users.insertUser(user, { passwordHash: HASH });
  return { alice, adam, bob };
}

export function closeAtEnd(store: Store): Store {
  onTestFinished(() => store.close());
  return store;
}

export function newUser(given: Partial<User> = {}): User {
  const id = randomUUID();
  return {
    id,
    brandId: BRAND_A,
    email: `${id}@example.com`,
    name: "Somebody",
    role: "member",
    status: "active",
    createdAt: NOW,
    signedInAt: null,
    reactivatedAt: null,
    ...given,
  };
}

export function newApplication(owner: Pick<User, "id" | "brandId">, given: Partial<Application> = {}): Application {
  return {
    clientId: randomUUID(),
    brandId: owner.brandId,
    ownerId: owner.id,
    name: "Shop",
    description: "Sends orders",
    type: "confidential",
    scopes: ["apps.webhook:execute", "offline_access"],
    redirectUris: ["https://shop.example/callback"],
    createdAt: NOW,
    updatedAt: NOW,
    ...given,
  };
}

export function newCode(user: User, clientId: string, given: Partial<AuthorizationCode> = {}): AuthorizationCode {
  return {
    digest: randomUUID(),
    brandId: user.brandId,
    clientId,
    userId: user.id,
    flowId: randomUUID(),
    grantId: randomUUID(),
    redirectUri: "https://shop.example/callback",
    redirectUriRequested: true,
    grantedScopes: ["apps.webhook:execute"],
    codeChallenge: null,
    issuedAt: NOW,
    expiresAt: NOW + 1_000,
    redeemedAt: null,
    ...given,
  };
}

/** Stores the code as if the user had just allowed it, and first the application where there is none. */
export async function insertCode(store: Store, code: AuthorizationCode): Promise<string> {
  const { brandId, clientId, userId, grantedScopes: scopes, redirectUri, issuedAt } = code;
  const isThere = await store.applications.findApplication(brandId, clientId);
  if (!isThere) await store.applications.insertApplication(newApplication({ id: userId, brandId }, { clientId }), null);
  const consent = { brandId, clientId, userId, scopes, redirectUris: [redirectUri], givenAt: issuedAt, lastUsedAt: issuedAt };
  return store.authorizationCodes.insertAuthorizationCode(code, { kind: "allowed", consent });
}

export function newWebhook(owner: User, given: Partial<Webhook> = {}): Webhook {
  return {
    id: randomUUID(),
    brandId: owner.brandId,
    ownerId: owner.id,
    name: "Orders",
    authentication: "oauth2",
    authenticationSettings: {},
    mapping: null,
    fieldSetId: null,
    mappingVersion: given.mapping ? 1 : 0,
    createdAt: NOW,
    updatedAt: NOW,
    ...given,
  };
}

export function newPendingCall(webhook: Webhook, writes: readonly CustomerWrite[] | null, given: Partial<PendingCall["call"]> = {}): PendingCall {
  const receivedAt = given.receivedAt ?? NOW;
  return {
    writes,
    call: {
      id: newTimeOrderedId(receivedAt),
      brandId: webhook.brandId,
      webhookId: webhook.id,
      receivedAt,
      duration: 3,
      reference: "ref",
      authenticated: true,
      clientId: "client",
      applicationName: "Shop",
      headers: "content-type: application/json",
      body: '{"email":"ann@example.com"}',
      ...given,
    },
  };
}

export function newRefusedCall(webhook: Webhook, given: Partial<Call> = {}): Call {
  return {
    ...newPendingCall(webhook, null, given).call,
    outcome: "refused",
    status: 401,
    reason: "No token was sent.",
    authenticated: false,
    clientId: null,
    applicationName: null,
    body: null,
    customerIds: [],
    answer: '{"status":401}',
    repeatOf: null,
    ...given,
  };
}

/** Commits one call and gives its outcome. */
export async function commitOne(store: Store, webhook: Webhook, writes: readonly CustomerWrite[] | null, given: Partial<PendingCall["call"]> = {}) {
  const [outcome] = await store.calls.commitCalls([newPendingCall(webhook, writes, given)]);
  return outcome!;
}

/** Commits one call of one object, which must be accepted, and gives the customer's id. */
export async function writeCustomer(store: Store, webhook: Webhook, changes: CustomerWrite["changes"], deduplicateBy: string | null = null): Promise<string> {
  const outcome = await commitOne(store, webhook, [{ changes, deduplicateBy }]);
  if (outcome.kind !== "accepted") throw new Error(`The call was not accepted: ${JSON.stringify(outcome)}`);
  return outcome.customerIds[0]!;
}

export const FIRST_PAGE = { limit: 100, after: null } as const;

/** Walks a list by pages of the given size and gives every row in order. */
export async function walk<Row>(
  list: (page: { readonly limit: number; readonly after: string | null }) => Promise<{ readonly rows: readonly Row[]; readonly next: string | null }>,
  limit: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  do {
    const page: { readonly rows: readonly Row[]; readonly next: string | null } = await list({ limit, after });
    if (page.rows.length > limit) throw new Error("A page is longer than its limit.");
    rows.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return rows;
}
