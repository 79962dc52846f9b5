import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Installation, type Finished } from "../support/program.ts";

const PASSWORD = "Four unrelated words, twice";
const ADA = "ada@example.com";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let installation: Installation;
beforeAll(async () => {
  installation = new Installation({ HOOKGATE_URL: "https://auth.example.com" });
  await addUser({ email: ADA, name: "Ada" });
});
afterAll(() => installation.remove());

function addUser(user: { email: string; name: string; role?: string; brand?: string }, password = `${PASSWORD}\n`): Promise<Record<string, string>> {
  return installation.json(userAdd(user), password);
}

function userAdd(user: Readonly<Record<string, string>>): readonly string[] {
  return ["user", "add", ...Object.entries(user).flatMap(([name, value]) => [`--${name}`, value]), "--password-stdin"];
}

const APPLICATION = ["application", "add", "--name", "Shop sync", "--owner", ADA, "--scope", "apps.webhook:execute"];
const WEBHOOK = ["webhook", "add", "--name", "Orders", "--owner", ADA, "--auth", "oauth2"];

/** The command failed with status 1 and one line on standard error. */
function expectFailure({ status, stdout, stderr }: Finished, text: string | RegExp): void {
  expect(stderr).toMatch(/^hookgate: [^\n]+\n$/);
  expect(stderr).toMatch(text);
  expect(stdout).toBe("");
  expect(status).toBe(1);
}

describe("user add", () => {
  test("adds an active user to the brand that exists from the start; a member unless told otherwise", async () => {
    const added = await addUser({ email: "Grace@Example.com", name: "  Grace Hopper " });
    expect(added).toEqual({ id: expect.stringMatching(UUID), email: "grace@example.com", name: "Grace Hopper", role: "member", brand: expect.any(String) });
    expect(await addUser({ email: "root@example.com", name: "Root", role: "admin" })).toMatchObject({ role: "admin" });
  });

  test("the password stands nowhere in the data", async () => {
    await addUser({ email: "secretive@example.com", name: "S" }, "A very particular password 4711\n");
    expectNowhereInData("A very particular password 4711");
  });

  test("a name of two words, an RTL name and 200 characters are kept", async () => {
    for (const name of ["Ada Lovelace", "نورة العتيبي", "x".repeat(200)]) {
      expect((await addUser({ email: `${Buffer.from(name).toString("hex").slice(0, 12)}@example.com`, name })).name).toBe(name);
    }
  });

  test("of two users with one address the second is refused, in whatever letter case", async () => {
    expectFailure(await installation.run(userAdd({ email: ADA.toUpperCase(), name: "Other" }), { stdin: PASSWORD }), "already a user");
  });

  test.each<[what: string, user: Record<string, string>, password: string, text: RegExp]>([
    ["no password", { email: "n@example.com", name: "N" }, "", /password|characters/i],
    ["a password of one newline", { email: "n@example.com", name: "N" }, "\n", /password|characters/i],
    ["a short password", { email: "n@example.com", name: "N" }, "short\n", /12/],
    ["a password that is too long", { email: "n@example.com", name: "N" }, "x".repeat(1_025), /1,?024/],
    ["no address", { email: "nobody", name: "N" }, PASSWORD, /e-mail address/],
    ["an empty name", { email: "n@example.com", name: " " }, PASSWORD, /name/],
    ["a name of 201 characters", { email: "n@example.com", name: "x".repeat(201) }, PASSWORD, /200/],
    ["a name with a newline", { email: "n@example.com", name: "N\nhookgate: fine" }, PASSWORD, /control characters/],
    ["a brand that there is not", { email: "n@example.com", name: "N", brand: "Nowhere" }, PASSWORD, /no brand named Nowhere/],
  ])("%s is refused, and nobody is added", async (_what, user, password, text) => {
    expectFailure(await installation.run(userAdd(user), { stdin: password }), text);
    expectFailure(await installation.run([...APPLICATION, "--owner", user["email"]!]), "no user");
  });
});

