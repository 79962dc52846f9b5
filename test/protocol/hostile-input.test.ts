/** Whatever strangers send, a parser gives an answer: no throw, no fault of ours. HOOKGATE_TEST_FUZZ_RUNS sets how many cases each rule gets. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseForm } from "../../src/lib/form.ts";
import { RequestHeaders } from "../../src/lib/request-headers.ts";
import { createAuthorizationServer, type AuthorizationServer } from "../../src/oauth/authorization-server.ts";
import { validateAuthorizationRequest } from "../../src/oauth/authorization-request.ts";
import type { Client } from "../../src/oauth/client.ts";
import { ClientThrottle } from "../../src/oauth/client-throttle.ts";
import { parseScope, SCOPES, scopesToGrant } from "../../src/oauth/scope.ts";
import { formText, hostileText } from "../support/arbitraries.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, basic, newPkce, type TestClient } from "./protocol-kit.ts";

const numRuns = Number(process.env["HOOKGATE_TEST_FUZZ_RUNS"] ?? 1_000);

let hookgate: TestHookgate;
let client: TestClient;
let server: AuthorizationServer;
const faults: unknown[] = [];

beforeAll(async () => {
  hookgate = await startHookgate();
  client = await addClient(hookgate);
  const { services, store, url } = hookgate;
  server = createAuthorizationServer({
    ...services,
    clientThrottle: new ClientThrottle({ attempts: store.attempts, clock: hookgate.clock, onFailure: (error) => faults.push(error) }),
    issuer: url,
    expiresIn: "number",
    codeLifetime: 60_000,
    authorizationCodes: store.authorizationCodes,
    refreshFamilies: store.refreshFamilies,
    revocations: store.revocations,
    journal: { refused() {}, failed: (error) => faults.push(error) },
  });
});
afterAll(() => hookgate.close());

describe("token requests", () => {
  test("6749-40: no request makes the token endpoint fail, and each answer is JSON that says no or gives a token", async () => {
    const credentials = [basic(client), "Basic", "Basic Og==", "Bearer x", "basic !!!"];
    const request = fc.record({
      method: fc.constantFrom("POST", "POST", "POST", "GET", "TRACE"),
      query: fc.oneof(fc.constant(""), hostileText),
      headers: fc
        .tuple(
          fc.oneof(fc.constant(["application/x-www-form-urlencoded"]), fc.constant([]), hostileText.map(Array.of)),
          fc.array(fc.oneof(fc.constantFrom(...credentials), hostileText), { maxLength: 2 }),
        )
        .map(
          ([types, authorization]) =>
            new RequestHeaders([...types.flatMap((type) => ["Content-Type", type]), ...authorization.flatMap((value) => ["Authorization", value])]),
        ),
      address: fc.ipV4(),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        formText(
          ["grant_type", "scope", "code", "code_verifier", "redirect_uri", "client_id", "client_secret", "client_assertion", "resource", "__proto__"],
          ["client_credentials", "authorization_code", "apps.webhook:execute", client.clientId, client.clientSecret, ""],
        ).map((body) => Buffer.from(body)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(request, async (sent) => {
        const { status, body } = await server.tokenEndpoint.answer({ ...sent, path: "/oauth2/token", reference: "R" });
        const answer = JSON.parse(body) as Record<string, unknown>;
        expect([status >= 200 && status < 500, status === 200 ? typeof answer["access_token"] : typeof answer["error"]]).toEqual([true, "string"]);
      }),
      { numRuns },
    );
    expect(faults).toEqual([]);
  });
});

describe("authorization requests", () => {
  const registered: Client = {
    clientId: "11111111-1111-4111-8111-111111111111",
    brandId: "22222222-2222-4222-8222-222222222222",
    ownerId: "33333333-3333-4333-8333-333333333333",
    name: "Shop sync",
    type: "public",
    registeredScopes: ["apps.webhook:execute"],
    redirectUris: ["https://shop.example.com/cb"],
    secrets: [],
    createdAt: 0,
  };

  test("9700-01: no query throws, and none but the registered redirect URI comes out (RFC 9700 section 2.1)", () => {
    const query = formText(
      ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "resource"],
      ["code", "S256", "plain", newPkce().challenge, "https://shop.example.com/cb", "https://evil.example/", "apps.webhook:execute", registered.clientId, ""],
    );
    fc.assert(
      fc.property(query, (text) => {
        const parsed = parseForm(text);
        if (!parsed.ok) return;
        const result = validateAuthorizationRequest(parsed.form, registered);
        if (result.kind === "error-on-page") return;
        const { redirectUri } = result.kind === "accepted" ? result.request : result.returnTo;
        expect(redirectUri).toBe("https://shop.example.com/cb");
        if (result.kind !== "accepted") return;
        // Whatever was accepted of a public client is bound by PKCE and asks for nothing that is not registered.
        expect(result.request.codeChallenge).toMatch(/^[A-Za-z0-9_-]{43}$/);
        expect(result.request.scopes).toEqual(["apps.webhook:execute"]);
      }),
      { numRuns },
    );
  });
});

describe("scopes", () => {
  test("6749-33: no text makes parsing throw; what comes out are tokens of the grammar, each once (RFC 6749 appendix A.4)", () => {
    fc.assert(
      fc.property(hostileText, (scope) => {
        const tokens = parseScope(scope);
        if (!tokens) return;
        expect(new Set(tokens).size).toBe(tokens.length);
        for (const token of tokens) expect(token).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
      }),
      { numRuns },
    );
  });

  test("6749-32: nothing is granted that was not asked for, registered and grantable (RFC 6749 section 3.3)", () => {
    const some = fc.subarray([...SCOPES]);
    const requested = fc.oneof(
      some.map((scopes) => scopes.join(" ")),
      hostileText,
    );
    fc.assert(
      fc.property(requested, some, some, (asked, registeredScopes, grantable) => {
        const granted = scopesToGrant(asked, registeredScopes, grantable);
        if (!granted) return;
        expect(granted.length).toBeGreaterThan(0);
        for (const scope of granted) expect([asked.split(" "), registeredScopes, grantable].every((list) => list.includes(scope))).toBe(true);
        for (const scope of asked.split(" ").filter(Boolean)) expect(registeredScopes).toContain(scope);
      }),
      { numRuns },
    );
  });
});
