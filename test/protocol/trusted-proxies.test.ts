import { afterEach, describe, expect, test } from "vitest";
import { HttpBrowser } from "../support/http-browser.ts";
import { addPerson } from "../support/people.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, postToken, sendRaw, type TestClient } from "./protocol-kit.ts";

let hookgate: TestHookgate;
afterEach(() => hookgate.close());

async function start(trustedProxies: string): Promise<TestClient> {
  hookgate = await startHookgate({ HOOKGATE_TRUSTED_PROXIES: trustedProxies });
  return addClient(hookgate);
}

function ask(client: TestClient, forwardedFor: string): Promise<{ readonly status: number }> {
  return postToken(hookgate, { grant_type: "client_credentials" }, { authorization: basic(client), "x-forwarded-for": forwardedFor });
}

/** Uses up what the address may fail. */
async function exhaust(client: TestClient, forwardedFor: string): Promise<void> {
  const wrong = { ...client, clientSecret: "wrong" };
  for (let count = 0; count < 10; count++) expect((await ask(wrong, forwardedFor)).status).toBe(401);
}

describe("9700-15: X-Forwarded-For is believed from listed proxies only (RFC 9700 section 4.13)", () => {
  test.each(["", "192.0.2.0/24", "127.0.0.2,::1"])("listed are %j: the header of anybody else is ignored, whoever it names", async (trusted) => {
    const client = await start(trusted);
    await exhaust(client, "198.51.100.1");
    for (const forged of ["198.51.100.2", "127.0.0.1", "192.0.2.1", "::1", ""]) expect((await ask(client, forged)).status).toBe(429);
  });

  test.each(["127.0.0.1", "127.0.0.0/8", "10.0.0.0/8, 127.0.0.1", "::ffff:127.0.0.1/128,127.0.0.1"])(
    "listed are %j: the address that the proxy saw counts",
    async (trusted) => {
      const client = await start(trusted);
      await exhaust(client, "198.51.100.1");
      expect((await ask(client, "198.51.100.1")).status).toBe(429);
      expect((await ask(client, "198.51.100.2")).status).toBe(200);
    },
  );

  test("from the right, over listed proxies, up to the first that is not: what stands left of it may be forged", async () => {
    const client = await start("127.0.0.1,10.0.0.0/8,2001:db8:ffff::/48");
    await exhaust(client, "198.51.100.1");
    for (const chain of [
      "198.51.100.1, 10.1.2.3",
      "198.51.100.1,10.1.2.3,2001:db8:ffff::7, 10.0.0.1",
      "203.0.113.5, 198.51.100.1",
      "203.0.113.5, 10.0.0.1, 198.51.100.1, 10.0.0.1",
      "\t 198.51.100.1 ",
      "::ffff:198.51.100.1",
    ]) {
      expect([chain, (await ask(client, chain)).status]).toEqual([chain, 429]);
    }
    expect((await ask(client, "198.51.100.1, 203.0.113.5")).status).toBe(200);
  });

  test("what is no address is one stranger, however it is written", async () => {
    const client = await start("127.0.0.1");
    await exhaust(client, "unknown");
    for (const text of ["_hidden", "x".repeat(5_000), "1.2.3.4.5", "999.1.1.1"]) expect((await ask(client, text)).status).toBe(429);
  });

  test("sign-in counts for the same address", async () => {
    await start("127.0.0.1");
    await addPerson(hookgate, { email: "ada@example.com", name: "Ada", role: "admin" });
    const browser = new HttpBrowser(hookgate.url);
    await browser.get("/sign-in");
    const signIn = (user: number, from: string) =>
      browser.postOnce("/sign-in", { email: `nobody${user}@example.com`, password: "not the password" }, { "x-forwarded-for": from });
    for (let user = 0; user < 50; user++) expect((await signIn(user, "198.51.100.1")).status).toBe(422);
    expect((await signIn(50, "198.51.100.1")).status).toBe(429);
    expect((await signIn(50, "198.51.100.2")).status).toBe(422);
  });

  test("8414-05: no forwarded header changes an address of ours, not even a listed proxy's", async () => {
    await start("127.0.0.1");
    const forged = {
      host: "evil.example",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      "x-forwarded-for": "1.2.3.4",
      forwarded: "host=evil.example;proto=https",
    };
    const metadata = await sendRaw(`${hookgate.url}/.well-known/oauth-authorization-server`, { method: "GET", headers: forged });
    expect((JSON.parse(metadata.text) as { issuer: string }).issuer).toBe(hookgate.url);
    for (const path of ["/sign-in", "/", "/applications", "/oauth2/auth?client_id=x"]) {
      const answer = await sendRaw(hookgate.url + path, { method: "GET", headers: forged });
      expect(`${answer.text} ${JSON.stringify(answer.headers)}`).not.toMatch(/evil\.example|https:\/\/127/);
    }
  });
});
