/** The list of grants: a new one is a file beside this one and a line here. */
import type { AccessTokens } from "../access-token.ts";
import type { Grant } from "../grant.ts";
import type { UserDirectory } from "../../identity/user-directory.ts";
import type { AuthorizationCodeStore, RefreshFamilyStore, RevocationStore } from "../oauth-store.ts";
import type { RefreshTokens } from "../refresh-token.ts";
import type { Clock } from "../../lib/clock.ts";
import { authorizationCodeGrant } from "./authorization-code-grant.ts";
import { clientCredentialsGrant } from "./client-credentials-grant.ts";
import { refreshTokenGrant } from "./refresh-token-grant.ts";

interface GrantDeps {
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly refreshFamilies: RefreshFamilyStore;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly revocations: RevocationStore;
  readonly users: UserDirectory;
  readonly clock: Clock;
}

export function createGrants(deps: GrantDeps): readonly Grant[] {
  return [clientCredentialsGrant(deps), authorizationCodeGrant(deps), refreshTokenGrant(deps)];
}
