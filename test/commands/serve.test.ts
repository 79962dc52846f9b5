import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { HttpBrowser, textOf } from "../support/http-browser.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const LAUNCHER = join(import.meta.dirname, "../../bin/hookgate");
const PASSWORD = "Four unrelated words, twice";
const ADA = "ada@example.com";

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

async function tokenFor(url: string, { client_id: id, client_secret: secret }: Client): Promise<Response> {
  return fetch(`${url}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "apps.webhook:execute" }),
  });
}

async function accessTokenFor(url: string, client: Client): Promise<string> {
  return ((await (await tokenFor(url, client)).json()) as { access_token: string }).access_token;
}

function call(endpoint: string, accessToken: string, body: unknown): Promise<Response> {
  return fetch(endpoint, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function addUser(installation: Installation, email: string, role: string, brand?: string): Promise<unknown> {
  const options = ["--email", email, "--name", email.split("@")[0]!, "--role", role, ...(brand ? ["--brand", brand] : [])];
  return installation.json(["user", "add", ...options, "--password-stdin"], PASSWORD);
}

const addApplication = (installation: Installation, owner = ADA) =>
  installation.json<Client>(["application", "add", "--name", "Shop sync", "--owner", owner, "--scope", "apps.webhook:execute"]);

const addWebhook = (installation: Installation, owner = ADA) =>
  installation.json<{ endpoint: string }>(
    ["webhook", "add", "--name", "Orders", "--owner", owner, "--auth", "oauth2"].concat([
      "--map",
      "$.email=emailaddress",
      "firstname=firstname",
      "--dedupe",
      "emailaddress",
    ]),
  );

async function signIn(url: string, email: string): Promise<HttpBrowser> {
  const browser = new HttpBrowser(url);
  await browser.get("/sign-in");
  await browser.post("/sign-in", { email, password: PASSWORD });
  return browser;
}

describe("commands beside a running server", () => {
  let installation: Installation;
  let server: ServerProcess;
  beforeAll(async () => {
    const port = String(await freePort());
    installation = new Installation({ HOOKGATE_PORT: port });
    server = await installation.serve({ HOOKGATE_PORT: port });
    await addUser(installation, ADA, "admin");
  });
  afterAll(async () => {
    await server.stop();
    installation.remove();
  });

  test("a user who was just added can sign in, without one newline at the end of the password", async () => {
    await installation.run(["user", "add", "--email", "bob@example.com", "--name", "Bob", "--password-stdin"], { stdin: `${PASSWORD}\r\n` });
    expect(textOf((await signIn(server.url, "bob@example.com")).page.html)).toContain("bob@example.com");
  });

  test("an application and a webhook that were just added work at the next request, with the module that they need", async () => {
    const client = await addApplication(installation);
    const { endpoint } = await addWebhook(installation);
    expect(endpoint.startsWith(`${server.url}/hooks/`)).toBe(true);
    const answer = await tokenFor(server.url, client);
    expect(answer.status).toBe(200);
    const { access_token: accessToken } = (await answer.json()) as { access_token: string };
    const answered = await call(endpoint, accessToken, { firstname: "Oauth", email: "oauth2@example.com" });
    expect(answered.status).toBe(200);
    const { hookgate_id: id } = (await answered.json()) as { hookgate_id: string };
    const listed = await installation.json<{ customers: { hookgate_id: string }[] }>(["customer", "list"]);
    expect(listed.customers.find((customer) => customer.hookgate_id === id)).toEqual({
      hookgate_id: id,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      fields: expect.objectContaining({ firstname: "Oauth", emailaddress: "oauth2@example.com" }),
    });
  });

  test("customer list stops at the limit, newest first, goes on over pages, and shows people no control characters", async () => {
    const accessToken = await accessTokenFor(server.url, await addApplication(installation));
    const { endpoint } = await addWebhook(installation);
    const people = Array.from({ length: 1_200 }, (_, i) => ({ firstname: "\u001b[31mRed\nLine", email: `p${i}@example.com` }));
    expect((await call(endpoint, accessToken, people)).status).toBe(200);
    const list = (limit: number) => installation.json<{ customers: { fields: { emailaddress: string } }[] }>(["customer", "list", "--limit", String(limit)]);
    const three = (await list(3)).customers.map(({ fields }) => fields.emailaddress);
    expect(three).toEqual(["p1199@example.com", "p1198@example.com", "p1197@example.com"]);
    const all = (await list(1_100)).customers.map(({ fields }) => fields.emailaddress);
    expect(new Set(all).size).toBe(1_100);
    expect(all.at(-1)).toBe("p100@example.com");
    const { stdout } = await installation.run(["customer", "list", "--limit", "1"]);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stdout).toContain(String.raw`firstname=\u{1b}[31mRed\u{a}Line`);
    const exported = async (...options: string[]) => (await installation.run(["customer", "export", "--format", "jsonl", ...options])).stdout;
    const lines = (await exported()).trimEnd().split("\n");
    expect(lines.slice(0, 1_200).map((line) => (JSON.parse(line) as { emailaddress: string }).emailaddress)).toEqual(
      people.map(({ email }) => email).toReversed(),
    );
    expect(JSON.parse(await exported("--search", "P77@Example"))).toMatchObject({ emailaddress: "p77@example.com", firstname: people[0]!.firstname });
  });

  test("another brand's customers are in its own list only", async () => {
    await installation.json(["brand", "add", "--name", "Acme"]);
    await addUser(installation, "eve@acme.example", "admin", "Acme");
    const accessToken = await accessTokenFor(server.url, await addApplication(installation, "eve@acme.example"));
    const { endpoint } = await addWebhook(installation, "eve@acme.example");
    expect((await call(endpoint, accessToken, { email: "only@acme.example" })).status).toBe(200);
    const { customers } = await installation.json<{ customers: unknown[] }>(["customer", "list", "--brand", "Acme"]);
    expect(customers).toHaveLength(1);
    expect(JSON.stringify(await installation.json(["customer", "list"]))).not.toContain("only@acme.example");
    const file = async (brand: string) => (await installation.run(["customer", "export", "--format", "csv", "--brand", brand])).stdout;
    expect([(await file("Acme")).includes("only@acme.example"), (await file("Default")).includes("only@acme.example")]).toEqual([true, false]);
    const { endpoint: ofFirstBrand } = await addWebhook(installation);
    expect((await call(ofFirstBrand, accessToken, { email: "stranger@acme.example" })).status).toBe(401);
  });

  test("key rotate kills no token; key revoke ends a key's tokens at the next request, without a restart", async () => {
    const client = await addApplication(installation);
    const { endpoint } = await addWebhook(installation);
    const accessToken = await accessTokenFor(server.url, client);
    const { keys } = await installation.json<{ keys: { id: number; state: string }[] }>(["key", "list"]);
    const active = keys.find(({ state }) => state === "active")!;
    await installation.json(["key", "rotate"]);
    expect((await call(endpoint, accessToken, { email: "k@example.com" })).status).toBe(200);
    await installation.json(["key", "revoke", String(active.id)]);
    expect((await call(endpoint, accessToken, { email: "k@example.com" })).status).toBe(401);
    const next = await tokenFor(server.url, client);
    expect(next.status).toBe(200);
  });

  test("a second server cannot take the same port: one line, exit status 1", async () => {
    const second = await installation.run(["serve"], { environment: { HOOKGATE_PORT: new URL(server.url).port } });
    expect(second.stderr).toMatch(/^hookgate: Cannot listen on 127\.0\.0\.1, port \d+: something listens there already; choose another HOOKGATE_PORT\.\n$/);
    expect(second.status).toBe(1);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  test("nor can its metrics: the line names their setting", async () => {
    const environment = { HOOKGATE_PORT: String(await freePort()), HOOKGATE_METRICS_PORT: new URL(server.url).port };
    const second = await installation.run(["serve"], { environment });
    expect(second.stderr).toMatch(/something listens there already; choose another HOOKGATE_METRICS_PORT\.\n$/);
    expect(second.status).toBe(1);
  });
});

describe("serve", () => {
  test("says where it listens, where its data lies, and how to make the first admin; the link works and makes no log line", async () => {
    const installation = new Installation({ HOOKGATE_LOG_LEVEL: "trace" });
    const server = await installation.serve();
    const path = /\/setup\/[A-Za-z0-9_-]{43}/.exec(server.output.stdout)?.[0];
    expect(server.output.stdout).toContain(`Hookgate listens on ${server.url}\n`);
    expect(server.output.stdout).toContain(`Its data lies in ${installation.databasePath}\n`);
    expect(path).toBeDefined();
    const browser = new HttpBrowser(server.url);
    expect((await browser.get(path!)).status).toBe(200);
    expect((await browser.submit("/setup", { name: "Ada", email: ADA, password: PASSWORD })).status).toBe(200);
    const { stdout, stderr } = await server.stop();
    const logLines = stdout.split("\n").filter((line) => line.startsWith("{"));
    expect(logLines.join("") + stderr).not.toContain(path!.slice("/setup/".length));
    const again = await installation.serve();
    expect(again.output.stdout).not.toContain("/setup/");
    await again.stop();
    installation.remove();
  });

  test("prints no link when an admin was made by command, and one when there are members only", async () => {
    const installation = new Installation();
    await addUser(installation, "m@example.com", "member");
    const withoutAdmin = await installation.serve();
    expect(withoutAdmin.output.stdout).toContain("/setup/");
    await withoutAdmin.stop();
    await addUser(installation, ADA, "admin");
    const withAdmin = await installation.serve();
    expect(withAdmin.output.stdout).not.toContain("/setup/");
    await withAdmin.stop();
    installation.remove();
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s ends it in order: exit status 0 within seconds, also with connections that stay open", async (signal) => {
    const installation = new Installation();
    const server = await installation.serve();
    await (await fetch(`${server.url}/livez`)).text();
    const started = performance.now();
    const { status, stderr } = await server.stop(signal);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    expect(performance.now() - started).toBeLessThan(5_000);
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow("fetch failed");
    installation.remove();
  });

  test.each([
    ["whose reader goes before it says anything", "| true"],
    ["whose reader goes once it has said where it listens", "| head -1"],
    ["that has no room", "> /dev/full"],
  ])("standard output %s does not end the server, and it still ends in order", async (_, output) => {
    const installation = new Installation();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const environment = { PATH: process.env["PATH"], ...installation.environment, HOOKGATE_PORT: String(port), HOOKGATE_LOG_LEVEL: "info" };
    // The shell tells the pid of the server first, then the exit status.
    const script = `{ sh -c 'echo $$ >&2; exec "$0" serve' "${LAUNCHER}"; echo $? >&2; } ${output}`;
    const shell = spawn("sh", ["-c", script], { cwd: installation.directory, env: environment, stdio: ["ignore", "ignore", "pipe"] });
    let told = "";
    shell.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
    await expect.poll(async () => (await fetch(`${url}/readyz`).catch(() => null))?.status, { timeout: 20_000 }).toBe(200);
    // Each is a line of the log.
    for (let refused = 0; refused < 3; refused++)
      expect((await fetch(`${url}/oauth2/token`, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials" }) })).status).toBe(401);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    process.kill(Number(told.split("\n")[0]), "SIGTERM");
    await once(shell, "close");
    expect(told).toMatch(output === "> /dev/full" ? /^\d+\nhookgate: Standard output takes nothing: ENOSPC[^\n]+\n0\n$/ : /^\d+\n0\n$/);
    installation.remove();
  });

  test("a request that never arrives whole does not hold up the end", async () => {
    const installation = new Installation();
    const server = await installation.serve();
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", () => {});
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    socket.write("POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ngrant_type=");
    await (await fetch(`${server.url}/livez`)).text();
    expect((await server.stop()).status).toBe(0);
    socket.destroy();
    installation.remove();
  });

  test("every call that was answered 200 before a SIGTERM is there afterwards, and what was accepted is answered", async () => {
    const port = String(await freePort());
    const installation = new Installation({ HOOKGATE_PORT: port });
    await addUser(installation, ADA, "admin");
    const client = await addApplication(installation);
    const { endpoint } = await addWebhook(installation);
    const server = await installation.serve({ HOOKGATE_PORT: port });
    const accessToken = await accessTokenFor(server.url, client);
    const answered: string[] = [];
    const calls = Array.from({ length: 200 }, async (_, i) => {
      const email = `c${i}@example.com`;
      try {
        if ((await call(endpoint, accessToken, { email })).status === 200) answered.push(email);
      } catch {
        // Its connection was not accepted any more.
      }
    });
    await Promise.race(calls);
    const { status } = await server.stop();
    await Promise.all(calls);
    expect(status).toBe(0);
    expect(answered.length).toBeGreaterThan(0);
    const { customers } = await installation.json<{ customers: { fields: { emailaddress: string } }[] }>(["customer", "list", "--limit", "1000"]);
    const stored = new Set(customers.map(({ fields }) => fields.emailaddress));
    expect(answered.filter((email) => !stored.has(email))).toEqual([]);
    installation.remove();
  });

  test("a port that another program has is one line and exit status 1", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const installation = new Installation();
    const port = String((other.address() as AddressInfo).port);
    const { status, stderr, stdout } = await installation.run(["serve"], { environment: { HOOKGATE_PORT: port } });
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^hookgate: [^\\n]*port ${port}[^\\n]*\\n$`));
    expect(stdout).toBe("");
    other.close();
    installation.remove();
  });
});
