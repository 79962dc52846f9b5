import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainScreen } from "../../src/commands/demo/demo-screen.ts";
import { playWalk } from "../../src/commands/demo/demo-walk.ts";
import { HttpBrowser, textOf } from "../support/http-browser.ts";
import { Installation, type Finished } from "../support/program.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";

const STEPS = [
  "1. Add a user",
  "2. Register an application",
  "3. Install a webhook",
  "4. Get a token by client credentials",
  "5. Send the first call: a sample",
  "6. Map its fields",
  "7. Get a code: sign in and consent in a browser",
  "8. Redeem the code for a token",
  "9. Renew the token by the refresh token",
  "10. Send a call: a customer",
  "11. Be refused on purpose",
  "12. Send 300 calls, some to be refused",
];
const CUSTOMERS = 120;

let installation: Installation;
let temporary: string;
beforeAll(() => {
  installation = new Installation();
  temporary = join(installation.directory, "temporary");
  mkdirSync(temporary);
});
afterAll(() => installation.remove());

const demo = (...options: string[]) => installation.run(["demo", ...options], { environment: { TMPDIR: temporary } });
const titlesOf = (stdout: string) => stdout.split("\n").filter((line) => /^\d+\. /.test(line));

function expectOneLine({ status, stderr }: Finished, ...parts: readonly string[]): void {
  expect(stderr).toMatch(/^hookgate: [^\n]+\n$/);
  for (const part of parts) expect(stderr).toContain(part);
  expect(status).toBe(1);
}

describe("demo --exit", () => {
  let finished: Finished;
  beforeAll(async () => {
    finished = await demo("--exit");
  });

  test("plays every step in order, says what was sent and answered, and ends with status 0", () => {
    expect(finished).toMatchObject({ status: 0, stderr: "" });
    expect(titlesOf(finished.stdout)).toEqual(STEPS);
    expect(finished.stdout).toMatch(/> POST \S+\/oauth2\/token\n/);
    expect(finished.stdout).toMatch(/> grant_type=client_credentials\n {2}< 200 \{"access_token"/);
    expect(finished.stdout).toMatch(/< Location: \S+\/callback\?code=hgc_\S+&state=/);
    expect(finished.stdout).toContain(`the page "Allow Shop sync?`);
    expect(finished.stdout).toContain(`"hookgate_id":"`);
    expect(finished.stdout).toMatch(/Sending calls: 30 of 300\n[^]*Sending calls: 300 of 300\n/);
    for (const status of [200, 400, 401, 415, 422]) expect(finished.stdout).toMatch(new RegExp(`\\d+ answered ${status}\\n`));
    expect(finished.stdout).toMatch(/\nDone\.\n$/);
  });

  test("prints no secret, token, code or password whole, and nothing for terminals only", () => {
    expect(finished.stdout).not.toMatch(/hg[a-z]_[\w-]{9}/i);
    expect(finished.stdout).not.toMatch(/(Basic|password=|code_verifier=|flow=)[ \w-]{9}/);
    // oxlint-disable-next-line no-control-regex -- escapes are what must not be there
    expect(finished.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test("leaves nothing behind, and touches no store of the installation", () => {
    expect(readdirSync(temporary)).toEqual([]);
    expect(existsSync(installation.databasePath)).toBe(false);
  });
});

test("demo goes on serving a console with data to look at, for the user whom it names, until Ctrl-C", async () => {
  const server = await installation.start(["demo"], /console: (\S+)[^]*Ctrl-C/, { TMPDIR: temporary });
  const [, email = "", password = ""] = /E-mail address: (\S+)\n\s*Password: +(\S+)/.exec(server.output.stdout) ?? [];
  const browser = new HttpBrowser(server.url);
  await browser.get("/sign-in");
  await browser.submit("/sign-in", { email, password });
  expect(textOf(browser.page.html)).toMatch(/Newest refused calls/);
  expect(textOf((await browser.get("/calls")).html)).toMatch(/accepted.*refused|refused.*accepted/i);
  expect(textOf((await browser.get("/customers")).html)).toMatch(/@example\.com/);
  const application = /\/applications\/[0-9a-f-]{36}/.exec((await browser.get("/applications")).html)![0];
  expect(textOf((await browser.get(`${application}/refused-requests`)).html)).toMatch(/invalid_scope.*invalid_client/);
  for (const reason of ["was expected at line 1", "$.optin must be one of Y, N", "text/plain", "no Authorization header"])
    expect(textOf((await browser.get("/calls?outcome=refused")).html), reason).toContain(reason);
  expect(await server.stop("SIGINT")).toMatchObject({ status: 0, stderr: "" });
  expect(readdirSync(temporary)).toEqual([]);
});

describe("demo --keep", () => {
  test("leaves a store that serves again, and does not write to one that is there", async () => {
    const directory = join(installation.directory, "kept");
    const { status, stdout } = await demo("--exit", "--keep", "kept");
    expect(status).toBe(0);
    const store = /HOOKGATE_STORE=(\S+)/.exec(stdout)![1]!;
    expect(store).toBe(`sqlite:${join(directory, "hookgate.db")}`);
    const kept = new Installation({ HOOKGATE_STORE: store });
    expect((await kept.json<{ customers: unknown[] }>(["customer", "list", "--limit", "1000"])).customers).toHaveLength(CUSTOMERS);
    kept.remove();
    expectOneLine(await demo("--exit", "--keep", "kept"), `${directory} holds a store already`);
  });

  test("a place that cannot be a directory is one line and status 1", async () => {
    writeFileSync(join(installation.directory, "file"), "");
    expectOneLine(await demo("--exit", "--keep", "file"), "cannot be made");
  });
});

/** The lines that were shown, and the one that the walk ended with. */
async function walk(server: Pick<TestHookgate, "url" | "services">) {
  const lines: string[] = [];
  const failure = await playWalk(
    server,
    plainScreen((line) => lines.push(line)),
  ).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { lines, failure };
}

describe("a step that fails", () => {
  let first: TestHookgate;
  let second: TestHookgate;
  beforeAll(async () => {
    first = await startHookgate();
    second = await startHookgate();
  });
  afterAll(async () => {
    await first.close();
    await second.close();
  });

  test("over HTTP: the walk ends there, and names the step, what was sent, and the answer", async () => {
    // The token endpoint of a server that knows nothing of the application.
    const { lines, failure } = await walk({ url: second.url, services: first.services });
    expect(failure).toMatch(/^Step 4\. Get a token by client credentials: POST \S+\/oauth2\/token was answered 401, not 200: \{"error":"invalid_client"/);
    expect(lines.findLast((line) => /^\d/.test(line))).toBe("4. Get a token by client credentials (failed)");
  });

  test("in a service: the walk ends with what is wrong", async () => {
    const { failure } = await walk(first);
    expect(failure).toMatch(/^Step 1\. Add a user: .*e-mail address/);
  });
});
