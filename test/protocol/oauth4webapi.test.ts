/** A client that nobody here wrote, unmodified, against the running server. */
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signedIn } from "../support/records.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, REDIRECT_URI, redirectOf, type TestClient } from "./protocol-kit.ts";

/** The tests speak http on loopback. */
const OPTIONS = { [oauth.allowInsecureRequests]: true } as const;

let hookgate: TestHookgate;
let server: oauth.AuthorizationServer;

beforeAll(async () => {
  hookgate = await startHookgate();
  const issuer = new URL(hookgate.url);
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...OPTIONS }));
});
afterAll(() => hookgate.close());

async function codeFlow(client: TestClient, authentication: oauth.ClientAuth): Promise<oauth.TokenEndpointResponse> {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(server.authorization_endpoint ?? "");
  address.search = new URLSearchParams({
    client_id: client.clientId,
    redirect_uri: REDIRECT_URI,
    response_type: "code",
    scope: "apps.webhook:execute",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  }).toString();
  const browser = await signedIn(hookgate, client.owner);
  await browser.get(address.pathname + address.search);
  const { location } = redirectOf(await browser.submit("/oauth2/consent", { decision: "allow" }));
  const parameters = oauth.validateAuthResponse(server, { client_id: client.clientId }, new URL(location), state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    { client_id: client.clientId },
    authentication,
    parameters,
    REDIRECT_URI,
    verifier,
    OPTIONS,
  );
  return oauth.processAuthorizationCodeResponse(server, { client_id: client.clientId }, response);
}

test.each([
  ["client_secret_basic", oauth.ClientSecretBasic],
  ["client_secret_post", oauth.ClientSecretPost],
])("client credentials with %s", async (_method, authenticate) => {
  const client = await addClient(hookgate);
  const options = { client_id: client.clientId };
  const response = await oauth.clientCredentialsGrantRequest(server, options, authenticate(client.clientSecret), new URLSearchParams(), OPTIONS);
  const answer = await oauth.processClientCredentialsResponse(server, options, response);
  expect(answer).toMatchObject({ expires_in: 3600, scope: "apps.webhook:execute", token_type: "bearer" });
});

test("authorization code with PKCE, iss and state, confidential client", async () => {
  const client = await addClient(hookgate);
  expect(await codeFlow(client, oauth.ClientSecretBasic(client.clientSecret))).toMatchObject({ scope: "apps.webhook:execute", token_type: "bearer" });
});

test("authorization code with PKCE, public client", async () => {
  expect(await codeFlow(await addClient(hookgate, { type: "public" }), oauth.None())).toMatchObject({ token_type: "bearer" });
});

test("a refusal is understood as what it is", async () => {
  const client = await addClient(hookgate);
  const options = { client_id: client.clientId };
  const response = await oauth.clientCredentialsGrantRequest(server, options, oauth.ClientSecretBasic("wrong"), new URLSearchParams(), OPTIONS);
  await expect(oauth.processClientCredentialsResponse(server, options, response)).rejects.toMatchObject({
    status: 401,
    cause: [{ scheme: "basic" }],
  });
});
