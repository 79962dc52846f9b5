import { hash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { verifiesChallenge } from "../../src/oauth/pkce.ts";
import { MINUTE } from "../../src/lib/clock.ts";
import { addWebhook, signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import {
  addClient,
  authorizationPath,
  basic,
  clientCredentials,
  consent,
  errorOf,
  exchange,
  goodRequest,
  newCode,
  newPkce,
  postToken,
  REDIRECT_URI,
  redirectOf,
  withdraw,
  type TestClient,
} from "./protocol-kit.ts";

let hookgate: TestHookgate;
let client: TestClient;
let other: TestClient;
let endpoint: string;

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
  other = await addClient(hookgate);
  const webhook = await addWebhook(hookgate, client.owner, "Orders");
  endpoint = `${hookgate.url}/hooks/${webhook.id}`;
});
afterAll(() => hookgate.close());

const invalidGrant = [400, "invalid_grant"];

/** The status of a call with the token: 200 while it works. */
async function callStatus(token: unknown): Promise<number> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { authorization: `Bearer ${String(token)}`, "content-type": "application/json" },
    body: '{"email":"a@example.com"}',
  });
  await response.text();
  return response.status;
}

function s256(challenge: string): Record<string, string> {
  return { code_challenge: challenge, code_challenge_method: "S256" };
}

describe("the exchange", () => {
  test("gives exactly the four members of the seed, and the token calls a webhook (RFC 6749 section 4.1.4)", async () => {
    const answer = await exchange(hookgate, client, await newCode(hookgate, client, { scope: "apps.webhook:execute" }));
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(/^\{"access_token":"hga_[A-Za-z0-9_-]+","expires_in":3600,"scope":"apps.webhook:execute","token_type":"bearer"\}$/);
    expect(await callStatus(answer.json["access_token"])).toBe(200);
  });

  test("works with the secret in the body, and ignores scope (the seed lists it)", async () => {
    const code = await newCode(hookgate, client, { scope: "apps.webhook:execute" });
    const answer = await postToken(hookgate, {
      grant_type: "authorization_code",
      code,
      client_id: client.clientId,
      client_secret: client.clientSecret,
      scope: "something else",
    });
    expect([answer.status, answer.json["scope"]]).toEqual([200, "apps.webhook:execute"]);
  });

  test("without scope in the request, the registered ones are granted", async () => {
    const answer = await exchange(hookgate, client, await newCode(hookgate, client));
    expect(answer.json["scope"]).toBe("apps.webhook:execute offline_access");
  });

  test("a scope that is no longer registered is not granted any more", async () => {
    const shrinking = await addClient(hookgate);
    const code = await newCode(hookgate, shrinking);
    const actor = { brandId: hookgate.brandId, userId: shrinking.owner.id, isAdmin: false };
    await hookgate.services.applications.update(actor, shrinking.clientId, {
      name: "Shop sync",
      description: "",
      scopes: ["offline_access"],
      redirectUris: [REDIRECT_URI],
    });
    expect((await exchange(hookgate, shrinking, code)).json["scope"]).toBe("offline_access");
  });

  test("6749-31: without a code it is invalid_request; an unknown one is invalid_grant (RFC 6749 section 5.2)", async () => {
    expect(errorOf(await postToken(hookgate, { grant_type: "authorization_code" }, { authorization: basic(client) }))).toEqual([400, "invalid_request"]);
    for (const code of ["unknown", `hgc_${"a".repeat(43)}`, "🦊", client.clientSecret, "a".repeat(60_000)]) {
      expect(errorOf(await exchange(hookgate, client, code))).toEqual(invalidGrant);
    }
  });

  test("an access token is no code", async () => {
    const { json } = await clientCredentials(hookgate, client);
    expect(errorOf(await exchange(hookgate, client, String(json["access_token"])))).toEqual(invalidGrant);
  });
});

