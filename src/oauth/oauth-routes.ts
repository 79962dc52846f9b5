/** The OAuth endpoints for programs over HTTP: a raw body and fixed headers, free of cookies and pages. */
import type { FastifyInstance } from "fastify";
import { readArrivedBody, type StreamedBody } from "../lib/arrived-body.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { RawEndpoints, RawRequest } from "../web/raw-endpoints.ts";
import type { IntrospectionEndpoint } from "./introspection-endpoint.ts";
import { errorAnswer, TOO_BUSY, type JsonAnswer } from "./oauth-error.ts";
import { MAX_BODY_BYTES, type OAuthHttpRequest } from "./oauth-request.ts";
import type { RevocationEndpoint } from "./revocation-endpoint.ts";
import type { MetadataDocument } from "./server-metadata.ts";
import type { TokenEndpoint } from "./token-endpoint.ts";

interface OauthEndpointsDeps {
  readonly tokenEndpoint: TokenEndpoint;
  readonly revocationEndpoint: RevocationEndpoint;
  readonly introspectionEndpoint: IntrospectionEndpoint;
  readonly metadata: MetadataDocument;
}

type Answer = (request: OAuthHttpRequest) => Promise<JsonAnswer>;

export function registerOauthEndpoints(app: FastifyInstance, endpoints: RawEndpoints, deps: OauthEndpointsDeps): void {
  const { tokenEndpoint, revocationEndpoint, introspectionEndpoint, metadata } = deps;
  const register = (path: string, answer: Answer, isShed = false) =>
    endpoints.register(app, path, {
      answer: (request) => whenKnown(readBody(request), (body) => answer(toOAuthRequest(request, path, body))),
      notNow: (reference) => errorAnswer(TOO_BUSY, reference),
      isShed,
    });
  // Not the others: revoking must get through, and a resource server that asks about a token has a caller who waits.
  register("/oauth2/token", (request) => tokenEndpoint.answer(request), true);
  register("/oauth2/revoke", (request) => revocationEndpoint.answer(request));
  register("/oauth2/introspect", (request) => introspectionEndpoint.answer(request));

  app.get("/.well-known/oauth-authorization-server", (request, reply) => {
    // RFC 8414 section 3: read by programs on any site, and by browsers of none of our users.
    reply.headers({ "Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600", ETag: metadata.etag, "X-Content-Type-Options": "nosniff" });
    // Taken apart by no regular expression that looks for spaces on both sides of a comma: 15,000 spaces would cost it a fifth of a second.
    const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    if (known?.includes(metadata.etag) || known?.includes("*")) return reply.code(304).send();
    return reply.header("Content-Type", "application/json").send(Buffer.from(metadata.body));
  });
}

const EMPTY = new Uint8Array();

/** The whole body; empty when it broke off. What comes after too much is thrown away. */
function readBody({ headers, body }: RawRequest): Soon<OAuthHttpRequest["body"]> {
  if (Number(headers.all("content-length")[0]) > MAX_BODY_BYTES) return "too-long";
  const arrived = readArrivedBody(body);
  if (arrived) return arrived.length > MAX_BODY_BYTES ? "too-long" : arrived;
  return readAsItArrives(body as StreamedBody);
}

function readAsItArrives(body: StreamedBody): Promise<OAuthHttpRequest["body"]> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    body.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) resolve("too-long");
      else chunks.push(chunk);
    });
    body.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    body.on("close", () => resolve(EMPTY));
    body.on("error", () => resolve(EMPTY));
  });
}

function toOAuthRequest({ method, url, headers, address, reference }: RawRequest, path: string, body: OAuthHttpRequest["body"]): OAuthHttpRequest {
  const question = url.indexOf("?");
  return {
    path,
    method,
    query: question === -1 ? "" : url.slice(question + 1),
    headers,
    body,
    address,
    reference,
  };
}
