import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation } from "../support/program.ts";

const UNKNOWN = "8a8fa3fb-43f2-4c8c-8c4e-5f8f6f1b6a11";

interface Refused {
  readonly requests: readonly Readonly<Record<string, unknown>>[];
  readonly calls: readonly Readonly<Record<string, unknown>>[];
}

let installation: Installation;
beforeAll(() => {
  installation = new Installation();
});
afterAll(() => installation.remove());

describe("refused list", () => {
  test("says so while nothing was refused", async () => {
    const { status, stdout } = await installation.run(["refused", "list"]);
    expect([status, stdout]).toEqual([0, "No OAuth request without a known client.\nNo call at an unknown endpoint.\n"]);
  });

  test("tells the operator what strangers were refused, without what they sent", async () => {
    const server = await installation.serve({ HOOKGATE_TRUSTED_PROXIES: "127.0.0.1" });
    const post = (path: string, body: string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(server.url + path, {
        method: "POST",
        body,
        headers: { "content-type": "application/x-www-form-urlencoded", "x-forwarded-for": "203.0.113.9", ...headers },
      });
    const first = await post("/oauth2/token", `grant_type=client_credentials&client_id=${UNKNOWN}&client_secret=hgs_of-nobody`);
    await post("/oauth2/introspect", `token=hga_secret&client_id=hgs_a-secret-in-the-wrong-place&client_secret=x`);
    await post("/oauth2/token", "grant_type=made_up&code=hgc_secret");
    await fetch(`${server.url}/oauth2/auth?client_id=${UNKNOWN}&response_type=code&state=secret-state`);
    await post("/hooks/no-such-webhook", '{"email":"person@example.com"}');
    await post(`/hooks/${"x".repeat(5_000)}`, "{}");
    await server.stop();

    const { requests, calls } = await installation.json<Refused>(["refused", "list"]);
    expect(requests.map(({ path, address, client_id, error }) => [path, address, client_id, error])).toEqual([
      ["/oauth2/auth", null, UNKNOWN, "invalid_request"],
      ["/oauth2/token", "203.0.113.9", null, "unsupported_grant_type"],
      ["/oauth2/introspect", "203.0.113.9", null, "invalid_client"],
      ["/oauth2/token", "203.0.113.9", UNKNOWN, "invalid_client"],
    ]);
    expect(requests.at(-1)).toMatchObject({ reference: first.headers.get("hookgate-reference"), reason: "There is no client with this id." });
    expect(calls.map(({ path }) => String(path).length)).toEqual([200, "/hooks/no-such-webhook".length]);

    const { stdout } = await installation.run(["refused", "list"]);
    expect(stdout).toContain(`203.0.113.9  ${UNKNOWN}  invalid_client  There is no client with this id.`);
    expect(`${stdout}${JSON.stringify([requests, calls])}`).not.toMatch(/hg[asc]_|secret-|person@/);
  });
});
