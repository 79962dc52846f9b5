/** An issuer that has a path (RFC 8414 section 3): the whole code flow, and the metadata in both of its places. */
import { discoveryRequest, processDiscoveryResponse, allowInsecureRequests } from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { startHookgate, type TestHookgate } from "../support/start-hookgate.ts";
import { addClient, consent, exchange } from "./protocol-kit.ts";

let hookgate: TestHookgate;
let origin: string;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  hookgate = await startHookgate({ HOOKGATE_PORT: String(port), HOOKGATE_URL: `${origin}/some/path/` });
  await hookgate.store.brands.activateModule(hookgate.brandId, "oauth2-server", hookgate.clock.now());
});
afterAll(() => hookgate.close());

const WELL_KNOWN = "/.well-known/oauth-authorization-server";

describe("an issuer with a path", () => {
  test("8414-01: the document stands where the well-known part is inserted before the path, and behind the path for older clients (RFC 8414 sections 3 and 5)", async () => {
    for (const path of [`${WELL_KNOWN}/some/path`, `/some/path${WELL_KNOWN}`]) {
      const answer = await fetch(origin + path);
      expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 200, "application/json"]);
      const document = (await answer.json()) as Readonly<Record<string, unknown>>;
      expect(document["issuer"]).toBe(`${origin}/some/path`);
      const endpoints = Object.entries(document).filter(([name]) => name.endsWith("_endpoint"));
      expect(endpoints.length).toBeGreaterThan(3);
      for (const [, endpoint] of endpoints) expect(endpoint).toMatch(new RegExp(`^${origin}/some/path/oauth2/[a-z]+$`));
    }
    // They would be the documents of other issuers.
    for (const path of [WELL_KNOWN, `${WELL_KNOWN}/some`, `${WELL_KNOWN}/some/path/more`, `${WELL_KNOWN}/some/path/`]) {
      expect([path, (await fetch(origin + path)).status]).toEqual([path, 404]);
    }
  });

  test("8414-01: a client library finds the document by the rule of RFC 8414 section 3.1", async () => {
    const issuer = new URL(hookgate.url);
    const response = await discoveryRequest(issuer, { algorithm: "oauth2", [allowInsecureRequests]: true });
    expect((await processDiscoveryResponse(issuer, response)).token_endpoint).toBe(`${origin}/some/path/oauth2/token`);
  });

  test("9207-02: the issuer of the answer is that of the metadata, path included (RFC 9207 section 2.4)", async () => {
    const client = await addClient(hookgate);
    const { answer } = await consent(hookgate, client);
    expect(answer.get("iss")).toBe(`${origin}/some/path`);
    expect((await exchange(hookgate, client, answer.get("code") ?? "")).status).toBe(200);
  });
});
