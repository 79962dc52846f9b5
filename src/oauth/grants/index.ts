/** The list of grants: a new one is a file beside this one and a line here. */
import type { AccessTokens } from "../access-token.ts";
import type { Grant } from "../grant.ts";
import type { AuthorizationCodeStore, RevocationStore } from "../oauth-store.ts";
import type { Clock } from "../../lib/clock.ts";
import { authorizationCodeGrant } from "./authorization-code-grant.ts";
import { clientCredentialsGrant } from "./client-credentials-grant.ts";

interface GrantDeps {
  readonly accessTokens: AccessTokens;
  readonly authorizationCodes: AuthorizationCodeStore;
  readonly revocations: RevocationStore;
  readonly clock: Clock;
}

export function createGrants(deps: GrantDeps): readonly Grant[] {
  return [clientCredentialsGrant(deps), authorizationCodeGrant(deps)];
}
