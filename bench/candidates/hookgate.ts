/** Hookgate as it is run: the built program with its default settings, on a store that was filled before. */
import { dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DEFAULT_BRAND_ID } from "../../src/brands/brand.ts";
import { loadConfig } from "../../src/config.ts";
import type { User } from "../../src/identity/user.ts";
import { HOUR, SECOND, systemClock } from "../../src/lib/clock.ts";
import { newRandomId } from "../../src/lib/id.ts";
import { digestOf, newSecret } from "../../src/lib/secret.ts";
import { ApplicationService } from "../../src/applications/application-service.ts";
import { openServices } from "../../src/services.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { freePort } from "../../test/support/free-port.ts";
import { addUser, signedIn } from "../../test/support/records.ts";
import { APPLICATION_SECRET, growStore, SECRET_OF_GROWN_STORES } from "../growth/grown-store.ts";
import { addressOfCustomer, CONNECTIONS, REDIRECT_URI, SCOPE, type Fixture, type Needs, type Scenario } from "../scenarios.ts";
import { ServerProcess } from "../server-process.ts";
import { withDatabase, type Candidate, type StartContext } from "./candidate.ts";

const PROGRAM = join(import.meta.dirname, "../../dist/main.js");
/** Rows in one transaction, and customers in one call, while a store is filled. */
const BATCH = 1_000;

/** As bin/hookgate has them. */
const FLAGS = ["--max-semi-space-size=8"];
const ENVIRONMENT = { MALLOC_ARENA_MAX: "1" };

export const HOOKGATE_ON_SQLITE: Candidate = {
  name: "Hookgate, SQLite",
  configuration: "The built program with default settings; the database is a file, every commit is on the disk before the answer (synchronous=FULL).",
  isPeer: false,
  takesPart: () => true,
  start: (context) => startHookgate(context, PROGRAM, onSqlite(context, "hookgate")),
};

/** What a store is needed for, with the connections that most scenarios have. */
const STORED: ReadonlySet<Scenario["kind"]> = new Set(["code-exchange", "refresh", "webhook", "refused-call"]);

export const HOOKGATE_ON_POSTGRES: Candidate = {
  name: "Hookgate, PostgreSQL",
  configuration:
    "The same program on a PostgreSQL 15 of this machine with its default settings, fsync and synchronous_commit among them. Its CPU time is not counted.",
  isPeer: false,
  // To fill it with ten million customers takes longer than everything else.
  takesPart: ({ kind, connections, load, needs }) => STORED.has(kind) && connections === CONNECTIONS && load === null && !needs.isGrown,
  start: (context) =>
    withDatabase((url) =>
      startHookgate({ ...context, profiles: context.profiles && join(context.profiles, "postgresql") }, PROGRAM, {
        HOOKGATE_STORE: url,
        HOOKGATE_SECRET: "a secret of every node on the database",
      }),
    ),
};

/** Another build, to see what a change is worth: a copy of `dist` that was made before it, somewhere in this directory, where its packages are found. */
export function otherBuild(directory: string): Candidate {
  return {
    ...HOOKGATE_ON_SQLITE,
    name: "Hookgate before",
    configuration: `The same, as it was built in ${directory}.`,
    start: (context) => startHookgate({ ...context, profiles: null }, resolve(directory, "main.js"), onSqlite(context, "before")),
  };
}

function onSqlite({ directory }: StartContext, name: string): Readonly<Record<string, string>> {
  return { HOOKGATE_STORE: `sqlite:${join(directory, `${name}.db`)}` };
}

