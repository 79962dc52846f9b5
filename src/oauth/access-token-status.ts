import type { UserDirectory } from "../identity/user-directory.ts";
import type { Clock } from "../lib/clock.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { AccessToken } from "./access-token.ts";
import type { Client } from "./client.ts";
import type { ClientDirectory } from "./client-directory.ts";
import type { ClientStatus } from "./client-status.ts";
import type { RevocationList } from "./revocation-list.ts";

interface AccessTokenStatusDeps {
  readonly revocations: RevocationList;
  readonly clients: ClientDirectory;
  readonly clientStatus: ClientStatus;
  readonly users: UserDirectory;
  readonly clock: Clock;
}

export type CheckedAccessToken =
  | { readonly kind: "good"; readonly client: Client }
  /** `reason` is a sentence for the owner. */
  | { readonly kind: "no-good"; readonly reason: string };

const REVOKED = {
  token: "The access token was revoked.",
  grant: "The authorization that the access token came from was revoked: the consent was withdrawn, or its code or a refresh token was used twice.",
  client: "The application was deleted.",
} as const;

/**
 * Whether an authentic access token is good for anything at this moment: not expired, not revoked, its client there and active, its user
 * active. The one judge for webhooks and introspection, so that they can never disagree. Reads only memory while nothing has changed.
 */
export class AccessTokenStatus {
  readonly #deps: AccessTokenStatusDeps;

  constructor(deps: AccessTokenStatusDeps) {
    this.#deps = deps;
  }

  /** The caller has awaited `Changes.current()`, so that what was revoked elsewhere is known. */
  check(token: AccessToken): Soon<CheckedAccessToken> {
    const { revocations, clients, clock } = this.#deps;
    if (clock.now() >= token.expiresAt) return noGood("The access token has expired.");
    const hit = revocations.findHit(token);
    if (hit) return noGood(REVOKED[hit]);
    return whenKnown(clients.find(token.clientId), (client) => (client ? this.#checkHolders(token, client) : noGood(REVOKED.client)));
  }

  #checkHolders({ userId }: AccessToken, client: Client): Soon<CheckedAccessToken> {
    const { clientStatus, users } = this.#deps;
    return whenKnown(clientStatus.problemOf(client), (problem) => {
      if (problem) return noGood(problem);
      if (userId === null) return { kind: "good", client };
      return whenKnown(users.isActive(client.brandId, userId), (isActive) =>
        isActive ? { kind: "good", client } : noGood("The user who consented to the access token is not active."),
      );
    });
  }
}

function noGood(reason: string): CheckedAccessToken {
  return { kind: "no-good", reason };
}