describe("a code lives for its time", () => {
  test("6749-07: 60 minutes as the seed says, and not a millisecond longer (RFC 6749 section 4.1.2)", async () => {
    const [early, late] = [await newCode(hookgate, client), await newCode(hookgate, client)];
    hookgate.clock.advance(60 * MINUTE - 1);
    expect((await exchange(hookgate, client, early)).status).toBe(200);
    hookgate.clock.advance(1);
    expect(errorOf(await exchange(hookgate, client, late))).toEqual(invalidGrant);
  });

  test("6749-07: HOOKGATE_CODE_LIFETIME shortens it, to the ten minutes that the RFC recommends or less", async () => {
    const short = await startHookgate({ HOOKGATE_CODE_LIFETIME: "600" });
    const shortLived = await addClient(short);
    const [early, late] = [await newCode(short, shortLived), await newCode(short, shortLived)];
    short.clock.advance(10 * MINUTE - 1);
    expect((await exchange(short, shortLived, early)).status).toBe(200);
    short.clock.advance(1);
    expect(errorOf(await exchange(short, shortLived, late))).toEqual(invalidGrant);
    await short.close();
  });

  test("the owner's being deactivated in between leaves no way to use it", async () => {
    const owned = await addClient(hookgate);
    const code = await newCode(hookgate, owned);
    await hookgate.store.users.deactivateUser(owned.owner.brandId, owned.owner.id);
    expect(errorOf(await exchange(hookgate, owned, code))).toEqual([400, "unauthorized_client"]);
    await hookgate.store.users.reactivateUser(owned.owner.brandId, owned.owner.id, hookgate.clock.now());
    expect((await exchange(hookgate, owned, code)).status).toBe(200);
  });
});

describe("a code works once", () => {
  test("6749-08: of 50 parallel exchanges of one code, one gets 200 and 49 invalid_grant (RFC 6749 section 4.1.2)", async () => {
    const code = await newCode(hookgate, client);
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(hookgate, client, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => errorOf(answer).join() === invalidGrant.join())).toHaveLength(49);
  });

  test("6749-09: a valid replay is invalid_grant, and the token that the code gave stops working (RFC 6749 section 10.5)", async () => {
    const code = await newCode(hookgate, client);
    const { json } = await exchange(hookgate, client, code);
    expect(await callStatus(json["access_token"])).toBe(200);
    expect(errorOf(await exchange(hookgate, client, code))).toEqual(invalidGrant);
    expect(await callStatus(json["access_token"])).toBe(401);
  });

  test("6749-09: also when the code itself has expired meanwhile, because its token lives on", async () => {
    const code = await newCode(hookgate, client);
    hookgate.clock.advance(59 * MINUTE);
    const { json } = await exchange(hookgate, client, code);
    hookgate.clock.advance(2 * MINUTE);
    expect(await callStatus(json["access_token"])).toBe(200);
    expect(errorOf(await exchange(hookgate, client, code))).toEqual(invalidGrant);
    expect(await callStatus(json["access_token"])).toBe(401);
  });

  test("6749-09: the revocation outlives a token that was being sealed while the replay came", async () => {
    const slow = await startHookgate();
    const victim = await addClient(slow);
    const code = await newCode(slow, victim);
    const { codes, revocations } = { codes: slow.store.authorizationCodes, revocations: slow.store.revocations };
    const redeem = codes.redeemAuthorizationCode.bind(codes);
    // The exchange has redeemed the code and stands still; the replay comes; then the exchange goes on, seconds later.
    codes.redeemAuthorizationCode = async (...all) => {
      const redeemed = await redeem(...all);
      codes.redeemAuthorizationCode = redeem;
      expect(errorOf(await exchange(slow, victim, code))).toEqual(invalidGrant);
      slow.clock.advance(30_000);
      return redeemed;
    };
    const { json } = await exchange(slow, victim, code);
    const introspect = async () =>
      (await postToken(slow, { token: String(json["access_token"]) }, { authorization: basic(victim) }, "/oauth2/introspect")).json;
    expect(await introspect()).toEqual({ active: false });
    // Just before the token expires by itself.
    slow.clock.advance(60 * MINUTE - 1);
    expect(await revocations.listRevocations(slow.clock.now())).toHaveLength(1);
    expect(await introspect()).toEqual({ active: false });
    await slow.close();
  });

  test("6749-09: a replay ends what this code gave and nothing else of the client", async () => {
    const [first, second] = [await newCode(hookgate, client), await newCode(hookgate, client)];
    await exchange(hookgate, client, first);
    const kept = await exchange(hookgate, client, second);
    const own = await clientCredentials(hookgate, client);
    await exchange(hookgate, client, first);
    expect(await callStatus(kept.json["access_token"])).toBe(200);
    expect(await callStatus(own.json["access_token"])).toBe(200);
  });

  test("6749-10: a replay by another client or with a wrong verifier leaves the tokens alive (draft-ietf-oauth-v2-1 section 7.5.2)", async () => {
    const { verifier, challenge } = newPkce();
    const code = await newCode(hookgate, client, s256(challenge));
    const { json } = await exchange(hookgate, client, code, { code_verifier: verifier });
    expect(errorOf(await exchange(hookgate, other, code, { code_verifier: verifier }))).toEqual(invalidGrant);
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: newPkce().verifier }))).toEqual(invalidGrant);
    expect(errorOf(await exchange(hookgate, client, code))).toEqual(invalidGrant);
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: verifier, redirect_uri: "https://evil.example/" }))).toEqual(invalidGrant);
    expect(await callStatus(json["access_token"])).toBe(200);
  });
});

