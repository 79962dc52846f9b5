/**
 * Access tokens: sealed, not stored. A token says by itself what it grants and is authentic because only the key ring can have made
 * it; issuing writes no row and checking reads none. This file owns the layout; whether an authentic token is still
 * good for anything (expiry, revocation, status) is for `bearer-token.ts`.
 *
 * Their own part: issued at 6 | expires at 6 | token id 16 | client 16 | grant 16 | user 16 (all zero for none) | scopes, resource, cnf
 * (each length 2 and UTF-8) (`sealed-token.ts`).
 */
import type { KeyRing, RingKey } from "../keys/key-ring.ts";
import { HOUR, MINUTE, SECOND, type Clock } from "../lib/clock.ts";
import { RecentMap } from "../lib/recent-map.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { Scope } from "./scope.ts";
import { CONTENT, ID_BYTES, newSealable, openSealed, readId, seal, writeId, writeRandomId } from "./sealed-token.ts";

/** In milliseconds: the seed's one hour. */
export const ACCESS_TOKEN_LIFETIME = HOUR;

/**
 * How long the revocation of a grant or a client stands, in milliseconds. A request that was under way may seal its token after the revocation was
 * written down, on another node with a clock of its own; that token must not outlive the revocation.
 */
export const REVOCATION_LIFETIME = ACCESS_TOKEN_LIFETIME + MINUTE;

const PREFIX = "hga_";
const ISSUED_AT = CONTENT;
const EXPIRES_AT = ISSUED_AT + 6;
const TOKEN_ID = EXPIRES_AT + 6;
const CLIENT_ID = TOKEN_ID + ID_BYTES;
const GRANT_ID = CLIENT_ID + ID_BYTES;
const USER_ID = GRANT_ID + ID_BYTES;
const TEXTS = USER_ID + ID_BYTES;
const LENGTH_BYTES = 2;
/** In characters: far more than any token of ours, so that a huge header costs nothing. */
const MAX_LENGTH = 4_096;
/** Tokens that are known to be authentic, at most. */
const MAX_OPENED = 20_000;
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

type GrantedToken = Pick<AccessToken, "clientId" | "grantId" | "userId" | "grantedScopes">;

export interface IssuedAccessToken {
  readonly accessToken: string;
  /** In seconds (RFC 6749 section 5.1). */
  readonly expiresIn: number;
  readonly scope: string;
}

export class AccessTokens {
  readonly #keys: KeyRing;
  readonly #clock: Clock;
  /** By their text: a caller sends the same one for an hour. */
  readonly #opened: RecentMap<{ readonly key: RingKey; readonly token: AccessToken }>;

  constructor({ keyRing, clock }: { readonly keyRing: KeyRing; readonly clock: Clock }) {
    this.#keys = keyRing;
    this.#clock = clock;
    this.#opened = new RecentMap(clock, ACCESS_TOKEN_LIFETIME, MAX_OPENED);
  }

  issue(grant: GrantedToken): Soon<IssuedAccessToken> {
    return whenKnown(this.#keys.active(), (key) => {
      const issuedAt = this.#clock.now();
      const token = { ...grant, resource: null, confirmation: null, issuedAt, expiresAt: issuedAt + ACCESS_TOKEN_LIFETIME };
      return { accessToken: sealToken(token, key), expiresIn: ACCESS_TOKEN_LIFETIME / SECOND, scope: grant.grantedScopes.join(" ") };
    });
  }

  /**
   * What the token says, when this installation sealed it with a key that is not revoked; undefined for any other text. Never throws.
   * The caller has awaited `Changes.current()`, so that the ring knows which keys are revoked.
   */
  open(token: string): AccessToken | undefined {
    if (token.length > MAX_LENGTH) return undefined;
    const known = this.#opened.get(token);
    if (known && this.#keys.find(known.key.id) === known.key) return known.token;
    const opened = openSealed(token, PREFIX, this.#keys, "access-token");
    if (!opened) return undefined;
    const content = readToken(opened.bytes);
    this.#opened.set(token, { key: opened.key, token: content });
    return content;
  }
}

/** Its id is drawn here. */
function sealToken(token: Omit<AccessToken, "tokenId">, key: RingKey): string {
  const texts = [token.grantedScopes.join(" "), token.resource ?? "", token.confirmation ?? ""];
  let length = TEXTS - CONTENT;
  for (const text of texts) length += LENGTH_BYTES + Buffer.byteLength(text);
  const bytes = newSealable(length);
  bytes.writeUIntBE(token.issuedAt, ISSUED_AT, 6);
  bytes.writeUIntBE(token.expiresAt, EXPIRES_AT, 6);
  writeRandomId(bytes, TOKEN_ID);
  writeId(bytes, CLIENT_ID, token.clientId);
  writeId(bytes, GRANT_ID, token.grantId);
  writeId(bytes, USER_ID, token.userId);
  let offset = TEXTS;
  for (const text of texts) {
    const length = bytes.write(text, offset + LENGTH_BYTES);
    bytes.writeUInt16BE(length, offset);
    offset += LENGTH_BYTES + length;
  }
  return seal(bytes, PREFIX, key, "access-token");
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

function readTexts(content: Buffer): string[] {
  const texts: string[] = [];
  for (let offset = TEXTS; offset < content.length;) {
    const start = offset + LENGTH_BYTES;
    const end = start + content.readUInt16BE(offset);
    texts.push(content.toString("utf8", start, end));
    offset = end;
  }
  return texts;
}