describe("brand add", () => {
  test("adds a brand that users can belong to, found by name in any letter case or by id", async () => {
    const brand = await installation.json<{ id: string }>(["brand", "add", "--name", "Acme", "--time-zone", "Europe/Amsterdam"]);
    expect(brand).toEqual({ id: expect.stringMatching(UUID), name: "Acme", time_zone: "Europe/Amsterdam", calls_kept_days: null });
    expect(await addUser({ email: "one@acme.example", name: "One", brand: "acme" })).toMatchObject({ brand: "Acme" });
    expect(await addUser({ email: "two@acme.example", name: "Two", brand: brand.id })).toMatchObject({ brand: "Acme" });
  });

  test("a taken name, no name and an unknown time zone are refused", async () => {
    await installation.json(["brand", "add", "--name", "Taken"]);
    expectFailure(await installation.run(["brand", "add", "--name", "TAKEN"]), "already a brand");
    expectFailure(await installation.run(["brand", "add", "--name", "  "]), "name");
    expectFailure(await installation.run(["brand", "add", "--name", "Mars", "--time-zone", "Mars/Olympus"]), "Mars/Olympus is no IANA time zone");
  });

  test("brand update changes what is given and nothing else, how long calls are kept among it", async () => {
    await installation.json(["brand", "add", "--name", "Short", "--keep-calls", "7"]);
    const brand = { id: expect.stringMatching(UUID), name: "Short", time_zone: "UTC", calls_kept_days: 90 };
    expect(await installation.json(["brand", "update", "--brand", "short", "--keep-calls", "90"])).toEqual(brand);
    expect(await installation.json(["brand", "update", "--brand", "short", "--time-zone", "Asia/Tokyo"])).toEqual({ ...brand, time_zone: "Asia/Tokyo" });
    expect((await installation.run(["brand", "list"])).stdout).toMatch(/Short  Asia\/Tokyo  calls kept for 90 days$/m);
    const renamed = await installation.json(["brand", "update", "--brand", "short", "--name", "Long", "--keep-calls", "forever"]);
    expect(renamed).toEqual({ ...brand, name: "Long", time_zone: "Asia/Tokyo", calls_kept_days: null });
    expectFailure(
      await installation.run(["brand", "update", "--brand", "Long", "--keep-calls", "1"]),
      "Calls cannot be kept 1; write forever or a number of days: 7, 30, 90",
    );
    expectFailure(await installation.run(["brand", "update", "--brand", "Long", "--name", "default"]), "already a brand");
    expectFailure(await installation.run(["brand", "update", "--brand", "Nowhere", "--keep-calls", "7"]), "no brand named Nowhere");
  });

  test("brand list tells every brand with its time zone and what is active in it", async () => {
    await installation.json(["brand", "add", "--name", "Listed", "--time-zone", "Asia/Tokyo"]);
    await addUser({ email: "root@listed.example", name: "Root", brand: "Listed", role: "admin" });
    await installation.json(["application", "add", "--name", "A", "--owner", "root@listed.example", "--scope", "apps.webhook:execute"]);
    const { brands } = await installation.json<{ brands: readonly object[] }>(["brand", "list"]);
    expect(brands).toContainEqual({
      id: expect.stringMatching(UUID),
      name: "Listed",
      time_zone: "Asia/Tokyo",
      calls_kept_days: null,
      modules: ["oauth2-server"],
    });
    expect((await installation.run(["brand", "list"])).stdout).toMatch(/^[0-9a-f-]{36}  Listed  Asia\/Tokyo  calls kept for ever  oauth2-server$/m);
  });
});

