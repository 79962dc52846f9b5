/** What is measured: each scenario is a request, how it is sent, and what a server must hold before. */
import type { RequestPlan } from "./load.ts";
import { GAP, planOf } from "./request-plan.ts";

/** What a server must hold before a scenario begins. */
export interface Needs {
  /** Registered applications; at least the one that asks. */
  readonly applications: number;
  /** Unused authorization codes. */
  readonly codes: number;
  readonly refreshTokens: number;
  readonly customers: number;
  /** The store is filled row by row, as `npm run grow` does it: by calls, ten million customers would take an hour. */
  readonly isGrown: boolean;
  /** The mapping of the webhook that is called; null: calls are kept as samples. */
  readonly isMapped: boolean;
}

/** What a server that is ready has to offer. */
export interface Fixture {
  readonly clients: readonly { readonly clientId: string; readonly clientSecret: string }[];
  readonly codes: readonly string[];
  readonly refreshTokens: readonly string[];
  readonly accessToken: string;
  readonly webhookPath: string;
  /** The `Cookie` header of somebody who has signed in. */
  readonly cookie: string;
}

type Kind = "client-credentials" | "code-exchange" | "refresh" | "introspection" | "webhook" | "refused-call" | "console";

export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly kind: Kind;
  readonly connections: number;
  readonly slowConnections: number;
  /** Requests arrive by themselves, at this share of what the server can take; null: as fast as answers come. */
  readonly load: number | null;
  /** Most requests in a slice. */
  readonly requestsPerSlice: number;
  /** Part of a quick run. */
  readonly isQuick: boolean;
  readonly needs: Needs;
  readonly plan: (fixture: Fixture) => RequestPlan;
  /** What every right answer holds. */
  readonly holds: string;
}

export const REDIRECT_URI = "https://shop.example.com/callback";
export const SCOPE = "apps.webhook:execute";

export const CONNECTIONS = 32;
const CUSTOMERS = 10_000;
/** Customers whose turn it is to be changed. */
const MAX_UPDATED = 100_000;
/** Each redeems a code; they have to be made before. */
const CODES_PER_SLICE = 200;
/** Rounds and what warms up before them, at most. */
const MAX_SLICES = 60;

const FORM = { "Content-Type": "application/x-www-form-urlencoded" };

const basic = ({ clientId, clientSecret }: Fixture["clients"][number]) => Buffer.from(`${clientId}:${clientSecret}`).toString("base64");

function clientCredentials({ clients }: Fixture): RequestPlan {
  const body = `grant_type=client_credentials&scope=${encodeURIComponent(SCOPE)}`;
  const values = clients.map(basic);
  return planOf({ path: "/oauth2/token", headers: { Authorization: `Basic ${GAP}`, ...FORM }, body, values: { kind: "cycle", values } });
}

function withBasic(fixture: Fixture, path: string, body: string, values?: Parameters<typeof planOf>[0]["values"]): RequestPlan {
  return planOf({ path, headers: { Authorization: `Basic ${basic(fixture.clients[0]!)}`, ...FORM }, body, ...(values && { values }) });
}

/** A call as shops send them; the gap is the address. */
const customerJson = (email: string) =>
  `{"email":"${email}","firstname":"Oauth","lastname":"Example","city":"Graz","newsletter":true,"cart":{"total":129.90,"items":3},"source":"checkout"}`;

function call(fixture: Fixture, body: string, values?: Parameters<typeof planOf>[0]["values"]): RequestPlan {
  const headers = { Authorization: `Bearer ${fixture.accessToken}`, "Content-Type": "application/json" };
  return planOf({ path: fixture.webhookPath, headers, body, ...(values && { values }) });
}

export const addressOfCustomer = (index: number) => `customer-${String(index).padStart(8, "0")}@example.com`;

/** The address of a customer that is there and, between its quotes, a last name that is not the one of the call before: three for each of the customers, which are spread over all. */
function updatesOf(customers: number): readonly string[] {
  const updated = Math.min(customers, MAX_UPDATED);
  return Array.from({ length: updated * 3 }, (_, index) => {
    const customer = ((index * 7_919) % updated) * (customers / updated);
    return `${addressOfCustomer(customer)}","surname":"Example ${Math.floor(index / updated)}`;
  });
}

const update = (customers: number) => {
  const values = updatesOf(customers);
  return (fixture: Fixture) => call(fixture, customerJson(GAP), { kind: "cycle", values });
};

interface ScenarioDraft extends Partial<Omit<Scenario, "needs">> {
  readonly name: string;
  readonly title: string;
  readonly kind: Kind;
  readonly needs?: Partial<Needs>;
  readonly plan: (fixture: Fixture) => RequestPlan;
  readonly holds: string;
}

function scenario({ needs, ...draft }: ScenarioDraft): Scenario {
  return {
    connections: CONNECTIONS,
    slowConnections: 0,
    load: null,
    requestsPerSlice: 1e9,
    isQuick: false,
    ...draft,
    needs: { applications: 1, codes: 0, refreshTokens: 0, customers: 0, isGrown: false, isMapped: false, ...needs },
  };
}

const TOKEN = { kind: "client-credentials", plan: clientCredentials, holds: '"access_token"' } as const;
const UPDATE = { kind: "webhook", plan: update(CUSTOMERS), holds: '"firstname"', needs: { isMapped: true, customers: CUSTOMERS } } as const;

