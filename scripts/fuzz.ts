/**
 * Sends very many broken and hostile inputs through everything that reads what strangers send: `npm run fuzz`, or `npm run fuzz -- 5000`
 * for another number of cases a target than 100,000. A case fails when something throws, when the server calls it a fault of its own or
 * answers 5xx, or when it takes 50 ms of CPU time. The same inputs, a few of each, are in `npm test`.
 */
import * as fc from "fast-check";
import { DEFAULT_BRAND_ID } from "../src/brands/brand.ts";
import { parseForm } from "../src/lib/form.ts";
import { RequestHeaders } from "../src/lib/request-headers.ts";
import { validateAuthorizationRequest } from "../src/oauth/authorization-request.ts";
import { matchRedirectUri, redirectUriProblem, answerAddress, destinationOf, formActionSource } from "../src/oauth/redirect-uri.ts";
import { SYSTEM_FIELD_NAMES } from "../src/customers/customer-fields.ts";
import { FieldCatalogue } from "../src/customers/field-catalogue.ts";
import { applyMapping, checkMapping, compileMapping, objectsOf } from "../src/webhooks/mapping/field-mapping.ts";
import { decodeJsonText } from "../src/webhooks/json/decode-json-text.ts";
import { parseJson } from "../src/webhooks/json/json-document.ts";
import { echo } from "../src/webhooks/json/json-echo.ts";
import { structureOf } from "../src/webhooks/json/json-structure.ts";
import {
  basicHeader,
  encodeBasic,
  forgedToken,
  formText,
  hostileText,
  MAPPED_PATHS,
  mappedJson,
  nearJson,
  offeredRedirectUri,
  requestedRedirectUri,
} from "../test/support/arbitraries.ts";
import { openAuthorizationServer, type BareAuthorizationServer } from "../test/support/bare-authorization-server.ts";

const CASES = 100_000;
/** Of CPU time a case, in microseconds, all threads of the process together. */
const LIMIT = 50_000;
/** From this time on, in microseconds, a case is run again and the quickest run counts: a slow input stays slow, a collection of garbage does not come back. */
const SUSPICIOUS = 5_000;
const RETRIES = 3;
/** In characters, before encoding: so long, every input is made so of itself now and then, because cost that grows with the square needs length to show. */
const LONG = 8_000;

/** Runs so many cases of one target and says how they went. */
type Target = (cases: number) => Promise<void>;

/** Reads one input; throws, or gives a sentence, when it must not be so. */
type Read<Input> = (input: Input) => string | undefined | Promise<string | undefined>;

function target<Input>(name: string, inputs: fc.Arbitrary<Input>, read: Read<Input>): Target {
  return async (cases) => {
    let slowest = 0;
    const property = fc.asyncProperty(inputs, async (input) => {
      let time = await cpuTimeOf(read, input);
      for (let retry = 0; time >= SUSPICIOUS && retry < RETRIES; retry++) time = Math.min(time, await cpuTimeOf(read, input));
      slowest = Math.max(slowest, time);
      if (time >= LIMIT) throw new Error(`The case took ${time / 1_000} ms of CPU time.`);
    });
    await fc.assert(property, { numRuns: cases });
    process.stdout.write(`${name}: ${cases} cases, none fails; the slowest took ${(slowest / 1_000).toFixed(1)} ms of CPU time\n`);
  };
}

async function cpuTimeOf<Input>(read: Read<Input>, input: Input): Promise<number> {
  const before = process.cpuUsage();
  const problem = await read(input);
  const { user, system } = process.cpuUsage(before);
  if (problem !== undefined) throw new Error(problem);
  return user + system;
}

const repeat = (text: string) => text.repeat(Math.ceil(LONG / Math.max(text.length, 1))).slice(0, LONG);

/** The text, or now and then a long one made of repetitions of it. */
function orLong(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ arbitrary: texts, weight: 50 }, { arbitrary: texts.map(repeat), weight: 1 });
}

