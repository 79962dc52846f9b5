/** One client of two authorization servers, one of which would like to have the other's code (RFC 9700 section 4.4). */
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { signedIn } from "../support/records.ts";
import { addClient, authorizationPath, consent, goodRequest } from "./protocol-kit.ts";

let honest: TestHookgate;
let other: TestHookgate;

beforeAll(async () => {
  [honest, other] = await Promise.all([startHookgate(), startHookgate()]);
});
afterAll(async () => {
  await Promise.all([honest.close(), other.close()]);
});

async function discover({ url }: TestHookgate): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(url);
  const response = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", [oauth.allowInsecureRequests]: true });
  return oauth.processDiscoveryResponse(issuer, response);
}

test("9700-07: a client library refuses an answer of another issuer, be it a code or an error (RFC 9700 section 4.4.2, RFC 9207 section 2.4)", async () => {
  const client = await addClient(honest);
  const answers = [
    (await consent(honest, client)).location,
    (await (await signedIn(honest, client.owner)).getOnce(authorizationPath(goodRequest(client, { scope: "admin" })))).headers.get("location") ?? "",
  ];
  for (const answer of answers) {
    const validate = (server: oauth.AuthorizationServer) => oauth.validateAuthResponse(server, { client_id: client.clientId }, new URL(answer), "xyz");
    const meant = await discover(other);
    expect(() => validate(meant)).toThrow(/unexpected "iss"/);
    // Without `iss` it is refused as well, because the metadata announces it: nobody can leave it out on the way.
    const stripped = new URL(answer);
    stripped.searchParams.delete("iss");
    expect(() => oauth.validateAuthResponse(meant, { client_id: client.clientId }, stripped, "xyz")).toThrow(/"iss"/);
  }
  expect(oauth.validateAuthResponse(await discover(honest), { client_id: client.clientId }, new URL(answers[0]!), "xyz").get("code")).toMatch(/^hgc_/);
});

test("9700-07: an answer goes to the redirect URI of its own issuer, where a client keeps one for each (RFC 9700 section 4.4.2.2)", async () => {
  const redirectUris = ["https://shop.example.com/callback/honest", "https://shop.example.com/callback/other"];
  const client = await addClient(honest, { redirectUris });
  for (const redirectUri of redirectUris) {
    const { location } = await consent(honest, client, { redirect_uri: redirectUri });
    expect(location.startsWith(`${redirectUri}?code=`)).toBe(true);
  }
});
