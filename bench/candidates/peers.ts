/** Other people's programs for the same jobs, each in its fastest honest configuration. `bench/peers/` holds what little they need around them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../test/support/free-port.ts";
import type { Fixture, Scenario } from "../scenarios.ts";
import { ServerProcess } from "../server-process.ts";
import { withDatabase, type Candidate, type Running, type StartContext } from "./candidate.ts";

const BENCH = join(import.meta.dirname, "..");
const CLIENT = { clientId: "0b5c7c5e-4d0f-4f7e-9a55-1f6f1f5a1a11", clientSecret: "a-secret-of-the-length-that-ours-have-0123456789" };

interface PeerDraft {
  readonly name: string;
  readonly configuration: string;
  readonly program: string;
  /** Names of scenarios. */
  readonly scenarios: readonly string[];
  readonly needsDatabase?: true;
}

/** Installed on first use, so that nobody else has to wait for them. */
function install(): void {
  if (existsSync(join(BENCH, "node_modules"))) return;
  process.stdout.write("Installing the peers into bench/node_modules …\n");
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: BENCH, stdio: ["ignore", "ignore", "inherit"] });
}

function peer({ name, configuration, program, scenarios, needsDatabase }: PeerDraft): Candidate {
  return {
    name,
    configuration,
    isPeer: true,
    takesPart: (scenario) => scenarios.includes(scenario.name),
    start: (context) => {
      install();
      return needsDatabase ? withDatabase((url) => startPeer(program, context, { PEER_DATABASE: url })) : startPeer(program, context, {});
    },
  };
}

async function startPeer(program: string, { pinning, directory, scenario }: StartContext, database: Readonly<Record<string, string>>): Promise<Running> {
  const port = await freePort();
  const offered = join(directory, `${program}.json`);
  const environment = { PORT: String(port), PEER_FIXTURE: offered, ...environmentOf(scenario), ...database };
  const command = [process.execPath, join(BENCH, "peers", program)];
  const server = await ServerProcess.start({ pinning, command, port, environment, directory });
  const fixture = { ...NOTHING, clients: [CLIENT], ...(JSON.parse(readFileSync(offered, "utf8")) as Partial<Fixture>) };
  return { server, port, fixture: scenario.kind === "introspection" ? { ...fixture, accessToken: await tokenFrom(port) } : fixture };
}

const NOTHING: Fixture = { clients: [], codes: [], refreshTokens: [], accessToken: "", webhookPath: "", cookie: "" };

function environmentOf({ needs }: Scenario): Readonly<Record<string, string>> {
  return {
    PEER_CLIENT_ID: CLIENT.clientId,
    PEER_CLIENT_SECRET: CLIENT.clientSecret,
    PEER_REFRESH_TOKENS: String(needs.refreshTokens),
    PEER_CUSTOMERS: String(needs.customers),
  };
}

async function tokenFrom(port: number): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString("base64")}`;
  const answer = await fetch(`http://127.0.0.1:${port}/oauth2/token`, {
    method: "POST",
    headers: { authorization },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "apps.webhook:execute" }),
  });
  return ((await answer.json()) as { readonly access_token: string }).access_token;
}

const WRITTEN_CALLS = ["webhook-insert", "webhook-update", "webhook-64-kib"];
const TOKENS = ["client-credentials", "client-credentials-1", "client-credentials-256"];

export const PEERS: readonly Candidate[] = [
  peer({
    name: "oidc-provider",
    configuration: "In memory (its own adapter), opaque tokens, OpenID features off.",
    program: "oidc-provider.ts",
    scenarios: [...TOKENS, "refresh", "introspection"],
  }),
  peer({
    name: "@node-oauth/oauth2-server",
    configuration: "On bare node:http, with a model that keeps everything in memory and compares the secret as it is.",
    program: "node-oauth2-server.ts",
    scenarios: [...TOKENS, "refresh"],
  }),
  peer({
    name: "@jmondi/oauth2-server",
    configuration: "On bare node:http, JWTs signed by HMAC, with repositories that keep nothing and compare the secret as it is.",
    program: "jmondi-oauth2-server.ts",
    scenarios: TOKENS,
  }),
  peer({
    name: "Fastify, PostgreSQL",
    configuration:
      "A webhook by hand: Fastify, @fastify/jwt (HS256, verified tokens kept) and pg: the customer and the call in one prepared statement. The database as with Hookgate.",
    program: "fastify-webhook.ts",
    scenarios: WRITTEN_CALLS,
    needsDatabase: true,
  }),
  peer({
    name: "Express, PostgreSQL",
    configuration: "The same with Express and express-oauth2-jwt-bearer (HS256), which verifies each token anew.",
    program: "express-webhook.ts",
    scenarios: WRITTEN_CALLS,
    needsDatabase: true,
  }),
  peer({
    name: "Node-RED",
    configuration: "An http-in node that answers with what it was sent: no token is checked and nothing is stored.",
    program: "node-red.ts",
    scenarios: ["webhook-unmapped", "webhook-update"],
  }),
];
