/**
 * Who the client is: RFC 6749 section 2.3. One request uses one method: Basic, the secret in the body, or, for public clients that have
 * none, the bare `client_id`. A stranger learns from the answer neither whether a client exists nor what was wrong.
 */
import type { Clock } from "../lib/clock.ts";
import { decodeFormComponent, type Form } from "../lib/form.ts";
import type { RequestHeaders } from "../lib/request-headers.ts";
import { digestOf, newSecret, sameDigest } from "../lib/secret.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { SecretUses } from "../lib/secret-uses.ts";
import type { Client, ClientSecret } from "./client.ts";
import type { ClientDirectory } from "./client-directory.ts";
import type { ClientAttempt, ClientThrottle } from "./client-throttle.ts";
import { OAuthError } from "./oauth-error.ts";
import type { OAuthHttpRequest } from "./oauth-request.ts";

/** Names of the IANA registry (RFC 7591 section 4.2), for the metadata document. */
export const CLIENT_AUTHENTICATION_METHODS = ["client_secret_basic", "client_secret_post", "none"] as const;

interface Credentials {
  readonly method: "basic" | "body";
  readonly clientId: string;
  /** Makes the digest of the secret. Null with the method `none`. */
  readonly secretDigest: (() => string) | null;
}

export class ClientAuthentication {
  readonly #clients: ClientDirectory;
  readonly #secretUses: SecretUses;
  readonly #throttle: ClientThrottle;
  readonly #clock: Clock;

  constructor(deps: { readonly clients: ClientDirectory; readonly secretUses: SecretUses; readonly clientThrottle: ClientThrottle; readonly clock: Clock }) {
    this.#clients = deps.clients;
    this.#secretUses = deps.secretUses;
    this.#throttle = deps.clientThrottle;
    this.#clock = deps.clock;
  }

  /**
   * The client that proved itself. Throws or rejects: with `invalid_request` for contradictory credentials, `temporarily_unavailable` after too
   * many failures, else `invalid_client`.
   */
  authenticate({ headers, address }: OAuthHttpRequest, form: Form): Soon<Client> {
    const credentials = readCredentials(headers, form);
    const attempt = { clientId: credentials.clientId, method: credentials.method, address };
    this.#throttle.admit(attempt);
    return whenKnown(this.#clients.find(credentials.clientId), (client) => this.#verify(client, credentials, attempt));
  }

  #verify(client: Client | undefined, { clientId, secretDigest }: Credentials, attempt: ClientAttempt): Soon<Client> {
    // RFC 6749 section 10.10: the digest is computed and compared for unknown clients as well, so that both take the same time.
    const secret = secretDigest === null ? undefined : findSecret(secretDigest(), client?.secrets ?? []);
    const live = secret !== undefined && (secret.expiresAt === null || secret.expiresAt > this.#clock.now());
    if (live) this.#secretUses.note(secret.id);
    if (client && (live || (secretDigest === null && client.type === "public"))) return client;
    // The unknown client was looked up in the store, the known one in memory: it pays the same now.
    return whenKnown(client ? this.#clients.findNobody() : undefined, () => {
      this.#throttle.failed(attempt);
      throw invalidClient(secret ? "The client secret has expired." : reasonOf(client, secretDigest !== null), clientId);
    });
  }
}

function readCredentials(headers: RequestHeaders, form: Form): Credentials {
  const { count, basic } = headers.make(readAuthorization);
  const bodyId = form.get("client_id");
  const bodySecret = form.get("client_secret");
  const assertion = form.get("client_assertion") ?? form.get("client_assertion_type");
  if (count > 1) throw new OAuthError("invalid_request", "The request has more than one Authorization header.");
  // RFC 6749 section 2.3: not more than one method in a request.
  if (count + Number(bodySecret !== undefined) + Number(assertion !== undefined) > 1) {
    throw new OAuthError("invalid_request", "The request authenticates the client in more than one way.");
  }
  if (assertion !== undefined) throw invalidClient("The client tried to authenticate by an assertion, which is not supported.");
  if (count === 1) {
    if (!basic) throw invalidClient("The Authorization header is not well-formed Basic.");
    if (bodyId !== undefined && bodyId !== basic.clientId) {
      throw new OAuthError("invalid_request", "The client_id of the body is not the one of the Authorization header.");
    }
    return { method: "basic", clientId: basic.clientId, secretDigest: () => headers.make(digestOfBasic) };
  }
  if (bodyId === undefined) throw invalidClient("The request names no client.");
  return { method: "body", clientId: bodyId, secretDigest: bodySecret === undefined ? null : () => digestOf(bodySecret) };
}

/** How many `Authorization` headers there are, and the credentials of the first one where it is well-formed Basic. */
function readAuthorization(headers: RequestHeaders) {
  const [header, ...more] = headers.all("authorization");
  return header === undefined ? { count: 0, basic: undefined } : { count: 1 + more.length, basic: parseBasic(header) };
}

function digestOfBasic(headers: RequestHeaders): string {
  return digestOf(headers.make(readAuthorization).basic!.clientSecret);
}

/**
 * Basic credentials as RFC 6749 section 2.3.1 wants them: id and secret form-encoded before base64, so the first colon divides them.
 * Undefined when it is not so.
 */
export function parseBasic(header: string): { readonly clientId: string; readonly clientSecret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, "base64").toString();
  const colon = pair.indexOf(":");
  if (colon === -1) return undefined;
  const clientId = decodeFormComponent(pair.slice(0, colon));
  const clientSecret = decodeFormComponent(pair.slice(colon + 1));
  return clientId === undefined || clientSecret === undefined ? undefined : { clientId, clientSecret };
}

/** Stands in where a client has no secret or does not exist: a secret that nobody has seen. */
const NOBODYS: ClientSecret = { id: "", digest: digestOf(newSecret("")), expiresAt: 0 };

function findSecret(digest: string, candidates: readonly ClientSecret[]): ClientSecret | undefined {
  let found: ClientSecret | undefined;
  // No early end: the time must not tell which of two secrets it was.
  for (const candidate of candidates.length > 0 ? candidates : [NOBODYS]) if (sameDigest(digest, candidate.digest)) found = candidate;
  return found;
}

function reasonOf(client: Client | undefined, sentSecret: boolean): string {
  if (!client) return "There is no client with this id.";
  if (client.type === "public") return "The client is public and must send its client_id without a secret.";
  return sentSecret ? "The client secret is wrong." : "The client is confidential and sent no secret.";
}

function invalidClient(reason: string, clientId?: string): OAuthError {
  const description = "Client authentication failed: the client is unknown, its secret is wrong, or it must authenticate in another way.";
  return new OAuthError("invalid_client", description, { reason, ...(clientId !== undefined && { clientId }) });
}
