/**
 * Access tokens: sealed, not stored. A token says by itself what it grants and is authentic because only the key ring can have made
 * it; issuing writes no row and checking reads none. This file owns the layout and the seal; whether an authentic token is still
 * good for anything (expiry, revocation, status) is for `bearer-token.ts`.
 *
 * Layout, big-endian: version 1 | key id 4 | issued at 6 | expires at 6 | token id 16 | client 16 | grant 16 | user 16 (all zero for
 * none) | scopes, resource, cnf (each length 2 and UTF-8) | HMAC-SHA256 32. On the wire `hga_` and the base64url of it.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { KeyRing, RingKey } from "../keys/key-ring.ts";
import { HOUR, MINUTE, SECOND, type Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { Scope } from "./scope.ts";

/** In milliseconds: the seed's one hour. */
export const ACCESS_TOKEN_LIFETIME = HOUR;

/**
 * How long the revocation of a grant or a client stands, in milliseconds. A request that was under way may seal its token after the revocation was
 * written down, on another node with a clock of its own; that token must not outlive the revocation.
 */
export const REVOCATION_LIFETIME = ACCESS_TOKEN_LIFETIME + MINUTE;

const PREFIX = "hga_";
const VERSION = 1;
const KEY_ID = 1;
const ISSUED_AT = 5;
const EXPIRES_AT = 11;
const TOKEN_ID = 17;
const CLIENT_ID = 33;
const GRANT_ID = 49;
const USER_ID = 65;
const TEXTS = 81;
const MAC_BYTES = 32;
/** Three empty texts. */
const MIN_BYTES = TEXTS + 3 * 2 + MAC_BYTES;
/** In characters: far more than any token of ours, so that a huge header costs nothing. */
const MAX_LENGTH = 4_096;
const NONE = "00000000-0000-0000-0000-000000000000";

export interface AccessToken {
  readonly tokenId: string;
  readonly clientId: string;
  /** The code that it came from, and everything else that came from it; null for client credentials. */
  readonly grantId: string | null;
  /** Who consented; null for client credentials. */
  readonly userId: string | null;
  readonly grantedScopes: readonly Scope[];
  /** The resource server that it is for (RFC 8707); null means this installation's webhooks. */
  readonly resource: string | null;
  /** What its holder must prove besides having it (RFC 9449, RFC 8705); null for a plain bearer token. */
  readonly confirmation: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface IssuedAccessToken {
  readonly accessToken: string;
  /** In seconds (RFC 6749 section 5.1). */
  readonly expiresIn: number;
  readonly scope: string;
}

export class AccessTokens {
  readonly #keys: KeyRing;
  readonly #clock: Clock;

  constructor({ keyRing, clock }: { readonly keyRing: KeyRing; readonly clock: Clock }) {
    this.#keys = keyRing;
    this.#clock = clock;
  }

  async issue(grant: Pick<AccessToken, "clientId" | "grantId" | "userId" | "grantedScopes">): Promise<IssuedAccessToken> {
    const key = await this.#keys.active();
    const issuedAt = this.#clock.now();
    const token: AccessToken = {
      ...grant,
      tokenId: newRandomId(),
      resource: null,
      confirmation: null,
      issuedAt,
      expiresAt: issuedAt + ACCESS_TOKEN_LIFETIME,
    };
    return { accessToken: sealToken(token, key), expiresIn: ACCESS_TOKEN_LIFETIME / SECOND, scope: grant.grantedScopes.join(" ") };
  }

  /**
   * What the token says, when this installation sealed it with a key that is not revoked; undefined for any other text. Never throws.
   * The caller has awaited `Changes.current()`, so that the ring knows which keys are revoked.
   */
  open(token: string): AccessToken | undefined {
    if (!token.startsWith(PREFIX) || token.length > MAX_LENGTH) return undefined;
    const encoded = token.slice(PREFIX.length);
    const sealed = Buffer.from(encoded, "base64url");
    // Node decodes leniently; a token has one spelling, so that nobody who compares tokens as text can be misled.
    if (sealed.length < MIN_BYTES || sealed[0] !== VERSION || sealed.toString("base64url") !== encoded) return undefined;
    const key = this.#keys.find(sealed.readUInt32BE(KEY_ID));
    const content = sealed.subarray(0, -MAC_BYTES);
    if (!key || !timingSafeEqual(macOf(content, key), sealed.subarray(-MAC_BYTES))) return undefined;
    return readToken(content);
  }
}

function sealToken(token: AccessToken, key: RingKey): string {
  const head = Buffer.alloc(TEXTS);
  head[0] = VERSION;
  head.writeUInt32BE(key.id, KEY_ID);
  head.writeUIntBE(token.issuedAt, ISSUED_AT, 6);
  head.writeUIntBE(token.expiresAt, EXPIRES_AT, 6);
  writeId(head, TOKEN_ID, token.tokenId);
  writeId(head, CLIENT_ID, token.clientId);
  writeId(head, GRANT_ID, token.grantId ?? NONE);
  writeId(head, USER_ID, token.userId ?? NONE);
  const texts = [token.grantedScopes.join(" "), token.resource ?? "", token.confirmation ?? ""].map(lengthPrefixed);
  const content = Buffer.concat([head, ...texts]);
  return PREFIX + Buffer.concat([content, macOf(content, key)]).toString("base64url");
}

/** Reads what `sealToken` wrote; the seal was verified, so there is nothing else to expect. */
function readToken(content: Buffer): AccessToken {
  const grantId = readId(content, GRANT_ID);
  const userId = readId(content, USER_ID);
  const [scopes = "", resource = "", confirmation = ""] = readTexts(content);
  return {
    tokenId: readId(content, TOKEN_ID),
    clientId: readId(content, CLIENT_ID),
    grantId: grantId === NONE ? null : grantId,
    userId: userId === NONE ? null : userId,
    grantedScopes: scopes.split(" ") as Scope[],
    resource: resource || null,
    confirmation: confirmation || null,
    issuedAt: content.readUIntBE(ISSUED_AT, 6),
    expiresAt: content.readUIntBE(EXPIRES_AT, 6),
  };
}

function macOf(content: Buffer, key: RingKey): Buffer {
  return createHmac("sha256", key.for("access-token")).update(content).digest();
}

function writeId(buffer: Buffer, offset: number, id: string): void {
  buffer.write(id.replaceAll("-", ""), offset, "hex");
}

function readId(buffer: Buffer, offset: number): string {
  const hex = buffer.toString("hex", offset, offset + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function readTexts(content: Buffer): string[] {
  const texts: string[] = [];
  for (let offset = TEXTS; offset < content.length;) {
    const end = offset + 2 + content.readUInt16BE(offset);
    texts.push(content.toString("utf8", offset + 2, end));
    offset = end;
  }
  return texts;
}