describe("application add", () => {
  test("prints exactly client id and client secret", async () => {
    const added = await installation.json([...APPLICATION, "--redirect-uri", "https://a.example/cb", "https://b.example/cb", "--description", "Text"]);
    expect(added).toEqual({ client_id: expect.stringMatching(UUID), client_secret: expect.stringMatching(/^hgs_[A-Za-z0-9_-]{43}$/) });
  });

  test("the client secret stands nowhere in the data", async () => {
    const { client_secret: clientSecret } = await installation.json<{ client_secret: string }>(APPLICATION);
    expectNowhereInData(clientSecret);
  });

  test("a public application has no secret", async () => {
    const added = await installation.json([...APPLICATION, "--type", "public", "--redirect-uri", "com.example.app:/callback"]);
    expect(added).toEqual({ client_id: expect.stringMatching(UUID), client_secret: null });
  });

  test("--redirect-uri may come several times, and in one list", async () => {
    await installation.json([...APPLICATION, "--redirect-uri", "https://a.example/", "--redirect-uri", "https://b.example/", "http://127.0.0.1/cb"]);
    const many = Array.from({ length: 21 }, (_, i) => `https://a.example/${i}`);
    expectFailure(await installation.run([...APPLICATION, "--redirect-uri", ...many]), "these are 21");
  });

  test("for people it says that the secret is seen once", async () => {
    const { stdout, status } = await installation.run(APPLICATION);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Client secret: hgs_.*\nYou see the secret this once\./);
  });

  test.each<[what: string, args: readonly string[], text: string]>([
    ["an owner that there is not", ["--owner", "nobody@example.com"], "There is no user with the e-mail address nobody@example.com."],
    ["an owner that would rewrite the terminal", ["--owner", "\u001b[2Jx@example.com"], String.raw`\u{1b}[2Jx@example.com`],
    ["an unknown scope", ["--scope", "apps.webhook:execute admin"], "There is no scope admin"],
    ["an empty scope", ["--scope", " "], "Choose at least one scope."],
    ["a scope with a quotation mark (RFC 6749 appendix A.4)", ["--scope", 'apps.webhook:execute"'], "--scope holds characters"],
    ["a javascript: redirect", ["--redirect-uri", "javascript:alert(1)"], "Begin with https://"],
    ["a redirect with a fragment", ["--redirect-uri", "https://a.example/#x"], "fragment"],
    ["a redirect on plain http", ["--redirect-uri", "http://a.example/"], "Begin with https://"],
    ["a redirect with a newline", ["--redirect-uri", "https://a.example/\nhttps://b.example/"], "characters of a URL"],
    ["a good redirect and a bad one", ["--redirect-uri", "https://a.example/", "a.example"], "a.example: "],
    ["a public one without redirect", ["--type", "public"], "needs at least one redirect URL"],
    ["a name of 201 characters", ["--name", "x".repeat(201)], "it has 201"],
    ["a name and a scope that are wrong, both told in one line", ["--name", "", "--scope", ""], "Give the application a name. Choose at least one scope."],
  ])("%s is refused", async (_what, args, text) => {
    expectFailure(await installation.run([...APPLICATION, ...args, "--json"]), text);
  });
});

describe("webhook add", () => {
  test("prints exactly id and endpoint, on the public URL", async () => {
    const added = await installation.json<{ id: string; endpoint: string }>(WEBHOOK);
    expect(added).toEqual({ id: expect.stringMatching(UUID), endpoint: `https://auth.example.com/hooks/${added.id}` });
  });

  test.each([
    ["token", [], "token", /^hgw_[\w-]{43}$/],
    ["basic", ["--set", "userName=shop"], "password", /^hgp_[\w-]{43}$/],
    ["signature", [], "signing_secret", /^whsec_[\w+/]{43}=$/],
    ["signature", ["--set", "form=hub"], "signing_secret", /^hgx_[\w-]{43}$/],
  ] as const)("with --auth %s it prints the credential once, and no file of the installation holds it", async (type, args, name, secret) => {
    const added = await installation.json<Record<string, string>>([...WEBHOOK, "--auth", type, ...args]);
    expect(Object.keys(added)).toEqual(["id", "endpoint", name]);
    expect(added[name]).toMatch(secret);
    expectNowhereInData(added[name]!);
    const { stdout } = await installation.run([...WEBHOOK, "--auth", type, ...args]);
    expect(stdout).toContain("you see it once");
  });

  test("takes a mapping as JSONPath or as plain names, over several options, and customer fields to deduplicate by", async () => {
    await installation.json([...WEBHOOK, "--map", "$.email=emailaddress", "name.first=firstname", "--map", "$['a=b']=city", "--dedupe", "emailaddress"]);
  });

  test.each<[what: string, args: readonly string[], text: string]>([
    ["an owner that there is not", ["--owner", "nobody@example.com"], "There is no user"],
    ["a setting that the authentication has not", ["--auth", "token", "--set", "userName=shop"], "--auth token has no setting userName."],
    ["a setting that is none of the choices", ["--auth", "signature", "--set", "form=sha1"], "Choose one of standard, hub."],
    ["a setting with a bad value", ["--auth", "basic", "--set", "userName=a:b"], "Use only the letters"],
    ["no name", ["--name", " "], "name"],
    ["a customer field that there is not", ["--map", "email=mail"], "email=mail: "],
    ["a path that finds several values", ["--map", "$..email=emailaddress"], "$..email=emailaddress: "],
    ["a path that is none", ["--map", "$.[=emailaddress"], "$.[=emailaddress: "],
    ["a field that is mapped twice", ["--map", "a=city", "b=city"], "b=city: "],
    ["deduplication without mapping", ["--dedupe", "emailaddress"], "--dedupe needs a --map"],
    ["deduplication by a field that is not mapped", ["--map", "a=city", "--dedupe", "emailaddress"], "only when a value is mapped"],
    ["deduplication by no field of ours", ["--map", "a=city", "--dedupe", "mail"], ""],
  ])("%s is refused", async (_what, args, text) => {
    expectFailure(await installation.run([...WEBHOOK, ...args]), text);
  });
});