describe("a failed exchange consumes nothing", () => {
  test("6749-11: wrong verifier, wrong redirect URI, wrong secret: the code still works afterwards", async () => {
    const { verifier, challenge } = newPkce();
    const code = await newCode(hookgate, client, { redirect_uri: REDIRECT_URI, ...s256(challenge) });
    const right = { redirect_uri: REDIRECT_URI, code_verifier: verifier };
    expect(errorOf(await exchange(hookgate, client, code, { ...right, code_verifier: newPkce().verifier }))).toEqual(invalidGrant);
    expect(errorOf(await exchange(hookgate, client, code, { ...right, redirect_uri: `${REDIRECT_URI}/` }))).toEqual(invalidGrant);
    expect(errorOf(await exchange(hookgate, { ...client, clientSecret: "wrong" }, code, right))).toEqual([401, "invalid_client"]);
    expect((await exchange(hookgate, client, code, right)).status).toBe(200);
  });

  test("6749-12: another client's attempt is invalid_grant, and the code works for its own (RFC 6749 section 4.1.3)", async () => {
    const code = await newCode(hookgate, client);
    expect(errorOf(await exchange(hookgate, other, code))).toEqual(invalidGrant);
    expect((await exchange(hookgate, client, code)).status).toBe(200);
  });
});

describe("redirect_uri at the exchange (RFC 6749 section 4.1.3)", () => {
  test("6749-13: named in the request, it must be repeated identically", async () => {
    const code = await newCode(hookgate, client, { redirect_uri: REDIRECT_URI });
    expect(errorOf(await exchange(hookgate, client, code))).toEqual(invalidGrant);
    expect(errorOf(await exchange(hookgate, client, code, { redirect_uri: `${REDIRECT_URI}?` }))).toEqual(invalidGrant);
    expect((await exchange(hookgate, client, code, { redirect_uri: REDIRECT_URI })).status).toBe(200);
  });

  test("6749-13: left to the registered one, it may be absent, as in the seed, or that one, but no other", async () => {
    expect((await exchange(hookgate, client, await newCode(hookgate, client))).status).toBe(200);
    expect((await exchange(hookgate, client, await newCode(hookgate, client), { redirect_uri: REDIRECT_URI })).status).toBe(200);
    expect(errorOf(await exchange(hookgate, client, await newCode(hookgate, client), { redirect_uri: "https://evil.example/" }))).toEqual(invalidGrant);
  });

  test("21-03: with PKCE it may be left out, but a wrong one is still wrong (draft-ietf-oauth-v2-1 section 10.2)", async () => {
    const { verifier, challenge } = newPkce();
    const request = { redirect_uri: REDIRECT_URI, ...s256(challenge) };
    const code = await newCode(hookgate, client, request);
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: verifier, redirect_uri: "https://evil.example/" }))).toEqual(invalidGrant);
    expect((await exchange(hookgate, client, code, { code_verifier: verifier })).status).toBe(200);
  });

  test("8252-01: the port that a native app came with is the one to repeat", async () => {
    const native = await addClient(hookgate, { type: "public", redirectUris: ["http://127.0.0.1/cb"] });
    const { verifier, challenge } = newPkce();
    const code = await newCode(hookgate, native, { redirect_uri: "http://127.0.0.1:4001/cb", ...s256(challenge) });
    expect(errorOf(await exchange(hookgate, native, code, { code_verifier: verifier, redirect_uri: "http://127.0.0.1:4002/cb" }))).toEqual(invalidGrant);
    expect((await exchange(hookgate, native, code, { code_verifier: verifier, redirect_uri: "http://127.0.0.1:4001/cb" })).status).toBe(200);
  });
});

