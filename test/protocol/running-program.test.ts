/** Rules about what the program says while it runs: only a process of its own can show them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { Installation, type ServerProcess } from "../support/program.ts";

const installation = new Installation();
let server: ServerProcess;

beforeAll(async () => {
  server = await installation.serve({ HOOKGATE_LOG_LEVEL: "trace" });
});
afterAll(async () => {
  await server.stop();
  installation.remove();
});

const ADVICE = "authorization codes live longer than the ten minutes";

describe("the log", () => {
  test("6749-07: one line of advice while codes may live longer than the RFC recommends, and none below (RFC 6749 section 4.1.2)", async () => {
    expect(server.output.stdout.split(ADVICE)).toHaveLength(2);
    const short = await installation.serve({ HOOKGATE_LOG_LEVEL: "trace", HOOKGATE_CODE_LIFETIME: "600" });
    expect(short.output.stdout).not.toContain(ADVICE);
    await short.stop();
  });

  test.each(["", "/some/path"])(
    "6749-20: credentials in an address are refused and in no log, 7662-05: nor is a token; public URL with the path %j (RFC 6749 section 2.3.1, RFC 7662 section 2.1)",
    async (basePath) => {
      const port = String(await freePort());
      const asked = await installation.serve({ HOOKGATE_LOG_LEVEL: "trace", HOOKGATE_PORT: port, HOOKGATE_URL: `http://127.0.0.1:${port}${basePath}` });
      const secret = "s3cret-of-somebody";
      const authorization = `Basic ${btoa(`client:${secret}`)}`;
      const headers = { "content-type": "application/x-www-form-urlencoded", authorization, cookie: `hookgate_session=${secret}` };
      const statuses: number[] = [];
      for (const path of [
        "/oauth2/token?client_secret=",
        "/oauth2/introspect?token=",
        "/oauth2/auth?code=",
        "/hooks/x?access_token=",
        "/%zz?token=",
        "/nothing?token=",
      ]) {
        for (const method of ["GET", "POST"]) {
          const body = method === "POST" ? `grant_type=client_credentials&client_secret=${secret}` : null;
          statuses.push((await fetch(asked.url + path + secret, { method, headers, body, redirect: "manual" })).status);
        }
      }
      // 303: an authorization request by POST becomes one by GET.
      expect(statuses.every((status) => status === 303 || (status >= 400 && status < 500))).toBe(true);
      await asked.stop();
      const { stdout, stderr } = asked.output;
      expect(stdout).toContain("an OAuth request was refused");
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout + stderr).not.toContain(authorization);
    },
  );
});