describe("customer export", () => {
  test("writes nothing but the file: its head without customers, none for JSON lines", async () => {
    const csv = await installation.run(["customer", "export", "--format", "csv"]);
    expect(csv).toMatchObject({ status: 0, stderr: "" });
    expect(csv.stdout).toMatch(/^\ufeffhookgate_id,created_at,updated_at,emailaddress,[^\n]*\r\n$/);
    expect(await installation.run(["customer", "export", "--format", "jsonl"])).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("no format, a format that there is not, and a brand that there is not are refused", async () => {
    for (const [options, expected] of [
      [[], 2],
      [["--format", "xlsx"], 2],
      [["--format", "csv", "--brand", "Nowhere"], 1],
    ] as const) {
      const { status, stdout, stderr } = await installation.run(["customer", "export", ...options]);
      expect([status, stdout]).toEqual([expected, ""]);
      expect(stderr).toMatch(/^hookgate: |^error: /);
    }
  });
});

describe("customer list", () => {
  test("without customers it is an empty list, and says so to people", async () => {
    expect(await installation.json(["customer", "list"])).toEqual({ customers: [] });
    expect((await installation.run(["customer", "list"])).stdout).toMatch(/has no customers yet\.\n$/);
  });

  test("a brand that there is not is refused", async () => {
    expectFailure(await installation.run(["customer", "list", "--brand", "Nowhere", "--json"]), "no brand named Nowhere");
  });
});

describe("customer erase", () => {
  test("an id that is none, and one of no customer, are refused", async () => {
    for (const id of ["nobody", "0197f3a0-0000-7000-8000-000000000000"]) {
      expectFailure(await installation.run(["customer", "erase", id]), `has no customer with the id ${id}.`);
    }
    expectFailure(await installation.run(["customer", "erase", "nobody", "--brand", "Nowhere"]), "no brand named Nowhere");
    expect((await installation.run(["customer", "erase"])).status).toBe(2);
  });
});

describe("keys", () => {
  test("list, rotate and revoke tell each key's state", async () => {
    const own = new Installation();
    const states = async () => (await own.json<{ keys: { id: number; state: string }[] }>(["key", "list"])).keys.map(({ id, state }) => [id, state]);
    expect(await states()).toEqual([[1, "active"]]);
    expect(await own.json(["key", "rotate"])).toEqual({ id: 2 });
    expect(Object.fromEntries(await states())).toEqual({ 1: "active", 2: "pending" });
    expect(await own.json(["key", "revoke", "1"])).toEqual({ id: 1, state: "revoked" });
    expect(Object.fromEntries(await states())).toMatchObject({ 1: "revoked" });
    expectFailure(await own.run(["key", "revoke", "1"]), "revoked already");
    expectFailure(await own.run(["key", "revoke", "99"]), "There is no key 99");
    own.remove();
  });
});

describe("migrate", () => {
  test("makes the tables of an empty store, and again changes nothing", async () => {
    const own = new Installation();
    const first = await own.json<{ schema: number }>(["migrate"]);
    expect(first.schema).toBeGreaterThan(0);
    expect(await own.json(["migrate"])).toEqual(first);
    own.remove();
  });
});

/** Looks through every byte of every file of the installation, the write-ahead log too. */
function expectNowhereInData(text: string): void {
  for (const file of readdirSync(installation.directory)) {
    expect(readFileSync(join(installation.directory, file)).includes(text), file).toBe(false);
  }
}