describe("PKCE at the exchange", () => {
  test("7636-08: the example of RFC 7636 appendix B passes", async () => {
    const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    expect(verifiesChallenge(verifier, challenge)).toBe(true);
    const code = await newCode(hookgate, client, s256(challenge));
    expect((await exchange(hookgate, client, code, { code_verifier: verifier })).status).toBe(200);
  });

  test("7636-06: a wrong or missing verifier is invalid_grant (RFC 7636 section 4.6)", async () => {
    const { challenge } = newPkce();
    const code = await newCode(hookgate, client, s256(challenge));
    expect(errorOf(await exchange(hookgate, client, code))).toEqual(invalidGrant);
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: newPkce().verifier }))).toEqual(invalidGrant);
    // What `plain` would have accepted.
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: challenge }))).toEqual(invalidGrant);
  });

  test.each([
    ["42 characters", "a".repeat(42)],
    ["129 characters", "a".repeat(129)],
    ["a character outside the unreserved set", `${"a".repeat(42)}+`],
    ["a letter outside ASCII", `${"a".repeat(42)}é`],
  ])("7636-05: a verifier of %s is refused although its hash is right (RFC 7636 section 4.1)", async (_what, verifier) => {
    const code = await newCode(hookgate, client, s256(hash("sha256", verifier, "base64url")));
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: verifier }))).toEqual(invalidGrant);
  });

  test.each([43, 128])("7636-05: a verifier of %i characters is right", async (length) => {
    const verifier = "~".repeat(length);
    const code = await newCode(hookgate, client, s256(hash("sha256", verifier, "base64url")));
    expect((await exchange(hookgate, client, code, { code_verifier: verifier })).status).toBe(200);
  });

  test("7636-07: a verifier for a code without a challenge is refused (RFC 9700 section 4.8.2)", async () => {
    const code = await newCode(hookgate, client);
    expect(errorOf(await exchange(hookgate, client, code, { code_verifier: newPkce().verifier }))).toEqual(invalidGrant);
    expect((await exchange(hookgate, client, code)).status).toBe(200);
  });

  test("a public client exchanges its code with client_id and verifier alone, and only its own (RFC 6749 section 3.2.1)", async () => {
    const mine = await addClient(hookgate, { type: "public" });
    const theirs = await addClient(hookgate, { type: "public" });
    const { verifier, challenge } = newPkce();
    const code = await newCode(hookgate, mine, s256(challenge));
    expect(errorOf(await exchange(hookgate, theirs, code, { code_verifier: verifier }))).toEqual(invalidGrant);
    const nobody = await postToken(hookgate, { grant_type: "authorization_code", code, code_verifier: verifier });
    expect(errorOf(nobody)).toEqual([401, "invalid_client"]);
    expect((await exchange(hookgate, mine, code, { code_verifier: verifier })).status).toBe(200);
  });
});

describe("one flow gives at most one code", () => {
  beforeEach(() => withdraw(hookgate, client));

  test("two answers to one consent page give one code", async () => {
    const browser = await signedIn(hookgate, client.owner);
    await browser.get(authorizationPath(goodRequest(client)));
    const cookies = new Map(browser.cookies);
    const { page } = browser;
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const copy = await signedIn(hookgate, client.owner);
        for (const [name, value] of cookies) copy.setCookie(name, value);
        const flow = /name="flow" value="([^"]*)"/.exec(page.html)?.[1] ?? "";
        const formToken = /name="form_token" value="([^"]*)"/.exec(page.html)?.[1] ?? "";
        return copy.postOnce("/oauth2/consent", { flow, decision: "allow", form_token: formToken });
      }),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 409, 409, 409, 409]);
    const winner = answers.find(({ status }) => status === 303);
    expect(redirectOf(winner!).answer.get("code")).toMatch(/^hgc_/);
  });

  test("two tabs with two requests of one client do not disturb each other", async () => {
    const browser = await signedIn(hookgate, client.owner);
    const first = await browser.get(authorizationPath(goodRequest(client, { state: "first" })));
    const second = await browser.get(authorizationPath(goodRequest(client, { state: "second" })));
    const answer = async (html: string) => {
      const flow = /name="flow" value="([^"]*)"/.exec(html)?.[1] ?? "";
      return redirectOf(await browser.post("/oauth2/consent", { flow, decision: "allow" })).answer;
    };
    const [one, two] = [await answer(first.html), await answer(second.html)];
    expect([one.get("state"), two.get("state")]).toEqual(["first", "second"]);
    expect((await exchange(hookgate, client, two.get("code") ?? "")).status).toBe(200);
    expect((await exchange(hookgate, client, one.get("code") ?? "")).status).toBe(200);
  });

  test("consent gives the code to the browser and to nobody else", async () => {
    const { location } = await consent(hookgate, client);
    expect(location.startsWith(`${REDIRECT_URI}?code=hgc_`)).toBe(true);
  });
});
