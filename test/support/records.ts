/** Rows for page tests, put in through the ports, with no page between: users with a session, webhooks, calls and customers. */
import type { CustomerFields } from "../../src/customers/customer.ts";
import type { Role, User } from "../../src/identity/user.ts";
import { HOUR, type Clock } from "../../src/lib/clock.ts";
import { newRandomId, newTimeOrderedId } from "../../src/lib/id.ts";
import { digestOf, newSecret } from "../../src/lib/secret.ts";
import type { Ports } from "../../src/store/store.ts";
import { createCookies } from "../../src/web/cookies.ts";
import type { Call } from "../../src/webhooks/calls/call.ts";
import type { Webhook } from "../../src/webhooks/webhook.ts";
import type { PendingCall } from "../../src/webhooks/webhook-store.ts";
import { HttpBrowser } from "./http-browser.ts";

/** No test signs in with a password here, so none is hashed: argon2id is slow by design. */
const PASSWORD_HASH = "none";

/** What these need of a running Hookgate. */
interface Place {
  readonly url: string;
  readonly store: Ports;
  readonly clock: Clock;
}

export async function addUser({ store, clock }: Place, user: { readonly brandId: string; readonly role: Role; readonly name: string }): Promise<User> {
  const id = newRandomId();
  const added: User = { ...user, id, email: `${id}@example.com`, status: "active", createdAt: clock.now(), signedInAt: null, reactivatedAt: null };
  if (!(await store.users.insertUser(added, { passwordHash: PASSWORD_HASH }))) throw new Error("The address is taken.");
  return added;
}

/** A browser that carries a session of the user. */
export async function signedIn({ url, store, clock }: Place, user: User): Promise<HttpBrowser> {
  const secret = newSecret("");
  const now = clock.now();
  const session = { digest: digestOf(secret), userId: user.id, brandId: user.brandId, createdAt: now, expiresAt: now + 12 * HOUR };
  await store.sessions.insertSession(session, { passwordHash: PASSWORD_HASH, rehashed: null });
  const browser = new HttpBrowser(url);
  browser.setCookie(createCookies(new URL(url)).session, secret);
  return browser;
}

export async function addBrand({ store, clock }: Place, name: string): Promise<string> {
  const id = newRandomId();
  if (!(await store.brands.insertBrand({ id, name, timeZone: "UTC", createdAt: clock.now() }))) throw new Error("The name is taken.");
  return id;
}

export async function addWebhook({ store, clock }: Place, owner: User, name: string): Promise<Webhook> {
  const now = clock.now();
  const webhook: Webhook = {
    id: newRandomId(),
    brandId: owner.brandId,
    ownerId: owner.id,
    name,
    authentication: "oauth2",
    authenticationSettings: {},
    mapping: { fields: [{ path: "$.email", field: "emailaddress" }], deduplicateBy: [] },
    fieldSetId: null,
    mappingVersion: 1,
    createdAt: now,
    updatedAt: now,
  };
  await store.webhooks.insertWebhook(webhook);
  return webhook;
}

function pendingCall({ clock }: Place, webhook: Webhook, body: string | null): PendingCall["call"] {
  const now = clock.now();
  return {
    id: newTimeOrderedId(now),
    brandId: webhook.brandId,
    webhookId: webhook.id,
    receivedAt: now,
    duration: 3,
    reference: newRandomId(),
    authenticated: true,
    clientId: newRandomId(),
    applicationName: "Shop sync",
    headers: "content-type: application/json",
    body,
  };
}

/** One accepted call that makes a customer of each set of fields; gives the call's id and theirs, oldest first. */
export async function addCustomers(
  place: Place,
  webhook: Webhook,
  customers: readonly CustomerFields[],
  body: string | null = "[]",
): Promise<{ readonly callId: string; readonly customerIds: readonly string[] }> {
  const call = pendingCall(place, webhook, body);
  const [committed] = await place.store.calls.commitCalls([{ call, writes: customers.map((changes) => ({ changes, deduplicateBy: null })) }]);
  if (committed?.kind !== "accepted") throw new Error("The call was not accepted.");
  return { callId: call.id, customerIds: committed.customerIds };
}

/** A call that is kept as a sample; gives its id. */
export async function addSample(place: Place, webhook: Webhook, body: string): Promise<string> {
  const call = pendingCall(place, webhook, body);
  await place.store.calls.commitCalls([{ call, writes: null }]);
  return call.id;
}

/** Refused calls, oldest first; gives their ids. */
export async function addRefusedCalls(place: Place, webhook: Webhook, calls: readonly Partial<Call>[]): Promise<readonly string[]> {
  const rows = calls.map((call): Call => ({
    ...pendingCall(place, webhook, null),
    outcome: "refused",
    status: 422,
    reason: "Change something.",
    customerIds: [],
    answer: null,
    repeatOf: null,
    ...call,
  }));
  await place.store.calls.insertRefusedCalls(rows);
  return rows.map((row) => row.id);
}
