import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { Installation } from "../support/program.ts";

let installation: Installation;
beforeAll(() => {
  installation = new Installation();
});
afterAll(() => installation.remove());

/** One line on standard error, no stack, nothing on standard output. */
function expectOneLine(
  finished: { readonly status: number | null; readonly stdout: string; readonly stderr: string },
  status: number,
  text: string | RegExp,
): void {
  expect(finished.stderr).toMatch(/^hookgate: [^\n]+\n$/);
  expect(finished.stderr).toMatch(text);
  expect(finished.stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(finished.stdout).toBe("");
  expect(finished.status).toBe(status);
}

describe("help", () => {
  test("--version prints the version and nothing else", async () => {
    expect(await installation.run(["--version"])).toEqual({ status: 0, stdout: `${packageJson.version}\n`, stderr: "" });
  });

  test("--help names every group of commands and shows examples", async () => {
    const { status, stdout } = await installation.run(["--help"]);
    expect(status).toBe(0);
    for (const group of ["serve", "migrate", "user", "application", "webhook", "customer", "key", "brand"])
      expect(stdout).toMatch(new RegExp(`^  ${group}\\b`, "m"));
    expect(stdout).toContain("Examples:");
  });

  test("serve --help describes every setting", async () => {
    const { stdout } = await installation.run(["serve", "--help"]);
    for (const name of ["HOOKGATE_URL", "HOOKGATE_PORT", "HOOKGATE_STORE", "HOOKGATE_SECRET"]) expect(stdout).toContain(name);
  });

  test.each([[[]], [["user"]], [["key"]]])("an unfinished command line shows help on standard error and exits with 2: %j", async (args) => {
    const { status, stdout, stderr } = await installation.run(args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: hookgate");
  });
});

describe("a command line that cannot be understood exits with 2 and says why in one line", () => {
  const OWNER = ["--name", "N", "--owner", "ada@example.com"];
  test.each<[what: string, args: readonly string[], text: RegExp]>([
    ["unknown command", ["fly"], /unknown command 'fly'/],
    ["unknown command of a group", ["user", "fly"], /unknown command 'fly'/],
    ["unknown option", ["customer", "list", "--everything"], /unknown option '--everything'/],
    ["typing error, with a suggestion", ["customer", "list", "--limt", "1"], /--limit/],
    ["missing --email", ["user", "add", "--name", "N", "--password-stdin"], /--email/],
    ["missing --password-stdin", ["user", "add", "--name", "N", "--email", "a@example.com"], /--password-stdin/],
    ["a role that there is not", ["user", "add", "--name", "N", "--email", "a@example.com", "--password-stdin", "--role", "root"], /admin, member/],
    ["missing --scope", ["application", "add", ...OWNER], /--scope/],
    ["a type that there is not", ["application", "add", ...OWNER, "--scope", "x", "--type", "secret"], /confidential, public/],
    ["missing --auth", ["webhook", "add", ...OWNER], /--auth/],
    ["an authentication that there is not", ["webhook", "add", ...OWNER, "--auth", "none"], /oauth2/],
    ["a mapping without field", ["webhook", "add", ...OWNER, "--auth", "oauth2", "--map", "email="], /path=field/],
    ["a mapping without path", ["webhook", "add", ...OWNER, "--auth", "oauth2", "--map", "=emailaddress"], /path=field/],
    ["a mapping without =", ["webhook", "add", ...OWNER, "--auth", "oauth2", "--map", "email"], /path=field/],
    ["limit 0", ["customer", "list", "--limit", "0"], /from 1 to 1000000/],
    ["a negative limit", ["customer", "list", "--limit", "-1"], /from 1 to 1000000/],
    ["a limit that is no number", ["customer", "list", "--limit", "1e3"], /from 1 to 1000000/],
    ["a limit without number", ["customer", "list", "--limit"], /argument missing/],
    ["a key that is no number", ["key", "revoke", "first"], /number of a key/],
    ["key revoke without key", ["key", "revoke"], /missing required argument/],
    ["a surplus argument", ["customer", "list", "more"], /too many arguments/],
  ])("%s", async (_what, args, text) => {
    expectOneLine(await installation.run(args), 2, text);
  });
});

describe("a setting or store that cannot be used exits with 1 and says why in one line", () => {
  test.each<[what: string, environment: Record<string, string>, text: string]>([
    ["an unknown setting", { HOOKGATE_PROT: "1" }, "HOOKGATE_PROT"],
    ["a port out of range", { HOOKGATE_PORT: "65536" }, "HOOKGATE_PORT"],
    ["plain http on another host", { HOOKGATE_URL: "http://auth.example.com" }, "HOOKGATE_URL"],
    ["a store of no known kind", { HOOKGATE_STORE: "mysql://localhost/x" }, "HOOKGATE_STORE"],
    ["a short secret", { HOOKGATE_SECRET: "short" }, "HOOKGATE_SECRET"],
    ["a store beside which no secret can be kept", { HOOKGATE_STORE: "sqlite:/dev/null/hookgate.db" }, "The secret file beside the store cannot be made"],
    ["a secret file that is not there", { HOOKGATE_SECRET_FILE: "/nowhere/secret" }, "HOOKGATE_SECRET_FILE"],
    [
      "a store where no file can be",
      { HOOKGATE_STORE: "sqlite:/dev/null/hookgate.db", HOOKGATE_SECRET: "x".repeat(40) },
      "The store sqlite:/dev/null/hookgate.db cannot be opened",
    ],
  ])("%s", async (_what, environment, text) => {
    for (const args of [["customer", "list"], ["serve"], ["migrate", "--json"]]) {
      expectOneLine(await installation.run(args, { environment }), 1, text);
    }
  });

  test("a file that is no database", async () => {
    const file = join(installation.directory, "notes.db");
    writeFileSync(file, "Not a database, but long enough to be taken for one at first sight. ".repeat(100));
    const environment = { HOOKGATE_STORE: `sqlite:${file}` };
    for (const args of [["customer", "list"], ["serve"]])
      expectOneLine(await installation.run(args, { environment }), 1, `The store sqlite:${file} cannot be opened: file is not a database.`);
  });

  test("a store that was made with another secret", async () => {
    const other = new Installation({ HOOKGATE_SECRET: "a".repeat(40) });
    await other.json(["migrate"]);
    await other.json(["key", "list"]);
    expectOneLine(await other.run(["key", "list"], { environment: { HOOKGATE_SECRET: "b".repeat(40) } }), 1, "HOOKGATE_SECRET");
    expectOneLine(await other.run(["serve"], { environment: { HOOKGATE_SECRET: "b".repeat(40) } }), 1, "HOOKGATE_SECRET");
    other.remove();
  });
});
