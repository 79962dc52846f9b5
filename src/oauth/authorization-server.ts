/**
 * The authorization server: who may get which access token, by which grant, and after whose consent. This module owns the protocol
 * (RFC 6749 and what builds on it), the tokens and the words that go over the wire; it sees an application only as a read-only
 * `Client`, and knows neither webhooks nor how rows are stored. Everything of it is put together here, once.
 */
import type { UserDirectory } from "../identity/user-directory.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { Changes } from "../lib/changes.ts";
import type { Clock } from "../lib/clock.ts";
import type { SecretUses } from "../lib/secret-uses.ts";
import type { AccessTokens } from "./access-token.ts";
import type { AccessTokenStatus } from "./access-token-status.ts";
import { AuthorizationCodes } from "./authorization-code.ts";
import { AuthorizationEndpoint } from "./authorization-endpoint.ts";
import { AuthorizationFlows } from "./authorization-flow.ts";
import { ClientAuthentication } from "./client-authentication.ts";
import type { ClientThrottle } from "./client-throttle.ts";
import type { ClientDirectory } from "./client-directory.ts";
import type { ClientStatus } from "./client-status.ts";
import type { Consents } from "./consents.ts";
import { createGrants } from "./grants/index.ts";
import { IntrospectionEndpoint } from "./introspection-endpoint.ts";
import type { OAuthJournal } from "./oauth-request.ts";
import type { AuthorizationCodeStore, RefreshFamilyStore, RevocationStore } from "./oauth-store.ts";
import { RefreshTokens } from "./refresh-token.ts";
import { RevocationEndpoint } from "./revocation-endpoint.ts";
import { serverMetadata } from "./server-metadata.ts";
import { TokenEndpoint } from "./token-endpoint.ts";

interface AuthorizationServerDeps {
  readonly issuer: string;
  readonly expiresIn: "number" | "string";
  /** Of authorization codes, in milliseconds. */
  readonly codeLifetime: number;
  readonly keyRing: KeyRing;
  readonly accessTokens: AccessTokens;
  readonly accessTokenStatus: AccessTokenStatus;
  readonly clients: ClientDirectory;
  readonly secretUses: SecretUses;
  readonly clientThrottle: ClientThrottle;
  readonly clientStatus: ClientStatus;
  readonly users: UserDirectory;
  readonly consents: Consents;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly refreshFamilies: RefreshFamilyStore;
  readonly revocations: RevocationStore;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly journal: OAuthJournal;
}

export type AuthorizationServer = ReturnType<typeof createAuthorizationServer>;

export function createAuthorizationServer(deps: AuthorizationServerDeps) {
  const { issuer, expiresIn, codeLifetime, keyRing, clients, clientStatus, users, consents, clock, journal } = deps;
  const refreshTokens = new RefreshTokens(keyRing);
  const grants = createGrants({ ...deps, refreshTokens });
  const flows = new AuthorizationFlows(keyRing.sealer("authorization-flow"), clock);
  const codes = new AuthorizationCodes(deps.authorizationCodes, clock, codeLifetime);
  const clientAuthentication = new ClientAuthentication(deps);
  return {
    tokenEndpoint: new TokenEndpoint({ grants, clientAuthentication, clientStatus, journal, expiresIn }),
    revocationEndpoint: new RevocationEndpoint({ ...deps, refreshTokens, clientAuthentication }),
    introspectionEndpoint: new IntrospectionEndpoint({ ...deps, refreshTokens, clientAuthentication }),
    authorizationEndpoint: new AuthorizationEndpoint({ issuer, clients, clientStatus, users, flows, codes, consents, journal }),
    flows,
    metadata: serverMetadata(issuer, grants),
  };
}
