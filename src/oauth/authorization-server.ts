/**
 * The authorization server: who may get which access token, by which grant, and after whose consent. This module owns the protocol
 * (RFC 6749 and what builds on it), the tokens and the words that go over the wire; it sees an application only as a read-only
 * `Client`, and knows neither webhooks nor how rows are stored. Everything of it is put together here, once.
 */
import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { UserDirectory } from "../identity/user-directory.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { Clock } from "../lib/clock.ts";
import type { AccessTokens } from "./access-token.ts";
import { AuthorizationCodes } from "./authorization-code.ts";
import { AuthorizationEndpoint } from "./authorization-endpoint.ts";
import { AuthorizationFlows } from "./authorization-flow.ts";
import { ClientAuthentication } from "./client-authentication.ts";
import type { ClientDirectory } from "./client-directory.ts";
import { ClientStatus } from "./client-status.ts";
import { createGrants } from "./grants/index.ts";
import type { OAuthJournal } from "./oauth-request.ts";
import type { AuthorizationCodeStore, RevocationStore } from "./oauth-store.ts";
import type { SecretUses } from "./secret-uses.ts";
import { serverMetadata } from "./server-metadata.ts";
import { TokenEndpoint } from "./token-endpoint.ts";

interface AuthorizationServerDeps {
  readonly issuer: string;
  readonly expiresIn: "number" | "string";
  /** Of authorization codes, in milliseconds. */
  readonly codeLifetime: number;
  readonly keyRing: KeyRing;
  readonly accessTokens: AccessTokens;
  readonly clients: ClientDirectory;
  readonly secretUses: SecretUses;
  readonly users: UserDirectory;
  readonly brands: BrandDirectory;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly revocations: RevocationStore;
  readonly clock: Clock;
  readonly journal: OAuthJournal;
}

export type AuthorizationServer = ReturnType<typeof createAuthorizationServer>;

export function createAuthorizationServer(deps: AuthorizationServerDeps) {
  const { issuer, expiresIn, codeLifetime, keyRing, clients, users, clock, journal } = deps;
  const clientStatus = new ClientStatus(deps.brands, users);
  const grants = createGrants(deps);
  const flows = new AuthorizationFlows(keyRing.sealer("authorization-flow"), clock);
  const codes = new AuthorizationCodes(deps.authorizationCodes, clock, codeLifetime);
  const clientAuthentication = new ClientAuthentication(deps);
  return {
    tokenEndpoint: new TokenEndpoint({ grants, clientAuthentication, clientStatus, journal, expiresIn }),
    authorizationEndpoint: new AuthorizationEndpoint({ issuer, clients, clientStatus, users, flows, codes, journal }),
    flows,
    metadata: serverMetadata(issuer, grants),
  };
}