async function startHookgate({ pinning, scenario, directory, profiles }: StartContext, program: string, store: Readonly<Record<string, string>>) {
  const port = await freePort();
  const environment = {
    ...(scenario.needs.isGrown && { HOOKGATE_SECRET: SECRET_OF_GROWN_STORES }),
    ...store,
    HOOKGATE_PORT: String(port),
    ...ENVIRONMENT,
    NODE_COMPILE_CACHE: join(dirname(program), "compile-cache"),
  };
  const filled = scenario.needs.isGrown ? await fillByRows(environment, scenario.needs) : await fillStore(environment, scenario.needs);
  const profiling = profiles === null ? [] : ["--cpu-prof", "--cpu-prof-interval", "200", "--cpu-prof-dir", profiles];
  const command = [process.execPath, ...FLAGS, ...profiling, program, "serve"];
  const server = await ServerProcess.start({ pinning, command, port, environment, directory });
  try {
    return { server, port, fixture: await finishFixture(`http://127.0.0.1:${port}`, filled, scenario.needs) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

type Filled = Pick<Fixture, "clients" | "codes" | "webhookPath" | "cookie">;

async function fillByRows(environment: Readonly<Record<string, string>>, { customers, applications }: Needs): Promise<Filled> {
  const { clientId, webhookId } = await growStore(loadConfig(environment).store, { customers, applications, calls: 1 }, () => {});
  return { clients: [{ clientId, clientSecret: APPLICATION_SECRET }], codes: [], webhookPath: `/hooks/${webhookId}`, cookie: "" };
}

/** What nobody can do by a few requests goes through the ports. */
async function fillStore(environment: Readonly<Record<string, string>>, needs: Needs): Promise<Filled> {
  const config = loadConfig(environment);
  const store = await openStore({ url: config.store, migrate: true, clock: systemClock });
  try {
    const services = await openServices(config, store, systemClock);
    const place = { url: config.issuer, store, clock: systemClock };
    const owner = await addUser(place, { brandId: DEFAULT_BRAND_ID, role: "admin", name: "Ada" });
    for (const module of ["oauth2-server", "webhook-pro"] as const) await store.brands.activateModule(owner.brandId, module, systemClock.now());
    const clients = await addApplications(store, owner, needs.applications);
    const codes = await addCodes(store, owner, clients[0]!.clientId, needs.codes + needs.refreshTokens);
    const mapping = {
      fields: [
        { path: "email", field: "emailaddress" },
        { path: "firstname", field: "firstname" },
        { path: "surname", field: "lastname" },
        { path: "city", field: "city" },
      ],
      deduplicateBy: ["emailaddress"],
    };
    const added = await services.webhooks.add({
      brandId: owner.brandId,
      ownerId: owner.id,
      name: "Sign-ups",
      authentication: "oauth2",
      mapping: needs.isMapped ? mapping : null,
    });
    if (added.kind !== "added") throw new Error(`Not added: ${JSON.stringify(added.errors)}`);
    const { cookies } = await signedIn(place, owner);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return { clients, codes, webhookPath: `/hooks/${added.webhook.id}`, cookie };
  } finally {
    await store.close();
  }
}

/** Runs the work `count` times, many times in one transaction. */
async function inBatches<Result>(
  store: Store,
  count: number,
  work: (ports: Parameters<Parameters<Store["transaction"]>[0]>[0]) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  while (results.length < count) {
    await store.transaction(async (ports) => {
      for (const end = Math.min(count, results.length + BATCH); results.length < end;) results.push(await work(ports));
    });
  }
  return results;
}

function addApplications(store: Store, owner: User, count: number): Promise<Fixture["clients"]> {
  return inBatches(store, count, async ({ applications }) => {
    const registered = await new ApplicationService({ applications, clock: systemClock }).register({
      brandId: owner.brandId,
      ownerId: owner.id,
      name: "Shop sync",
      description: "",
      type: "confidential",
      scopes: [SCOPE, "offline_access"],
      redirectUris: [REDIRECT_URI],
    });
    if (registered.kind !== "registered") throw new Error(`Not registered: ${JSON.stringify(registered.errors)}`);
    return { clientId: registered.application.clientId, clientSecret: registered.clientSecret! };
  });
}

function addCodes(store: Store, owner: User, clientId: string, count: number): Promise<readonly string[]> {
  return inBatches(store, count, async ({ authorizationCodes }) => {
    const code = newSecret("hgc_");
    const now = systemClock.now();
    const granted = { brandId: owner.brandId, clientId, userId: owner.id };
    const scopes = [SCOPE, "offline_access"] as const;
    await authorizationCodes.insertAuthorizationCode(
      {
        ...granted,
        digest: digestOf(code),
        flowId: newRandomId(),
        grantId: newRandomId(),
        redirectUri: REDIRECT_URI,
        redirectUriRequested: true,
        grantedScopes: scopes,
        codeChallenge: null,
        issuedAt: now,
        expiresAt: now + HOUR,
        redeemedAt: null,
      },
      { kind: "allowed", consent: { ...granted, scopes, redirectUris: [REDIRECT_URI], givenAt: now, lastUsedAt: now } },
    );
    return code;
  });
}

interface Issued {
  readonly access_token: string;
  readonly refresh_token?: string;
}

/** For a server that cannot take requests, in milliseconds. */
const PATIENCE = 60_000;

/** The rest over HTTP, as its users do it: tokens, and customers by calls. */
async function finishFixture(url: string, filled: Filled, needs: Needs): Promise<Fixture> {
  const [client] = filled.clients;
  const giveUpAt = performance.now() + PATIENCE;
  const post = async (path: string, headers: Readonly<Record<string, string>>, body: string): Promise<Issued> => {
    const answer = await fetch(url + path, { method: "POST", headers, body });
    // On a machine that others have taken: it asks to come again, and so does every client.
    if (answer.status === 503 && performance.now() < giveUpAt) {
      await answer.arrayBuffer();
      await setTimeout(Number(answer.headers.get("retry-after") ?? 1) * SECOND);
      return post(path, headers, body);
    }
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Issued;
  };
  const authorization = `Basic ${Buffer.from(`${client!.clientId}:${client!.clientSecret}`).toString("base64")}`;
  const form = { authorization, "content-type": "application/x-www-form-urlencoded" };
  const { access_token: accessToken } = await post("/oauth2/token", form, "grant_type=client_credentials");
  const refreshTokens: string[] = [];
  for (const code of filled.codes.slice(needs.codes)) {
    const issued = await post("/oauth2/token", form, `grant_type=authorization_code&code=${code}&redirect_uri=${encodeURIComponent(REDIRECT_URI)}`);
    refreshTokens.push(issued.refresh_token!);
  }
  const customersByCalls = needs.isGrown ? 0 : needs.customers;
  for (let from = 0; from < customersByCalls; from += BATCH) {
    const customers = Array.from({ length: Math.min(BATCH, customersByCalls - from) }, (_, index) => ({
      email: addressOfCustomer(from + index),
      firstname: "New",
    }));
    await post(filled.webhookPath, { authorization: `Bearer ${accessToken}`, "content-type": "application/json" }, JSON.stringify(customers));
  }
  return { ...filled, codes: filled.codes.slice(0, needs.codes), refreshTokens, accessToken };
}
