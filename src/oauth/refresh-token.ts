/**
 * Refresh tokens: sealed like access tokens, but each names a row, the family, that says which generation is the present one. A
 * token that was not sealed here names nothing, so that nobody can end somebody else's family by guessing (RFC 9700 section 4.14.2).
 *
 * Their own part: family 16 | generation 4 (`sealed-token.ts`).
 */
import type { KeyRing } from "../keys/key-ring.ts";
import { DAY, SECOND } from "../lib/clock.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { Scope } from "./scope.ts";
import { CONTENT, ID_BYTES, newSealable, openSealed, readId, seal, writeId } from "./sealed-token.ts";

/** A family that is not used for this long ends, in milliseconds. */
export const REFRESH_IDLE_LIFETIME = 30 * DAY;
/** No family lives longer than this after its code was redeemed, used or not. */
const REFRESH_LIFETIME = 365 * DAY;
/** How long a lost answer may be fetched again: the token before the present one then gives the present one once more. */
export const REFRESH_GRACE = 30 * SECOND;

/** The chain of refresh tokens that one redeemed code began; its id is the grant id of every token that comes from it. */
export interface RefreshFamily {
  readonly familyId: string;
  readonly brandId: string;
  readonly clientId: string;
  readonly userId: string;
  /** What was consented to; a refresh may ask for less and never for more (RFC 6749 section 6). */
  readonly grantedScopes: readonly Scope[];
  /** Of the one token that is good now; the first is 1. */
  readonly generation: number;
  readonly rotatedAt: number;
  /** When it ends if it is not used before: the earlier of its idle and its whole lifetime. */
  readonly expiresAt: number;
  /** When it ends whatever happens. */
  readonly endsAt: number;
}

const PREFIX = "hgr_";
const FAMILY = CONTENT;
const GENERATION = FAMILY + ID_BYTES;
const CONTENT_BYTES = ID_BYTES + 4;

export class RefreshTokens {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** The token of this generation. The same again while the same key signs. */
  seal(familyId: string, generation: number): Soon<string> {
    return whenKnown(this.#keys.active(), (key) => {
      const bytes = newSealable(CONTENT_BYTES);
      writeId(bytes, FAMILY, familyId);
      bytes.writeUInt32BE(generation, GENERATION);
      return seal(bytes, PREFIX, key, "refresh-token");
    });
  }

  /** What the token names, when this installation sealed it with a key that is not revoked. Never throws. */
  open(token: string): { readonly familyId: string; readonly generation: number } | undefined {
    const opened = openSealed(token, PREFIX, this.#keys, "refresh-token");
    return opened && { familyId: readId(opened.bytes, FAMILY), generation: opened.bytes.readUInt32BE(GENERATION) };
  }
}

/** A family at its beginning, when a code is redeemed. */
export function newRefreshFamily(family: Pick<RefreshFamily, "familyId" | "brandId" | "clientId" | "userId" | "grantedScopes">, now: number): RefreshFamily {
  return { ...family, generation: 1, rotatedAt: now, expiresAt: now + REFRESH_IDLE_LIFETIME, endsAt: now + REFRESH_LIFETIME };
}
