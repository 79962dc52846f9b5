/** Rules about what the program says while it runs: only a process of its own can show them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

  test("6749-20: credentials in an address are refused and in no log, 7662-05: nor is a token (RFC 6749 section 2.3.1, RFC 7662 section 2.1)", async () => {
    const secret = "s3cret-of-somebody";
    const form = {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `Basic ${btoa(`client:${secret}`)}`,
      cookie: `hookgate_session=${secret}`,
    };
    const statuses: number[] = [];
    for (const path of [
      "/oauth2/token?client_secret=",
      "/oauth2/introspect?token=",
      "/oauth2/revoke?token=",
      "/oauth2/auth?code=",
      "/hooks/x?access_token=",
      "/%zz?token=",
    ]) {
      for (const method of ["GET", "POST"]) {
        const body = method === "POST" ? `grant_type=client_credentials&client_secret=${secret}` : null;
        statuses.push((await fetch(server.url + path + secret, { method, headers: form, body, redirect: "manual" })).status);
      }
    }
    // 303: an authorization request by POST becomes one by GET.
    expect(statuses.every((status) => status === 303 || (status >= 400 && status < 500))).toBe(true);
    const { stdout, stderr } = server.output;
    expect(stdout).toContain("an OAuth request was refused");
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toContain(btoa(`client:${secret}`));
  });
});
