import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * A fresh secret: the prefix and 256 random bits as base64url, so only `[A-Za-z0-9_-]`. Half of the OAuth clients in the field
 * form-encode Basic credentials and half do not (RFC 6749 section 2.3.1): with these characters the question never arises.
 */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(32).toString("base64url");
}

/**
 * What is stored in place of a secret, code or session id: its SHA-256 as base64url. A fast hash is right here, because the
 * secret is 256 random bits of our own making; a slow one would let strangers spend our CPU (people's passwords use argon2id).
 */
export function digestOf(secret: string): string {
  return hash("sha256", secret, "base64url");
}

/** The length of a digest, in characters. */
const DIGEST = 43;
const left = Buffer.alloc(DIGEST);
const right = Buffer.alloc(DIGEST);

/** Compares two digests of `digestOf` in constant time; anything else is like none. */
export function sameDigest(a: string, b: string): boolean {
  if (a.length !== DIGEST || b.length !== DIGEST) return false;
  // Buffers of their own for each comparison would cost more than the comparison. So many bytes as characters: all of them are ASCII.
  return left.write(a) === DIGEST && right.write(b) === DIGEST && timingSafeEqual(left, right);
}