export const SCENARIOS: readonly Scenario[] = [
  scenario({ ...TOKEN, name: "client-credentials", title: "Token by client credentials, Basic", isQuick: true }),
  scenario({
    ...TOKEN,
    name: "client-credentials-body",
    title: "Token by client credentials, secret in the body",
    plan: ({ clients: [client] }) =>
      planOf({
        path: "/oauth2/token",
        headers: FORM,
        body: `grant_type=client_credentials&scope=${encodeURIComponent(SCOPE)}&client_id=${client!.clientId}&client_secret=${client!.clientSecret}`,
      }),
  }),
  scenario({
    name: "code-exchange",
    title: "Token by authorization code",
    kind: "code-exchange",
    requestsPerSlice: CODES_PER_SLICE,
    needs: { codes: CODES_PER_SLICE * MAX_SLICES },
    plan: (fixture) =>
      withBasic(fixture, "/oauth2/token", `grant_type=authorization_code&code=${GAP}&redirect_uri=${encodeURIComponent(REDIRECT_URI)}`, {
        kind: "once",
        values: fixture.codes,
      }),
    holds: '"access_token"',
  }),
  scenario({
    name: "refresh",
    title: "Token by refresh token, which is rotated",
    kind: "refresh",
    needs: { refreshTokens: CONNECTIONS + 1 },
    plan: (fixture) =>
      withBasic(fixture, "/oauth2/token", `grant_type=refresh_token&refresh_token=${GAP}`, {
        kind: "chain",
        first: fixture.refreshTokens,
        member: "refresh_token",
      }),
    holds: '"refresh_token"',
    isQuick: true,
  }),
  scenario({
    name: "introspection",
    title: "Introspection of an access token",
    kind: "introspection",
    plan: (fixture) => withBasic(fixture, "/oauth2/introspect", `token=${fixture.accessToken}`),
    holds: '"active":true',
    isQuick: true,
  }),
  scenario({
    name: "webhook-unmapped",
    title: "Webhook call, not mapped",
    kind: "webhook",
    plan: (fixture) => call(fixture, customerJson(`new-${GAP}@example.com`), { kind: "count" }),
    holds: '"firstname"',
  }),
  scenario({
    name: "webhook-insert",
    title: "Webhook call that makes a customer",
    kind: "webhook",
    needs: { isMapped: true, customers: CUSTOMERS },
    plan: (fixture) => call(fixture, customerJson(`new-${GAP}@example.com`), { kind: "count" }),
    holds: '"firstname"',
    isQuick: true,
  }),
  scenario({ ...UPDATE, name: "webhook-update", title: "Webhook call that changes a customer", isQuick: true }),
  scenario({
    name: "webhook-array",
    title: "Webhook call with 10 objects, each makes a customer",
    kind: "webhook",
    needs: { isMapped: true, customers: CUSTOMERS },
    plan: (fixture) => {
      const objects = Array.from({ length: 10 }, (_, index) => customerJson(`new-${GAP}-${index}@example.com`));
      return call(fixture, `[${objects.join(",")}]`, { kind: "count" });
    },
    holds: '"firstname"',
  }),
  scenario({
    name: "webhook-64-kib",
    title: "Webhook call with 64 KiB that changes a customer",
    kind: "webhook",
    needs: { isMapped: true, customers: CUSTOMERS },
    plan: (fixture) =>
      call(fixture, customerJson(GAP).replace("{", `{"note":"${"All of it is kept. ".repeat(3_440)}",`), { kind: "cycle", values: updatesOf(CUSTOMERS) }),
    holds: '"firstname"',
  }),
  scenario({
    name: "refused-call",
    title: "Refused call: no such token",
    kind: "refused-call",
    needs: { isMapped: true },
    plan: (fixture) => {
      const forged = `${fixture.accessToken.slice(0, -4)}AAAA`;
      return { ...call({ ...fixture, accessToken: forged }, customerJson("nobody@example.com")), status: 401 };
    },
    holds: "",
    isQuick: true,
  }),
  scenario({
    name: "console-page",
    title: "Console: the list of customers",
    kind: "console",
    needs: { isMapped: true, customers: CUSTOMERS },
    plan: ({ cookie }) => planOf({ method: "GET", path: "/customers", headers: { Cookie: cookie } }),
    holds: "customer-0000",
  }),
  ...[1, 256].flatMap((connections) => [
    scenario({ ...TOKEN, name: `client-credentials-${connections}`, title: `Token by client credentials, ${counted(connections)}`, connections }),
    scenario({ ...UPDATE, name: `webhook-update-${connections}`, title: `Webhook call that changes a customer, ${counted(connections)}`, connections }),
  ]),
  ...[100, 100_000].map((applications) =>
    scenario({
      ...TOKEN,
      name: `client-credentials-of-${applications}`,
      title: `Token by client credentials, of ${applications.toLocaleString("en")} applications in turn`,
      needs: { applications },
    }),
  ),
  ...[10_000, 10_000_000].map((customers) =>
    scenario({
      ...UPDATE,
      name: `webhook-update-of-${customers}`,
      title: `Webhook call that changes one of ${customers.toLocaleString("en")} customers`,
      needs: { isMapped: true, customers, isGrown: true },
      plan: update(customers),
    }),
  ),
  scenario({ ...TOKEN, name: "client-credentials-load-70", title: "Token by client credentials, at 70 % load", load: 0.7 }),
  scenario({ ...UPDATE, name: "webhook-update-load-70", title: "Webhook call that changes a customer, at 70 % load", load: 0.7 }),
  scenario({ ...TOKEN, name: "client-credentials-slow", title: "Token by client credentials, beside 200 slow clients", slowConnections: 200 }),
];

function counted(connections: number): string {
  return connections === 1 ? "1 connection" : `${connections} connections`;
}
