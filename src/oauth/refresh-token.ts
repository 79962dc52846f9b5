/**
 * Refresh tokens: sealed like access tokens, but each names a row, the family, that says which generation is the present one. A
 * token that was not sealed here names nothing, so that nobody can end somebody else's family by guessing (RFC 9700 section 4.14.2).
 *
 * Layout, big-endian: version 1 | key id 4 | family 16 | generation 4 | HMAC-SHA256 32. On the wire `hgr_` and the base64url of it.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { KeyRing, RingKey } from "../keys/key-ring.ts";
import { DAY, SECOND } from "../lib/clock.ts";
import type { Scope } from "./scope.ts";

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
const VERSION = 1;
const KEY_ID = 1;
const FAMILY = 5;
const GENERATION = 21;
const CONTENT = 25;
const LENGTH = CONTENT + 32;

export class RefreshTokens {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** The token of this generation. The same again while the same key signs. */
  async seal(familyId: string, generation: number): Promise<string> {
    const key = await this.#keys.active();
    const content = Buffer.alloc(CONTENT);
    content[0] = VERSION;
    content.writeUInt32BE(key.id, KEY_ID);
    content.write(familyId.replaceAll("-", ""), FAMILY, "hex");
    content.writeUInt32BE(generation, GENERATION);
    return PREFIX + Buffer.concat([content, macOf(content, key)]).toString("base64url");
  }

  /** What the token names, when this installation sealed it with a key that is not revoked. Never throws. */
  open(token: string): { readonly familyId: string; readonly generation: number } | undefined {
    const encoded = token.startsWith(PREFIX) ? token.slice(PREFIX.length) : "";
    const sealed = Buffer.from(encoded, "base64url");
    if (sealed.length !== LENGTH || sealed[0] !== VERSION || sealed.toString("base64url") !== encoded) return undefined;
    const key = this.#keys.find(sealed.readUInt32BE(KEY_ID));
    const content = sealed.subarray(0, CONTENT);
    if (!key || !timingSafeEqual(macOf(content, key), sealed.subarray(CONTENT))) return undefined;
    const hex = content.toString("hex", FAMILY, GENERATION);
    const familyId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
    return { familyId, generation: content.readUInt32BE(GENERATION) };
  }
}

/** A family at its beginning, when a code is redeemed. */
export function newRefreshFamily(family: Pick<RefreshFamily, "familyId" | "brandId" | "clientId" | "userId" | "grantedScopes">, now: number): RefreshFamily {
  return { ...family, generation: 1, rotatedAt: now, expiresAt: now + REFRESH_IDLE_LIFETIME, endsAt: now + REFRESH_LIFETIME };
}

function macOf(content: Buffer, key: RingKey): Buffer {
  return createHmac("sha256", key.for("refresh-token")).update(content).digest();
}