function tokenRequests({ tokenEndpoint, faults, clientId, clientSecret }: BareAuthorizationServer): readonly Target[] {
  let asked = 0;
  async function ask(authorization: string, body: string): Promise<string | undefined> {
    const request = {
      path: "/oauth2/token",
      method: "POST",
      query: "",
      headers: new RequestHeaders(["Content-Type", "application/x-www-form-urlencoded", "Authorization", authorization]),
      reference: "fuzz",
    };
    // Each from an address of its own, or the throttle would answer most of them.
    const address = `10.${[2, 1, 0].map((byte) => (asked >> (8 * byte)) & 255).join(".")}`;
    asked += 1;
    const { status } = await tokenEndpoint.answer({ ...request, body: Buffer.from(body), address });
    return status >= 500 || faults.length > 0 ? `The answer was ${status}: ${String(faults[0])}` : undefined;
  }
  const right = encodeBasic(`${clientId}:${clientSecret}`);
  const names = ["grant_type", "scope", "code", "code_verifier", "redirect_uri", "refresh_token", "client_id", "client_secret", "resource", "__proto__"];
  const values = ["client_credentials", "authorization_code", "refresh_token", "apps.webhook:execute", "offline_access", clientId, clientSecret, ""];
  const scopeToken = fc.oneof(fc.constantFrom("apps.webhook:execute", "offline_access", "", '"', "\\"), hostileText);
  const scope = fc.oneof(
    hostileText,
    fc.array(scopeToken).map((tokens) => tokens.join(" ")),
  );
  return [
    target("Basic credentials", orLong(basicHeader), (header) => ask(header, "grant_type=client_credentials")),
    target("form bodies", orLong(formText(names, values)), (body) => ask(right, body)),
    target("scopes", orLong(scope), (text) => ask(right, `grant_type=client_credentials&scope=${encodeURIComponent(text.toWellFormed())}`)),
  ];
}

async function sealedTokens({ services, clientId }: BareAuthorizationServer): Promise<Target> {
  const { accessToken } = await services.accessTokens.issue({ clientId, grantId: null, userId: null, grantedScopes: ["apps.webhook:execute"] });
  const changed = fc
    .tuple(fc.nat(accessToken.length), fc.nat(2), fc.oneof(fc.base64String(), fc.string()))
    .map(([at, removed, inserted]) => accessToken.slice(0, at) + inserted + accessToken.slice(at + removed))
    .filter((token) => token !== accessToken);
  return target("sealed tokens", orLong(fc.oneof(forgedToken, changed)), async (token) => {
    const { kind } = await services.bearerTokens.check(new RequestHeaders(["Authorization", `Bearer ${token}`]), {
      brandId: DEFAULT_BRAND_ID,
      scope: "apps.webhook:execute",
    });
    return kind === "refused" && !services.accessTokens.open(token) ? undefined : "A token that is not ours was opened.";
  });
}

const registered = ["https://shop.example.com/cb?tenant=a", "http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"];

const redirectUris = target("redirect URIs", orLong(fc.oneof(requestedRedirectUri(registered), offeredRedirectUri)), (uri) => {
  const own = redirectUriProblem(uri) === undefined ? matchRedirectUri(uri, [uri]) : undefined;
  if (own !== undefined) {
    const address = answerAddress(own, { code: "c", state: "s" });
    if (new URL(address).searchParams.get("code") !== "c") return "The code does not arrive.";
    if (destinationOf(own) === "" || formActionSource(own) === "") return "The consent page cannot name where it leads.";
  }
  const parsed = parseForm(`response_type=code&client_id=x&redirect_uri=${encodeURIComponent(uri.toWellFormed())}`);
  if (parsed.ok) validateAuthorizationRequest(parsed.form, { ...CLIENT, redirectUris: registered });
  return undefined;
});

const CLIENT = {
  clientId: "x",
  brandId: "b",
  ownerId: "o",
  name: "Shop sync",
  type: "confidential",
  registeredScopes: ["apps.webhook:execute"],
  secrets: [],
  createdAt: 0,
} as const;

const catalogue = new FieldCatalogue([]);
const mappingOfAll = checkMapping({ fields: MAPPED_PATHS.map((path, index) => ({ path, field: SYSTEM_FIELD_NAMES[index]! })), deduplicateBy: [] }, catalogue);

/** Everything that becomes of the bytes of a call before something is written. */
function readBody(bytes: Uint8Array): undefined {
  const text = decodeJsonText(bytes);
  const parsed = text === undefined ? undefined : parseJson(text);
  if (!parsed?.ok) return;
  const { document } = parsed;
  structureOf(document);
  const found = objectsOf(document);
  if (!found.ok || !mappingOfAll.ok) return;
  applyMapping(compileMapping(mappingOfAll.mapping, null, catalogue), document, found.objects);
  const ids = found.objects.map((_, index) => `id-${index}`);
  JSON.parse(echo(document, ids));
}

const json = target("JSON parser", fc.oneof({ arbitrary: orLong(nearJson), weight: 9 }, { arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 1 }), (body) =>
  readBody(typeof body === "string" ? Buffer.from(body) : body),
);

const mapping = target("JSON mapping", mappedJson, (value) => readBody(Buffer.from(JSON.stringify(value))));

const cases = Number(process.argv[2] ?? CASES);
if (!Number.isSafeInteger(cases) || cases < 1) throw new Error("Give the number of cases as a whole number.");
const server = await openAuthorizationServer();
for (const run of [...tokenRequests(server), await sealedTokens(server), redirectUris, json, mapping]) await run(cases);
await server.close();
