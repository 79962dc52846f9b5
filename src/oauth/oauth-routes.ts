/** The OAuth endpoints for programs over HTTP: a scope of their own with a raw body and fixed headers, free of cookies and pages. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IntrospectionEndpoint } from "./introspection-endpoint.ts";
import type { JsonAnswer } from "./oauth-error.ts";
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

export function registerOauthEndpoints(app: FastifyInstance, deps: OauthEndpointsDeps): void {
  const { tokenEndpoint, revocationEndpoint, introspectionEndpoint, metadata } = deps;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Any content type is taken in: which one is right is a question of the pipeline, with an answer of its own.
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: MAX_BODY_BYTES }, (_request, body, done) => done(null, body));
    registerJsonEndpoint(scope, "/oauth2/token", (request) => tokenEndpoint.answer(request));
    registerJsonEndpoint(scope, "/oauth2/revoke", (request) => revocationEndpoint.answer(request));
    registerJsonEndpoint(scope, "/oauth2/introspect", (request) => introspectionEndpoint.answer(request));
  });

  app.get("/.well-known/oauth-authorization-server", (request, reply) => {
    // RFC 8414 section 3: read by programs on any site, and by browsers of none of our users.
    reply.headers({ "Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600", ETag: metadata.etag, "X-Content-Type-Options": "nosniff" });
    // Taken apart by no regular expression that looks for spaces on both sides of a comma: 15,000 spaces would cost it a fifth of a second.
    const known = request.headers["if-none-match"]?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
    if (known?.includes(metadata.etag) || known?.includes("*")) return reply.code(304).send();
    return reply.header("Content-Type", "application/json").send(Buffer.from(metadata.body));
  });
}

type Answer = (request: OAuthHttpRequest) => Promise<JsonAnswer>;

/** Every method reaches the endpoint, so that it can say 405 in its own words. */
function registerJsonEndpoint(scope: FastifyInstance, path: string, answer: Answer): void {
  async function send(request: FastifyRequest, reply: FastifyReply, body: OAuthHttpRequest["body"]): Promise<FastifyReply> {
    const answered = await answer(toOAuthRequest(request, path, body));
    // Bytes, because Fastify adds a charset to text, and JSON has no such parameter (RFC 8259 section 11).
    return reply.code(answered.status).headers(answered.headers).send(Buffer.from(answered.body));
  }
  scope.all(path, {
    handler: (request, reply) => send(request, reply, request.body instanceof Uint8Array ? request.body : EMPTY),
    // Reached when the body could not be read, because it is too long or broke off.
    errorHandler: (error, request, reply) => void send(request, reply, error.statusCode === 413 ? "too-long" : EMPTY),
  });
}

const EMPTY = new Uint8Array();

function toOAuthRequest(request: FastifyRequest, path: string, body: OAuthHttpRequest["body"]): OAuthHttpRequest {
  const question = request.url.indexOf("?");
  return {
    path,
    method: request.method,
    query: question === -1 ? "" : request.url.slice(question + 1),
    contentType: request.headers["content-type"],
    // Node keeps only the first of several Authorization headers in `headers`.
    authorization: request.raw.headersDistinct["authorization"] ?? [],
    body,
    address: request.ip,
    reference: request.id,
  };
}
