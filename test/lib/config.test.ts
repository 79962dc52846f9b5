import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "../../src/config.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hookgate-config-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const load = (environment: Record<string, string>) => loadConfig({ HOOKGATE_STORE: `sqlite:${directory}/hookgate.db`, ...environment });

describe("settings", () => {
  test("the defaults are the documented ones", () => {
    const config = load({});
    expect(config).toMatchObject({ host: "127.0.0.1", port: 4400, issuer: "http://127.0.0.1:4400", expiresIn: "number", codeLifetime: 3_600_000 });
  });

  test("a secret is made beside the database on first use, for its owner's eyes only, and stays", () => {
    const first = load({}).secret;
    expect(first.length).toBeGreaterThanOrEqual(43);
    expect(load({}).secret).toBe(first);
    expect(statSync(join(directory, "hookgate.secret")).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(["hookgate.secret"]);
  });

  test("the URL of a PostgreSQL database can come from a file, beside a secret that must be given, and no error repeats it", () => {
    const file = join(directory, "store");
    const secret = "s".repeat(40);
    writeFileSync(file, "postgresql://hookgate:pass@db.example/hookgate?sslmode=verify-full\n");
    const given = { HOOKGATE_STORE_FILE: file, HOOKGATE_STORE: "" };
    expect(load({ ...given, HOOKGATE_SECRET: secret }).store).toBe("postgresql://hookgate:pass@db.example/hookgate?sslmode=verify-full");
    expect(() => load(given)).toThrow(/^HOOKGATE_SECRET or HOOKGATE_SECRET_FILE must be set/);
    expect(() => load({ HOOKGATE_STORE: "postgres://hookgate:pa/ss@@:db" })).not.toThrow(/pa\/ss/);
  });

  test("a secret can come from a file", () => {
    const file = join(directory, "given");
    writeFileSync(file, `${"s".repeat(40)}\n`);
    expect(load({ HOOKGATE_SECRET_FILE: file }).secret).toBe("s".repeat(40));
    expect(readFileSync(file, "utf8")).toContain("\n");
  });

  test.each([
    [{ HOOKGATE_PRT: "1" }, "HOOKGATE_PRT"],
    [{ HOOKGATE_PORT: "0" }, "HOOKGATE_PORT"],
    [{ HOOKGATE_PORT: "65536" }, "HOOKGATE_PORT"],
    [{ HOOKGATE_PORT: "4400x" }, "HOOKGATE_PORT"],
    [{ HOOKGATE_URL: "not a url" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "http://hooks.example.com" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "http://192.168.1.10" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "ftp://127.0.0.1" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "https://a.example?x=1" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "https://user@a.example" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "https://a.example/a//b" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "https://a.example/a%2fb" }, "HOOKGATE_URL"],
    [{ HOOKGATE_URL: "https://a.example/a;b" }, "HOOKGATE_URL"],
    [{ HOOKGATE_STORE: "mysql://x" }, "HOOKGATE_STORE"],
    [{ HOOKGATE_STORE: "sqlite:" }, "HOOKGATE_STORE"],
    [{ HOOKGATE_STORE: "postgres://user:pa ss/wo@rd@host/db" }, "HOOKGATE_STORE"],
    [{ HOOKGATE_STORE: "postgres://host/db" }, "HOOKGATE_SECRET"],
    [{ HOOKGATE_SECRET: "short" }, "HOOKGATE_SECRET"],
    [{ HOOKGATE_SECRET_FILE: "/no/such/file" }, "HOOKGATE_SECRET_FILE"],
    [{ HOOKGATE_SECRET: "s".repeat(40), HOOKGATE_SECRET_FILE: "/x" }, "HOOKGATE_SECRET"],
    [{ HOOKGATE_EXPIRES_IN: "text" }, "HOOKGATE_EXPIRES_IN"],
    [{ HOOKGATE_CODE_LIFETIME: "29" }, "HOOKGATE_CODE_LIFETIME"],
    [{ HOOKGATE_CODE_LIFETIME: "3601" }, "HOOKGATE_CODE_LIFETIME"],
    [{ HOOKGATE_METRICS_PORT: "metrics" }, "HOOKGATE_METRICS_PORT"],
    [{ HOOKGATE_METRICS_PORT: "4400" }, "HOOKGATE_METRICS_PORT"],
    [{ HOOKGATE_LOG_LEVEL: "loud" }, "HOOKGATE_LOG_LEVEL"],
  ])("%o stops the start with one line that names the setting", (environment, name) => {
    let message = "";
    try {
      load(environment);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      message = (error as Error).message;
    }
    expect(message).toContain(name);
    expect(message).not.toContain("\n");
  });

  test.each([
    "proxy.example",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0.1 10.0.0.2",
    "10.0.0.1,",
    ",",
    "1.2.3",
    "fe80::1%eth0",
    "*",
    "a\nb",
  ])("HOOKGATE_TRUSTED_PROXIES with %j stops the start with one line that names what is no address", (list) => {
    expect(() => load({ HOOKGATE_TRUSTED_PROXIES: list })).toThrow(/^HOOKGATE_TRUSTED_PROXIES must hold addresses and ranges [^\n]* is neither\.$/);
  });

  test("http is accepted on loopback and https anywhere; the issuer has no trailing slash", () => {
    expect(load({ HOOKGATE_URL: "http://localhost:8080/" }).issuer).toBe("http://localhost:8080");
    expect(load({ HOOKGATE_URL: "https://hooks.example.com/" }).issuer).toBe("https://hooks.example.com");
    const { issuer, basePath } = load({ HOOKGATE_URL: "https://example.com/some/path/" });
    expect([issuer, basePath]).toEqual(["https://example.com/some/path", "/some/path"]);
  });

  test("settings of the test suite are nobody's business here", () => {
    expect(() => load({ HOOKGATE_TEST_CHROMIUM: "/usr/bin/chromium" })).not.toThrow();
  });
});
