import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation, type Finished, type ServerProcess } from "../support/program.ts";
import { HttpBrowser } from "../support/http-browser.ts";

const PASSWORD = "Four unrelated words, twice";
const ADA = "ada@example.com";
const BOB = "bob@example.com";

let installation: Installation;
let server: ServerProcess;

beforeAll(async () => {
  installation = new Installation();
  for (const [email, name, role] of [
    [ADA, "Ada", "admin"],
    [BOB, "Bob", "member"],
  ] as const) {
    await installation.json(["user", "add", "--email", email, "--name", name, "--role", role, "--password-stdin"], PASSWORD);
  }
  server = await installation.serve();
});
afterAll(async () => {
  await server.stop();
  installation.remove();
});

function expectFailure({ status, stdout, stderr }: Finished, text: string): void {
  expect(stderr).toMatch(/^hookgate: [^\n]+\n$/);
  expect(stderr).toContain(text);
  expect([status, stdout]).toEqual([1, ""]);
}

async function signIn(email: string, password = PASSWORD): Promise<number> {
  const browser = new HttpBrowser(server.url);
  await browser.get("/sign-in");
  return (await browser.postOnce("/sign-in", { email, password })).status;
}

describe("the commands for users, beside a running server", () => {
  test.each(["deactivate", "reactivate", "password-link"])("user %s needs an address that somebody has", async (command) => {
    expectFailure(await installation.run(["user", command, "nobody@example.com"]), "There is no user with the e-mail address nobody@example.com.");
    expect((await installation.run(["user", command])).status).toBe(2);
  });

  test("the last active admin is not deactivated", async () => {
    expectFailure(await installation.run(["user", "deactivate", ADA]), "is the last active admin of the brand: add another admin first.");
    expect(await signIn(ADA)).toBe(303);
  });

  test("a deactivated user is out at the server's next request, gets no link, and is back by user reactivate", async () => {
    expect(await installation.json(["user", "deactivate", BOB])).toMatchObject({ email: BOB, status: "deactivated" });
    expect(await signIn(BOB)).toBe(422);
    expectFailure(await installation.run(["user", "password-link", BOB]), "reactivate the user first");
    expect(await installation.json(["user", "reactivate", BOB.toUpperCase()])).toMatchObject({ email: BOB, status: "active" });
    expect(await signIn(BOB)).toBe(303);
    expect((await installation.run(["user", "reactivate", BOB])).stdout).toBe("Bob was active already.\n");
  });

  test("an admin who forgot the password gets back in by user password-link, once", async () => {
    const { link } = await installation.json<{ link: string }>(["user", "password-link", ADA]);
    const browser = new HttpBrowser(server.url);
    const { pathname } = new URL(link);
    await browser.get(pathname);
    expect((await browser.postOnce(pathname, { password: "an entirely new password" })).status).toBe(303);
    expect([await signIn(ADA), await signIn(ADA, "an entirely new password")]).toEqual([422, 303]);
    expect((await new HttpBrowser(server.url).get(pathname)).status).toBe(410);
  });

  test("user list tells everybody of the brand and what they count for", async () => {
    const { users } = await installation.json<{ users: readonly object[] }>(["user", "list"]);
    expect(users).toMatchObject([
      { email: ADA, name: "Ada", role: "admin", status: "active" },
      { email: BOB, name: "Bob", role: "member", status: "active" },
    ]);
    await installation.json(["brand", "add", "--name", "Empty"]);
    expect(await installation.json(["user", "list", "--brand", "Empty"])).toEqual({ users: [] });
    expect((await installation.run(["user", "list", "--brand", "Empty"])).stdout).toBe("Empty has no users yet.\n");
    expectFailure(await installation.run(["user", "list", "--brand", "Nowhere"]), "no brand named Nowhere");
  });
});
